"""Makes accounts what the Secrets say, through a primary, writing only what differs."""

from itertools import chain

from innodb_cluster.effects.mysql import statements
from innodb_cluster.effects.mysql.connection import QUICK, AccessDeniedError, Session, connect_tcp
from innodb_cluster.effects.mysql.metadata import ensure_router_account
from innodb_cluster.model.names import MYSQL_PORT, ROUTER_ACCOUNT, recovery_account, recovery_password


def ensure_root(session: Session, host: str, user: str, account_host: str, password: str) -> bool:
    """Make the root account log in with this password; say whether anything was written.

    The password is tried first, so that an upgrade with unchanged values writes nothing.
    """
    may = session.query(statements.USER_MAY[statements.GRANT_ALL], (user, account_host))
    if may and _can_log_in(host, user, password):
        return False
    if _exists(session, user, account_host):
        session.execute(statements.ALTER_USER, (user, account_host, password))
    else:
        session.execute(statements.create_users(1), (user, account_host, password))
    session.execute(statements.GRANT_ALL, (user, account_host))
    return True


def ensure_recovery_accounts(session: Session, server_ids: tuple[int, ...], secret: str) -> bool:
    """Make a recovery account for each member; say whether anything was written."""
    missing = [
        account
        for account in map(recovery_account, server_ids)
        if not session.query(statements.USER_MAY[statements.GRANT_RECOVERY], (account, "%"))
    ]
    if missing:
        # All in one statement each: a statement costs a round of the group, and joining members wait for these.
        created = [(account, "%", recovery_password(secret, account)) for account in missing]
        session.execute(statements.create_users(len(missing)), tuple(chain.from_iterable(created)))
        granted = [(account, "%") for account in missing]
        session.execute(statements.grant_recovery(len(missing)), tuple(chain.from_iterable(granted)))
    return bool(missing)


def forget_recovery_accounts(session: Session, server_ids: tuple[int, ...]) -> bool:
    """Drop the recovery accounts of members that have left for good; say whether anything was written."""
    unused = [account for account in map(recovery_account, server_ids) if _exists(session, account, "%")]
    for account in unused:
        session.execute(statements.DROP_USER, (account, "%"))
    return bool(unused)


def ensure_router(session: Session, host: str, password: str) -> bool:
    """Make the account that routers read the metadata with; say whether anything was written."""
    written = ensure_router_account(session, ROUTER_ACCOUNT, password)
    if _can_log_in(host, ROUTER_ACCOUNT, password):
        return written
    session.execute(statements.ALTER_USER, (ROUTER_ACCOUNT, "%", password))
    return True


def _exists(session: Session, user: str, host: str) -> bool:
    return bool(session.query(statements.USER_EXISTS, (user, host)))


def _can_log_in(host: str, user: str, password: str) -> bool:
    try:
        connect_tcp(host, MYSQL_PORT, user, password, timeouts=QUICK).close()
    except AccessDeniedError:
        return False
    return True
