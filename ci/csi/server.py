"""The gRPC servers on their unix sockets, from start to stop."""

from __future__ import annotations  # grpc.RpcMethodHandler has parameters in the stubs only

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import structlog

from ci.csi.controller import Controller
from ci.csi.errors import CsiError
from ci.csi.identity import Identity
from ci.csi.model import DRIVER_NAME
from ci.csi.node import Node
from ci.csi.pool import Pool
from ci.csi.protos import Protocols
from ci.csi.records import FileLock
from ci.csi.registration import Registration
from ci.csi.storage import Storage

WORKERS = 8
STOP_GRACE_SECONDS = 5.0
SOCKET_PATH_BYTES = 107  # sun_path of sockaddr_un, less its final zero byte

# Asked every few seconds and never interesting.
_QUIET = frozenset({"Probe", "NodeGetCapabilities", "NodeGetVolumeStats", "GetPluginCapabilities"})

_log = structlog.get_logger()


class SocketPathError(Exception):
    """A socket's path is longer than the kernel allows."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where the driver of a node listens."""

    csi: Path
    registration: Path | None = None

    @classmethod
    def of_kubelet(cls, kubelet_root: Path) -> Sockets:
        """The places where a kubelet expects them."""
        return cls(
            csi=kubelet_root / "plugins" / DRIVER_NAME / "csi.sock",
            registration=kubelet_root / "plugins_registry" / f"{DRIVER_NAME}-reg.sock",
        )


class AnswerErrors(grpc.ServerInterceptor):
    """Turns the errors of errors.py into gRPC codes, and logs every call that changes something."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wrap the method that is called."""
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        method = handler_call_details.method.rpartition("/")[2]
        return grpc.unary_unary_rpc_method_handler(
            _answering(method, handler.unary_unary),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


def _answering(method: str, answer: Callable[[Any, Any], Any]) -> Callable[[Any, grpc.ServicerContext], Any]:
    def answered(request: Any, context: grpc.ServicerContext) -> Any:
        started = time.monotonic()
        try:
            response = answer(request, context)
        except CsiError as error:
            _log.warning("call failed", method=method, code=error.code.name, reason=str(error))
            context.abort(error.code, str(error))
        except OSError as error:
            _log.exception("call failed", method=method)
            context.abort(grpc.StatusCode.INTERNAL, str(error))
        if method not in _QUIET:
            subject = getattr(request, "name", "") or getattr(request, "volume_id", "")
            elapsed_ms = round((time.monotonic() - started) * 1000, 1)
            _log.info("call answered", method=method, subject=subject, elapsed_ms=elapsed_ms)
        return response

    return answered


@contextmanager
def serving(protocols: Protocols, pool: Pool, sockets: Sockets, node_name: str) -> Iterator[threading.Event]:
    """Serve until the block ends. The event is set when the kubelet refuses the driver.

    Raises SocketPathError, LockedError (another driver serves this socket) and OSError.
    """
    refused = threading.Event()
    _prepare_socket(sockets.csi)
    with FileLock(sockets.csi.with_suffix(".lock")).held(wait=False):
        storage = Storage(pool)
        storage.sweep()
        running = [_serve_csi(protocols, storage, sockets.csi, node_name)]
        try:
            if sockets.registration is not None:
                running.append(_serve_registration(protocols, sockets, refused.set))
            _log.info("serving", node=node_name, socket=str(sockets.csi))
            yield refused
        finally:
            for stopped in [server.stop(STOP_GRACE_SECONDS) for server in reversed(running)]:
                stopped.wait()


def _serve_csi(protocols: Protocols, storage: Storage, socket: Path, node_name: str) -> grpc.Server:
    services = protocols.csi_grpc
    server = _new_server()
    services.add_IdentityServicer_to_server(
        _complete(Identity, services.IdentityServicer)(protocols, storage.pool),
        server,
    )
    services.add_ControllerServicer_to_server(
        _complete(Controller, services.ControllerServicer)(protocols, storage),
        server,
    )
    if node_name:
        services.add_NodeServicer_to_server(
            _complete(Node, services.NodeServicer)(protocols, storage, node_name),
            server,
        )
    return _listen(server, socket)


def _serve_registration(
    protocols: Protocols, sockets: Sockets, on_refusal: Callable[[], None]
) -> grpc.Server:
    if sockets.registration is None:
        raise ValueError("a driver without a kubelet has nowhere to register")
    services = protocols.registration_grpc
    server = _new_server()
    services.add_RegistrationServicer_to_server(
        _complete(Registration, services.RegistrationServicer)(protocols, sockets.csi, on_refusal),
        server,
    )
    _prepare_socket(sockets.registration)
    return _listen(server, sockets.registration)


def _new_server() -> grpc.Server:
    return grpc.server(ThreadPoolExecutor(WORKERS), interceptors=[AnswerErrors()])


def _complete(implementation: type, service: type) -> Callable[..., Any]:
    """The implementation, with UNIMPLEMENTED for the service's other methods."""
    return type(implementation.__name__, (implementation, service), {})


def _prepare_socket(socket: Path) -> None:
    if len(os.fsencode(socket)) > SOCKET_PATH_BYTES:
        raise SocketPathError(
            f"{socket} is longer than the {SOCKET_PATH_BYTES} bytes that a socket's path may have"
        )
    socket.parent.mkdir(parents=True, exist_ok=True)


def _listen(server: grpc.Server, socket: Path) -> grpc.Server:
    socket.unlink(missing_ok=True)  # left by a driver that was killed
    if server.add_insecure_port(f"unix:{socket}") == 0:
        raise OSError(f"cannot listen on {socket}")
    server.start()
    return server
