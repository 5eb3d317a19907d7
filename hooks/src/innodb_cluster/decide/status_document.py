"""Makes the status document from what the servers answered.

Keys, words and rules are those of MySQL Shell's ``cluster.status()`` (AdminAPI, section
Monitoring InnoDB Cluster of its manual); the sentences are our own. One server's view of
the group is told as the truth: of one that sees a majority, if any does.
"""

from typing import Any, assert_never

from innodb_cluster.model.observation import MemberRole, MemberState
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.status import (
    MISSING,
    ApplierReport,
    ClusterReport,
    ClusterStatus,
    ExitStatus,
    MemberEntry,
    MemberReport,
)

_MICROSECONDS_PER_SECOND = 1_000_000
_TOPOLOGY_WORDS = {TopologyMode.SINGLE_PRIMARY: "Single-Primary", TopologyMode.MULTI_PRIMARY: "Multi-Primary"}


def status_document(report: ClusterReport) -> dict[str, Any]:
    """Give the document; it never raises, whatever is missing."""
    source = _source(report)
    status, text = _judge(report, source)
    cluster: dict[str, Any] = {
        "name": "default",
        "ssl": source.ssl_mode if source else None,
        "status": status.value,
        "statusText": text,
        "topology": {address: _member(report, source, address) for address in _addresses(report, source)},
        "topologyMode": _TOPOLOGY_WORDS[source.mode] if source else None,
    }
    if source is None or source.mode is TopologyMode.SINGLE_PRIMARY:
        cluster["primary"] = _primary(source)
    return {
        "clusterName": report.cluster_name,
        "defaultReplicaSet": dict(sorted(cluster.items())),
        "groupInformationSourceMember": source.address if source else None,
    }


def exit_status(document: dict[str, Any]) -> ExitStatus:
    """Give the exit status of the command that prints this document."""
    status = ClusterStatus(document["defaultReplicaSet"]["status"])
    match status:
        case ClusterStatus.OK:
            return ExitStatus.OK
        case ClusterStatus.OK_PARTIAL | ClusterStatus.OK_NO_TOLERANCE | ClusterStatus.OK_NO_TOLERANCE_PARTIAL:
            return ExitStatus.DEGRADED
        case ClusterStatus.NO_QUORUM | ClusterStatus.OFFLINE | ClusterStatus.ERROR:
            return ExitStatus.NOT_SERVING
        case ClusterStatus.UNKNOWN:
            return ExitStatus.UNKNOWN
        case _:
            assert_never(status)


def is_split(report: ClusterReport) -> bool:
    """Whether two servers each see a majority that the other is not in."""
    majorities = [answer for answer in report.answers if answer.has_quorum]
    return any(
        one.server_uuid not in other.reachable and other.server_uuid not in one.reachable
        for one in majorities
        for other in majorities
        if one.address < other.address
    )


def _source(report: ClusterReport) -> MemberReport | None:
    """Choose whose view is told: a majority's first, then a primary's, then the lowest ordinal's."""

    def rank(answer: MemberReport) -> tuple[bool, bool, bool, int]:
        position = report.configured.index(answer.address) if answer.address in report.configured else 99
        return (
            not answer.has_quorum,
            not answer.state.in_group,
            answer.role is not MemberRole.PRIMARY,
            position,
        )

    return min(report.answers, key=rank, default=None)


def _judge(report: ClusterReport, source: MemberReport | None) -> tuple[ClusterStatus, str]:
    if source is None:
        return ClusterStatus.UNKNOWN, "No server answered."
    if is_split(report):
        text = "SPLIT BRAIN: two groups see a majority each. Stop clients before anything else."
        return ClusterStatus.ERROR, text
    if not source.state.in_group:
        return _judge_without_group(report)
    return _judge_group(report, source)


def _judge_group(report: ClusterReport, source: MemberReport) -> tuple[ClusterStatus, str]:
    online = sum(entry.state is MemberState.ONLINE for entry in source.view)
    if not source.has_quorum:
        text = f"There is no quorum as seen from {source.address}: no write can be committed."
        return ClusterStatus.NO_QUORUM, text + _inactive(report, online)
    if online == 0:
        return ClusterStatus.ERROR, "There are no ONLINE members in the group."
    active = sum(entry.state.in_group for entry in source.view)
    tolerated = (active - 1) // 2
    present = {entry.address for entry in source.view}
    partial = active != len(source.view) or any(address not in present for address in report.configured)
    text = f"The cluster takes writes. {_tolerance(tolerated)}{_inactive(report, online)}"
    if tolerated:
        return (ClusterStatus.OK_PARTIAL if partial else ClusterStatus.OK), text
    return (ClusterStatus.OK_NO_TOLERANCE_PARTIAL if partial else ClusterStatus.OK_NO_TOLERANCE), text


