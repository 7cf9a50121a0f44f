"""A claim about an employer's silence, with the numbers it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pipeline.records.applications import Application, Promise


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

    ``days`` are the working days that count, after the day of a promise where there is one, ``odds`` the
    probability that an answer still comes within half a year of waiting, and ``soon`` that it comes within
    the next five working days.  Three in five of those who answer have done so after ``most_by`` working
    days.  Of the user's own waits at such a stage ``n_answered`` were answered, ``n_by_now`` of them within
    as many days, and ``n_open`` have no answer.  ``published`` is the share of such waits that is never
    answered, as others found it; it counts as much as ``published_n`` waits.
    """

    days: int
    odds: float
    soon: float
    most_by: float
    n_answered: int
    n_by_now: int
    n_open: int
    published: float
    published_n: float


@dataclass(frozen=True, slots=True)
class Silence:
    """A claim about one application's wait, with the numbers it rests on.

    ``elapsed`` is in whole days of the calendar, on the user's clock: what is written beside the day of ``since``.
    """

    application: Application
    wait: Wait
    elapsed: timedelta
    since: datetime
    grounds: Grounds
    withheld_because: str = ""
    promise: Promise | None = None
