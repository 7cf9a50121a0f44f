"""Whether the odds were right: what they would have said of one's own waits at the time, and what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from pipeline.silence.odds import fit
from pipeline.silence.waits import as_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from pipeline.records import Stage
    from pipeline.silence.calendar import Calendar
    from pipeline.silence.waits import DatedSpell

WINDOW = 20  # working days: four weeks
EVERY = timedelta(weeks=4)  # so that the windows of two looks hardly overlap
LOOKS = 13  # a year of them


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was said of one wait on one day: the probability of an answer within four weeks, and whether it came.

    ``published`` is what the published figures alone would have said.
    """

    at: datetime
    spell: DatedSpell
    said: float
    published: float
    came: bool


def look_back(spells: Sequence[DatedSpell], calendar: Calendar, read_at: datetime) -> list[Forecast]:
    """What the odds would have said every four weeks of the last year, with what was known then.

    ``read_at`` is until when all mail has been read; only windows that ended by then are judged.
    """
    if not spells:
        return []
    first, published = min(spell.since for spell in spells), cache(fit([]).hearing_back)
    found: list[Forecast] = []
    for n in range(LOOKS):
        at = read_at - (n + 1) * EVERY - timedelta(days=1)
        if at > first and calendar.days(at, read_at) >= WINDOW:
            found += _look(spells, calendar, at, published)
    return found


def _look(
    spells: Sequence[DatedSpell], calendar: Calendar, at: datetime, published: Callable[[Stage, float, float], float]
) -> Iterator[Forecast]:
    """The forecasts of one day; a wait that ended without an answer before its window did cannot be judged."""
    odds = cache(fit(as_of(spells, calendar, at)).hearing_back)
    for spell in spells:
        if spell.since > at or (spell.until and spell.until <= at):
            continue
        ended_within = spell.until is not None and calendar.days(at, spell.until) <= WINDOW
        if spell.answered or not ended_within:
            days = calendar.days(spell.since, at)
            asked = (spell.stage, days, days + WINDOW)
            yield Forecast(at, spell, odds(*asked), published(*asked), ended_within)
