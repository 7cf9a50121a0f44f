"""Find what is new for each section of the digest; nothing is found again unless its state has changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.digest.contents import Item
from pipeline.digest.steps.situation import due_of, rested
from pipeline.digest.steps.vocabulary import Meeting
from pipeline.records import Direction, Kind, Label, Turn, Wait
from pipeline.silence import questions_of, snoozed_until, turn_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from pipeline.digest.contents import Picture
    from pipeline.digest.steps.situation import Situation
    from pipeline.records import Application, Event, Silence
    from pipeline.silence import Calendar

FIRST_HORIZON = timedelta(days=7)  # the first digest after a long import is not a history book
HORIZON = timedelta(days=30)


def decided(picture: Picture, label: Label, now: datetime) -> list[Item]:
    """The newest decision of this label of each application, if it is recent and not told yet."""
    since, found = picture.since or now - (HORIZON if picture.previous_at else FIRST_HORIZON), []
    for application in picture.applications:
        event = _last_decision(application)
        if event and event.kind and event.kind.label is label and event.at >= since:
            at = application.interview_at if event.kind is Kind.INTERVIEW else None
            what = f"{event.kind}:{event.message_id}"
            found.append(Item(application, what, event.kind, at, _day_of(application, now)))
    return _unsaid(picture, found)


def _last_decision(application: Application) -> Event | None:
    decisive = (Label.INVITATION, Label.REJECTION)
    events = [e for e in application.events if e.direction is Direction.IN and e.kind and e.kind.label in decisive]
    return events[-1] if events and events[-1].message_id > 0 else None  # what the user said is no news


def meetings(picture: Picture, situations: Mapping[str, Situation], *wanted: Meeting) -> list[Item]:
    """The interviews of the coming or the last days, soonest first; one that is moved is told anew."""
    found = []
    for application in picture.applications:
        at, meeting = application.interview_at, situations[application.key].facts.get("interview")
        if at and meeting in wanted:
            which = "ahead" if meeting in {Meeting.TOMORROW, Meeting.SOON} else "over"
            noted_at = picture.noted.get(application.key)
            is_noted = noted_at is not None and noted_at >= at
            found.append(Item(application, f"interview {which}:{at.isoformat()}", at=at, is_noted=is_noted))
    return sorted(_unsaid(picture, found), key=lambda item: str(item.at))


def your_turn(picture: Picture, situations: Mapping[str, Situation], just_moved: set[str], now: datetime) -> list[Item]:
    """Where the employer waits for the user, what is due first; said again when that day is near, or over.

    What has just moved is told there, not twice.
    """
    return _unsaid(picture, _your_turns(picture, situations, just_moved, now))


def still_your_turn(
    picture: Picture, situations: Mapping[str, Situation], just_moved: set[str], zone: ZoneInfo, now: datetime
) -> list[Item]:
    """The same of what was told before and has not changed, but for what is closed, or snoozed for now."""
    return [
        item
        for item in _your_turns(picture, situations, just_moved, now)
        if (item.application.key, item.what) in picture.said
        and not item.application.stage.is_closed
        and not snoozed_until(item.application, zone, now)
    ]


def _your_turns(
    picture: Picture, situations: Mapping[str, Situation], just_moved: set[str], now: datetime
) -> list[Item]:
    """Where it is the user's turn, what is due first."""
    found = []
    for application in picture.applications:
        turn, since = turn_at(application, now)
        if turn is Turn.USER and application.key not in just_moved:
            due = situations[application.key].facts.get("deadline", "")
            what = f"user:{application.turn_message_id}{f':{due}' if due else ''}"
            found.append(Item(application, what, at=since, due=_day_of(application, now)))
    return sorted(found, key=lambda item: (item.due is None, str(item.due), item.at))


def _day_of(application: Application, now: datetime) -> date | None:
    promise = due_of(application, now)
    return promise.by if promise else None


def waits(picture: Picture, wanted: Iterable[Wait], calendar: Calendar, now: datetime) -> list[Item]:
    """The waits of these sorts that are not told yet: where something can still be done comes first."""
    found = [
        Item(s.application, f"{wait}:{s.application.turn_message_id}{_since(s, calendar, now)}", silence=s)
        for wait in wanted
        for s in picture.silences
        if s.wait is wait
    ]
    return _unsaid(picture, found)


def _since(silence: Silence, calendar: Calendar, now: datetime) -> str:
    """What has made a wait news again: a further question, or that it was snoozed."""
    until = silence.application.snoozed_until
    return f"{_asked(silence, calendar, now)}{f':{until}' if until else ''}"


def _asked(silence: Silence, calendar: Calendar, now: datetime) -> str:
    """What makes a wait news again: a further question has had its time, and no answer."""
    asked = questions_of(silence.application, silence.since)
    n = len(asked) if rested(asked, calendar, now) else len(asked) - 1
    return f":{n}" if n else ""


def withheld(picture: Picture) -> list[Item]:
    """The waits of which nothing can be claimed; said again when that has another reason."""
    return _unsaid(
        picture,
        [
            Item(s.application, f"withheld:{s.application.turn_message_id}:{s.withheld_because}", silence=s)
            for s in picture.silences
            if s.wait is Wait.WITHHELD
        ],
    )


def _unsaid(picture: Picture, items: Sequence[Item]) -> list[Item]:
    """Those that no earlier digest has told."""
    return [item for item in items if (item.application.key, item.what) not in picture.said]
