"""The frozen values that travel between rooms; no value here has an effect."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  the sandbox reads the annotations at run time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo  # noqa: TC003  the same
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.errors import UnghostError


class Label(StrEnum):
    """What an employer's message means to the applicant; *unsure* is a decision, not a label."""

    INVITATION = "invitation"
    REJECTION = "rejection"
    NONE = "none"


class Kind(StrEnum):
    """The finer class the model predicts; every kind belongs to one label."""

    INTERVIEW = "interview"
    ASSESSMENT = "assessment"
    OFFER = "offer"
    REJECTION = "rejection"
    POSITION_CLOSED = "position_closed"
    ACKNOWLEDGEMENT = "acknowledgement"
    IN_REVIEW = "in_review"
    PAUSED = "paused"
    ACTION_NEEDED = "action_needed"
    OUTREACH = "outreach"
    JOB_ALERT = "job_alert"
    OTHER = "other"

    @property
    def label(self) -> Label:
        """The label this kind counts towards."""
        return LABEL_OF_KIND.get(self, Label.NONE)


LABEL_OF_KIND = {
    Kind.INTERVIEW: Label.INVITATION,
    Kind.ASSESSMENT: Label.INVITATION,
    Kind.OFFER: Label.INVITATION,
    Kind.REJECTION: Label.REJECTION,
    Kind.POSITION_CLOSED: Label.REJECTION,
}

# What a correction by label alone means: the most frequent kind of that label.
KIND_OF_LABEL = {
    Label.INVITATION: Kind.INTERVIEW,
    Label.REJECTION: Kind.REJECTION,
    Label.NONE: Kind.OTHER,
}


class Direction(StrEnum):
    """Whether the owner of the mailbox received a message or wrote it."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address list (RFC 5322 section 3.4)."""

    display_name: str
    addr_spec: str

    @property
    def domain(self) -> str:
        """The part after the last ``@``, in lower case; empty when there is none."""
        return self.addr_spec.rpartition("@")[2].lower() if "@" in self.addr_spec else ""


@dataclass(frozen=True, slots=True)
class MessageUID:
    """Where a message lies: RFC 9051 section 2.3.1.1, made unique over accounts."""

    account: str
    mailbox: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class MailboxState:
    """A mailbox as EXAMINE reports it (RFC 9051 section 6.3.3).

    ``uidnext`` is 0 where the server does not say; ``since`` is the day (ISO 8601) before which
    nothing is fetched, empty for everything.
    """

    account: str
    name: str
    uidvalidity: int
    uidnext: int
    direction: Direction
    since: str = ""


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as the server holds it, before anything has been believed about it.

    ``octets`` is empty when the server would not give them up; ``problem`` then says why.
    ``truncated`` is true when only the beginning was asked for, because of its size.
    """

    octets: bytes
    direction: Direction
    uid: MessageUID | None = None
    internaldate: datetime | None = None
    truncated: bool = False
    problem: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """A VEVENT of a text/calendar part (RFC 5545) with its iTIP method (RFC 5546)."""

    uid: str
    method: str
    sequence: int
    summary: str
    organizer: str
    location: str
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message (RFC 5322): the headers that matter and the text its sender newly wrote.

    ``key`` is the SHA-256 of the octets without trace headers: the same message in two
    mailboxes has one key, two messages that share a Message-ID have two.
    ``date`` is aware, in UTC; ``hosts`` are the host names that links in the text point to.
    ``text`` is without quotes, signatures and disclaimers; ``quoted`` is what was cut away.
    ``one_author`` is false where several From fields, or several addresses in one, leave open who wrote it.
    """

    key: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    date: datetime
    from_: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    subject: str
    text: str
    quoted: str
    calendar: tuple[CalendarEvent, ...]
    hosts: tuple[str, ...]
    list_id: str
    auto_submitted: str
    bulk: bool
    direction: Direction
    one_author: bool = True

    @property
    def is_reply(self) -> bool:
        """Whether its sender answered another message (RFC 5322 section 3.6.4)."""
        return bool(self.in_reply_to or self.references)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence and what it added to the log-odds of the predicted label."""

    sentence: str
    weight: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model makes of a message; the user's corrections are kept apart.

    ``proba`` maps each label to its probability (they sum to 1), the sum over its kinds.
    ``decided`` is false when the best probability is below the model's threshold.
    """

    kind: Kind
    label: Label
    proba: Mapping[Label, float]
    decided: bool
    evidence: tuple[Evidence, ...]
    model_id: str

    @property
    def confidence(self) -> float:
        """The probability of the predicted label."""
        return self.proba[self.label]


