"""``serverConfig.mycnf`` as a Job has it mounted."""

from innodb_cluster.decide.server_options import server_options, split_marker
from innodb_cluster.effects.files.paths import PATHS, Paths
from innodb_cluster.effects.files.store import read_optional
from innodb_cluster.effects.files.templates import source
from innodb_cluster.model.options import WantedOptions


def wanted_options(paths: Paths = PATHS) -> WantedOptions | None:
    """Read what the values ask for now; None where nothing is mounted."""
    file = read_optional(paths.extra)
    return None if file is None else options_of(file)


def options_of(file: str) -> WantedOptions:
    """Read the file that the chart makes of ``serverConfig.mycnf``."""
    text, marker = split_marker(file)
    return WantedOptions(text, marker, tuple(sorted(base_option_names())))


def base_option_names() -> frozenset[str]:
    """Name the options that the chart's own part of the option file may set."""
    return frozenset(server_options(source("my.cnf.j2")))
