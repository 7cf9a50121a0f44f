"""The application that a thread of messages comes to, with its events."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from pipeline.link.state import fold
from pipeline.records import BY_USER, Application, Direction, Event, Kind, Stage, Verb

if TYPE_CHECKING:
    from pipeline.link.board import Thread
    from pipeline.link.interviews import ReadDates
    from pipeline.link.said import Said
    from pipeline.records import Statement

_TOLD = {Stage.INTERVIEW: Kind.INTERVIEW, Stage.ASSESSMENT: Kind.ASSESSMENT, Stage.OFFER: Kind.OFFER}


def application_of(thread: Thread, said: Said, read: ReadDates) -> Application:
    """What became of an application, by its messages and by what the user said of it."""
    told = sorted(zip(thread.facts, thread.links, strict=True), key=lambda pair: (pair[0].date, pair[0].key))
    state = fold([fact for fact, _ in told], [*thread.closings, *thread.withdrawals], read)
    applied = [said.edits[fact.key]["applied"] for fact, _ in told if "applied" in said.edits.get(fact.key, {})]
    withdrawn = {-statement.statement_id for statement in thread.withdrawals}
    events = [
        Event(
            fact.message_id, fact.date, fact.direction, fact.kind, Verb.CLOSE if fact.message_id in withdrawn else how
        )
        for fact, how in told
    ]
    events += [_said_event(statement) for statement in thread.closings]
    snoozes = [said.snoozes[fact.key] for fact, _ in told if fact.key in said.snoozes]
    snooze = max(snoozes, key=lambda statement: statement.statement_id, default=None)
    return Application(
        key=thread.key,
        employer=thread.employer,
        role=thread.role,
        applied_at=datetime.fromisoformat(applied[-1]) if applied else state.applied_at,
        stage=state.stage,
        turn=state.turn,
        turn_since=state.turn_since,
        turn_message_id=state.turn_message_id,
        interview_at=max(state.interviews.starts, default=None),
        interviews=state.interviews.starts,
        last_message_at=state.last_message_at,
        contact=state.contact,
        events=tuple(sorted(events, key=lambda event: (event.at, event.message_id))),
        unsure=tuple(thread.unsure),
        questions=tuple(thread.questions),
        promise=state.promise,
        snoozed_until=date.fromisoformat(snooze.values["until"]) if snooze else None,
    )


def _said_event(statement: Statement) -> Event:
    """What the user said as an event; of an advance it is what the employer must have told them."""
    if statement.verb is Verb.ADVANCE:
        kind = _TOLD[Stage(statement.values["stage"])]
        return Event(-statement.statement_id, statement.at, Direction.IN, kind, BY_USER)
    return Event(-statement.statement_id, statement.at, Direction.OUT, None, statement.verb)
