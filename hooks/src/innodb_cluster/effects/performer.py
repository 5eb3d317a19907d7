"""Carries out actions, one by one, as they were decided; it never chooses."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never
from uuid import uuid4

from innodb_cluster.effects import leaving
from innodb_cluster.effects.clock import Clock, rfc3339
from innodb_cluster.effects.files.orders import order_restart
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql import accounts, group, options, topology
from innodb_cluster.effects.mysql.connection import PATIENT, Session, Timeouts, UnreachableError
from innodb_cluster.effects.mysql.member_actions import perform_on_member
from innodb_cluster.effects.mysql.metadata import forget_other_clusters
from innodb_cluster.effects.mysql.registration import register
from innodb_cluster.effects.mysql.restored import renew_recovery_accounts
from innodb_cluster.effects.restore import Restorer
from innodb_cluster.effects.routers import router_pods, router_version
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.model.actions import (
    Action,
    BootstrapGroup,
    ClusterAction,
    EndOfflineMode,
    EndServer,
    EnsureAccounts,
    EnsureMetadata,
    ForbidBootstrap,
    ForgetCluster,
    JoinGroup,
    LabelRole,
    LabelRouter,
    LeaveGroup,
    RecordAdmitted,
    RecordBootstrapped,
    RecordMembers,
    RecordMode,
    RecordOptions,
    RecordPrimary,
    RecordSeed,
    ReloadTls,
    ReplacePod,
    RetireMember,
    SetAutoIncrement,
    SetOptions,
    SwitchMode,
    SwitchPrimary,
)
from innodb_cluster.model.errors import InnodbClusterError, TemporaryError
from innodb_cluster.model.names import MAX_SERVERS, recovery_account
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.options import OptionOutcome
from innodb_cluster.model.record import Record
from innodb_cluster.model.restore import RestoreAction
from innodb_cluster.model.settings import Settings, TopologyMode

NOTICE_SECONDS = 2.0
"""Routers look for the primary every half second. One that is refused by an old primary that was stopped too soon closes
its own port for about two seconds, so nothing happens to the old primary for as long (the preStop hook waits too)."""
SPELLINGS = 1024
"""Of a server's address, by the second: nobody remembers the last one for a quarter of an hour."""
LEASE_SECONDS = 30
"""Several times what a bootstrap takes; an actor that dies while it holds the Lease blocks the next one that long."""


