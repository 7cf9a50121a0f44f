"""When an invitation says that one is to talk: a day and a time of day that stand together.

A time belongs to the day in front of it, else to the one right behind it, else to that of a line next
to it ("Date: ...", "Time: ...").  A time without a zone is the reader's.  A sentence that asks, or offers a
choice, fixes nothing; one that calls a talk off names the moment that is not to be any more.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import chain, islice
from typing import TYPE_CHECKING

from pipeline.link.promises.clocks import find_clocks, in_the_afternoon
from pipeline.link.promises.dates import Written, find_days
from pipeline.link.promises.sentences import read_sentences
from pipeline.records import Appointment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.link.promises.clocks import Clock
    from pipeline.link.promises.dates import Named
    from pipeline.link.promises.phrasebook import Phrasebook, Tongue
    from pipeline.workdays import Workdays

_BEHIND, _BEFORE = 45, 15  # characters between a day and a time behind it, and one in front of it
_LINES = 2  # between a day on a line, and a time on another
_WEEK, _FAR = dt.timedelta(days=7), dt.timedelta(days=21)
_HORIZON = dt.timedelta(days=366)


class _Sense(Enum):
    """What a sentence does with the moments it names."""

    FIXED = auto()
    OFFERED = auto()
    OFF = auto()


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence with the days and times it names, in the language in which it names any."""

    sentence: str
    tongue: Tongue
    days: Sequence[Named]
    clocks: Sequence[Clock]


@dataclass(frozen=True, slots=True)
class _Moment:
    at: dt.datetime
    sense: _Sense
    is_talk: bool
    is_beside: bool
    sentence: str


def find_appointment(
    subject: str, text: str, sent: dt.datetime, phrasebook: Phrasebook, workdays: Workdays
) -> Appointment:
    """The moments a message fixes for a talk, or offers; the subject counts where the text names none.

    ``sent`` is aware, in the zone of the reader.  What is past, or more than a year off, is none.
    """
    written = Written(sent.date(), workdays)
    heading, lines = (list(_lines(part, phrasebook, written)) for part in (subject, text))
    found = _appointment(lines, sent)
    if any(_sense(line) is _Sense.OFF for line in heading) and not any(_is_moved(line) for line in (*heading, *lines)):
        return Appointment(is_off=True)
    return found if found != Appointment() else _appointment(heading, sent)


def find_choice(
    offered: Sequence[dt.datetime], text: str, sent: dt.datetime, phrasebook: Phrasebook, workdays: Workdays
) -> dt.datetime | None:
    """The one of the ``offered`` moments that a text takes up; None where it names several of them, none, or says no.

    A weekday stands for the offered day of that name, also in a week to come.
    """
    chosen: set[dt.datetime] = set()
    for line in _lines(text, phrasebook, Written(sent.date(), workdays)):
        if not line.tongue.words["negated"].search(line.sentence):
            named = [_aware(day, clock, sent) for day, clock in _pairs(line, None)]
            chosen.update(moment for moment in offered for each in named if _is_that(moment, each))
    return chosen.pop() if len(chosen) == 1 else None


def _is_that(moment: dt.datetime, named: dt.datetime) -> bool:
    early = moment - named
    return dt.timedelta(0) <= early <= _FAR and early % _WEEK == dt.timedelta(0)


def _lines(text: str, phrasebook: Phrasebook, written: Written) -> Iterator[_Line]:
    """The sentences, each in the likeliest language in which it names a day and a time, else either."""
    for sentence, likely, others in read_sentences(text, phrasebook):
        lines = [_line(sentence, tongue, written) for tongue in (*likely, *others)] if sentence else []
        both, either = ([line for line in lines if test((line.days, line.clocks))] for test in (all, any))
        telling = (line for line in lines[: len(likely)] if _sense(line) is not _Sense.FIXED)
        yield from islice(chain(both, either, telling, lines), 1)


def _line(sentence: str, tongue: Tongue, written: Written) -> _Line:
    days = find_days(sentence, tongue, written)
    clocks = find_clocks(sentence, tongue, [(day.start, day.end) for day in days])
    return _Line(sentence, tongue, days, clocks)


def _appointment(lines: Sequence[_Line], sent: dt.datetime) -> Appointment:
    senses = {_sense(line) for line in lines}
    moments = [
        _moment(_aware(day, clock, sent), clock, line, len(pairs))
        for line, pairs in zip(lines, map(_pairs, lines, _lone_days(lines)), strict=True)
        for day, clock in pairs
    ]
    coming = [moment for moment in moments if sent < moment.at <= sent + _HORIZON]
    return _arranged(coming, is_offer=_Sense.OFFERED in senses, is_off=_Sense.OFF in senses)


def _moment(at: dt.datetime, clock: Clock, line: _Line, n_moments: int) -> _Moment:
    is_talk = bool(line.tongue.words["talk"].search(line.sentence))
    return _Moment(at, _sense(line, n_moments), is_talk, _is_beside(clock, line), line.sentence)


def _arranged(moments: Sequence[_Moment], *, is_offer: bool, is_off: bool) -> Appointment:
    """What the moments come to: where several days are named and a choice is offered, all of them are offered."""
    at = {sense: {moment.at for moment in moments if moment.sense is sense} for sense in _Sense}
    fixed = _talks([m for m in moments if m.sense is _Sense.FIXED and m.at not in at[_Sense.OFF]])
    open_to_choice = at[_Sense.OFFERED] | {moment.at for moment in fixed}
    if is_offer and (len({moment.at for moment in fixed}) > 1 or len(at[_Sense.OFFERED]) > 1 or not fixed):
        return Appointment(offered=tuple(sorted(open_to_choice)))
    if not fixed:
        return Appointment(is_off=is_off)
    firsts: dict[dt.date, _Moment] = {}
    for moment in sorted(fixed, key=lambda moment: moment.at):
        firsts.setdefault(moment.at.date(), moment)
    return Appointment(tuple(moment.at for moment in firsts.values()), sentence=next(iter(firsts.values())).sentence)


