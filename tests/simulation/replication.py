"""Group Replication in memory: servers, groups, their network, and what each knows of the others.

What is modelled, at the level that decisions depend on:

- Durable are executed and received transactions and the server's uuid. A crash loses only
  membership and every ``SET GLOBAL``; losing the disk loses the rest.
- A group is an incarnation with numbered views. A commit needs a majority of the
  newest view's members that reach each other; it is acknowledged when the primary has
  executed it and a majority of the view has it. A member that is still RECOVERING has it in memory
  only. The members that make a new view first give each other all that was committed.
- What a member shows of its group is its own copy of the last view that reached it:
  it is stale from the moment when the member is frozen, partitioned away or expelled until
  it notices (``react``). Noticing, expelling, giving up, recovering and rejoining each
  happen when the test says so: no real time-out is assumed to be shorter than another.
- Two members that do not reach each other while others reach both: the first members, in the order
  of the view, that all reach one another and are a majority go on (XCom's lowest node expels).
- A full disk keeps a member from committing, applying and recovering; it stays in the group.
- START GROUP_REPLICATION runs in the server, whether or not its client still waits.
- ``group_replication_bootstrap_group`` counts for every START, never for an autorejoin
  (``attempt_rejoin()`` in the plugin's ``plugin.cc`` switches it off for itself).

Not modelled: writes of a multi-primary group that conflict, purged binary logs (a clone is
chosen by the test instead), flow control, consistency levels, locks (an account statement
that waits for a joining member), an old process that goes on beside the pod that replaced it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from innodb_cluster.model.observation import MemberRole, MemberState, ViewMember
from innodb_cluster.model.settings import TopologyMode
from tests.simulation.servers import (
    AUTOREJOIN_TRIES,
    SINGLE,
    Bootstrap,
    Group,
    Gtid,
    Server,
    Start,
)


@dataclass(slots=True)
class Replication:
    """All servers, all groups that there ever were, and the ledger of acknowledged commits."""

    servers: dict[str, Server]
    clones: bool = False
    """Whether a joiner without data is cloned rather than sent binary logs."""
    recovery_gives_up: bool = True
    """Whether recovery without a donor ends (after ten minutes, by default) rather than going on."""
    groups: list[Group] = field(default_factory=list)
    acknowledged: dict[int, Gtid] = field(default_factory=dict)
    bootstraps: list[Bootstrap] = field(default_factory=list)
    cut: set[frozenset[str]] = field(default_factory=set)
    """Pairs of servers that do not reach each other, whatever their cells."""
    names_resolve: bool = True
    """Whether DNS answers: connections that are there stay, no new one is made."""
    healthy_members_stopped: list[str] = field(default_factory=list)
    """Members that were ONLINE in a majority when a statement stopped them."""
    _contents: int = 0
    _uuids: int = 0

    # --- what is true ---

    def alive(self, group: Group) -> list[Server]:
        """Give the members of the newest view whose processes run and are in it by their own word."""
        servers = (self.servers[pod] for pod in group.members)
        return [s for s in servers if s.group is group and s.runs and s.state.in_group]

    def reach(self, one: Server, other: Server) -> bool:
        """Whether packets get from each to the other."""
        return one.cell == other.cell and (not self.cut or frozenset((one.pod, other.pod)) not in self.cut)

    def majority(self, group: Group) -> list[Server]:
        """Give the members that can commit; empty when no majority reaches one another."""
        alive = self.alive(group)
        while len(alive) * 2 > len(group.members):
            found: list[Server] = []
            for server in alive:
                if all(self.reach(server, other) for other in found):
                    found.append(server)
            if len(found) * 2 > len(group.members):
                return found
            del alive[0]
        return []

    def writers(self, group: Group) -> list[Server]:
        """Give the members that would acknowledge a write now."""
        return [
            server
            for server in self.majority(group)
            if server.pod in group.online and (group.mode is not SINGLE or group.primary == server.pod)
        ]

    def writable_groups(self) -> list[Group]:
        """Give the groups that accept writes; there must be one at most."""
        return [group for group in self.groups if self.writers(group)]

    # --- what clients and people do ---

    def write(self, pod: str, receivers: Sequence[str] = (), *, dies: bool = False) -> bool:
        """Commit one transaction on a member; say whether it was acknowledged.

        ``receivers`` are asked to have it on disk before the acknowledgement; as many others
        are added as a majority needs. With ``dies`` the primary crashes in between: the
        others have it, and nobody was told.
        """
        server = self.servers[pod]
        group = server.group
        if group is None or server not in self.writers(group) or server.offline_mode or server.has_full_disk:
            return False
        self._contents += 1
        gtid = (group.name, max((n for name, n in group.data if name == group.name), default=0) + 1)
        group.data[gtid] = self._contents
        others = [s for s in self.majority(group) if s is not server]
        ready = [s for s in others if s.pod in group.online and not s.has_full_disk]
        chosen = [s for s in ready if s.pod in receivers]
        needed = len(group.members) // 2 - (len(others) - len(ready)) - len(chosen)
        chosen += [s for s in ready if s not in chosen][: max(needed, 0)]
        for other in chosen:
            other.received[gtid] = self._contents
        if dies:
            self.crash(pod)
            return False
        server.executed[gtid] = self._contents
        self.acknowledged[self._contents] = gtid
        return True

    def write_outside_the_group(self, pod: str) -> None:
        """Let a person with SUPER write on a server if it is in no group: an errant transaction."""
        server = self.servers[pod]
        if not server.runs or server.is_replicating:
            return
        self._contents += 1
        server.executed[server.uuid, 1 + sum(source == server.uuid for source, _ in server.executed)] = (
            self._contents
        )

    def configure(self, pod: str, mode: TopologyMode | None, server_uuid: str) -> bool:
        """Change mode, primary or both, as the functions ``group_replication_…`` do; say whether it was done.

        Every member of the view must be ONLINE and reached; what is running is not modelled, but
        a member learns of it only with its next view.
        """
        server = self.servers[pod]
        group = server.group
        if group is None or self.majority(group) != self.alive(group):
            return False
        named = [s for s in self.majority(group) if s.uuid == server_uuid and s.pod in group.online]
        is_refused = group.online != set(group.members) or server not in self.majority(group)
        if is_refused or (mode is not TopologyMode.MULTI_PRIMARY and not named):
            return False
        if mode is None and group.mode is not SINGLE:
            return False
        group.was_switched |= mode is not None
        group.mode = mode or group.mode
        group.primary = named[0].pod if named else ""
        for member in self.majority(group):
            member.mode = group.mode
        self._new_view(group, group.members)
        return True

    # --- faults ---

    def crash(self, pod: str) -> None:
        """End a process at once."""
        server = self.servers[pod]
        server.end_process()
        server.is_up = server.is_frozen = False

    def shut_down(self, pod: str) -> None:
        """End a process gracefully: it leaves its group first."""
        self.leave(self.servers[pod])
        self.crash(pod)

    def lose_power(self, pod: str) -> None:
        """End a process, and lose what was received and not applied: relay logs are not synchronised."""
        self.crash(pod)
        server = self.servers[pod]
        server.received.clear()
        server.losses += 1

    def fail(self, pod: str) -> None:
        """Let a member's applier stop with an error: it leaves its group and turns clients away, for good."""
        server = self.servers[pod]
        if server.runs and server.state.in_group:
            self.leave(server)
            server.state, server.offline_mode, server.autorejoins_left = MemberState.ERROR, True, 0

    def lose_disk(self, pod: str) -> None:
        """Crash, and come back with an empty volume."""
        self.crash(pod)
        server = self.servers[pod]
        self._uuids += 1
        server.uuid = f"uuid-{pod}-{self._uuids}"
        server.executed, server.received = {}, {}
        server.losses += 1
        server.has_full_disk = False

    # --- what servers do ---

    def stop(self, pod: str) -> None:
        """STOP GROUP_REPLICATION by statement."""
        self._note_if_healthy(pod)
        self.leave(self.servers[pod])

    def restart(self, pod: str) -> None:
        """Kill mysqld and start it again, by its supervisor."""
        self._note_if_healthy(pod)
        self.crash(pod)
        self.servers[pod].is_up = True

    def _note_if_healthy(self, pod: str) -> None:
        group = self.servers[pod].group
        if group is not None and self.servers[pod] in self.majority(group) and pod in group.online:
            self.healthy_members_stopped.append(pod)

    def set_as_primary(self, pod: str, server_uuid: str) -> None:
        """Make another member the primary, as a member of the majority is told to; nothing happens otherwise."""
        group = self.servers[pod].group
        heir = next((server for server in self.servers.values() if server.uuid == server_uuid), None)
        if group is None or heir is None or heir.pod not in group.online or heir not in self.majority(group):
            return
        heir.received.update(group.data)
        heir.executed.update(heir.received)
        group.primary = heir.pod
        self._publish(group)

    def leave(self, server: Server) -> None:
        """Leave the group and say so to the others."""
        group = server.group
        if group is not None and server.runs and server in self.majority(group):
            self._new_view(group, [pod for pod in group.members if pod != server.pod])
        self._quit(server, MemberState.OFFLINE)

    def react(self, pod: str) -> str:
        """Let a server do the next thing that is due inside it, and name it; empty when nothing is."""
        server = self.servers[pod]
        if not server.runs:
            return ""
        if server.start is not None and not server.start.is_done:
            self._finish_start(server, server.start)
            return "starts"
        if server.group is not None and server.state.in_group:
            return self._react_in_group(server, server.group)
        if server.state is MemberState.ERROR and server.autorejoins_left:
            return self._autorejoin(server)
        return ""

    def _react_in_group(self, server: Server, group: Group) -> str:
        majority = self.majority(group)
        if server not in majority:
            is_told = server.pod not in group.members and any(self.reach(s, server) for s in majority)
            if not is_told and not server.suspects:
                self._suspect(server, group)
                return "suspects"
            self._quit(server, MemberState.ERROR)
            server.offline_mode = not server.autorejoins_left
            return "gives up"
        if len(majority) < len(group.members):
            self._new_view(group, [s.pod for s in majority])
            return "expels"
        if server.suspects or server.view_number != group.number:
            self._publish(group)
            return "reaches the others again"
        if server.pod not in group.online:
            return self._recover(server, group)
        missing = group.data.keys() - server.executed.keys()
        if server.has_full_disk:
            return ""
        server.received.update({gtid: group.data[gtid] for gtid in missing})
        server.executed.update(server.received)
        return "applies" if missing else ""

    def _suspect(self, server: Server, group: Group) -> None:
        reached = {server.pod, *(other.pod for other in self.alive(group) if self.reach(server, other))}
        server.suspects = True
        server.view = tuple(
            member if member.pod in reached else replace(member, state=MemberState.UNREACHABLE)
            for member in server.view
        )

    def _recover(self, server: Server, group: Group) -> str:
        if server.has_full_disk or server.recovery_is_stuck:
            return ""
        if not server.formed_group:
            if not group.online and not self.recovery_gives_up:
                return ""
            if not group.online:
                self.leave(server)
                server.state = MemberState.ERROR
                return "finds no donor"
            if self.clones and not server.data and group.data:
                self.leave(server)
                server.end_process()
                server.executed, server.received = dict(group.data), {}
                return "is cloned"
            server.executed = {**server.data, **group.data}
        server.executed.update(server.received)
        server.formed_group = False
        server.autorejoins_left = AUTOREJOIN_TRIES
        group.online.add(server.pod)
        self._publish(group)
        return "is ONLINE"

    def _finish_start(self, server: Server, start: Start) -> None:
        start.is_done, server.start = True, None
        if not self.names_resolve:
            start.error = "the server's own name is not known"
            return
        if server.seeds and not any(self.servers[pod].has_known_address for pod in server.seeds):
            start.error = "the name of no seed is known"
            return
        if start.bootstrap:
            own = Group(len(self.groups) + 1, server.mode, server.group_name, server.data, [server.pod])
            self.groups.append(own)
            self.bootstraps.append(Bootstrap(server.pod, start, own))
            self._enter(server, own)
            server.formed_group = True
            return
        group = self._group_to_join(server)
        if group is None:
            start.error = "no seed lets this member in"
        elif server.data.keys() - group.data.keys() or server.mode is not group.mode:
            start.error = "this member does not fit the group"
        else:
            self._new_view(group, [*group.members, server.pod])
            self._enter(server, group)

    def _group_to_join(self, server: Server) -> Group | None:
        """Ask the seeds in their order; a member that the group still counts is not let in again."""
        for seed in (self.servers[pod] for pod in server.seeds if pod != server.pod):
            group = seed.group
            if group is None or group.name != server.group_name or seed not in self.majority(group):
                continue
            is_found = seed.has_known_address and server.has_known_address
            if is_found and self.reach(seed, server) and server.pod not in group.members:
                return group
        return None

    def _autorejoin(self, server: Server) -> str:
        server.autorejoins_left -= 1
        start = Start(bootstrap=False, by="")
        self._finish_start(server, start)
        if start.error and not server.autorejoins_left:
            server.offline_mode = True
        return "rejoins" if not start.error else "cannot rejoin"

    def _enter(self, server: Server, group: Group) -> None:
        server.state, server.group, server.suspects = MemberState.RECOVERING, group, False
        server.formed_group = False
        self._publish(group)

    def _quit(self, server: Server, state: MemberState) -> None:
        server.state, server.group, server.view, server.view_number = state, None, (), 0
        server.suspects = server.formed_group = False

    def _new_view(self, group: Group, members: Iterable[str]) -> None:
        """Install a view: those that stay first receive all that was committed."""
        for server in self.majority(group):
            if server.pod in group.online and not server.has_full_disk:
                server.received.update(group.data)
        group.members = list(members)
        group.online &= set(group.members)
        group.number += 1
        self._publish(group)

    def _publish(self, group: Group) -> None:
        """Show the newest view, roles and states to the members that reach each other."""
        if group.mode is SINGLE and group.primary not in group.online:
            group.primary = min(group.online, default="")
        view = tuple(self._view_member(group, pod) for pod in group.members)
        for server in self.majority(group):
            server.view, server.view_number, server.suspects = view, group.number, False
            server.state = MemberState.ONLINE if server.pod in group.online else MemberState.RECOVERING

    def _view_member(self, group: Group, pod: str) -> ViewMember:
        is_primary = group.mode is not SINGLE or group.primary == pod
        state = MemberState.ONLINE if pod in group.online else MemberState.RECOVERING
        role = MemberRole.PRIMARY if is_primary else MemberRole.SECONDARY
        return ViewMember(pod, self.servers[pod].uuid, state, role)
