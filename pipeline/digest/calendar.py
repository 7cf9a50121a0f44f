"""Dates for the user's own calendar: interviews ahead, and when to follow up; told once, and again when moved."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipeline.digest.plain import name_of, printable, short
from pipeline.records import Direction, Kind, Wait
from pipeline.silence import MAX_CHASES, questions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set as AbstractSet

    from pipeline.digest.wording import Wording
    from pipeline.records import Application, Silence
    from pipeline.workdays import Workdays

HOUR = timedelta(hours=1)
PATIENCE_DAYS = 5  # working days more for who is only slower than most


class Purpose(StrEnum):
    """What a date is for."""

    INTERVIEW = "interview"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A moment, or a whole day, for one application; ``sequence`` is how often another date was told before.

    ``what`` is remembered as said, so that it is told once.
    """

    application: Application
    purpose: Purpose
    at: datetime | date
    what: str
    sequence: int


def appointments(
    applications: Iterable[Application],
    listed: Iterable[Silence],
    said: AbstractSet[tuple[str, str]],
    wording: Wording,
    now: datetime,
) -> tuple[Appointment, ...]:
    """The interviews after ``now``, and a day to follow up for each wait that is ``listed``; none that was told."""
    found = [*_interviews(applications, said, now), *_follow_ups(listed, said, wording, now)]
    return tuple(each for each in found if (each.application.key, each.what) not in said)


def _interviews(
    applications: Iterable[Application], said: AbstractSet[tuple[str, str]], now: datetime
) -> Iterator[Appointment]:
    for application in applications:
        if application.interview_at and application.interview_at > now and not application.stage.is_closed:
            invited = [e.message_id for e in application.events if _invites(e.direction, e.kind)]
            mark = f"{application.interview_at.isoformat()}:{invited[-1] if invited else ''}"
            yield _appointment(application, Purpose.INTERVIEW, application.interview_at, mark, said)


def _invites(direction: Direction, kind: Kind | None) -> bool:
    return direction is Direction.IN and kind is Kind.INTERVIEW


def _follow_ups(
    listed: Iterable[Silence], said: AbstractSet[tuple[str, str]], wording: Wording, now: datetime
) -> Iterator[Appointment]:
    today = now.astimezone(wording.zone).date()
    for silence in listed:
        application = silence.application
        day = _follow_up_day(silence.wait, today, wording.workdays)
        if day and len(questions_of(application, silence.since)) < MAX_CHASES:
            mark = f"{silence.wait}:{application.turn_message_id}"
            yield _appointment(application, Purpose.FOLLOW_UP, day, mark, said)


def _follow_up_day(wait: Wait, today: date, workdays: Workdays) -> date | None:
    """Never a weekend or holiday: at once where they are silent, a week later where they are only slow."""
    if wait is Wait.SILENT:
        return workdays.on_or_after(today)
    return workdays.after(today, PATIENCE_DAYS) if wait is Wait.OVERDUE else None


def _appointment(
    application: Application, purpose: Purpose, at: datetime | date, mark: str, said: AbstractSet[tuple[str, str]]
) -> Appointment:
    told = [what for key, what in said if key == application.key and what.startswith(f"{purpose}@")]
    return Appointment(application, purpose, at, f"{purpose}@{mark}", len(told))


def calendar_of(dates: Iterable[Appointment], wording: Wording, written_at: datetime) -> bytes:
    """An iCalendar file (RFC 5545) that publishes the dates (RFC 5546 section 3.2.1): nobody is invited by it."""
    from icalendar import Calendar  # noqa: PLC0415  only a digest with a date needs it

    calendar = Calendar()
    calendar.add("PRODID", "-//unghost//digest//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    for each in dates:
        calendar.add_component(_event(each, wording, written_at))
    octets: bytes = calendar.to_ical()
    return octets


def _event(each: Appointment, wording: Wording, written_at: datetime) -> Any:  # noqa: ANN401  icalendar's Event
    from icalendar import Event  # noqa: PLC0415

    event, words = Event(), wording.words
    event.add("UID", f"{_identity(each, wording)}@unghost.localhost")
    event.add("DTSTAMP", written_at.astimezone(UTC))
    event.add("SEQUENCE", each.sequence)
    event.add("ORGANIZER", f"mailto:{wording.reader}")
    event.add("SUMMARY", printable(words(f"calendar.{each.purpose}", name=short(name_of(each.application)))))
    event.add("DESCRIPTION", words(f"calendar.{each.purpose}_note"))
    _add_time(event, each.at)
    return event


def _add_time(event: Any, at: datetime | date) -> None:  # noqa: ANN401  the same
    """A moment is in UTC and takes an hour; a day is a whole one that leaves the user free."""
    if isinstance(at, datetime):
        start = at.astimezone(UTC)
        event.add("DTSTART", start)
        event.add("DTEND", start + HOUR)
    else:
        event.add("DTSTART", at)
        event.add("DTEND", at + timedelta(days=1))
        event.add("TRANSP", "TRANSPARENT")


def _identity(each: Appointment, wording: Wording) -> str:
    """The same for every date of this purpose for this application: a moved one takes the old one's place."""
    return hashlib.sha256(f"{wording.reader} {each.purpose} {each.application.key}".encode()).hexdigest()[:32]
