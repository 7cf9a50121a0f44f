"""The times of day a sentence names: "10:30", "2-3pm ET", "14 Uhr", "à 10h30", "alle ore 9"."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from pipeline.link.promises.phrasebook import Tongue

_FIRST_HOUR = 7  # an hour before it is in the afternoon, unless it is said not to be
_HALF_DAY = 12
_BLANK = "\0"  # no part of a time


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day and where it stands, with its zone where one is told; of a range the beginning.

    ``is_bare`` where it is an hour and no more, which may count anything; ``is_led`` where a word such as "at"
    stands in front of it.
    """

    start: int
    end: int
    time: dt.time
    zone: dt.tzinfo | None
    is_bare: bool
    is_led: bool


def find_clocks(sentence: str, tongue: Tongue, taken: Iterable[tuple[int, int]]) -> list[Clock]:
    """The times of day in a sentence, in their order, outside the spans that are ``taken``."""
    for start, end in taken:
        sentence = sentence[:start] + _BLANK * (end - start) + sentence[end:]
    return [_clock(match, tongue) for match in tongue.words["time"].finditer(sentence)]


def in_the_afternoon(time: dt.time) -> dt.time:
    """The same time in the second half of the day."""
    return time.replace(hour=time.hour % _HALF_DAY + _HALF_DAY)


def _clock(match: re.Match[str], tongue: Tongue) -> Clock:
    """An hour in words with "hours" behind it counts as one only where a word such as "at" stands in front."""
    says = ("minute", "am", "pm", "before", "after", "until_am", "until_pm")
    units = ("unit", "until_unit") if match["lead"] or (match["hour"] or "").isdigit() else ()
    is_bare = not match["noon"] and not any(match[group] for group in (*says, *units))
    return Clock(match.start(), match.end(), _time(match, tongue), _zone(match, tongue), is_bare, bool(match["lead"]))


def _time(match: re.Match[str], tongue: Tongue) -> dt.time:
    if match["noon"]:
        return dt.time(_HALF_DAY)
    hour, minute = _hour(match["hour"], tongue), int(match["minute"] or match["late_minute"] or 0)
    if match["am"] or (match["until_am"] and not match["pm"]):
        hour = hour % _HALF_DAY
    elif hour <= _HALF_DAY:
        # "2-3pm" is in the afternoon, "11-1pm" before noon.
        is_shared = match["until_pm"] and hour % _HALF_DAY <= _hour(match["until"], tongue) % _HALF_DAY
        is_exact = match["hour"].startswith("0") or (tongue.language != "en" and (match["minute"] or match["unit"]))
        if match["pm"] or is_shared or (hour < _FIRST_HOUR and not is_exact):
            hour = hour % _HALF_DAY + _HALF_DAY
    return _shifted(dt.time(hour, minute), match, tongue)


def _hour(text: str, tongue: Tongue) -> int:
    return int(text) if text.isdigit() else tongue.values["hour"][text.lower()]


def _shifted(time: dt.time, match: re.Match[str], tongue: Tongue) -> dt.time:
    """The time a half or a quarter of an hour before or after, where that is said of it."""
    minutes = [tongue.values[place][match[place].lower()] for place in ("before", "after") if match[place]]
    moment = dt.datetime.combine(dt.date.min + dt.timedelta(days=1), time) + dt.timedelta(minutes=sum(minutes))
    return moment.time()


def _zone(match: re.Match[str], tongue: Tongue) -> dt.tzinfo | None:
    if match["sign"]:
        offset = dt.timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        return dt.timezone(offset if match["sign"] == "+" else -offset)
    return tongue.zones[match["zone"].lower()] if match["zone"] else None
