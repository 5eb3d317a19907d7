"""One release of the chart in a namespace of its own, as a user would handle it."""

import json
import subprocess
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mysql.connector
from mysql.connector.abstracts import MySQLConnectionAbstract

from tests.e2e.kit import api
from tests.e2e.kit.shell import BIN, CHART, eventually, kubectl, run

PASSWORD = "correct horse 'battery' \"staple\" \\ $HOME %s é"
"""Everything that a careless shell, template or option file would mangle."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release's name and namespace, and what can be done with it."""

    name: str
    namespace: str
    helm: str = str(BIN / "helm")

    def make_namespace(self) -> None:
        """Make the namespace, with the `restricted` Pod Security Standard enforced."""
        manifest = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": self.namespace,
                "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
            },
        }
        kubectl("apply", "-f", "-", stdin=json.dumps(manifest))

    def install(
        self, *arguments: str, password: str = PASSWORD, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run `helm install`."""
        return self._helm("install", *arguments, password=password, check=check)

    def upgrade(
        self, *arguments: str, password: str = PASSWORD, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run `helm upgrade`."""
        return self._helm("upgrade", *arguments, password=password, check=check)

    def rollback(self, revision: int) -> None:
        """Run `helm rollback`."""
        run(self.helm, "rollback", self.name, str(revision), "--namespace", self.namespace, "--timeout", "8m")

    def _helm(
        self, verb: str, *arguments: str, password: str, check: bool
    ) -> subprocess.CompletedProcess[str]:
        values = json.dumps({"credentials": {"root": {"password": password}}})
        return run(
            *(self.helm, verb, self.name, str(CHART), "--namespace", self.namespace),
            *("--values", "-", "--timeout", "8m", *arguments),
            stdin=values,
            check=check,
        )

    def test(self) -> str:
        """Run `helm test --logs` and give what it printed."""
        return run(self.helm, "test", self.name, "--namespace", self.namespace, "--logs").stdout

    def uninstall(self) -> None:
        """Run `helm uninstall`; claims and the record stay."""
        run(self.helm, "uninstall", self.name, "--namespace", self.namespace, "--wait")

    def delete_namespace(self) -> None:
        """Delete everything; pods first, because a namespace waits half of their grace period before it looks again."""
        self.kubectl("delete", "statefulset,deployment,job,pod", "--all", "--timeout=180s", check=False)
        kubectl("delete", "namespace", self.namespace, "--ignore-not-found", "--timeout=180s")

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Read an object of the namespace."""
        return api.read(kind, name, self.namespace)

    def all(self, kind: str, *, selector: str = "", fields: str = "") -> list[dict[str, Any]]:
        """Read the objects of a kind in the namespace."""
        return api.read_all(kind, self.namespace, selector=selector, fields=fields)

    def kubectl(self, *arguments: str, check: bool = True) -> str:
        """Run kubectl in the namespace."""
        return kubectl("--namespace", self.namespace, *arguments, check=check)

    def pods(self, component: str) -> list[dict[str, Any]]:
        """Read the pods of a component."""
        return self.all(
            "pod", selector=f"app.kubernetes.io/instance={self.name},app.kubernetes.io/component={component}"
        )

    def identities(self) -> dict[str, tuple[str, int]]:
        """Give uid and restarts of every server and router pod: unchanged means nothing was restarted."""
        return {
            pod["metadata"]["name"]: (
                pod["metadata"]["uid"],
                sum(status["restartCount"] for status in pod["status"].get("containerStatuses", [])),
            )
            for pod in [*self.pods("server"), *self.pods("router")]
        }

    def secret(self, name: str) -> dict[str, str]:
        """Read a Secret."""
        return {key: b64decode(value).decode() for key, value in self.get("secret", name)["data"].items()}

    def status(self) -> tuple[int, dict[str, Any]]:
        """Ask the first server's agent for the status document."""
        done = self.command(f"{self.name}-0", "status")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def connect(
        self, port: str = "mysql", password: str = PASSWORD, read_seconds: int = 20
    ) -> MySQLConnectionAbstract:
        """Connect as root through the NodePort Service, over TLS."""
        host, number = self.node_port(port)
        connection = mysql.connector.connect(
            host=host,
            port=number,
            user="root",
            password=password,
            autocommit=True,
            connection_timeout=5,
            read_timeout=read_seconds,
            write_timeout=read_seconds,
        )
        assert isinstance(connection, MySQLConnectionAbstract)
        return connection

    def node_port(self, port: str, node: str = "") -> tuple[str, int]:
        """Give a node's address, any node's unless one is named, and the node port of a port of the Service."""
        chosen = next(item for item in api.read_all("node") if node in {"", item["metadata"]["name"]})
        host = next(a["address"] for a in chosen["status"]["addresses"] if a["type"] == "InternalIP")
        ports = self.get("service", self.name)["spec"]["ports"]
        return host, next(entry["nodePort"] for entry in ports if entry["name"] == port)

    def query(self, statement: str, port: str = "mysql", password: str = PASSWORD) -> list[tuple[Any, ...]]:
        """Run one statement through the Service."""
        connection = self.connect(port, password)
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        finally:
            connection.close()

    def insist(self, statement: str, seconds: float = 30) -> list[tuple[Any, ...]]:
        """Run one statement through the Service until it is answered: routers cut connections when the primary moves."""
        (rows,) = eventually(lambda: (self.query(statement),), "an answer through the Service", seconds)
        return rows

    def exec_sql(self, pod: str, statement: str) -> str:
        """Run a statement on one server by its socket, past routers and passwords."""
        option_file = "--defaults-file=/etc/innodb-cluster/conf/my.cnf"
        done = self.execute(pod, "mysql", "mysql", option_file, "-N", "-e", statement)
        if done.returncode != 0:
            raise AssertionError(f"{pod}: {statement}: {done.stderr}")
        return done.stdout.strip()

    def command(self, pod: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `innodb-cluster` beside a server."""
        return self.execute(pod, "agent", "innodb-cluster", *arguments)

    def execute(self, pod: str, container: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a container of a pod."""
        return api.execute(self.namespace, pod, container, *command)


def values_file(directory: Path, values: dict[str, Any]) -> str:
    """Write values for `--values`."""
    path = directory / "values.json"
    path.write_text(json.dumps(values))
    return str(path)
