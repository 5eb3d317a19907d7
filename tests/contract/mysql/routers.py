"""A real mysqlrouter on 127.0.0.1, configured by the template and started by the script of the chart."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from innodb_cluster.configuration import PodConfiguration
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.mysql.connection import Session, connect_tcp
from innodb_cluster.effects.router_rest import RouterAddress, RouterRest
from innodb_cluster.jobs.render import router_option_file
from innodb_cluster.model.names import router_id
from innodb_cluster.model.routes import REST_PORT, ROUTES
from tests.contract.mysql.servers import ADMIN, ADMIN_PASSWORD, HOST, MYSQL_UID, Rootfs, free_ports, own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.contract.mysql.certificates import Certificates
    from tests.contract.mysql.processes import Processes
    from tests.contract.mysql.servers import Server

SCRIPT = Path(__file__).parents[3] / "charts" / "mysql-innodb-cluster" / "files" / "run-router.sh"
POD = "db-router-5d8f9c7b4-abcde"
METADATA_PASSWORD = "r0uter-of-a-test"
REST_PASSWORD = "rest-of-a-test"


@dataclass(frozen=True, slots=True)
class Router:
    """One mysqlrouter and its ports by route."""

    ports: dict[str, int]
    rest_port: int
    certificates: Certificates
    run: Path
    """What the router shares with its agent."""

    @property
    def router_id(self) -> int:
        """Row of this router in the metadata."""
        return router_id(POD)

    def rest(self, password: str = REST_PASSWORD, server_name: str = "localhost") -> RouterRest:
        """Give its REST API."""
        address = RouterAddress(
            HOST, server_name, self.rest_port, str(self.certificates.ca), timeout_seconds=5
        )
        return RouterRest(address, password)

    def client(self, route: str) -> Session:
        """Connect as a client does, checking the certificate."""
        return connect_tcp(HOST, self.ports[route], ADMIN, ADMIN_PASSWORD, str(self.certificates.ca))


def start_router(
    rootfs: Rootfs,
    directory: Path,
    certificates: Certificates,
    processes: Processes,
    servers: Sequence[Server],
) -> Router:
    """Start a router that knows one server; whether it routes is another question."""
    conf, internal, run = (directory / name for name in ("conf", "internal", "run"))
    for folder in (directory, conf, internal, run):
        folder.mkdir()
    (internal / "routerPassword").write_text(METADATA_PASSWORD)
    (internal / "restPassword").write_text(REST_PASSWORD)
    shutil.copy(SCRIPT, directory / "run-router.sh")
    ports = free_ports(len(ROUTES) + 1)
    router = Router(
        {route.name: port for route, port in zip(ROUTES, ports, strict=False)}, ports[-1], certificates, run
    )
    _configure(conf, router, certificates, servers[-1])
    own(directory)
    command = rootfs.command("bash", str(directory / "run-router.sh"))
    places = [f"INNODB_CLUSTER_{name.upper()}={directory / name}" for name in ("conf", "internal", "run")]
    processes.start(["env", *places, *command], directory / "router.log")
    return router


def state_file(address: str) -> str:
    """Give the state of a router that knows one server."""
    return json.dumps(
        {"metadata-cache": {"cluster-metadata-servers": [f"mysql://{address}"]}, "version": "1.0.0"}
    )


def _configure(conf: Path, router: Router, certificates: Certificates, known: Server) -> None:
    pod = PodConfiguration(name="db", namespace="ns", pod=POD)
    text = router_option_file(pod, HOST, Paths(conf=conf, tls=certificates.ca.parent))
    chosen = {route.port: router.ports[route.name] for route in ROUTES} | {REST_PORT: router.rest_port}
    for port, free in chosen.items():
        text = re.sub(rf"port = {port}$", f"port = {free}", text, flags=re.MULTILINE)
    (conf / "mysqlrouter.conf").write_text(text)
    (conf / "state.json").write_text(state_file(known.address))
    os.chown(conf, MYSQL_UID, MYSQL_UID)
