"""The digest by itself: shown, sent though none is due, or sent again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import Day, Moment, Number, funnel_from, ledger_of, rules_of, save_private, settings_of
from pipeline.cli.main import exit_for
from pipeline.cli.ways import envelope_of, way_of
from pipeline.config import config_path
from pipeline.errors import ConfigError, UnghostError, UsageError
from pipeline.records import Sending
from pipeline.run import derive, has_looked, prepare_digest, write_digest, write_extra_digest
from pipeline.silence import find_silences

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.deliver import Way
    from pipeline.digest.contents import Digest
    from pipeline.ledger import Ledger, Outbox
    from pipeline.records import Letter
    from pipeline.run import Rules

N_NAMED = 5


@click.command("digest")
@click.option(
    "--dry-run", is_flag=True, help="Print the digest as it would be written now; nothing in it counts as said."
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to this file as a page with charts instead.",
)
@click.option(
    "--since",
    type=Day(),
    help="Show what is new since this day, though it was told; nothing is sent.",
)
@click.option(
    "--now",
    type=Moment(),
    metavar="[MOMENT]",
    is_flag=False,
    flag_value="now",
    help="Send one though none is due; the week's comes nevertheless. With a time after it, as if it were then.",
)
@click.option(
    "--resend",
    type=Number("write one such as 3"),
    metavar="ID",
    help="Send an earlier digest once more, just as it was.",
)
@click.pass_context
def digest_command(
    ctx: click.Context,
    html: Path | None,
    since: date | None,
    now: datetime | None,
    resend: int | None,
    *,
    dry_run: bool,
) -> None:
    """Send the digest that is due, or only show it.

    `unghost run` sends it by itself, once a week; this does so without reading mail first.
    """
    is_shown = bool(dry_run or html or since)
    if resend is not None and (is_shown or now):
        raise UsageError("--resend sends a digest that is written already; no other option goes with it.")
    settings = settings_of(ctx, needed=not is_shown)
    moment = now or datetime.now(UTC)
    if is_shown:
        _show(ctx, settings, moment, since, html)
        return
    way = way_of(settings)
    if way is None:
        problem = "digest.via: there is neither an [smtp] nor an [[account]], so nothing can be sent; try --dry-run"
        raise ConfigError(str(ctx.obj or config_path()), [problem])
    with ledger_of(settings) as ledger:
        sent = {letter.digest_id for letter in ledger.outbox.latest(1) if letter.state is Sending.SENT}
        if resend is not None:
            failures = _resend(ledger.outbox, resend, way, settings, moment)
        else:
            failures = _send(ledger, rules_of(ctx, settings), way, settings, moment, is_extra=now is not None)
        letters = [ledger.outbox.find(resend)] if resend else ledger.outbox.latest(1)
    for letter in letters:
        if letter and (resend or letter.digest_id not in sent):
            _tell(letter, settings, is_taken=not failures)
    exit_for(failures)


def _tell(letter: Letter, settings: Settings, *, is_taken: bool) -> None:
    """Say where a digest went, or that it is kept; what else befell it is told as a failure."""
    name = letter.name(settings.me.zone)
    match settings.digest_via:
        case "imap":
            where = f"put into INBOX of account {settings.account[0].name}"
        case "file":
            where = f"written to {settings.digest.directory}"
        case _:
            where = f"sent to {', '.join(settings.digest_to)}"
    if letter.state is Sending.SENT and is_taken:
        click.echo(f"The {name} was {where}.")
    elif letter.state is Sending.NEW:
        click.echo(f"The {name} is kept; the next run sends it.")


def _show(ctx: click.Context, settings: Settings, now: datetime, since: date | None, html: Path | None) -> None:
    """Print it, or write its HTML; nothing in the ledger changes."""
    from pipeline.digest.render import text_of  # noqa: PLC0415

    rules = rules_of(ctx, settings)
    with ledger_of(settings, throwaway=True) as ledger:
        derive(ledger, rules)
        moment = datetime.combine(since, time(), settings.me.zone) if since else None
        digest = prepare_digest(ledger, rules, now, moment)
        page = _page(ctx, ledger, digest, rules, now) if html else ""
    if html:
        save_private(html, page)
    else:
        click.echo(text_of(digest, rules.wording), nl=False)


def _send(
    ledger: Ledger, rules: Rules, way: Way, settings: Settings, now: datetime, *, is_extra: bool
) -> list[UnghostError]:
    """Write the digest that is due, or one out of turn, and empty the outbox."""
    from pipeline.deliver import post  # noqa: PLC0415

    derive(ledger, rules)
    if not has_looked(ledger, rules):
        raise UsageError("The mail was not read to its end yet, so nothing can be said; `unghost run` reads it.")
    if is_extra:
        write_extra_digest(ledger, rules, now)
    elif not write_digest(ledger, rules, now):
        click.echo("The digest of this week is written already; --now sends what is new since.", err=True)
    return post(ledger.outbox, way, envelope_of(settings), now)


def _resend(outbox: Outbox, digest_id: int, way: Way, settings: Settings, now: datetime) -> list[UnghostError]:
    from pipeline.deliver import resend  # noqa: PLC0415

    letter = outbox.find(digest_id)
    if letter is None:
        known = ", ".join(_named(each, settings) for each in outbox.latest(N_NAMED)) or "none was ever written"
        raise UsageError(f"There is no digest {digest_id}; the last ones: {known}.")
    failure = resend(outbox, letter, way, envelope_of(settings), now)
    return [failure] if failure else []


def _named(letter: Letter, settings: Settings) -> str:
    return f"{letter.digest_id} ({letter.name(settings.me.zone)}, {letter.state})"


def _page(ctx: click.Context, ledger: Ledger, digest: Digest, rules: Rules, now: datetime) -> str:
    """The digest with its charts."""
    from pipeline.digest.pages import digest_page  # noqa: PLC0415  scipy, for charts only

    coverage = ledger.facts.coverage(rules.wanted)
    silences = find_silences(ledger.derived.applications(), coverage, rules.patience, now)
    return digest_page(digest, funnel_from(ctx, ledger, now), silences, rules.wording)
