"""Correct a label, and train the model on the corrections."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import echo_table, ledger_of, now_option, rules_of, settings_of, shelf
from pipeline.digest.render import printable
from pipeline.errors import UsageError
from pipeline.records import KIND_OF_LABEL, Kind, Label
from pipeline.run import derive

if TYPE_CHECKING:
    from pipeline.train import Training

CHOICES = [str(word) for word in dict.fromkeys([*Label, *Kind])]


@click.command("label")
@click.argument("message", type=int)
@click.argument("kind", type=click.Choice(CHOICES), required=False)
@click.option("--undo", is_flag=True, help="Take your correction of this message back.")
@now_option
@click.pass_context
def label_command(ctx: click.Context, message: int, kind: str | None, now: datetime, *, undo: bool) -> None:
    """Say what a message really is: a label or a finer kind.

    Your word beats the model's for ever, is applied to the ledger at once, and is what
    `unghost train` learns from. The number of a message is in the digest and in `unghost show`.
    """
    if bool(kind) == undo:
        raise UsageError("Give either a label or --undo; `unghost label --help` lists the labels.")
    settings = settings_of(ctx, needed=False)
    with ledger_of(settings) as ledger:
        found = ledger.facts.message(message)
        if found is None:
            raise UsageError(f"There is no message {message}; `unghost show` and the digest tell their numbers.")
        ledger.facts.record_correction(message, _kind(kind) if kind else None, "command line", now)
        derive(ledger, rules_of(ctx, settings))
    click.echo(f"{printable(found[0].subject)!r} is {'as the model says' if undo else kind} now.")


def _kind(word: str) -> Kind:
    """The kind meant by a label or kind; the label's most frequent kind where only that is given."""
    return Kind(word) if word in set(Kind) - {"rejection"} else KIND_OF_LABEL[Label(word)]


@click.command("train")
@click.option("--force", is_flag=True, help="Use the new model even if it is worse.")
@click.pass_context
def train_command(ctx: click.Context, *, force: bool) -> None:
    """Learn from your corrections: fit the model anew.

    The new model takes the old one's place unless it is worse on held-out mail or wrong
    about a correction of yours; then it is kept beside, and this says why.
    """
    from pipeline.train import train  # noqa: PLC0415  scikit-learn, only here

    settings = settings_of(ctx, needed=False)
    with ledger_of(settings) as ledger:
        training = train(ledger, shelf(), datetime.now(UTC), _progress, force=force)
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    _tell(training)


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{step} ", nl=False, err=True)


def _tell(training: Training) -> None:
    before, after = training.before.get("labels", {}), training.after["labels"]
    rows = [
        (label, measure, str(before.get(label, {}).get(measure, "")), str(after[label][measure]))
        for label in after
        for measure in ("precision", "recall")
    ]
    rows.append(("decided", "share", str(training.before.get("decided", "")), str(training.after["decided"])))
    echo_table(("on held-out mail", "", "before", "after"), rows)
    click.echo(f"{training.after['n_examples']} examples, {training.n_corrections} of them yours.")
    click.echo("In use from now on." if training.promoted else f"Kept beside, not used: {training.reason}.")
