"""Tokens: what shows that whoever answers a letter of ours has read it.

A token is an HMAC (RFC 2104) with SHA-256 over what it is for and the letter's name, under a secret of
this ledger.  160 of its 256 bits travel, in letters and digits that no mail program breaks or changes.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.records import Message

MAC_OCTETS = 20  # 160 bits: 32 characters of base32 (RFC 4648 section 6) without padding
MAX_TOKENS = 20

_TOKEN = re.compile(r"\bug-([0-9a-z][0-9a-z-]{0,39})-([a-z2-7]{32})\b", re.ASCII | re.IGNORECASE)


def token_of(secret: bytes, letter: str) -> str:
    """The token of the letter of this name (digits, small letters, hyphens)."""
    mac = hmac.new(secret, f"unghost\0reply\0{letter}".encode(), sha256).digest()[:MAC_OCTETS]
    return f"ug-{letter}-{b32encode(mac).decode().lower()}"


def letter_of(secret: bytes, token: str) -> str:
    """The name of the letter a token is of; empty when it is forged, or of another ledger."""
    found = _TOKEN.fullmatch(token)
    letter = found[1].lower() if found else ""
    return letter if letter and hmac.compare_digest(token_of(secret, letter), token.lower()) else ""


def tokens_in(message: Message) -> list[str]:
    """What looks like a token in a message, the likeliest place first, each once."""
    places = (message.in_reply_to, *reversed(message.references), message.subject, message.text, message.quoted)
    found: dict[str, None] = {}
    for place in places:
        for token in _TOKEN.finditer(place):
            found.setdefault(token[0].lower())
            if len(found) == MAX_TOKENS:
                return list(found)
    return list(found)


def without_tokens(line: str) -> str:
    """A line without the tokens in it."""
    return _TOKEN.sub("", line)
