"""Judges what the test of a cluster found: each check is true or says what to do.

What was read is compared here and nowhere else; reading it is the job's part.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from innodb_cluster.model.gtid import GtidSet
from innodb_cluster.model.observation import MemberState
from innodb_cluster.model.settings import TopologyMode

_TOPOLOGY_WORDS = {TopologyMode.SINGLE_PRIMARY: "Single-Primary", TopologyMode.MULTI_PRIMARY: "Multi-Primary"}
READ_THE_AGENT = "read the log of that pod's container agent"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be true, and whether it is."""

    name: str
    ok: bool
    detail: str
    what_to_do: str = ""

    @property
    def line(self) -> str:
        """What is printed."""
        if self.ok:
            return f"ok      {self.name}: {self.detail}"
        return f"FAILED  {self.name}: {self.detail}" + (f"; {self.what_to_do}" if self.what_to_do else "")


class Comparison(StrEnum):
    """What checksums of one table, taken on every member, say."""

    EQUAL = "equal"
    DIFFERENT = "different"
    MOVED = "moved"
    """They differ, and so did the moments: nothing can be said."""


@dataclass(frozen=True, slots=True)
class TableSum:
    """A table's checksum on one member, with what it had executed around it."""

    checksum: int | None
    """None: the table is not there."""
    before: GtidSet
    after: GtidSet


@dataclass(frozen=True, slots=True)
class RouterAnswer:
    """What one router pod said of its routes."""

    name: str
    dead_routes: tuple[str, ...] = ()
    writes_to: tuple[str, ...] = ()
    """Destinations of route ``rw``."""
    reads_from: tuple[str, ...] = ()
    """Destinations of route ``ro``."""
    failure: str = ""
    """Why it could not be asked; empty when it could."""


def check_members(document: Mapping[str, Any], configured: Collection[str]) -> Check:
    """Every configured member is ONLINE, and there is no other."""
    topology = document["defaultReplicaSet"]["topology"]
    wrong = [f"{a} {m['status']}" for a, m in topology.items() if m["status"] != MemberState.ONLINE]
    strangers = [f"{address} is not configured" for address in topology if address not in configured]
    if wrong or strangers:
        return Check("members", ok=False, detail=", ".join([*wrong, *strangers]), what_to_do=READ_THE_AGENT)
    return Check("members", ok=True, detail=f"{len(topology)} of {len(configured)} are ONLINE")


def check_topology(document: Mapping[str, Any], mode: TopologyMode | None, primary: str) -> Check:
    """The group has the mode that the values ask for; None when they ask for none.

    Another primary than the values name (by address) is no fault: a failover may have
    moved it, and only a new value moves it again.
    """
    cluster = document["defaultReplicaSet"]
    wanted = _TOPOLOGY_WORDS[mode] if mode else cluster["topologyMode"]
    if cluster["topologyMode"] != wanted:
        detail = f"{cluster['topologyMode'] or 'unknown'}, the values ask for {wanted}"
        return Check(
            "topology mode", ok=False, detail=detail, what_to_do="run helm upgrade with the same values"
        )
    actual = cluster.get("primary", "")
    notes = [wanted, *([f"primary {actual}"] if actual else [])]
    if mode is TopologyMode.SINGLE_PRIMARY and primary not in {"", actual}:
        notes.append(f"the values named {primary}, a failover has moved it since")
    return Check("topology mode", ok=True, detail=", ".join(notes))


def check_transactions(reference: GtidSet, executed: Mapping[str, GtidSet]) -> Check:
    """Every member has executed everything that any member had when the check began."""
    behind = {member: reference - has for member, has in executed.items() if not has.contains(reference)}
    if behind:
        detail = ", ".join(f"{member} lacks {missing}" for member, missing in behind.items())
        hint = "look for a stopped applier, or for transactions that were made on one member alone"
        return Check("transactions", ok=False, detail=detail, what_to_do=hint)
    return Check("transactions", ok=True, detail=f"{len(executed)} members have executed the same set")


def compare_table(sums: Iterable[TableSum]) -> Comparison:
    """Compare one table's checksums, taken side by side on every member.

    Equal sums are equal whenever they were taken. Different ones prove a difference only
    if every member stood at one and the same set of transactions all the while.
    """
    taken = list(sums)
    if len({each.checksum for each in taken}) <= 1:
        return Comparison.EQUAL
    moments = {moment for each in taken for moment in (each.before, each.after)}
    return Comparison.DIFFERENT if len(moments) == 1 else Comparison.MOVED


def check_tables(compared: Mapping[str, Comparison], skipped: Collection[str]) -> Check:
    """No table differs between members; what could not be compared is told."""
    different = sorted(name for name, result in compared.items() if result is Comparison.DIFFERENT)
    moved = sorted(name for name, result in compared.items() if result is Comparison.MOVED)
    equal = len(compared) - len(different) - len(moved)
    notes = [f"{equal} have the same checksum on every member"]
    if moved:
        notes.append(f"not compared, because they changed all the time: {_some(moved)}")
    if skipped:
        notes.append(f"not compared, because there are too many or they are too large: {_some(skipped)}")
    if different:
        detail = f"{_some(different)} differ between members; " + "; ".join(notes)
        hint = "find out which member is right, then let the other one clone its data"
        return Check("tables", ok=False, detail=detail, what_to_do=hint)
    return Check("tables", ok=True, detail="; ".join(notes))


def expected_destinations(document: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """Give the addresses that routes ``rw`` and ``ro`` must lead to.

    Without an ONLINE secondary, reads go to the primaries.
    """
    topology: Mapping[str, Mapping[str, Any]] = document["defaultReplicaSet"]["topology"]
    online = {
        address: member for address, member in topology.items() if member["status"] == MemberState.ONLINE
    }
    primaries = frozenset(address for address, member in online.items() if member["memberRole"] == "PRIMARY")
    return primaries, (frozenset(online) - primaries) or primaries


def check_router(answer: RouterAnswer, primaries: frozenset[str], readable: frozenset[str]) -> Check:
    """One router's routes are alive and lead to the right members."""
    name = f"router {answer.name}"
    hint = "read the log of that pod's container router"
    if answer.failure:
        return Check(name, ok=False, detail=answer.failure, what_to_do=hint)
    wrong = [f"route {route} has no destination" for route in answer.dead_routes]
    if frozenset(answer.writes_to) != primaries:
        wrong.append(f"route rw leads to {_some(answer.writes_to)} instead of {_some(primaries)}")
    # Primaries are listed too: the route falls back to them when the last secondary is gone.
    if not readable <= frozenset(answer.reads_from) <= readable | primaries:
        wrong.append(f"route ro leads to {_some(answer.reads_from)} instead of {_some(readable)}")
    if wrong:
        return Check(name, ok=False, detail=", ".join(wrong), what_to_do=hint)
    return Check(name, ok=True, detail=f"writes to {_some(primaries)}, reads from {_some(readable)}")


def check_router_count(found: int, wanted: int) -> Check:
    """As many routers as the values ask for."""
    hint = "" if found == wanted else "run kubectl get pods and look why a router pod is missing"
    return Check("routers", ok=found == wanted, detail=f"{found} of {wanted} exist", what_to_do=hint)


def _some(names: Iterable[str], limit: int = 5) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - limit} more" if len(ordered) > limit else ""
    return (", ".join(ordered[:limit]) or "nothing") + more
