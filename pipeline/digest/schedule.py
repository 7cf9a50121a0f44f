"""When a digest is due: once a week, from a day and hour on; a missed hour is caught up with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Schedule:
    """The weekday (0 is Monday) and hour, on the user's clock, from which a digest is due."""

    weekday: int
    hour: int
    zone: ZoneInfo


def due_period(schedule: Schedule, now: datetime) -> str:
    """The name of the period whose digest is due at ``now``: the date of its day, e.g. ``2026-03-02``.

    It stays the same for a week, so whatever runs in that week finds the digest sent or
    still to be sent.
    """
    local = now.astimezone(schedule.zone)
    day = local.date() - timedelta(days=(local.weekday() - schedule.weekday) % 7)
    if day == local.date() and local.hour < schedule.hour:
        day -= timedelta(days=7)
    return day.isoformat()
