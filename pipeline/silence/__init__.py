"""From waits to claims: whose turn it is now, how long the employer has been silent, and what to call that."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.records import Grounds, Silence, Turn, Wait
from pipeline.silence.calendar import Calendar, days_between
from pipeline.silence.odds import EXPECTED, fit
from pipeline.silence.questions import MAX_CHASES, letters_since, questions_of
from pipeline.silence.waits import as_of, clock_start, own_spells, turn_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from pipeline.records import Application, Coverage, Promise, Stage
    from pipeline.silence.odds import Odds

__all__ = [
    "MAX_CHASES",
    "Calendar",
    "Patience",
    "days_between",
    "find_silences",
    "letters_since",
    "questions_of",
    "read_until",
    "snoozed_until",
    "turn_at",
]


@dataclass(frozen=True, slots=True)
class Patience:
    """What a wait is called, by the odds of an answer within a week.

    ``fixed`` are days (of 24 hours) of the user's own that take their place.
    """

    calendar: Calendar
    silent_below: float = 0.03
    ghosted_below: float = 0.008
    fixed: Mapping[Wait, int] = field(default_factory=dict)


def find_silences(
    applications: Sequence[Application], coverage: Sequence[Coverage], patience: Patience, now: datetime
) -> list[Silence]:
    """A claim for each application whose employer owes an answer, longest wait first.

    The odds rest on the user's own waits as far as the mailboxes were read.  A promise of theirs moves the
    clock: until its day they are not late, after it they are, and the wait counts from it; where they said
    that silence means a no, it is one then.  A claim is withheld while an undecided message may belong to the
    application, and while a mailbox has not been read to its end since the wait became worth a claim.  Nothing is
    claimed before the day until which the user snoozed it.
    """
    turns = [(application, *turn_at(application, now)) for application in applications]
    waiting = [(application, since) for application, turn, since in turns if turn is Turn.EMPLOYER]
    if not waiting:
        return []
    known_spells = as_of(own_spells(applications, patience.calendar, now), patience.calendar, read_until(coverage, now))
    odds = fit(known_spells)
    clocks = [clock_start(application, since, patience.calendar) for application, since in waiting]
    days = [patience.calendar.days(clock, now) for clock in clocks]
    known = {at: _grounds(odds, *at) for at in {(a.stage, n) for (a, _), n in zip(waiting, days, strict=True)}}
    found = [
        _silence(application, since, clock, known[application.stage, n], coverage, patience, now)
        for (application, since), clock, n in zip(waiting, clocks, days, strict=True)
    ]
    return sorted(found, key=lambda silence: (silence.since, silence.application.number))


def read_until(coverage: Sequence[Coverage], now: datetime) -> datetime:
    """Until when it is known who answered: every mailbox has been read that far."""
    return min([now, *(mailbox.complete_at for mailbox in coverage if mailbox.complete_at)])


def _grounds(odds: Odds, stage: Stage, days: int) -> Grounds:
    expected = EXPECTED[stage]
    answers = odds.answers(stage)
    return Grounds(
        days=days,
        odds=odds.hearing_back(stage, days),
        soon=odds.within_a_week(stage, days),
        most_by=odds.overdue_after(stage),
        n_answered=len(answers),
        n_by_now=sum(each <= days for each in answers),
        n_open=odds.rests_on(stage) - len(answers),
        published=expected.never / (expected.never + expected.ever),
        published_n=expected.never + expected.ever,
    )


def _silence(
    application: Application,
    since: datetime,
    clock: datetime,
    grounds: Grounds,
    coverage: Sequence[Coverage],
    patience: Patience,
    now: datetime,
) -> Silence:
    promise = application.promise if clock != since else None
    wait = _promised(promise, clock, grounds, patience, now) if promise else _named(clock, grounds, patience, now)
    if snoozed_until(application, patience.calendar.zone, now):
        wait = Wait.WAITING
    reason = ""
    if wait is not Wait.WAITING:
        reason = _doubt(application, coverage, clock if promise else _claimed_from(clock, grounds, patience))
    elapsed = timedelta(days=days_between(since, now, patience.calendar.zone))
    return Silence(application, Wait.WITHHELD if reason else wait, elapsed, since, grounds, reason, promise)


def snoozed_until(application: Application, zone: ZoneInfo, now: datetime) -> date | None:
    """The day until which the user leaves an application alone; None where it has come."""
    until = application.snoozed_until
    return until if until and now.astimezone(zone).date() < until else None


def _named(clock: datetime, grounds: Grounds, patience: Patience, now: datetime) -> Wait:
    """What to call a wait; until most of those who answer have done so it is nothing but a wait."""
    late = grounds.days > grounds.most_by
    reached = {
        Wait.GHOSTED: late and grounds.soon < patience.ghosted_below,
        Wait.SILENT: late and grounds.soon < patience.silent_below,
        Wait.OVERDUE: late,
    }
    reached |= {wait: now - clock >= timedelta(days=days) for wait, days in patience.fixed.items()}
    return next((wait for wait, is_so in reached.items() if is_so), Wait.WAITING)


def _promised(promise: Promise, over: datetime, grounds: Grounds, patience: Patience, now: datetime) -> Wait:
    """The same after a promise: it is broken when its day is over."""
    if now <= over:
        return Wait.WAITING
    if promise.implies_no:
        return Wait.GHOSTED
    wait = _named(over, grounds, patience, now)
    return Wait.OVERDUE if wait is Wait.WAITING else wait


def _claimed_from(clock: datetime, grounds: Grounds, patience: Patience) -> datetime:
    """From when on a wait without a promise was worth a claim."""
    fixed = [clock + timedelta(days=days) for days in patience.fixed.values()]
    if Wait.OVERDUE in patience.fixed:
        return min(fixed)
    return min([patience.calendar.after(clock, int(grounds.most_by) + 1), *fixed])


def _doubt(application: Application, coverage: Sequence[Coverage], needed: datetime) -> str:
    """Why nothing can be claimed; empty when it can."""
    if application.questions:
        numbers = ", ".join(map(str, application.questions))
        return f"message {numbers} may be their answer or another application's; `unghost move` says whose"
    if application.unsure:
        numbers = ", ".join(map(str, application.unsure))
        return f"message {numbers} may be their answer; `unghost label` says what it is"
    blind = [c.mailbox for c in coverage if c.complete_at is None or c.complete_at < needed]
    return f"{', '.join(blind)} could not be read to its end since" if blind else ""
