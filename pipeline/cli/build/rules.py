"""The rules of a run: what the user has set, and the tables we ship, as plain values."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from pipeline.cli.build.files import own_file, own_text, rule_file, settings_of
from pipeline.config import DAYS, Settings, config_path, is_address
from pipeline.digest.schedule import Schedule
from pipeline.digest.wording import Wording
from pipeline.digest.words import read_words
from pipeline.errors import ConfigError
from pipeline.link.naming import NameReader
from pipeline.link.promises import PromiseReader
from pipeline.records import Label, Wait
from pipeline.resources import shipped
from pipeline.run import Rules
from pipeline.silence import Calendar, Patience
from pipeline.workdays import Workdays

if TYPE_CHECKING:
    import click

    from pipeline.digest.words import Words
    from pipeline.funnel.figures import Funnel
    from pipeline.ledger import Ledger


def rules_of(ctx: click.Context, settings: Settings) -> Rules:
    """What the user has set, as plain values."""
    from pipeline.digest.steps.table import read_steps  # noqa: PLC0415

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
            read_steps(rule_file(ctx, "next_steps.toml")),
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
    shipped_file, own = shipped("config", name), own_file(ctx, name)
    base = read_words(shipped_file.read_text(encoding="utf-8"), name, language) if shipped_file.is_file() else None
    if own.is_file():
        return read_words(own_text(own), str(own), language, model=english(), base=base)
    if base is None:
        problem = f"digest.language: there is no {name}, neither shipped nor beside this file; shipped are de and en"
        raise ConfigError(str(ctx.obj or config_path()), [problem])
    return base


@cache
def english() -> Words:
    """The shipped English sentences: what the commands print."""
    return read_words(shipped("config", "words.en.toml").read_text(encoding="utf-8"), "words.en.toml", "en")


def names_of(ctx: click.Context) -> NameReader:
    """What reads the names in messages."""
    return NameReader(rule_file(ctx, "ats.toml"), rule_file(ctx, "names.toml"))


def promises_of(ctx: click.Context, settings: Settings) -> PromiseReader:
    """What reads the days that messages name."""
    return PromiseReader(rule_file(ctx, "promises.toml"), settings.me.country, settings.me.zone)


def patience_of(settings: Settings) -> Patience:
    """What a wait is called: by the odds, or after the user's own days."""
    silence = settings.silence
    own = {Wait.GHOSTED: silence.ghosted_days, Wait.SILENT: silence.silent_days, Wait.OVERDUE: silence.overdue_days}
    return Patience(
        Calendar(Workdays(settings.me.country), settings.me.zone),
        silence.silent_below_weekly,
        silence.ghosted_below_weekly,
        {wait: days for wait, days in own.items() if days is not None},
    )


def sender_of(settings: Settings) -> str:
    """The address the digest comes from: the login of the submission server when it is one."""
    user = settings.smtp.user if settings.smtp and settings.digest_via == "smtp" else ""
    return user if is_address(user) else next(iter(settings.digest_to), "")


def funnel_from(ctx: click.Context, ledger: Ledger, now: datetime) -> Funnel:
    """The figures of the ledger's applications, as far as the mail was read."""
    from pipeline.funnel.channel import Channels  # noqa: PLC0415
    from pipeline.funnel.figures import funnel_of  # noqa: PLC0415
    from pipeline.funnel.published import read_published  # noqa: PLC0415

    settings = settings_of(ctx, needed=False)
    table = Channels.of_rules(rule_file(ctx, "ats.toml"))
    published = read_published(rule_file(ctx, "published.toml"))
    applications = ledger.derived.applications()
    facts = {fact.message_id: fact for fact in ledger.facts.linkable()}
    read = [c.complete_at for c in ledger.facts.coverage(rules_of(ctx, settings).wanted) if c.complete_at]
    channels = {application.key: table.of(application, facts) for application in applications}
    return funnel_of(applications, channels, published, settings.me.zone, min([now, *read]))
