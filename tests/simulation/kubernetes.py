"""The Kubernetes API in memory: ConfigMaps, the Lease and the server pods, with compare-and-swap.

The product's own client works on it, through its transport. It can be away, or away only
for the answer: the change is made and nobody hears of it. Stored documents are never
changed, only replaced, so that nothing needs to be copied.
"""

import json
from collections.abc import Callable, Mapping
from enum import Enum, auto

from innodb_cluster.effects.clock import Clock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import CONFIG_MAPS, LEASES, PODS, Document, Transport
from innodb_cluster.effects.kubernetes.configmaps import SETTINGS_KEY
from innodb_cluster.effects.kubernetes.events import EventTarget
from innodb_cluster.effects.kubernetes.labels import COMPONENT_LABEL, selector
from innodb_cluster.model.errors import TemporaryError
from innodb_cluster.model.names import ROLE_LABEL, Names
from innodb_cluster.model.record import Record, record_from_data, record_to_data
from innodb_cluster.model.settings import LostQuorum, TopologyMode
from tests.simulation.scheduling import Actor

NAMES = Names("db", "ns")
GROUP = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
BASE_SERVER_ID = 1000
LOST_QUORUM_SECONDS = 60
NEW_RECORD = Record("db", GROUP, "cccccccc-cccc-cccc-cccc-cccccccccccc")

_RECORD = CONFIG_MAPS.path("ns", NAMES.state)
_SERVERS = f"{COMPONENT_LABEL}=server"


class Availability(Enum):
    """How the API behaves."""

    UP = auto()
    DOWN = auto()
    LOSES_ANSWERS = auto()


