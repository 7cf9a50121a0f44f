"""Ask about the messages whose answer teaches most, one key each."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from pipeline.cli.asking import keys_of, lines_of, numbers_of, on_one_line
from pipeline.cli.build import english, ledger_path, now_option, rules_of, settings_of
from pipeline.digest.plain import name_of
from pipeline.errors import LockedError
from pipeline.ledger import open_ledger
from pipeline.link.said import NEW, NOWHERE
from pipeline.records import KIND_OF_LABEL, Kind, Label, Question, Statement, Unsure, Verb
from pipeline.run import derive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from pipeline.ledger import Ledger
    from pipeline.records import Message
    from pipeline.run import Rules

PATIENCE = 600  # seconds that another run may take
LABEL_KEYS = {"i": Label.INVITATION, "r": Label.REJECTION, "n": Label.NONE}
KIND_KEYS = dict(zip("abcdefghijkl", Kind, strict=True))


@click.command("review")
@click.option("--all", "everything", is_flag=True, help="Go on with decided messages, those nearest to unsure first.")
@now_option
@click.pass_context
def review_command(ctx: click.Context, now: datetime, *, everything: bool) -> None:
    """Say of unsure messages what they are, with one key each.

    First come messages that may belong to one of several applications, or to none: say to which. Then those that keep
    unghost from saying whether an employer has gone silent, then those most likely to be an invitation
    or a rejection. Each answer is written down at once; from labels `unghost train` learns.
    """
    settings = settings_of(ctx, needed=False)
    is_given = ctx.get_parameter_source("now") is not ParameterSource.DEFAULT
    clock = (lambda: now) if is_given else (lambda: datetime.now(UTC))  # a run may train during a sitting
    review = Review(ledger_path(settings), rules_of(ctx, settings), settings.me.zone, clock, everything=everything)
    if not review.begin():
        click.echo("Nothing to review: every message is decided." if not everything else "Nothing to review.")
        return
    try:
        review.ask()
    finally:
        review.end()
    click.echo(review.summary())


@contextmanager
def _in_turn(path: Path) -> Iterator[Ledger]:
    """The ledger, locked for a moment; another program at work on it is waited for, and the user told."""
    with ExitStack() as stack:
        try:
            ledger = stack.enter_context(open_ledger(path))
        except LockedError:
            click.echo("Another unghost is at work; waiting for it ...", err=True)
            ledger = stack.enter_context(open_ledger(path, wait=PATIENCE))
        yield ledger


def _queue(ledger: Ledger, *, everything: bool) -> list[Unsure | Question]:
    """The messages to ask about, most informative first."""
    applications = ledger.derived.applications()
    doubts = {message_id for application in applications for message_id in application.unsure}
    unsure = sorted(ledger.facts.unsure(), key=lambda u: (u.message_id not in doubts, -u.stake))
    questions = ledger.derived.questions(applications)
    return [*questions, *unsure, *(ledger.facts.least_sure() if everything else [])]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of the message at ``position``: a kind, or whose it is."""

    position: int
    said: Kind | Statement


