"""From waits to claims: whose turn it is now, how long the employer has been silent, and what to call that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from pipeline.records import Silence, Turn, Wait

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.records import Application, Coverage, Promise


@dataclass(frozen=True, slots=True)
class Patience:
    """From which wait on a silence is called overdue, silent and ghosted."""

    overdue: timedelta
    silent: timedelta
    ghosted: timedelta


def find_silences(
    applications: Iterable[Application], coverage: Sequence[Coverage], patience: Patience, now: datetime
) -> list[Silence]:
    """A claim for each application whose employer owes an answer, longest wait first.

    A promise of theirs moves the clock: until its day they are not late, after it they are, and the
    wait counts from it; where they said that silence means a no, it is one then.
    Nor is anything claimed before the day until which the user snoozed it.
    A claim is withheld while an undecided message may belong to the application, and
    while a mailbox has not been read to its end since the wait became worth a claim.
    """
    found = []
    for application in applications:
        turn, since = turn_at(application, now)
        if turn is Turn.EMPLOYER:
            promise = application.promise if since == application.turn_since else None
            wait, claimed_from = _promised_wait(promise, patience, now) if promise else _wait(since, patience, now)
            reason = _doubt(application, coverage, claimed_from) if now >= claimed_from else ""
            wait = Wait.WITHHELD if reason else wait
            if _is_snoozed(application, now):
                wait, reason = Wait.WAITING, ""
            found.append(Silence(application, wait, now - since, since, reason, promise))
    return sorted(found, key=lambda silence: (-silence.elapsed, silence.application.number))


def turn_at(application: Application, now: datetime) -> tuple[Turn, datetime]:
    """Whose turn it is at ``now``, and since when.

    Facts alone cannot say it: once the day of an interview is past, the employer owes the answer.
    """
    at = application.interview_at
    if at and not application.stage.is_closed and at > application.turn_since:
        return (Turn.NOBODY, application.turn_since) if at > now else (Turn.EMPLOYER, at)
    return application.turn, application.turn_since


def _wait(since: datetime, patience: Patience, now: datetime) -> tuple[Wait, datetime]:
    """What to call a wait, and from when on that is a claim."""
    elapsed, claimed_from = now - since, since + patience.overdue
    if elapsed >= patience.ghosted:
        return Wait.GHOSTED, claimed_from
    if elapsed >= patience.silent:
        return Wait.SILENT, claimed_from
    return Wait.OVERDUE if now >= claimed_from else Wait.WAITING, claimed_from


def _promised_wait(promise: Promise, patience: Patience, now: datetime) -> tuple[Wait, datetime]:
    """The same after a promise: it is broken when its day is over."""
    over = datetime.combine(promise.by + timedelta(days=1), time(), UTC)
    if now < over:
        return Wait.WAITING, over
    if promise.implies_no:
        return Wait.GHOSTED, over
    wait, _ = _wait(over, patience, now)
    return Wait.OVERDUE if wait is Wait.WAITING else wait, over


def _is_snoozed(application: Application, now: datetime) -> bool:
    until = application.snoozed_until
    return until is not None and now < datetime.combine(until, time(), UTC)


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
