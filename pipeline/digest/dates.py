"""Dates as the reader's language writes them, on the reader's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class DateForm:
    """Babel's locale and its patterns (Unicode TS 35, part 4) for a day and for a moment."""

    locale: str
    day: str
    moment: str


BRITISH = DateForm("en_GB", "d MMM y", "EEEE d MMM, HH:mm")  # what the commands print


def day(moment: datetime, zone: ZoneInfo, form: DateForm = BRITISH) -> str:
    """A day such as ``5 Mar 2026``."""
    return date_words(moment.astimezone(zone).date(), form)


def date_words(date: date, form: DateForm = BRITISH) -> str:
    """The same for a date that has no zone."""
    from babel.dates import format_date  # noqa: PLC0415  only a digest needs the locale data

    return str(format_date(date, form.day, locale=form.locale))


def day_and_time(moment: datetime, zone: ZoneInfo, form: DateForm = BRITISH) -> str:
    """A day and time such as ``Thursday 5 Mar, 10:00``."""
    from babel.dates import format_datetime  # noqa: PLC0415

    return str(format_datetime(moment.astimezone(zone), form.moment, tzinfo=zone, locale=form.locale))
