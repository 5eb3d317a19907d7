"""What a healthy release looks like from outside."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.e2e.kit import api
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually

USER_TABLES = (
    "SELECT COALESCE(GROUP_CONCAT(CONCAT('`', table_schema, '`.`', table_name, '`') ORDER BY 1), '') "
    "FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
    "AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
)
EXECUTED = "SELECT @@gtid_executed"
OWN_VIEW = (
    "SELECT view_id FROM performance_schema.replication_group_member_stats WHERE member_id = @@server_uuid"
)


def primary_pod(release: Release) -> str:
    """Name the primary's pod."""
    host: str = release.status()[1]["defaultReplicaSet"]["primary"]
    return host.partition(".")[0]


def whole(release: Release) -> bool:
    """Whether every member is ONLINE, by what each of them says, and every server pod ready."""
    pods = release.pods("server")
    ready = [status["ready"] for pod in pods for status in pod["status"].get("containerStatuses", [])]
    wanted = release.get("statefulset", release.name)["spec"]["replicas"]
    return len(ready) == 2 * wanted and all(ready) and _agree(release, pods) and release.status()[0] == 0


def _agree(release: Release, pods: list[dict[str, Any]]) -> bool:
    """Whether all have the same view: for a moment, one that was frozen goes on with the view it had before."""
    return len({release.exec_sql(pod["metadata"]["name"], OWN_VIEW) for pod in pods}) == 1


def every_release_is_ready() -> bool:
    """Whether every server and router of the Kubernetes is."""
    workloads = [*api.read_all("statefulset"), *api.read_all("deployment")]
    return all(each["spec"]["replicas"] == each["status"].get("readyReplicas", 0) for each in workloads)


def wait_until_whole(release: Release, seconds: float = 240) -> None:
    """Wait until it is."""
    eventually(lambda: whole(release), "every member ONLINE, every server pod ready", seconds)


def wait_for_routers(release: Release) -> None:
    """They have closed their ports while there was nobody to lead to."""
    eventually(lambda: release.query("SELECT 1"), "an answer through the Service", 60)


def renew_restarted(release: Release, restarts: int = 1) -> None:
    """Replace server pods whose containers were restarted so often, one by one.

    The kubelet lets a container that ends again and again wait longer each time, which is not what is being tried.
    """
    for pod in release.pods("server"):
        if sum(status["restartCount"] for status in pod["status"]["containerStatuses"]) >= restarts:
            release.kubectl("delete", "pod", pod["metadata"]["name"])
            wait_until_whole(release)


def assert_alike(release: Release) -> None:
    """Every member comes to the same transactions, and then has the same tables; clients may not be writing.

    Routers and agents write to the metadata now and then: what was read while the sets moved says nothing.
    """
    pods = [pod["metadata"]["name"] for pod in release.pods("server")]

    def on_all(statement: str) -> list[str]:
        with ThreadPoolExecutor(len(pods)) as pool:
            return list(pool.map(lambda pod: release.exec_sql(pod, statement), pods))

    def checksums_at_rest() -> list[str]:
        before = on_all(EXECUTED)
        tables = release.exec_sql(pods[0], f"SET SESSION group_concat_max_len = 1000000; {USER_TABLES}")
        found = on_all(f"CHECKSUM TABLE {tables}")
        return found if {*before, *on_all(EXECUTED)} == {before[0]} else []

    checksums = eventually(checksums_at_rest, "equal GTID sets that rest", 60)
    assert len(set(checksums)) == 1, json.dumps(dict(zip(pods, checksums, strict=True)), indent=2)
