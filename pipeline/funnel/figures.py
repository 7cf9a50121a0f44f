"""All figures of a job search at one moment: shares, delays, groups, and the same next to what others published."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.funnel.course import Step, furthest, has_reached, wait_after_interview, wait_for_answer
from pipeline.funnel.delay import MIN_ANSWERS, Curve, Estimate, curve_of, median_of
from pipeline.funnel.published import Compared
from pipeline.records import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from pipeline.funnel.channel import Channel
    from pipeline.funnel.course import Wait
    from pipeline.funnel.published import Published
    from pipeline.records import Application

MIN_COMPARED = 10  # fewer waits are not held against anybody's figures
MARKS = (7, 14, 30, 60)  # days
LONG = 60  # days after which published figures call an application unanswered: "1 to 2+ months"


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``n``, with the 95 % interval of Wilson 1927; without one where nothing is uncertain."""

    count: int
    n: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Delay:
    """Days to a first answer: ``median`` of the ``n`` that came, allowing for those to come; None when too few."""

    n: int
    median: Estimate | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One's own figure, of ``n`` waits, beside a published one; None where there is too little to compare."""

    published: Published
    own: Estimate | None
    n: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of ``n`` applications.

    ``n_open`` are not closed; to ``n_doubtful`` a message may belong that nobody is sure of; ``n_waits`` have a
    day of applying, and only of these it is known how long they waited.  ``half`` is the day by which half of all
    these had an answer; ``answered_by`` has the share that had one after each of ``MARKS`` days.
    """

    n: int
    n_open: int
    n_doubtful: int
    n_waits: int
    steps: Mapping[Step, Share]
    delays: Mapping[str, Delay]
    half: Estimate | None
    answered_by: Mapping[int, Estimate | None]
    channels: Mapping[str, Mapping[Step, Share]]
    months: Mapping[str, Mapping[Step, Share]]
    comparisons: tuple[Comparison, ...]
    curve: Curve


def funnel_of(
    applications: Sequence[Application],
    channels: Mapping[str, Channel],
    published: Iterable[Published],
    zone: ZoneInfo,
    until: datetime,
) -> Funnel:
    """The figures of ``applications``; ``channels`` are by their keys, and nothing is known after ``until``."""
    waits = [wait for a in applications if (wait := wait_for_answer(a, until))]
    interviewed = [wait for a in applications if (wait := wait_after_interview(a, until))]
    curve = curve_of(waits)
    delays = {
        name: Delay(sum(w.answer is not None and label in {None, w.answer} for w in waits), median_of(waits, label))
        for name, label in (("any", None), ("invitation", Label.INVITATION), ("rejection", Label.REJECTION))
    }
    return Funnel(
        n=len(applications),
        n_open=sum(not a.stage.is_closed for a in applications),
        n_doubtful=sum(bool(a.unsure) for a in applications),
        n_waits=len(waits),
        steps=_steps(applications),
        delays=delays,
        half=curve.median,
        answered_by={day: _complement(curve.at(day)) for day in MARKS},
        channels=_by(applications, lambda a: channels[a.key]),
        months=dict(sorted(_by(applications, lambda a: f"{_began(a).astimezone(zone):%Y-%m}").items())),
        comparisons=tuple(_compared(one, waits, interviewed, delays["any"].median) for one in published),
        curve=curve,
    )


def share(count: int, n: int) -> Share:
    """``count`` of ``n`` with its interval."""
    from scipy.stats import binomtest  # noqa: PLC0415  half a second of imports

    if n == 0:
        return Share(count, n, None, None)
    interval = binomtest(count, n).proportion_ci(method="wilson")
    return Share(count, n, float(interval.low), float(interval.high))


def _steps(applications: Sequence[Application]) -> dict[Step, Share]:
    reached = [furthest(application) for application in applications]
    all_of_them = Share(len(reached), len(reached), None, None)
    counts = {step: sum(has_reached(step, r) for r in reached) for step in Step}
    return {step: share(n, len(reached)) for step, n in counts.items()} | {Step.APPLIED: all_of_them}


def _by(applications: Sequence[Application], name: Callable[[Application], str]) -> dict[str, Mapping[Step, Share]]:
    """The steps of each group, the largest first."""
    groups = defaultdict(list)
    for application in applications:
        groups[str(name(application))].append(application)
    return {group: _steps(ones) for group, ones in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))}


def _began(application: Application) -> datetime:
    return application.applied_at or application.events[0].at


def _complement(still: Estimate | None) -> Estimate | None:
    """The share that was answered, of the one that was not."""
    if still is None:
        return None
    low, high = (None if end is None else 1 - end for end in (still.high, still.low))
    return Estimate(1 - still.value, low, high)


def _compared(
    published: Published, waits: Sequence[Wait], interviewed: Sequence[Wait], median: Estimate | None
) -> Comparison:
    if published.measure is Compared.DAYS_TO_FIRST_ANSWER:
        n = sum(wait.answer is not None for wait in waits)
        return Comparison(published, median if n >= MIN_ANSWERS else None, n)
    of = interviewed if published.measure is Compared.UNANSWERED_AFTER_INTERVIEW else waits
    return Comparison(published, curve_of(of).at(LONG) if len(of) >= MIN_COMPARED else None, len(of))
