"""Says when a server that answers nobody may be ended, because its group goes on without it.

Group Replication looks at whether members talk to each other, not at whether they work. A
primary whose own threads hang while those of the group go on keeps its place, and every
client waits for it. Ended, it is replaced like any other that was killed.
"""

from innodb_cluster.model.observation import MemberState, Observation


def why_it_is_left(observation: Observation, pod: str) -> str:
    """Say why this pod's silent server must not be ended; empty when it may be.

    Args:
        observation: of the other servers, made after the silence was noticed.
        pod: the one whose server is silent.

    """
    record = observation.record
    if record is None or not record.is_bootstrapped:
        return "the cluster has not been created yet"
    working = {
        server.pod: server
        for server in observation.servers
        if server.state is MemberState.ONLINE and server.group_name == record.group_name and server.pod != pod
    }
    for server in working.values():
        members = {member.pod for member in server.view} | {pod}
        going_on = [
            member.pod
            for member in server.view
            if member.pod in working and member.state is MemberState.ONLINE
        ]
        if len(going_on) * 2 > len(members):
            return ""
    return "the other members that answer are no majority without it"
