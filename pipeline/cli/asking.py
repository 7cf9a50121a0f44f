"""How a message is put to the user who reviews: its beginning, what it may be, and the keys that answer."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import english
from pipeline.digest.dates import day
from pipeline.digest.plain import name_of, printable
from pipeline.records import Question

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from pipeline.records import Message, Unsure

MAX_LINES = 15
MAX_CANDIDATES = 9
WIDTH = 78
KEYS = "[i]nvitation  [r]ejection  [n]one  [k]ind ...  [s]kip  [u]ndo  [q]uit"


def lines_of(asked: Unsure | Question, message: Message, zone: ZoneInfo) -> Iterator[str]:
    """What is printed of a message that is asked about, up to the keys."""
    sender = f"{asked.from_.display_name} <{asked.from_.addr_spec}>".strip()
    yield f"{day(asked.date, zone)}  {on_one_line(sender)}"
    yield click.style(on_one_line(asked.subject) or "(no subject)", bold=True) + "\n"
    yield from (f"    {line}" for line in _beginning(message))
    yield from _candidates(asked) if isinstance(asked, Question) else _guess(asked)
    yield keys_of(asked)


def keys_of(asked: Unsure | Question | None) -> str:
    """What the keys say of a message: what it is, or whose."""
    return _whose_keys(asked) if isinstance(asked, Question) else KEYS


def numbers_of(question: Question) -> list[str]:
    """The keys of the applications it may belong to."""
    return [str(n) for n in range(1, min(len(question.applications), MAX_CANDIDATES) + 1)]


def _candidates(question: Question) -> Iterator[str]:
    """Which application the message may belong to, each with its key."""
    yield "\nWhose is it?" if question.applications else "\nIs it about an application of yours?"
    for number, application in zip(numbers_of(question), question.applications, strict=False):
        yield f"  [{number}] {on_one_line(name_of(application))} ({application.number}, {application.stage})"


def _whose_keys(question: Question) -> str:
    """What the keys say of a message that may be of some application, or of none."""
    numbers = numbers_of(question)
    span = " ... ".join(f"[{number}]" for number in dict.fromkeys((*numbers[:1], *numbers[-1:])))
    whose = f"{span} whose it is  [w] a new one  [0] nobody's" if numbers else "[w] yes, a new one  [0] no, nobody's"
    return f"{whose}  [s]kip  [u]ndo  [q]uit"


def _guess(unsure: Unsure) -> Iterator[str]:
    """What the model thinks it may be, and why."""
    if unsure.authentication.failed:
        yield "\n" + english()("letter.unproven", reason=unsure.authentication)
    yield f"\nPerhaps {english()('guesses.' + unsure.guess)} ({round(100 * unsure.confidence)} %)."
    for evidence in unsure.evidence:
        yield f"  {evidence.weight:+.1f}  {on_one_line(evidence.sentence)}"


def on_one_line(text: str) -> str:
    """On one line, without characters that do something."""
    return printable(" ".join(text.split()))


def _beginning(message: Message) -> list[str]:
    """The first lines of the new text as they fit a terminal."""
    lines: list[str] = []
    for line in message.text[: MAX_LINES * WIDTH * 2].splitlines():
        lines += textwrap.wrap(printable(line), WIDTH) or [""]
    return [*lines[:MAX_LINES], "..."] if len(lines) > MAX_LINES else lines
