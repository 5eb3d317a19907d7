"""``innodb-cluster snapshot``, ``snapshots`` and ``job snapshot``: by hand in a server pod, and on the schedule."""

import os
import sys
from contextlib import suppress

from innodb_cluster.configuration import load_job, load_pod
from innodb_cluster.decide.snapshot_table import snapshot_table
from innodb_cluster.decide.snapshots import decide_retention
from innodb_cluster.effects.clock import Clock, SystemClock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import ConflictError, NotFoundError
from innodb_cluster.effects.log import get_logger
from innodb_cluster.effects.mysql.connection import Session, Timeouts, connect_tcp
from innodb_cluster.effects.mysql.members import look_at_all
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.jobs.snapshot import Taker
from innodb_cluster.model.names import ADMIN_ACCOUNT, MYSQL_PORT
from innodb_cluster.model.observation import Observation, pods_that_count
from innodb_cluster.model.settings import Settings
from innodb_cluster.model.snapshots import MadeBy, SnapshotView

log = get_logger()


def run_once(name: str) -> int:
    """Take a snapshot by hand, in a server pod, and print its line."""
    pod = load_pod()
    api, clock = KubernetesApi(pod.names.namespace), SystemClock()
    settings = api.read_settings(pod.names)
    holder = f"{pod.pod}-{os.getpid()}"
    view = _taker(settings, api, clock, holder).take(name, MadeBy.HAND)
    sys.stdout.write(snapshot_table((view,), clock.now()) + "\n")
    return 0


def run_scheduled() -> int:
    """Take the schedule's snapshot, then let go what the retention no longer keeps."""
    job = load_job()
    settings, clock = job.parsed_settings(), SystemClock()
    api = KubernetesApi(settings.names.namespace)
    _taker(settings, api, clock, job.pod).take("", MadeBy.SCHEDULE, job.run)
    retain(settings, api, clock)
    return 0


def run_list() -> int:
    """Print the cluster's snapshots."""
    pod = load_pod()
    api = KubernetesApi(pod.names.namespace)
    sys.stdout.write(snapshot_table(api.list_snapshots(pod.names), SystemClock().now()) + "\n")
    return 0


def retain(settings: Settings, api: KubernetesApi, clock: Clock) -> tuple[str, ...]:
    """Delete the scheduled snapshots that are no longer kept; name them."""
    in_use = {settings.restore.snapshot_name}
    snapshots: tuple[SnapshotView, ...] = api.list_snapshots(settings.names)
    due = decide_retention(snapshots, settings.snapshots, clock.now(), in_use)
    for deletion in due:
        with suppress(NotFoundError, ConflictError):
            api.delete_snapshot(deletion.name, deletion.uid)
            log.info("deleted a snapshot", name=deletion.name, because=deletion.because)
    return tuple(deletion.name for deletion in due)


def _taker(settings: Settings, api: KubernetesApi, clock: Clock, holder: str) -> Taker:
    secrets = MountedSecrets()

    def connect(pod: str, timeouts: Timeouts) -> Session:
        host = settings.names.host(pod)
        return connect_tcp(host, MYSQL_PORT, ADMIN_ACCOUNT, secrets.admin_password, timeouts=timeouts)

    def observe() -> Observation:
        found = api.read_record(settings.names)
        record = found[0] if found else None
        pods = pods_that_count(settings, record)
        servers, silent = look_at_all(pods, lambda pod: connect(pod, Timeouts(2, 3)))
        return Observation(settings, record, servers, tuple(silent))

    return Taker(settings, api, clock, observe, connect, holder)
