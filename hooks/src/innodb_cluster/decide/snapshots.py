"""Decides which server a snapshot is taken of, and which scheduled snapshots go."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from innodb_cluster.decide.health import classify
from innodb_cluster.model.gtid import GtidSet
from innodb_cluster.model.observation import MemberState, Observation, ServerView
from innodb_cluster.model.plan import Refusal
from innodb_cluster.model.snapshot_settings import SnapshotSettings
from innodb_cluster.model.snapshots import MadeBy, SnapshotOrigin, SnapshotView

UPLOAD_LIMIT = timedelta(days=1)
"""How long storage may copy a snapshot whose point in time is fixed, before retention gives it up."""


@dataclass(frozen=True, slots=True)
class Source:
    """The server that a snapshot is taken of."""

    pod: str
    is_primary: bool
    """Whether it takes writes: then it is never made to hold them back."""
    origin: SnapshotOrigin


@dataclass(frozen=True, slots=True)
class Deletion:
    """A snapshot that goes, and why."""

    name: str
    uid: str
    because: str


def snapshot_name(cluster: str, now: datetime) -> str:
    """Name a snapshot that is made at this moment."""
    return f"{cluster}-{now:%Y%m%d-%H%M%S}"


def choose_source(observation: Observation) -> Source | Refusal:
    """Take the ONLINE secondary that has the least left to apply, or the only kind of member there is.

    It must answer and be ONLINE in a group with a majority: what is outside of it may lack
    commits that clients were told of.
    """
    health = classify(observation)
    online = [
        server
        for server in observation.servers
        if server.pod in health.online and server.state is MemberState.ONLINE
    ]
    if not online or health.authority is None:
        return Refusal(
            reason=f"no server is ONLINE in a group with a majority (state {health.state})",
            what_to_do="look at `innodb-cluster status`; a snapshot of a server outside of the group could lack commits",
        )
    everything = GtidSet()
    for server in online:
        everything |= server.transactions
    names = observation.settings.names

    def rank(server: ServerView) -> tuple[bool, int, int]:
        behind = _count(everything - server.executed)
        return server.pod in health.primaries, behind, names.ordinal(server.pod)

    chosen = min(online, key=rank)
    return Source(chosen.pod, chosen.pod in health.primaries, _origin(observation, chosen, health.online))


def decide_retention(
    snapshots: Iterable[SnapshotView],
    policy: SnapshotSettings,
    now: datetime,
    in_use: Collection[str] = (),
) -> tuple[Deletion, ...]:
    """Say which scheduled snapshots go: those above the count, those too old, and those that came to nothing.

    Nothing that the schedule did not make is touched, nor the newest good one, nor one in
    ``in_use`` (a restore reads it).
    """
    scheduled = [
        snapshot
        for snapshot in snapshots
        if snapshot.made_by is MadeBy.SCHEDULE and not snapshot.is_deleting and snapshot.name not in in_use
    ]
    newest_first = sorted(scheduled, key=lambda snapshot: (snapshot.created, snapshot.name), reverse=True)
    good = [snapshot for snapshot in newest_first if snapshot.is_ready]
    failed = [snapshot for snapshot in newest_first if not snapshot.is_ready]
    return (*_surplus(good, policy, now), *_remains(failed, policy, now))


def _surplus(good: Sequence[SnapshotView], policy: SnapshotSettings, now: datetime) -> Iterable[Deletion]:
    for place, snapshot in enumerate(good):
        if place == 0:
            continue
        age = now - snapshot.created
        if policy.retention_count is not None and place >= policy.retention_count:
            yield _deletion(snapshot, f"{policy.retention_count} newer ones are kept")
        elif policy.retention_seconds is not None and age > timedelta(seconds=policy.retention_seconds):
            yield _deletion(snapshot, f"it is {_hours(age)} old")


def _remains(failed: Sequence[SnapshotView], policy: SnapshotSettings, now: datetime) -> Iterable[Deletion]:
    """Remove what failed, and what a killed run left before storage had even begun."""
    patience = timedelta(seconds=policy.timeout_seconds)
    for snapshot in failed:
        age = now - snapshot.created
        if snapshot.error and age > patience:
            yield _deletion(snapshot, f"it failed: {snapshot.error}")
        elif not snapshot.is_cut and age > patience:
            yield _deletion(snapshot, f"nothing has taken it up for {_hours(age)}")
        elif age > max(UPLOAD_LIMIT, patience):
            yield _deletion(snapshot, f"it is not ready after {_hours(age)}")


def _origin(observation: Observation, server: ServerView, online: Sequence[str]) -> SnapshotOrigin:
    record, names = observation.record, observation.settings.names
    return SnapshotOrigin(
        gtid_set=str(server.executed),
        server_version=server.version,
        cluster=f"{names.namespace}/{names.cluster}",
        cluster_id=record.cluster_id if record else "",
        group_name=server.group_name,
        topology=" ".join([server.mode, *sorted(online)]),
        pod=server.pod,
    )


def _count(gtids: GtidSet) -> int:
    return sum(end - start + 1 for runs in gtids.intervals.values() for start, end in runs)


def _deletion(snapshot: SnapshotView, because: str) -> Deletion:
    return Deletion(snapshot.name, snapshot.uid, because)


def _hours(age: timedelta) -> str:
    return f"{age.total_seconds() / 3600:.1f} h"
