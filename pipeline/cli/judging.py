"""Judge mail that is shown to us: what the model makes of each message, and how often it is right."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.build import (
    echo_table,
    english,
    json_option,
    ledger_of,
    ledger_path,
    names_of,
    progress_bar,
    promises_of,
    save,
    settings_of,
    shelf,
)
from pipeline.cli.dates import date_lines, dates_of
from pipeline.cli.shown import shown_in
from pipeline.digest.plain import printable
from pipeline.errors import InputError, ParseFailure, UsageError
from pipeline.evaluate import Judged, evaluate, groups_of, painter, truth_of
from pipeline.link.naming.names import NAMELESS
from pipeline.moves import MOVES
from pipeline.plurals import counted
from pipeline.records import Appointment, Evidence, Fact, Kind, Label, Prediction
from pipeline.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.cli.shown import Shown
    from pipeline.ledger import Ledger
    from pipeline.link.naming import NameReader
    from pipeline.link.naming.found import Found
    from pipeline.link.promises import PromiseReader
    from pipeline.records import Message

    Row = dict[str, Any]
    Predict = Callable[[Message], Prediction]

MAX_NAMED = 5
MAX_MISTAKES = 10

files_argument = click.argument(
    "files", nargs=-1, metavar="FILE...", type=click.Path(exists=True, readable=False, path_type=Path)
)

_ABOUT_NO_APPLICATION = frozenset({Kind.OTHER, Kind.JOB_ALERT})  # whom these name is seldom an employer of the reader's


@click.command("explain")
@files_argument
@json_option
def explain_command(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Say what unghost makes of the messages in FILE, and why.

    FILE is an .eml file, an mbox, a Maildir, a folder of .eml files, or .jsonl with the fields
    subject, from and body, and date if you like. The day and time of an interview are those of a
    calendar invitation, else those the text names. No ledger is opened. What cannot be read is said in its place, and
    at the end by exit code 65. --json prints one line for each message.
    """
    if not files:
        raise UsageError("Name a file, for example: unghost explain message.eml")
    words = _explained_json if as_json else _paragraph
    ctx = click.get_current_context()
    settings = settings_of(ctx, needed=False)
    names, promises, predict, bad = names_of(ctx), promises_of(ctx, settings), shelf(), []
    pinned = tuple(account.authserv_id for account in settings.account if account.authserv_id)
    with Sandbox() as sandbox:
        for shown in shown_in(files, lambda raw: sandbox.read(replace(raw, authserv_ids=pinned))):
            row = _explained(shown, predict, names, promises)
            click.echo(words(row))
            bad += [shown.place] if "error" in row else []
    _refuse(bad)


def _explained(shown: Shown, predict: Predict, read_names: NameReader, promises: PromiseReader) -> Row:
    """What is printed of one message, or why it cannot be read."""
    try:
        message = shown.read()
    except ParseFailure as failure:
        return {"id": shown.id, "error": f"{shown.place}: {failure}"}
    said = predict(message)
    fact = _fact_of(message, said)
    unproven = str(message.authentication) if message.authentication.failed else ""
    names = read_names(fact)
    if said.kind in _ABOUT_NO_APPLICATION and not _may_be_an_employer(names.employer, said):
        names = NAMELESS
    found: dict[str, Found] = {field: getattr(names, field) for field in ("employer", "role", "requisition")}
    return {
        "id": shown.id,
        "subject": message.subject,
        "label": said.label,
        "kind": said.kind,
        "proba": {label: round(p, 6) for label, p in said.proba.items()},
        "decided": _is_decided(message, said),
        "unproven": unproven,
        "evidence": [{"sentence": e.sentence, "weight": round(e.weight, 3)} for e in said.evidence],
        **{field: one.value for field, one in found.items()},
        "found": {field: {"how": one.how, "sure": one.sureness} for field, one in found.items()},
        **dates_of(message, promises(message.text, message.date), _appointment_of(message, said, promises)),
    }


def _appointment_of(message: Message, said: Prediction, read: PromiseReader) -> Appointment:
    """When one is to talk, if the message seems to be about that."""
    is_invitation = said.kind is Kind.INTERVIEW
    return read.appointment(message.subject, message.text, message.date) if is_invitation else Appointment()


def _may_be_an_employer(employer: Found, said: Prediction) -> bool:
    """Whether one is named though the message seems to be of no application: in so many words, or it may be of one."""
    return employer.is_in_words or (employer.is_of_sender and not said.decided)


