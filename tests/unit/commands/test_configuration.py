"""What a container is told by its environment is read once, and what is wrong with it is named without its value."""

import pytest

from innodb_cluster.configuration import JobConfiguration, PodConfiguration, load
from innodb_cluster.model.errors import ConfigurationError

POD = {"INNODB_CLUSTER_NAME": "db", "INNODB_CLUSTER_NAMESPACE": "ns", "INNODB_CLUSTER_POD": "db-0"}


def test_a_pod_knows_its_release_and_itself() -> None:
    """The rest has defaults."""
    found = load(PodConfiguration, {**POD, "OTHER": "x"})
    assert (found.names.host(found.pod), found.base_server_id, found.memory_limit_bytes) == (
        *("db-0.db-instances.ns.svc.cluster.local", 1000),
        None,
    )


def test_numbers_are_read_as_numbers() -> None:
    """Also those that may be absent."""
    numbers = {"INNODB_CLUSTER_BASE_SERVER_ID": "7", "INNODB_CLUSTER_MEMORY_LIMIT_BYTES": "1024"}
    found = load(PodConfiguration, {**POD, **numbers})
    assert (found.base_server_id, found.memory_limit_bytes) == (7, 1024)


def test_everything_that_is_wrong_is_named_at_once_and_without_its_value() -> None:
    """A value may be something that nobody should read in a log."""
    with pytest.raises(ConfigurationError) as caught:
        load(PodConfiguration, {"INNODB_CLUSTER_NAME": "db", "INNODB_CLUSTER_BASE_SERVER_ID": "hidden"})
    assert "INNODB_CLUSTER_NAMESPACE is missing" in str(caught.value)
    assert "INNODB_CLUSTER_POD is missing" in str(caught.value)
    assert "INNODB_CLUSTER_BASE_SERVER_ID is no number" in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_job_needs_its_settings() -> None:
    """Whatever else it is told."""
    with pytest.raises(ConfigurationError, match="INNODB_CLUSTER_SETTINGS is missing"):
        load(JobConfiguration, {})
    assert load(JobConfiguration, {"INNODB_CLUSTER_SETTINGS": "{}", "INNODB_CLUSTER_RUN": "a"}).run == "a"
