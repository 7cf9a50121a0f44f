"""What a stranger wrote, made safe to read: no hidden characters, no endless names, no domain in disguise."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.records import Address, Application

# Control, format (bidirectional overrides among them), private, unassigned, surrogates, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
MAX_NAME, MAX_SUBJECT = 60, 120  # characters


def printable(text: str) -> str:
    """Text without control, bidirectional and other invisible characters: what a reader sees is what is there."""
    return "".join(char for char in text if char == "\n" or unicodedata.category(char) not in _HIDDEN)


def short(text: str, most: int = MAX_NAME) -> str:
    """One line of at most ``most`` characters, with an ellipsis where something was cut off."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def name_of(application: Application) -> str:
    """An application in words: employer and role."""
    return f"{application.employer}, {application.role}" if application.role else application.employer


def sender_of(address: Address) -> str:
    """Who wrote, by name and address: a name alone may say anything."""
    local, at, domain = address.addr_spec.rpartition("@")
    spec = f"{local}{at}{ascii_domain(domain)}"
    return f"{short(address.display_name)}, {short(spec)}" if address.display_name else short(spec)


def ascii_domain(domain: str) -> str:
    """A domain as the DNS knows it (RFC 3492): letters that only look like others are seen to be others."""
    labels = unicodedata.normalize("NFKC", domain).lower().split(".")
    return ".".join(each if each.isascii() else f"xn--{each.encode('punycode').decode('ascii')}" for each in labels)
