"""Every value is described where it stands, in full sentences; the README's table is made of that."""

import re
from typing import Any

from tests.chart.rendering import CHART, chart_yaml

ROW = re.compile(r"^\| ([\w.\-]+) \| \w+ \| (.*) \| (.*) \|$", re.MULTILINE)


def described() -> dict[str, str]:
    """Key and description of each row of the README's table."""
    readme = (CHART / "README.md").read_text(encoding="utf-8")
    return {key: description for key, _, description in ROW.findall(readme) if key != "Key"}


def leaves(values: dict[str, Any], prefix: str = "") -> list[str]:
    """Dotted names of all values that are no map, or an empty one."""
    result: list[str] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        result += leaves(value, f"{name}.") if isinstance(value, dict) and value else [name]
    return result


def test_every_value_is_described() -> None:
    """Itself, or by what it is a part of."""
    rows = described()
    missing = [
        leaf
        for leaf in leaves(chart_yaml("values.yaml"))
        if not any(leaf == key or leaf.startswith(f"{key}.") for key in rows)
    ]
    assert missing == []


def test_every_description_is_a_sentence() -> None:
    """Beginning with a capital or a value, and ended."""
    assert [key for key, text in described().items() if not re.match(r"^[A-Z`].*\.$", text)] == []


def test_no_description_is_longer_than_can_be_read_in_a_table() -> None:
    """What needs more belongs to the documentation."""
    assert {key: len(text) for key, text in described().items() if len(text) > 400} == {}
