"""Routers come and go in the metadata."""

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.model.actions import EnsureMetadata
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import TopologyMode
from tests.unit.builders import member, record, seen

PODS = ("db-0", "db-1", "db-2")
WHOLE = seen(*map(member, PODS), written=record())


def progress(routers: tuple[str, ...], shown: tuple[str, ...], waiting: tuple[str, ...] = ()) -> Progress:
    """Everything is done but for the routers."""
    return Progress(
        accounts_done=True,
        metadata_members=PODS,
        routers=routers,
        metadata_routers=shown,
        routers_waited_for=waiting,
    )


def test_a_router_that_came_or_went_is_shown() -> None:
    """As soon as all of them route."""
    for routers, shown in ((("r-1", "r-2"), ("r-1",)), (("r-1",), ("r-1", "r-2")), ((), ("r-1",))):
        plan = decide_creation(WHOLE, progress(routers, shown))
        assert plan.actions == (EnsureMetadata("db-0", TopologyMode.SINGLE_PRIMARY),), routers


def test_routers_that_do_not_route_yet_are_waited_for_first() -> None:
    """One write for all of them."""
    plan = decide_creation(WHOLE, progress(("r-1", "r-2"), ("r-1",), ("r-2 (no destination)",)))
    assert plan.actions == ()
    assert "waiting for routers" in plan.because


def test_without_a_change_nothing_is_written() -> None:
    """Nor with no router at all."""
    for routers in (("r-1",), ()):
        assert decide_creation(WHOLE, progress(routers, routers)).done
