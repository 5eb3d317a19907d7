"""Builders of what the prepare hook sees."""

from dataclasses import replace
from datetime import datetime, timedelta

from innodb_cluster.decide.preparation import PreparationView
from innodb_cluster.effects.kubernetes.client import CLAIMS, STATEFUL_SETS
from innodb_cluster.model.certificates import (
    Certificate,
    CertificateFacts,
    CertificateSet,
    router_host_names,
    server_host_names,
)
from innodb_cluster.model.credentials import INTERNAL_KEYS, Credentials
from innodb_cluster.model.settings import Settings, TlsMode, TlsSettings
from tests.unit import builders
from tests.unit.kubernetes.fake_clock import START
from tests.unit.kubernetes.in_memory_api import InMemoryApi

NOW = START


def settings(
    *,
    tls: TlsMode = TlsMode.SELF_SIGNED,
    external: bool = False,
    primary: str = "",
    base_server_id: int = 1000,
) -> Settings:
    """Settings of a release called ``db`` in namespace ``ns``."""
    return replace(
        builders.settings(),
        tls=TlsSettings(tls, "db-ca", "db-tls", "db-router-tls"),
        root_secret_is_external=external,
        topology_primary=primary,
        base_server_id=base_server_id,
    )


def certificate(
    host_names: frozenset[str] = frozenset(),
    *,
    begins: timedelta = timedelta(days=-1),
    ends: timedelta = timedelta(days=300),
    matches_key: bool = True,
    is_trusted: bool = True,
    is_rsa: bool = True,
    now: datetime = NOW,
) -> CertificateFacts:
    """A good certificate, but for what the test names."""
    return CertificateFacts(now + begins, now + ends, host_names, matches_key, is_trusted, is_rsa)


def new_release(wanted: Settings | None = None) -> PreparationView:
    """What a first install sees: nothing."""
    wanted = wanted or settings()
    return PreparationView(
        settings=wanted,
        previous_settings=None,
        record=None,
        internal_keys=None,
        credentials=None,
        asked=None if wanted.root_secret_is_external else Credentials("root", "%"),
        certificates=CertificateSet(None, None, None),
    )


def prepared(wanted: Settings | None = None) -> PreparationView:
    """What an upgrade sees when nothing is to be made."""
    wanted = wanted or settings()
    return replace(
        new_release(wanted),
        previous_settings=wanted,
        record=builders.record(),
        internal_keys=frozenset(INTERNAL_KEYS),
        credentials={"rootUser": "root", "rootHost": "%", "rootPassword": "kept"},
        certificates=certificates(wanted),
    )


def certificates(wanted: Settings | None = None) -> CertificateSet:
    """Certificates of which none is due."""
    wanted = wanted or settings()
    return CertificateSet(
        authority=certificate(begins=timedelta(days=-600), ends=timedelta(days=3000)),
        server=certificate(server_host_names(wanted.names)),
        router=certificate(router_host_names(wanted)),
    )


def with_certificates(view: PreparationView, **others: Certificate) -> PreparationView:
    """The same view, but for the certificates that the test names."""
    return replace(view, certificates=replace(view.certificates, **others))


def put_volumes(
    api: InMemoryApi, storage: str, *, template: bool = True, storage_class: str | None = None
) -> None:
    """Put the StatefulSet and the three bound claims of release ``db`` there."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    named = spec if storage_class is None else spec | {"storageClassName": storage_class}
    if template:
        templates = [{"metadata": {"name": "data"}, "spec": named}]
        api.put(STATEFUL_SETS.path("ns", "db"), {"spec": {"volumeClaimTemplates": templates}})
    for ordinal in range(3):
        bound = {"spec": spec | {"storageClassName": "fast"}, "status": {"phase": "Bound"}}
        api.put(CLAIMS.path("ns", f"data-db-{ordinal}"), bound)
