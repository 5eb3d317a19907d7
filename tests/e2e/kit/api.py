"""Reads objects and runs commands in containers over connections of this process.

What a user does is done by kubectl and helm. What is asked again and again while a test waits is asked here: each start
of kubectl costs a tenth of a second of processor time, which the servers under test need.
"""

import http
import json
import subprocess
from functools import cache
from typing import Any
from urllib.parse import urlencode

import urllib3
import websocket
from kubernetes import config
from kubernetes.client import ApiClient, ApiException, Configuration, CoreV1Api
from kubernetes.stream import stream

from tests.e2e.kit.shell import KUBECONFIG

SECONDS = (5, 30)
"""To connect, and to answer."""
PATHS = {
    "configmap": "/api/v1/{}configmaps",
    "deployment": "/apis/apps/v1/{}deployments",
    "endpointslice": "/apis/discovery.k8s.io/v1/{}endpointslices",
    "event": "/api/v1/{}events",
    "job": "/apis/batch/v1/{}jobs",
    "node": "/api/v1/nodes",
    "pod": "/api/v1/{}pods",
    "poddisruptionbudget": "/apis/policy/v1/{}poddisruptionbudgets",
    "pv": "/api/v1/persistentvolumes",
    "pvc": "/api/v1/{}persistentvolumeclaims",
    "role": "/apis/rbac.authorization.k8s.io/v1/{}roles",
    "rolebinding": "/apis/rbac.authorization.k8s.io/v1/{}rolebindings",
    "secret": "/api/v1/{}secrets",
    "service": "/api/v1/{}services",
    "serviceaccount": "/api/v1/{}serviceaccounts",
    "statefulset": "/apis/apps/v1/{}statefulsets",
    "storageclass": "/apis/storage.k8s.io/v1/storageclasses",
    "volumesnapshot": "/apis/snapshot.storage.k8s.io/v1/{}volumesnapshots",
}


def read(kind: str, name: str, namespace: str = "") -> dict[str, Any]:
    """Read an object; AssertionError when there is none or the API does not answer."""
    return _ask(f"{_path(kind, namespace)}/{name}", {})


def read_all(kind: str, namespace: str = "", *, selector: str = "", fields: str = "") -> list[dict[str, Any]]:
    """Read the objects of a kind, of all namespaces unless one is named; AssertionError like `read`."""
    query = {"labelSelector": selector, "fieldSelector": fields}
    items: list[dict[str, Any]] = _ask(_path(kind, namespace), query)["items"]
    return items


def execute(
    namespace: str, pod: str, container: str, *command: str, seconds: int = 120
) -> subprocess.CompletedProcess[str]:
    """Run a command in a container; AssertionError when it cannot be started or does not end in time."""
    core = CoreV1Api(ApiClient(_configuration()))  # the stream changes its client for the time of the call
    try:
        socket = stream(
            core.connect_get_namespaced_pod_exec,
            *(pod, namespace),
            container=container,
            command=list(command),
            stdout=True,
            stderr=True,
            stdin=False,
            tty=False,
            _preload_content=False,
        )
        try:
            socket.run_forever(timeout=seconds)
            status = socket.returncode
            out, err = socket.read_stdout() or "", socket.read_stderr() or ""
        finally:
            socket.sock.shutdown()
    except (ApiException, websocket.WebSocketException, OSError, LookupError, TypeError, ValueError) as error:
        # The last three: the stream ended without the command's exit status.
        shown = f"{pod}, {container}: {' '.join(command)}: {type(error).__name__} {error}"
        raise AssertionError(shown) from error
    if status is None:
        shown = f"{pod}, {container}: {' '.join(command)} did not end in {seconds} s: {out} {err}"
        raise AssertionError(shown)
    return subprocess.CompletedProcess(command, status, out, err)


def _path(kind: str, namespace: str) -> str:
    return PATHS[kind].format(f"namespaces/{namespace}/" if namespace else "")


def _ask(path: str, query: dict[str, str]) -> dict[str, Any]:
    client = _client()
    wanted = urlencode({key: value for key, value in query.items() if value})
    try:
        answer = client.call_api(
            "GET",
            f"{client.configuration.host}{path}?{wanted}",
            header_params={"Accept": "application/json"},
            _request_timeout=SECONDS,
        )
        document: dict[str, Any] = json.loads(answer.read())
    except urllib3.exceptions.HTTPError as error:
        raise AssertionError(f"{path}: {error}") from error
    if answer.status != http.HTTPStatus.OK:
        raise AssertionError(f"{path}: {document.get('message', answer.status)}")
    return document


@cache
def _configuration() -> Configuration:
    websocket.setdefaulttimeout(SECONDS[1])  # `stream` has none of its own
    found = Configuration()
    found.retries = urllib3.Retry(2, read=0)  # whoever asks again, asks again
    config.load_kube_config(str(KUBECONFIG), client_configuration=found)
    return found


@cache
def _client() -> ApiClient:
    return ApiClient(_configuration())