def _talks(moments: Sequence[_Moment]) -> list[_Moment]:
    """Those of the days of which it is said that one is to talk, where it is of any; without what is beside that."""
    mains = [moment for moment in moments if not moment.is_beside] or moments
    days = {moment.at.date() for moment in mains if moment.is_talk}
    return [moment for moment in mains if not days or moment.at.date() in days]


def _sense(line: _Line, n_moments: int = 0) -> _Sense:
    words = line.tongue.words
    if words["called_off"].search(line.sentence) and not words["conditional"].search(line.sentence):
        return _Sense.OFF
    is_choice = n_moments > 1 and words["or_else"].search(line.sentence)
    is_question = line.sentence.rstrip(" )").endswith("?")
    if is_choice or is_question or words["offered"].search(line.sentence):
        return _Sense.OFFERED
    return _Sense.FIXED


def _is_moved(line: _Line) -> bool:
    return bool(line.tongue.words["moved"].search(line.sentence))


def _lone_days(lines: Sequence[_Line]) -> list[dt.date | None]:
    """For each line the day that its times are of where it names none: that of a line above or below without a time."""
    lone: list[dt.date | None] = []
    above, left = None, 0
    for n, line in enumerate(lines):
        below = _day_alone(lines[n + 1]) if n + 1 < len(lines) else None
        lone.append((above if left else None) or below)
        if line.days:
            above, left = _day_alone(line), _LINES
        else:
            left = _LINES if left and line.clocks else left - 1 if left else 0
    return lone


def _day_alone(line: _Line) -> dt.date | None:
    """The one day a line names without a time."""
    is_alone = len(line.days) == 1 and not any(map(_counts, line.clocks)) and _is_on(line.days[0], line)
    return line.days[0].day if is_alone and not line.tongue.words["elsewhere"].search(line.sentence) else None


def _pairs(line: _Line, lone: dt.date | None) -> list[tuple[dt.date, Clock]]:
    """The days of a sentence with their times; where one is moved, the day it is moved to."""
    if line.tongue.words["elsewhere"].search(line.sentence):
        return []
    if not line.days:
        first = next(filter(_counts, line.clocks), None)
        is_first = first and line.tongue.words["label"].fullmatch(line.sentence[: first.start])
        return [(lone, first)] if lone and first and is_first else []
    times = _times_before if _is_time_first(line) else _times_behind
    last = len(line.days) - 1 if _is_moved(line) else 0
    return [
        (day.day, clock)
        for n, day in enumerate(line.days)
        if n >= last and day.day and _is_on(day, line)
        for clock in times(n, line)
    ]


def _is_on(day: Named, line: _Line) -> bool:
    """Whether a talk may be on this day: it is no limit, not past, and no other takes its place."""
    before, words = line.sentence[: day.start], line.tongue.words
    denied = words["negated"].search(words["clause"].split(before)[-1])
    return not (day.is_limit or denied or words["instead_of"].search(before) or words["thanked"].search(before))


def _is_time_first(line: _Line) -> bool:
    return any(0 <= line.days[0].start - clock.end <= _BEFORE and _counts(clock) for clock in line.clocks)


def _times_before(n: int, line: _Line) -> list[Clock]:
    """The time right in front of a day, behind the day before."""
    start = line.days[n - 1].end if n else 0
    return [c for c in line.clocks if start <= c.start and 0 <= line.days[n].start - c.end <= _BEFORE and _counts(c)][
        -1:
    ]


def _times_behind(n: int, line: _Line) -> list[Clock]:
    """The times behind a day, up to the next one."""
    day, others = line.days[n], line.days[n + 1 :]
    end = others[0].start if others else len(line.sentence)
    found = [clock for clock in line.clocks if day.end <= clock.start < end and _counts(clock)]
    if not found or not _belongs(found[0], day, line):
        return []
    return [replace(clock, time=_as_said(clock, day, line)) for clock in found]


def _is_due(clock: Clock, line: _Line) -> bool:
    lead = line.tongue.words["lead"].search(line.sentence[: clock.start])
    return bool(lead and lead["due"]) and not line.tongue.words["set_for"].search(line.sentence[: clock.start])


def _counts(clock: Clock) -> bool:
    return clock.is_led or not clock.is_bare


def _belongs(clock: Clock, day: Named, line: _Line) -> bool:
    """Whether a day and a time behind it stand together."""
    between = line.sentence[day.end : clock.start]
    if clock.is_bare and line.tongue.words["part_of_day"].sub("", between).strip(" ,(-"):
        return False
    return len(between) <= _BEHIND and not line.tongue.words["until_then"].search(between)


def _as_said(clock: Clock, day: Named, line: _Line) -> dt.time:
    """The time, in the afternoon where that is said in front of it."""
    is_late = line.tongue.words["late"].search(line.sentence, day.start, clock.start)
    return in_the_afternoon(clock.time) if is_late else clock.time


def _is_beside(clock: Clock, line: _Line) -> bool:
    """Whether a time is one to be there by, or at which something ends."""
    before = line.sentence[max(0, clock.start - _BEHIND) : clock.start]
    return bool(line.tongue.words["beside"].search(line.tongue.words["clause"].split(before)[-1]))


def _aware(day: dt.date, clock: Clock, sent: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(day, clock.time, clock.zone or sent.tzinfo)
