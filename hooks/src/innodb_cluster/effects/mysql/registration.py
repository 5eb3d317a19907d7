"""Makes the metadata schema show the members and routers that there are, writing only what differs."""

from collections.abc import Callable, Iterable

from innodb_cluster.effects.mysql import metadata, statements
from innodb_cluster.effects.mysql.connection import Session
from innodb_cluster.model.metadata import instance_row, router_row
from innodb_cluster.model.record import Record
from innodb_cluster.model.settings import Settings, TopologyMode


def register(
    session: Session,
    settings: Settings,
    record: Record,
    mode: TopologyMode,
    routers: Iterable[str],
    version_of: Callable[[str], str],
) -> None:
    """Bring schema, cluster, member and router rows up to date, through a member that takes writes.

    Members are registered when they are in the group; a configured one that is away keeps
    its row, so that routers go on to know it. What is no longer configured goes.

    Routers come first: one that waits for the cluster writes its version and settings into
    its row when it first finds members, and never again if there is no row by then or the
    write fails. ``version_of`` a router's pod, empty when it does not say, is for those.
    """
    metadata.ensure_schema(session)
    primary_mode: metadata.PrimaryMode = "pm" if mode is TopologyMode.SINGLE_PRIMARY else "mm"
    metadata.ensure_cluster_row(
        session, record.cluster_id, record.cluster_name, record.group_name, primary_mode
    )
    _register_routers(session, record, tuple(routers), version_of)
    names = settings.names
    for row in session.query(statements.VIEW):
        pod = names.pod_of_host(row["host"])
        if pod in settings.pods:
            wanted = instance_row(names, pod, row["server_uuid"], settings.server_id(pod))
            metadata.ensure_instance_row(session, record.cluster_id, wanted)
    configured = {names.address(pod) for pod in settings.pods}
    for registered in metadata.read_instances(session, record.cluster_id):
        if registered.address not in configured:
            metadata.remove_instance_row(session, record.cluster_id, registered.address)


def _register_routers(
    session: Session, record: Record, routers: tuple[str, ...], version_of: Callable[[str], str]
) -> None:
    wanted = [router_row(pod) for pod in routers]
    for row in wanted:
        metadata.ensure_router_row(session, record.cluster_id, row)
    kept = {row.router_id for row in wanted}
    for registered in metadata.read_routers(session, record.cluster_id):
        if registered.router_id not in kept:
            metadata.remove_router_row(session, registered.router_id)
        elif not registered.version:
            metadata.fill_router_version(session, registered.router_id, version_of(registered.address))
