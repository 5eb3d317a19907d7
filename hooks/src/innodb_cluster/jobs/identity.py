"""Makes a new server of a data directory that came from elsewhere, before mysqld starts.

A volume is marked with the pod and the restore that it belongs to. One that bears
another mark was made from a snapshot: its server gets a new ``server_uuid``, and loses
persisted variables that speak of the server that it was (``mysqld-auto.cnf`` comes
before the option file). Nothing else in the directory is touched.
"""

import json
from pathlib import Path
from typing import Any

from innodb_cluster.configuration import PodConfiguration
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.files.store import read_optional, write_private
from innodb_cluster.effects.log import get_logger

log = get_logger()

_FOREIGN_PREFIXES = ("group_replication_", "report_", "clone_valid_donor_list")
_FOREIGN = {"server_id", "mysqlx_port", "port", "auto_increment_increment", "auto_increment_offset"}


def claim_volume(pod: PodConfiguration, paths: Paths) -> bool:
    """Mark the volume as this pod's; say whether its data became a new server.

    A volume that cannot be written is left to ``initialize.sh``, which says what is wrong with it. That may be making a data
    directory in the meantime; the ``server_uuid`` of one that no mysqld has run on may go or stay.
    """
    mark = f"{pod.namespace}/{pod.pod} {(read_optional(paths.state / 'restore') or '').strip()}".strip()
    try:
        before = read_optional(paths.mark)
        if before is not None and before.strip() == mark:
            return False
        unmarked_and_never_restored = before is None and " " not in mark
        is_new = (paths.data / "auto.cnf").exists() and not unmarked_and_never_restored
        if is_new:
            _forget_identity(paths.data)
            log.info("the volume is another server's: it becomes a new one", mark=mark, before=before)
        write_private(paths.mark, mark + "\n")
    except OSError as error:
        log.warning("the volume could not be marked", reason=str(error))
        return False
    return is_new


def _forget_identity(data: Path) -> None:
    persisted = data / "mysqld-auto.cnf"
    text = read_optional(persisted)
    if text:
        kept = _without_foreign(json.loads(text))
        write_private(persisted, json.dumps(kept))
    (data / "auto.cnf").unlink(missing_ok=True)


def _without_foreign(document: Any) -> Any:
    """Take variables that belong to one server out of a ``mysqld-auto.cnf``, at whatever depth its version has them."""
    if not isinstance(document, dict):
        return document
    return {key: _without_foreign(value) for key, value in document.items() if not _is_foreign(key)}


def _is_foreign(name: str) -> bool:
    return name in _FOREIGN or name.startswith(_FOREIGN_PREFIXES)
