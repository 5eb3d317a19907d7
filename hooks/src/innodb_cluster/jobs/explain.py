"""``innodb-cluster explain``: prints what the converge Job and this pod's agent would do next, and why.

It only looks. What it saw can be saved, and read again anywhere: by this command, or by a unit test.
"""

import json
import sys
from pathlib import Path
from typing import TextIO

from innodb_cluster.configuration import load_pod
from innodb_cluster.decide.explanation import Scene, explain
from innodb_cluster.decide.health import classify
from innodb_cluster.effects.clock import SystemClock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql.connection import QUICK, Session, Timeouts, connect_socket, connect_tcp
from innodb_cluster.effects.mysql.members import look_at_all
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.jobs.restore import look_at_restore
from innodb_cluster.jobs.topology import TopologyWatch
from innodb_cluster.model.document import from_document, to_document
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.names import ADMIN_ACCOUNT, MYSQL_PORT, Names
from innodb_cluster.model.observation import Observation, pods_that_count
from innodb_cluster.model.progress import Progress

STDIN = "-"


def run(*, source: str, save: bool) -> int:
    """Print the explanation, or with ``save`` the document that it is made from.

    Raises:
        ConfigurationError: ``source`` cannot be read.
        TemporaryError: the API does not answer.

    """
    scene = read(source) if source else look_around()
    text = json.dumps(to_document(scene), indent=2) if save else explain(scene)
    sys.stdout.write(text + "\n")
    return 0


def read(source: str, stdin: TextIO = sys.stdin) -> Scene:
    """Read a saved scene from a file, or from standard input for ``-``."""
    try:
        text = stdin.read() if source == STDIN else Path(source).read_text(encoding="utf-8")
        document = json.loads(text)
    except (OSError, ValueError) as error:
        reason = f"{source} cannot be read: {error}"
        raise ConfigurationError(reason, "save one with innodb-cluster explain --save") from error
    return from_document(Scene, document)


def look_around() -> Scene:
    """Look at record, settings and every server from this pod."""
    pod = load_pod()
    api, secrets = KubernetesApi(pod.names.namespace), MountedSecrets()
    settings, found = api.read_settings(pod.names), api.read_record(pod.names)
    record = found[0] if found else None

    def connect(to: str, timeouts: Timeouts) -> Session:
        return _connect(pod.names, pod.pod, to, secrets, timeouts)

    pods = pods_that_count(settings, record)
    servers, silent = look_at_all(pods, lambda to: connect(to, QUICK))
    observation = Observation(settings, record, servers, tuple(silent))
    health = classify(observation)
    restore = look_at_restore(api, settings, record)
    known = Progress(accounts_done=True, metadata_members=health.online, restore=restore)
    progress = TopologyWatch(connect, SystemClock()).look(observation, health, known)
    return Scene(pod.pod, observation, progress)


def _connect(names: Names, own: str, to: str, secrets: MountedSecrets, timeouts: Timeouts) -> Session:
    if to == own:
        return connect_socket(timeouts=timeouts)
    return connect_tcp(names.host(to), MYSQL_PORT, ADMIN_ACCOUNT, secrets.admin_password, timeouts=timeouts)
