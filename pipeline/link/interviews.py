"""The interviews of an application: what calendar invitations say of them, and what is said in prose.

A calendar invitation is exact: prose names what none of them does, and sets one aside only where it says that the talk
is moved or off.  What a later message fixes takes the place of what prose had named and was still ahead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from pipeline.records import Appointment, Direction, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from pipeline.records import CalendarEvent, Fact, Promise

_SAME_TALK = timedelta(hours=12)  # a talk named in prose is that of the calendar when it is no further from it


class ReadDates(Protocol):
    """Reads the days in the text of a message that was sent at some time."""

    def __call__(self, text: str, sent: datetime) -> Sequence[Promise]:
        """By when it promises or asks what."""

    def appointment(self, subject: str, text: str, sent: datetime) -> Appointment:
        """When it says that one is to talk."""

    def choice(self, offered: Sequence[datetime], text: str, sent: datetime) -> datetime | None:
        """Which of the moments that were ``offered`` it takes up."""


class Unread:
    """Reads no dates."""

    def __call__(self, text: str, sent: datetime) -> Sequence[Promise]:  # noqa: ARG002, D102  as above
        return ()

    def appointment(self, subject: str, text: str, sent: datetime) -> Appointment:  # noqa: ARG002, D102
        return Appointment()

    def choice(self, offered: Sequence[datetime], text: str, sent: datetime) -> datetime | None:  # noqa: ARG002, D102
        return None


@dataclass(frozen=True, slots=True)
class Interviews:
    """The meetings of calendar invitations, the moments ``named`` in prose, and those ``offered`` to choose from."""

    meetings: tuple[CalendarEvent, ...] = ()
    named: tuple[datetime, ...] = ()
    offered: tuple[datetime, ...] = ()

    @property
    def starts(self) -> tuple[datetime, ...]:
        """When each begins that was not cancelled, round by round."""
        return tuple(sorted({*self.named, *(m.start for m in self.meetings if m.start and m.method != "CANCEL")}))

    def until(self, at: datetime) -> Interviews:
        """Those that had begun by then."""
        held = tuple(m for m in self.meetings if m.start and m.start <= at)
        return Interviews(held, tuple(moment for moment in self.named if moment <= at))


def interviews_after(known: Interviews, fact: Fact, read: ReadDates) -> Interviews:
    """Those there are after one more message; one that somebody else may have sent changes none."""
    if fact.unproven and not fact.corrected:
        return known
    if fact.direction is Direction.OUT:
        chosen = read.choice(known.offered, fact.text, fact.date) if known.offered else None
        return _fixed(known, (chosen,), fact.date) if chosen else known
    return _invited(known, fact) if fact.calendar else _told(known, fact, read)


def _told(known: Interviews, fact: Fact, read: ReadDates) -> Interviews:
    """With what an invitation says in prose; what calls a talk off may be taken for any kind of message."""
    held, invites = known.until(fact.date), fact.kind is Kind.INTERVIEW
    if known == held and not invites:
        return known
    said = read.appointment(fact.subject, fact.text, fact.date)
    if said.is_off:
        return _without(known, said.days_off, fact.date) if said.days_off else held if invites else known
    if not invites:
        return known
    if said.offered:
        return replace(held if said.moves else known, offered=said.offered)
    return _fixed(held if said.moves else known, said.fixed, fact.date) if said.fixed else known


def _without(known: Interviews, days: Sequence[date], sent: datetime) -> Interviews:
    """Without those ahead on these days."""

    def is_off(start: datetime) -> bool:
        return start > sent and start.date() in days

    meetings = tuple(m for m in known.meetings if not (m.start and is_off(m.start)))
    return Interviews(meetings, tuple(moment for moment in known.named if not is_off(moment)))


def _invited(known: Interviews, fact: Fact) -> Interviews:
    """With a calendar's meetings: one for each UID, that of the highest SEQUENCE (RFC 5546 section 2.1.4)."""
    found = {event.uid: event for event in known.meetings}
    for event in fact.calendar:
        before = found.get(event.uid)
        if before is None or event.sequence >= before.sequence:
            found[event.uid] = event
    exact = Interviews(tuple(found.values()))
    return replace(exact, named=tuple(moment for moment in known.named if not _is_among(moment, exact.starts)))


def _fixed(known: Interviews, moments: Sequence[datetime], sent: datetime) -> Interviews:
    """With these in place of what prose had named ahead; a reminder of some changes nothing."""
    if set(moments) <= set(known.starts):
        return replace(known, offered=())
    meetings = [start for start in Interviews(known.meetings).starts if start > sent]
    new = [moment for moment in moments if not _is_among(moment, meetings)]
    return Interviews(known.meetings, (*known.until(sent).named, *new))


def _is_among(moment: datetime, starts: Sequence[datetime]) -> bool:
    return any(abs(moment - start) < _SAME_TALK for start in starts)
