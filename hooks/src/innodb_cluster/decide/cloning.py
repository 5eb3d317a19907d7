"""Lets servers that must be cloned join one after the other.

A donor serves one clone at a time. The server that comes second falls back to binary
logs, which the donor no longer has, and tries that for ten minutes (seen on 9.7.4:
error 3634 of the donor, then 1236).
"""

from collections.abc import Sequence

from innodb_cluster.model.observation import MemberState, Observation, ServerView, may_join


def wait_for_clone(observation: Observation, members: Sequence[ServerView], own: ServerView) -> str:
    """Say whom a server must let go first, empty when it may join now.

    ``members`` answered and are in the group. Who needs no clone waits for nobody; among
    those who do, the lowest ordinal goes first.
    """
    if not must_be_cloned(own, members):
        return ""
    recovering = [m.pod for member in members for m in member.view if m.state is MemberState.RECOVERING]
    if recovering:
        return f"{recovering[0]} is recovering"
    ordinal = observation.settings.names.ordinal
    earlier = [
        server.pod
        for server in observation.servers
        if not server.state.in_group
        and ordinal(server.pod) < ordinal(own.pod)
        and may_join(observation, server.pod)
        and must_be_cloned(server, members)
    ]
    return f"{earlier[0]} comes first" if earlier else ""


def must_be_cloned(server: ServerView, members: Sequence[ServerView]) -> bool:
    """Whether there are donors, and none has all binary logs that the server lacks."""
    donors = [member for member in members if member.state is MemberState.ONLINE]
    return bool(donors) and all(not server.transactions.contains(donor.purged) for donor in donors)
