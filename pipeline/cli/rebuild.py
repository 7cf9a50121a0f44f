"""Derive the applications anew from the facts, and say whether anything came out otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.build import ledger_of, rules_of, settings_of
from pipeline.plurals import counted
from pipeline.run import derive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.records import Application


@click.command("rebuild")
@click.pass_context
def rebuild_command(ctx: click.Context) -> None:
    """Derive all applications and their events anew.

    They are made from what was read and what you said, which stays as it is; numbers stay, too. Nothing
    should change by it, and what does is told: that happens when the ledger was edited by hand.
    """
    settings = settings_of(ctx, needed=False)
    with ledger_of(settings) as ledger:
        before = ledger.derived.applications()
        ledger.derived.forget()
        derive(ledger, rules_of(ctx, settings))
        after = ledger.derived.applications()
        n_messages = ledger.facts.counts()["messages"]
    n_events = sum(len(application.events) for application in after)
    click.echo(
        f"{counted(len(after), 'application')} with {counted(n_events, 'event')} from {counted(n_messages, 'message')};"
        f" {_difference(before, after)}."
    )


def _difference(before: Sequence[Application], after: Sequence[Application]) -> str:
    old, new = ({application.number: application for application in some} for some in (before, after))
    changed = sorted(number for number in old | new if old.get(number) != new.get(number))
    return f"changed: {', '.join(map(str, changed))}" if changed else "nothing changed"
