"""Write a letter to an employer and put it among the user's drafts; sending it is theirs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import APPLICATION, ledger_of, names_of, now_option, rule_file, rules_of, settings_of
from pipeline.digest.plain import printable
from pipeline.draft import DraftKind, DraftRules, draft_for, read_letters
from pipeline.errors import UnghostError, UsageError
from pipeline.filing import account_of, file_draft, messages_of
from pipeline.run import derive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pipeline.config import Settings
    from pipeline.draft import Drafted

_SHOWN = ("From", "To", "Subject")


@click.command("draft")
@click.argument("application", type=APPLICATION)
@click.option(
    "--kind",
    type=click.Choice([str(kind) for kind in DraftKind]),
    metavar="KIND",
    help=f"The kind of letter, by default the one that fits: {', '.join(DraftKind)}.",
)
@click.option("--print", "only_print", is_flag=True, help="Only show it; works without a connection.")
@click.option("--again", is_flag=True, help="Put it there once more, though today's lies there already.")
@now_option
@click.pass_context
def draft_command(
    ctx: click.Context, application: int, kind: str | None, now: datetime, *, only_print: bool, again: bool
) -> None:
    """Write the letter that APPLICATION needs now, and put it among your drafts.

    A question how things stand, thanks for an interview, a reminder of a day that has passed,
    a request for feedback, a farewell, or a question about an offer: in the language of the
    correspondence, from what the ledger knows and nothing else. Read it, make it yours, and
    send it from your mail program; unghost never does. After two questions without an answer
    it proposes no third.
    """
    settings = settings_of(ctx, needed=not only_print)
    rules = draft_rules_of(ctx, settings)
    with ledger_of(settings) as ledger:
        derive(ledger, rules_of(ctx, settings))
        found = next((a for a in ledger.derived.applications() if a.number == application), None)
        if found is None:
            raise UsageError(f"There is no application {application}; `unghost list` shows their numbers.")
        drafted = draft_for(found, messages_of(found, ledger), rules, now, DraftKind(kind) if kind else None)
        sender = str(drafted.letter.get("From", ""))
        account = None if only_print else account_of(drafted.answers, sender, ledger, settings.account)
    _tell(drafted)
    if account is None:
        _show(drafted)
        return
    with _hinting():
        mailbox, is_new = file_draft(drafted.octets, drafted.letter["Message-ID"], account, again=again)
    where = f"{printable(mailbox)} of account {account.name}"
    click.echo(
        f"It lies in {where}: read it, make it yours, and send it yourself."
        if is_new
        else f"Today's lies in {where} already, and was left as it is; --again puts another there."
    )


@contextmanager
def _hinting() -> Iterator[None]:
    """Add to an error how the letter is to be had without a mailbox."""
    try:
        yield
    except UnghostError as error:
        error.args = (f"{error} `unghost draft --print` shows the letter without a connection.",)
        raise


def draft_rules_of(ctx: click.Context, settings: Settings) -> DraftRules:
    """What letters are written by."""
    return DraftRules(
        book=read_letters(rule_file(ctx, "drafts.toml")),
        tables=names_of(ctx).tables,
        zone=settings.me.zone,
        own=tuple(address.lower() for address in settings.me.addresses),
    )


def _tell(drafted: Drafted) -> None:
    """Say what it is and why, and what speaks against it."""
    what = f"{drafted.kind.words.capitalize()} ({drafted.kind})"
    click.echo(f"{what}, since {printable(drafted.because)}.", err=True)
    for sentence in filter(None, (*drafted.warnings, drafted.advice)):
        click.echo(printable(sentence), err=True)


def _show(drafted: Drafted) -> None:
    for name in _SHOWN:
        click.echo(f"{name}: {printable(str(drafted.letter.get(name, '')))}".rstrip())
    click.echo(f"\n{printable(drafted.text)}", nl=False)
