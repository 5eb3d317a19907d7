"""The gRPC code of the CSI and of the kubelet's plugin registration, compiled from the modules that publish them.

Neither the protocol files nor the generated code is in the repository. They come from the Go modules that the
sidecars and the kubelet of the local cluster are built from, at the versions and with the hashes of
`ci/go/<group>/go.sum`, and are compiled once into the user's cache, under a key made of those hashes and the
version of grpcio-tools. With a warm cache no Go is needed.
"""

import fcntl
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from ci.venv import ROOT, cache_root

GO_TIMEOUT_SECONDS = 300
COMPILE_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class ProtoFile:
    """One protocol file: where it is published and what it is called here."""

    module: str
    group: str  # the folder of ci/go whose go.sum fixes the version
    path: str
    name: str


PROTO_FILES = (
    ProtoFile("github.com/container-storage-interface/spec", "clients", "csi.proto", "csi"),
    ProtoFile(
        "k8s.io/kubelet",
        "kubernetes",
        "pkg/apis/pluginregistration/v1/api.proto",
        "pluginregistration",
    ),
)


class ProtocolError(Exception):
    """The protocol files cannot be had or compiled; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Protocols:
    """The generated modules: messages, and the services' base classes."""

    csi: ModuleType
    csi_grpc: ModuleType
    registration: ModuleType
    registration_grpc: ModuleType


def load() -> Protocols:
    """The generated modules, compiled first where the cache has none. Raises ProtocolError."""
    directory = ensure_compiled()
    if str(directory) not in sys.path:  # the generated modules import each other by their bare names
        sys.path.append(str(directory))
    return Protocols(
        csi=importlib.import_module("csi_pb2"),
        csi_grpc=importlib.import_module("csi_pb2_grpc"),
        registration=importlib.import_module("pluginregistration_pb2"),
        registration_grpc=importlib.import_module("pluginregistration_pb2_grpc"),
    )


def ensure_compiled() -> Path:
    """The folder with the generated code, made first where the cache has none. Raises ProtocolError."""
    cache = cache_root() / "protos"
    directory = cache / cache_key()
    if not directory.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not directory.exists():
                _compile_into(directory)
    return directory


def cache_key() -> str:
    """Changes when a protocol file or the compiler may have changed."""
    parts = [go_sum_line(go_sum_path(file.group).read_text(), file.module) for file in PROTO_FILES]
    return hashlib.sha256("\n".join([*parts, version("grpcio-tools")]).encode()).hexdigest()[:16]


def go_sum_path(group: str) -> Path:
    """The hashes of a group of Go modules."""
    return ROOT / "ci" / "go" / group / "go.sum"


def go_sum_line(go_sum: str, module: str) -> str:
    """The line `MODULE VERSION HASH` of a module's content. Raises ProtocolError when there is none."""
    for line in go_sum.splitlines():
        name, _, rest = line.partition(" ")
        if name == module and "/go.mod " not in rest:
            return line
    raise ProtocolError(f"go.sum does not have {module}")


def _compile_into(directory: Path) -> None:
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix="unfinished-") as temporary:
        work = Path(temporary)
        sources, generated = work / "sources", work / "generated"
        sources.mkdir()
        generated.mkdir()
        for file in PROTO_FILES:
            shutil.copyfile(_module_directory(file) / file.path, sources / f"{file.name}.proto")
        command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={sources}"]
        command += [f"--python_out={generated}", f"--grpc_python_out={generated}"]
        command += [f"{file.name}.proto" for file in PROTO_FILES]
        result = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=COMPILE_TIMEOUT_SECONDS,
        )
        if result.returncode != 0:
            raise ProtocolError(f"protoc failed: {result.stderr.strip()}")
        generated.rename(directory)


def _module_directory(file: ProtoFile) -> Path:
    """Where the Go module lies in the module cache, after downloading it if need be; go checks its hash."""
    go = shutil.which("go")
    if go is None:
        raise ProtocolError("go is not on PATH; it fetches the protocol files of the CSI driver, once")
    result = subprocess.run(
        [go, "mod", "download", "-json", file.module],
        check=False,
        capture_output=True,
        text=True,
        timeout=GO_TIMEOUT_SECONDS,
        cwd=go_sum_path(file.group).parent,
        env={**os.environ, "GOWORK": "off"},
    )
    if result.returncode != 0:
        raise ProtocolError(f"go mod download {file.module} failed: {result.stderr.strip() or result.stdout}")
    return Path(json.loads(result.stdout)["Dir"])
