"""Where files lie in the pods; the chart mounts its volumes there."""

from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/etc/innodb-cluster")


@dataclass(frozen=True, slots=True)
class Paths:
    """Directories and files of a server or router pod."""

    conf: Path = _ROOT / "conf"
    """Written by the agent before mysqld starts; in memory, because it holds passwords."""
    internal: Path = _ROOT / "internal"
    """Secret ``<cluster>-internal``, a file for each key."""
    tls: Path = _ROOT / "tls"
    extra: Path = _ROOT / "extra" / "extra.cnf"
    """The user's ``serverConfig.mycnf``."""
    validation: Path = _ROOT / "validation"
    """What ``mysqld --validate-config`` said, in the prepare Job alone: files ``status`` and ``output``."""
    credentials_input: Path = _ROOT / "input"
    """What the values say of the root account, mounted into the prepare Job alone."""
    state: Path = _ROOT / "state"
    """What of the cluster's record a pod is told: whether there is a cluster, which restore a volume must be of."""
    run: Path = Path("/var/run/mysqld")
    router_run: Path = Path("/var/run/mysqlrouter")
    """Shared by the containers of a router pod."""
    data: Path = Path("/var/lib/mysql/data")
    mark: Path = Path("/var/lib/mysql/belongs-to")
    """Which pod and restore a volume belongs to; beside the data directory."""
    prepare_ca_file: Path = Path("/tmp/ca.crt")  # noqa: S108 - the container's own, and no secret
    """Certificate of the CA, for the prepare Job, which starts before its Secret is there."""
    termination_log: Path = Path("/dev/termination-log")

    @property
    def option_file(self) -> Path:
        """The server's option file."""
        return self.conf / "my.cnf"

    @property
    def init_file(self) -> Path:
        """Statements that mysqld runs at every start."""
        return self.conf / "init.sql"

    @property
    def router_option_file(self) -> Path:
        """The router's option file."""
        return self.conf / "mysqlrouter.conf"

    @property
    def router_state_file(self) -> Path:
        """Where the router keeps the addresses of the members that it knows."""
        return self.conf / "state.json"

    @property
    def router_first_state_file(self) -> Path:
        """What the router began with: every server that there may be."""
        return self.conf / "state.first.json"

    @property
    def restart_order(self) -> Path:
        """File by which a router pod's agent has its router started again."""
        return self.router_run / "restart"


PATHS = Paths()
