"""Build the adapters the program is run with, from the settings and the files we ship."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from pipeline.config import DAYS, Settings, config_path, data_directory, is_address, read_settings
from pipeline.digest import Schedule, Wording
from pipeline.digest.words import read_words
from pipeline.errors import CannotWriteError, ConfigError, UnghostError
from pipeline.ledger import Ledger, open_ledger
from pipeline.link.naming import NameReader
from pipeline.link.promises import PromiseReader
from pipeline.records import Direction, Label, MailboxState, Wait
from pipeline.resources import shipped
from pipeline.run import Adapters, Rules
from pipeline.shelf import Shelf
from pipeline.silence import Calendar, Patience
from pipeline.workdays import Workdays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pipeline.digest.words import Words
    from pipeline.funnel import Funnel
    from pipeline.records import RawMessage
    from pipeline.run import Source
    from pipeline.sandbox import Sandbox


FIRST_YEAR, LAST_YEAR = 1990, 2100


class Moment(click.ParamType[datetime]):
    """A point in time with its zone, such as 2026-03-02T08:05:00+01:00, or "now"."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """An aware datetime; fails with an example."""
        if value == "now":
            return datetime.now(UTC)
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; write one like 2026-03-02T08:05:00+01:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no time zone; write one like 2026-03-02T08:05:00+01:00", param, ctx)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            self.fail(f"{value!r} is not between {FIRST_YEAR} and {LAST_YEAR}", param, ctx)
        return moment


now_option = click.option(
    "--now", type=Moment(), default=lambda: datetime.now(UTC), help="Pretend it is this time.", show_default=False
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def settings_of(ctx: click.Context, *, needed: bool = True) -> Settings:
    """The user's settings; with ``needed=False``, defaults where there is no configuration."""
    path = ctx.obj or config_path()
    if not needed and ctx.obj is None and not path.exists():
        return Settings()
    return read_settings(path)


def ledger_path(settings: Settings) -> Path:
    """Where the user's ledger lies."""
    return settings.ledger.path.expanduser() if settings.ledger.path else data_directory() / "ledger.db"


@contextmanager
def ledger_of(settings: Settings, *, throwaway: bool = False) -> Iterator[Ledger]:
    """The user's ledger, locked; or a copy of it that is thrown away afterwards."""
    path = ledger_path(settings)
    if not throwaway:
        with open_ledger(path) as ledger:
            yield ledger
        return
    with tempfile.TemporaryDirectory(prefix="unghost-") as directory:
        copy = Path(directory) / "ledger.db"
        if path.exists():
            with open_ledger(path) as ledger:
                ledger.copy_to(copy)
        with open_ledger(copy) as trial:
            yield trial


def data_file(ctx: click.Context, name: str) -> str:
    """The text of a table such as ``ats.toml``: the user's own, beside the configuration, else the shipped one."""
    own = (ctx.obj or config_path()).parent / name
    if not own.is_file():
        return shipped("config", name).read_text(encoding="utf-8")
    try:
        text = own.read_text(encoding="utf-8")
        tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(own), [f"cannot be read: {error}"]) from error
    return text


def rules_of(ctx: click.Context, settings: Settings) -> Rules:
    """What the user has set, as plain values."""
    from pipeline.digest.steps import read_steps  # noqa: PLC0415

    days = timedelta(days=1)
    return Rules(
        names=names_of(ctx),
        promises=promises_of(ctx, settings),
        patience=patience_of(settings),
        schedule=Schedule(DAYS.index(settings.digest.day), settings.digest.hour, settings.me.zone),
        wording=Wording(
            sender_of(settings),
            settings.digest_to,
            settings.me.zone,
            read_steps(data_file(ctx, "next_steps.toml"), "next_steps.toml"),
            words_of(ctx, settings.digest.language),
            Workdays(settings.me.country),
            lists_closed=settings.digest.closed,
        ),
        quiet_weeks=settings.digest.quiet_weeks,
        retention=settings.retention.days * days,
        own_addresses=frozenset(address.lower() for address in settings.me.addresses),
        wanted=tuple((account.name, name) for account in settings.account for name in account.mailboxes),
        reply_lifetime=settings.digest.reply_days * days,
        confirms=settings.digest.confirm,
        taught={name: Label(label) for label, name in settings.learn.mailboxes.items()},
    )


def words_of(ctx: click.Context, language: str) -> Words:
    """The sentences of the digest in this language, the user's own before the shipped ones; raises ConfigError."""
    name = f"words.{language}.toml"
    shipped_file, own = shipped("config", name), (ctx.obj or config_path()).parent / name
    base = read_words(shipped_file.read_text(encoding="utf-8"), name, language) if shipped_file.is_file() else None
    if own.is_file():
        return read_words(data_file(ctx, name), str(own), language, model=english(), base=base)
    if base is None:
        problem = f"digest.language: there is no {name}, neither shipped nor beside this file; shipped are de and en"
        raise ConfigError(str(ctx.obj or config_path()), [problem])
    return base


@cache
def english() -> Words:
    """The shipped English sentences: what the commands print."""
    return read_words(shipped("config", "words.en.toml").read_text(encoding="utf-8"), "words.en.toml", "en")


