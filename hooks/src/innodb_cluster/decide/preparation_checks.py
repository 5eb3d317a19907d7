"""What is wrong with a configuration, found before anything is made: every problem is one sentence."""

import ipaddress
import re
from collections.abc import Mapping
from contextlib import suppress

from innodb_cluster.model.credentials import CREDENTIAL_KEYS, Credentials
from innodb_cluster.model.names import ADMIN_ACCOUNT, MAX_SERVERS, ROUTER_ACCOUNT
from innodb_cluster.model.record import Record
from innodb_cluster.model.settings import Settings, TopologyMode

MAX_USER_CHARACTERS = 32
MAX_HOST_CHARACTERS = 255
"""MySQL manual, Grant Tables; the same limit holds for report_host."""
MAX_PASSWORD_BYTES = 256
"""caching_sha2_password refuses longer ones."""
MAX_CLUSTER_CHARACTERS = 52
"""A StatefulSet's name and its controller-revision-hash must fit into a label of 63 characters."""
MAX_SERVER_ID = 2**32 - 1
_RESERVED_USERS = re.compile(
    rf"{ADMIN_ACCOUNT}|{ROUTER_ACCOUNT}|mysql_innodb_cluster_\d+|mysql\.(sys|session|infoschema)"
)
_DNS_NAME = re.compile(
    r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE
)


def settings_problems(settings: Settings) -> tuple[str, ...]:
    """Find contradictions and limits that the values' schema cannot express."""
    return tuple(problem for problem in _settings_problems(settings) if problem)


def upgrade_problems(previous: Settings | None, settings: Settings, record: Record | None) -> tuple[str, ...]:
    """Find changes that a cluster with data cannot follow."""
    if previous is None or record is None or not record.is_bootstrapped:
        return ()
    fixed = (
        ("baseServerId", previous.base_server_id, settings.base_server_id),
        ("clusterDomain", previous.names.domain, settings.names.domain),
    )
    return tuple(
        f"{key} is {before} and cannot become {after}: the cluster exists and its members are known by it"
        for key, before, after in fixed
        if before != after
    )


def internal_problems(
    keys: frozenset[str] | None, previous: Settings | None, record: Record | None
) -> tuple[str, ...]:
    """Refuse to make new internal passwords beside servers that run with the old ones.

    Those know them by their own accounts: nobody could ask them any more, and no member join.
    """
    if keys is not None or previous is None or record is None or not record.is_bootstrapped:
        return ()
    name = previous.names.internal_secret
    problem = f"Secret {name} of the running cluster was deleted: put it back from a running pod, where it is still mounted"
    return (f"{problem} (docs/operations/deleted-secret.md)",)


def credential_problems(
    settings: Settings, existing: Mapping[str, str] | None, asked: Credentials | None
) -> tuple[str, ...]:
    """Find what keeps the root account from being made; passwords are never shown."""
    if asked is not None:
        return _account_problems(asked, "credentials.root")
    if existing is None:
        return (f"Secret {settings.root_secret} does not exist: credentials.existingSecret names it",)
    missing = [key for key in CREDENTIAL_KEYS if not existing.get(key)]
    if missing:
        return (f"Secret {settings.root_secret} lacks {', '.join(missing)}",)
    return _account_problems(Credentials.from_data(existing), f"Secret {settings.root_secret}")


def _settings_problems(settings: Settings) -> tuple[str, ...]:
    names, primary = settings.names, settings.topology_primary
    host = names.host(names.pod(MAX_SERVERS - 1))
    return (
        f"topology.primary is {primary}, which is none of {', '.join(settings.pods)}"
        if primary and primary not in settings.pods
        else "",
        f"topology.primary is {primary} and topology.mode is multi-primary, where every member is one: leave it empty"
        if primary and settings.topology_mode is TopologyMode.MULTI_PRIMARY
        else "",
        f"baseServerId is {settings.base_server_id}, which leaves no room for {MAX_SERVERS} servers from 1 to {MAX_SERVER_ID}"
        if not 1 <= settings.base_server_id <= MAX_SERVER_ID - MAX_SERVERS
        else "",
        f"the name {names.cluster} has more than {MAX_CLUSTER_CHARACTERS} characters"
        if len(names.cluster) > MAX_CLUSTER_CHARACTERS
        else "",
        f"the host name {host} has more than {MAX_HOST_CHARACTERS} characters"
        if len(host) > MAX_HOST_CHARACTERS
        else "",
        *(
            f"tls.extraHostNames has {name}, which is neither a DNS name nor an address"
            for name in settings.extra_host_names
            if not _is_host(name)
        ),
    )


def _account_problems(account: Credentials, source: str) -> tuple[str, ...]:
    is_agents = account.user == "root" and account.host == "localhost"
    checks = (
        (not account.user, "the user is empty"),
        (not account.host, "the host is empty; % means any"),
        (len(account.user) > MAX_USER_CHARACTERS, f"the user has more than {MAX_USER_CHARACTERS} characters"),
        (len(account.host) > MAX_HOST_CHARACTERS, f"the host has more than {MAX_HOST_CHARACTERS} characters"),
        (
            _RESERVED_USERS.fullmatch(account.user) is not None,
            f"the user {account.user} is the cluster's own",
        ),
        (is_agents, "root@localhost is the agent's own account; take another host, such as %"),
        (
            len(account.password.encode()) > MAX_PASSWORD_BYTES,
            f"the password has more than {MAX_PASSWORD_BYTES} bytes",
        ),
        (
            any(ord(character) < ord(" ") for character in account.password),
            "the password has a line break or another control character",
        ),
    )
    return tuple(f"{source}: {problem}" for is_wrong, problem in checks if is_wrong)


def _is_host(name: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return len(name) <= MAX_HOST_CHARACTERS and _DNS_NAME.fullmatch(name) is not None
