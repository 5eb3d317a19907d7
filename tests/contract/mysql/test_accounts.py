"""Accounts on a real server: one that a killed Job left half made is made whole."""

from innodb_cluster.effects.mysql import accounts, statements
from innodb_cluster.effects.mysql.connection import Session
from innodb_cluster.model.names import recovery_account

HALF_MADE_ID = 4001


def grants(session: Session, user: str) -> str:
    """Give what SHOW GRANTS says of an account."""
    rows = session.query("SHOW GRANTS FOR %s@'%'", (user,))
    return "; ".join(str(value) for row in rows for value in row.values())


def test_a_root_account_without_privileges_gets_them(primary: Session) -> None:
    """The Job was killed between CREATE USER and GRANT: the password alone says nothing."""
    primary.execute(statements.create_users(1), ("boss", "%", "a password"))
    assert accounts.ensure_root(primary, "127.0.0.1", "boss", "%", "a password")
    assert "WITH GRANT OPTION" in grants(primary, "boss")
    primary.execute(statements.DROP_USER, ("boss", "%"))


def test_a_recovery_account_without_privileges_gets_them(primary: Session) -> None:
    """And the second time nothing is written."""
    account = recovery_account(HALF_MADE_ID)
    primary.execute(statements.create_users(1), (account, "%", "a password"))
    assert accounts.ensure_recovery_accounts(primary, (HALF_MADE_ID,), "secret")
    assert "REPLICATION SLAVE" in grants(primary, account)
    assert not accounts.ensure_recovery_accounts(primary, (HALF_MADE_ID,), "secret")
    accounts.forget_recovery_accounts(primary, (HALF_MADE_ID,))
