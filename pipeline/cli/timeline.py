"""Look at one application: what was written and said of it, in order, and what decided each label."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import APPLICATION, english, json_option, ledger_of, now_option, rules_of, settings_of
from pipeline.cli.dates import date_lines, dates_of
from pipeline.cli.views import TURN_WORDS, application_rows, wait_words
from pipeline.digest.dates import date_words, day, day_and_time
from pipeline.digest.plain import name_of, printable
from pipeline.errors import UsageError
from pipeline.plurals import counted
from pipeline.records import Appointment, Direction, Event, Kind, Verb
from pipeline.silence import turn_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from pipeline.cli.views import Row
    from pipeline.ledger import Ledger
    from pipeline.link.promises import PromiseReader
    from pipeline.records import Application, Message, Statement

PERHAPS = "perhaps"


@click.command("show")
@click.argument("number", type=APPLICATION)
@json_option
@now_option
@click.pass_context
def show_command(ctx: click.Context, number: int, now: datetime, *, as_json: bool) -> None:
    """Show application NUMBER: whose turn it is and why, and its messages with what decided each label.

    Each message is told with its own number in brackets, what it was taken for, how surely and
    by whom, the sentences that decided, and the days it names.
    """
    settings = settings_of(ctx, needed=False)
    rules = rules_of(ctx, settings)
    with ledger_of(settings) as ledger:
        application = next((a for a in ledger.derived.applications() if a.number == number), None)
        if application is None:
            raise UsageError(f"There is no application {number}; `unghost list` shows their numbers.")
        row = next(r for r in application_rows(ledger, rules, now) if r["number"] == number)
        timeline = timeline_rows(ledger, application, rules.promises)
    row |= {"turn_because": _because(application, timeline, now), "timeline": timeline}
    if as_json:
        click.echo(json.dumps(row, indent=1, ensure_ascii=False))
    else:
        _echo_application(application, row, settings.me.zone)


def timeline_rows(ledger: Ledger, application: Application, promises: PromiseReader) -> list[Row]:
    """A row for each message and each thing the user said, by date; what may belong here is among them."""
    said = {statement.statement_id: statement for statement in ledger.statements.in_force()}
    keys, rows = {application.key}, []
    for event in [*application.events, *_doubts(application)]:
        if event.message_id < 0:
            statement = said.pop(-event.message_id, None)  # none: taken back by an undo that was killed
            keys |= {statement.key} if statement else set()
            rows += [_statement_row(statement, event.at)] if statement else []
        else:
            message, belief = _recorded(ledger, event.message_id)
            keys |= {message.key} if event.link != PERHAPS else set()
            rows.append(_message_row(event, message, belief, promises))
    rows += [_statement_row(s, s.at) for s in said.values() if keys & {*s.about, *s.messages}]
    return sorted(rows, key=lambda row: datetime.fromisoformat(row["date"]))


def _doubts(application: Application) -> Iterator[Event]:
    return (
        Event(n, application.last_message_at, Direction.IN, None, PERHAPS)
        for n in (*application.unsure, *application.questions)
    )


def _recorded(ledger: Ledger, message_id: int) -> tuple[Message, Row]:
    found = ledger.facts.message(message_id)
    if found is None:
        raise UsageError(f"There is no message {message_id}.")
    return found


def _message_row(event: Event, message: Message, belief: Row, promises: PromiseReader) -> Row:
    """What is known of one message of the timeline."""
    is_theirs = message.direction is Direction.IN
    invites = is_theirs and belief["kind"] == Kind.INTERVIEW
    proba = json.loads(belief["proba"]) if belief["proba"] else None
    corrected = belief["corrected_kind"] is not None
    return {
        "message": event.message_id,
        "date": message.date.isoformat(),
        "direction": message.direction,
        "from": message.from_.addr_spec,
        "subject": message.subject,
        "kind": belief["kind"],
        "predicted_kind": belief["predicted_kind"],
        "proba": proba,
        "confidence": proba and proba[Kind(belief["predicted_kind"]).label],
        "decided": bool(belief["decided"]),
        "corrected": corrected,
        "decided_by": "you" if corrected else "model" if belief["decided"] else None,
        "evidence": json.loads(belief["evidence"] or "[]"),
        "unproven": str(message.authentication) if message.authentication.failed else "",
        "link": event.link,
        **dates_of(
            message,
            promises(message.text, message.date) if is_theirs else (),
            promises.appointment(message.subject, message.text, message.date) if invites else Appointment(),
        ),
    }


def _statement_row(said: Statement, at: datetime) -> Row:
    """What the user said, in the place of a message."""
    return {"message": None, "date": at.isoformat(), "direction": Direction.OUT, "verb": said.verb, **said.values}


def _because(application: Application, timeline: list[Row], now: datetime) -> Row:
    """What gave the turn to whoever has it: a message, an interview, or the user's word."""
    row: Row | None
    if turn_at(application, now) != (application.turn, application.turn_since) and application.interview_at:
        at = application.interview_at
        row = next((r for r in timeline if at in _starts(r)), None)
        return {"what": "interview", "message": row and row["message"], "at": at.isoformat()}
    number = application.turn_message_id if application.turn_message_id > 0 else None
    row = next((r for r in timeline if number and r["message"] == number), None)
    at = application.turn_since
    return {"what": "message" if number else "you", "message": number, "at": at.isoformat()} | (
        {"subject": row["subject"]} if row else {}
    )


