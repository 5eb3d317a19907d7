"""Role labels follow the majority's view."""

from innodb_cluster.decide.health import classify
from innodb_cluster.decide.labels import decide_labels, leads
from innodb_cluster.model.actions import LabelRole
from innodb_cluster.model.observation import MemberRole
from tests.unit.builders import ONLINE, RECOVERING, UNREACHABLE, member, seen


def test_right_labels_stay() -> None:
    """Nothing to patch."""
    health = classify(seen(*map(member, ("db-0", "db-1", "db-2"))))
    assert decide_labels(health, {"db-0": "primary", "db-1": "secondary", "db-2": "secondary"}) == ()


def test_only_online_members_carry_a_label() -> None:
    """A member that recovers or is gone loses it."""
    health = classify(seen(member("db-0", {"db-0": ONLINE, "db-1": RECOVERING, "db-2": UNREACHABLE})))
    labels = {"db-0": "", "db-1": "secondary", "db-2": "primary"}
    assert decide_labels(health, labels) == (
        LabelRole("db-0", MemberRole.PRIMARY),
        LabelRole("db-1", MemberRole.NONE),
        LabelRole("db-2", MemberRole.NONE),
    )


def test_a_minority_labels_nothing() -> None:
    """An isolated primary must not stay labelled by its own word, nor relabel others."""
    health = classify(seen(member("db-0", {"db-0": ONLINE, "db-1": UNREACHABLE, "db-2": UNREACHABLE})))
    assert decide_labels(health, {"db-0": "", "db-1": "primary"}) == ()
    assert not leads(health, "db-0")
