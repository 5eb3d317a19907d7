"""Installs the chart with Helm, shows what came of it, and takes it away again."""

import json
import os
import secrets
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ci.up.steps import StepError, Steps
from ci.up.target import CHART, LOCAL_KUBECONFIG, LOCAL_VALUES, ROOT, Target

HELM_TIMEOUT = "15m"
CHART_LABEL = "app.kubernetes.io/name=mysql-innodb-cluster"
RELEASE_KINDS = "job,pod,persistentvolumeclaim,serviceaccount,role,rolebinding"
"""What `helm uninstall` leaves of what the chart rendered: hooks, and the data."""
KEPT_KINDS = "secret,configmap"
"""What hooks made, to outlive the release."""


def root_password(target: Target) -> str:
    """Give the local cluster's root password; it is made once and kept, readable by its owner alone."""
    if not target.password_file.exists():
        target.state.mkdir(exist_ok=True)
        descriptor = os.open(target.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(18))
    return target.password_file.read_text()


@contextmanager
def values_arguments(target: Target) -> Iterator[list[str]]:
    """Give helm's --values; the password goes through a file that is gone afterwards, never through argv."""
    arguments = ["--values", str(LOCAL_VALUES)] if target.local else []
    arguments += [part for path in target.values for part in ("--values", str(path))]
    if not target.local:  # the chart makes a password there and keeps it in a Secret
        yield arguments
        return
    password = root_password(target)
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir=target.state) as file:
        json.dump({"credentials": {"root": {"password": password}}}, file)
        file.flush()
        yield [*arguments, "--values", file.name]


def install(steps: Steps, target: Target) -> None:
    """Install or upgrade the release; returns when every member is ONLINE and every router routes."""
    for path in target.values:
        if not path.is_file():
            raise StepError(f"VALUES names {path}, which is not a file")
    with values_arguments(target) as values, pods_shown(steps, target):
        steps.command(
            "helm",
            target.helm(
                "upgrade",
                "--install",
                target.release,
                str(CHART),
                "--create-namespace",
                "--hide-notes",
                "--timeout",
                HELM_TIMEOUT,
                *values,
            ),
            target.environment(),
        )


@contextmanager
def pods_shown(steps: Steps, target: Target) -> Iterator[None]:
    """Show each change of a pod of the release while helm, which says nothing, waits for its hooks."""
    selector = f"app.kubernetes.io/instance={target.release}"
    watch = subprocess.Popen(
        target.kubectl("get", "pods", "--watch", "--no-headers", "--selector", selector),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=target.environment(),
    )

    def relay() -> None:
        seen: dict[str, list[str]] = {}
        for line in watch.stdout or ():
            name, *rest = line.split()[:3]
            if seen.get(name) != rest:
                seen[name] = rest
                steps.say(f"pod {name} {' '.join(rest)}")

    reader = threading.Thread(target=relay)
    reader.start()
    try:
        yield
    finally:
        watch.terminate()
        watch.wait()
        reader.join()


def show(target: Target) -> int:
    """Print the status table and how to connect; gives the exit status of the status command."""
    command = (
        "exec",
        f"{target.release}-0",
        "--container",
        "agent",
        "--",
        "innodb-cluster",
        "status",
        "--table",
    )
    print(flush=True)
    status = subprocess.run(target.kubectl(*command), env=target.environment(), check=False).returncode
    print("\n".join(["", *connection_lines(target)]), flush=True)
    return status


def connection_lines(target: Target) -> list[str]:
    """Say how a person gets in."""
    inside = " ".join(_shown(target.kubectl("exec", "-it", f"{target.release}-0", "-c", "mysql", "--")))
    lines = [f"from inside:   {inside} mysql -h {target.release} -u root -p"]
    if not target.local:
        secret = " ".join(_shown(target.kubectl("get", "secret", f"{target.release}-credentials")))
        return [*lines, f"root password: {secret} -o jsonpath='{{.data.rootPassword}}' | base64 -d"]
    host = _output(target, "get", "nodes", "--output", "jsonpath={.items[0].status.addresses[0].address}")
    port = "{.spec.ports[?(@.name=='mysql')].nodePort}"
    number = _output(target, "get", "service", target.release, "--output", f"jsonpath={port}")
    lines.append(f"from here:     mysql -h {host} -P {number} -u root -p")
    lines.append(f"root password: in {target.password_file.relative_to(ROOT)}")
    lines.append("kubectl, helm: make shell")
    return lines


def remove(steps: Steps, target: Target) -> None:
    """Uninstall the release and delete its data and everything else that hooks left."""
    if not target.local:
        raise StepError(
            "`make down` deletes data and is for the embedded Kubernetes only: unset CONTEXT and KUBECONFIG"
        )
    if not LOCAL_KUBECONFIG.exists():
        steps.say("the embedded Kubernetes is not running: nothing to do")
        return
    environment = target.environment()
    steps.command("helm", target.helm("uninstall", target.release, "--ignore-not-found"), environment)
    quietly = ("--ignore-not-found", "--timeout=120s")
    for objects in (
        (RELEASE_KINDS, "--selector", f"app.kubernetes.io/instance={target.release},{CHART_LABEL}"),
        (KEPT_KINDS, "--selector", f"innodb-cluster.mysql/cluster={target.release},{CHART_LABEL}"),
        ("lease", f"{target.release}-bootstrap"),
    ):
        steps.command("kubectl", target.kubectl("delete", *objects, *quietly), environment)
    target.password_file.unlink(missing_ok=True)


def _shown(argv: list[str]) -> list[str]:
    """Give an argument list as a person would type it."""
    return [Path(argv[0]).name, *argv[1:]]


def _output(target: Target, *arguments: str) -> str:
    command = target.kubectl(*arguments)
    answer = subprocess.run(command, env=target.environment(), capture_output=True, text=True, check=False)
    return answer.stdout.strip()
