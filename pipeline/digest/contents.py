"""What a digest is made of, and what it says: plain values for whoever writes it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.workdays import Workdays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from pipeline.digest.calendar import Appointment
    from pipeline.digest.replied import Answer
    from pipeline.digest.steps.choose import Step
    from pipeline.records import Application, Coverage, Kind, Learned, Question, Replied, Silence, Unsure

MAX_LISTED = 5
MAX_NAMED = 3  # of those that are still the user's turn, which are told in one line
MAX_FULL = 10  # items of one section told in full, with a step; the others in one line each
MAX_MOVED = 20  # no invitation is worth leaving out, but a letter has an end


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is known at one moment: what a digest is made of.

    ``said`` is what earlier ones have said, ``previous_at`` when the last was written.
    ``since`` is how far back to look for what moved, where the user says so.
    ``learned`` is what the newest training on the user's corrections came to.
    ``noted`` is when the user last noted something of an application, by its key.
    """

    applications: Sequence[Application]
    silences: Sequence[Silence]
    unsure: Sequence[Unsure]
    questions: Sequence[Question]
    coverage: Sequence[Coverage]
    n_unreadable: int
    said: frozenset[tuple[str, str]]
    previous_at: datetime | None
    workdays: Workdays = field(default_factory=Workdays)
    learned: Learned | None = None
    noted: Mapping[str, datetime] = field(default_factory=dict)
    replied: Sequence[Replied] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One application in a section, with the fact that puts it there.

    ``what`` names that fact, so that it is told once.  ``kind`` is what the employer wrote; ``at`` is the moment
    of the interview, or since when it is the user's turn; ``due`` is by when they want the user's answer.
    ``is_noted`` is whether the user has noted something since an interview that is over.
    """

    application: Application
    what: str = ""
    kind: Kind | None = None
    at: datetime | None = None
    due: date | None = None
    silence: Silence | None = None
    step: Step | None = None
    is_noted: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """What is listed, and the rest that the list is too long for."""

    items: tuple[Item, ...] = ()
    rest: tuple[Item, ...] = ()

    @property
    def n_more(self) -> int:
        """How many are not listed."""
        return len(self.rest)

    @property
    def n(self) -> int:
        """How many there are, listed or not."""
        return len(self.items) + len(self.rest)

    def __bool__(self) -> bool:
        """Whether there is anything to list."""
        return bool(self.items)


@dataclass(frozen=True, slots=True)
class Figure:
    """One bar: a count and its share (0 to 1) of all applications."""

    name: str
    count: int
    share: float


class News(StrEnum):
    """What the subject line counts, in its order."""

    FOUND = "found"
    INVITATION = "invitations"
    AHEAD = "ahead"
    YOUR_TURN = "your_turn"
    REJECTION = "rejections"
    SILENT = "quiet"
    OVERDUE = "overdue"
    CHECK = "check"
    WITHHELD = "withheld"
    INTERVIEWED = "interviewed"
    LEARNED = "learned"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Digest:
    """What one digest says; the fields are in the order in which it says it, but for ``written_at`` and ``said``.

    ``answers`` is what became of the user's replies, and ``ignored`` what only looked like one.
    ``summary`` counts the applications by where they stand: only the first digest after a long import has one,
    and lists only what matters now.  ``ahead`` are the interviews of the coming days, ``interviewed`` those
    that took place, about which it asks ``question`` unless they are noted: `unghost note` or a reply keeps the answer.
    ``still`` are those that were told before and wait for the user yet: they are named, and are no news.
    ``general`` are at most three steps for the search as a whole; the one without a reason is the thought of the week.
    ``learned`` is what the corrections since the last digest changed, ``dates`` what is attached for the calendar.
    ``n_open`` counts what is not closed.
    """

    written_at: datetime
    answers: tuple[Answer, ...]
    ignored: str
    summary: tuple[Figure, ...]
    moved: Section
    ahead: Section
    your_turn: Section
    still: Section
    interviewed: Section
    question: str
    silent: Section
    overdue: Section
    closed: Section
    check: tuple[Unsure, ...]
    whose: tuple[Question, ...]
    withheld: Section
    figures: tuple[Figure, ...]
    median_days: float | None
    general: tuple[Step, ...]
    learned: Learned | None
    coverage: tuple[Coverage, ...]
    n_unreadable: int
    dates: tuple[Appointment, ...]
    n_open: int
    said: frozenset[tuple[str, str]]

    @property
    def news(self) -> dict[News, int]:
        """How many there are of each sort of news, in the order of the subject line; nothing that there is none of."""
        counts = {
            News.FOUND: sum(figure.count for figure in self.summary),
            News.INVITATION: self.moved.n,
            News.AHEAD: self.ahead.n,
            News.YOUR_TURN: self.your_turn.n,
            News.REJECTION: self.closed.n,
            News.SILENT: self.silent.n,
            News.OVERDUE: self.overdue.n,
            News.CHECK: len(self.check) + len(self.whose),
            News.WITHHELD: self.withheld.n,
            News.INTERVIEWED: self.interviewed.n,
            News.LEARNED: self.learned.n_corrections if self.learned else 0,
            News.STEPS: sum(bool(step.reason) for step in self.general),
        }
        return {news: n for news, n in counts.items() if n}

    @property
    def asks(self) -> bool:
        """Whether it asks how an interview went: not where the user has noted it already."""
        return any(not item.is_noted for item in self.interviewed.items)

    @property
    def read_until(self) -> datetime | None:
        """Until when every mailbox was read to its end; None where one was not yet, or none is read."""
        ends = [mailbox.complete_at for mailbox in self.coverage]
        return min((end for end in ends if end), default=None) if all(ends) else None

    @property
    def has_news(self) -> bool:
        """Whether anything happened that it tells of."""
        return bool(self.news.keys() - {News.STEPS})

    @property
    def is_quiet(self) -> bool:
        """Whether it has nothing to say, which takes two lines, and one for what is ``still`` the user's turn."""
        return not (self.news or self.answers or self.ignored or self.dates)
