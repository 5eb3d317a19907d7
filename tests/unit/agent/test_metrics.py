"""What the agent tells Prometheus."""

import re
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from innodb_cluster.agent.http import serve
from innodb_cluster.agent.metrics import Look, Metrics
from innodb_cluster.agent.readiness import Readiness
from innodb_cluster.model.actions import ForbidBootstrap, JoinGroup
from innodb_cluster.model.certificates import CertificateLife
from innodb_cluster.model.errors import TemporaryError
from innodb_cluster.model.observation import MemberRole, Observation
from innodb_cluster.model.plan import Plan, Refusal
from innodb_cluster.model.restore import RestorePhase
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.state import GroupState
from tests.unit.builders import ERROR, ONLINE, UNREACHABLE, member, record, seen
from tests.unit.kubernetes.fake_clock import START
from tests.unit.snapshots.builders import snapshot

MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
NOTHING = Plan(GroupState.ONLINE, "nothing to do")


def samples(metrics: Metrics) -> dict[str, float]:
    """Read the text as Prometheus does; keys are `name value-of-its-own-label`, without the prefix."""
    found = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            assert sample.labels.pop("cluster") == "db"
            name = sample.name.removeprefix("innodb_cluster_")
            found[" ".join([name, *sample.labels.values()])] = sample.value
    return found


def metrics_of(observation: Observation, plan: Plan = NOTHING, pod: str = "db-0") -> Metrics:
    """Give the metrics of an agent that has looked once."""
    metrics = Metrics("db", pod)
    metrics.learn(Look(observation, plan, MOMENT))
    return metrics


def test_a_healthy_member_shows_its_state_its_role_and_the_group() -> None:
    """One of each set of states is 1, the others are there and 0."""
    own = replace(
        member("db-0", received=f"{'a' * 8}-{'a' * 4}-{'a' * 4}-{'a' * 4}-{'a' * 12}:1-7"),
        role=MemberRole.PRIMARY,
    )
    found = samples(metrics_of(seen(own, member("db-1"), member("db-2"))))
    assert found["member_state ONLINE"] == 1
    assert found["member_state ERROR"] == 0
    assert (found["member_role PRIMARY"], found["member_role SECONDARY"]) == (1, 0)
    assert found["member_backlog_transactions"] == 7
    assert (found["members_configured"], found["members_online"]) == (3, 3)
    assert found["refusing"] == found["restoring"] == 0
    assert found["observation_timestamp_seconds"] == MOMENT.timestamp()
    assert {name for name, value in found.items() if name.startswith("group_state") and value} == {
        "group_state ONLINE"
    }


def test_a_server_that_does_not_answer_is_in_no_state() -> None:
    """An alert on `ONLINE` being 0 sees it as well as one in ERROR."""
    found = samples(metrics_of(seen(member("db-1", {"db-0": UNREACHABLE, "db-1": ONLINE, "db-2": ONLINE}))))
    assert {value for name, value in found.items() if name.startswith("member_state")} == {0}
    assert "member_backlog_transactions" not in found
    assert found["members_online"] == 2


def test_without_a_majority_no_state_that_serves_is_shown() -> None:
    """What the rule for a lost quorum asks for."""
    lonely = member("db-0", {"db-0": ONLINE, "db-1": UNREACHABLE, "db-2": UNREACHABLE})
    found = samples(metrics_of(seen(lonely)))
    assert found["group_state NO_QUORUM_UNCERTAIN"] == 1
    assert not any(found[f"group_state {state}"] for state in GroupState if state.serves)
    assert found["members_online"] == 0


def test_a_refusal_and_a_restore_are_shown_while_they_last() -> None:
    """Both are gone with the next look."""
    refused = Plan(GroupState.OFFLINE, "because", refusal=Refusal("because", "do this"))
    restoring = replace(record(bootstrapped=False), restore_phase=RestorePhase.REPLACE)
    metrics = metrics_of(seen(member("db-0", {"db-0": ERROR}), written=restoring), refused)
    assert samples(metrics)["refusing"] == 1
    assert samples(metrics)["restoring"] == 1
    metrics.learn(Look(seen(member("db-0")), NOTHING, MOMENT))
    assert samples(metrics)["refusing"] == samples(metrics)["restoring"] == 0


def test_actions_are_counted_by_how_they_end() -> None:
    """Also before anything could be observed."""
    metrics = Metrics("db", "db-0")
    for _ in range(2):
        with metrics.counted(ForbidBootstrap("db-0")):
            pass
    join = JoinGroup("db-0", TopologyMode.SINGLE_PRIMARY, ("db-1",))
    with pytest.raises(TemporaryError), metrics.counted(join):
        raise TemporaryError("not yet")
    assert samples(metrics) == {"actions_total ForbidBootstrap done": 2, "actions_total JoinGroup failed": 1}


def test_the_end_of_the_loaded_certificate_is_shown_once_it_is_known() -> None:
    """A server may have none."""
    metrics = Metrics("db", "db-0")
    metrics.learn_certificate(None)
    assert samples(metrics) == {}
    metrics.learn_certificate(CertificateLife(START, MOMENT))
    assert samples(metrics) == {"certificate_end_timestamp_seconds": MOMENT.timestamp()}


def test_snapshots_are_shown_by_what_became_of_them() -> None:
    """The newest is the newest good one, whoever made it."""
    metrics = Metrics("db", "db-0")
    good = [snapshot("old", hours_old=30), snapshot("new", hours_old=2)]
    metrics.learn_snapshots(
        [*good, snapshot("bad", hours_old=1, ready=False, error="no"), snapshot("s", ready=False)]
    )
    found = samples(metrics)
    assert (found["snapshots ready"], found["snapshots failed"], found["snapshots pending"]) == (2, 1, 1)
    assert found["snapshot_newest_timestamp_seconds"] == START.timestamp() - 2 * 3600


def test_a_cluster_without_a_snapshot_has_an_age_that_alerts() -> None:
    """0 is 1970; whoever does not tell, or has no VolumeSnapshots, shows nothing."""
    metrics = Metrics("db", "db-0")
    assert samples(metrics) == {}
    metrics.learn_snapshots([])
    assert samples(metrics)["snapshot_newest_timestamp_seconds"] == 0
    metrics.learn_snapshots(None)
    assert samples(metrics) == {}


def test_the_page_about_them_has_each_and_no_other() -> None:
    """Its table, and what its alert rules ask for."""
    page = (Path(__file__).parents[3] / "docs" / "operations" / "metrics.md").read_text(encoding="utf-8")
    metrics = metrics_of(seen(member("db-0")))
    metrics.learn_snapshots([])
    metrics.learn_certificate(CertificateLife(MOMENT, MOMENT))
    with metrics.counted(ForbidBootstrap("db-0")):
        pass
    told = {family.name for family in metrics.collect()}
    written = set(re.findall(r"\binnodb_cluster_[a-z_]+", page))
    assert {name.removesuffix("_total") for name in written} == told


def test_they_are_served_beside_the_probes() -> None:
    """With the content type that Prometheus asks for."""
    server = serve(Readiness(), metrics_of(seen(member("db-0"))), port=0, poll_seconds=0.01)
    try:
        address = f"http://127.0.0.1:{server.server_port}/metrics"
        with urllib.request.urlopen(address, timeout=5) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            assert b"# TYPE innodb_cluster_member_state gauge" in answer.read()
    finally:
        server.shutdown()
        server.server_close()
