"""What a sequence of messages makes of an application: its stage, whose turn it is, and since when.

``pipeline.moves`` has the table.  A closed application that is answered again re-opens: the employer's
word counts, not ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.link.interviews import Interviews, interviews_after
from pipeline.moves import MOVES, SAID
from pipeline.records import Address, Direction, Kind, Stage, Statement, Turn, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipeline.link.interviews import ReadDates
    from pipeline.moves import Move
    from pipeline.records import Fact, Promise


@dataclass(frozen=True, slots=True)
class State:
    """Where an application stands after some of its messages."""

    stage: Stage
    turn: Turn
    turn_since: datetime
    turn_message_id: int
    applied_at: datetime | None
    interviews: Interviews
    last_message_at: datetime
    contact: Address
    promise: Promise | None = None


def fold(facts: Iterable[Fact], said: Iterable[Statement], read: ReadDates) -> State:
    """The state after ``facts``, which are in order of their date, and what the user ``said``; there is one fact."""
    first, *others = facts
    state = before_closing = _dated(_opening(first), first, read)
    told: list[Fact | Statement] = [*others, *said]
    for item in sorted(told, key=_moment):
        if isinstance(item, Statement):
            state, before_closing = _obeyed(state, before_closing, item)
        else:
            state = _dated(_after(state, item), item, read)
    return state


def _moment(item: Fact | Statement) -> datetime:
    return item.at if isinstance(item, Statement) else item.date


def _obeyed(state: State, before_closing: State, statement: Statement) -> tuple[State, State]:
    """The state after the user closed, re-opened or advanced an application, and the one to go back to."""
    told = replace(state, turn=SAID[statement.verb], turn_since=statement.at, turn_message_id=-statement.statement_id)
    if statement.verb is Verb.CLOSE:
        held = state.interviews.until(statement.at)
        closed = replace(told, stage=Stage(statement.values["stage"]), interviews=held, promise=None)
        return closed, before_closing if state.stage.is_closed else state
    if statement.verb is Verb.ADVANCE:
        return replace(told, stage=Stage(statement.values["stage"]), promise=None), before_closing
    if not state.stage.is_closed:
        return state, before_closing
    return replace(told, stage=_reopened(before_closing)), before_closing


def _reopened(before_closing: State) -> Stage:
    return Stage.APPLIED if before_closing.stage.is_closed else before_closing.stage


def _opening(fact: Fact) -> State:
    applied = fact.direction is Direction.OUT or fact.kind is Kind.ACKNOWLEDGEMENT
    state = State(
        stage=Stage.APPLIED,
        turn=Turn.EMPLOYER,
        turn_since=fact.date,
        turn_message_id=fact.message_id,
        applied_at=fact.date if applied else None,
        interviews=Interviews(),
        last_message_at=fact.date,
        contact=_contact(fact),
    )
    return state if applied else _after(state, fact)


def _after(state: State, fact: Fact) -> State:
    state = replace(state, last_message_at=max(state.last_message_at, fact.date))
    if fact.direction is Direction.IN:
        state = replace(state, contact=_contact(fact) or state.contact)
    said = Direction.OUT if fact.direction is Direction.OUT else fact.kind
    move = MOVES.get(said) if said else None
    return _moved(state, move, fact) if move and move.moves(state.stage, state.turn) else state


def _dated(state: State, fact: Fact, read: ReadDates) -> State:
    """With the interviews there are after this message, and with what it promises or asks."""
    return _promised(replace(state, interviews=interviews_after(state.interviews, fact, read)), fact, read)


def _promised(state: State, fact: Fact, read: ReadDates) -> State:
    """With the first day this message gives to whoever's turn it is now; without one, the day that was given before."""
    if fact.direction is Direction.OUT or state.turn is Turn.NOBODY:
        return state
    found = [promise for promise in read(fact.text, fact.date) if promise.who is state.turn]
    return replace(state, promise=min(found, key=lambda promise: promise.by)) if found else state


def _moved(state: State, move: Move, fact: Fact) -> State:
    return replace(
        state,
        stage=move.stage_after(state.stage),
        turn=move.turn,
        turn_since=fact.date,
        turn_message_id=fact.message_id,
        promise=None,
    )


def _contact(fact: Fact) -> Address:
    """Whom one would write to: the reply address of what they sent, the addressee of what one sent oneself."""
    if fact.direction is Direction.OUT:
        return fact.to[0] if fact.to else Address("", "")
    return fact.reply_to[0] if fact.reply_to else fact.from_