@dataclass
class Review:
    """One sitting: the messages, how far one has come, and what was answered.

    The ledger is opened for each look and each answer only, never while a key is waited for.  ``extent`` is how
    far its facts reached at the last look; where others added some, what is still to be asked is read again.
    """

    path: Path
    rules: Rules
    zone: ZoneInfo
    clock: Callable[[], datetime]
    everything: bool
    queue: list[Unsure | Question] = field(default_factory=list)
    extent: str = ""
    position: int = 0
    n_skipped: int = 0
    answers: list[Answer] = field(default_factory=list)

    def begin(self) -> bool:
        """Read what is to be asked; whether there is anything."""
        with _in_turn(self.path) as ledger:
            self._look_again(ledger)
        return bool(self.queue)

    def end(self) -> None:
        """Have what was answered count."""
        with _in_turn(self.path) as ledger:
            derive(ledger, self.rules)

    def _look_again(self, ledger: Ledger) -> None:
        """What is still to be asked, as the facts are now; what was shown before stays where it is."""
        derive(ledger, self.rules)
        before = self.queue[: self.position]
        known = {asked.message_id for asked in before}
        fresh = [asked for asked in _queue(ledger, everything=self.everything) if asked.message_id not in known]
        self.queue = [*before, *fresh]
        self.extent = ledger.facts.extent()

    def _has_changed(self, ledger: Ledger) -> bool:
        """Whether others added facts since the last look; what is to be asked is then read again."""
        if self.extent == ledger.facts.extent():
            return False
        self._look_again(ledger)
        return True

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
        asked = None if self._is_over else self.queue[self.position]
        if isinstance(asked, Question) and (key in "w0" or key in numbers_of(asked)):
            self._answer_whose(asked, key)
        elif isinstance(asked, Unsure) and key in LABEL_KEYS:
            self._answer(asked, KIND_OF_LABEL[LABEL_KEYS[key]])
        elif isinstance(asked, Unsure) and key == "k":
            self._ask_kind(asked)
        elif key == "s":
            self.n_skipped += 1
            self.position += 1
        elif key == "u":
            self._undo()
        else:
            click.echo(keys_of(asked))

    def _ask_kind(self, asked: Unsure) -> None:
        for key, kind in KIND_KEYS.items():
            click.echo(f"  [{key}] {kind}: {english()('guesses.' + kind)}")
        chosen = KIND_KEYS.get(_key())
        if chosen:
            self._answer(asked, chosen)
        else:
            click.echo(keys_of(asked))

    def _answer(self, asked: Unsure, kind: Kind) -> None:
        with self._writing(asked) as ledger:
            if ledger:
                ledger.facts.record_correction(asked.message_id, kind, "review", self.clock())
                self._go_on(kind, kind)

    @contextmanager
    def _writing(self, asked: Unsure | Question) -> Iterator[Ledger | None]:
        """The ledger, to write an answer into; None where ``asked`` is no longer what is asked, which is then shown."""
        with _in_turn(self.path) as ledger:
            is_asked_still = not self._has_changed(ledger) or self.queue[self.position :][:1] == [asked]
            yield ledger if is_asked_still else None
            self.extent = ledger.facts.extent()
        if not is_asked_still:
            click.echo("The ledger has changed meanwhile; nothing was written.")
            self._show()

    def _answer_whose(self, asked: Question, key: str) -> None:
        chosen = None if key in "w0" else asked.applications[int(key) - 1]
        with self._writing(asked) as ledger:
            if ledger:
                statement = ledger.statements.record(
                    Verb.MOVE,
                    self.clock(),
                    about=[chosen.key] if chosen else [],
                    messages=[_message(ledger, asked).key],
                    values={} if chosen else {"to": NEW if key == "w" else NOWHERE},
                )
                self._go_on(statement, name_of(chosen) if chosen else "a new one" if key == "w" else "nobody's")

    def _go_on(self, said: Kind | Statement, words: str) -> None:
        self.answers.append(Answer(self.position, said))
        self.position += 1
        click.echo(f"-> {on_one_line(words)}")

    def _undo(self) -> None:
        """Take the last answer back and ask again; what was skipped since is asked again, too."""
        if not self.answers:
            click.echo("There is no answer to take back.")
            return
        answer = self.answers.pop()
        with _in_turn(self.path) as ledger:
            self._has_changed(ledger)
            if isinstance(answer.said, Statement):
                ledger.statements.take_back(answer.said, self.clock())
            else:
                ledger.facts.record_correction(self.queue[answer.position].message_id, None, "review", self.clock())
            self.extent = ledger.facts.extent()
        self.n_skipped -= self.position - answer.position - 1
        self.position = answer.position
        click.echo("Taken back.")

    def _show(self) -> None:
        """Print the message that is asked about, or that there is none left."""
        with _in_turn(self.path) as ledger:
            self._has_changed(ledger)
            message = None if self._is_over else _message(ledger, self.queue[self.position])
        if not message:
            click.echo("\nThat was the last: [u]ndo, or any other key to end.")
            return
        asked = self.queue[self.position]
        click.echo(f"\n{self.position + 1} of {len(self.queue)}  [{asked.message_id}]")
        for line in lines_of(asked, message, self.zone):
            click.echo(line)

    def summary(self) -> str:
        """What was done, in a sentence or two."""
        counts = Counter("moved" if isinstance(a.said, Statement) else a.said.label for a in self.answers)
        by_label = ", ".join(f"{counts[word]} {word}" for word in (*Label, "moved") if counts[word])
        told = f"{len(self.answers)} answered" + (f" ({by_label})" if by_label else "")
        teaches = "; `unghost train` learns from them" if any(counts[label] for label in Label) else ""
        hint = f" They count from now on{teaches}." if self.answers else ""
        return f"\n{told}, {self.n_skipped} skipped, {len(self.queue) - self.position} not asked.{hint}"


def _message(ledger: Ledger, asked: Unsure | Question) -> Message:
    found = ledger.facts.message(asked.message_id)
    assert found, "what is asked about is recorded"  # noqa: S101  the queue was read from these rows
    return found[0]


def _key() -> str:
    """The next key of a terminal, or the next character of a pipe; "q" at its end."""
    if sys.stdin.isatty():
        return click.getchar().lower()
    while (char := sys.stdin.read(1)) and char.isspace():
        pass  # one answer a line is as good
    return char.lower() or "q"
