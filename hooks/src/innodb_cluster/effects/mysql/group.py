"""Starts, joins and leaves groups on one server.

With the MySQL communication stack the recovery credentials must be in place before
START GROUP_REPLICATION (MySQL manual, section Communication Stack for Connection
Security Management). What never changes for a server is in its option file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from innodb_cluster.effects.mysql import statements
from innodb_cluster.effects.mysql.connection import Session
from innodb_cluster.effects.mysql.members import look
from innodb_cluster.effects.mysql.topology import set_auto_increment
from innodb_cluster.model.errors import TemporaryError
from innodb_cluster.model.names import MYSQL_PORT, recovery_account, recovery_password, spelled
from innodb_cluster.model.observation import MemberState
from innodb_cluster.model.settings import Settings, TopologyMode


@dataclass(frozen=True, slots=True)
class GroupConfiguration:
    """What a server must know before it starts Group Replication."""

    group_name: str
    local_address: str
    """Where the other members reach Group Replication of this server."""
    seeds: str
    server_id: int
    mode: TopologyMode
    recovery_secret: str


def group_configuration(
    settings: Settings, group_name: str, pod: str, mode: TopologyMode, recovery_secret: str, spelling: int
) -> GroupConfiguration:
    """Work out the configuration of one pod's server.

    The address is spelled in another way each time. XCom keeps what it knows of an address for some time after its
    member has left, the waits between its attempts to connect among it, which grow to ten seconds; so long the others
    would leave a member that joins again without an answer, and each of their writes would wait for it
    (``reply_handler_task`` and ``find_server`` in its ``xcom_transport.cc``, 9.7). A spelling that they do not know is a
    new member to them.
    """
    return GroupConfiguration(
        group_name=group_name,
        local_address=f"{spelled(settings.names.host(pod), spelling)}:{MYSQL_PORT}",
        seeds=",".join(settings.names.address(other) for other in settings.pods if other != pod),
        server_id=settings.server_id(pod),
        mode=mode,
        recovery_secret=recovery_secret,
    )


def bootstrap(session: Session, seeds: str) -> None:
    """Start a group of one on a configured server. Whoever calls this holds the bootstrap Lease.

    The seeds are for later. Nobody is asked now, and still a server refuses to start a group when it has seeds and the
    name of none is known, as of pods that have no address ("None of the provided peer address is valid", 9.7.4).
    """
    session.execute(statements.SET_GROUP_SEEDS, ("",))
    session.execute(statements.BOOTSTRAP_ON)
    try:
        session.execute(statements.START_GROUP_REPLICATION)
    finally:
        session.execute(statements.BOOTSTRAP_OFF)
    session.execute(statements.SET_GROUP_SEEDS, (seeds,))


def join(
    session: Session, configuration: GroupConfiguration, members: Sequence[str], *, by_clone: bool = False
) -> None:
    """Start Group Replication against these members of the group; answers when the server is in the view.

    Seeds that are not in the group yet would be asked too. One that is just joining
    answers "retry" for more than ten seconds instead of letting the next seed be asked
    (seen on 9.7.4 with two servers that join at once). All addresses become seeds
    afterwards, for auto-rejoin where serverConfig.mycnf asks for it. With ``by_clone`` MySQL asks a donor for a clone first, and for
    binary logs if that fails.
    """
    configure(session, replace(configuration, seeds=",".join(members)))
    session.execute(statements.CLONE_FIRST if by_clone else statements.BINARY_LOGS_FIRST)
    session.execute(statements.START_GROUP_REPLICATION)
    session.execute(statements.SET_GROUP_SEEDS, (configuration.seeds,))


def leave(session: Session) -> None:
    """Stop Group Replication; a member in state ERROR must, before it can join again.

    Raises:
        TemporaryError: the member has come back by itself meanwhile (auto-rejoin, or its majority is back).

    """
    own = look(session, "own")
    if own.state is MemberState.ONLINE and own.has_quorum:
        reason = "the member is ONLINE by now and stays in its group"
        raise TemporaryError(reason)
    session.execute(statements.STOP_GROUP_REPLICATION)


def retire(session: Session) -> None:
    """Stop Group Replication on a member that leaves for good; it tells the others, so that nobody waits for it."""
    session.execute(statements.STOP_GROUP_REPLICATION)


def forbid_bootstrap(session: Session) -> None:
    """Take back ``group_replication_bootstrap_group``: the next START GROUP_REPLICATION would start a second group."""
    session.execute(statements.BOOTSTRAP_OFF)


def end_offline_mode(session: Session) -> None:
    """Let clients in again after ``group_replication_exit_state_action=OFFLINE_MODE`` shut them out."""
    session.execute(statements.END_OFFLINE_MODE)


def configure(session: Session, configuration: GroupConfiguration) -> None:
    """Tell a server that is in no group what it must know to start one or join."""
    # A killed bootstrap leaves it ON: then joining would start a second group.
    session.execute(statements.BOOTSTRAP_OFF)
    session.execute(statements.SET_GROUP_NAME, (configuration.group_name,))
    session.execute(statements.SET_LOCAL_ADDRESS, (configuration.local_address,))
    session.execute(statements.SET_GROUP_SEEDS, (configuration.seeds,))
    session.execute_script(_mode_statements(configuration.mode))
    set_auto_increment(session, configuration.mode, configuration.server_id)
    account = recovery_account(configuration.server_id)
    password = recovery_password(configuration.recovery_secret, account)
    session.execute(statements.SET_RECOVERY_CREDENTIALS, (account, password))


def _mode_statements(mode: TopologyMode) -> Iterable[str]:
    if mode is TopologyMode.SINGLE_PRIMARY:
        return statements.SET_SINGLE_PRIMARY
    return statements.SET_MULTI_PRIMARY