class Cluster:
    """The objects, and whether the API answers."""

    def __init__(self, server_instances: int, mode: TopologyMode) -> None:
        self.availability = Availability.UP
        self.label_log: list[tuple[str, str]] = []
        """Who listed, wrote or failed to write the pods' labels, in order."""
        self.objects: dict[str, Document] = {}
        self._version = 0
        self.mode = mode
        self.primary = ""
        self.lost_quorum = LostQuorum.REFUSE
        self.put(_RECORD, {"data": record_to_data(NEW_RECORD)})
        self.scale(server_instances)

    @property
    def record(self) -> Record:
        return record_from_data(self.objects[_RECORD]["data"])

    @property
    def counted_pods(self) -> tuple[str, ...]:
        """Pods that may hold data: those wanted, and those of the size that was last recorded."""
        recorded = self.objects[_RECORD]["data"]["serverInstances"]
        return NAMES.pods(max(self.size, int(recorded or 0)))

    @property
    def settings_text(self) -> str:
        return str(self.objects[CONFIG_MAPS.path("ns", NAMES.settings)]["data"][SETTINGS_KEY])

    @property
    def lease_holder(self) -> str:
        lease = self.objects.get(LEASES.path("ns", NAMES.bootstrap_lease))
        return str(lease["spec"].get("holderIdentity") or "") if lease else ""

    @property
    def role_labels(self) -> dict[str, str]:
        return {
            document["metadata"]["name"]: document["metadata"]["labels"].get(ROLE_LABEL, "")
            for path, document in self.objects.items()
            if path.startswith(PODS.path("ns"))
        }

    def scale(self, server_instances: int) -> None:
        """Change the values, and the pods with them."""
        self.size = server_instances
        self._put_settings()
        wanted = {PODS.path("ns", pod): pod for pod in NAMES.pods(server_instances)}
        for path in [path for path in self.objects if path.startswith(PODS.path("ns"))]:
            if path not in wanted:
                del self.objects[path]
        for path, pod in wanted.items():
            if path not in self.objects:
                self.put(path, {"metadata": {"name": pod, "labels": selector(NAMES, "server")}})
                self.place(pod, "a node")

    def place(self, pod: str, node: str) -> None:
        """Give a pod to a node, or make it wait for one."""
        path = PODS.path("ns", pod)
        self.put(path, {**self.objects[path], "spec": {"nodeName": node}, "status": {"phase": "Pending"}})

    def delete_gracefully(self, pod: str) -> None:
        """Tell a pod to end; it is there until it has."""
        path = PODS.path("ns", pod)
        metadata = {**self.objects[path]["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
        self.put(path, {**self.objects[path], "metadata": metadata})

    def node(self, pod: str) -> str:
        """Name the node that a pod is on; empty for one that waits."""
        return str(self.objects[PODS.path("ns", pod)]["spec"]["nodeName"])

    def waits_for_a_node(self, pod: str) -> bool:
        """Whether there is such a pod, and it cannot be running."""
        return PODS.path("ns", pod) in self.objects and not self.node(pod)

    def ask(self, mode: TopologyMode, primary: str) -> None:
        """Change ``topology.mode`` and ``topology.primary``."""
        self.mode, self.primary = mode, primary
        self._put_settings()

    def when_quorum_is_lost(self, policy: LostQuorum) -> None:
        """Change ``recovery.lostQuorum``."""
        self.lost_quorum = policy
        self._put_settings()

    def _put_settings(self) -> None:
        text = _settings_text(self.size, self.mode, self.primary, self.lost_quorum)
        self.put(CONFIG_MAPS.path("ns", NAMES.settings), {"data": {SETTINGS_KEY: text}})

    def put(self, path: str, document: Document) -> Document:
        """Store an object under a new version, and give it back."""
        self._version += 1
        metadata = {**document.get("metadata", {}), "resourceVersion": str(self._version)}
        stored = self.objects[path] = {**document, "metadata": metadata}
        return stored

    def answer(
        self, method: str, path: str, query: Mapping[str, str], body: Document | None
    ) -> tuple[int, Document]:
        """Do what a request asks for."""
        match method, body:
            case "GET", None:
                if path == PODS.path("ns"):
                    return 200, {"items": self._pods(query["labelSelector"])}
                if path in self.objects:
                    return 200, self.objects[path]
            case "POST", dict():
                path = f"{path}/{body['metadata']['name']}"
                return (409, {}) if path in self.objects else (201, self.put(path, body))
            case "PATCH", dict() if path in self.objects:
                current = self.objects[path]
                wanted = body.get("metadata", {}).get("resourceVersion")
                if wanted not in (None, current["metadata"]["resourceVersion"]):
                    return 409, {}
                return 200, self.put(path, _merged(current, body))
        return 404, {}

    def _pods(self, label_selector: str) -> list[Document]:
        wanted = dict(part.split("=") for part in label_selector.split(","))
        return [
            document
            for path, document in self.objects.items()
            if path.startswith(PODS.path("ns")) and wanted.items() <= document["metadata"]["labels"].items()
        ]


class SimulatedTransport:
    """One actor's way to the API: it stops before each request."""

    def __init__(self, cluster: Cluster, actor: Actor) -> None:
        self._cluster = cluster
        self._actor = actor

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Document | None
    ) -> tuple[int, Document]:
        """Send a request; see the protocol."""
        self._actor.pause(f"{method} {path.rpartition('/')[2]}")
        availability = self._cluster.availability
        is_about_labels = method == "PATCH" or _SERVERS in query.get("labelSelector", "")
        if path.startswith(PODS.path("ns")) and is_about_labels:
            word = method if availability is Availability.UP else "FAILED"
            self._cluster.label_log.append((self._actor.name, word))
        if availability is Availability.DOWN:
            raise TemporaryError("the Kubernetes API does not answer")
        status, document = self._cluster.answer(method, path, query, body)
        if availability is Availability.LOSES_ANSWERS:
            raise TemporaryError("the Kubernetes API does not answer")
        return status, document


class SimulatedApi(KubernetesApi):
    """The product's API object, with Events told to the test instead of being stored."""

    def __init__(self, transport: Transport, clock: Clock, tell: Callable[[str, str, str], None]) -> None:
        super().__init__("ns", transport, clock)
        self._tell = tell

    def emit_event(self, pod_or_object: str | EventTarget, reason: str, message: str, warning: bool) -> None:
        """Tell it."""
        self._tell(str(pod_or_object), reason, message)


def _merged(target: Document, patch: Document) -> Document:
    """JSON merge patch, RFC 7396."""
    result = {key: value for key, value in target.items() if patch.get(key, value) is not None}
    for key, value in patch.items():
        if isinstance(value, dict):
            old = target.get(key)
            result[key] = _merged(old if isinstance(old, dict) else {}, value)
        elif value is not None:
            result[key] = value
    return result


def _settings_text(server_instances: int, mode: TopologyMode, primary: str, lost_quorum: LostQuorum) -> str:
    return json.dumps(
        {
            "clusterName": NAMES.cluster,
            "namespace": NAMES.namespace,
            "clusterDomain": NAMES.domain,
            "serverInstances": server_instances,
            "routerInstances": 0,
            "baseServerId": BASE_SERVER_ID,
            "topologyMode": mode.value,
            "topologyPrimary": primary,
            "rootUser": "root",
            "rootHost": "%",
            "rootSecretName": "db-credentials",
            "rootSecretIsExternal": False,
            "tls": {
                "mode": "self-signed",
                "caSecret": "db-ca",
                "serverSecret": "db-tls",
                "routerSecret": "db-router-tls",
            },
            "serviceName": "db",
            "extraHostNames": [],
            "jobDeadlineSeconds": 600,
            "lostQuorum": lost_quorum.value,
            "lostQuorumSeconds": LOST_QUORUM_SECONDS,
        }
    )
