"""Chooses the server that may bootstrap a group: the one that lacks nothing.

Invariant: the chosen server holds every transaction that any other holds, executed or
received, compared as sets. Where no server does, the data has diverged and nothing is
chosen.
"""

from collections.abc import Sequence

from innodb_cluster.model.observation import ServerView
from innodb_cluster.model.plan import Refusal


def choose_seed(servers: Sequence[ServerView], preferred: str = "") -> str | Refusal:
    """Give the pod to bootstrap from: the preferred one among equals, else the first.

    ``servers`` must be every configured server; the caller checks that all answered.
    """
    candidates = [
        server.pod
        for server in servers
        if all(server.transactions.contains(other.transactions) for other in servers)
    ]
    if not candidates:
        return _divergence(servers)
    return preferred if preferred in candidates else candidates[0]


def _divergence(servers: Sequence[ServerView]) -> Refusal:
    lacking = []
    for server in servers:
        union = server.transactions
        for other in servers:
            union |= other.transactions
        lacking.append(f"{server.pod} lacks {union - server.transactions}")
    return Refusal(
        reason="the servers' data has diverged, no one holds every transaction: " + "; ".join(lacking),
        what_to_do=(
            "decide which server to keep, save the others' extra transactions with mysqlbinlog, "
            "then delete the other servers' claims (data-<pod>) and pods: they are cloned from the one kept"
        ),
    )
