"""The dates a sentence names, relative to the day it was written; where two readings are possible, the later.

    early, mid, late week     Tuesday, Wednesday, the last working day
    early, mid, late month    the 10th, the 15th, the last working day
    a few days, a few weeks   5 working days, 4 weeks
    first week of a month     its 7th, and so on; the last one: its last working day
    a weekday                 the next one; on that weekday itself, the one in a week

A numeric date is read day first; in English only when nothing else is possible.
"""

from __future__ import annotations

import calendar
import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from pipeline.link.promises.phrasebook import UNITS

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.link.promises.phrasebook import Tongue
    from pipeline.workdays import Workdays

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(days=7)
HORIZON = 366 * DAY
_FEW_DAYS, _FEW_WEEKS, _COUPLE = 5, 4, 2
LOOK_BACK = 60  # characters before a date in which what makes it a limit is looked for
_LOOK_AHEAD = 40  # characters behind a span in which the day it counts from is looked for
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Due:
    """A date in a sentence and where it stands, with what makes it a limit.

    ``firm`` when the words make it a limit; ``bare`` for a span of time without a word for "within";
    ``timed`` when it is none and a time of day follows, as with appointments.
    """

    start: int
    end: int
    day: dt.date
    firm: bool
    bare: bool = False
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """The day a message was written, and the calendar its sender works by."""

    day: dt.date
    workdays: Workdays


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule matched in a sentence, and the day it comes to, None where nobody can tell."""

    rule: str
    match: re.Match[str]
    day: dt.date | None

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands."""
        return self.match.span()


def find_dues(sentence: str, tongue: Tongue, written: Written) -> list[Due]:
    """The dates from the day of writing on, in their order; one that is no limit is left out."""
    found = sorted(without_overlap(find_dates(sentence, tongue, written)), key=lambda one: one.span)
    dues = [due for one in found for due in _due(one, found, sentence, tongue, written)]
    return [due for due in dues if written.day <= due.day <= written.day + HORIZON]


def find_dates(sentence: str, tongue: Tongue, written: Written) -> Iterator[Found]:
    """All that any rule finds, in no order; some of it overlaps."""
    for rule, pattern in tongue.dates:
        for match in pattern.finditer(sentence):
            try:
                found = Found(rule, match, _RESOLVE[rule](match, tongue, written))
                if found.day or rule != "weekday_day":
                    yield found
            except (ValueError, OverflowError):  # 31 February
                yield Found(rule, match, None)


def without_overlap(found: Iterator[Found]) -> list[Found]:
    """Of those that overlap, the longest; of a span and a date of one length, the date."""
    kept: list[Found] = []
    spoken = (one for one in found if one.rule != "span" or _is_amount(one.match))
    for one in sorted(spoken, key=lambda one: (one.span[0] - one.span[1], one.rule == "span")):
        if not any(one.span[0] < end and start < one.span[1] for start, end in (other.span for other in kept)):
            kept.append(one)
    return kept


def _due(one: Found, found: list[Found], sentence: str, tongue: Tongue, written: Written) -> Iterator[Due]:
    """The date as a limit; nothing when its words make it none, or nobody can say which day it is."""
    start, end = one.span
    before, behind = sentence[max(0, start - LOOK_BACK) : start], sentence[end:]
    lead = tongue.words["lead"].search(before)
    if lead and lead["not_due"]:
        return
    day = one.day
    firm = bool(lead or tongue.words["at_latest"].match(behind))
    if one.rule == "span":
        base, is_counted = _base(one, found, sentence, tongue, written)
        day = base and _after(one.match, tongue, base, written.workdays)
        firm = firm or is_counted or bool(one.match["within"] or one.match["coming"])
    elif day and tongue.words["week_of"].search(before):
        day = written.workdays.last_of_week(day)
    if day:
        is_timed = not firm and bool(tongue.words["clock"].match(behind))
        yield Due(start - len(lead[0]) if lead else start, end, day, firm, one.rule == "span" and not firm, is_timed)