def _is_decided(message: Message, said: Prediction) -> bool:
    """Whether a prediction counts: not as a message that changes anything from somebody who may not be the sender."""
    return said.decided and not (message.authentication.failed and said.kind in MOVES)


def _fact_of(message: Message, said: Prediction) -> Fact:
    """The message as linking would see it."""
    return Fact(
        message_id=0,
        key=message.key,
        rfc_message_id=message.message_id,
        thread=message.thread,
        date=message.date,
        direction=message.direction,
        from_=message.from_,
        reply_to=message.reply_to,
        to=message.to,
        subject=message.subject,
        text=message.text,
        calendar=message.calendar,
        kind=said.kind if _is_decided(message, said) else None,
        guess=said.kind,
        corrected=False,
        unproven=message.authentication.failed,
        stake=1 - said.proba[Label.NONE],
    )


def _explained_json(row: Row) -> str:
    """Without the subject, which whoever shows a file to a program has already."""
    return _json_line({key: value for key, value in row.items() if key != "subject"})


def _json_line(row: Row) -> str:
    """One line of JSON, with escapes where a terminal would act on a character or could not print it."""
    line = json.dumps(row, ensure_ascii=False)
    return line if line.isprintable() else json.dumps(row)


def _paragraph(row: Row) -> str:
    if "error" in row:
        return f"{_plain(row['error'])}\n"
    sure = round(100 * row["proba"][row["label"]])
    belief = f"{row['label']}, {row['kind']}" if row["label"] != row["kind"] else row["label"]
    if not row["decided"]:
        belief = f"unsure, perhaps {english()('guesses.' + row['kind'])}"
    about = ", ".join(filter(None, (_named(row, field) for field in row["found"])))
    lines = [click.style(f"{_plain(row['id'])}  {_plain(row['subject'])}", bold=True)]
    lines += [f"    {belief} ({sure} %)" + (f"; {about}" if about else "")]
    lines += [f"      {english()('letter.unproven', reason=row['unproven'])}"] if row["unproven"] else []
    lines += [f"      {e['weight']:+.1f}  {_plain(e['sentence'])}" for e in row["evidence"]]
    in_minutes = partial(datetime.isoformat, sep=" ", timespec="minutes")  # with the zone it was told in
    lines += [f"      {_plain(line)}" for line in date_lines(row, date.isoformat, in_minutes)]
    return "\n".join(lines) + "\n"


def _named(row: Row, field: str) -> str:
    """A name, with how it was found and how surely; empty when it was not."""
    found = row["found"][field]
    return f"{_plain(row[field])} ({found['how']}, {round(100 * found['sure'])} %)" if row[field] else ""


def _plain(text: Any) -> str:  # noqa: ANN401  a row's id may be a number
    """On one line, without characters that do something."""
    return printable(" ".join(str(text).split())).encode(errors="replace").decode()


def _refuse(bad: list[str]) -> None:
    """Raise InputError when something could not be used, naming the first places."""
    if bad:
        more = f" and {len(bad) - MAX_NAMED} more" if len(bad) > MAX_NAMED else ""
        raise InputError(f"{len(bad)} could not be used: {_plain('; '.join(bad[:MAX_NAMED]))}{more}.")


@click.command("evaluate")
@files_argument
@click.option("--ledger", "from_ledger", is_flag=True, help="Hold your corrections against what the model had said.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Paint its curves into this PNG file.")
@json_option
@click.pass_context
def evaluate_command(
    ctx: click.Context, files: tuple[Path, ...], *, from_ledger: bool, plot: Path | None, as_json: bool
) -> None:
    """Measure the model on labelled messages in FILE, or on your corrections.

    FILE is .jsonl with the fields subject, from, body and label (and kind, lang, realness,
    source if you like), or mail in folders or mboxes named for labels or kinds, such as
    mail/rejection/1.eml. What cannot be used is named, and makes exit code 65.
    """
    if bool(files) == from_ledger:
        raise UsageError("Give either labelled files or --ledger.")
    paint = painter() if plot else None
    judged, bad = _from_ledger(ctx) if from_ledger else _from_files(files)
    if not judged:
        remedy = "; `unghost evaluate --help` says what can be read."
        raise InputError(f"There is nothing to measure{': ' * bool(bad)}{_plain('; '.join(bad[:MAX_NAMED]))}{remedy}")
    figures = {"models": sorted({one.said.model_id for one in judged}), **evaluate(judged), "unusable": bad}
    click.echo(_json_line(figures)) if as_json else _tell(figures)
    if plot and paint:
        save(plot, paint(figures))
    _refuse(bad)