def _starts(row: Row) -> list[datetime]:
    """The moments for a talk that a message fixes or offers."""
    return [datetime.fromisoformat(text) for text in [*row.get("interviews", ()), *row.get("offered", ())]]


def _echo_application(application: Application, row: Row, zone: ZoneInfo) -> None:
    click.echo(printable(name_of(application)))
    wait = f" ({wait_words(row)})" if row["wait"] else ""
    click.echo(f"{row['stage']}; turn: {TURN_WORDS[row['turn']]}, for {counted(row['days'], 'day')}{wait}")
    click.echo(f"    {_because_words(row['turn_because'], zone)}")
    if row["evidence"]:
        click.echo(f"    {row['evidence']}")
    for round_, start in enumerate(application.interviews, 1):
        click.echo(f"    interview {round_}: {day_and_time(start, zone)}")
    if application.promise:
        click.echo(f"    by {date_words(application.promise.by)}: {printable(application.promise.sentence)}")
    click.echo()
    for told in row["timeline"]:
        _echo_told(told, zone)


def _because_words(because: Row, zone: ZoneInfo) -> str:
    at = datetime.fromisoformat(because["at"])
    number = f"[{because['message']}]" if because["message"] else ""
    if because["what"] == "interview":
        return f"by the interview of {day_and_time(at, zone)} {number}".rstrip()
    if because["what"] == "you":
        return f"since {day(at, zone)}, by your word"
    return f"since {day(at, zone)}, by {printable(because.get('subject', ''))} {number}"


def _echo_told(row: Row, zone: ZoneInfo) -> None:
    when = day(datetime.fromisoformat(row["date"]), zone)
    if row["message"] is None:
        fixed = {"message", "date", "direction", "verb"}
        words = [str(value) for key, value in row.items() if key not in fixed and value]
        said = "you noted:" if row["verb"] == Verb.NOTE else f"you said: {row['verb']}"
        click.echo(f"{when}  -> {said} {printable(' '.join(words))}".rstrip())
        return
    arrow = "->" if row["direction"] == Direction.OUT else "<-"
    click.echo(f"{when}  {arrow} {printable(row['subject'])}  [{row['message']}]")
    for line in ["from you"] if row["direction"] == Direction.OUT else _message_lines(row, zone):
        click.echo(f"    {printable(line)}")


def _message_lines(row: Row, zone: ZoneInfo) -> Iterator[str]:
    yield f"{_belief_words(row)}; linked by: {row['link']}"
    if row["unproven"]:
        yield f"  {english()('letter.unproven', reason=row['unproven'])}"
    for sentence, weight in row["evidence"] if not row["corrected"] else ():
        yield f"  {weight:+.1f}  {' '.join(sentence.split())}"
    yield from (f"  {line}" for line in date_lines(row, date_words, partial(day_and_time, zone=zone)))


def _belief_words(row: Row) -> str:
    if row["corrected"]:
        return f"{row['kind']}, by your word"
    if row["predicted_kind"] is None:
        return "not judged"
    percent = round(100 * row["confidence"])
    if row["decided"]:
        return f"{row['kind']} ({percent} %), by the model"
    return f"unsure, perhaps {english()('guesses.' + row['predicted_kind'])} ({percent} %)"
