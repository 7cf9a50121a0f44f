"""Correct a label, and train the model on the corrections."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.asking import on_one_line
from pipeline.cli.build import MESSAGE, echo_table, ledger_of, now_option, rules_of, settings_of, shelf
from pipeline.digest.plain import printable
from pipeline.errors import UsageError
from pipeline.plurals import counted
from pipeline.records import KIND_OF_LABEL, Direction, Kind, Label
from pipeline.run import derive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pipeline.records import Message
    from pipeline.train import Training

FINER = [str(kind) for kind in Kind if kind not in {str(label) for label in Label}]
MAX_NAMED = 5
CHOICES = [*map(str, Label), *FINER]


@click.command("label", epilog=f"KIND is one of {', '.join(map(str, Label))}; or, finer, of {', '.join(FINER)}.")
@click.argument("message", type=MESSAGE)
@click.argument("kind", type=click.Choice(CHOICES), required=False, metavar="[KIND]")
@click.option("--undo", is_flag=True, help="Take your correction of this message back.")
@now_option
@click.pass_context
def label_command(ctx: click.Context, message: int, kind: str | None, now: datetime, *, undo: bool) -> None:
    """Say what MESSAGE really is: a label or a finer kind.

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
        _refuse(message, *found, undo=undo)
        ledger.facts.record_correction(message, _kind(kind) if kind else None, "command line", now)
        derive(ledger, rules_of(ctx, settings))
    click.echo(f"{printable(found[0].subject)!r} is {'as the model says' if undo else kind} now.")


def _refuse(number: int, message: Message, belief: dict[str, Any], *, undo: bool) -> None:
    """Raise UsageError where there is nothing to correct, or nothing to take back."""
    if undo and belief["corrected_kind"] is None:
        raise UsageError(f"Message {number} has no correction, so there is nothing to take back.")
    if not undo and message.direction is Direction.OUT:
        raise UsageError(f"Message {number} is your own; only mail you received can be labelled.")


def _kind(word: str) -> Kind:
    """The kind meant by a label or kind; the label's most frequent kind where only that is given."""
    return Kind(word) if word in set(Kind) - {"rejection"} else KIND_OF_LABEL[Label(word)]


@click.command("train")
@click.option("--force", is_flag=True, help="Fit it even if nothing has changed, and use it even if it is worse.")
@now_option
@click.pass_context
def train_command(ctx: click.Context, now: datetime, *, force: bool) -> None:
    """Learn from your corrections: fit the model anew.

    The new model takes the old one's place if it is not worse by more than 0.01 (macro-F1 and
    accuracy) on mail neither was fitted on, nor right about fewer of your corrections than the
    old one (one in twenty may be lost); else it is kept beside, and this says why. What was
    undecided is judged anew, and told. Nothing is done when nothing has changed since the old one was fitted.
    """
    from pipeline.train import train  # noqa: PLC0415  scikit-learn, only here

    settings = settings_of(ctx, needed=False)
    with ledger_of(settings) as ledger:
        training = train(ledger, shelf(), now, _progress, force=force)
        derive(ledger, rules_of(ctx, settings))
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    if training:
        _tell(training)
    else:
        click.echo("Nothing has changed since the model in use was fitted; --force fits it all the same.")


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{step} ", nl=False, err=True)


def _tell(training: Training) -> None:
    """The figures of both on the check set and on the corrections, and what follows from them."""
    trial, n_own = training.trial, len(training.trial.corrected)
    before, after = trial.before, trial.after
    rows: list[tuple[str, ...]] = [
        (label, measure, str(before["labels"][label][measure]), str(after["labels"][label][measure]))
        for label in after["labels"]
        for measure in ("precision", "recall")
    ]
    rows.append(("decided", "share", str(before["decided"]), str(after["decided"])))
    rows.append(("all", "macro-F1", str(before["macro_f1"]), str(after["macro_f1"])))
    rows.append(("yours", "right", *(f"{n} of {n_own}" for n in trial.n_right)))
    echo_table(("on the check set", "", "before", "after"), rows)
    click.echo(f"{counted(training.n_examples, 'example')}, {n_own} of them yours.")
    click.echo(
        f"The check set is {after['n']} messages of our corpus that neither model was fitted on for this table: "
        "written to mislead, far harder than a mailbox. Yours were judged by models that had not seen them."
    )
    click.echo(_verdict(training))
    for line in _told_anew(training):
        click.echo(line)


def _verdict(training: Training) -> str:
    """Whether the new model is used, and by which measure."""
    from pipeline.train import TOLERATED_LOSS  # noqa: PLC0415  scikit-learn, only here

    worse = training.trial.why_worse
    if not training.promoted:
        return f"Kept beside, not used: {worse}."
    return f"In use from now on{', as you wish' if worse else f': not worse by more than {TOLERATED_LOSS}'}."


def _told_anew(training: Training) -> Iterator[str]:
    """Which undecided messages the new model decided, a few by name."""
    found = training.relabelled
    if not training.promoted:
        return
    if not found:
        yield "No undecided message could be decided."
        return
    yield f"{counted(len(found), 'undecided message')} decided:"
    for one, kind in found[:MAX_NAMED]:
        yield f"  [{one.message_id}] {on_one_line(one.subject) or '(no subject)'}: undecided -> {kind}"
    if len(found) > MAX_NAMED:
        yield f"  and {len(found) - MAX_NAMED} more"
    yield "`unghost label` corrects one that is wrong."
