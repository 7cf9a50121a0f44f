"""The command of every day: read the mail, and send the digest when it is due."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import (
    Archive,
    hands_of,
    ledger_of,
    now_option,
    progress_bar,
    rules_of,
    settings_of,
    sources_of,
)
from pipeline.cli.main import exit_for
from pipeline.cli.ways import deliver_of, make_drafts
from pipeline.config import config_path
from pipeline.errors import ConfigError
from pipeline.plurals import counted
from pipeline.run import prepare_digest, run
from pipeline.sandbox import Sandbox

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.records import Summary


@click.command("run")
@click.option(
    "--from",
    "archive",
    type=click.Path(exists=True, path_type=Path),
    help="Read this mbox, Maildir, .eml file or folder of .eml files instead of the accounts; nothing is sent.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing: work on a copy and print the digest it would make.")
@click.option("-v", "--verbose", is_flag=True, help="Say what was done.")
@now_option
@click.pass_context
def run_command(ctx: click.Context, archive: Path | None, now: datetime, *, dry_run: bool, verbose: bool) -> None:
    """Read the new mail; send the digest when it is due.

    Meant for cron, every quarter of an hour or so: it prints nothing when all is well, and
    what was missed is caught up with. Mail is only read: no message is marked, moved or
    deleted. Stopped or killed in the middle, the next run goes on from there.
    """
    settings = settings_of(ctx, needed=archive is None)
    if not archive and not settings.account:
        raise ConfigError(str(ctx.obj or config_path()), ["account: is missing; `unghost init` writes one"])
    sources = [Archive(archive, settings.me.addresses)] if archive else sources_of(settings)
    deliver, draft = (None, None) if dry_run or archive else (deliver_of(settings), partial(make_drafts, ctx, settings))
    rules = rules_of(ctx, settings)
    if archive:
        rules = replace(rules, wanted=(), taught={})  # an archive is whole by itself
    with (
        ledger_of(settings, throwaway=dry_run) as ledger,
        Sandbox() as sandbox,
        progress_bar(wanted=sys.stderr.isatty()) as progress,
    ):
        hands = hands_of(sandbox, deliver, progress, 0 if dry_run else settings.train.after, draft)
        summary = run(sources, ledger, hands, rules, now)
        if dry_run:
            from pipeline.digest.render import text_of  # noqa: PLC0415

            click.echo(text_of(prepare_digest(ledger, rules, now), rules.wording), nl=False)
    if verbose:
        _tell(summary)
    exit_for(summary.failures)


def _tell(summary: Summary) -> None:
    for notice in summary.notices:
        click.echo(notice, err=True)
    click.echo(
        f"{counted(summary.n_new, 'new message')}, {summary.n_unreadable} unreadable, "
        f"{summary.n_unsure} waiting for your word.",
        err=True,
    )
