"""Passwords that nobody has to remember."""

import secrets

_ENTROPY_BYTES = 24


def generate_password() -> str:
    """Make a password of 36 characters that need no quoting in files, URLs or statements.

    The end satisfies ``validate_password`` at every policy level, should somebody install it.
    """
    return f"{secrets.token_urlsafe(_ENTROPY_BYTES)}-Aa1"
