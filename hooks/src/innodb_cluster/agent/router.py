"""``innodb-cluster router-agent``: answers whether this pod's router has somewhere to route to, and has it started again.

The kubelet asks ``/readyz``, this asks the router's REST interface, which needs a
password that probes cannot carry. A bare connection to a routing port would pass
before there is any destination.

Before the cluster exists a router is ready as soon as it listens, because installers
wait for ready pods before they run the hook that creates the cluster.

Standard library alone: it runs beside every router and has 30 MiB.
"""

import http.client
import json
import os
import signal
import socket
import ssl
import sys
import threading
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn, Protocol

from innodb_cluster.agent.router_certificate import CertificateWatch
from innodb_cluster.agent.router_stranded import StrandedWatch
from innodb_cluster.effects.clock import Clock, SystemClock
from innodb_cluster.effects.files.paths import PATHS, Paths
from innodb_cluster.effects.files.store import read_optional
from innodb_cluster.model.names import ROUTER_REST_ACCOUNT
from innodb_cluster.model.routes import REST_PORT, ROUTES

PORT = 8081
REQUEST_TIMEOUT_SECONDS = 0.9
"""Two questions stay below the probe's 2 s, so that an answer with a reason comes instead of none."""
LOOPBACK = "127.0.0.1"
WATCH_SECONDS = 30.0
"""How often it is looked whether the router has to be started again."""
_HEALTH = "/api/20190715/routes/{route}/health"
_ASKED_ROUTES = ("rw", "ro")
"""Reads alone are worth a ready router: while there is no primary, ``ro`` goes on."""


class Watch(Protocol):
    """Something for which a router may have to be started again."""

    @property
    def topic(self) -> str:
        """Give the word that its lines of log begin with."""

    def step(self) -> str:
        """Look, and order a restart when one is due; give what is worth a line of log."""


class RouteHealth(Enum):
    """What the REST interface says of one route."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"
    """It answered something else: the password may have changed since the router started."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer to a probe."""

    is_ready: bool
    reason: str


def decide_readiness(
    *, is_bootstrapped: bool, is_listening: bool, health: dict[str, RouteHealth]
) -> Readiness:
    """Decide from what was seen; ``health`` has the asked routes that answered."""
    if not is_bootstrapped:
        return Readiness(
            is_listening, "the cluster does not exist yet" if is_listening else "not listening yet"
        )
    alive = [route for route, state in health.items() if state is RouteHealth.ALIVE]
    if alive:
        return Readiness(is_ready=True, reason=f"route {alive[0]} has a destination")
    if RouteHealth.UNKNOWN in health.values():
        return Readiness(
            is_listening, "the REST interface does not say; judged by whether the router listens"
        )
    return Readiness(is_ready=False, reason="no route has a destination")


class RouterRest:
    """The router's REST interface over one kept connection."""

    def __init__(self, password_file: Path, port: int = REST_PORT) -> None:
        """Connect at the first question, not before."""
        self._password_file = password_file
        self._port = port
        self._lock = threading.Lock()
        self._connection: http.client.HTTPSConnection | None = None

    def health(self) -> dict[str, RouteHealth]:
        """Ask until a route is alive; empty when the interface does not answer."""
        seen: dict[str, RouteHealth] = {}
        with self._lock, suppress(OSError, http.client.HTTPException):
            for route in _ASKED_ROUTES:
                seen[route] = self._route_health(route)
                if seen[route] is RouteHealth.ALIVE:
                    break
        return seen

    def _route_health(self, route: str) -> RouteHealth:
        status, body = self._get(_HEALTH.format(route=route))
        with suppress(ValueError, AttributeError):
            is_alive = json.loads(body).get("isAlive")
            if status in {HTTPStatus.OK, HTTPStatus.INTERNAL_SERVER_ERROR} and isinstance(is_alive, bool):
                return RouteHealth.ALIVE if is_alive else RouteHealth.DEAD
        return RouteHealth.UNKNOWN

    def _get(self, path: str) -> tuple[int, bytes]:
        """Ask over the kept connection, and once more over a new one: the router closes idle ones."""
        if self._connection is not None:
            try:
                return self._ask(self._connection, path)
            except TimeoutError:
                self.close()
                raise
            except (OSError, http.client.HTTPException):
                self.close()
        self._connection = http.client.HTTPSConnection(
            LOOPBACK, self._port, timeout=REQUEST_TIMEOUT_SECONDS, context=_loopback_context()
        )
        try:
            return self._ask(self._connection, path)
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def _ask(self, connection: http.client.HTTPSConnection, path: str) -> tuple[int, bytes]:
        password = (read_optional(self._password_file) or "").strip()
        account = b64encode(f"{ROUTER_REST_ACCOUNT}:{password}".encode()).decode()
        connection.request("GET", path, headers={"Authorization": f"Basic {account}"})
        response = connection.getresponse()
        return response.status, response.read()

    def close(self) -> None:
        """Give the connection back; the next question opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class RouterProbe:
    """Looks at record, ports and REST interface, and says whether the router is ready."""

    def __init__(self, paths: Paths, rest: RouterRest, ports: tuple[int, ...]) -> None:
        """Watch the router that listens on these ports."""
        self._paths = paths
        self.rest = rest
        self._ports = ports
        self._last = Readiness(is_ready=False, reason="starting")

    def readiness(self) -> Readiness:
        """Look now; a change is logged."""
        found = decide_readiness(
            is_bootstrapped=bool((read_optional(self._paths.state / "bootstrapped") or "").strip()),
            is_listening=any(_listens(port) for port in self._ports),
            health=self.rest.health(),
        )
        if found != self._last:
            self._last = found
            say("ready" if found.is_ready else "not ready", found.reason)
        return found


def handler_for(probe: RouterProbe) -> type[BaseHTTPRequestHandler]:
    """Make the handler of the probes' requests."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._answer(HTTPStatus.OK, "the agent runs")
            elif self.path == "/readyz":
                found = probe.readiness()
                self._answer(
                    HTTPStatus.OK if found.is_ready else HTTPStatus.SERVICE_UNAVAILABLE, found.reason
                )
            else:
                self._answer(HTTPStatus.NOT_FOUND, "/healthz and /readyz are answered here")

        def log_message(self, *_arguments: object) -> None:
            """Stay silent: a probe every two seconds is no news."""

        def _answer(self, status: HTTPStatus, text: str) -> None:
            body = f"{text}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

    return Handler


