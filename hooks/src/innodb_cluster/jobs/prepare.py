"""``innodb-cluster job prepare``: makes what must exist once and stay, before the chart's own objects.

Runs before every install, upgrade and rollback. What it makes is not Helm's, so
that passwords, certificates and the record outlive the release together with the
data. It observes, decides and performs until nothing is left to do, so it can be
killed at any moment and run again.
"""

from contextlib import suppress
from dataclasses import replace
from typing import assert_never
from uuid import uuid4

from innodb_cluster.configuration import load_job
from innodb_cluster.decide.certificates import IssueAuthority, IssueCertificate
from innodb_cluster.decide.preparation import (
    FillInternal,
    MakeRecord,
    MakeRestoredClaim,
    PreparationPlan,
    PreparationView,
    Step,
    TakeRestoreAsDone,
    WriteCredentials,
    decide_preparation,
)
from innodb_cluster.decide.server_options import split_marker
from innodb_cluster.effects.clock import Clock, SystemClock
from innodb_cluster.effects.files.passwords import generate_password
from innodb_cluster.effects.files.paths import PATHS, Paths
from innodb_cluster.effects.files.store import read_optional
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import ConflictError
from innodb_cluster.effects.log import get_logger
from innodb_cluster.jobs.certificates import issue, observe_certificates, write_secret
from innodb_cluster.jobs.scale_down import ScaleDown, reach_servers
from innodb_cluster.jobs.storage import Volumes
from innodb_cluster.model.credentials import HOST_KEY, PASSWORD_KEY, USER_KEY, Credentials
from innodb_cluster.model.errors import ConfigurationError, OutOfTimeError, TemporaryError
from innodb_cluster.model.record import Record
from innodb_cluster.model.restore import RestorePhase
from innodb_cluster.model.settings import Settings

MAX_ROUNDS = 5
"""Two are needed at an install: certificates follow their CA. More only when someone else writes too."""
RETRY_SECONDS = 2

log = get_logger()


def run(*, is_rollback: bool) -> int:
    """Prepare the release that the environment describes; 0 when done, errors carry their exit status."""
    job = load_job()
    settings = job.parsed_settings()
    api = KubernetesApi(settings.names.namespace)
    prepare_in_time(settings, api, SystemClock(), is_rollback=is_rollback)
    return 0


def prepare_in_time(
    settings: Settings,
    api: KubernetesApi,
    clock: Clock,
    paths: Paths = PATHS,
    *,
    is_rollback: bool = False,
) -> None:
    """Prepare, and try again until the Job's deadline: another pod would cost more than another try.

    Volumes grow and members leave last, when nothing else is left that could be refused.

    Raises:
        ConfigurationError: the values or the user's own Secrets cannot work.
        RefusedError: members that would have to leave are needed.
        OutOfTimeError: the deadline has come; the last reason.

    """
    volumes = Volumes(settings, api, clock, is_rollback=is_rollback)
    deadline_seconds = clock.monotonic_seconds() + settings.job_deadline_seconds
    while True:
        try:
            prepare(settings, api, clock, paths, is_rollback=is_rollback)
            planned = volumes.check()
            ScaleDown(settings, api, clock, lambda: reach_servers(settings, api, paths)).run(deadline_seconds)
            volumes.apply(planned, deadline_seconds)
        except TemporaryError as error:
            if clock.monotonic_seconds() + RETRY_SECONDS > deadline_seconds:
                raise OutOfTimeError(error.reason, error.what_to_do) from error
            log.warning("not yet, trying again", reason=str(error))
            clock.sleep(RETRY_SECONDS)
        else:
            return


def prepare(
    settings: Settings, api: KubernetesApi, clock: Clock, paths: Paths = PATHS, *, is_rollback: bool = False
) -> None:
    """Observe, decide and perform until the plan is empty.

    Raises:
        ConfigurationError: the values or the user's own Secrets cannot work.
        TemporaryError: the API does not answer, or someone else keeps writing the same objects.

    """
    log.info("preparing", cluster=settings.names.cluster, namespace=settings.names.namespace)
    notes: tuple[str, ...] = ()
    for _ in range(MAX_ROUNDS):
        plan = decide_preparation(observe(settings, api, paths, is_rollback=is_rollback), clock.now())
        _refuse_problems(plan)
        for note in plan.notes:
            if note not in notes:
                log.warning("worth knowing", note=note)
        notes = plan.notes
        if not plan.steps:
            log.info("prepared: Secrets, certificates and record are there", cluster=settings.names.cluster)
            return
        for step in plan.steps:
            perform(step, settings, api, clock)
    raise TemporaryError("someone else keeps changing the release's Secrets", "run one upgrade at a time")


