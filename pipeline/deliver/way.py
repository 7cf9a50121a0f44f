"""The one door out: every letter passes ``hand_in``, and goes to the user or nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from email.parser import BytesHeaderParser
from email.policy import SMTP
from typing import TYPE_CHECKING

from pipeline.records import Sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage

    from pipeline.records import Letter

    Send = Callable[["Envelope", Letter, Callable[[], None]], tuple[Sending, str]]
    Look = Callable[[Letter], bool | None]

# Every field a letter of ours may have, and once each: what is not here may name somebody (Bcc, Resent-To ...).
FIELDS = frozenset((
    "from", "to", "reply-to", "date", "subject", "message-id", "in-reply-to", "references", "mime-version",
    "content-type", "content-transfer-encoding", "content-language", "list-id", "auto-submitted",
    "x-auto-response-suppress", "x-unghost-digest",
))  # fmt: skip
MAX_LINE = 998  # RFC 5322 section 2.1.1, without the CRLF


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who it is from, and ``digest.to``: the only addresses anything is ever sent to.

    ``zone`` is the reader's, by which a failure names the day of a letter.
    """

    sender: str
    recipients: tuple[str, ...]
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Way:
    """How a letter gets to the user, and how one finds out whether it has.

    ``send`` tells what became of it, with the words of whoever refused, and calls its last argument just
    before anybody may keep it.  ``look`` says whether a letter has arrived: True or False where that
    is certain, None where nobody can say.
    """

    send: Send
    look: Look


def hand_in(way: Way, envelope: Envelope, letter: Letter, before: Callable[[], None]) -> tuple[Sending, str]:
    """What became of a letter: FAILED, and nobody asked to carry it, when it names anybody but the user."""
    if problem := problem_of(letter.octets, envelope):
        return Sending.FAILED, problem
    return way.send(envelope, letter, before)


def problem_of(octets: bytes, envelope: Envelope) -> str:
    """Why this must not be sent, "" if it may: wrong addressees, unknown fields, octets no server has to take."""
    if not envelope.recipients:
        return "digest.to names nobody"
    if any(not _is_plain(address) for address in (envelope.sender, *envelope.recipients)):
        return "an address of the envelope is none"
    head = BytesHeaderParser(policy=SMTP).parsebytes(octets)
    names = [name.lower() for name in head]
    if unknown := sorted(set(names) - FIELDS) or sorted({name for name in names if names.count(name) > 1}):
        return f"its field {unknown[0]} is one too many"
    return _misled(head, envelope) or ("" if _is_clean(octets) else "its octets are not those of a mail")


def _misled(head: EmailMessage, envelope: Envelope) -> str:
    """Whom else it or an answer to it would go to, in words; "" when nobody."""
    try:
        to, from_, reply_to = (addressees(head, field) for field in ("to", "from", "reply-to"))
    except Exception:  # noqa: BLE001  the library's parser fails in many ways on what is no address
        return "one of its addresses cannot be read"
    if to != sorted(envelope.recipients):
        return "it is not addressed to digest.to and nobody else"
    if not {*from_, *reply_to} <= {envelope.sender, *envelope.recipients}:
        return "an answer to it would go to somebody else"
    return ""


def addressees(head: EmailMessage, field: str) -> list[str]:
    """The addresses in a field, as they are written there, in order of the alphabet."""
    return sorted(address.addr_spec for address in getattr(head[field], "addresses", ()))


def _is_plain(address: str) -> bool:
    return address.isascii() and address.isprintable() and " " not in address and address.count("@") == 1


def _is_clean(octets: bytes) -> bool:
    """Whether it is ASCII in lines of CRLF that are not too long (RFC 5322 section 2.1, RFC 2045 section 2.7)."""
    lines = octets.split(b"\r\n")
    return octets.isascii() and all(len(line) <= MAX_LINE and not re.search(rb"[\r\n\0]", line) for line in lines)
