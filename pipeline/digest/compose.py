"""Choose what is worth saying: what moved, whose turn it is, who has gone silent, what to check.

Everything said is remembered as (application key, what), and nothing is said again unless
its state has changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from pipeline.digest.dates import day
from pipeline.digest.replied import answers, ignored, key_of, untold
from pipeline.digest.wording import step_for
from pipeline.funnel import first_answer
from pipeline.records import Direction, Kind, Label, Turn, Wait
from pipeline.silence import turn_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pipeline.digest.replied import Answer
    from pipeline.digest.wording import Step, Thought, Wording
    from pipeline.records import Application, Coverage, Event, Question, Replied, Silence, Unsure

MAX_LISTED = 5
FIRST_HORIZON = timedelta(days=7)  # the first digest after a long import is not a history book
HORIZON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is known at one moment: what a digest is made of.

    ``since`` is how far back to look for what moved, where the user says so.
    """

    applications: Sequence[Application]
    silences: Sequence[Silence]
    unsure: Sequence[Unsure]
    questions: Sequence[Question]
    coverage: Sequence[Coverage]
    n_unreadable: int
    said: frozenset[tuple[str, str]]
    previous_at: datetime | None
    since: datetime | None = None
    replied: Sequence[Replied] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One application in a section, with the fact that puts it there.

    ``what`` names that fact, so that it is told once.
    """

    application: Application
    what: str = ""
    kind: Kind | None = None
    at: datetime | None = None
    silence: Silence | None = None
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """What is listed, and the rest that the list is too long for."""

    items: tuple[Item, ...] = ()
    rest: tuple[Item, ...] = ()

    @property
    def n_more(self) -> int:
        """How many are not listed."""
        return len(self.rest)

    def __bool__(self) -> bool:
        """Whether there is anything to list."""
        return bool(self.items)


@dataclass(frozen=True, slots=True)
class Figure:
    """One bar of the week in numbers: a count and its share (0 to 1) of all applications."""

    name: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Digest:
    """What one digest says, in the order it says it."""

    written_at: datetime
    moved: Section
    your_turn: Section
    silent: Section
    overdue: Section
    closed: Section
    check: tuple[Unsure, ...]
    whose: tuple[Question, ...]
    withheld: Section
    figures: tuple[Figure, ...]
    median_days: float | None
    thought: Thought | None
    coverage: tuple[Coverage, ...]
    n_unreadable: int
    said: frozenset[tuple[str, str]]
    answers: tuple[Answer, ...] = ()
    ignored: str = ""

    @property
    def has_news(self) -> bool:
        """Whether anything in it is new."""
        return any((self.moved, self.your_turn, self.silent, self.overdue, self.closed, self.check, self.whose))


def compose(picture: Picture, wording: Wording, now: datetime) -> Digest:
    """What is worth saying at ``now``.

    What a list is too long for is left for the next digest; only the first one, after a long
    import perhaps, counts as having said it all.
    """
    since = picture.since or now - (HORIZON if picture.previous_at else FIRST_HORIZON)
    moved = _events(picture, Label.INVITATION, since)
    sections = {
        "moved": Section(tuple(moved)),
        "closed": _section(_events(picture, Label.REJECTION, since)),
        "your_turn": _section(_your_turn(picture, {item.application.key for item in moved}, now)),
        "silent": _section(_waits(picture, (Wait.SILENT, Wait.GHOSTED), wording)),
        "overdue": _section(_waits(picture, (Wait.OVERDUE,), wording)),
    }
    check = [u for u in _most_telling(picture) if ("", f"unsure:{u.message_id}") not in picture.said][:MAX_LISTED]
    whose = [q for q in picture.questions if ("", f"whose:{q.message_id}") not in picture.said][:MAX_LISTED]
    replied = untold(picture.replied, picture.said)
    told = [item for section in sections.values() for item in section.items]
    if picture.previous_at is None:
        told += [item for section in sections.values() for item in section.rest]
    return Digest(
        **sections,
        written_at=now,
        check=tuple(check),
        whose=tuple(whose),
        withheld=_section([Item(s.application, silence=s) for s in picture.silences if s.wait is Wait.WITHHELD]),
        figures=_figures(picture),
        median_days=_median_days(picture.applications),
        thought=_thought(wording.thoughts, now),
        coverage=tuple(picture.coverage),
        n_unreadable=picture.n_unreadable,
        said=frozenset(
            {(i.application.key, i.what) for i in told}
            | {("", f"unsure:{u.message_id}") for u in check}
            | {("", f"whose:{q.message_id}") for q in whose}
            | {key_of(one) for one in replied}
        ),
        answers=answers(replied, picture.applications),
        ignored=ignored(replied),
    )


def _most_telling(picture: Picture) -> list[Unsure]:
    """The undecided messages, first those whose answer changes most.

    First come those that keep a claim about an application from being made, then those
    that are most likely an invitation or a rejection.
    """
    doubts = {message_id for application in picture.applications for message_id in application.unsure}
    return sorted(picture.unsure, key=lambda u: (u.message_id not in doubts, -u.stake))


def _section(items: Sequence[Item]) -> Section:
    return Section(tuple(items[:MAX_LISTED]), tuple(items[MAX_LISTED:]))


def _unsaid(picture: Picture, items: Iterable[Item]) -> list[Item]:
    """Those that no earlier digest has told."""
    return [item for item in items if (item.application.key, item.what) not in picture.said]


def _events(picture: Picture, label: Label, since: datetime) -> list[Item]:
    """The newest decision of this label of each application, if it is recent and not told yet."""
    found = []
    for application in picture.applications:
        event = _last_decision(application)
        if event and event.kind and event.kind.label is label and event.at >= since:
            at = application.interview_at if event.kind is Kind.INTERVIEW else None
            found.append(Item(application, f"{event.kind}:{event.message_id}", event.kind, at))
    return _unsaid(picture, found)


def _last_decision(application: Application) -> Event | None:
    decisive = (Label.INVITATION, Label.REJECTION)
    events = [e for e in application.events if e.direction is Direction.IN and e.kind and e.kind.label in decisive]
    return events[-1] if events and events[-1].message_id > 0 else None  # what the user said is no news


def _your_turn(picture: Picture, just_moved: set[str], now: datetime) -> list[Item]:
    """Where the employer waits for the user; what has just moved is told there, not twice."""
    found = []
    for application in picture.applications:
        turn, since = turn_at(application, now)
        if turn is Turn.USER and application.key not in just_moved:
            found.append(Item(application, f"user:{application.turn_message_id}", at=since))
    return _unsaid(picture, found)


def _waits(picture: Picture, waits: Iterable[Wait], wording: Wording) -> list[Item]:
    """The waits of these sorts that are not told yet: where something can still be done comes first."""
    found = [
        Item(s.application, f"{wait}:{s.application.turn_message_id}{_after_snooze(s)}", silence=s)
        for wait in waits
        for s in picture.silences
        if s.wait is wait
    ]
    return [_with_step(item, n, wording) for n, item in enumerate(_unsaid(picture, found))]


def _after_snooze(silence: Silence) -> str:
    """What makes a silence news again once it was snoozed."""
    until = silence.application.snoozed_until
    return f":{until}" if until else ""


def _with_step(item: Item, turn: int, wording: Wording) -> Item:
    if item.silence is None:
        return item
    return replace(item, step=step_for(item.silence, wording.steps, day(item.silence.since, wording.zone), turn))


def _figures(picture: Picture) -> tuple[Figure, ...]:
    """The funnel: how many were sent, answered, led to a talk, and are silent."""
    total = len(picture.applications)
    silent = sum(s.wait in {Wait.SILENT, Wait.GHOSTED} for s in picture.silences)
    counts: Mapping[str, int] = {
        "applications": total,
        "answered": sum(first_answer(a) is not None for a in picture.applications),
        "invitations": sum(any(_is_invitation(e) for e in a.events) for a in picture.applications),
        "rejections": sum(a.stage.is_closed for a in picture.applications),
        "gone quiet": silent,
    }
    return tuple(Figure(name, n, n / total if total else 0.0) for name, n in counts.items())


def _is_invitation(event: Event) -> bool:
    return event.kind is not None and event.kind.label is Label.INVITATION


def _median_days(applications: Iterable[Application]) -> float | None:
    """Of the applications that were answered, the median of days from applying to the first answer."""
    days = [
        (answer.at - a.applied_at).total_seconds() / 86400
        for a in applications
        if a.applied_at and (answer := first_answer(a))
    ]
    return median(days) if days else None


def _thought(thoughts: Sequence[Thought], now: datetime) -> Thought | None:
    """One a week, in turn, so that no two weeks running have the same."""
    return thoughts[now.isocalendar().week % len(thoughts)] if thoughts else None
