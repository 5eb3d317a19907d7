"""Failures, sorted by what the caller must do next.

The exit statuses are part of the outward contract: a hook Job stops at once on 64
and 65 (its ``podFailurePolicy``) and tries again on 75. On 69 it stops too: its time
is over, and helm cannot show the log of a failed pod beside one that is just starting.
"""


class InnodbClusterError(Exception):
    """A failure that names what is wrong and what to do about it."""

    exit_code = 70

    def __init__(self, reason: str, what_to_do: str = "") -> None:
        """Keep the two halves of the message apart, so that logs can show them as keys."""
        super().__init__(f"{reason}. {what_to_do}" if what_to_do else reason)
        self.reason = reason
        self.what_to_do = what_to_do


class ConfigurationError(InnodbClusterError):
    """A value, Secret or file is wrong; trying again cannot help."""

    exit_code = 64


class RefusedError(InnodbClusterError):
    """Going on would lose data or split the group."""

    exit_code = 65


class TemporaryError(InnodbClusterError):
    """Not yet; the same call may work later."""

    exit_code = 75


class OutOfTimeError(TemporaryError):
    """Not yet, and a hook Job's time is over: another pod of it would come too late."""

    exit_code = 69
