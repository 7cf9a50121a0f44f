"""Look at the ledger: all applications, or one with its messages and the reason for each label."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.build import echo_table, json_option, ledger_of, now_option, rules_of, settings_of
from pipeline.digest.dates import day
from pipeline.digest.grounds import evidence_sentence, odds_words
from pipeline.digest.render import GUESS_WORDS, name_of, printable
from pipeline.errors import UsageError
from pipeline.records import Kind, Turn, Wait
from pipeline.silence import find_silences, turn_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from pipeline.ledger import Ledger
    from pipeline.records import Application, Event, Silence
    from pipeline.run import Rules

Row = dict[str, Any]


@click.command("list")
@click.option("--silent", is_flag=True, help="Only those that have gone silent.")
@click.option("--my-turn", is_flag=True, help="Only those that wait for you.")
@json_option
@now_option
@click.pass_context
def list_command(ctx: click.Context, now: datetime, *, silent: bool, my_turn: bool, as_json: bool) -> None:
    """List your applications and whose turn it is.

    The number in front is what the other commands call an application by.
    """
    settings = settings_of(ctx, needed=False)
    with ledger_of(settings) as ledger:
        rows = application_rows(ledger, rules_of(ctx, settings), now)
    if silent:
        rows = [row for row in rows if row["wait"] in {Wait.SILENT, Wait.GHOSTED}]
    if my_turn:
        rows = [row for row in rows if row["turn"] == Turn.USER]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif rows:
        echo_table(("#", "employer", "role", "stage", "turn", "days", "wait", "odds"), [_cells(row) for row in rows])
    else:
        click.echo("No applications to list.", err=True)


def application_rows(ledger: Ledger, rules: Rules, now: datetime) -> list[Row]:
    """One plain dictionary for each application, by number."""
    applications = ledger.derived.applications()
    silences = find_silences(applications, ledger.facts.coverage(rules.wanted), rules.patience, now)
    found = {silence.application.key: silence for silence in silences}
    return [_application_row(application, found.get(application.key), now) for application in applications]


def _application_row(application: Application, silence: Silence | None, now: datetime) -> Row:
    turn, since = turn_at(application, now)
    return {
        "number": application.number,
        "employer": application.employer,
        "role": application.role,
        "stage": application.stage,
        "applied_at": application.applied_at and application.applied_at.isoformat(),
        "interview_at": application.interview_at and application.interview_at.isoformat(),
        "turn": turn,
        "turn_since": since.isoformat(),
        "days": max(0, (now - since).days),
        "wait": silence and silence.wait,
        "working_days": silence and silence.grounds.days,
        "odds": silence and round(silence.grounds.odds, 3),
        "evidence": silence and evidence_sentence(silence.grounds, promised=silence.promise is not None),
        "promise": application.promise and application.promise.by.isoformat(),
        "messages": len(application.events),
        "unsure": list(application.unsure),
    }


def _cells(row: Row) -> Sequence[str]:
    keys = ("number", "employer", "role", "stage", "turn", "days", "wait")
    odds = "" if row["odds"] is None else odds_words(row["odds"])
    return [*(printable(str(row[key] if row[key] is not None else "")) for key in keys), odds]


@click.command("show")
@click.argument("number", type=int)
@json_option
@now_option
@click.pass_context
def show_command(ctx: click.Context, number: int, now: datetime, *, as_json: bool) -> None:
    """Show the messages of application NUMBER, and what decided each label."""
    settings = settings_of(ctx, needed=False)
    with ledger_of(settings) as ledger:
        application = next((a for a in ledger.derived.applications() if a.number == number), None)
        if application is None:
            raise UsageError(f"There is no application {number}; `unghost list` shows their numbers.")
        row = next(r for r in application_rows(ledger, rules_of(ctx, settings), now) if r["number"] == number)
        messages = [_message_row(ledger, event) for event in application.events]
        messages += [_message_row(ledger, message_id) for message_id in application.unsure]
    if as_json:
        click.echo(json.dumps({**row, "timeline": messages}, indent=1, ensure_ascii=False))
        return
    click.echo(printable(name_of(application)))
    click.echo(f"{row['stage']}; turn: {row['turn']}, for {row['days']} days{_wait_words(row)}")
    click.echo(f"{row['evidence']}\n" if row["evidence"] else "")
    for message in messages:
        _echo_message(message, settings.me.zone)


def _wait_words(row: Row) -> str:
    return f" ({row['wait']})" if row["wait"] else ""


def _message_row(ledger: Ledger, event: Event | int) -> Row:
    """What is known of one message of the timeline."""
    message_id, link = (event, "perhaps") if isinstance(event, int) else (event.message_id, event.link)
    if message_id < 0:
        return _statement_row(ledger, -message_id)
    found = ledger.facts.message(message_id)
    if found is None:
        raise UsageError(f"There is no message {message_id}.")
    message, belief = found
    return {
        "message": message_id,
        "date": message.date.isoformat(),
        "direction": message.direction,
        "from": message.from_.addr_spec,
        "subject": message.subject,
        "kind": belief["kind"],
        "predicted_kind": belief["predicted_kind"],
        "proba": json.loads(belief["proba"]) if belief["proba"] else None,
        "decided": bool(belief["decided"]),
        "corrected": belief["corrected_kind"] is not None,
        "evidence": json.loads(belief["evidence"] or "[]"),
        "link": link,
    }


def _statement_row(ledger: Ledger, statement_id: int) -> Row:
    """What the user said, in the place of a message."""
    said = next(s for s in ledger.statements.in_force() if s.statement_id == statement_id)
    return {"message": None, "date": said.at.isoformat(), "direction": "out", "verb": said.verb, **said.values}


def _echo_message(row: Row, zone: ZoneInfo) -> None:
    from datetime import datetime  # noqa: PLC0415

    if row["message"] is None:
        words = " ".join(filter(None, (row["verb"], row.get("stage"))))
        click.echo(f"{day(datetime.fromisoformat(row['date']), zone)}  -> you said: {words}")
        return
    arrow = "->" if row["direction"] == "out" else "<-"
    click.echo(
        f"{day(datetime.fromisoformat(row['date']), zone)}  {arrow} {printable(row['subject'])}  [{row['message']}]"
    )
    if row["direction"] == "out":
        click.echo("    from you")
        return
    click.echo(f"    {_belief_words(row)}; linked by: {row['link']}")
    for sentence, weight in row["evidence"] if not row["corrected"] else ():
        click.echo(f"      {weight:+.1f}  {printable(sentence)}")


def _belief_words(row: Row) -> str:
    if row["corrected"]:
        return f"{row['kind']}, by your word"
    if row["predicted_kind"] is None:
        return "not judged"
    percent = round(100 * row["proba"][Kind(row["predicted_kind"]).label])
    if row["decided"]:
        return f"{row['kind']} ({percent} %)"
    return f"unsure, perhaps {GUESS_WORDS[Kind(row['predicted_kind'])]} ({percent} %)"