def _from_files(files: Iterable[Path]) -> tuple[list[Judged], list[str]]:
    """The labelled messages with what the model says now, and what could not be used."""
    judged, bad, predict = [], [], shelf()
    on_terminal = sys.stderr.isatty() and sys.stdout.isatty()
    with Sandbox() as sandbox, progress_bar(wanted=on_terminal) as advance:
        for shown in shown_in(files, sandbox.read):
            try:
                judged.append(_judged(shown, predict))
            except (InputError, ParseFailure) as failure:
                bad.append(f"{shown.place}: {failure}")
            advance("judged", 1)
    return judged, bad


def _judged(shown: Shown, predict: Predict) -> Judged:
    """Raises InputError where there is no label, before mail is parsed for nothing; ParseFailure."""
    if shown.problem:
        raise ParseFailure(shown.problem)
    label, kind = truth_of(shown.fields)
    message = shown.read()
    return Judged(shown.id, message.subject, label, kind, predict(message), groups_of(shown.fields))


def _from_ledger(ctx: click.Context) -> tuple[list[Judged], list[str]]:
    """The corrected messages with what the model had said of them."""
    settings = settings_of(ctx, needed=False)
    path = ledger_path(settings)
    if not path.is_file():
        raise InputError(f"There is no ledger at {path} yet; `unghost run` makes one.")
    with ledger_of(settings) as ledger:
        judged = list(_corrected(ledger))
    if not judged:
        raise InputError("You have corrected nothing yet; `unghost label` does.")
    return judged, []


def _corrected(ledger: Ledger) -> Iterator[Judged]:
    """Own mail can be corrected too, but no model has said anything of it."""
    for message_id in ledger.facts.corrected_numbers():
        message, belief = ledger.facts.message(message_id) or (None, {})
        if message and belief["predicted_kind"]:
            kind = Kind(belief["corrected_kind"])
            yield Judged(message_id, message.subject, kind.label, kind, _said(belief), {})


def _said(belief: Row) -> Prediction:
    return Prediction(
        kind=Kind(belief["predicted_kind"]),
        label=Label(belief["predicted_label"]),
        proba={Label(label): p for label, p in json.loads(belief["proba"]).items()},
        decided=bool(belief["decided"]),
        evidence=tuple(Evidence(*pair) for pair in json.loads(belief["evidence"])),
        model_id=belief["model_id"],
    )


def _tell(figures: Row) -> None:
    """The figures as tables, then in sentences what they come to."""
    labels, spans = figures["labels"], figures["intervals"]["labels"]
    measures = ("precision", "recall", "f1")
    rows = [
        (name, str(of["n"]), *(_with_interval(of[key], spans[name][key]) for key in measures))
        for name, of in labels.items()
    ]
    echo_table(("label", "n", *measures), rows, wraps=measures)
    click.echo(f"macro-F1 {_with_interval(figures['macro_f1'], figures['intervals']['macro_f1'])}\n")
    confusion = figures["confusion"]
    echo_table(("is \\ said", *labels), [(name, *map(str, row.values())) for name, row in confusion.items()])
    click.echo(f"\n{_decided_words(figures)} Expected calibration error: {figures['calibration']['expected_error']}.")
    for name, groups in figures["by"].items():
        click.echo()
        columns = (name, "n", "macro-F1", "right", "decided", "right of these")
        echo_table(columns, map(_group_cells, groups.items()), wraps={name, "right of these"})
    _tell_mistakes(figures["mistakes"])


def _with_interval(value: float | None, span: list[float] | None) -> str:
    return "-" if value is None or span is None else f"{value:.3f} ({span[0]:.3f} to {span[1]:.3f})"


def _decided_words(figures: Row) -> str:
    right = f", and {figures['decided_accuracy']:.1%} of these are right" if figures["decided"] else ""
    return f"Of {counted(figures['n'], 'message')} {figures['decided']:.1%} are decided{right}."


def _group_cells(group: tuple[str, Row]) -> tuple[str, ...]:
    name, of = group
    shares = (of["macro_f1"], of["accuracy"], of["decided"], of["decided_accuracy"])
    return (_plain(name), str(of["n"]), *("-" if share is None else f"{share:.3f}" for share in shares))


def _tell_mistakes(mistakes: list[Row]) -> None:
    if mistakes:
        click.echo(f"\n{counted(len(mistakes), 'mistake')}, the surest first:")
    for row in mistakes[:MAX_MISTAKES]:
        percent = f"{round(100 * row['confidence'])} %"
        click.echo(f"  {row['said']} ({percent}), is {row['label']}: {_plain(row['id'])}  {_plain(row['subject'])}")