@dataclass(frozen=True, slots=True)
class Fact:
    """A recorded message with what is believed about it: what ``link`` reads.

    ``kind`` is the user's correction if there is one, else the decided prediction,
    else None: unsure.  ``guess`` is the prediction whether decided or not, and ``stake`` the
    probability that the message is an invitation or a rejection.
    """

    message_id: int
    key: str
    rfc_message_id: str
    thread: tuple[str, ...]
    date: datetime
    direction: Direction
    from_: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    subject: str
    text: str
    calendar: tuple[CalendarEvent, ...]
    kind: Kind | None
    guess: Kind
    stake: float
    corrected: bool


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

    @property
    def n_chases(self) -> int:
        """How often the user has written since it is the employer's turn."""
        if self.turn is not Turn.EMPLOYER:
            return 0
        own = (event for event in self.events if event.direction is Direction.OUT and event.message_id > 0)
        return sum(event.at > self.turn_since for event in own)


class Wait(StrEnum):
    """How unusual the employer's silence is."""

    WAITING = "waiting"
    OVERDUE = "overdue"
    SILENT = "silent"
    GHOSTED = "ghosted"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a claim about a wait rests on.

    ``days`` are the working days that count, after the day of a promise where there is one, and ``odds`` the
    probability that an answer still comes within half a year of waiting.  Three in five of those who
    answer have done so after ``most_by`` working days.  Of the user's own waits at such a stage
    ``n_answered`` were answered, ``n_by_now`` of them within as many days, and ``n_open`` have no
    answer.  ``published`` is the share of such waits that is never answered, as others found it; it counts
    as much as ``published_n`` waits.
    """

    days: int
    odds: float
    most_by: float
    n_answered: int
    n_by_now: int
    n_open: int
    published: float
    published_n: float


@dataclass(frozen=True, slots=True)
class Silence:
    """A claim about one application's wait, with the numbers it rests on."""

    application: Application
    wait: Wait
    elapsed: timedelta
    since: datetime
    grounds: Grounds
    withheld_because: str = ""
    promise: Promise | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """A message the model could not decide, and what it would have guessed.

    ``stake`` is the probability that it is an invitation or a rejection after all.
    """

    message_id: int
    date: datetime
    from_: Address
    subject: str
    guess: Kind
    confidence: float
    stake: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A decided message that may belong to one of several applications, or to none yet: for the user to say."""

    message_id: int
    date: datetime
    from_: Address
    subject: str
    applications: tuple[Application, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a mailbox has been read for, so that silence is claimed only where one looked."""

    account: str
    mailbox: str
    complete_at: datetime | None
    n_messages: int


class Measure(StrEnum):
    """In what a new model may be worse: on the check set, or about the user's corrections."""

    MACRO_F1 = "macro_f1"
    ACCURACY = "accuracy"
    CORRECTIONS = "corrections"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a new model is not used: it has ``figure`` where the one in use has ``before`` (0 to 1, or corrections)."""

    measure: Measure
    figure: float
    before: float


@dataclass(frozen=True, slots=True)
class Learned:
    """What a training on the user's corrections came to.

    Of ``n_corrections`` the model before knew ``n_right_before`` by itself, and the new one ``n_right``, each without
    having seen them; ``n_broken`` are those that only the one before knew.  ``n_relabelled`` other messages
    that were undecided are decided now.  Why a model that is not ``promoted`` is not used, is its ``flaw``.
    """

    model_id: str
    n_corrections: int
    n_right_before: int
    n_right: int
    n_broken: int
    n_relabelled: int
    promoted: bool
    flaw: Flaw | None = None


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
class Summary:
    """What a run did, in counts and sentences; safe to print and to log.

    ``failures`` are the accounts that could not be read and the letters that could not be
    sent; everything else was done all the same.
    """

    n_new: int = 0
    n_unreadable: int = 0
    n_unsure: int = 0
    notices: tuple[str, ...] = ()
    failures: tuple[UnghostError, ...] = field(default=())
