"""An application and what happened to it: its stage, whose turn it is, and what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from pipeline.records.labels import Kind
    from pipeline.records.messages import Address, Direction


BY_USER = "you"  # the link of a message that is where the user put it


class Stage(StrEnum):
    """How far an application has come."""

    APPLIED = "applied"
    IN_REVIEW = "in_review"
    ASSESSMENT = "assessment"
    INTERVIEW = "interview"
    OFFER = "offer"
    PAUSED = "paused"
    REJECTED = "rejected"
    POSITION_CLOSED = "position_closed"
    WITHDRAWN = "withdrawn"
    ACCEPTED = "accepted"
    GHOSTED = "ghosted"

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is expected of the employer."""
        return self in _CLOSED


_CLOSED = frozenset({Stage.REJECTED, Stage.POSITION_CLOSED, Stage.WITHDRAWN, Stage.ACCEPTED, Stage.GHOSTED})


class Turn(StrEnum):
    """Who has to move next."""

    EMPLOYER = "employer"
    USER = "user"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Promise:
    """Who is to answer or act by which day, and the sentence that says so.

    ``implies_no`` when the sentence says what silence until then means: a rejection.
    """

    by: date
    who: Turn
    sentence: str
    implies_no: bool = False


@dataclass(frozen=True, slots=True)
class Appointment:
    """When a message says that one is to talk, each moment aware and sooner before later.

    ``fixed`` are the talks that take place, ``offered`` the moments to choose from where none is fixed; ``moves``
    where what was planned before is moved.  ``is_off`` where a talk is called off or put off and no other moment is
    named; ``days_off`` are the days of which that may be said.
    """

    fixed: tuple[datetime, ...] = ()
    offered: tuple[datetime, ...] = ()
    moves: bool = False
    is_off: bool = False
    days_off: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One message's effect on one application, in the order it happened.

    Where the user said something instead, ``message_id`` is the statement's number, negative, and
    ``link`` is ``close`` or ``reopen`` where it did that.
    """

    message_id: int
    at: datetime
    direction: Direction
    kind: Kind | None
    link: str


@dataclass(frozen=True, slots=True)
class Application:
    """One role at one employer, derived from facts; never edited in place.

    ``key`` is the key of the message that opened it and is stable over rebuilds.
    ``applied_at`` is None when the first thing seen was an answer.
    ``interviews`` are the starts of all that have a date, ``interview_at`` that of the last.
    ``unsure`` are messages that may belong here and are not decided, ``questions`` are decided ones that
    may as well belong elsewhere.
    ``promise`` is by when whoever's turn it is said, or was asked, to answer.
    ``snoozed_until`` is the day before which the user wants no silence claimed.
    """

    key: str
    employer: str
    role: str
    applied_at: datetime | None
    stage: Stage
    turn: Turn
    turn_since: datetime
    turn_message_id: int
    interview_at: datetime | None
    last_message_at: datetime
    contact: Address
    events: tuple[Event, ...]
    interviews: tuple[datetime, ...] = ()
    unsure: tuple[int, ...] = ()
    questions: tuple[int, ...] = ()
    promise: Promise | None = None
    snoozed_until: date | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A decided message that may belong to one of several applications, or to none yet: for the user to say."""

    message_id: int
    date: datetime
    from_: Address
    subject: str
    applications: tuple[Application, ...]
