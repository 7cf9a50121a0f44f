"""When an invitation says that one is to talk: the days and times it names, and what it does with them.

A time without a zone is the reader's.  A sentence that asks, or offers a choice, fixes nothing; one that calls a
talk off names the moment that is not to be any more.  Where a message says of some days that one is to talk, its
other days are of something else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
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

_WEEK, _FAR = dt.timedelta(days=7), dt.timedelta(days=21)
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
    sentence: str


def find_appointment(
    subject: str, text: str, sent: dt.datetime, phrasebook: Phrasebook, workdays: Workdays
) -> Appointment:
    """The moments a message fixes for a talk, or offers; the subject's where the text names none.

    ``sent`` is aware, in the zone of the reader.  What is past, or more than a year off, is none.
    """
    written = Written(sent.date(), workdays)
    heading, lines = (list(read_lines(part, phrasebook, written)) for part in (subject, text))
    is_off = any(_sense(line) is _Sense.OFF for line in heading)
    if is_off and not any(line.says("moved") for line in (*heading, *lines)):
        return Appointment(is_off=True)
    days = [day for line in heading if (day := lone_day(line))]
    found = _appointment(lines, sent, days[0] if days else None)
    return found if found != Appointment() else _appointment(heading, sent, None)


def find_choice(
    offered: Sequence[dt.datetime], text: str, sent: dt.datetime, phrasebook: Phrasebook, workdays: Workdays
) -> dt.datetime | None:
    """The one of the ``offered`` moments that a text takes up; None where it names several of them, none, or says no.

    A weekday stands for the offered day of that name, also in a week to come.
    """
    chosen: set[dt.datetime] = set()
    for line in read_lines(text, phrasebook, Written(sent.date(), workdays)):
        if not line.says("negated"):
            named = [_aware(day, clock, sent) for day, clock in pairs(line, None)]
            chosen.update(moment for moment in offered for each in named if _is_that(moment, each))
    return chosen.pop() if len(chosen) == 1 else None


def _is_that(moment: dt.datetime, named: dt.datetime) -> bool:
    early = moment - named
    return dt.timedelta(0) <= early <= _FAR and early % _WEEK == dt.timedelta(0)


def _appointment(lines: Sequence[Line], sent: dt.datetime, heading: dt.date | None) -> Appointment:
    """What the sentences come to, ``heading`` being the day above them."""
    moments = [
        _Moment(
            _aware(day, clock, sent),
            _sense(line),
            line.says("talk"),
            line.says("moved"),
            is_beside(clock, line),
            line.sentence,
        )
        for line, lone in zip(lines, lone_days(lines, heading), strict=True)
        for day, clock in pairs(line, lone)
    ]
    coming = [moment for moment in moments if sent < moment.at <= sent + _HORIZON]
    off = [line for line in lines if _sense(line) is _Sense.OFF]
    off_days = {day.day for line in off if not line.clocks for day in line.days}
    left = [moment for moment in coming if moment.at.date() not in off_days]
    is_offer = any(line.says("offered") for line in lines)
    if left and not is_offer and any(line.says("moved") and not line.named for line in lines):
        left = [moment for moment in left if moment.at.date() == left[-1].at.date()]  # the day planned comes first
    return _arranged(left, is_offer=is_offer, is_off=bool(off))


def _arranged(moments: Sequence[_Moment], *, is_offer: bool, is_off: bool) -> Appointment:
    """What the moments come to: of several, where a choice is offered, all are."""
    at = {sense: {moment.at for moment in moments if moment.sense is sense} for sense in _Sense}
    offered = at[_Sense.OFFERED]
    fixed = _talks([m for m in moments if m.sense is _Sense.FIXED and m.at not in at[_Sense.OFF]])
    is_said = len({moment.at for moment in fixed}) == 1 and (fixed[0].is_talk or not offered)
    if (offered and not is_said) or (is_offer and (not is_said or len(offered) > 1)):
        return Appointment(offered=tuple(sorted(offered | {moment.at for moment in fixed})))
    if not fixed:
        return Appointment(is_off=is_off)
    firsts: dict[dt.date, _Moment] = {}
    for moment in fixed:
        firsts.setdefault(moment.at.date(), moment)
    talks = sorted(firsts.values(), key=lambda moment: moment.at)
    return Appointment(tuple(moment.at for moment in talks), sentence=talks[0].sentence)


def _talks(moments: Sequence[_Moment]) -> list[_Moment]:
    """Those on the days of which it is said that one is to talk, where it is of any; without what is beside that.

    Of a talk that is moved, the moment it is moved from is none where another is named.
    """
    mains = [moment for moment in moments if not moment.is_beside] or moments
    mains = [moment for moment in mains if not moment.is_moved] or mains
    days = {moment.at.date() for moment in mains if moment.is_talk}
    return [moment for moment in mains if not days or moment.at.date() in days]


def _sense(line: Line) -> _Sense:
    if line.says("called_off") and not line.says("conditional"):
        return _Sense.OFF
    is_question = line.sentence.rstrip(" )").endswith("?") or "¿" in line.sentence
    return _Sense.OFFERED if is_question or _is_choice(line) or line.says("offered") else _Sense.FIXED


def _is_choice(line: Line) -> bool:
    """Whether one day or time stands beside another with "or" between them."""
    between = (line.sentence[before[1] : after[0]] for before, after in pairwise(line.named))
    return any(line.tongue.words["or_else"].search(words) for words in between)


def _aware(day: dt.date, clock: Clock, sent: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(day, clock.time, clock.zone or sent.tzinfo)
