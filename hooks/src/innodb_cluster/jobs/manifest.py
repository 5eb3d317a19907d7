"""Reads what an upgrade would ask for from the manifests that ``helm template`` prints, before Helm applies them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import yaml

from innodb_cluster.effects.kubernetes.configmaps import MYCNF_KEY, SETTINGS_KEY
from innodb_cluster.jobs.mycnf import options_of
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.names import Names
from innodb_cluster.model.options import WantedOptions
from innodb_cluster.model.settings import Settings, parse_settings

STDIN = "-"
WHAT_TO_DO = "give what helm template prints for this release"


def read_text(source: str, stdin: TextIO = sys.stdin) -> str:
    """Read a file, or standard input for ``-``.

    Raises:
        ConfigurationError: it cannot be read.

    """
    try:
        return stdin.read() if source == STDIN else Path(source).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{source} cannot be read: {error}") from error


def read_manifest(text: str, names: Names) -> tuple[Settings, WantedOptions]:
    """Give the settings and ``serverConfig.mycnf`` of this release.

    Raises:
        ConfigurationError: they are not in there.

    """
    found = dict(_config_maps(text))
    if names.settings not in found:
        raise ConfigurationError(f"there is no ConfigMap {names.settings} in the manifests", WHAT_TO_DO)
    settings = parse_settings(str(found[names.settings].get(SETTINGS_KEY, "")))
    if settings.names != names:
        reason = f"the manifests are of {settings.names}, and this pod belongs to {names}"
        raise ConfigurationError(reason, f"{WHAT_TO_DO}, with its --namespace")
    return settings, options_of(str(found.get(names.mycnf, {}).get(MYCNF_KEY, "")))


def _config_maps(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        for document in yaml.safe_load_all(text):
            if isinstance(document, dict) and document.get("kind") == "ConfigMap":
                yield str(document["metadata"]["name"]), document.get("data") or {}
    except (yaml.YAMLError, KeyError, TypeError) as error:
        reason = f"the manifests cannot be read: {type(error).__name__}: {error}"
        raise ConfigurationError(reason, WHAT_TO_DO) from error
