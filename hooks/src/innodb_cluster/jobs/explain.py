"""``innodb-cluster explain``: prints what an upgrade and this pod's agent would do next, and why.

It only looks. What it saw can be saved, and read again anywhere: by this command, or by a unit test.
"""

import json
import sys
from collections.abc import Callable
from contextlib import suppress

from innodb_cluster.configuration import PodConfiguration, load_pod
from innodb_cluster.decide.explanation import Scene, explain, without_values
from innodb_cluster.decide.health import Health, classify
from innodb_cluster.effects.clock import SystemClock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql.connection import QUICK, Session, Timeouts, connect_socket, connect_tcp
from innodb_cluster.effects.mysql.members import look_at_all
from innodb_cluster.effects.mysql.metadata import read_routers
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.jobs.manifest import read_manifest, read_text
from innodb_cluster.jobs.mycnf import options_of
from innodb_cluster.jobs.obstacles import read_rollout, unsettled_workloads
from innodb_cluster.jobs.restore import look_at_restore
from innodb_cluster.jobs.topology import TopologyWatch
from innodb_cluster.model.document import from_document, to_document
from innodb_cluster.model.errors import ConfigurationError, InnodbClusterError
from innodb_cluster.model.names import ADMIN_ACCOUNT, MYSQL_PORT, router_id
from innodb_cluster.model.observation import Observation, pods_that_count
from innodb_cluster.model.pods import PodView
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.record import Record
from innodb_cluster.model.settings import Settings

Connect = Callable[[str, Timeouts], Session]


def run(*, source: str, manifest: str, save: bool) -> int:
    """Print the explanation, or with ``save`` the document that it is made from.

    Raises:
        ConfigurationError: ``source`` or ``manifest`` cannot be read.
        TemporaryError: the API does not answer.

    """
    scene = read(read_text(source)) if source else look_around(manifest)
    text = json.dumps(to_document(without_values(scene)), indent=2) if save else explain(scene)
    sys.stdout.write(text + "\n")
    return 0


def read(text: str) -> Scene:
    """Read a saved scene."""
    try:
        document = json.loads(text)
    except ValueError as error:
        reason = f"the saved look cannot be read: {error}"
        raise ConfigurationError(reason, "save one with innodb-cluster explain --save") from error
    return from_document(Scene, document)


def look_around(manifest: str = "") -> Scene:
    """Look at record, settings, pods and every server from this pod; ``manifest`` gives the settings of an upgrade."""
    pod = load_pod()
    api, names = KubernetesApi(pod.names.namespace), pod.names
    if manifest:
        settings, options = read_manifest(read_text(manifest), names)
    else:
        settings, options = api.read_settings(names), options_of(api.read_mycnf(names))
    found = api.read_record(names)
    record = found[0] if found else None
    connect = _connector(pod)
    servers, silent = look_at_all(pods_that_count(settings, record), lambda to: connect(to, QUICK))
    observation = Observation(settings, record, servers, tuple(silent))
    health = classify(observation)
    routers = tuple(router for router in api.list_pods(names, "router") if not router.deleting)
    known = Progress(
        accounts_done=True,
        metadata_members=health.online,
        routers=tuple(router.name for router in routers),
        metadata_routers=_registered(record, health, routers, connect),
        routers_waited_for=_waited_for(routers, settings),
        rollouts_waited_for=unsettled_workloads(api, settings),
        restore=look_at_restore(api, settings, record),
        servers=read_rollout(api, settings),
        options=options,
    )
    progress = TopologyWatch(connect, SystemClock()).look(observation, health, known)
    return Scene(pod.pod, observation, progress, bool(manifest), routers)


def _waited_for(routers: tuple[PodView, ...], settings: Settings) -> tuple[str, ...]:
    """Name routers that are not ready: their own agents know whether they route."""
    reasons = tuple(f"{pod.name} ({pod.waiting or 'not ready'})" for pod in routers if not pod.ready)
    if len(routers) == settings.router_instances:
        return reasons
    return (*reasons, f"{len(routers)} of {settings.router_instances} router pods exist")


def _registered(
    record: Record | None, health: Health, routers: tuple[PodView, ...], connect: Connect
) -> tuple[str, ...]:
    """Name the routers that the metadata shows; those that there are when it cannot be read."""
    names = tuple(router.name for router in routers)
    if record is not None and health.primaries:
        with suppress(InnodbClusterError), connect(health.primaries[0], QUICK) as session:
            rows = {row.router_id: row.address for row in read_routers(session, record.cluster_id)}
            present = {router_id(name): name for name in names}
            return tuple(present.get(number, address) for number, address in rows.items())
    return names


def _connector(pod: PodConfiguration) -> Connect:
    secrets = MountedSecrets()

    def connect(to: str, timeouts: Timeouts) -> Session:
        if to == pod.pod:
            return connect_socket(timeouts=timeouts)
        host = pod.names.host(to)
        return connect_tcp(host, MYSQL_PORT, ADMIN_ACCOUNT, secrets.admin_password, timeouts=timeouts)

    return connect
