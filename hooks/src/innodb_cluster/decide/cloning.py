"""Who is cloned, and who waits for whom: servers that are cloned join one after the other.

A server that has nothing is cloned when it lacks much, although donors may have every binary
log: to apply the history of months takes hours, and MySQL never clones for that reason alone.
A server that has data catches up by binary logs as long as a donor has them: a clone would
delete what it has.

A donor serves one clone at a time. The server that comes second falls back to binary
logs, which the donor no longer has, and tries that for ten minutes (seen on 9.7.4:
error 3634 of the donor, then 1236).
"""

from collections.abc import Sequence

from innodb_cluster.model.observation import MemberState, Observation, ServerView, may_join

MANY_TRANSACTIONS = 5000
"""To apply so many takes about as long as a clone of little data with the restart that follows (seen on two cores)."""


def wait_for_clone(observation: Observation, members: Sequence[ServerView], own: ServerView) -> str:
    """Say whom a server must let go first, empty when it may join now.

    ``members`` answered and are in the group. Who needs no clone waits for nobody; among
    those who do, the lowest ordinal goes first.
    """
    if not is_cloned(own, members):
        return ""
    recovering = _recovering(members) if must_be_cloned(own, members) else _receiving(members)
    if recovering:
        return f"{recovering[0]} is recovering"
    ordinal = observation.settings.names.ordinal
    earlier = [
        server.pod
        for server in observation.servers
        if not server.state.in_group
        and ordinal(server.pod) < ordinal(own.pod)
        and may_join(observation, server.pod)
        and is_cloned(server, members)
    ]
    return f"{earlier[0]} comes first" if earlier else ""


def is_cloned(server: ServerView, members: Sequence[ServerView]) -> bool:
    """Whether it has to be a clone, or a clone is the shorter way for a server that has nothing to lose."""
    return must_be_cloned(server, members) or prefers_clone(server, members)


def prefers_clone(server: ServerView, members: Sequence[ServerView]) -> bool:
    """Whether the server has no transaction at all and would have to apply many."""
    lacks = max((donor.transactions.count for donor in _donors(members)), default=0)
    return not server.transactions and lacks > MANY_TRANSACTIONS


def must_be_cloned(server: ServerView, members: Sequence[ServerView]) -> bool:
    """Whether there are donors, and none has all binary logs that the server lacks."""
    donors = _donors(members)
    return bool(donors) and all(not server.transactions.contains(donor.purged) for donor in donors)


def _donors(members: Sequence[ServerView]) -> list[ServerView]:
    return [member for member in members if member.state is MemberState.ONLINE]


def _recovering(members: Sequence[ServerView]) -> list[str]:
    return [m.pod for member in members for m in member.view if m.state is MemberState.RECOVERING]


def _receiving(members: Sequence[ServerView]) -> list[str]:
    """Name those that are probably being cloned: while that lasts they have nothing yet."""
    return [m.pod for m in members if m.state is MemberState.RECOVERING and not m.transactions]
