"""Days between two moments, all or those of work, on the user's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from pipeline.workdays import Workdays


def days_between(start: datetime, end: datetime, zone: ZoneInfo) -> int:
    """How many days of the calendar ``end`` is after ``start``, whatever the hour."""
    return (end.astimezone(zone).date() - start.astimezone(zone).date()).days


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of a country, as its people's clocks count them."""

    workdays: Workdays
    zone: ZoneInfo

    def days(self, start: datetime, end: datetime) -> int:
        """How many working days lie after the day of ``start``, up to and with that of ``end``."""
        return self.workdays.between(start.astimezone(self.zone).date(), end.astimezone(self.zone).date())

    def after(self, start: datetime, n: int) -> datetime:
        """When the ``n``-th working day after that of ``start`` begins; ``n`` is at least 1."""
        return datetime.combine(self.workdays.after(start.astimezone(self.zone).date(), n), time(), self.zone)

    def end_of(self, day: date) -> datetime:
        """The last moment of this day."""
        return datetime.combine(day, time.max, self.zone)