def observe(
    settings: Settings, api: KubernetesApi, paths: Paths, *, is_rollback: bool = False
) -> PreparationView:
    """Read everything that the decision needs."""
    restore = settings.restore.snapshot_name
    names = settings.names
    internal = api.read_secret(names.internal_secret)
    found = api.read_record(names)
    return PreparationView(
        settings=settings,
        previous_settings=_previous_settings(settings, api),
        record=found[0] if found else None,
        internal_keys=None
        if internal is None
        else frozenset(key for key, value in internal.items() if value),
        credentials=api.read_secret(settings.root_secret),
        asked=None if settings.root_secret_is_external else _asked(settings, paths),
        certificates=observe_certificates(settings, api),
        is_rollback=is_rollback,
        snapshot=api.read_snapshot(restore) if restore else None,
        first_claim=api.read_claim(names.claim(names.pod(0))) if restore else None,
        mycnf=split_marker(read_optional(paths.extra) or "")[0],
        verdict=_verdict(paths),
    )


def perform(step: Step, settings: Settings, api: KubernetesApi, clock: Clock) -> None:
    """Do one step. Who finds the object made in between does nothing: the next round looks again."""
    names = settings.names
    match step:
        case MakeRecord(restore_key):
            record = _new_record(settings, restore_key)
            api.create_record(names, record)
            log.info("made the record of the cluster", config_map=names.state, group=record.group_name)
        case MakeRestoredClaim(snapshot):
            claim = names.claim(names.pod(0))
            with suppress(ConflictError):
                api.create_claim(settings, claim, snapshot)
            log.info("made the first server's claim from a snapshot", name=claim, snapshot=snapshot)
        case TakeRestoreAsDone(key):
            api.update_record(names, lambda record: replace(record, restore_applied=key))
            log.info("a rollback restores no data", restore=key or "none")
        case FillInternal(keys):
            write_secret(settings, api, names.internal_secret, {key: generate_password() for key in keys})
            log.info("generated internal passwords", name=names.internal_secret, keys=",".join(keys))
        case WriteCredentials(credentials, because):
            password = credentials.password or generate_password()
            data = Credentials(credentials.user, credentials.host, password).to_data()
            write_secret(settings, api, settings.root_secret, data)
            log.info("wrote the root account", name=settings.root_secret, because=because)
        case IssueAuthority() | IssueCertificate():
            issue(step, settings, api, clock)
        case _:
            assert_never(step)


def _new_record(settings: Settings, restore_key: str) -> Record:
    """Give the record of a cluster that does not exist yet; one that begins with a snapshot is a restore under way."""
    record = Record(settings.names.cluster, group_name=str(uuid4()), cluster_id=str(uuid4()))
    if not restore_key:
        return record
    return replace(
        record,
        seed=settings.names.pod(0),
        restore_key=restore_key,
        restore_phase=RestorePhase.REPLACE,
        restore_identity=str(uuid4()),
    )


def _asked(settings: Settings, paths: Paths) -> Credentials:
    """Read what the values say of the root account; the password comes through a mounted Secret alone."""
    folder = paths.credentials_input
    return Credentials(
        read_optional(folder / USER_KEY) or settings.root_user,
        read_optional(folder / HOST_KEY) or settings.root_host,
        read_optional(folder / PASSWORD_KEY) or "",
    )


def _verdict(paths: Paths) -> str:
    """Give mysqld's words on ``serverConfig.mycnf`` when it refuses it.

    Raises:
        TemporaryError: it has not spoken yet.

    """
    if not split_marker(read_optional(paths.extra) or "")[0]:
        return ""
    status = (read_optional(paths.validation / "status") or "").strip()
    if not status:
        reason = "mysqld has not looked at serverConfig.mycnf yet: its container has not run"
        raise TemporaryError(reason, "see whether the image that images.server names can be pulled")
    output = (read_optional(paths.validation / "output") or "").strip()
    return "" if status == "0" else output or f"mysqld --validate-config ended with status {status}"


def _previous_settings(settings: Settings, api: KubernetesApi) -> Settings | None:
    """Read the installed release's settings; unreadable ones, of another version, forbid nothing."""
    with suppress(ConfigurationError, TemporaryError):
        return api.read_settings(settings.names)
    return None


def _refuse_problems(plan: PreparationPlan) -> None:
    if plan.problems:
        raise ConfigurationError("; ".join(plan.problems), "correct the values and run helm again")
