"""The status document says what MySQL Shell's cluster.status() would say."""

from itertools import product
from typing import Any

import pytest

from innodb_cluster.decide.status_document import exit_status, is_split, lag_text, status_document
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.status import ApplierReport, ClusterReport, ExitStatus
from tests.unit.status.builders import (
    ERROR,
    OFFLINE,
    ONLINE,
    RECOVERING,
    UNREACHABLE,
    address,
    answer,
    healthy,
    report,
    view,
)

MEMBER_KEYS = {
    "address",
    "memberRole",
    "mode",
    "readReplicas",
    "replicationLag",
    "role",
    "status",
    "version",
}


def status_of(what: ClusterReport) -> str:
    """The cluster's status word."""
    return str(status_document(what)["defaultReplicaSet"]["status"])


def member_of(what: ClusterReport, ordinal: int) -> dict[str, Any]:
    """One member's part of the document."""
    member: dict[str, Any] = status_document(what)["defaultReplicaSet"]["topology"][address(ordinal)]
    return member


def test_a_healthy_cluster_has_exactly_the_keys_of_the_shell() -> None:
    """Nothing more and nothing less."""
    document = status_document(healthy())
    cluster = document["defaultReplicaSet"]
    assert set(document) == {"clusterName", "defaultReplicaSet", "groupInformationSourceMember"}
    assert set(cluster) == {"name", "primary", "ssl", "status", "statusText", "topology", "topologyMode"}
    assert [set(member) for member in cluster["topology"].values()] == [MEMBER_KEYS] * 3


def test_a_healthy_cluster_is_ok_and_names_its_primary() -> None:
    """The primary's view is told."""
    document = status_document(healthy())
    cluster = document["defaultReplicaSet"]
    assert (cluster["name"], cluster["status"], cluster["ssl"]) == ("default", "OK", "REQUIRED")
    assert cluster["primary"] == document["groupInformationSourceMember"] == address(0)
    assert cluster["topologyMode"] == "Single-Primary"
    assert exit_status(document) is ExitStatus.OK


def test_the_primary_is_read_write_and_a_secondary_read_only() -> None:
    """Mode and role are told apart."""
    assert (member_of(healthy(), 0)["memberRole"], member_of(healthy(), 0)["mode"]) == ("PRIMARY", "R/W")
    assert (member_of(healthy(), 1)["memberRole"], member_of(healthy(), 1)["mode"]) == ("SECONDARY", "R/O")


def test_in_multi_primary_mode_everyone_writes_and_nobody_is_the_primary() -> None:
    """The key ``primary`` is absent then, as with the Shell."""
    members = view(ONLINE, ONLINE, ONLINE)
    what = report(*(answer(o, members, mode=TopologyMode.MULTI_PRIMARY) for o in range(3)))
    cluster = status_document(what)["defaultReplicaSet"]
    assert "primary" not in cluster
    assert cluster["topologyMode"] == "Multi-Primary"
    assert {member["mode"] for member in cluster["topology"].values()} == {"R/W"}


@pytest.mark.parametrize(
    ("states", "configured", "expected"),
    [
        ((ONLINE,), 1, "OK_NO_TOLERANCE"),
        ((ONLINE, ONLINE), 2, "OK_NO_TOLERANCE"),
        ((ONLINE, ONLINE, ONLINE), 3, "OK"),
        ((ONLINE, ONLINE, RECOVERING), 3, "OK"),
        ((ONLINE, ONLINE, None), 3, "OK_NO_TOLERANCE_PARTIAL"),
        ((ONLINE, ONLINE, UNREACHABLE), 3, "OK_NO_TOLERANCE_PARTIAL"),
        ((ONLINE, ONLINE, ERROR), 3, "OK_NO_TOLERANCE_PARTIAL"),
        ((ONLINE, None, None), 3, "OK_NO_TOLERANCE_PARTIAL"),
        ((ONLINE, UNREACHABLE, UNREACHABLE), 3, "NO_QUORUM"),
        ((ONLINE, UNREACHABLE), 2, "NO_QUORUM"),
        ((ONLINE, ONLINE, ONLINE, None, None), 5, "OK_PARTIAL"),
        ((ONLINE, ONLINE, ONLINE, UNREACHABLE, UNREACHABLE), 5, "OK_PARTIAL"),
        ((ONLINE, ONLINE, UNREACHABLE, UNREACHABLE, UNREACHABLE), 5, "NO_QUORUM"),
        ((RECOVERING,), 1, "ERROR"),
    ],
)
def test_the_status_word_follows_from_the_view(
    states: tuple[Any, ...], configured: int, expected: str
) -> None:
    """Tolerance counts members that take part; partial counts those that do not."""
    assert status_of(report(answer(0, view(*states)), configured=configured)) == expected


def test_nobody_in_a_group_is_offline_only_when_everyone_said_so() -> None:
    """Silence could hide a group."""
    stopped = [answer(ordinal) for ordinal in range(3)]
    assert status_of(report(*stopped)) == "OFFLINE"
    hidden = report(*stopped[:2], silent={2: "no answer"})
    assert status_of(hidden) == "UNKNOWN"
    assert address(2) in status_document(hidden)["defaultReplicaSet"]["statusText"]


