"""Every verb that the code uses, by actor: what the chart's Roles must grant, and no more.

A chart test compares this table with the rendered Roles. ``create`` cannot be limited
to names (Kubernetes manual, Using RBAC Authorization, "Referring to resources"), nor
can ``list``, so they stand in rules of their own.
"""

from dataclasses import dataclass
from enum import StrEnum

from innodb_cluster.effects.kubernetes.client import (
    CLAIMS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    LEASES,
    PODS,
    SECRETS,
    STATEFUL_SETS,
    VOLUME_SNAPSHOTS,
    Resource,
)
from innodb_cluster.model.names import MAX_SERVERS
from innodb_cluster.model.settings import Settings


class Actor(StrEnum):
    """Who calls the API; each has a service account of its own."""

    PREPARE = "prepare"
    AGENT = "agent"
    CONVERGE = "converge"
    SNAPSHOT = "snapshot"
    RENEW = "renew"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a Role."""

    resource: Resource
    verbs: frozenset[str]
    names: frozenset[str] = frozenset()
    """Empty: every object of the namespace."""


def rules(actor: Actor, settings: Settings) -> tuple[Rule, ...]:
    """Give the rules of an actor for one release."""
    match actor:
        case Actor.PREPARE:
            return _prepare(settings)
        case Actor.AGENT:
            return _agent(settings)
        case Actor.CONVERGE:
            return _converge(settings)
        case Actor.SNAPSHOT:
            return _snapshot(settings)
        case Actor.RENEW:
            return _renew(settings)


def _prepare(settings: Settings) -> tuple[Rule, ...]:
    names, tls = settings.names, settings.tls
    return (
        _rule(CONFIG_MAPS, "create"),
        _rule(CONFIG_MAPS, "get", names=(names.settings,)),
        _rule(CONFIG_MAPS, "get patch", names=(names.state,)),
        _rule(STATEFUL_SETS, "get delete", names=(names.cluster,)),
        _rule(CLAIMS, "get patch", names=names.claims),
        _rule(SECRETS, "create"),
        _rule(
            SECRETS,
            "get patch",
            names=(
                names.internal_secret,
                settings.root_secret,
                tls.ca_secret,
                tls.server_secret,
                tls.router_secret,
            ),
        ),
        _rule(CONFIG_MAPS, "patch", names=(names.state,)),
        *_begin_restored(settings),
    )


def _begin_restored(settings: Settings) -> tuple[Rule, ...]:
    if not settings.restore.key:
        return ()
    names = settings.names
    return (
        _rule(VOLUME_SNAPSHOTS, "get"),
        _rule(CLAIMS, "create"),
        _rule(CLAIMS, "get", names=(names.claim(names.pod(0)),)),
    )


def _agent(settings: Settings) -> tuple[Rule, ...]:
    names = settings.names
    return (
        _rule(PODS, "list"),
        _rule(PODS, "get patch"),
        _rule(CONFIG_MAPS, "get", names=(names.settings, names.mycnf)),
        _rule(STATEFUL_SETS, "get", names=(names.cluster,)),
        _rule(DEPLOYMENTS, "get", names=(names.router,)),
        _rule(CONFIG_MAPS, "get patch", names=(names.state,)),
        *_leases(names.bootstrap_lease, names.snapshot),
        _rule(EVENTS, "create patch"),
        *_take_snapshots(settings),
    )


def _converge(settings: Settings) -> tuple[Rule, ...]:
    names = settings.names
    return (
        _rule(PODS, "list"),
        _rule(PODS, "get"),
        _rule(PODS, "delete", names=names.pods(MAX_SERVERS)),
        _rule(CONFIG_MAPS, "get patch", names=(names.state,)),
        _rule(SECRETS, "get", names=(names.internal_secret, settings.root_secret)),
        *_leases(names.bootstrap_lease),
        _rule(EVENTS, "create patch list"),
        _rule(STATEFUL_SETS, "get", names=(names.cluster,)),
        _rule(DEPLOYMENTS, "get", names=(names.router,)),
        *_restore_in_place(settings),
    )


def _restore_in_place(settings: Settings) -> tuple[Rule, ...]:
    if not settings.restore.key:
        return ()
    names = settings.names
    return (
        _rule(VOLUME_SNAPSHOTS, "create get delete"),
        _rule(CLAIMS, "create"),
        _rule(CLAIMS, "get patch delete", names=names.claims),
        _rule(STATEFUL_SETS, "patch", names=(names.cluster,)),
    )


def _snapshot(settings: Settings) -> tuple[Rule, ...]:
    names = settings.names
    return (
        _rule(CONFIG_MAPS, "get", names=(names.state,)),
        *_leases(names.snapshot),
        _rule(EVENTS, "create patch"),
        *_take_snapshots(settings),
        _rule(VOLUME_SNAPSHOTS, "delete"),
    )


def _renew(settings: Settings) -> tuple[Rule, ...]:
    """Replace what is in these Secrets; make none."""
    tls = settings.tls
    return (_rule(SECRETS, "get patch", names=(tls.ca_secret, tls.server_secret, tls.router_secret)),)


def _take_snapshots(settings: Settings) -> tuple[Rule, Rule]:
    """Snapshots have names that nobody knows beforehand; claims have not."""
    return (
        _rule(VOLUME_SNAPSHOTS, "create get list"),
        _rule(CLAIMS, "get", names=settings.names.claims),
    )


def _leases(*names: str) -> tuple[Rule, Rule]:
    return (_rule(LEASES, "create"), _rule(LEASES, "get patch", names=names))


def _rule(resource: Resource, verbs: str, names: tuple[str, ...] = ()) -> Rule:
    return Rule(resource, frozenset(verbs.split()), frozenset(names))
