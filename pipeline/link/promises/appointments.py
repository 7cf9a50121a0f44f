"""When an invitation says that one is to talk: the days and times it names, and what it does with them.

A time without a zone is the reader's.  A sentence that asks, or offers a choice, fixes nothing; one that calls a
talk off names the moment that is not to be any more.  Where a message says of some days that one is to talk, its
other days are of something else.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.link.promises.dates import Written
from pipeline.link.promises.moments import is_beside, lone_day, lone_days, pairs, read_lines
from pipeline.records import Appointment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.link.promises.clocks import Clock
    from pipeline.link.promises.moments import Line
    from pipeline.link.promises.phrasebook import Phrasebook
    from pipeline.workdays import Workdays

_WEEKS = [dt.timedelta(weeks=n) for n in range(4)]  # from the weekday one names to the one that may be meant
_CLAUSE_END = re.compile(r"[,;.!?]")
_HORIZON = dt.timedelta(days=366)


class _Sense(Enum):
    """What a sentence does with the moments it names."""

    FIXED = auto()
    OFFERED = auto()
    OFF = auto()


@dataclass(frozen=True, slots=True)
class _Moment:
    at: dt.datetime
    sense: _Sense
    is_talk: bool
    is_moved: bool
    is_beside: bool


def find_appointment(
    subject: str, text: str, sent: dt.datetime, phrasebook: Phrasebook, workdays: Workdays
) -> Appointment:
    """The moments a message fixes for a talk, or offers; the subject's where the text names none.

    ``sent`` is aware, in the zone of the reader.  What is past, or more than a year off, is none.
    """
    written = Written(sent.date(), workdays)
    heading, lines = (list(read_lines(part, phrasebook, written)) for part in (subject, text))
    if any(map(_is_off, heading)) and not any(line.says("moved") for line in (*heading, *lines)):
        return Appointment(is_off=True, days_off=_days([*heading, *lines]))
    days = [day for line in heading if (day := lone_day(line))]
    found = _appointment(lines, sent, days[0] if days else None)
    return found if found.fixed or found.offered or found.is_off else _appointment(heading, sent, None)


def find_choice(
    offered: Sequence[dt.datetime], text: str, sent: dt.datetime, phrasebook: Phrasebook, workdays: Workdays
) -> dt.datetime | None:
    """The one of the ``offered`` moments that a text takes up; None where it names several of them, none, or says no.

    A weekday alone stands for the offered day of that name, also in a week to come; a time without a zone, for
    that of the reader and of the offer.  What is asked, or sounds like a no, takes up nothing.
    """
    chosen: set[dt.datetime] = set()
    for line in read_lines(text, phrasebook, Written(sent.date(), workdays)):
        if not (line.says("negated") or line.says("refusing") or _is_question(line)):
            weekdays = {day.day for day in line.days if day.is_weekday}
            for day, clock in pairs(line, None):
                days = [day + weeks for weeks in _WEEKS] if day in weekdays else [day]
                chosen.update(moment for moment in offered if _is_that(moment, days, clock, sent))
    return chosen.pop() if len(chosen) == 1 else None


def _is_that(moment: dt.datetime, days: Sequence[dt.date], clock: Clock, sent: dt.datetime) -> bool:
    """Whether it is at this time on one of these days, by the clock that is named or else by either."""
    told = [moment.astimezone(zone) for zone in ([clock.zone] if clock.zone else [sent.tzinfo, moment.tzinfo])]
    return any(one.time() == clock.time and one.date() in days for one in told)


def _appointment(lines: Sequence[Line], sent: dt.datetime, heading: dt.date | None) -> Appointment:
    """What the sentences come to, ``heading`` being the day above them."""
    moments = [
        _Moment(_aware(day, clock, sent), _sense(line), line.says("talk"), line.says("moved"), is_beside(clock, line))
        for line, lone in zip(lines, lone_days(lines, heading), strict=True)
        for day, clock in pairs(line, lone)
    ]
    off = [line for line in lines if _is_off(line) or _is_put_off(line)]
    off_days = {day.day for line in off if _is_off(line) and not line.clocks for day in line.days}
    left = [m for m in moments if sent < m.at <= sent + _HORIZON and m.at.date() not in off_days]
    moves = [line for line in lines if line.says("moved") and (line.named or line.says("talk"))]
    is_offer = any(line.says("offered") for line in lines)
    if left and not is_offer and any(not line.named for line in moves):
        left = [moment for moment in left if moment.at.date() == left[-1].at.date()]  # the day planned comes first
    found = _arranged(left, is_offer=is_offer)
    if found.fixed or found.offered:
        return replace(found, moves=bool(moves))
    return Appointment(is_off=bool(off), days_off=_days(off))


def _days(lines: Sequence[Line]) -> tuple[dt.date, ...]:
    """The days that are named; of a weekday alone it is not said in which of the weeks to come."""
    weeks = {True: _WEEKS, False: _WEEKS[:1]}
    named = (day for line in lines for day in line.days)
    return tuple(sorted({day.day + later for day in named if day.day for later in weeks[day.is_weekday]}))


def _arranged(moments: Sequence[_Moment], *, is_offer: bool) -> Appointment:
    """What the moments come to: of several, where a choice is offered, all are."""
    at = {sense: {moment.at for moment in moments if moment.sense is sense} for sense in _Sense}
    offered = at[_Sense.OFFERED]
    fixed = _talks([m for m in moments if m.sense is _Sense.FIXED and m.at not in at[_Sense.OFF]])
    is_said = len({moment.at for moment in fixed}) == 1 and (fixed[0].is_talk or not offered)
    if (offered and not is_said) or (is_offer and (not is_said or len(offered) > 1)):
        return Appointment(offered=tuple(sorted(offered | {moment.at for moment in fixed})))
    firsts: dict[dt.date, dt.datetime] = {}
    for moment in fixed:
        firsts.setdefault(moment.at.date(), moment.at)
    return Appointment(tuple(sorted(firsts.values())))


def _talks(moments: Sequence[_Moment]) -> list[_Moment]:
    """Those on the days of which it is said that one is to talk, where it is of any; without what is beside that.

    Of a talk that is moved, the moment it is moved from is none where another is named.
    """
    mains = [moment for moment in moments if not moment.is_beside] or moments
    mains = [moment for moment in mains if not moment.is_moved] or mains
    days = {moment.at.date() for moment in mains if moment.is_talk}
    return [moment for moment in mains if not days or moment.at.date() in days]


def _sense(line: Line) -> _Sense:
    if _is_off(line):
        return _Sense.OFF
    is_offer = _is_question(line) or _is_choice(line) or line.says("offered")
    return _Sense.OFFERED if is_offer else _Sense.FIXED


def _is_off(line: Line) -> bool:
    """Whether a talk is called off: it is named before the words for that, or right behind them."""
    said = line.tongue.words["called_off"].search(line.sentence)
    if said is None or line.says("conditional"):
        return False
    about = line.sentence[: said.end()] + _CLAUSE_END.split(line.sentence[said.end() :])[0]
    return bool(line.tongue.words["talk"].search(about))


def _is_put_off(line: Line) -> bool:
    """Whether a talk is to be on another day, of which nothing is said."""
    return line.says("postponed") and line.says("talk") and not (line.says("conditional") or _is_question(line))


def _is_question(line: Line) -> bool:
    return line.sentence.rstrip(" )").endswith("?") or "¿" in line.sentence


def _is_choice(line: Line) -> bool:
    """Whether one day or time stands beside another with "or" between them."""
    between = (line.sentence[before[1] : after[0]] for before, after in pairwise(line.named))
    return any(line.tongue.words["or_else"].search(words) for words in between)


def _aware(day: dt.date, clock: Clock, sent: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(day, clock.time, clock.zone or sent.tzinfo)
