"""What the whole search is like today: where it is stuck, and what the last weeks were like."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.digest.plain import short
from pipeline.digest.steps.vocabulary import Search
from pipeline.funnel.course import first_answer
from pipeline.funnel.gates import Gate, gap, gates_of, passages
from pipeline.records import Kind, Stage, Wait

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from pipeline.records import Application, Silence

WEEK, MONTH = timedelta(days=7), timedelta(days=28)
MANY = 3  # rejections in a week
# Several rejections at one stage, of the last eight weeks; most applications end at the first.
SEVERAL = {Gate.APPLICATION: 10}
SEVERAL_OTHERS = 3
ENOUGH = 10  # applications that all have no answer
TALKING = frozenset({Stage.INTERVIEW, Stage.OFFER})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that holds of the search, what is known for the blanks, and a state: news only when it changes."""

    condition: str
    value: str
    blanks: Mapping[str, str]
    state: str


def findings(applications: Sequence[Application], silences: Sequence[Silence], now: datetime) -> list[Finding]:
    """What holds of these applications."""
    over = {silence.application.key for silence in silences if silence.wait is Wait.GHOSTED}
    live = [a for a in applications if not a.stage.is_closed and a.key not in over]
    return [
        *_rejections(applications, now),
        *_gap(applications),
        *_nothing_open(applications, live),
        *_one_conversation(live, now),
        *_no_answers(applications, live, now),
    ]


def rejected_at(application: Application) -> datetime | None:
    """When the employer said no; None where they have not."""
    said = [event.at for event in application.events if event.kind is Kind.REJECTION]
    return said[-1] if said and application.stage is Stage.REJECTED else None


def _rejections(applications: Sequence[Application], now: datetime) -> Iterator[Finding]:
    rejected = [(a, at) for a in applications if (at := rejected_at(a))]
    week = [a for a, at in rejected if now - WEEK <= at <= now]
    if len(week) >= MANY:
        yield _finding("search", Search.MANY_REJECTIONS, max(a.key for a in week), n=len(week))
    recent = Counter(gates_of(a)[-1] for a, at in rejected if at >= now - 2 * MONTH)
    for gate, n in recent.items():
        if n >= SEVERAL.get(gate, SEVERAL_OTHERS):
            yield _finding("rejections_after", gate, str(n), n=n)


def _gap(applications: Sequence[Application]) -> Iterator[Finding]:
    """The gate that fewest pass, beside the one that comes before it."""
    found = passages(applications)
    low = gap(found)
    if low is None:
        return
    before = found[Gate.FIRST_CONVERSATION if low.gate is Gate.LATER_CONVERSATION else Gate.APPLICATION]
    numbers = {"n": low.n, "passed": low.n_passed, "n_before": before.n, "passed_before": before.n_passed}
    yield _finding("gap", low.gate, f"{low.n_passed} of {low.n}", **numbers)


def _nothing_open(applications: Sequence[Application], live: Sequence[Application]) -> Iterator[Finding]:
    if applications and not live:
        last = max(applications, key=lambda a: a.last_message_at)
        yield _finding("search", Search.NOTHING_OPEN, last.key, total=len(applications))


def _one_conversation(live: Sequence[Application], now: datetime) -> Iterator[Finding]:
    """One conversation goes on, and in the last two weeks nothing else was sent."""
    talking = [a for a in live if a.stage in TALKING]
    if len(talking) == 1 and not any(a.applied_at and a.applied_at > now - 2 * WEEK for a in live):
        yield _finding("search", Search.ONE_CONVERSATION, talking[0].key, employer=short(talking[0].employer))


def _no_answers(applications: Sequence[Application], live: Sequence[Application], now: datetime) -> Iterator[Finding]:
    """Enough is out for two weeks, and for four nobody has said anything that counts."""
    out = [a for a in live if a.applied_at and a.applied_at <= now - 2 * WEEK and not first_answer(a)]
    answers = [answer.at for a in applications if (answer := first_answer(a))]
    if len(out) >= ENOUGH and not any(at > now - MONTH for at in answers):
        yield _finding("search", Search.NO_ANSWERS, str(len(out) // ENOUGH), n=len(out), days=MONTH.days)


def _finding(condition: str, value: str, state: str, **blanks: object) -> Finding:
    return Finding(condition, value, {name: str(blank) for name, blank in blanks.items()}, state)