def funnel_from(ctx: click.Context, ledger: Ledger, now: datetime) -> Funnel:
    """The figures of the ledger's applications, as far as the mail was read."""
    from pipeline.funnel import Channels, funnel_of, read_published  # noqa: PLC0415

    settings = settings_of(ctx, needed=False)
    table = Channels.from_toml(data_file(ctx, "ats.toml"))
    published = read_published(data_file(ctx, "published.toml"), "published.toml")
    applications = ledger.derived.applications()
    facts = {fact.message_id: fact for fact in ledger.facts.linkable()}
    read = [c.complete_at for c in ledger.facts.coverage(rules_of(ctx, settings).wanted) if c.complete_at]
    channels = {application.key: table.of(application, facts) for application in applications}
    return funnel_of(applications, channels, published, settings.me.zone, min([now, *read]))


def names_of(ctx: click.Context) -> NameReader:
    """What reads the names in messages."""
    return NameReader(data_file(ctx, "ats.toml"), data_file(ctx, "names.toml"))


def patience_of(settings: Settings) -> Patience:
    """What a wait is called: by the odds, or after the user's own days."""
    silence = settings.silence
    own = {Wait.GHOSTED: silence.ghosted_days, Wait.SILENT: silence.silent_days, Wait.OVERDUE: silence.overdue_days}
    return Patience(
        Calendar(Workdays(settings.me.country), settings.me.zone),
        silence.silent_below,
        silence.ghosted_below,
        {wait: days for wait, days in own.items() if days is not None},
    )


def promises_of(ctx: click.Context, settings: Settings) -> PromiseReader:
    """What reads the promises of messages."""
    return PromiseReader(data_file(ctx, "promises.toml"), settings.me.country)


def sender_of(settings: Settings) -> str:
    """The address the digest comes from: the login of the submission server when it is one."""
    user = settings.smtp.user if settings.smtp and settings.digest_via == "smtp" else ""
    return user if is_address(user) else next(iter(settings.digest_to), "")


def shelf() -> Shelf:
    """The models on this machine."""
    return Shelf(data_directory() / "models")


@dataclass(frozen=True)
class Archive:
    """Mail on disk as a source: read whole each time, since a file has no cursor."""

    path: Path
    own_addresses: Sequence[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def mailboxes(self) -> Iterator[MailboxState]:
        """The path as one mailbox."""
        name = str(self.path.resolve()).encode("utf-8", "replace").decode()
        yield MailboxState("archive", name, 0, 0, Direction.IN)

    def fetch_since(self, state: MailboxState, last_uid: int) -> Iterator[Sequence[RawMessage]]:  # noqa: ARG002
        """Every message, one by one; known ones are recognised by their content."""
        from pipeline.fetch import read_archive  # noqa: PLC0415

        for raw in read_archive(self.path, self.own_addresses):
            # A file's name may hold octets that no text can.
            yield [replace(raw, source=raw.source.encode("utf-8", "replace").decode())]


def sources_of(settings: Settings) -> list[Source]:
    """The accounts, not yet connected; they share the run's deadline."""
    from pipeline.fetch import ImapAccount  # noqa: PLC0415

    deadline = time.monotonic() + settings.run.deadline
    also = list(settings.learn.mailboxes.values())
    return [ImapAccount(account, deadline=deadline, also=also) for account in settings.account]


def hands_of(
    sandbox: Sandbox,
    deliver: Callable[..., list[UnghostError]] | None,
    progress: Any,  # noqa: ANN401
    train_after: int = 0,
    draft: Callable[[Ledger, datetime], list[UnghostError]] | None = None,
) -> Adapters:
    """The adapters of a run, which trains after so many new corrections; 0: never."""
    models = shelf()
    train = partial(_train_when_due, models, train_after) if train_after else None
    return Adapters(sandbox.read, models, deliver, progress, train, draft)


def _train_when_due(models: Shelf, after: int, ledger: Ledger, now: datetime) -> str | None:
    """Train if that many corrections have come since the last time; what came of it."""
    if ledger.facts.n_corrections_since_training() < after:
        return None
    from pipeline.train import train  # noqa: PLC0415  scikit-learn, only when it is due

    training = train(ledger, models, now, lambda _: None, force=False)
    return str(training) if training else None


@contextmanager
def progress_bar(*, wanted: bool) -> Iterator[Callable[[str, int], None]]:
    """A counter of messages read, on a terminal only."""
    if not wanted:
        yield lambda _mailbox, _n: None
        return
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn())
    with Progress(*columns, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def advance(mailbox: str, n: int) -> None:
            if mailbox not in tasks:
                tasks[mailbox] = bar.add_task(mailbox, total=None)
            bar.advance(tasks[mailbox], n)

        yield advance


def echo_table(columns: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table that fits the terminal, or the pipe."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    console = Console(width=None if sys.stdout.isatty() else 120)
    with console.capture() as printed:  # rich would end the program on a closed pipe
        console.print(table)
    click.echo(printed.get(), nl=False)


def save_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; raises CannotWriteError."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written: {error.strerror}.") from error


def save(path: Path, octets: bytes) -> None:
    """Write a file; raises CannotWriteError."""
    try:
        path.write_bytes(octets)
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written: {error.strerror}.") from error
