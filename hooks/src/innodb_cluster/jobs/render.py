"""``innodb-cluster render``: what is written before mysqld and mysqlrouter start."""

import json

from innodb_cluster.configuration import PodConfiguration, load_pod
from innodb_cluster.decide.option_file import refused_options
from innodb_cluster.decide.server_options import split_marker
from innodb_cluster.effects.files.network import any_address
from innodb_cluster.effects.files.paths import PATHS, Paths
from innodb_cluster.effects.files.store import read_optional, read_required, write_private
from innodb_cluster.effects.files.templates import render
from innodb_cluster.jobs.identity import claim_volume
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.memory import MEBIBYTE, plan_memory
from innodb_cluster.model.names import (
    ADMIN_ACCOUNT,
    MAX_SERVERS,
    MYSQL_PORT,
    MYSQLX_PORT,
    ROUTER_ACCOUNT,
    recovery_account,
    recovery_password,
    router_id,
)
from innodb_cluster.model.routes import METADATA_CACHE, REST_PORT, ROUTES

MAX_ROUTER_CONNECTIONS = 10_000
"""The router's own default, 512 for all routes together, is below what one application server opens."""
MAX_IDLE_ROUTER_CONNECTIONS = 256
HIGHEST_FIRST_ORDINAL = 2
"""Recovery accounts are made for the first three ordinals, or for all below the server's own: the pod
template must not know ``serverInstances``. Those above come by replication when the cluster grows."""
ROUTER_LOG_LEVELS = {"debug": "DEBUG", "info": "INFO", "warning": "WARNING", "error": "ERROR"}


def run_server(paths: Paths = PATHS) -> int:
    """Render this server pod's files, once; 0 when done, errors carry their exit status.

    mysqld starts when it sees the option file. An agent that starts again beside it leaves all as it is.
    """
    if paths.option_file.exists():
        return 0
    pod = load_pod()
    claim_volume(pod, paths)
    render_server(pod, paths)
    return 0


def run_check() -> int:
    """Render the first server's option file in the prepare hook's pod, for ``mysqld --validate-config``."""
    pod = load_pod()
    first = pod.model_copy(update={"pod": pod.names.pod(0)})
    write_private(PATHS.option_file, server_option_file(first))
    return 0


def run_router() -> int:
    """Render this router pod's files; 0 when done, errors carry their exit status."""
    render_router(load_pod())
    return 0


def render_server(pod: PodConfiguration, paths: Paths = PATHS) -> None:
    """Write the start statements of a server, and its option file last.

    Raises:
        ConfigurationError: the pod's name, or a line of ``serverConfig.mycnf``, cannot be taken.
        TemporaryError: a mounted Secret is not there yet.

    """
    check_extra(read_optional(paths.extra) or "")
    admin_password = read_required(paths.internal / "adminPassword")
    recovery_secret = read_required(paths.internal / "recoverySecret")
    write_private(paths.init_file, init_statements(pod, admin_password, recovery_secret))
    write_private(paths.option_file, server_option_file(pod, paths))


def render_router(pod: PodConfiguration, paths: Paths = PATHS) -> None:
    """Write the router's option file, and its state file when there is none."""
    for folder in ("run", "data"):
        (paths.conf / folder).mkdir(mode=0o700, exist_ok=True)
    write_private(paths.router_option_file, router_option_file(pod, any_address(), paths))
    write_private(paths.router_first_state_file, router_state(pod))
    # A running router keeps the members there: an agent that starts again leaves them to it.
    if not paths.router_state_file.exists():
        write_private(paths.router_state_file, router_state(pod))


def server_option_file(pod: PodConfiguration, paths: Paths = PATHS) -> str:
    """Give a server's option file, which ends by reading ``serverConfig.mycnf``."""
    ordinal = _ordinal(pod)
    memory = plan_memory(pod.memory_limit_bytes)
    limit = pod.memory_limit_bytes
    values = {
        "paths": paths,
        "server_id": pod.base_server_id + ordinal,
        "host": pod.names.host(pod.pod),
        "mysql_port": MYSQL_PORT,
        "mysqlx_port": MYSQLX_PORT,
        "memory": memory,
        "memory_comment": f"{limit // MEBIBYTE} MiB" if limit else "it has none",
    }
    return render("my.cnf.j2", values)


def init_statements(pod: PodConfiguration, admin_password: str, recovery_secret: str) -> str:
    """Give the statements that a server runs at every start, one a line."""
    accounts = (
        recovery_account(pod.base_server_id + ordinal)
        for ordinal in range(max(_ordinal(pod), HIGHEST_FIRST_ORDINAL) + 1)
    )
    values = {
        "admin": {"name": ADMIN_ACCOUNT, "password": admin_password},
        "recovery": [
            {"name": account, "password": recovery_password(recovery_secret, account)} for account in accounts
        ],
    }
    return render("init.sql.j2", values)


def router_option_file(pod: PodConfiguration, bind_address: str, paths: Paths = PATHS) -> str:
    """Give a router's option file."""
    values = {
        "paths": paths,
        "pod": pod.pod,
        "router_id": router_id(pod.pod),
        "cache": METADATA_CACHE,
        "cluster": pod.name,
        "metadata_user": ROUTER_ACCOUNT,
        "routes": ROUTES,
        "rest_port": REST_PORT,
        "bind_address": bind_address,
        "log_level": ROUTER_LOG_LEVELS.get(pod.log_level.lower(), "INFO"),
        "max_connections": MAX_ROUTER_CONNECTIONS,
        "max_idle_connections": MAX_IDLE_ROUTER_CONNECTIONS,
    }
    return render("mysqlrouter.conf.j2", values)


def router_state(pod: PodConfiguration) -> str:
    """Give the state that a router begins with: every server that there may be; those that there are replace them.

    Not the servers' Service: of its addresses the client library takes the nearest that listens, again and again,
    also while that server is in no group.

    No ``group-replication-id``: a router that holds a wrong one never routes.
    """
    servers = [f"mysql://{pod.names.address(name)}" for name in pod.names.pods(MAX_SERVERS)]
    document = {"metadata-cache": {"cluster-metadata-servers": servers}, "version": "1.0.0"}
    return json.dumps(document, indent=2) + "\n"


def _ordinal(pod: PodConfiguration) -> int:
    try:
        return pod.names.ordinal(pod.pod)
    except ValueError as error:
        raise ConfigurationError(str(error), "render the server's files in a server pod") from error


def check_extra(extra: str) -> None:
    """Refuse options of the mounted ``serverConfig.mycnf`` that would break the cluster, by ConfigurationError."""
    refused = refused_options(split_marker(extra)[0])
    if refused:
        raise ConfigurationError(
            f"serverConfig.mycnf has options that would break the cluster: {'; '.join(map(str, refused))}",
            "remove them from the value serverConfig.mycnf",
        )