class ProbeServer(ThreadingHTTPServer):
    """Listens on IPv4 and, where there is any, on IPv6."""

    daemon_threads = True

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        """Bind at once; OSError when the port is taken."""
        has_ipv6 = _has_ipv6()
        self.address_family = socket.AF_INET6 if has_ipv6 else socket.AF_INET
        super().__init__(("::" if has_ipv6 else "0.0.0.0", port), handler)  # noqa: S104 - the kubelet asks from outside

    def server_bind(self) -> None:
        """Take IPv4 on an IPv6 socket too."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def run(paths: Paths = PATHS, port: int = PORT) -> int:
    """Answer probes until the pod stops."""
    signal.signal(signal.SIGTERM, _stop)
    routing_ports = (*(route.port for route in ROUTES[:1]), REST_PORT)
    probe = RouterProbe(paths, RouterRest(paths.internal / "restPassword"), routing_ports)
    certificate = CertificateWatch(paths, socket.gethostname(), REST_PORT, SystemClock())
    stranded = StrandedWatch(paths, lambda: has_no_destination(probe.rest.health()))
    threading.excepthook = end_with
    threading.Thread(target=watch, args=((certificate, stranded), SystemClock()), daemon=True).start()
    with ProbeServer(port, handler_for(probe)) as server:
        say("answering probes", f"port {port}")
        server.serve_forever(poll_interval=60)
    return 0


def has_no_destination(health: dict[str, RouteHealth]) -> bool:
    """Whether the router itself says of every asked route that it leads nowhere."""
    return set(health.values()) == {RouteHealth.DEAD}


def watch(watches: Sequence[Watch], clock: Clock) -> NoReturn:
    """Look again and again; what is said of a matter is logged when it changes."""
    last: dict[str, str] = {}
    while True:
        clock.sleep(WATCH_SECONDS)
        for each in watches:
            said = each.step()
            if said and said != last.get(each.topic):
                say(each.topic, said)
            last[each.topic] = said


def end_with(crash: threading.ExceptHookArgs) -> NoReturn:
    """End the container, to be started anew: a thread that crashed would only be missing."""
    say("the agent ends: its watches cannot go on", repr(crash.exc_value))
    os._exit(1)


def say(text: str, detail: str) -> None:
    """Write one line of log, in the form of the other commands' logs."""
    sys.stderr.write(f'{SystemClock().now():%H:%M:%S} info    {text} detail="{detail}"\n')
    sys.stderr.flush()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=0.5):
        return True
    return False


def _has_ipv6() -> bool:
    with suppress(OSError), socket.socket(socket.AF_INET6) as trial:
        trial.bind(("::", 0))
        return True
    return False


def _loopback_context() -> ssl.SSLContext:
    """Trust whoever answers on the pod's own loopback: a user's certificate need not name it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _stop(_signal: int, _frame: object) -> NoReturn:
    """End at once: as process 1 of a container, Python would ignore SIGTERM."""
    sys.exit(0)
