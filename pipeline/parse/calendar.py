"""Reads the events of text/calendar parts and .ics files; the one door to icalendar."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pipeline.parse.text import clean_line
from pipeline.records import CalendarEvent
from pipeline.workdays import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_OCTETS = 1_000_000
MAX_EVENTS = 20

_FOLD = re.compile(r"\n+[ \t]")


def events(calendars: list[str]) -> tuple[CalendarEvent, ...]:
    """Give the VEVENTs (RFC 5545 section 3.6.1) of iCalendar texts, none of a text that is broken.

    Times are in UTC.  A floating time (section 3.3.5) or one in a zone nobody knows has no UTC: it is
    taken as if it were UTC, hours off at worst, which moves a reminder but never hides an interview.
    An all-day date (section 3.3.4) is that day at 00:00.  Only the first date of a series is given.
    """
    found: list[CalendarEvent] = []
    left = MAX_OCTETS
    for text in calendars:
        left -= len(text)
        if left < 0:
            break
        try:
            found.extend(_events(text))
        # An invitation is a help, never a reason to lose the message: icalendar raises more than it documents.
        except Exception:  # noqa: BLE001, S112
            continue
    return tuple(found[:MAX_EVENTS])


def _events(text: str) -> Iterator[CalendarEvent]:
    if "BEGIN:VEVENT" not in text.upper():
        return
    # Imported here: 65 ms that only messages with an invitation need spend.
    from icalendar import Calendar  # noqa: PLC0415

    for calendar in Calendar.from_ical(_without_zones(text), multiple=True):
        method = clean_line(str(calendar.get("METHOD", ""))).upper()
        for event in calendar.walk("VEVENT")[:MAX_EVENTS]:
            yield _event(event, method)


def _without_zones(text: str) -> str:
    """Leave the VTIMEZONEs out (RFC 5545 section 3.6.5): zones are known by their IANA and Windows names.

    icalendar expands a zone's rules (``FREQ=SECONDLY`` since 1601 took minutes) and remembers it by its name
    for ever after, so that one sender's zone would move another sender's interview.
    """
    kept: list[str] = []
    is_zone = False
    # Unfolded first (section 3.1), and asked for both ends, as parameters may stand between: both hid a zone.
    for line in _FOLD.sub("", "\n".join(text.splitlines())).split("\n"):
        name = line.strip().upper()
        names_zone = name.endswith("VTIMEZONE")
        is_zone = is_zone or (names_zone and name.startswith("BEGIN"))
        if not is_zone:
            kept.append(line)
        is_zone = is_zone and not (names_zone and name.startswith("END"))
    return "\r\n".join(kept)


def _event(event: Any, method: str) -> CalendarEvent:  # noqa: ANN401  icalendar is untyped to us
    return CalendarEvent(
        uid=_text(event, "UID"),
        method=method,
        sequence=_number(event.get("SEQUENCE", 0)),
        summary=_text(event, "SUMMARY"),
        organizer=_text(event, "ORGANIZER").removeprefix("mailto:").removeprefix("MAILTO:"),
        location=_text(event, "LOCATION"),
        start=_moment(event, "start"),
        end=_moment(event, "end"),
    )


def _text(event: Any, name: str) -> str:  # noqa: ANN401
    value = event.get(name, "")
    return clean_line(str(value[0] if isinstance(value, list) and value else value))


def _number(value: Any) -> int:  # noqa: ANN401
    """Give SEQUENCE (RFC 5545 section 3.8.7.4), which only counts up from nought."""
    try:
        return max(0, min(int(value), 2**31 - 1))
    except (TypeError, ValueError, OverflowError):
        return 0


def _moment(event: Any, name: str) -> datetime | None:  # noqa: ANN401
    """Give the start or the end, which icalendar computes from DURATION where needed."""
    try:
        moment: date | datetime = getattr(event, name)
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    # A wrong DTSTART raises one of several errors; an event without its time is still an event.
    except Exception:  # noqa: BLE001
        return None
    # Year 9999 is a valid date that no other time zone can express.
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None
