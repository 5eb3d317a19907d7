"""Decides how the data of a snapshot takes the place of a running cluster's, step by step.

The record says how far it is, so a Job that was killed goes on, and the same values
restore once. From ``REPLACE`` on the record says that no cluster exists: agents then
neither start nor join a group, and only the converge Job's creation, from the restored
volume, ends that (``docs/adr/0016-restore-is-creation-from-a-volume.md``).
"""

from dataclasses import replace

from innodb_cluster.decide.health import Health
from innodb_cluster.decide.restore_checks import restore_problems
from innodb_cluster.decide.snapshots import choose_source
from innodb_cluster.model.actions import Action
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan, Refusal
from innodb_cluster.model.record import Record
from innodb_cluster.model.restore import (
    BeginReplacement,
    BeginRestore,
    BeginStart,
    DropClaim,
    DropSafety,
    FinishRestore,
    RemakeClaim,
    RestorePhase,
    RestoreView,
    StopPod,
    TakeSafety,
    WakeController,
)
from innodb_cluster.model.snapshots import ClaimView, MadeBy, SnapshotRequest

WHAT_TO_DO = "nothing was stopped: correct restore.snapshotName and run helm upgrade again"


def is_restore_due(wanted: str, record: Record | None) -> bool:
    """Whether the values ask for another restore than the last, or one is under way."""
    return record is not None and (bool(record.restore_phase) or wanted != record.restore_applied)


def restored_seed(record: Record | None) -> str:
    """Name the pod whose volume was restored, while its group is yet to be made; else nothing.

    All other volumes are new then, so a server that does not answer hides nothing.
    """
    return record.seed if record is not None and record.restore_phase == RestorePhase.START else ""


def decide_restore(observation: Observation, health: Health, view: RestoreView | None) -> Plan | None:
    """Say what a restore needs next; None when none is due, or when creation has its turn."""
    record, wanted = observation.record, observation.settings.restore.key
    if record is None or view is None or not is_restore_due(wanted, record):
        return None
    match RestorePhase(record.restore_phase):
        case RestorePhase.NONE:
            return _begin(observation, record, health, view)
        case RestorePhase.SAFETY:
            return _safety(observation, record, health, view)
        case _ if not wanted:
            return _refuse(health, _under_way(record))
        case _ if wanted != record.restore_key:
            return _begin_replacement(observation, health, view)
        case RestorePhase.REPLACE:
            return _replace(observation, record, health, view)
        case RestorePhase.START:
            return _start(observation, record, health, view)


def _begin(observation: Observation, record: Record, health: Health, view: RestoreView) -> Plan:
    restore = observation.settings.restore
    if not restore.key:
        return Plan(health.state, "the values ask for no restore any more", (FinishRestore(""),), 0.1)
    if refusal := _problems(observation, view):
        return _refuse(health, refusal)
    if not record.is_bootstrapped:
        holders = [server.pod for server in observation.servers if server.transactions]
        if holders:
            return _refuse(health, _unknown_data(holders))
        return _begin_replacement(observation, health, view)
    if not restore.safety_snapshot:
        return _begin_replacement(observation, health, view)
    because = f"a restore of {restore.snapshot_name} begins: first a snapshot of what is there now"
    return Plan(health.state, because, (BeginRestore(restore.key),), 0.1)


def _safety(observation: Observation, record: Record, health: Health, view: RestoreView) -> Plan:
    restore = observation.settings.restore
    if restore.key != record.restore_key:
        because = "another restore is asked for, or none: this one had stopped nothing"
        return Plan(health.state, because, (FinishRestore(record.restore_applied),), 0.1)
    if refusal := _problems(observation, view):
        return _refuse(health, refusal)
    if not restore.safety_snapshot or (view.safety is not None and view.safety.is_ready):
        return _begin_replacement(observation, health, view)
    in_vain = view.safety
    if in_vain is not None and in_vain.name == view.inherited_safety and not in_vain.is_cut:
        because = f"safety snapshot {in_vain.name} came to nothing in an earlier run: another is asked for"
        return Plan(
            health.state, because, (DropSafety(in_vain.name, in_vain.uid), BeginRestore(restore.key)), 0.1
        )
    if view.safety is None:
        source = choose_source(observation)
        if isinstance(source, Refusal):
            what_to_do = "wait for the cluster, or give up what it holds with restore.safetySnapshot=false"
            return _refuse(health, Refusal(f"no safety snapshot: {source.reason}", what_to_do))
        names, class_name = observation.settings.names, observation.settings.snapshots.class_name
        claim = names.claim(source.pod)
        driver = next((found.driver for found in view.claims if found.name == claim), "")
        origin = replace(source.origin, driver=driver)
        request = SnapshotRequest(record.restore_safety, claim, class_name, MadeBy.SAFETY, origin)
        because = f"taking safety snapshot {request.name} of {source.pod}"
        return Plan(health.state, because, (TakeSafety(request),), 0.2)
    why = view.safety.error or (
        "storage copies it" if view.safety.is_cut else "no driver has taken it up yet"
    )
    return Plan(health.state, f"waiting for safety snapshot {view.safety.name} to be ready: {why}", (), 0.3)


