"""What linking reads: a recorded message with what is believed about it, and what the user said."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.records.labels import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline.records.messages import Address, CalendarEvent, Direction


@dataclass(frozen=True, slots=True)
class Fact:
    """A recorded message with what is believed about it: what ``link`` reads.

    ``kind`` is the user's correction if there is one, else the decided prediction,
    else None: unsure.  ``guess`` is the prediction whether decided or not, and ``stake`` the
    probability that the message is an invitation or a rejection.  ``unproven`` is one that somebody else may have sent.
    """

    message_id: int
    key: str
    date: datetime
    direction: Direction
    from_: Address
    kind: Kind | None = None
    guess: Kind = Kind.OTHER
    stake: float = 0.0
    corrected: bool = False
    unproven: bool = False
    rfc_message_id: str = ""
    thread: tuple[str, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    calendar: tuple[CalendarEvent, ...] = ()


class Verb(StrEnum):
    """What a user can say of the ledger, besides what a message is."""

    ADD = "add"
    EDIT = "edit"
    MERGE = "merge"
    MOVE = "move"
    ALIAS = "alias"
    CLOSE = "close"
    REOPEN = "reopen"
    NOTE = "note"
    ADVANCE = "advance"
    SNOOZE = "snooze"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Statement:
    """Something the user said of the ledger, in the order it was said.

    ``about`` are the keys of the messages that stand for the applications it is about, and
    ``messages`` those of the messages it moves; a key stands for the application that holds
    its message, whatever becomes of that.  ``values`` are the rest: names, a role, a stage, days.
    """

    statement_id: int
    verb: Verb
    at: datetime
    about: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key of the application an ADD opens."""
        return f"statement {self.statement_id}"
