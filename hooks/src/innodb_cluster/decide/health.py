"""Classifies what was seen of a group; ``docs/states.md`` says the same for people."""

from dataclasses import dataclass

from innodb_cluster.model.observation import MemberRole, MemberState, Observation, ServerView, ViewMember
from innodb_cluster.model.plan import Refusal
from innodb_cluster.model.state import GroupState


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the group, and the server whose view of it counts."""

    state: GroupState
    authority: ServerView | None = None
    """A server with a majority, the one with the newest view; None when there is none."""

    @property
    def is_split(self) -> bool:
        """Whether two groups have a majority of their own."""
        return self.state in {GroupState.SPLIT_BRAIN, GroupState.SPLIT_BRAIN_UNCERTAIN}

    @property
    def view(self) -> tuple[ViewMember, ...]:
        """Members as the majority sees them."""
        return self.authority.view if self.authority else ()

    @property
    def online(self) -> tuple[str, ...]:
        """Pods that the majority sees ONLINE."""
        return tuple(member.pod for member in self.view if member.state is MemberState.ONLINE)

    @property
    def primaries(self) -> tuple[str, ...]:
        """Pods that take writes, in the order of their server_uuid."""
        members = sorted(self.view, key=lambda member: member.server_uuid)
        return tuple(
            member.pod
            for member in members
            if member.state is MemberState.ONLINE and member.role is MemberRole.PRIMARY
        )


def answering_members(observation: Observation, authority: ServerView) -> tuple[ServerView, ...]:
    """Give the servers that answered and are, by their own word, in the authority's group."""
    return tuple(
        server
        for server in observation.servers
        if _is_ours(server, observation) and _incarnation(server) == _incarnation(authority)
    )


def classify(observation: Observation) -> Health:
    """Say in which state the group is.

    Only servers of the recorded group count; configured ordinals are what a majority is
    counted against, never names that DNS happens to answer.
    """
    members = [server for server in observation.servers if _is_ours(server, observation)]
    with_quorum = [server for server in members if server.has_quorum]
    if len({_incarnation(server) for server in with_quorum}) > 1:
        return Health(_certainty(GroupState.SPLIT_BRAIN, GroupState.SPLIT_BRAIN_UNCERTAIN, observation))
    if with_quorum:
        authority = max(with_quorum, key=_authority_rank)
        return Health(_serving_state(authority, observation), authority)
    if members:
        return Health(_certainty(GroupState.NO_QUORUM, GroupState.NO_QUORUM_UNCERTAIN, observation))
    if observation.record is None or not observation.record.is_bootstrapped:
        return Health(GroupState.NEW)
    return Health(_certainty(GroupState.OFFLINE, GroupState.OFFLINE_UNCERTAIN, observation))


def lingering(observation: Observation) -> tuple[str, ...]:
    """Name the servers whose communication layer may still run, with the members of an old group in its mind.

    A member in ERROR leaves its group beside that, for up to half a minute without a majority. XCom tells groups apart by
    a number that it makes of their name, and messages by their place in a row: one of the old group that is still on its
    way gets into a new one of the same name, and is executed there (seen on 9.7.4).
    """
    return tuple(server.pod for server in observation.servers if server.state is MemberState.ERROR)


def refuse_foreign_group(observation: Observation) -> Refusal | None:
    """Refuse to go on beside a server that is in a group of another name than the record's."""
    record = observation.record
    for server in observation.servers:
        if record is not None and server.state.in_group and not _is_ours(server, observation):
            return Refusal(
                reason=f"{server.pod} is in group {server.group_name}, the record says {record.group_name}",
                what_to_do=f"if the server's group is the right one, set groupName in ConfigMap "
                f"{record.cluster_name}-state to it; otherwise stop Group Replication on {server.pod}",
            )
    return None


def _is_ours(server: ServerView, observation: Observation) -> bool:
    record = observation.record
    return server.state.in_group and (record is None or server.group_name == record.group_name)


def _serving_state(authority: ServerView, observation: Observation) -> GroupState:
    seen = {member.pod: member.state for member in authority.view}
    configured = observation.settings.pods
    everyone = all(seen.get(pod) is MemberState.ONLINE for pod in configured)
    if everyone and all(state is MemberState.ONLINE for state in seen.values()):
        return GroupState.ONLINE
    hidden = [pod for pod in observation.silent if pod not in seen]
    if len(hidden) * 2 > len(configured):
        return GroupState.ONLINE_UNCERTAIN
    return GroupState.ONLINE_PARTIAL


def _certainty(certain: GroupState, uncertain: GroupState, observation: Observation) -> GroupState:
    return uncertain if observation.silent else certain


def _incarnation(server: ServerView) -> str:
    return server.view_id.partition(":")[0]


def _authority_rank(server: ServerView) -> tuple[int, bool]:
    return _view_number(server), server.state is MemberState.ONLINE


def _view_number(server: ServerView) -> int:
    number = server.view_id.partition(":")[2]
    return int(number) if number.isdigit() else 0
