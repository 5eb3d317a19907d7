"""ConfigMaps: the record of the cluster, and the settings that the chart renders."""

from collections.abc import Callable

from innodb_cluster.effects.clock import Clock
from innodb_cluster.effects.kubernetes.client import (
    CONFIG_MAPS,
    ConflictError,
    KubernetesClient,
    NotFoundError,
)
from innodb_cluster.effects.kubernetes.labels import owned
from innodb_cluster.model.errors import TemporaryError
from innodb_cluster.model.names import Names
from innodb_cluster.model.record import Record, record_from_data, record_to_data
from innodb_cluster.model.settings import Settings, parse_settings

SETTINGS_KEY = "settings.json"
MYCNF_KEY = "extra.cnf"
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.2


def read_settings(client: KubernetesClient, names: Names) -> Settings:
    """Read what the values ask for now; NotFoundError before the chart is installed."""
    data = client.get(CONFIG_MAPS, names.settings).get("data") or {}
    return parse_settings(data.get(SETTINGS_KEY, ""))


def read_mycnf(client: KubernetesClient, names: Names) -> str:
    """Read ``serverConfig.mycnf`` as the chart rendered it; NotFoundError before it is installed."""
    return str((client.get(CONFIG_MAPS, names.mycnf).get("data") or {}).get(MYCNF_KEY, ""))


def read_record(client: KubernetesClient, names: Names) -> tuple[Record, str] | None:
    """Give the record and its resourceVersion, None when it has not been made."""
    try:
        document = client.get(CONFIG_MAPS, names.state)
    except NotFoundError:
        return None
    return record_from_data(document.get("data") or {}), document["metadata"]["resourceVersion"]


def create_record(client: KubernetesClient, names: Names, record: Record) -> bool:
    """Make the record; False when there is one, which is left as it is."""
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": names.state, "labels": owned(names)},
        "data": record_to_data(record),
    }
    try:
        client.create(CONFIG_MAPS, document)
    except ConflictError:
        return False
    return True


def update_record(
    client: KubernetesClient, names: Names, change: Callable[[Record], Record], clock: Clock
) -> Record:
    """Change the record by compare-and-swap and give what it is then.

    ``change`` is called again with the newer record when someone else was faster, so
    it must decide from its argument alone. Nothing is written when it changes nothing.

    Raises:
        TemporaryError: there is no record, or others kept being faster.

    """
    for _ in range(_ATTEMPTS):
        found = read_record(client, names)
        if found is None:
            raise TemporaryError(f"ConfigMap {names.state} is missing", "the prepare hook makes it")
        record, version = found
        changed = change(record)
        if changed == record:
            return record
        patch = {"metadata": {"resourceVersion": version}, "data": record_to_data(changed)}
        try:
            client.patch(CONFIG_MAPS, names.state, patch)
        except ConflictError:
            clock.sleep(_PAUSE_SECONDS)
        else:
            return changed
    raise TemporaryError(f"ConfigMap {names.state} changed {_ATTEMPTS} times while it was to be written")