@dataclass(frozen=True, slots=True)
class Performer:
    """The effects of one actor: a Job, or an agent."""

    actor: str
    clock: Clock
    settings: Settings
    api: KubernetesApi
    connect: Callable[[str, Timeouts], Session]
    """Opens a session to a pod's server with the rights of an administrator."""
    secrets: MountedSecrets
    observe: Callable[[], Observation]
    may_bootstrap: Callable[[Observation, BootstrapGroup], bool]
    """Decides again, on an observation made while the Lease is held."""
    beside: str = ""
    """The pod whose server this actor runs beside; a Job runs beside none."""

    def perform(self, action: Action, record: Record) -> None:
        """Carry out one action.

        Raises:
            TemporaryError: it did not work this time; the next observation decides anew.
            InnodbClusterError: the server or the API refused it.

        """
        if isinstance(action, RestoreAction):
            Restorer(self.settings, self.api, self.clock, self.connect).perform(action)
        else:
            self._perform(action, record)

    def _perform(self, action: ClusterAction, record: Record) -> None:
        match action:
            case RecordSeed() | RecordBootstrapped() | RecordMode() | RecordPrimary() | RecordOptions():
                self._write_down(action)
            case ForgetCluster(group_name):
                self._forget(group_name)
            case BootstrapGroup():
                self._bootstrap(action, record)
            case JoinGroup():
                self._join(action, record)
            case LeaveGroup() | EndOfflineMode() | ForbidBootstrap() | ReloadTls():
                with self.connect(action.pod, PATIENT) as session:
                    perform_on_member(action, session)
            case SetAutoIncrement() | SwitchMode() | SwitchPrimary():
                self._change_topology(action)
            case EnsureAccounts(primary):
                self._ensure_accounts(primary, record)
            case EnsureMetadata(primary, mode):
                self._ensure_metadata(primary, mode, record)
            case RecordAdmitted() | RetireMember() | RecordMembers():
                leaving.perform(action, self.settings.names, self.api, self.connect)
            case LabelRole() | LabelRouter() | ReplacePod() | EndServer():
                self._touch_pod(action)
            case SetOptions():
                self.set_options(action)
            case _:
                assert_never(action)

    def _touch_pod(self, action: LabelRole | LabelRouter | ReplacePod | EndServer) -> None:
        match action:
            case LabelRole(pod, role):
                self.api.label_pod_role(pod, role.value.lower() or None)
            case LabelRouter(pod, reachable, because):
                self.api.label_pod_reachable(pod, reachable=reachable)
                reason = "Reachable" if reachable else "Unreachable"
                self.api.emit_event(pod, reason, because, warning=not reachable)
            case ReplacePod(pod, uid, because):
                self.api.emit_event(pod, "Replacing", because, warning=False)
                self.api.delete_pod(pod, uid)
            case EndServer(pod):
                self.restart_server(pod)
            case _:
                assert_never(action)

    def restart_server(self, pod: str) -> None:
        """Have the server of this actor's own pod killed and started again."""
        if pod != self.beside:
            reason = f"{self.actor} cannot end the server of {pod}: only the agent beside it can"
            raise InnodbClusterError(reason)
        order_restart()

    def set_options(self, action: SetOptions) -> OptionOutcome:
        """Set variables of a running server and say which of them it takes only at a start."""
        with self.connect(action.pod, Timeouts()) as session:
            return OptionOutcome(action.pod, options.set_options(session, action.wanted))

    def _write_down(
        self, action: RecordSeed | RecordBootstrapped | RecordMode | RecordPrimary | RecordOptions
    ) -> None:
        def change(record: Record) -> Record:
            match action:
                case RecordSeed(pod):
                    # A new cluster: no primary was ever chosen for it.
                    return replace(record, seed=pod, topology_primary="")
                case RecordBootstrapped(mode):
                    return self._bootstrapped(record, mode)
                case RecordMode(mode):
                    return replace(record, topology_mode=mode.value)
                case RecordPrimary(primary):
                    return replace(record, topology_primary=primary)
                case RecordOptions(mycnf, changing):
                    return replace(record, mycnf=mycnf, mycnf_changing=changing)
                case _:
                    assert_never(action)

        self.api.update_record(self.settings.names, change)

    def _change_topology(self, action: SetAutoIncrement | SwitchMode | SwitchPrimary) -> None:
        match action:
            case SetAutoIncrement(pod, mode):
                with self.connect(pod, Timeouts()) as session:
                    topology.set_auto_increment(session, mode, self.settings.server_id(pod))
            case SwitchMode(through, mode, _, server_uuid):
                with self.connect(through, PATIENT) as session:
                    topology.switch_mode(session, mode, server_uuid)
            case SwitchPrimary(through, _, server_uuid):
                with self.connect(through, PATIENT) as session:
                    topology.switch_primary(session, server_uuid)
                self.clock.sleep(NOTICE_SECONDS)
            case _:
                assert_never(action)

    def _bootstrapped(self, record: Record, mode: TopologyMode) -> Record:
        return replace(
            record,
            bootstrapped=record.bootstrapped or rfc3339(self.clock.now()),
            topology_mode=mode.value,
            server_instances=str(self.settings.server_instances),
            admitted_instances="",
        )

    def _bootstrap(self, action: BootstrapGroup, record: Record) -> None:
        lease = self.settings.names.bootstrap_lease
        if not self.api.acquire_lease(lease, self.actor, LEASE_SECONDS, names=self.settings.names):
            reason = f"another actor holds Lease {lease}"
            raise TemporaryError(reason)
        taken_seconds = self.clock.monotonic_seconds()
        try:
            # The session is opened before the look: should the server be another one by then, it has ended.
            with self.connect(action.pod, PATIENT) as session:
                if not self.may_bootstrap(self.observe(), action):
                    reason = f"{action.pod} may not bootstrap any more: the servers changed meanwhile"
                    raise TemporaryError(reason)
                self._check_lease(lease, taken_seconds)
                if action.renamed:
                    record = self.api.update_record(self.settings.names, _renamed)
                configuration = self._configuration(action.pod, action.mode, record)
                group.configure(session, configuration)
                self._check_lease(lease, taken_seconds)
                group.bootstrap(session, configuration.seeds)
        except UnreachableError:
            # The server may still be starting the group: the Lease is left to expire.
            raise
        except InnodbClusterError:
            self.api.release_lease(lease, self.actor)
            raise
        self.api.release_lease(lease, self.actor)

    def _forget(self, group_name: str) -> None:
        lease = self.settings.names.bootstrap_lease
        if not self.api.acquire_lease(lease, self.actor, LEASE_SECONDS, names=self.settings.names):
            reason = f"another actor holds Lease {lease}"
            raise TemporaryError(reason)
        try:
            self._forget_what_is_gone(group_name, lease)
        finally:
            self.api.release_lease(lease, self.actor)

    def _forget_what_is_gone(self, group_name: str, lease: str) -> None:
        taken_seconds = self.clock.monotonic_seconds()
        observation = self.observe()
        self._check_lease(lease, taken_seconds)
        is_gone = not observation.silent and not any(server.transactions for server in observation.servers)

        def change(record: Record) -> Record:
            if not is_gone or record.group_name != group_name:
                reason = "a server holds data of the cluster: its record is kept"
                raise TemporaryError(reason)
            return replace(
                record,
                group_name=str(uuid4()),
                seed="",
                bootstrapped="",
                topology_mode="",
                topology_primary="",
                server_instances="",
                admitted_instances="",
            )

        self.api.update_record(self.settings.names, change)

    def _check_lease(self, lease: str, taken_seconds: float) -> None:
        """Stop an actor that stood still since it looked: meanwhile another may have taken the Lease and acted."""
        stood_still = self.clock.monotonic_seconds() - taken_seconds > LEASE_SECONDS / 2
        if stood_still or not self.api.renew_lease(lease, self.actor):
            reason = f"Lease {lease} was lost before the bootstrap"
            raise TemporaryError(reason)

    def _join(self, action: JoinGroup, record: Record) -> None:
        if action.after_seconds:
            self.clock.sleep(action.after_seconds)
        with self.connect(action.pod, PATIENT) as session:
            configuration = self._configuration(action.pod, action.mode, record)
            members = tuple(map(self.settings.names.address, action.through))
            group.join(session, configuration, members, by_clone=action.by_clone)

    def _configuration(self, pod: str, mode: TopologyMode, record: Record) -> group.GroupConfiguration:
        return group.group_configuration(
            self.settings,
            record.group_name,
            pod,
            mode,
            self.secrets.recovery_secret,
            spelling=int(self.clock.now().timestamp()) % SPELLINGS,
        )

    def _ensure_accounts(self, primary: str, record: Record) -> None:
        server_ids = tuple(map(self.settings.server_id, self.settings.pods))
        unused = self.settings.names.pods(MAX_SERVERS)[self.settings.server_instances :]
        with self.connect(primary, Timeouts()) as session:
            if record.restore_phase:
                wanted = tuple(map(recovery_account, server_ids))
                renew_recovery_accounts(session, wanted, self.secrets.recovery_secret)
            accounts.ensure_recovery_accounts(session, server_ids, self.secrets.recovery_secret)
            accounts.forget_recovery_accounts(session, tuple(map(self.settings.server_id, unused)))
            accounts.ensure_root(
                session,
                self.settings.names.host(primary),
                self.secrets.root_user,
                self.secrets.root_host,
                self.secrets.root_password,
            )

    def _version_of(self, router: str) -> str:
        return router_version(self.api, self.settings, self.secrets, router)

    def _ensure_metadata(self, primary: str, mode: TopologyMode, record: Record) -> None:
        routers = router_pods(self.api, self.settings)
        with self.connect(primary, Timeouts()) as session:
            register(session, self.settings, record, mode, routers, self._version_of)
            if record.restore_phase:
                forget_other_clusters(session, record.cluster_id)
            accounts.ensure_router(session, self.settings.names.host(primary), self.secrets.router_password)


def _renamed(record: Record) -> Record:
    return replace(record, group_name=str(uuid4()))
