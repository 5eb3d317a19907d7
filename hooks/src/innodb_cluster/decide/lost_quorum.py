"""Says when servers that answer may go on without those that do not, after the group has gone.

Two groups must never take writes. Silence proves nothing: a server that does not answer may be
serving where nobody looks. So whoever is left out must not be able to run at all, by the word
of Kubernetes; and it must have been so for a while, because a pod that only waits for its node
holds data that is worth waiting for.
"""

from innodb_cluster.model.observation import Observation
from innodb_cluster.model.settings import LostQuorum


def who_is_missed(observation: Observation) -> str:
    """Say why the servers that answer must wait for the others; empty when they need not."""
    settings, silent = observation.settings, ", ".join(observation.silent)
    if settings.lost_quorum is LostQuorum.REFUSE:
        return f"{silent} could hold newer data: waiting for an answer" if silent else ""
    if silent and not _size_is_settled(observation):
        return f"the number of servers is changing, and {silent} could hold newer data: waiting for an answer"
    gone = {pod.name: pod.seconds for pod in observation.gone}
    if alive := [pod for pod in observation.silent if pod not in gone]:
        return f"nothing rules out that {', '.join(alive)} run and hold newer data: waiting for an answer"
    if silent and not any(server.transactions for server in observation.servers):
        return f"nobody but {silent} can hold the data: waiting for an answer"
    if any(gone[pod] < settings.lost_quorum_seconds for pod in observation.silent):
        return f"{silent} cannot be running: left behind when that has been so for {settings.lost_quorum_seconds} s"
    return ""


def _size_is_settled(observation: Observation) -> bool:
    """Whether record and values agree on who belongs to the cluster: else old claims may have come back."""
    record, wanted = observation.record, observation.settings.server_instances
    return record is not None and record.members == record.admitted == wanted
