"""What the values say of mysqld's options, beside what was last applied."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Assignment:
    """One variable of a running server, and what it is to be."""

    name: str
    value: str | None = field(repr=False)
    """As the option file has it; None: the server's default. Not shown: it may be a secret."""

    def __str__(self) -> str:
        """Give the name alone."""
        return self.name


@dataclass(frozen=True, slots=True)
class WantedOptions:
    """``serverConfig.mycnf`` as it is now."""

    text: str = field(repr=False)
    marker: str
    """What a mysqld that was started with this text shows as ``report_user``."""
    base_names: tuple[str, ...] = ()
    """Options that the chart sets before it: without the user's line theirs counts, not the server's default."""


@dataclass(frozen=True, slots=True)
class OptionOutcome:
    """What one server said when the options were set on it."""

    pod: str
    refused: tuple[str, ...]
    """Options that it takes only at a start."""
