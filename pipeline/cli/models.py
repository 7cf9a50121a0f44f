"""The models on the shelf: list them, compare two, go back to an earlier one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.build import echo_table, json_option, ledger_of, now_option, rules_of, settings_of, shelf
from pipeline.errors import ModelError, UsageError
from pipeline.plurals import counted
from pipeline.run import derive

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.shelf import Shelf

    Row = dict[str, Any]

MEASURES = ("precision", "recall", "f1")


@click.group("models", invoke_without_command=True)
@json_option
@click.pass_context
def models_command(ctx: click.Context, *, as_json: bool) -> None:
    """List the models you have, and which of them is in use.

    Macro-F1 and the share decided are those of held-out corpus mail, which was written to
    mislead: in a mailbox both are far higher. `unghost models use` goes back to an earlier
    one, `unghost models compare` sets two side by side.
    """
    if ctx.invoked_subcommand:
        return
    models = shelf()
    rows = [_row(models, name) for name in models.names()]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        columns = ("model", "fitted", "examples", "yours", "macro-F1", "decided", "")
        echo_table(columns, [_cells(row) for row in rows], wraps={"fitted", ""})


def _row(models: Shelf, name: str) -> Row:
    """What the manifest says of one model, or why it cannot be read."""
    row = {"id": name, "in_use": name == models.in_use()}
    try:
        notes = models.manifest(name)
    except ModelError as failure:
        return row | {"problem": str(failure)}
    figures = notes.get("figures", {})
    return row | {
        "model_id": notes["model_id"],
        "trained_at": notes.get("trained_at"),
        "n_examples": figures.get("n_examples"),
        "n_corrections": len(notes.get("corrections", {})),
        "macro_f1": figures.get("macro_f1"),
        "decided": figures.get("decided"),
        "reason": notes.get("reason", ""),
    }


def _cells(row: Row) -> tuple[str, ...]:
    state = "in use" if row["in_use"] else ""
    if "problem" in row:
        return (row["id"], "", "", "", "", "", "; ".join(filter(None, [state, "cannot be read"])))
    if row["reason"]:
        state = "; ".join(filter(None, [state, f"kept aside: {row['reason']}"]))
    keys = ("n_examples", "n_corrections", "macro_f1", "decided")
    cells = ["" if row[key] is None else str(row[key]) for key in keys]
    return (row["id"], (row["trained_at"] or "")[:16].replace("T", " "), *cells, state)


@models_command.command("use")
@click.argument("model")
@now_option
@click.pass_context
def use_command(ctx: click.Context, model: str, now: datetime) -> None:
    """Use MODEL from now on.

    MODEL is an id that `unghost models` lists, or "shipped". What the model before it had decided, and what is
    undecided, is judged anew; your corrections stay as they are.
    """
    from pipeline.train import predict_anew  # noqa: PLC0415  a list needs no model

    models, settings = shelf(), settings_of(ctx, needed=False)
    _refuse_unknown(models, model)
    left, right = _model_id(models, models.in_use()), models.load(model).model_id
    with ledger_of(settings) as ledger:
        models.use(model)
        n = predict_anew(ledger, models, now, left if left != right else "")
        derive(ledger, rules_of(ctx, settings))
    click.echo(f"{model} is in use from now on; {counted(n, 'message')} judged anew.")


def _model_id(models: Shelf, name: str) -> str:
    """The id its predictions bear; empty where its manifest cannot be read."""
    try:
        return str(models.manifest(name)["model_id"])
    except ModelError:
        return ""


def _refuse_unknown(models: Shelf, *names: str) -> None:
    known = models.names()
    for name in names:
        if name not in known:
            raise UsageError(f"There is no model {name!r}; known are {', '.join(known)}.")


@models_command.command("compare")
@click.argument("first")
@click.argument("second")
@json_option
def compare_command(first: str, second: str, *, as_json: bool) -> None:
    """Set the figures of two models side by side.

    FIRST and SECOND are ids that `unghost models` lists, or "shipped".
    """
    models = shelf()
    _refuse_unknown(models, first, second)
    figures = [_flat(models.manifest(name)) for name in (first, second)]
    rows = [{"figure": name, first: figures[0].get(name), second: figures[1].get(name)} for name in figures[1]]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    cells = [[str(cell) if cell is not None else "" for cell in row.values()] for row in rows]
    echo_table(("", first, second), cells)
    click.echo("Of mail each was not fitted on, by cross-validation: our corpus, far harder than a mailbox, and yours.")


def _flat(notes: Row) -> dict[str, float | int]:
    """The figures of a manifest by their names, in the order of a reader's interest."""
    figures = notes.get("figures", {})
    labels = figures.get("labels", {})
    flat = {"macro-F1": figures.get("macro_f1")}
    flat |= {f"{label} {name}": labels[label].get(name) for label in labels for name in MEASURES}
    flat |= {"decided": figures.get("decided"), "right of these": figures.get("decided_accuracy")}
    flat |= {"examples": figures.get("n_examples"), "yours": len(notes.get("corrections", {}))}
    return flat
