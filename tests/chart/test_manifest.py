"""What helm template prints is enough for `innodb-cluster explain` to tell what an upgrade would do."""

import pytest

from innodb_cluster.jobs.manifest import read_manifest
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.names import Names
from tests.chart.rendering import render


def test_an_upgrade_can_be_explained_from_the_rendered_chart() -> None:
    """Settings and options are those of the values."""
    text = render({"serverInstances": 5, "serverConfig": {"mycnf": "max_connections=7"}}).text
    settings, options = read_manifest(text, Names("mysql", "mysql"))
    assert settings.server_instances == 5
    assert options.text == "max_connections=7"
    assert options.marker


def test_manifests_of_another_namespace_are_refused() -> None:
    """Somebody forgot --namespace."""
    with pytest.raises(ConfigurationError, match="this pod belongs to"):
        read_manifest(render().text, Names("mysql", "elsewhere"))
