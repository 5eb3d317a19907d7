"""GTID sets behave as sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innodb_cluster.model.gtid import GtidSet, parse_gtid_set

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
B = "4e11fa47-71ca-11e1-9e33-c80aa9429562"

numbers = st.sets(st.integers(1, 40), max_size=12)
sources = st.sampled_from([A, B, f"{A}:tag"])


@st.composite
def models(draw: st.DrawFn) -> set[tuple[str, int]]:
    """Draw a GTID set as a plain set of pairs."""
    return {(source, number) for source in (A, B, f"{A}:tag") for number in draw(numbers)}


def built(model: set[tuple[str, int]]) -> GtidSet:
    """Build the real set from the plain one."""
    return parse_gtid_set(",".join(f"{source}:{number}" for source, number in model))


@given(models(), models())
def test_union_difference_and_containment_agree_with_plain_sets(
    left: set[tuple[str, int]], right: set[tuple[str, int]]
) -> None:
    """Whatever the intervals, the operations are those of sets."""
    assert built(left) | built(right) == built(left | right)
    assert built(left) - built(right) == built(left - right)
    assert built(left).contains(built(right)) == (left >= right)
    assert bool(built(left)) == bool(left)


@given(models())
def test_what_is_printed_is_read_back(model: set[tuple[str, int]]) -> None:
    """Printing and parsing are inverse."""
    assert parse_gtid_set(str(built(model))) == built(model)


def test_mysql_own_notation_is_read() -> None:
    """Line breaks, upper case, several intervals and tags in one part."""
    read = parse_gtid_set(f"{A.upper()}:1-3:5:tag:1-2,\n{B}:7")
    assert str(read) == f"{A}:1-3:5,{A}:tag:1-2,{B}:7"


def test_a_larger_count_is_not_a_superset() -> None:
    """Two transactions of one source do not cover one of another."""
    assert not parse_gtid_set(f"{A}:1-100").contains(parse_gtid_set(f"{B}:1"))


@pytest.mark.parametrize("text", ["nonsense", "uuid", f"{A}:", f"{A}:tag"])
def test_anything_else_is_an_error(text: str) -> None:
    """Half a GTID set never passes for an empty one."""
    with pytest.raises(ValueError, match="not a GTID set"):
        parse_gtid_set(text)
