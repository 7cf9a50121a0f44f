"""What an application is like today, in the words of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.digest.dates import date_words, day, day_and_time
from pipeline.digest.grounds import odds_words
from pipeline.digest.plain import short
from pipeline.digest.steps.vocabulary import Chance, Due, Meeting
from pipeline.funnel.gates import gates_of
from pipeline.records import Direction, Kind, Turn, Wait
from pipeline.silence import MAX_CHASES, days_between, questions_of, turn_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from pipeline.digest.steps.vocabulary import Value
    from pipeline.digest.words import Words
    from pipeline.records import Application, Promise, Silence
    from pipeline.silence import Calendar

REST = 5  # working days after a question before the next one
WEEK, SHORTLY = 7, 3  # days
SLIM, LOW = 0.05, 0.20


@dataclass(frozen=True, slots=True)
class Situation:
    """What holds of an application: ``facts`` by condition, and what is known for each blank.

    ``may_chase`` is whether the user may fairly ask again, and ``send_on`` the working day to do so.
    """

    application: Application
    facts: Mapping[str, Value]
    blanks: Mapping[str, str]
    may_chase: bool
    send_on: date


def situation_of(
    application: Application, silence: Silence | None, calendar: Calendar, now: datetime, words: Words
) -> Situation:
    """What an application is like at ``now``; ``silence`` is the claim about its wait, if there is one."""
    turn, since = turn_at(application, now)
    today = now.astimezone(calendar.zone).date()
    asked, due = questions_of(application, since), due_of(application, now)
    facts: dict[str, Value | None] = {
        "stage": application.stage,
        "wait": silence.wait if silence and silence.wait is not Wait.WITHHELD else None,
        "turn": turn,
        "odds": _chance(silence),
        "chases": min(len(asked), MAX_CHASES),
        "promise": "broken" if _broken(silence) else None,
        "interview": _meeting(application, now, calendar),
        "deadline": _due(due, today),
        "reached": gates_of(application)[-1],
        "contact": "close" if _have_talked(application) else None,
    }
    return Situation(
        application,
        {key: value for key, value in facts.items() if value is not None},
        _blanks(application, silence, asked, due, calendar, today, words),
        turn is Turn.EMPLOYER and len(asked) < MAX_CHASES and rested(asked, calendar, now),
        calendar.workdays.on_or_after(today),
    )


def rested(asked: Sequence[datetime], calendar: Calendar, now: datetime) -> bool:
    """Whether the last question has had time to be answered."""
    return not asked or calendar.days(asked[-1], now) >= REST


def due_of(application: Application, now: datetime) -> Promise | None:
    """By when the user was asked to answer or act, while it is their turn."""
    promise, (turn, _) = application.promise, turn_at(application, now)
    return promise if promise and promise.who is Turn.USER and turn is Turn.USER else None


def _meeting(application: Application, now: datetime, calendar: Calendar) -> Meeting | None:
    at = application.interview_at
    if at is None or application.stage.is_closed:
        return None
    days = days_between(now, at, calendar.zone)
    if abs(days) > WEEK:
        return None
    near = abs(days) <= 1
    if at > now:
        return Meeting.TOMORROW if near else Meeting.SOON
    return Meeting.YESTERDAY if near else Meeting.RECENT


def _due(promise: Promise | None, today: date) -> Due | None:
    if promise is None or (promise.by - today).days > SHORTLY:
        return None
    return Due.PASSED if promise.by < today else Due.NEAR


def _chance(silence: Silence | None) -> Chance | None:
    if silence is None or silence.wait is Wait.WITHHELD:
        return None
    odds = silence.grounds.odds
    return Chance.SLIM if odds < SLIM else Chance.LOW if odds < LOW else Chance.FAIR


def _broken(silence: Silence | None) -> bool:
    """Whether the employer's promise is over; where silence until then meant a no, nothing is broken."""
    if silence is None or silence.promise is None or silence.promise.implies_no:
        return False
    return silence.wait in {Wait.OVERDUE, Wait.SILENT, Wait.GHOSTED}


def _have_talked(application: Application) -> bool:
    """Whether the user wrote to them after an invitation to talk: somebody there knows the name."""
    invited = [e.at for e in application.events if e.direction is Direction.IN and e.kind is Kind.INTERVIEW]
    return bool(invited) and any(
        e.direction is Direction.OUT and e.message_id > 0 and e.at > invited[0] for e in application.events
    )


def _blanks(
    application: Application,
    silence: Silence | None,
    asked: Sequence[datetime],
    due: Promise | None,
    calendar: Calendar,
    today: date,
    words: Words,
) -> dict[str, str]:
    """What is known for each blank: what is not known is not there."""
    zone = calendar.zone
    known = {
        "employer": short(application.employer),
        "role": short(application.role),
        "send": date_words(calendar.workdays.on_or_after(today), words.dates),
        "asked": day(asked[-1], zone, words.dates) if asked else "",
        "interview": day_and_time(application.interview_at, zone, words.dates) if application.interview_at else "",
        "due": date_words(due.by, words.dates) if due else "",
    }
    if silence and silence.wait is not Wait.WITHHELD:
        known |= {
            "days": str(silence.elapsed.days),
            "since": day(silence.since, zone, words.dates),
            "odds": odds_words(silence.grounds.odds, words),
            "promised": date_words(silence.promise.by, words.dates) if silence.promise else "",
        }
    return {name: text for name, text in known.items() if text}
