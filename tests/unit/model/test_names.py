"""Names of servers."""

from hypothesis import given
from hypothesis import strategies as st

from innodb_cluster.effects.mysql.group import group_configuration
from innodb_cluster.effects.performer import SPELLINGS
from innodb_cluster.model.names import spelled
from tests.unit.builders import GROUP, settings

HOST = "db-0.db-instances.ns.svc.cluster.local"
NUMBERS = st.integers(0, SPELLINGS - 1)


@given(NUMBERS, NUMBERS)
def test_each_number_spells_the_same_name_in_another_way(one: int, other: int) -> None:
    """Equal to DNS, different to whoever compares letters."""
    assert spelled(HOST, one).lower() == HOST
    assert (spelled(HOST, one) == spelled(HOST, other)) == (one == other)


def test_number_0_is_the_name_itself_and_a_name_without_letters_has_one_spelling() -> None:
    """As an address is."""
    assert spelled(HOST, 0) == HOST
    assert spelled("127.0.0.1", 999) == "127.0.0.1"


def test_a_server_is_told_its_spelling_and_is_no_seed_of_its_own() -> None:
    """It would not know itself, and ask itself whether it may join."""
    known = settings()
    found = group_configuration(known, GROUP, "db-0", known.topology_mode, "secret", spelling=5)
    assert found.local_address == "Db-0.Db-instances.ns.svc.cluster.local:3306"
    assert (
        found.seeds
        == "db-1.db-instances.ns.svc.cluster.local:3306,db-2.db-instances.ns.svc.cluster.local:3306"
    )
