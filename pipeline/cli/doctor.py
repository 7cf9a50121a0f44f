"""Examine everything a run depends on, one line each."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import ledger_of, own_tables, settings_of, shelf
from pipeline.digest.plain import printable
from pipeline.errors import MailboxMissingError, UnghostError
from pipeline.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.config import Account, Settings

    Check = tuple[str, Callable[[], str]]

MAX_NAMED = 20  # mailboxes
N_STAMPS = 20  # of the newest messages are asked who checked them


@click.command("doctor")
@click.pass_context
def doctor_command(ctx: click.Context) -> None:
    """Check the logins, the mailboxes of [learn], your own tables, the ledger and the model.

    Run it the way cron does (`env -i HOME="$HOME" unghost doctor`) to see whether the password is
    to be had there. Exits with the code of the first failure.
    """
    ctx.exit(examine(ctx, settings_of(ctx)))


def examine(ctx: click.Context, settings: Settings) -> int:
    """Try everything, tell each outcome; the exit code of the first failure, 0 if there is none."""
    code = 0
    for name, check in _checks(ctx, settings):
        try:
            click.echo(f"ok    {name}: {check()}")
        except UnghostError as failure:
            click.echo(f"FAIL  {name}: {failure}")
            code = code or failure.exit_code
    return code


def _checks(ctx: click.Context, settings: Settings) -> Iterator[Check]:
    for account in settings.account:
        yield f"account {account.name}", lambda account=account: _account(account)  # type: ignore[misc]
    if settings.learn.mailboxes:
        yield "learn", lambda: _taught(settings)
    for name, read in own_tables(ctx, settings):
        yield name, partial(_table, read)
    yield "digest", lambda: _submission(settings)
    yield "ledger", lambda: _ledger(settings)
    yield "model", _model


def _account(account: Account) -> str:
    from pipeline.fetch import ImapAccount  # noqa: PLC0415

    with ImapAccount(account, deadline=time.monotonic() + 60) as connection:
        names = connection.check()
        states = [state.name for state in connection.mailboxes()]
        stamps = connection.newest_stamps(N_STAMPS)
    return f"logged in; reads {', '.join(states)} of {len(names)} mailboxes{_stamped(stamps, account.authserv_id)}"


def _stamped(stamps: Sequence[bytes], pinned: str) -> str:
    """What is to be said of ``authserv_id``: which name all the newest messages bear, or that none bears this one."""
    from pipeline.parse.authentication import topmost_id  # noqa: PLC0415
    from pipeline.parse.headers import read_tree  # noqa: PLC0415

    found = {topmost_id(read_tree(octets)) for octets in stamps}
    [name] = found if len(found) == 1 else [""]
    if name and not pinned:
        return f'\n      authserv_id = "{printable(name)}" would make forged mail known: all new messages bear it'
    if found and pinned and pinned.casefold() not in found:
        return f'\n      none of the newest messages bears "{pinned}" (authserv_id): no answer to a digest counts'
    return ""


def _taught(settings: Settings) -> str:
    """Raise MailboxMissingError where a mailbox of ``[learn]`` is in no account."""
    from pipeline.fetch import ImapAccount  # noqa: PLC0415

    known: set[str] = set()
    for account in settings.account:
        with ImapAccount(account, deadline=time.monotonic() + 60) as connection:
            known.update(connection.check())
    wanted = settings.learn.mailboxes
    missing = [f"{label}: no account has a mailbox {name!r}" for label, name in wanted.items() if name not in known]
    if missing:
        there = ", ".join(map(printable, sorted(known)[:MAX_NAMED]))
        raise MailboxMissingError("learn", [*missing[:-1], f"{missing[-1]}; there are: {there}"])
    return "; ".join(f"what you move into {printable(name)} counts as {label}" for label, name in wanted.items())


def _table(read: Callable[[], object]) -> str:
    read()
    return "your own, can be read"


def _submission(settings: Settings) -> str:
    from pipeline.deliver.directory import check_directory  # noqa: PLC0415
    from pipeline.deliver.sendmail import check_program  # noqa: PLC0415
    from pipeline.deliver.smtp import check_login  # noqa: PLC0415

    to = f"goes to {', '.join(settings.digest_to)}"
    match settings.digest_via:
        case "smtp" if settings.smtp:
            check_login(settings.smtp)
            return f"logged in at {settings.smtp.host}; {to}"
        case "imap":
            return f"is put into INBOX of account {settings.account[0].name}, unread"
        case "sendmail":
            check_program(program := settings.digest.sendmail.expanduser())
            return f"handed to {program}; {to}"
        case "file" if settings.digest.directory:
            check_directory(directory := settings.digest.directory.expanduser())
            return f"written to {directory}"
    return "goes nowhere, since there is neither an [smtp] nor an [[account]]; `unghost digest --dry-run` shows it"


def _ledger(settings: Settings) -> str:
    with ledger_of(settings) as ledger:
        if problems := ledger.check():
            raise UnghostError(f"{ledger.path} is damaged: {'; '.join(problems[:3])}; restore it from a backup.")
        counts = ledger.facts.counts()
        reasons = ledger.facts.unreadable_reasons()
        last = "".join(f"; {each.name(settings.me.zone)} {each.state}" for each in ledger.outbox.latest(1))
    told = f"{counted(counts['messages'], 'message')}, {counts['unreadable']} unreadable, {counts['unsure']} unsure"
    lines = [f"sound; {told}{last}"]
    lines += [f"      could not be read: {n} x {reason}" for reason, n in reasons]
    return "\n".join(lines)


def _model() -> str:
    model = shelf().model
    from_each = ", ".join(f"{label} from {threshold:.2f} on" for label, threshold in model.thresholds.items())
    return f"{model.model_id}, {len(model.vocabulary)} terms, decides {from_each}"
