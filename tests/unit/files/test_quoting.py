"""Templates and the quoting of what goes into them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from innodb_cluster.effects.files.passwords import generate_password
from innodb_cluster.effects.files.templates import option_value, render, sql_string
from innodb_cluster.model.errors import ConfigurationError


@given(st.text())
def test_a_string_literal_stays_one_literal_on_one_line(text: str) -> None:
    """Nothing in it ends the literal: what follows each backslash is skipped, then no quote is left."""
    literal = sql_string(text)
    inner = literal[1:-1]
    bare = ""
    characters = iter(inner)
    for character in characters:
        if character == "\\":
            next(characters)
        else:
            bare += character
    assert "'" not in bare
    assert not {"\n", "\r", "\0"} & set(literal)
    assert literal[0] == literal[-1] == "'"


@pytest.mark.parametrize("value", ["a\nb", "a#b", "a'b", 'a"b', "a\0b"])
def test_a_value_of_an_option_file_cannot_become_two(value: str) -> None:
    """It is refused instead of quoted: host names and paths have none of these."""
    with pytest.raises(ConfigurationError):
        option_value(value)
    assert option_value("db-0.db-instances") == "db-0.db-instances"


def test_an_undefined_name_is_an_error() -> None:
    """Never an empty option."""
    with pytest.raises(UndefinedError):
        render("my.cnf.j2", {})


def test_passwords_differ_and_satisfy_policies() -> None:
    """Each kind of character, no quoting needed anywhere."""
    passwords = {generate_password() for _ in range(50)}
    assert len(passwords) == 50
    for password in passwords:
        assert any(character.isupper() for character in password)
        assert any(character.islower() for character in password)
        assert any(character.isdigit() for character in password)
        assert set(password) - set("-_") <= set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        )
        assert "-" in password
