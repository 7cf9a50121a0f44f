"""The letters of the outbox, what the user answers to them, and what became of each answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, tzinfo


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
    """A digest in the outbox: the octets stay the same however often they are sent.

    ``replied_at`` is the date of the reply that it confirms, None where it is no confirmation.
    """

    digest_id: int
    period: str
    rfc_message_id: str
    octets: bytes
    state: Sending
    replied_at: datetime | None = None

    def name(self, zone: tzinfo) -> str:
        """What to call it: "digest of 2026-03-02", or "confirmation of your reply of 3 March"."""
        if self.replied_at is None:
            return f"digest of {self.period}"
        day = self.replied_at.astimezone(zone)
        return f"confirmation of your reply of {day.day} {day:%B}"


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
    """What became of a line of a reply; of a note that was *cut*, the end is not kept."""

    DONE = "done"
    NOTE_CUT = "note_cut"
    REPEATED = "repeated"
    SO_ALREADY = "so_already"
    NO_APPLICATION = "no_application"
    NO_MESSAGE = "no_message"
    NOTHING_TO_UNDO = "nothing_to_undo"
    DRAFT_STAYS = "draft_stays"
    NOT_UNDERSTOOD = "not_understood"


class Wished(StrEnum):
    """What became of a wish for a draft; *open* while it is to be made, *gone* when there is no such application."""

    OPEN = "open"
    MADE = "made"
    NOTHING = "nothing"
    GONE = "gone"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class Wish:
    """A draft the user asked for by mail, in a statement of this number about the application of this key.

    ``letter`` is what is to be put among the drafts, empty before it is written and once it lies there;
    ``answers`` is the key of the message it answers.  It goes to ``to``, where an address is known, and else
    ``person`` is whom to look for; it lies in ``mailbox``.  Where there is nothing to draft, ``reason`` and its
    ``value`` are those of NothingToDraftError.
    """

    statement_id: int
    about: str
    state: Wished = Wished.OPEN
    rfc_message_id: str = ""
    letter: bytes = b""
    answers: str = ""
    to: str = ""
    person: str = ""
    mailbox: str = ""
    reason: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a reply, the order it was understood as (in our words, empty when it was not), and its outcome.

    ``wish`` is what became of the draft it asked for.
    """

    line: str
    order: str
    outcome: Outcome
    wish: Wish | None = None


@dataclass(frozen=True, slots=True)
class Replied:
    """What became of a message that claimed to answer a letter of ours."""

    message_id: int
    rfc_message_id: str
    at: datetime
    refused: str
    told: tuple[Told, ...]