def _begin_replacement(observation: Observation, health: Health, view: RestoreView) -> Plan:
    if refusal := _problems(observation, view):
        return _refuse(health, refusal)
    if copied := [claim.name for claim in view.claims if claim.is_copied and not claim.is_deleting]:
        until = "they cannot go until these are ready or deleted (kubectl get volumesnapshot)"
        because = f"waiting for VolumeSnapshots of {', '.join(copied)} that are under way: {until}"
        return Plan(health.state, because, (), 0.3)
    restore = observation.settings.restore
    claims = tuple(claim.uid for claim in view.claims)
    because = (
        f"restoring {restore.snapshot_name}: from here on the servers stop, and their volumes are replaced"
    )
    return Plan(health.state, because, (BeginReplacement(restore.key, claims),), 0.1)


def _replace(observation: Observation, record: Record, health: Health, view: RestoreView) -> Plan:
    """Let every old claim go with its pod, and make the first server's from the snapshot."""
    names, snapshot = observation.settings.names, observation.settings.restore.snapshot_name
    first = names.claim(record.seed)
    pods = {pod.name: pod for pod in view.pods}
    claims = {claim.name: claim for claim in view.claims}
    if _is_wrong(claims.get(first), record, first, snapshot) and (lost := _lost(record, view)):
        return _refuse(health, lost)
    wrong = [claim for claim in view.claims if _is_wrong(claim, record, first, snapshot)]
    actions: list[Action] = []
    for claim in wrong:
        pod = pods.get(claim.name.removeprefix("data-"))
        if not claim.is_deleting:
            actions.append(DropClaim(claim.name, claim.uid, hold=claim.name == first))
        if pod is not None and not pod.deleting:
            actions.append(StopPod(pod.name, pod.uid))
        if claim.name == first and claim.is_deleting and claim.is_held and pod is None:
            actions.append(RemakeClaim(first, snapshot, is_held=True))
    if first not in claims:
        actions.append(RemakeClaim(first, snapshot, is_held=False))
    if wrong or actions:
        going = ", ".join(claim.name for claim in wrong) or first
        return Plan(health.state, f"replacing volumes: {going}", tuple(actions), 0.1)
    because = f"every old volume is gone, {first} is made from {snapshot}"
    return Plan(health.state, because, (BeginStart(),), 0.1)


def _is_wrong(claim: ClaimView | None, record: Record, first: str, snapshot: str) -> bool:
    """Whether this claim holds old data, or is the first server's and holds none; no claim is wrong there as well."""
    if claim is None:
        return True
    old = claim.uid in record.restore_claims.split(",")
    return old or claim.is_deleting or (claim.name == first and claim.snapshot != snapshot)


def _start(observation: Observation, record: Record, health: Health, view: RestoreView) -> Plan | None:
    if record.is_bootstrapped:
        because = f"restored from {observation.settings.restore.snapshot_name}: the others may join"
        return Plan(health.state, because, (FinishRestore(record.restore_key),), 0.1)
    first = observation.settings.names.claim(record.seed)
    claim = next((claim for claim in view.claims if claim.name == first), None)
    is_made = claim is not None and claim.is_bound
    if not is_made and (lost := _lost(record, view)):
        return _refuse(health, lost)
    if record.seed not in {pod.name for pod in view.pods}:
        because = f"waiting for the StatefulSet to make pod {record.seed}"
        return Plan(health.state, because, (WakeController(),), 1.0)
    return None


def _problems(observation: Observation, view: RestoreView) -> Refusal | None:
    settings = observation.settings
    first = settings.names.claim(settings.names.pod(0))
    claim = next((claim for claim in view.claims if claim.name == first), None)
    found = restore_problems(settings, observation.record, view.snapshot, claim)
    return Refusal("; ".join(found), WHAT_TO_DO) if found else None


def _lost(record: Record, view: RestoreView) -> Refusal | None:
    """Say what is left to restore when the snapshot went away meanwhile."""
    if view.snapshot is not None and not view.snapshot.is_deleting:
        return None
    other = (
        f"restore what there was before: restore.snapshotName={view.safety.name}"
        if view.safety and view.safety.is_ready
        else "restore another: restore.snapshotName"
    )
    return Refusal(f"the snapshot of restore {record.restore_key} was deleted while it was restored", other)


def _under_way(record: Record) -> Refusal:
    name = record.restore_key.partition("#")[0]
    return Refusal(
        reason=f"a restore of {name} is under way, and the values ask for none: the servers' old volumes are given up",
        what_to_do=f"run helm upgrade with restore.snapshotName={name}, or with that of another snapshot",
    )


def _unknown_data(holders: list[str]) -> Refusal:
    return Refusal(
        reason=f"{', '.join(holders)} hold transactions, and the record does not say of which cluster",
        what_to_do="take restore.snapshotName out, or delete the claims whose data you do not need",
    )


def _refuse(health: Health, refusal: Refusal) -> Plan:
    return Plan(health.state, refusal.reason, refusal=refusal)
