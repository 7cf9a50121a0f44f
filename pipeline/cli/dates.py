"""The days a message names: until when they answer, what is due by when, and the interview."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pipeline.records import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.records import Appointment, Message, Promise

    Row = dict[str, Any]


def dates_of(message: Message, promises: Sequence[Promise], appointment: Appointment) -> Row:
    """Until when the employer says they will answer, what the candidate is asked for by when, and the interview.

    The interview's is that of a calendar invitation (RFC 5546), else the one told in prose; ``offered`` are moments to
    choose from.  Of several the first counts; a row without a date of its own says nothing relative to it.
    """
    first = {who: min((p for p in promises if p.who is who), key=lambda p: p.by, default=None) for who in Turn}
    invited = [event.start for event in message.calendar if event.start and event.method != "CANCEL"]
    starts = invited if message.calendar else appointment.fixed
    return {
        "promise": _promise_row(first[Turn.EMPLOYER]),
        "due": _promise_row(first[Turn.USER]),
        "interview": min(starts).isoformat() if starts else None,
        "interviews": [moment.isoformat() for moment in sorted(starts)],
        "offered": [] if message.calendar else [moment.isoformat() for moment in appointment.offered],
        "called_off": appointment.is_off and not message.calendar,
    }


def _promise_row(promise: Promise | None) -> Row | None:
    if promise is None:
        return None
    return {"by": promise.by.isoformat(), "sentence": promise.sentence, "implies_no": promise.implies_no}


def date_lines(row: Row, day: Callable[[date], str], moment: Callable[[datetime], str]) -> Iterator[str]:
    """The same in words, a line for each; ``day`` and ``moment`` say how these are written."""
    for name, words in (("promise", "they answer by"), ("due", "you are asked by")):
        if row[name]:
            yield f"{words} {day(date.fromisoformat(row[name]['by']))}: {row[name]['sentence']}"
    if row["interview"]:
        yield f"interview on {moment(datetime.fromisoformat(row['interview']))}"
    if row["called_off"]:
        yield "an interview is called off or put off"
    if row["offered"]:
        yield f"they offer {', '.join(moment(datetime.fromisoformat(text)) for text in row['offered'])}"