def _base(
    one: Found, found: list[Found], sentence: str, tongue: Tongue, written: Written
) -> tuple[dt.date | None, bool]:
    """The day a span counts from, None if that is not said here; and whether it is said that it counts from one."""
    since = tongue.words["since"].match(sentence, one.span[1])
    if not since:
        return written.day, False
    if tongue.words["arrival"].match(sentence, since.end()):
        return written.day, True
    near = (other for other in found if other.rule != "span" and 0 <= other.span[0] - since.end() <= _LOOK_AHEAD)
    anchor = next(near, None)
    return (anchor.day if anchor else None), True


def _is_amount(match: re.Match[str]) -> bool:
    """Whether a span says how long: in so many words, or as "in the coming days" does."""
    return bool(match["low"] or match["few"] or match["couple"] or (match["coming"] and match["in_day"]))


def _after(match: re.Match[str], tongue: Tongue, base: dt.date, workdays: Workdays) -> dt.date | None:
    unit = next(unit for unit in UNITS if match[f"in_{unit}"])
    if match["low"]:
        n = max(_number(match[group], tongue) for group in ("low", "high", "tail") if match[group])
    elif match["couple"]:
        n = _COUPLE
    elif unit == "week":
        n = _FEW_WEEKS
    elif unit in {"day", "workday"}:
        unit, n = "workday", _FEW_DAYS
    else:
        return None
    return _LATER[unit](base, n, workdays)


def _number(text: str, tongue: Tongue) -> int:
    return int(text) if text.isdigit() else tongue.values["number"][text.lower()]


def _months_later(day: dt.date, n: int) -> dt.date:
    year, month = divmod(day.year * _MONTHS + day.month - 1 + n, _MONTHS)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


