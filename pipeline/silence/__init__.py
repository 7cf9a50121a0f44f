"""From waits to claims: whose turn it is now, how long the employer has been silent, and what to call that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.records import Silence, Turn, Wait

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from pipeline.records import Application, Coverage


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

    A claim is withheld while an undecided message may belong to the application, and
    while a mailbox has not been read to its end since the wait became worth a claim.
    """
    found = []
    for application in applications:
        turn, since = turn_at(application, now)
        if turn is Turn.EMPLOYER:
            elapsed = now - since
            reason = _doubt(application, coverage, since + patience.overdue)
            wait = Wait.WITHHELD if reason and elapsed >= patience.overdue else _wait(elapsed, patience)
            found.append(Silence(application, wait, elapsed, since, reason if wait is Wait.WITHHELD else ""))
    return sorted(found, key=lambda silence: (-silence.elapsed, silence.application.number))


def turn_at(application: Application, now: datetime) -> tuple[Turn, datetime]:
    """Whose turn it is at ``now``, and since when.

    Facts alone cannot say it: once the day of an interview is past, the employer owes the answer.
    """
    at = application.interview_at
    if at and not application.stage.is_closed and at > application.turn_since:
        return (Turn.NOBODY, application.turn_since) if at > now else (Turn.EMPLOYER, at)
    return application.turn, application.turn_since


def _wait(elapsed: timedelta, patience: Patience) -> Wait:
    if elapsed >= patience.ghosted:
        return Wait.GHOSTED
    if elapsed >= patience.silent:
        return Wait.SILENT
    return Wait.OVERDUE if elapsed >= patience.overdue else Wait.WAITING


def _doubt(application: Application, coverage: Sequence[Coverage], needed: datetime) -> str:
    """Why nothing can be claimed; empty when it can."""
    if application.unsure:
        numbers = ", ".join(map(str, application.unsure))
        return f"message {numbers} may be their answer; `unghost label` says what it is"
    blind = [c.mailbox for c in coverage if c.complete_at is None or c.complete_at < needed]
    return f"{', '.join(blind)} could not be read to its end since" if blind else ""
