"""Carries out what lets members leave for good, before Kubernetes removes their pods."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias, assert_never

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql import group, topology
from innodb_cluster.effects.mysql.connection import PATIENT, Session, Timeouts
from innodb_cluster.model.actions import RecordAdmitted, RecordMembers, RetireMember, SwitchPrimary
from innodb_cluster.model.names import Names

LeavingAction: TypeAlias = RecordAdmitted | SwitchPrimary | RetireMember | RecordMembers


def perform(
    action: LeavingAction, names: Names, api: KubernetesApi, connect: Callable[[str, Timeouts], Session]
) -> None:
    """Carry out one action.

    Raises:
        TemporaryError: it did not work this time; the next observation decides anew.
        InnodbClusterError: the server or the API refused it.

    """
    match action:
        case RecordAdmitted(count):
            api.update_record(names, lambda record: replace(record, admitted_instances=str(count)))
        case SwitchPrimary(through, _, server_uuid):
            with connect(through, PATIENT) as session:
                topology.switch_primary(session, server_uuid)
        case RetireMember(pod):
            with connect(pod, PATIENT) as session:
                group.retire(session)
        case RecordMembers(count):
            api.update_record(
                names, lambda record: replace(record, server_instances=str(count), admitted_instances="")
            )
        case _:
            assert_never(action)
