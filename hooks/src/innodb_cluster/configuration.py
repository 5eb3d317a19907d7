"""What a container is told by its environment; the only module that reads it.

Server and router pods get only what never changes while the cluster exists, so that
scaling or a switchover restarts nothing. What may change comes from the settings
document: from the API for agents, from ``INNODB_CLUSTER_SETTINGS`` for hook Jobs.
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar

from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.names import Names
from innodb_cluster.model.settings import Settings, parse_settings

PREFIX = "INNODB_CLUSTER_"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodConfiguration:
    """Environment of a container in a server or router pod."""

    name: str
    namespace: str
    pod: str
    domain: str = "cluster.local"
    base_server_id: int = 1000
    memory_limit_bytes: int | None = None
    """Memory limit of the container ``mysql``; absent or 0 without one."""
    log_level: str = "info"

    @property
    def names(self) -> Names:
        """Names of this release."""
        return Names(self.name, self.namespace, self.domain)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobConfiguration:
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
    return os.environ.get(f"{PREFIX}LOG_LEVEL", "info")


def load_pod() -> PodConfiguration:
    """Read a pod's environment; ConfigurationError names every variable that is missing or wrong."""
    return load(PodConfiguration, os.environ)


def load_job() -> JobConfiguration:
    """Read a Job's environment; ConfigurationError names every variable that is missing or wrong."""
    return load(JobConfiguration, os.environ)


def load(kind: type[_Configuration], environment: Mapping[str, str]) -> _Configuration:
    """Read one kind of configuration.

    Raises:
        ConfigurationError: variables are missing or wrong. Their values are left out: an environment may hold what
            nobody should read in a log.

    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field in fields(kind):
        variable = f"{PREFIX}{field.name.upper()}"
        text = environment.get(variable)
        if text is not None:
            try:
                values[field.name] = _read(field, text)
            except ValueError:
                wrong.append(f"{variable} is no number")
        elif field.default is MISSING:
            wrong.append(f"{variable} is missing")
    if wrong:
        raise ConfigurationError(f"the environment is incomplete: {', '.join(wrong)}", "the chart sets it")
    return kind(**values)


def _read(field: Field[Any], text: str) -> str | int:
    return text if field.type is str else int(text)
