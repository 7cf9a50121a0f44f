"""The waits of an application with their dates: when the employer owed an answer, and whether it came.

What ends a wait is the table of ``pipeline.moves``; an answer is an invitation, an assessment, an offer or
a no.  Acknowledgements, newsletters and one's own reminders change nothing.  A wait that ends without an
answer (the employer paused, asked for a document, said they were still looking; the user gave up) is
censored: it tells that there was none until then, and never that there would have been none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.moves import MOVES, SAID
from pipeline.records import Kind, Label, Stage, Turn, Verb
from pipeline.silence.odds import Spell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pipeline.records import Application, Event
    from pipeline.silence.calendar import Calendar


@dataclass(frozen=True, slots=True)
class DatedSpell:
    """A wait of one's own; ``until`` is None while it goes on."""

    since: datetime
    until: datetime | None
    answered: bool
    stage: Stage


def own_spells(applications: Iterable[Application], calendar: Calendar, now: datetime) -> list[DatedSpell]:
    """Every wait of these applications, past and present.

    Where an undecided message may be the answer nobody knows whether the wait goes on, and so it is left out.
    """
    found: list[DatedSpell] = []
    for application in applications:
        found += past_spells(application)
        turn, since = turn_at(application, now)
        if turn is Turn.EMPLOYER and not (application.unsure or application.questions):
            start = clock_start(application, since, calendar)
            found.append(DatedSpell(start, None, answered=False, stage=application.stage))
    return found


def as_of(spells: Iterable[DatedSpell], calendar: Calendar, when: datetime) -> list[Spell]:
    """What was known of these waits at ``when``: one that was answered later still went on."""
    known = []
    for spell in spells:
        if spell.since <= when:
            is_over = spell.until is not None and spell.until <= when
            days = calendar.days(spell.since, spell.until if spell.until and is_over else when)
            known.append(Spell(days, is_over and spell.answered, spell.stage))
    return known


_ASKING = frozenset({Kind.ACTION_NEEDED, Kind.ASSESSMENT, Kind.OFFER})


def turn_at(application: Application, now: datetime) -> tuple[Turn, datetime]:
    """Whose turn it is at ``now``, and since when.

    Facts alone cannot say it: once the day of an interview is past, the employer owes the answer; until then
    nobody owes one, unless something was asked of the user.
    """
    at = application.interview_at
    if at and not application.stage.is_closed and at > application.turn_since:
        if at <= now:
            return Turn.EMPLOYER, at
        if not _is_asked(application):
            return Turn.NOBODY, application.turn_since
    return application.turn, application.turn_since


def _is_asked(application: Application) -> bool:
    """Whether the message that gave the user the turn asks for more than to come: by a day, or by its kind."""
    if application.turn is not Turn.USER:
        return False
    by_day = application.promise is not None and application.promise.who is Turn.USER
    return by_day or any(e.message_id == application.turn_message_id and e.kind in _ASKING for e in application.events)


def clock_start(application: Application, since: datetime, calendar: Calendar) -> datetime:
    """From when on the employer's wait counts: a promise moves the clock to the end of its day."""
    promise = application.promise if since == application.turn_since else None
    return calendar.end_of(promise.by) if promise else since


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an application stood between two events."""

    turn: Turn
    since: datetime
    stage: Stage
    closed: bool = False


_ANSWERED = frozenset({Stage.REJECTED, Stage.POSITION_CLOSED, Stage.ACCEPTED})


def past_spells(application: Application) -> Iterator[DatedSpell]:
    """The waits that are over, in their order; the first begins when the user applied, if that is known."""
    place = None
    if application.applied_at:
        place = _Place(Turn.EMPLOYER, application.applied_at, Stage.APPLIED)
    for event in application.events:
        after = _after(place, event)
        if after is place:
            continue
        since = place and _waiting_since(place, event, application.interview_at)
        if place and since and since <= event.at:
            yield DatedSpell(since, event.at, _is_answer(event, application), place.stage)
        place = after


def _after(place: _Place | None, event: Event) -> _Place | None:
    """Where the application stood after this event; the very same place when it moved nothing."""
    if event.link in {Verb.CLOSE, Verb.REOPEN}:
        return place and _told(place, event)
    move = MOVES.get(event.direction) or (MOVES.get(event.kind) if event.kind else None)
    if place is None:
        if move is None or move.if_turn:
            return None
        place = _Place(Turn.USER, event.at, Stage.APPLIED)
    standing = Stage.REJECTED if place.closed else place.stage
    if move is None or not move.moves(standing, place.turn):
        return place
    stage = move.stage_after(standing)
    return _Place(move.turn, event.at, place.stage if stage.is_closed else stage, closed=stage.is_closed)


def _told(place: _Place, event: Event) -> _Place:
    """The same after the user closed or re-opened it."""
    closes = event.link == Verb.CLOSE
    return (
        place if closes is place.closed else replace(place, turn=SAID[Verb(event.link)], since=event.at, closed=closes)
    )


def _waiting_since(place: _Place, event: Event, interview_at: datetime | None) -> datetime | None:
    """Since when the employer had owed an answer when this event came; None when it was not their turn.

    The day of the last interview alone is known: it counts where it falls into the wait, and nothing was
    owed while it lay ahead, unless this event is what announced it.
    """
    if place.stage is Stage.INTERVIEW and interview_at and interview_at > place.since:
        if interview_at <= event.at:
            return interview_at
        if event.kind is not Kind.INTERVIEW:
            return None
    return place.since if place.turn is Turn.EMPLOYER else None


def _is_answer(event: Event, application: Application) -> bool:
    """Whether the wait ended with an answer; one that came another way, the user says by closing."""
    if event.message_id == application.turn_message_id and event.link == Verb.CLOSE:
        return application.stage in _ANSWERED
    return event.kind is not None and event.kind.label is not Label.NONE
