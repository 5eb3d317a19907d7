"""Every pod passes the `restricted` Pod Security Standard (Kubernetes manual, "Pod Security Standards").

Written out here, because the admission plugin needs an API server, and shows only the first pod that it refuses.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chart.rendering import VALUES_FILES, Object, render

ALLOWED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def violations(spec: Object) -> Iterator[str]:
    """Say what the standard forbids in a pod spec."""
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield f"{field} is set"
    for volume in spec.get("volumes", []):
        if not set(volume) - {"name"} <= ALLOWED_VOLUMES:
            yield f"volume {volume['name']} is of a forbidden type"
    pod = spec.get("securityContext", {})
    for container in spec.get("initContainers", []) + spec["containers"]:
        for problem in container_violations(container, pod):
            yield f"container {container['name']}: {problem}"


def container_violations(container: Object, pod: Object) -> Iterator[str]:
    """Say what the standard forbids in a container, given its pod's security context."""
    own = container.get("securityContext", {})
    effective = {**pod, **own}
    if own.get("privileged"):
        yield "privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "privileges may be escalated"
    capabilities = own.get("capabilities", {})
    if capabilities.get("drop") != ["ALL"] or set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "capabilities are kept"
    if effective.get("runAsNonRoot") is not True or effective.get("runAsUser") == 0:
        yield "may run as root"
    if effective.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "no seccomp profile"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "host port"


@pytest.mark.parametrize("path", VALUES_FILES, ids=lambda path: path.stem)
def test_every_pod_passes_the_restricted_standard(path: Path) -> None:
    """With every set of values that is in the repository."""
    found = [
        f"{name}: {problem}"
        for name, spec in render(files=(path,)).pod_specs()
        for problem in violations(spec)
    ]
    assert found == []


def test_the_check_sees_what_the_standard_forbids() -> None:
    """A check that can't fail says nothing."""
    spec = {
        "hostNetwork": True,
        "volumes": [{"name": "host", "hostPath": {"path": "/"}}],
        "containers": [{"name": "bad", "securityContext": {"privileged": True}, "ports": [{"hostPort": 1}]}],
    }
    assert len(list(violations(spec))) == 8


def test_no_container_can_write_its_root_file_system() -> None:
    """More than the standard asks for, and in the contract."""
    for name, spec in render().pod_specs():
        for container in spec.get("initContainers", []) + spec["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"], f"{name} {container['name']}"


def test_every_container_has_requests_and_a_memory_limit() -> None:
    """A pod without them is the first that a full node throws out."""
    for name, spec in render().pod_specs():
        for container in spec.get("initContainers", []) + spec["containers"]:
            resources = container["resources"]
            assert {"cpu", "memory"} <= set(resources["requests"]), f"{name} {container['name']}"
            assert "memory" in resources["limits"], f"{name} {container['name']}"


def test_only_agents_of_servers_and_hooks_have_a_token() -> None:
    """Neither mysqld nor a router has any business with the Kubernetes API."""
    holders = set()
    for name, spec in render().pod_specs():
        if spec["automountServiceAccountToken"]:
            holders |= {f"{name} {container['name']}" for container in spec["containers"]}
        for container in spec.get("initContainers", []) + spec["containers"]:
            if any("serviceaccount" in mount["mountPath"] for mount in container["volumeMounts"]):
                holders.add(f"{name} {container['name']}")
    assert holders == {
        "StatefulSet/mysql agent",
        "Job/mysql-prepare prepare",
        "Job/mysql-rollback prepare",
        "Job/mysql-converge converge",
        "CronJob/mysql-renew renew",
        "Pod/mysql-test test",
    }
