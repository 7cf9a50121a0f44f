"""The letters of the outbox, what the user answers to them, and what became of each answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A digest written and not yet in the outbox, with what it says as (application key, what)."""

    rfc_message_id: str
    octets: bytes
    said: frozenset[tuple[str, str]]


class Sending(StrEnum):
    """How far a letter has got; *unknown* when nobody can say whether the server kept it.

    *Skipped* is one that was not written, because there was nothing to say.
    """

    NEW = "new"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest in the outbox: the octets stay the same however often they are sent."""

    digest_id: int
    period: str
    rfc_message_id: str
    octets: bytes
    state: Sending


@dataclass(frozen=True, slots=True)
class Reply:
    """What a message that claims to answer a letter of ours is worth.

    ``letter`` names the letter whose token it has; ``refused`` says why nothing in it counts, and is empty
    where it does; ``lines`` are then the lines that are the user's own.
    """

    letter: str
    refused: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplyLine:
    """A line of a reply that is still to be carried out: the reply's date, and how many lines are before it."""

    line_id: int
    letter: str
    at: datetime
    position: int
    text: str


class Outcome(StrEnum):
    """What became of a line of a reply."""

    DONE = "done"
    REPEATED = "repeated"
    SO_ALREADY = "so_already"
    NO_APPLICATION = "no_application"
    NO_MESSAGE = "no_message"
    NOTHING_TO_UNDO = "nothing_to_undo"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a reply, the order it was understood as (in our words, empty when it was not), and its outcome."""

    line: str
    order: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Replied:
    """What became of a message that claimed to answer a letter of ours."""

    message_id: int
    rfc_message_id: str
    at: datetime
    refused: str
    told: tuple[Told, ...]