_LATER: dict[str, Callable[[dt.date, int, Workdays], dt.date]] = {
    "hour": lambda day, n, _: day + -(-n // 24) * DAY,
    "workday": lambda day, n, workdays: workdays.after(day, n),
    "day": lambda day, n, _: day + n * DAY,
    "week": lambda day, n, _: day + n * WEEK,
    "month": lambda day, n, _: _months_later(day, n),
}


def _iso(match: re.Match[str], _: Tongue, __: Written) -> dt.date:
    return dt.date(int(match["year"]), int(match["month"]), int(match["day"]))


def _numeric(match: re.Match[str], tongue: Tongue, written: Written) -> dt.date | None:
    a, b = int(match["a"]), int(match["b"])
    if b > _MONTHS:
        a, b = b, a
    elif tongue.language == "en" and match["by"] == "/" and a <= _MONTHS and a != b:
        weekday = tongue.values["weekday"].get((match["stated"] or "").lower())
        return None if weekday is None else of_weekday(readings(match, written), weekday, written)
    return _dated(a, b, match["year"], written.day)


def readings(match: re.Match[str], written: Written) -> list[dt.date]:
    """A numeric date with the day first, and with the month first, as far as there are such days."""
    found = []
    for day, month in permutations((int(match["a"]), int(match["b"]))):
        with suppress(ValueError):
            found.append(_dated(day, month, match["year"], written.day))
    return found


def of_weekday(days: Sequence[dt.date], weekday: int, written: Written) -> dt.date | None:
    """The one of them to come that is on that weekday, if there is one."""
    fitting = [day for day in days if day.weekday() == weekday and day >= written.day]
    return fitting[0] if len(fitting) == 1 else None


def _dated(day: int, month: int, year: str | None, written: dt.date) -> dt.date:
    """The day in that year, or in the one that brings it nearest to the day of writing."""
    if year:
        return dt.date(int(year) % 100 + 2000, month, day)
    years = (written.year + n for n in (-1, 0, 1))
    return min((dt.date(year, month, day) for year in years), key=lambda day: abs(day - written))


def _spoken(match: re.Match[str], tongue: Tongue, written: Written) -> dt.date:
    return _dated(int(match["day"]), tongue.values["month"][match["month"].lower()], match["year"], written.day)


def _weekday_day(match: re.Match[str], tongue: Tongue, written: Written) -> dt.date | None:
    """The day of that number in this month or the next one, where it is that weekday."""
    day = _month_day(match, tongue, written)
    return day if day.weekday() == tongue.values["weekday"][match["weekday"].lower()] else None


def _month_day(match: re.Match[str], _: Tongue, written: Written) -> dt.date:
    day = int(match["day"])
    month = written.day if day >= written.day.day else _months_later(written.day.replace(day=1), 1)
    return month.replace(day=day)


def _nth_week(match: re.Match[str], tongue: Tongue, written: Written) -> dt.date:
    first = _month_start(match, tongue, written)
    n = tongue.values["nth"][match["nth"].lower()]
    return first + (7 * n - 1) * DAY if n <= 4 else written.workdays.last_of_month(first)  # noqa: PLR2004  weeks


def _week_number(match: re.Match[str], _: Tongue, written: Written) -> dt.date:
    """The last working day of the week with that number (ISO 8601)."""
    years = (written.day.year, written.day.year + 1)
    ends = [written.workdays.last_of_week(dt.date.fromisocalendar(year, int(match["week"]), 1)) for year in years]
    return ends[0] if ends[0] >= written.day - HORIZON / 2 else ends[1]


def _weekday(match: re.Match[str], tongue: Tongue, written: Written) -> dt.date:
    weekday = tongue.values["weekday"][match["weekday"].lower()]
    monday = written.day - written.day.weekday() * DAY
    groups = match.groupdict()
    if groups["week_after"]:
        return monday + 2 * WEEK + weekday * DAY
    if groups["next"] or groups["next_week"]:
        return monday + WEEK + weekday * DAY
    if groups["this_week"]:
        return monday + weekday * DAY
    return written.day + ((weekday - written.day.weekday() - 1) % 7 + 1) * DAY


def _period(match: re.Match[str], tongue: Tongue, written: Written) -> dt.date | None:
    """The day a period, or its named part, is over."""
    groups = match.groupdict()
    part = next((part for part in ("early", "mid", "late") if groups.get(part)), "late")
    name = next(name for name in _PERIODS if groups.get(name))
    if name.endswith("week") or name == "week_after":
        return _in_week(part, _WEEKS_ON.get(name, 0), written)
    return _in_month(part, _month_of(name, match, tongue, written), written)


_PERIODS = (
    *("week_after", "next_week", "this_week", "the_week", "next_month", "this_month", "the_month"),
    *("the_quarter", "the_year", "quarter", "month"),
)
_WEEKS_ON = {"next_week": 1, "week_after": 2}


def _in_week(part: str, weeks: int, written: Written) -> dt.date:
    monday = written.day - written.day.weekday() * DAY + weeks * WEEK
    if not weeks and written.workdays.last_of_week(monday) < written.day:
        monday += WEEK  # written on a weekend
    if part == "late":
        return written.workdays.last_of_week(monday)
    return written.workdays.on_or_after(monday + (DAY if part == "early" else 2 * DAY))


def _month_of(name: str, match: re.Match[str], tongue: Tongue, written: Written) -> dt.date:
    """The first day of the month a period ends with."""
    this = written.day.replace(day=1)
    if name == "month":
        return _month_start(match, tongue, written)
    if name == "quarter":
        year = match["year"] or (written.day.year + (int(match["quarter"]) * 3 < written.day.month))
        return dt.date(int(year), int(match["quarter"]) * 3, 1)
    months_on = {
        "next_month": 1,
        "the_quarter": -this.month % 3,
        "the_year": _MONTHS - this.month,
    }
    return _months_later(this, months_on.get(name, 0))


def _month_start(match: re.Match[str], tongue: Tongue, written: Written) -> dt.date:
    groups = match.groupdict()
    return _dated(1, tongue.values["month"][match["month"].lower()], groups.get("year"), written.day)


def _in_month(part: str, first: dt.date, written: Written) -> dt.date:
    if part != "late":
        return first.replace(day=10 if part == "early" else 15)
    last = written.workdays.last_of_month(first)
    return last if last >= written.day else _months_later(first, 1) - DAY


_RESOLVE: dict[str, Callable[[re.Match[str], Tongue, Written], dt.date | None]] = {
    "iso": _iso,
    "numeric": _numeric,
    "written": _spoken,
    "month_day": _month_day,
    "weekday_day": _weekday_day,
    "nth_week": _nth_week,
    "week_number": _week_number,
    "weekday": _weekday,
    "part": _period,
    "whole": _period,
    "quarter": _period,
    "today": lambda _, __, written: written.day,
    "tomorrow": lambda _, __, written: written.day + DAY,
    "overmorrow": lambda _, __, written: written.day + 2 * DAY,
    "span": lambda _, __, ___: None,
}