def test_nobody_answering_is_unknown() -> None:
    """The command can't tell then."""
    document = status_document(report(silent=dict.fromkeys(range(3), "refused")))
    cluster = document["defaultReplicaSet"]
    assert (cluster["status"], cluster["primary"]) == ("UNKNOWN", "?")
    assert exit_status(document) is ExitStatus.UNKNOWN
    assert {member["shellConnectError"] for member in cluster["topology"].values()} == {"refused"}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((ONLINE, ONLINE, ONLINE), ExitStatus.OK),
        ((ONLINE, ONLINE, None), ExitStatus.DEGRADED),
        ((ONLINE, UNREACHABLE, UNREACHABLE), ExitStatus.NOT_SERVING),
    ],
)
def test_the_exit_status_says_whether_clients_are_served(
    states: tuple[Any, ...], expected: ExitStatus
) -> None:
    """0 OK, 1 degraded but serving, 2 not serving."""
    assert exit_status(status_document(report(answer(0, view(*states))))) is expected


def test_a_minority_is_not_believed_when_a_majority_answers() -> None:
    """The source is a member that sees a majority, whatever its ordinal."""
    majority = view(UNREACHABLE, ONLINE, ONLINE, primary=1)
    what = report(answer(0, view(ONLINE, UNREACHABLE, UNREACHABLE)), answer(1, majority), answer(2, majority))
    document = status_document(what)
    assert document["groupInformationSourceMember"] == address(1)
    assert document["defaultReplicaSet"]["status"] == "OK_NO_TOLERANCE_PARTIAL"
    cut_off = member_of(what, 0)
    assert (cut_off["status"], cut_off["memberState"], cut_off["mode"]) == ("UNREACHABLE", "ONLINE", "n/a")
    assert any("split brain" in text for text in cut_off["instanceErrors"])


def test_two_majorities_are_an_error_that_names_itself() -> None:
    """Two groups accept writes: the worst that can happen is not called OK."""
    what = report(answer(0, view(ONLINE, None, None)), answer(1, view(None, ONLINE, ONLINE, primary=1)))
    assert is_split(what)
    document = status_document(what)
    assert document["defaultReplicaSet"]["status"] == "ERROR"
    assert "SPLIT BRAIN" in document["defaultReplicaSet"]["statusText"]
    assert exit_status(document) is ExitStatus.NOT_SERVING


def test_a_member_that_has_just_joined_is_no_split_brain() -> None:
    """Views that differ while one is older are not two groups."""
    what = report(answer(0, view(ONLINE, None, None)), answer(1, view(ONLINE, RECOVERING, None)))
    assert not is_split(what)


def test_a_configured_member_that_the_group_lacks_is_missing() -> None:
    """Its own state and the reason are added."""
    what = report(answer(0, view(ONLINE, ONLINE, None)), answer(2, state=ERROR), silent={1: "timed out"})
    assert member_of(what, 2)["status"] == "(MISSING)"
    assert member_of(what, 2)["memberState"] == "ERROR"
    assert member_of(what, 2)["instanceErrors"] == ["ERROR: Group Replication has stopped with an error."]
    assert member_of(what, 1)["shellConnectError"] == "timed out"
    assert member_of(what, 1)["mode"] == "n/a"


def test_a_member_that_nobody_asked_for_is_shown_too() -> None:
    """A group that is larger than the values say is not hidden."""
    what = report(*(answer(o, view(ONLINE, ONLINE, ONLINE)) for o in range(3)), configured=2)
    assert member_of(what, 2)["instanceErrors"] == ["NOTE: the values do not ask for this member."]
    assert status_of(what) == "OK"


def test_without_a_group_each_server_speaks_for_itself() -> None:
    """OFFLINE and ERROR are told, silence is UNREACHABLE."""
    what = report(answer(0, state=ERROR), answer(1, state=OFFLINE), silent={2: "gone"})
    assert [member_of(what, ordinal)["status"] for ordinal in range(3)] == ["ERROR", "OFFLINE", "UNREACHABLE"]


def test_offline_mode_and_a_wrong_read_only_setting_are_named() -> None:
    """They are why a client fails while the member is ONLINE."""
    members = view(ONLINE, ONLINE, ONLINE)
    what = report(
        answer(0, members, read_only=True),
        answer(1, members, read_only=False),
        answer(2, members, offline_mode=True),
    )
    assert member_of(what, 0)["instanceErrors"] == ["WARNING: super_read_only is ON on the primary."]
    assert member_of(what, 1)["instanceErrors"] == ["WARNING: super_read_only is OFF on a secondary."]
    assert member_of(what, 2)["mode"] == "n/a"


def test_the_version_is_without_the_package_suffix() -> None:
    """A distribution's suffix is no version."""
    assert member_of(report(answer(0)), 0)["version"] == "9.7.4"


@pytest.mark.parametrize(
    ("applier", "expected"),
    [
        (ApplierReport(running=False), None),
        (ApplierReport(running=True), "applier_queue_applied"),
        (ApplierReport(running=True, lag_microseconds=-5), "00:00:00.000000"),
        (ApplierReport(running=True, lag_microseconds=1_234_567), "00:00:01.234567"),
        (ApplierReport(running=True, lag_microseconds=(100 * 3600 + 61) * 1_000_000), "100:01:01.000000"),
    ],
)
def test_lag_is_a_time_or_says_that_nothing_waits(applier: ApplierReport, expected: str | None) -> None:
    """As the Shell prints it."""
    assert lag_text(applier) == expected


def test_the_document_is_made_from_whatever_is_there() -> None:
    """Total: every mix of states, answers and silence gives a document with a known status."""
    states = [ONLINE, RECOVERING, OFFLINE, ERROR, UNREACHABLE, None]
    for mix in product(states, repeat=3):
        for answering in range(4):
            answers = [answer(ordinal, view(*mix)) for ordinal in range(answering)]
            document = status_document(report(*answers, silent={2: "away"} if answering < 3 else {}))
            assert exit_status(document) in ExitStatus
            assert len(document["defaultReplicaSet"]["topology"]) == 3
