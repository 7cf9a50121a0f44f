"""Take back what was said last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.applications import telling
from pipeline.cli.build import now_option, rules_of, settings_of
from pipeline.digest.plain import name_of, printable
from pipeline.link.said import NEW, NOWHERE
from pipeline.records import Verb, Wished
from pipeline.run import derive

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.ledger import Ledger
    from pipeline.records import Statement


_PLACES = {NEW: "is an application of its own", NOWHERE: "belongs to no application"}
_SENTENCES = {
    Verb.MERGE: "{whose} are one application",
    Verb.ALIAS: "{name} is {is}",
    Verb.CLOSE: "{whose} is closed as {stage}",
    Verb.REOPEN: "{whose} is open again",
    Verb.ADVANCE: "{whose} has come to {stage}",
    Verb.SNOOZE: "{whose} is to be left alone until {until}",
    Verb.DRAFT: "{whose} is to have a draft",
    Verb.NOTE: "of {whose} is to be noted: {text}",
}


@click.command("undo")
@now_option
@click.pass_context
def undo_command(ctx: click.Context, now: datetime) -> None:
    """Take back the last thing you said: a label, a note, or a change of an application."""
    with telling(ctx) as ledger:
        statement = next(reversed(ledger.statements.in_force()), None)
        corrected = ledger.facts.last_correction()
        if statement and not (corrected and corrected[1] > statement.at):
            ledger.statements.take_back(statement, now)
            derive(ledger, rules_of(ctx, settings_of(ctx, needed=False)))
            wish = ledger.wishes.all().get(statement.statement_id)
            stays = " The letter stays among your drafts." if wish and wish.state is Wished.MADE else ""
            click.echo(f"Taken back: {_words(statement, ledger)}.{stays}")
        elif corrected:
            ledger.facts.record_correction(corrected[0], None, "undo", now)
            click.echo(f"Taken back: the label of message {corrected[0]}.")
        else:
            click.echo("There is nothing to take back.", err=True)


def _words(statement: Statement, ledger: Ledger) -> str:
    """What was said, in a sentence, with the applications as they are without it."""
    about = [found for key in statement.about if (found := ledger.derived.holder(key))]
    whose = " and ".join(f"{each.number} ({name_of(each)})" for each in about) or "an application"
    numbers = [f"{fact.message_id}" for fact in ledger.facts.linkable() if fact.key in statement.messages]
    return printable(f"you said that {_sentence(statement, whose, ' and '.join(numbers))}")


def _sentence(statement: Statement, whose: str, messages: str) -> str:
    values = statement.values
    if statement.verb is Verb.ADD:
        return f"you applied at {', '.join(filter(None, (values['employer'], values.get('role'))))}"
    if statement.verb is Verb.EDIT:
        day = {"applied": values["applied"][:10]} if "applied" in values else {}  # its hour was never said
        return f"{whose} has {' and '.join(f'{name} {value}' for name, value in {**values, **day}.items())}"
    if statement.verb is Verb.MOVE:
        return f"message {messages} {_PLACES.get(values.get('to', ''), f'belongs to {whose}')}"
    return _SENTENCES[statement.verb].format(whose=whose, **values)
