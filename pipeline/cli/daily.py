"""The commands of every day: read the mail, and write the digest."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import (
    Archive,
    deliver_of,
    funnel_from,
    hands_of,
    ledger_of,
    now_option,
    progress_bar,
    rules_of,
    save_private,
    settings_of,
    sources_of,
)
from pipeline.cli.main import exit_for
from pipeline.config import config_path
from pipeline.digest.render import text_of
from pipeline.errors import ConfigError, UsageError
from pipeline.run import derive, has_looked, prepare_digest, run, write_digest
from pipeline.sandbox import Sandbox
from pipeline.silence import find_silences

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.digest import Digest
    from pipeline.ledger import Ledger
    from pipeline.records import Summary
    from pipeline.run import Rules


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
    deliver = None if dry_run or archive else deliver_of(settings)
    rules = rules_of(ctx, settings)
    if archive:
        rules = replace(rules, wanted=(), taught={})  # an archive is whole by itself
    with (
        ledger_of(settings, throwaway=dry_run) as ledger,
        Sandbox() as sandbox,
        progress_bar(wanted=sys.stderr.isatty()) as progress,
    ):
        hands = hands_of(sandbox, deliver, progress, 0 if dry_run else settings.train.after)
        summary = run(sources, ledger, hands, rules, now)
        if dry_run:
            click.echo(text_of(prepare_digest(ledger, rules, now), rules.wording), nl=False)
    if verbose:
        _tell(summary)
    exit_for(summary.failures)


def _tell(summary: Summary) -> None:
    for notice in summary.notices:
        click.echo(notice, err=True)
    click.echo(
        f"{summary.n_new} new messages, {summary.n_unreadable} unreadable, {summary.n_unsure} waiting for your word.",
        err=True,
    )


@click.command("digest")
@click.option(
    "--dry-run", is_flag=True, help="Print the digest as it would be written now; nothing in it counts as said."
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to this file as a page with charts instead.",
)
@now_option
@click.pass_context
def digest_command(ctx: click.Context, html: Path | None, now: datetime, *, dry_run: bool) -> None:
    """Send the digest that is due, or only show it.

    `unghost run` sends it by itself, once a week; this does so without reading mail first.
    """
    settings = settings_of(ctx, needed=not (dry_run or html))
    rules = rules_of(ctx, settings)
    if dry_run or html:
        with ledger_of(settings, throwaway=True) as ledger:
            derive(ledger, rules)
            digest = prepare_digest(ledger, rules, now)
            page = _page(ctx, ledger, digest, rules, now) if html else ""
        if html:
            save_private(html, page)
        else:
            click.echo(text_of(digest, rules.wording), nl=False)
        return
    deliver = deliver_of(settings)
    if deliver is None:
        raise ConfigError(str(ctx.obj or config_path()), ["smtp: is missing, so nothing can be sent; try --dry-run"])
    with ledger_of(settings) as ledger:
        derive(ledger, rules)
        if not has_looked(ledger, rules):
            raise UsageError("The mail was not read to its end yet, so nothing can be said; `unghost run` reads it.")
        if not write_digest(ledger, rules, now):
            click.echo("The digest of this week is written already; --dry-run shows what is new since.", err=True)
        failures = deliver(ledger.outbox, now)
    exit_for(failures)


def _page(ctx: click.Context, ledger: Ledger, digest: Digest, rules: Rules, now: datetime) -> str:
    """The digest with its charts."""
    from pipeline.digest.pages import digest_page  # noqa: PLC0415  scipy, for charts only

    coverage = ledger.facts.coverage(rules.wanted)
    silences = find_silences(ledger.derived.applications(), coverage, rules.patience, now)
    return digest_page(digest, funnel_from(ctx, ledger, now), silences, rules.wording)
