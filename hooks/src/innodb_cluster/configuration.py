"""What a container is told by its environment; the only module that reads it.

Server and router pods get only what never changes while the cluster exists, so that
scaling or a switchover restarts nothing. What may change comes from the settings
document: from the API for agents, from ``INNODB_CLUSTER_SETTINGS`` for hook Jobs.
"""

from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.names import Names
from innodb_cluster.model.settings import Settings, parse_settings

PREFIX = "INNODB_CLUSTER_"


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    log_level: str = "info"


class PodConfiguration(_Environment):
    """Environment of a container in a server or router pod."""

    name: str
    namespace: str
    pod: str
    domain: str = "cluster.local"
    base_server_id: int = 1000
    memory_limit_bytes: int | None = None
    """Memory limit of the container ``mysql``; absent or 0 without one."""

    @property
    def names(self) -> Names:
        """Names of this release."""
        return Names(self.name, self.namespace, self.domain)


class JobConfiguration(_Environment):
    """Environment of a hook Job or of the test Pod."""

    settings: str
    pod: str = ""
    run: str = ""
    """Name of the Job, the same for each of its pods; empty where nothing must go on with what an earlier pod did."""

    def parsed_settings(self) -> Settings:
        """Read the settings document; ConfigurationError when it is not one."""
        return parse_settings(self.settings)


_Configuration = TypeVar("_Configuration", PodConfiguration, JobConfiguration)


def log_level() -> str:
    """Read how much a command should log."""
    return _Environment().log_level


def load_pod() -> PodConfiguration:
    """Read a pod's environment; ConfigurationError names every variable that is missing or wrong."""
    return _load(PodConfiguration)


def load_job() -> JobConfiguration:
    """Read a Job's environment; ConfigurationError names every variable that is missing or wrong."""
    return _load(JobConfiguration)


def _load(kind: type[_Configuration]) -> _Configuration:
    try:
        return kind()
    except ValidationError as error:
        # The values are left out: an environment may hold what nobody should read in a log.
        wrong = ", ".join(
            f"{PREFIX}{'.'.join(str(part) for part in entry['loc']).upper()} ({entry['msg']})"
            for entry in error.errors(include_input=False, include_url=False)
        )
        raise ConfigurationError(f"the environment is incomplete: {wrong}", "the chart sets it") from None
