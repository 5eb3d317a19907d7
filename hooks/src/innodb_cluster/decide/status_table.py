"""Prints the status document for people."""

from collections.abc import Iterable, Sequence
from typing import Any

_COLUMNS = ("MEMBER", "ROLE", "STATUS", "MODE", "LAG", "VERSION")


def status_table(document: dict[str, Any]) -> str:
    """Give the table: a heading about the cluster, a line for each member, then what is wrong."""
    cluster = document["defaultReplicaSet"]
    members: Iterable[dict[str, Any]] = cluster["topology"].values()
    rows = [_COLUMNS, *(_row(member) for member in members)]
    lines = [
        f"{document['clusterName']}: {cluster['status']} ({cluster['topologyMode'] or 'mode unknown'})",
        cluster["statusText"],
        "",
        *_align(rows),
    ]
    complaints = [f"{member['address']}: {text}" for member in members for text in _complaints(member)]
    return "\n".join([*lines, *(["", *complaints] if complaints else [])])


def _row(member: dict[str, Any]) -> tuple[str, ...]:
    lag = member["replicationLag"]
    return (
        member["address"],
        member["memberRole"],
        member["status"],
        member["mode"],
        "none" if lag == "applier_queue_applied" else lag or "-",
        member["version"] or "-",
    )


def _complaints(member: dict[str, Any]) -> list[str]:
    unheard = member.get("shellConnectError")
    return [*([f"not heard from: {unheard}"] if unheard else []), *member.get("instanceErrors", ())]


def _align(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
