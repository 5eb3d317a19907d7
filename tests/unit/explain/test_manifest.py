"""An upgrade can be explained before it is done: from what helm template prints."""

import pytest

from innodb_cluster.jobs.manifest import read_manifest
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.names import Names

NAMES = Names("mysql", "db")


def manifest(name: str, data: str) -> str:
    """Write a ConfigMap as Helm prints it."""
    return f"---\n# Source: a template\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  {data}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no ConfigMap mysql-settings"),
        ("kind: [", "cannot be read"),
        (manifest("other-settings", "settings.json: x"), "no ConfigMap mysql-settings"),
        (manifest("mysql-settings", "settings.json: x"), "settings document cannot be read"),
    ],
)
def test_manifests_that_are_not_this_releases_are_refused(text: str, reason: str) -> None:
    """With what to give instead."""
    with pytest.raises(ConfigurationError, match=reason):
        read_manifest(text, NAMES)
