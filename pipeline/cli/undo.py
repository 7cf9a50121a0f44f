"""Take back what was said last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.applications import telling
from pipeline.cli.build import now_option
from pipeline.digest.plain import printable
from pipeline.records import Wished

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.ledger import Ledger
    from pipeline.records import Statement


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
            wish = ledger.wishes.all().get(statement.statement_id)
            stays = " The letter stays among your drafts." if wish and wish.state is Wished.MADE else ""
            click.echo(f"Taken back: {_words(statement, ledger)}.{stays}")
        elif corrected:
            ledger.facts.record_correction(corrected[0], None, "undo", now)
            click.echo(f"Taken back: the label of message {corrected[0]}.")
        else:
            click.echo("There is nothing to take back.", err=True)


def _words(statement: Statement, ledger: Ledger) -> str:
    """The command, the applications it was about, and what it said of them."""
    about = [found for key in statement.about if (found := ledger.derived.holder(key))]
    whose = " and ".join(f"{each.number} ({each.employer})" if each.employer else str(each.number) for each in about)
    values = {**statement.values, "applied": statement.values.get("applied", "")[:10]}  # its hour was never said
    said = ", ".join(f"{name} {value}" for name, value in values.items() if value)
    return printable(f"{statement.verb}{' of ' * bool(whose)}{whose}{': ' * bool(said)}{said}")
