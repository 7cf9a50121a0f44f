"""Ask about the messages whose answer teaches most, one key each."""

from __future__ import annotations

import sys
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import ledger_of, now_option, rules_of, settings_of
from pipeline.digest.dates import day
from pipeline.digest.render import GUESS_WORDS, printable
from pipeline.records import KIND_OF_LABEL, Kind, Label
from pipeline.run import derive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from pipeline.ledger import Ledger
    from pipeline.records import Message, Unsure

MAX_LINES = 15
WIDTH = 78
KEYS = "[i]nvitation  [r]ejection  [n]one  [k]ind ...  [s]kip  [u]ndo  [q]uit"
LABEL_KEYS = {"i": Label.INVITATION, "r": Label.REJECTION, "n": Label.NONE}
KIND_KEYS = dict(zip("abcdefghijkl", Kind, strict=True))


@click.command("review")
@click.option("--all", "everything", is_flag=True, help="Go on with decided messages, those nearest to unsure first.")
@now_option
@click.pass_context
def review_command(ctx: click.Context, now: datetime, *, everything: bool) -> None:
    """Say of unsure messages what they are, with one key each.

    First come those that keep unghost from saying whether an employer has gone silent, then
    those most likely to be an invitation or a rejection. Each answer is written down at once,
    and is what `unghost train` learns from.
    """
    settings = settings_of(ctx, needed=False)
    with ledger_of(settings) as ledger:
        derive(ledger, rules_of(ctx, settings))
        queue = _queue(ledger, everything=everything)
        if not queue:
            click.echo("Nothing to review: every message is decided." if not everything else "Nothing to review.")
            return
        review = Review(ledger, queue, settings.me.zone, now)
        try:
            review.ask()
        finally:
            derive(ledger, rules_of(ctx, settings))
    click.echo(review.summary())


def _queue(ledger: Ledger, *, everything: bool) -> list[Unsure]:
    """The messages to ask about, most informative first."""
    doubts = {message_id for application in ledger.derived.applications() for message_id in application.unsure}
    unsure = sorted(ledger.facts.unsure(), key=lambda u: (u.message_id not in doubts, -u.stake))
    return unsure + (ledger.facts.least_sure() if everything else [])


@dataclass
class Review:
    """One sitting: the messages, how far one has come, and what was answered."""

    ledger: Ledger
    queue: Sequence[Unsure]
    zone: ZoneInfo
    now: datetime
    position: int = 0
    n_skipped: int = 0
    answers: list[tuple[int, Kind]] = field(default_factory=list)

    def ask(self) -> None:
        """Show one message after the other until all are answered or the user quits."""
        self._show()
        while (key := _key()) != "q":
            before = self.position
            if self._is_over and key != "u":
                return
            self._do(key)
            if self.position != before:
                self._show()

    @property
    def _is_over(self) -> bool:
        return self.position == len(self.queue)

    def _do(self, key: str) -> None:
        """Act on one key; one without a meaning brings the keys to mind."""
        if key in LABEL_KEYS:
            self._answer(KIND_OF_LABEL[LABEL_KEYS[key]])
        elif key == "k":
            self._ask_kind()
        elif key == "s":
            self.n_skipped += 1
            self.position += 1
        elif key == "u":
            self._undo()
        else:
            click.echo(KEYS)

    def _ask_kind(self) -> None:
        for key, kind in KIND_KEYS.items():
            click.echo(f"  [{key}] {kind}: {GUESS_WORDS[kind]}")
        chosen = KIND_KEYS.get(_key())
        if chosen:
            self._answer(chosen)
        else:
            click.echo(KEYS)

    def _answer(self, kind: Kind) -> None:
        self.ledger.facts.record_correction(self.queue[self.position].message_id, kind, "review", self.now)
        self.answers.append((self.position, kind))
        self.position += 1
        click.echo(f"-> {kind}")

    def _undo(self) -> None:
        """Take the last answer back and ask again; what was skipped since is asked again, too."""
        if not self.answers:
            click.echo("There is no answer to take back.")
            return
        back_to, _ = self.answers.pop()
        self.n_skipped -= self.position - back_to - 1
        self.position = back_to
        self.ledger.facts.record_correction(self.queue[back_to].message_id, None, "review", self.now)
        click.echo("Taken back.")

    def _show(self) -> None:
        """Print the message that is asked about, or that there is none left."""
        if self._is_over:
            click.echo("\nThat was the last: [u]ndo, or any other key to end.")
            return
        asked = self.queue[self.position]
        found = self.ledger.facts.message(asked.message_id)
        click.echo(f"\n{self.position + 1} of {len(self.queue)}  [{asked.message_id}]")
        sender = f"{asked.from_.display_name} <{asked.from_.addr_spec}>".strip()
        click.echo(f"{day(asked.date, self.zone)}  {_line(sender)}")
        click.echo(click.style(_line(asked.subject) or "(no subject)", bold=True) + "\n")
        for line in _beginning(found[0]) if found else ():
            click.echo(f"    {line}")
        click.echo(f"\nPerhaps {GUESS_WORDS[asked.guess]} ({round(100 * asked.confidence)} %).")
        for evidence in asked.evidence:
            click.echo(f"  {evidence.weight:+.1f}  {_line(evidence.sentence)}")
        click.echo(KEYS)

    def summary(self) -> str:
        """What was done, in a sentence or two."""
        counts = Counter(kind.label for _, kind in self.answers)
        by_label = ", ".join(f"{counts[label]} {label}" for label in Label if counts[label])
        told = f"{len(self.answers)} answered" + (f" ({by_label})" if by_label else "")
        hint = " They count from now on; `unghost train` learns from them." if self.answers else ""
        return f"\n{told}, {self.n_skipped} skipped, {len(self.queue) - self.position} not asked.{hint}"


def _key() -> str:
    """The next key of a terminal, or the next character of a pipe; "q" at its end."""
    if sys.stdin.isatty():
        return click.getchar().lower()
    while (char := sys.stdin.read(1)) and char.isspace():
        pass  # one answer a line is as good
    return char.lower() or "q"


def _line(text: str) -> str:
    """On one line, without characters that do something."""
    return printable(" ".join(text.split()))


def _beginning(message: Message) -> list[str]:
    """The first lines of the new text as they fit a terminal."""
    lines: list[str] = []
    for line in message.text[: MAX_LINES * WIDTH * 2].splitlines():
        lines += textwrap.wrap(printable(line), WIDTH) or [""]
    return [*lines[:MAX_LINES], "..."] if len(lines) > MAX_LINES else lines
