"""What we take for a mail address."""

from __future__ import annotations

import re

MAX_ADDRESS = 254  # RFC 5321 section 4.5.3.1.3, without its brackets

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"  # RFC 5322 section 3.2.3


def is_address(value: str) -> bool:
    """Whether this is an addr-spec (RFC 5322 section 3.4.1) with no comment, no quotes and nothing around it.

    Nor may it look like an encoded word (RFC 2047), which some would read as another address.
    """
    return (
        len(value) <= MAX_ADDRESS
        and "=?" not in value
        and bool(re.fullmatch(f"{_ATOM}(?:\\.{_ATOM})*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", value))
    )


def checked_address(value: str) -> str:
    """An addr-spec (RFC 5322 section 3.4.1) that every server takes: plain ASCII, nothing around it."""
    if not is_address(value):
        raise ValueError(f"{value!r} is no plain mail address; write one like 'you@example.com'")
    return value
