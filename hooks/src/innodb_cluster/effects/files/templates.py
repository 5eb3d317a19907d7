"""Option files, rendered from ``templates/``; an undefined name is an error, never an empty string."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from innodb_cluster.model.errors import ConfigurationError

_FOLDER = Path(__file__).parents[2] / "templates"


def render(template: str, values: Mapping[str, object]) -> str:
    """Render one template; ``sql`` and ``option`` filters quote what goes into it."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - option files and SQL are not HTML
    )
    environment.filters["sql"] = sql_string
    environment.filters["option"] = option_value
    return environment.get_template(template).render(values)


def source(template: str) -> str:
    """Give the text of a template as it is."""
    return (_FOLDER / template).read_text(encoding="utf-8")


def sql_string(text: object) -> str:
    """Quote a string literal that stays on one line, as ``init_file`` needs it.

    Backslash escapes: the session's sql_mode must not have NO_BACKSLASH_ESCAPES.
    """
    escaped = "".join(_SQL_ESCAPES.get(character, character) for character in str(text))
    return f"'{escaped}'"


_SQL_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\x1a": "\\Z"}


def option_value(value: object) -> str:
    """Pass a value of an option file through when it stays one value on one line.

    Raises:
        ConfigurationError: it would end the line, or begin a comment.

    """
    text = str(value)
    if any(character in text for character in "\r\n\0#'\""):
        raise ConfigurationError("a value for an option file has a line break, quote or #", "check the names")
    return text
