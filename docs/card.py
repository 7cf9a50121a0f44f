"""The tables of the model card, from the corpus and the manifest: models/README.md prints them with cog."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Row = dict[str, Any]

MODELS = Path(__file__).parent.parent / "models"
LENGTHS = {15: "one line", 60: "a paragraph", 160: "a page", 300: "a long page", 10**9: "two pages and more"}


def corpus() -> list[Row]:
    """Every row of the corpus, in the order of its files."""
    files = sorted((MODELS / "corpus").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def manifest() -> Row:
    """What is written about the shipped model."""
    found: Row = json.loads((MODELS / "shipped.json").read_text(encoding="utf-8"))
    return found


def grid(rows: Sequence[Row]) -> str:
    """How the kinds are spread over sender, language, length, tone and form."""
    kinds = [kind for kind, _ in Counter(row["kind"] for row in rows).most_common()]
    lines = [_counts("sender", rows, kinds, lambda row: row["sender"])]
    lines += [_counts("language", rows, kinds, lambda row: row["lang"].partition("-")[0])]
    lines += [_counts("length", rows, kinds, _length, LENGTHS.values())]
    lines += [_counts(name, rows, kinds, lambda row, name=name: row[name]) for name in ("tone", "form")]
    return "\n\n".join(lines)


def _counts(name: str, rows: Sequence[Row], kinds: Sequence[str], of: Any, order: Iterable[str] = ()) -> str:  # noqa: ANN401
    """A table of ``name`` by kind, the most frequent first unless ``order`` says otherwise."""
    cells, totals = Counter((of(row), row["kind"]) for row in rows), Counter(map(of, rows))
    body = [
        [value, totals[value], *(cells[value, kind] or "" for kind in kinds)]
        for value in (order or [value for value, _ in totals.most_common()])
    ]
    return table([name, "all", *(kind.replace("_", " ") for kind in kinds)], body)


def _length(row: Row) -> str:
    limits = list(LENGTHS)
    return LENGTHS[limits[bisect_left(limits, len(f"{row['subject']} {row['body']}".split()))]]


def cases(rows: Sequence[Row]) -> str:
    """The hard cases by their slug, with how many messages each has."""
    found = Counter(row["case"] for row in rows if row["case"])
    return table(["case", "messages"], [[case, n] for case, n in found.most_common() if n > 1])


def labels(figures: Row, spans: Row | None = None) -> str:
    """Precision, recall and F1 of each label, with their intervals where there are any."""
    head = ["label", "precision", "recall", "F1", "messages"]
    body = [
        [
            label,
            *(_figure(of[key], spans and spans["labels"][label][key]) for key in ("precision", "recall", "f1")),
            of["n"],
        ]
        for label, of in figures["labels"].items()
    ]
    return table(head, body)


def groups(found: Row) -> str:
    """How right the model is of each group of messages."""
    head = ["", "messages", "macro-F1", "right", "decided", "right of these"]
    keys = ("macro_f1", "accuracy", "decided", "decided_accuracy")
    return table(head, [[name, of["n"], *(_figure(of[key]) for key in keys)] for name, of in found.items()])


def _figure(value: float | None, span: Sequence[float] | None = None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" + (f" ({span[0]:.3f} to {span[1]:.3f})" if span else "")


def table(head: Sequence[object], body: Iterable[Sequence[object]]) -> str:
    """A Markdown table whose numbers stand to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (head, rule, *body))
