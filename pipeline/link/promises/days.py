"""The single days a sentence names: neither spans nor weeks, and no weekday of another week."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.link.promises.dates import DAY, LOOK_BACK, WEEK, find_dates, of_weekday, readings, without_overlap
from pipeline.link.promises.phrasebook import Anchor

if TYPE_CHECKING:
    import datetime as dt

    from pipeline.link.promises.dates import Found, Written
    from pipeline.link.promises.phrasebook import Tongue

_AND = 8  # characters of what stands between two days with "between" before them
_DAYS = frozenset(
    {"iso", "numeric", "written", "month_day", "weekday_day", "weekday", "today", "tomorrow", "overmorrow"}
)


@dataclass(frozen=True, slots=True)
class Named:
    """A single day in a sentence and where it stands; ``day`` is None where nobody can tell which it is.

    ``is_limit`` when the words around make it a day by which, not on which; ``is_weekday`` when nothing but its
    weekday is said.
    """

    start: int
    end: int
    day: dt.date | None
    is_limit: bool
    is_weekday: bool = False


def find_days(sentence: str, tongue: Tongue, written: Written) -> list[Named]:
    """The single days a sentence names, in their order; no spans, weeks or months."""
    apart = sorted(without_overlap(find_dates(sentence, tongue, written)), key=lambda one: one.span)
    found = [one for one in apart if one.rule in _DAYS and not _is_another(one, sentence, tongue)]
    days = [
        Named(*one.span, _after_date(before, one), _is_limit(one, sentence, tongue), one.rule == "weekday")
        for before, one in zip([None, *found], found, strict=False)
    ]
    ranged = set()
    for n in range(len(found) - 1, 0, -1):
        before, one = found[n - 1], found[n]
        between = sentence[before.span[1] : one.span[0]]
        is_between = tongue.words["between"].search(sentence[: before.span[0]]) and len(between) <= _AND
        if is_between or tongue.words["through"].fullmatch(between):
            if before.rule == one.rule == "weekday":
                return []  # opening hours, or a week in which one may choose
            ranged |= {n - 1, n}
        elif _is_same(before, one, between, tongue):
            days[n - 1] = replace(days[n - 1], end=days[n].end, day=_exact(before, one, written), is_weekday=False)
            ranged.add(n)
    return [day for n, day in enumerate(days) if n not in ranged]


def _after_date(before: Found | None, one: Found) -> dt.date | None:
    """The day of a weekday behind a date is the next one after that date: "1 December or Wednesday"."""
    if before is None or one.rule != "weekday" or not (before.day and one.day) or one.day >= before.day:
        return one.day
    return one.day + -(-((before.day - one.day) // DAY + 1) // 7) * WEEK


def _is_another(one: Found, sentence: str, tongue: Tongue) -> bool:
    """Whether it is a weekday of a week that is over, or of every week."""
    start, end = one.span
    other = tongue.words["not_coming"].search(sentence[:start]) or tongue.words["gone_by"].match(sentence, end)
    return one.rule == "weekday" and bool(other)


def _exact(before: Found, one: Found, written: Written) -> dt.date | None:
    """The day of a weekday and a date that stand beside each other."""
    date, weekday = (one, before) if before.rule == "weekday" else (before, one)
    if date.day or date.rule != "numeric" or not weekday.day:
        return date.day
    return of_weekday(readings(date.match, written), weekday.day.weekday(), written)


def _is_same(before: Found, one: Found, between: str, tongue: Tongue) -> bool:
    """Whether a weekday and the date beside it are one day: "next Thursday, October 1"."""
    return "weekday" in {before.rule, one.rule} != {"weekday"} and bool(tongue.words["apposed"].fullmatch(between))


def _is_limit(one: Found, sentence: str, tongue: Tongue) -> bool:
    start, end = one.span
    before = sentence[max(0, start - LOOK_BACK) : start]
    lead = tongue.words["lead"].search(before)
    is_due = bool(lead and lead["due"]) and (not tongue.words["set_for"].search(before) or _is_asked(before, tongue))
    return is_due or bool(tongue.words["week_of"].search(before) or tongue.words["at_latest"].match(sentence, end))


def _is_asked(before: str, tongue: Tongue) -> bool:
    """Whether something is asked for right before, and no talk is named since."""
    asks = next(pattern for anchor, pattern in tongue.anchors if anchor is Anchor.ASKS)
    ends = [match.end() for match in asks.finditer(before)]
    return bool(ends) and not tongue.words["talk"].search(before, ends[-1])
