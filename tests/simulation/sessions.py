"""Sessions to the modelled servers: the product's statements take effect on the model.

A statement that this module does not know is an error of the test, so that a new one cannot
pass unnoticed.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from innodb_cluster.effects.mysql import statements
from innodb_cluster.effects.mysql.connection import (
    PATIENT,
    Row,
    Session,
    StatementError,
    Timeouts,
    UnreachableError,
)
from innodb_cluster.model.observation import MemberState
from innodb_cluster.model.settings import TopologyMode
from tests.simulation.replication import Replication
from tests.simulation.scheduling import Actor
from tests.simulation.servers import Gtid, Server, Start, Transactions

WRITE = "WRITE"
"""Stands for the statements that make accounts and metadata: one transaction on a primary."""
RESTART = "RESTART"
"""Stands for an agent's order to the supervisor of its own server."""
GROUP_REPLICATION_RUNNING = 3093
GROUP_REPLICATION_START_FAILED = 3092
READ_ONLY = 1290
GROUP_CONFIGURATION_FAILED = 3910


class SimulatedSession(Session):
    """One actor's connection to one server's present process."""

    def __init__(
        self,
        actor: Actor,
        replication: Replication,
        pod: str,
        timeouts: Timeouts,
        now: Callable[[], float],
        is_blocked: Callable[[], bool],
    ) -> None:
        self._actor = actor
        self._replication = replication
        self._server = replication.servers[pod]
        self._timeouts = timeouts
        self._now = now
        self._is_blocked = is_blocked
        actor.pause(f"connect {pod}")
        self._process = self._server.process
        self._is_broken = False
        self._wait_while_frozen(timeouts.connect_seconds)

    def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Answer a question at once; carry out anything else after a pause."""
        if statement.startswith(_SEEN_BY_OTHERS):
            self._actor.pause(f"{self._server.pod}: {statement}")
        self._wait_while_frozen(self._timeouts.read_seconds)
        if statement in _QUESTIONS:
            return _QUESTIONS[statement](self._server)
        self._carry_out(statement, parameters)
        return []

    def close(self) -> None:
        """Nothing is left open."""

    def _wait_while_frozen(self, seconds: float) -> None:
        """Raise when the server is gone, or does not answer in time."""
        since = self._now()
        server = self._server
        while True:
            self._check_connection(since, seconds)
            if not server.is_frozen and not server.is_mute:
                return
            if seconds < PATIENT.read_seconds:
                raise self._broken("no answer from the server in time")
            self._actor.pause(f"{server.pod} is frozen")

    def _check_connection(self, since: float, seconds: float) -> None:
        if not self._server.is_up or self._server.process != self._process or self._is_blocked():
            raise self._broken("no answer from the server")
        if self._is_broken or self._now() - since >= seconds:
            raise self._broken("no answer from the server in time")

    def _broken(self, reason: str) -> UnreachableError:
        self._is_broken = True
        return UnreachableError(reason)

    def _carry_out(self, statement: str, parameters: Sequence[Any]) -> None:
        if assignment := _ASSIGNMENT.fullmatch(statement):
            self._set(assignment[1], str(parameters[0]) if parameters else assignment[2])
            return
        match statement:
            case statements.START_GROUP_REPLICATION:
                self._start()
            case statements.STOP_GROUP_REPLICATION:
                self._replication.stop(self._server.pod)
            case statements.SWITCH_TO_MULTI_PRIMARY:
                self._configure_group(TopologyMode.MULTI_PRIMARY, "")
            case statements.SWITCH_TO_SINGLE_PRIMARY:
                self._configure_group(TopologyMode.SINGLE_PRIMARY, str(parameters[0]))
            case statements.SET_AS_PRIMARY:
                self._configure_group(None, str(parameters[0]))
            case x if x == WRITE:
                if not self._replication.write(self._server.pod):
                    raise StatementError(READ_ONLY, "the server is read-only or has no majority")
            case x if x == RESTART:
                self._replication.restart(self._server.pod)
            case statements.BINARY_LOGS_FIRST:
                pass
            case _:
                assert statement == statements.SET_RECOVERY_CREDENTIALS, f"unknown statement: {statement}"

    def _set(self, variable: str, value: str) -> None:
        server = self._server
        match variable.removeprefix("group_replication_"):
            case "group_name":
                self._refuse_while_replicating()
                server.group_name = value
            case "single_primary_mode":
                self._refuse_while_replicating()
                server.mode = TopologyMode.SINGLE_PRIMARY if value == "ON" else TopologyMode.MULTI_PRIMARY
            case "auto_increment_increment":
                server.auto_increment = (int(value), server.auto_increment[1])
            case "auto_increment_offset":
                server.auto_increment = (server.auto_increment[0], int(value))
            case "group_seeds":
                server.seeds = tuple(address.partition(".")[0] for address in value.split(",") if address)
            case "bootstrap_group":
                server.bootstrap_group = value == "ON"
            case "offline_mode":
                server.offline_mode = value == "ON"
            case name:
                assert name in _WITHOUT_EFFECT, f"unknown variable: {name}"

    def _configure_group(self, mode: TopologyMode | None, server_uuid: str) -> None:
        if not self._replication.configure(self._server.pod, mode, server_uuid):
            raise StatementError(GROUP_CONFIGURATION_FAILED, "the group refuses to change")

    def _refuse_while_replicating(self) -> None:
        if self._server.is_replicating:
            raise StatementError(GROUP_REPLICATION_RUNNING, "not while Group Replication runs")

    def _start(self) -> None:
        self._refuse_while_replicating()
        start = self._server.start = Start(self._server.bootstrap_group, self._actor.name)
        since = self._now()
        while not start.is_done:
            self._actor.pause(f"{self._server.pod} starts")
            self._check_connection(since, self._timeouts.read_seconds)
        if start.error:
            raise StatementError(GROUP_REPLICATION_START_FAILED, start.error)


def _text(transactions: Transactions) -> str:
    return _printed(tuple(transactions))


@lru_cache(maxsize=10_000)
def _printed(gtids: tuple[Gtid, ...]) -> str:
    """Print them as MySQL does, in runs."""
    runs: dict[str, list[list[int]]] = {}
    for source, number in sorted(gtids):
        found = runs.setdefault(source, [])
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(
        ":".join([source, *(f"{first}-{last}" for first, last in found)]) for source, found in runs.items()
    )


def _server(server: Server) -> list[Row]:
    return [
        {
            "server_uuid": server.uuid,
            "version": "9.7.4",
            "super_read_only": 1,
            "offline_mode": int(server.offline_mode),
            "gtid_executed": _text(server.executed),
            "group_name": server.group_name,
            "single_primary_mode": int(server.mode is TopologyMode.SINGLE_PRIMARY),
            "bootstrap_flag": int(server.bootstrap_group),
            "started_with": "",
            "increment": server.auto_increment[0],
            "offset": server.auto_increment[1],
        }
    ]


def _view(server: Server) -> list[Row]:
    view = [(m.pod, m.server_uuid, m.state.value, m.role.value) for m in server.view]
    if not view:
        # A server outside a group shows itself alone, OFFLINE only after Group Replication was started once.
        view = [(server.pod, server.uuid if server.group_name else "", server.state.value, "")]
    return [
        {"host": f"{pod}.example", "server_uuid": uuid, "state": state, "role": role, "version": "9.7.4"}
        for pod, uuid, state, role in view
    ]


def _view_id(server: Server) -> list[Row]:
    incarnation = server.group.incarnation if server.group else 0
    return [{"view_id": f"{incarnation}:{server.view_number}"}]


def _received(server: Server) -> list[Row]:
    return [{"received": _text(server.received)}]


def _state(server: Server) -> list[Row]:
    return [{"state": (MemberState.OFFLINE if server.start else server.state).value}]


_QUESTIONS: dict[str, Callable[[Server], list[Row]]] = {
    statements.SERVER: _server,
    statements.VIEW: _view,
    statements.VIEW_ID: _view_id,
    statements.RECEIVED: _received,
    statements.OWN_STATE: _state,
    statements.UNFIT_TABLES: lambda _: [],
    statements.CASCADING_TABLES: lambda _: [],
    statements.LONG_TRANSACTIONS: lambda _: [{"number": 0}],
}
_ASSIGNMENT = re.compile(r"SET GLOBAL (\w+) = (\S+)")
_WITHOUT_EFFECT = {
    "local_address",
    "enforce_update_everywhere_checks",
    # Whether a server without data is cloned is the history's choice.
    "clone_threshold",
}
_SEEN_BY_OTHERS = (
    "SET GLOBAL group_replication_bootstrap_group",
    "SET GLOBAL offline_mode",
    "SET GLOBAL auto_increment_increment",
    "SELECT group_replication_",
    "START",
    "STOP",
    "SELECT group_replication_set_as_primary",
    WRITE,
)
"""What others can see, or what outlasts a killed client: there is a pause before these."""
