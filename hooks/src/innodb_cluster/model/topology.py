"""What a topology mode asks of servers and tables."""

from dataclasses import dataclass
from enum import StrEnum

from innodb_cluster.model.settings import TopologyMode

SINGLE_PRIMARY_AUTO_INCREMENT = (1, 2)
"""An offset of 2, because Group Replication replaces 1 and 1 by values of its own when it starts."""
MULTI_PRIMARY_INCREMENT = 7
"""As MySQL Shell's AdminAPI sets it: room for the largest usual group without gaps between members."""


class TableFault(StrEnum):
    """Why a table does not fit a group (MySQL manual, Group Replication Requirements and Limitations)."""

    NO_KEY = "has no primary key"
    ENGINE = "is not InnoDB"
    CASCADE = "has a foreign key that cascades"
    """CASCADE, SET NULL or SET DEFAULT: what they change on one primary is not certified against another's writes."""


@dataclass(frozen=True, slots=True)
class UnfitTable:
    """A table of a user's schema that multi-primary mode cannot serve."""

    name: str
    """``schema.table``."""
    fault: TableFault


def auto_increment(mode: TopologyMode, server_id: int) -> tuple[int, int]:
    """Give ``auto_increment_increment`` and ``auto_increment_offset`` of a server.

    An offset above the increment is ignored by the server (MySQL manual,
    ``auto_increment_offset``), so the server_id alone would not keep primaries apart.
    """
    if mode is TopologyMode.SINGLE_PRIMARY:
        return SINGLE_PRIMARY_AUTO_INCREMENT
    return MULTI_PRIMARY_INCREMENT, 1 + server_id % MULTI_PRIMARY_INCREMENT
