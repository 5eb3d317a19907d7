"""``innodb-cluster status``: asks every server at once and prints what they say.

It runs in the agent's container of any server pod. The own server is asked through its
socket, the others over TLS. Which members are configured is read from the settings; while
the Kubernetes API is away, the members registered in the metadata count instead.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from innodb_cluster.configuration import load_pod
from innodb_cluster.decide.status_document import exit_status, status_document
from innodb_cluster.decide.status_table import status_table
from innodb_cluster.effects.mysql.connection import QUICK, Session, connect_socket, connect_tcp
from innodb_cluster.effects.mysql.member_report import read_member_report, read_registered_addresses
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.jobs.gathering import Gathering
from innodb_cluster.model.names import ADMIN_ACCOUNT, MYSQL_PORT, Names
from innodb_cluster.model.status import ClusterReport, MemberReport

SETTINGS_WAIT_SECONDS = 1.0
"""How long the Kubernetes API may keep a person who asks for the status waiting."""
SERVERS_WAIT_SECONDS = 4.0
"""A little longer than the time-outs of one connection."""

GUESSED_MEMBERS = 3
"""How many members are asked while neither settings nor metadata can be read."""

Connector = Callable[[], Session]


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """A server's report, and which members it finds registered in the metadata."""

    report: MemberReport
    registered: tuple[str, ...] = field(default=())


def run(*, as_table: bool) -> int:
    """Print the status; give the exit status of the command."""
    pod = load_pod()
    document = status_document(observe(pod.names, pod.pod, MountedSecrets()))
    sys.stdout.write((status_table(document) if as_table else json.dumps(document, indent=4)) + "\n")
    return int(exit_status(document))


def observe(names: Names, own: str, secrets: MountedSecrets) -> ClusterReport:
    """Ask the own server and the API first, then every server that the answers speak of."""
    settings = Gathering({"settings": lambda: _configured_pods(names)})
    own_address = names.address(own)
    answers, silent = ask_servers({own_address: connect_socket_quickly})
    pods = settings.wait(SETTINGS_WAIT_SECONDS)[0].get("settings", ())
    wanted = tuple(map(names.address, pods))
    guessed = tuple(map(names.address, names.pods(max(names.ordinal(own) + 1, GUESSED_MEMBERS))))
    while others := {*(wanted or _registered(answers) or guessed), *_in_views(answers)} - {*answers, *silent}:
        more, more_silent = ask_servers({other: _over_tls(other, secrets) for other in others})
        answers, silent = answers | more, silent | more_silent
    configured = wanted or _registered(answers) or guessed
    return report(names.cluster, configured, answers, silent)


def ask_servers(
    connectors: Mapping[str, Connector], deadline_seconds: float = SERVERS_WAIT_SECONDS
) -> tuple[dict[str, ServerAnswer], dict[str, str]]:
    """Ask these servers side by side; give answers by address, and why the others gave none."""
    questions = {address: _question(address, connect) for address, connect in connectors.items()}
    return Gathering(questions).wait(deadline_seconds)


def report(
    cluster_name: str,
    configured: tuple[str, ...],
    answers: Mapping[str, ServerAnswer],
    silent: Mapping[str, str],
) -> ClusterReport:
    """Put together what was heard, in the order of the configured members."""
    ordered = sorted(answers, key=lambda address: (address not in configured, address))
    return ClusterReport(cluster_name, configured, tuple(answers[a].report for a in ordered), silent)


def document_of(
    cluster_name: str, configured: tuple[str, ...], connectors: Mapping[str, Connector]
) -> dict[str, Any]:
    """Ask servers and give the status document: for callers that know the members."""
    return status_document(report(cluster_name, configured, *ask_servers(connectors)))


def connect_socket_quickly() -> Session:
    """Connect to the own server as root, through the socket."""
    return connect_socket(timeouts=QUICK)


def _question(address: str, connect: Connector) -> Callable[[], ServerAnswer]:
    def ask() -> ServerAnswer:
        with connect() as session:
            answer = read_member_report(session, address)
            return ServerAnswer(answer, read_registered_addresses(session))

    return ask


def _over_tls(address: str, secrets: MountedSecrets) -> Connector:
    host, _, port = address.rpartition(":")

    def connect() -> Session:
        return connect_tcp(
            host, int(port or MYSQL_PORT), ADMIN_ACCOUNT, secrets.admin_password, timeouts=QUICK
        )

    return connect


def _registered(answers: Mapping[str, ServerAnswer]) -> tuple[str, ...]:
    return next((answer.registered for answer in answers.values() if answer.registered), ())


def _in_views(answers: Mapping[str, ServerAnswer]) -> set[str]:
    return {entry.address for answer in answers.values() for entry in answer.report.view}


def _configured_pods(names: Names) -> tuple[str, ...]:
    # Imported late, in a thread of its own: the client takes longer to import than the servers to answer.
    from innodb_cluster.effects.kubernetes.api import KubernetesApi  # noqa: PLC0415 - see above

    return KubernetesApi(names.namespace).read_settings(names).pods