def _judge_without_group(report: ClusterReport) -> tuple[ClusterStatus, str]:
    answered = {answer.address for answer in report.answers}
    hidden = [address for address in report.configured if address not in answered]
    if hidden:
        text = f"No server that answered is in a group; not heard from: {', '.join(hidden)}."
        return ClusterStatus.UNKNOWN, text
    return ClusterStatus.OFFLINE, "No server is in a group: the cluster is stopped."


def _tolerance(failures: int) -> str:
    match failures:
        case 0:
            return "No failure of a member is tolerated."
        case 1:
            return "One failure of a member is tolerated."
        case _:
            return f"{failures} failures of members are tolerated."


def _inactive(report: ClusterReport, online: int) -> str:
    missing = len(report.configured) - online
    if missing <= 0:
        return ""
    return " 1 member is not active." if missing == 1 else f" {missing} members are not active."


def _primary(source: MemberReport | None) -> str:
    primaries = (entry.address for entry in source.view if entry.role is MemberRole.PRIMARY) if source else ()
    return next(iter(primaries), "?")


def _addresses(report: ClusterReport, source: MemberReport | None) -> list[str]:
    seen = [entry.address for entry in source.view] if source else []
    return [*report.configured, *(address for address in sorted(seen) if address not in report.configured)]


def _member(report: ClusterReport, source: MemberReport | None, address: str) -> dict[str, Any]:
    entry = next((entry for entry in source.view if entry.address == address), None) if source else None
    answer = next((answer for answer in report.answers if answer.address == address), None)
    status = _member_status(source, entry, answer)
    member: dict[str, Any] = {
        "address": address,
        "memberRole": _role(entry),
        "mode": _mode(source, entry, answer),
        "readReplicas": {},
        "replicationLag": lag_text(answer.applier) if answer else None,
        "role": "HA",
        "status": status,
        "version": _version(entry, answer),
    }
    if answer and answer.state.value != status:
        member["memberState"] = answer.state.value
    if answer is None and address in report.silent:
        member["shellConnectError"] = report.silent[address]
    if errors := _errors(report, source, entry, answer, address):
        member["instanceErrors"] = errors
    return dict(sorted(member.items()))


def _member_status(
    source: MemberReport | None, entry: MemberEntry | None, answer: MemberReport | None
) -> str:
    if source is not None and source.state.in_group:
        return entry.state.value if entry else MISSING
    return answer.state.value if answer else MemberState.UNREACHABLE.value


def _role(entry: MemberEntry | None) -> str:
    return (
        MemberRole.PRIMARY.value if entry and entry.role is MemberRole.PRIMARY else MemberRole.SECONDARY.value
    )


def _mode(source: MemberReport | None, entry: MemberEntry | None, answer: MemberReport | None) -> str:
    online = entry is not None and entry.state is MemberState.ONLINE
    if source is None or answer is None or not online or answer.offline_mode:
        return "n/a"
    return "R/W" if source.has_quorum and not answer.super_read_only else "R/O"


def _version(entry: MemberEntry | None, answer: MemberReport | None) -> str | None:
    if entry and entry.version:
        return entry.version
    return answer.version.partition("-")[0] if answer else None


def lag_text(applier: ApplierReport) -> str | None:
    """Give ``replicationLag``: HH:MM:SS.ffffff, that the queue is empty, or None when nothing applies."""
    if not applier.running:
        return None
    if applier.lag_microseconds is None:
        return "applier_queue_applied"
    seconds, microseconds = divmod(max(applier.lag_microseconds, 0), _MICROSECONDS_PER_SECOND)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{microseconds:06}"


def _errors(
    report: ClusterReport,
    source: MemberReport | None,
    entry: MemberEntry | None,
    answer: MemberReport | None,
    address: str,
) -> list[str]:
    """Say what is wrong with one member beyond its status."""
    if answer is None:
        return []
    outside = entry is None or entry.state is MemberState.UNREACHABLE
    single = answer.mode is TopologyMode.SINGLE_PRIMARY
    online = entry is not None and entry.state is MemberState.ONLINE and answer.state is MemberState.ONLINE
    primary = entry is not None and entry.role is MemberRole.PRIMARY
    quorum = source is not None and source.has_quorum
    checks = {
        "ERROR: split brain: this member is not in the majority's group and has state "
        + answer.state.value: quorum and outside and answer.state.in_group,
        "NOTE: Group Replication is stopped.": answer.state is MemberState.OFFLINE,
        "ERROR: Group Replication has stopped with an error.": answer.state is MemberState.ERROR,
        "WARNING: offline_mode is ON: clients are shut out.": answer.offline_mode,
        "WARNING: super_read_only is ON on the primary.": online and primary and answer.super_read_only,
        "WARNING: super_read_only is OFF on a secondary.": (
            online and single and not primary and not answer.super_read_only
        ),
        "ERROR: the applier is not running.": online and not answer.applier.running,
        "NOTE: the values do not ask for this member.": address not in report.configured,
    }
    return [text for text, holds in checks.items() if holds]
