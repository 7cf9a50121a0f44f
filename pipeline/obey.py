"""Carry out what the user says by mail: every line of a reply, and every move, is the fact a command would record.

A line and what became of it are one transaction, so a run that is killed carries nothing out twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from pipeline.records import KIND_OF_LABEL, Direction, Kind, Label, Outcome, Stage, Turn, Verb, Wished
from pipeline.replies.grammar import MAX_NOTE, Act, understand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from pipeline.ledger import Ledger
    from pipeline.records import Application, MessageUID, ReplyLine
    from pipeline.replies.grammar import Order


class _Done(NamedTuple):
    """What became of an order, and the number of the statement or correction it made."""

    outcome: Outcome
    statement_id: int | None = None
    correction_id: int | None = None


_SO_ALREADY = _Done(Outcome.SO_ALREADY)
_KIND_OF_STAGE = {Stage.INTERVIEW: Kind.INTERVIEW, Stage.ASSESSMENT: Kind.ASSESSMENT, Stage.OFFER: Kind.OFFER}
# The verb of an order and the name of its value.
_STATEMENTS = {
    Act.CLOSE: (Verb.CLOSE, "stage"),
    Act.SNOOZE: (Verb.SNOOZE, "until"),
    Act.DRAFT: (Verb.DRAFT, ""),
    Act.EMPLOYER: (Verb.EDIT, "employer"),
    Act.ROLE: (Verb.EDIT, "role"),
    Act.APPLIED: (Verb.EDIT, "applied"),
    Act.NOTE: (Verb.NOTE, "text"),
}


def obey(ledger: Ledger, derive: Callable[[], None], zone: ZoneInfo, now: datetime) -> None:
    """Carry out every line that waits, one after the other; ``derive`` brings the applications up to date."""
    for line in ledger.replies.waiting():
        derive()
        with ledger.together():
            _obey(ledger, line, zone, now)


def learn_from_move(ledger: Ledger, uid: MessageUID, key: str, label: Label, now: datetime) -> None:
    """Correct a message that was moved to where ``label`` is taught; what was taken for a kind of it stays that."""
    if moved := ledger.facts.moved(uid, key, now):
        message_id, kind = moved
        kind = kind if kind.label is label else KIND_OF_LABEL[label]
        ledger.facts.record_correction(message_id, kind, "moved", now)


def _obey(ledger: Ledger, line: ReplyLine, zone: ZoneInfo, now: datetime) -> None:
    order = understand(line.text)
    if order is None:
        ledger.replies.settle(line, Outcome.NOT_UNDERSTOOD, now)
        return
    # The same answer to the same letter counts once, however often it is sent; an undo, once for each reply.
    once = f"{line.letter} {order}" + (f" {line.at} {line.position}" if order.act is Act.UNDO else "")
    if ledger.replies.was_said(once):
        ledger.replies.settle(line, Outcome.REPEATED, now, order=str(order))
        return
    words, done = _carried_out(ledger, order, line.at.astimezone(zone).date(), now)
    outcome, statement_id, correction_id = done
    ledger.replies.settle(
        line, outcome, now, order=words, once=once, statement_id=statement_id, correction_id=correction_id
    )


def _carried_out(ledger: Ledger, order: Order, said_on: date, now: datetime) -> tuple[str, _Done]:
    """The order in our words, with what it took back, and what became of it."""
    if order.act is Act.UNDO:
        return _undo(ledger, now)
    if order.act is Act.LABEL:
        return str(order), _label(ledger, order.number, Kind(order.value), now)
    if order.act is Act.MOVE:
        return str(order), _move(ledger, order, now)
    return str(order), _about_application(ledger, order, said_on, now)


def _undo(ledger: Ledger, now: datetime) -> tuple[str, _Done]:
    """Take back the last line that still holds."""
    last = ledger.replies.last_in_force()
    if last is None:
        return "undo", _Done(Outcome.NOTHING_TO_UNDO)
    words, statement_id, message_id = last
    for statement in ledger.statements.in_force():
        if statement.statement_id == statement_id:
            ledger.statements.take_back(statement, now)
    if message_id is not None:
        ledger.facts.record_correction(message_id, None, "undo", now)
    wish = ledger.wishes.all().get(statement_id or 0)
    stays = wish is not None and wish.state is Wished.MADE
    return f"undo {words}", _Done(Outcome.DRAFT_STAYS if stays else Outcome.DONE)


def _label(ledger: Ledger, message: int, kind: Kind, now: datetime) -> _Done:
    found = ledger.facts.message(message)
    if found is None or found[0].direction is Direction.OUT:  # only what others wrote is judged
        return _Done(Outcome.NO_MESSAGE)
    return _Done(Outcome.DONE, correction_id=ledger.facts.record_correction(message, kind, "reply", now))


def _move(ledger: Ledger, order: Order, now: datetime) -> _Done:
    found = ledger.facts.message(order.number)
    if found is None:
        return _Done(Outcome.NO_MESSAGE)
    key = found[0].key
    if not order.value.isdecimal():
        return _state(ledger, Verb.MOVE, now, messages=[key], values={"to": order.value})
    target = _application(ledger, int(order.value))
    if target is None:
        return _Done(Outcome.NO_APPLICATION)
    # The message that opened an application cannot be moved to it.
    return _SO_ALREADY if target.key == key else _state(ledger, Verb.MOVE, now, about=[target.key], messages=[key])


def _about_application(ledger: Ledger, order: Order, said_on: date, now: datetime) -> _Done:
    application = _application(ledger, order.number)
    if application is None:
        return _Done(Outcome.NO_APPLICATION)
    if order.act in {Act.NOT_REJECTED, Act.ADVANCE, Act.REOPEN}:
        return _open(ledger, order, application, now)
    if order.act is Act.CLOSE and application.stage == order.value:
        return _SO_ALREADY
    verb, values = statement_of(order, said_on)
    done = _state(ledger, verb, now, about=[application.key], values=values)
    if order.act is Act.DRAFT and done.statement_id:
        ledger.wishes.record(done.statement_id, now)
    is_cut = order.act is Act.NOTE and len(order.value) > MAX_NOTE
    return done._replace(outcome=Outcome.NOTE_CUT) if is_cut else done


def statement_of(order: Order, said_on: date) -> tuple[Verb, dict[str, str]]:
    """What an order says of its application, as verb and values; a snooze counts from the day it was written on."""
    value = order.value
    if order.act is Act.SNOOZE and value.endswith("d"):
        value = (said_on + timedelta(days=int(value[:-1]))).isoformat()
    if order.act is Act.APPLIED:
        value = datetime.combine(date.fromisoformat(value), time(12), UTC).isoformat()  # as `unghost edit` does
    if order.act is Act.NOTE:
        value = value[:MAX_NOTE].rstrip()
    verb, name = _STATEMENTS[order.act]
    return verb, {name: value} if name else {}


def _open(ledger: Ledger, order: Order, application: Application, now: datetime) -> _Done:
    """Say that an application is open: where one message was taken for a no, that it was none."""
    mistaken = _mistaken(ledger, application)
    if order.act is Act.ADVANCE:
        if application.stage == order.value and application.turn is Turn.USER:
            return _SO_ALREADY
        if mistaken:
            return _label(ledger, mistaken, _KIND_OF_STAGE[Stage(order.value)], now)
        return _state(ledger, Verb.ADVANCE, now, about=[application.key], values={"stage": order.value})
    if not application.stage.is_closed:
        return _SO_ALREADY
    if mistaken and order.act is Act.NOT_REJECTED and len(application.events) > 1:
        return _label(ledger, mistaken, Kind.OTHER, now)
    return _state(ledger, Verb.REOPEN, now, about=[application.key])


def _mistaken(ledger: Ledger, application: Application) -> int | None:
    """The message that closed an application, if one did and speaks of no other."""
    number = application.turn_message_id
    closing = [e for e in application.events if e.message_id == number and e.direction is Direction.IN]
    if not closing or closing[0].kind is None or closing[0].kind.label is not Label.REJECTION:
        return None
    holders = [a for a in ledger.derived.applications() if any(e.message_id == number for e in a.events)]
    return number if len(holders) == 1 else None


def _application(ledger: Ledger, number: int) -> Application | None:
    return next((a for a in ledger.derived.applications() if a.number == number), None)


def _state(
    ledger: Ledger,
    verb: Verb,
    now: datetime,
    *,
    about: Sequence[str] = (),
    messages: Sequence[str] = (),
    values: Mapping[str, str] | None = None,
) -> _Done:
    made = ledger.statements.record(verb, now, about=about, messages=messages, values=values)
    return _Done(Outcome.DONE, statement_id=made.statement_id)
