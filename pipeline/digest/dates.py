"""Dates as the reader's language writes them, on the reader's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

# By language: its locale, and how it writes a day, and a day with its time.
LOCALES = {"en": ("en_GB", "d MMM y", "EEEE d MMM, HH:mm"), "de": ("de", "d. MMM y", "EEEE, d. MMM, HH:mm")}


def day(moment: datetime, zone: ZoneInfo, language: str = "en") -> str:
    """A day such as ``5 Mar 2026``."""
    return date_words(moment.astimezone(zone).date(), language)


def date_words(date: date, language: str = "en") -> str:
    """The same for a date that has no zone."""
    from babel.dates import format_date  # noqa: PLC0415  only a digest needs the locale data

    locale, pattern, _ = LOCALES[language]
    return str(format_date(date, pattern, locale=locale))


def day_and_time(moment: datetime, zone: ZoneInfo, language: str = "en") -> str:
    """A day and time such as ``Thursday 5 Mar, 10:00``."""
    from babel.dates import format_datetime  # noqa: PLC0415

    locale, _, pattern = LOCALES[language]
    return str(format_datetime(moment.astimezone(zone), pattern, tzinfo=zone, locale=locale))
