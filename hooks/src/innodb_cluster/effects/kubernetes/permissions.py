"""Every verb that the code uses, by actor: what the chart's Roles must grant, and no more.

A chart test compares this table with the rendered Roles. ``create`` cannot be limited
to names (Kubernetes manual, Using RBAC Authorization, "Referring to resources"), nor
can ``list``, so they stand in rules of their own.
"""

from dataclasses import dataclass
from enum import StrEnum

from innodb_cluster.effects.kubernetes.client import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    LEASES,
    PODS,
    SECRETS,
    STATEFUL_SETS,
    Resource,
)
from innodb_cluster.model.settings import Settings


class Actor(StrEnum):
    """Who calls the API; each has a service account of its own."""

    PREPARE = "prepare"
    AGENT = "agent"
    CONVERGE = "converge"


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


def _prepare(settings: Settings) -> tuple[Rule, ...]:
    names, tls = settings.names, settings.tls
    return (
        _rule(CONFIG_MAPS, "create"),
        _rule(CONFIG_MAPS, "get", names=(names.state, names.settings)),
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
    )


def _agent(settings: Settings) -> tuple[Rule, ...]:
    names = settings.names
    return (
        _rule(PODS, "list"),
        _rule(PODS, "get patch"),
        _rule(CONFIG_MAPS, "get", names=(names.settings,)),
        _rule(CONFIG_MAPS, "get patch", names=(names.state,)),
        *_bootstrap_lease(settings),
        _rule(EVENTS, "create patch"),
    )


def _converge(settings: Settings) -> tuple[Rule, ...]:
    names = settings.names
    return (
        _rule(PODS, "list"),
        _rule(PODS, "get delete"),
        _rule(CONFIG_MAPS, "get patch", names=(names.state,)),
        _rule(SECRETS, "get", names=(names.internal_secret, settings.root_secret)),
        *_bootstrap_lease(settings),
        _rule(EVENTS, "create patch"),
        _rule(STATEFUL_SETS, "get", names=(names.cluster,)),
        _rule(DEPLOYMENTS, "get", names=(names.router,)),
    )


def _bootstrap_lease(settings: Settings) -> tuple[Rule, Rule]:
    return (
        _rule(LEASES, "create"),
        _rule(LEASES, "get patch", names=(settings.names.bootstrap_lease,)),
    )


def _rule(resource: Resource, verbs: str, names: tuple[str, ...] = ()) -> Rule:
    return Rule(resource, frozenset(verbs.split()), frozenset(names))
