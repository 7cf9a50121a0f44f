"""Working days of a country: Monday to Friday, or what its weekends and public holidays leave of the week."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from holidays import HolidayBase

DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(days=7)
FIRST_YEAR, LAST_YEAR = 1990, 2100  # of days that somebody can mean
_WEEKEND = frozenset({5, 6})  # as datetime counts them: Saturday and Sunday


@dataclass(frozen=True, slots=True)
class Workdays:
    """The calendar of a country or a part of it (ISO 3166: ``DE``, ``DE-BY``); ``""`` has weekends and no holidays.

    The country is looked up when the first day is asked about: every method raises ConfigError
    where there is no such country, or no such part of it.
    """

    country: str = ""

    def is_workday(self, day: dt.date) -> bool:
        """Whether people work on this day."""
        if not self.country:
            return day.weekday() not in _WEEKEND
        return bool(_calendar(self.country).is_working_day(day))

    def on_or_after(self, day: dt.date) -> dt.date:
        """The day itself when it is a working day, else the next one."""
        while not self.is_workday(day):
            day += DAY
        return day

    def on_or_before(self, day: dt.date) -> dt.date:
        """The day itself when it is a working day, else the last one before."""
        while not self.is_workday(day):
            day -= DAY
        return day

    def after(self, day: dt.date, n: int) -> dt.date:
        """The ``n``-th working day after this day, which is not counted itself; ``n`` is at least 1."""
        for _ in range(n):
            day = self.on_or_after(day + DAY)
        return day

    def between(self, start: dt.date, end: dt.date) -> int:
        """How many working days lie after ``start`` up to and with ``end``; 0 when it is not later."""
        return sum(self.is_workday(start + n * DAY) for n in range(1, (end - start).days + 1))

    def last_of_week(self, day: dt.date) -> dt.date:
        """The last working day of the week this day lies in; a week ends with the country's weekend."""
        weekend = _calendar(self.country).weekend if self.country else _WEEKEND
        end = day
        while not (end.weekday() in weekend and (end + DAY).weekday() not in weekend):
            end += DAY
        return self.on_or_before(end)

    def last_of_month(self, day: dt.date) -> dt.date:
        """The last working day of the month this day lies in."""
        next_month = (day.replace(day=1) + 31 * DAY).replace(day=1)
        return self.on_or_before(next_month - DAY)


@lru_cache(maxsize=8)
def _calendar(country: str) -> HolidayBase:
    """The public holidays of a country or of a part of it; raises ConfigError."""
    from holidays import country_holidays, list_supported_countries  # noqa: PLC0415  0.1 s a quiet run does not need

    whole, dash, part = country.partition("-")
    # Asked first, since the library takes the names of its classes for codes as well.
    parts = list_supported_countries().get(whole)
    if parts is None or (dash and part not in parts):
        raise ConfigError("country", [_remedy(country)])
    return country_holidays(whole, subdiv=part or None)


def _remedy(country: str) -> str:
    return (
        f"no public holidays are known for {country!r}; write an ISO 3166 code such as DE, or DE-BY for a part"
        ' of a country, or "" for Monday to Friday'
    )
