"""Say what the messages don't: add, correct, join, close and note."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import APPLICATION, MESSAGE, Day, ledger_of, now_option, rules_of, settings_of
from pipeline.digest.dates import date_words
from pipeline.digest.plain import name_of, printable
from pipeline.errors import UsageError
from pipeline.link.naming.words import tokens
from pipeline.link.said import NEW, NOWHERE
from pipeline.obey import statement_of
from pipeline.records import Stage, Verb
from pipeline.replies.grammar import Act, understand
from pipeline.run import derive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.ledger import Ledger
    from pipeline.records import Application

ENDS = (Stage.WITHDRAWN, Stage.ACCEPTED, Stage.REJECTED, Stage.POSITION_CLOSED, Stage.GHOSTED)

day_option = click.option("--applied", type=Day(), help="The day you applied, such as 2026-02-14.")
application_argument = click.argument("application", type=APPLICATION)


@contextmanager
def telling(ctx: click.Context) -> Iterator[Ledger]:
    """The ledger as it is now; what is said of it meanwhile counts at once."""
    settings = settings_of(ctx, needed=False)
    with ledger_of(settings) as ledger:
        rules = rules_of(ctx, settings)
        derive(ledger, rules)
        yield ledger
        derive(ledger, rules)


def _found(ledger: Ledger, number: int) -> Application:
    found = next((a for a in ledger.derived.applications() if a.number == number), None)
    if found is None:
        raise UsageError(f"There is no application {number}; `unghost list` shows their numbers.")
    return found


def _key_of(ledger: Ledger, message: int) -> str:
    found = ledger.facts.message(message)
    if found is None:
        raise UsageError(f"There is no message {message}; `unghost show` and the digest tell their numbers.")
    return found[0].key


def _tell_holder(ledger: Ledger, key: str, then: str = "") -> None:
    """Print the application that a key stands for, as it is after what was said, and ``then`` what else is to say."""
    ctx = click.get_current_context()
    derive(ledger, rules_of(ctx, settings_of(ctx, needed=False)))
    for application in ledger.derived.applications():
        if application.key == key:
            click.echo(f"{application.number}  {printable(name_of(application))}: {application.stage}{then}")


@click.command("add")
@click.argument("employer")
@click.option("--role", default="", help="The title of the position.")
@day_option
@now_option
@click.pass_context
def add_command(ctx: click.Context, employer: str, role: str, applied: date | None, now: datetime) -> None:
    """Add an application at EMPLOYER that no message tells of.

    Mail of this employer about this role joins it from then on.
    """
    if not employer.strip():
        raise UsageError("Name the employer, for example: unghost add 'Acme GmbH' --role 'Data Analyst'")
    at = _noon(ctx, applied, now) if applied else now
    values = {"employer": employer.strip(), "role": role.strip(), "applied": at.astimezone(UTC).isoformat()}
    with telling(ctx) as ledger:
        _tell_holder(ledger, ledger.statements.record(Verb.ADD, now, values=values).key)


def _noon(ctx: click.Context, day: date, now: datetime) -> datetime:
    """The day of an application, in the middle of it wherever the user lives; raises UsageError for one to come."""
    if day > _today(ctx, now):
        raise UsageError(f"{day} is still to come; --applied is the day on which you applied.")
    return datetime.combine(day, time(12), UTC)


def _today(ctx: click.Context, now: datetime) -> date:
    return now.astimezone(settings_of(ctx, needed=False).me.zone).date()


@click.command("edit")
@application_argument
@click.option("--employer", help="Its name.")
@click.option("--role", help="The title of the position.")
@day_option
@now_option
@click.pass_context
def edit_command(
    ctx: click.Context,
    application: int,
    employer: str | None,
    role: str | None,
    applied: date | None,
    now: datetime,
) -> None:
    """Correct the employer, the role or the day of an application."""
    day = _noon(ctx, applied, now).isoformat() if applied else None
    values = {name: value for name, value in (("employer", employer), ("role", role), ("applied", day)) if value}
    if not values:
        raise UsageError("Say what is to be changed: --employer, --role or --applied.")
    with telling(ctx) as ledger:
        key = _found(ledger, application).key
        ledger.statements.record(Verb.EDIT, now, about=[key], values=values)
        _tell_holder(ledger, key)


@click.command("merge")
@click.argument("applications", type=APPLICATION, nargs=-1)
@now_option
@click.pass_context
def merge_command(ctx: click.Context, applications: tuple[int, ...], now: datetime) -> None:
    """Make one application of several that are the same."""
    if len(set(applications)) < 2:  # noqa: PLR2004  one is nothing to merge
        raise UsageError("Name at least two applications; `unghost list` shows their numbers.")
    with telling(ctx) as ledger:
        keys = [_found(ledger, number).key for number in dict.fromkeys(applications)]
        ledger.statements.record(Verb.MERGE, now, about=keys)
        for key in keys:
            _tell_holder(ledger, key)


@click.command("split")
@application_argument
@click.argument("messages", type=MESSAGE, nargs=-1, required=True)
@now_option
@click.pass_context
def split_command(ctx: click.Context, application: int, messages: tuple[int, ...], now: datetime) -> None:
    """Make an application of its own of some MESSAGES of another."""
    with telling(ctx) as ledger:
        held = {event.message_id for event in _found(ledger, application).events}
        strangers = [number for number in messages if number not in held]
        if strangers:
            raise UsageError(f"Message {strangers[0]} is not of application {application}; see `unghost show`.")
        if held <= set(messages):
            raise UsageError("These are all its messages; leave at least one.")
        keys = [_key_of(ledger, number) for number in sorted(messages)]
        ledger.statements.record(Verb.MOVE, now, messages=keys, values={"to": NEW})
        _tell_holder(ledger, keys[0])


@click.command("move")
@click.argument("message", type=MESSAGE)
@click.argument("application", metavar="APPLICATION|new|nowhere")
@now_option
@click.pass_context
def move_command(ctx: click.Context, message: int, application: str, now: datetime) -> None:
    """Say which application MESSAGE belongs to: its number, `new` or `nowhere`."""
    if application not in {NEW, NOWHERE} and not application.isdecimal():
        raise UsageError(f"{application!r} is no application; give its number, `new` or `nowhere`.")
    with telling(ctx) as ledger:
        key = _key_of(ledger, message)
        about = [_found(ledger, int(application)).key] if application.isdecimal() else []
        values = {} if about else {"to": application}
        if about == [key]:
            raise UsageError(f"Message {message} opened application {application}; move the others, or `merge` them.")
        ledger.statements.record(Verb.MOVE, now, about=about, messages=[key], values=values)
        _tell_holder(ledger, about[0] if about else key)
    if application == NOWHERE:
        click.echo(f"Message {message} belongs to no application now.")


@click.command("alias")
@click.argument("name")
@click.argument("employer")
@now_option
@click.pass_context
def alias_command(ctx: click.Context, name: str, employer: str, now: datetime) -> None:
    """Say that NAME is another name of EMPLOYER: a brand, a legal entity, an agency's client."""
    if not name.strip() or not employer.strip():
        raise UsageError("Give both names, for example: unghost alias 'Cobot' 'Collaborative Robotics'")
    with telling(ctx) as ledger:
        before = ledger.derived.applications()
        ledger.statements.record(Verb.ALIAS, now, values={"name": name.strip(), "is": employer.strip()})
        derive(ledger, rules_of(ctx, settings_of(ctx, needed=False)))
        changed = list(_renamed(before, ledger))
    known = {tokens(each.employer) for each in before}
    is_new = not known & {tokens(name), tokens(employer)}
    then = "; no application names either yet, it counts from now on" if is_new else " from now on, in old mail too"
    click.echo(f"{printable(name)} is {printable(employer)}{then}.")
    for line in changed:
        click.echo(line)


def _renamed(before: Sequence[Application], ledger: Ledger) -> Iterator[str]:
    """A line for each application whose employer or number another name has changed."""
    for each in before:
        found = ledger.derived.holder(each.key)
        if found and (found.number, found.employer) != (each.number, each.employer):
            yield printable(f"{each.number}  {name_of(each)}: is {found.number}  {name_of(found)} now")


@click.command("close")
@application_argument
@click.option(
    "--as",
    "stage",
    type=click.Choice([str(end) for end in ENDS]),
    default=str(Stage.WITHDRAWN),
    show_default=True,
    metavar="END",
    help=f"How it ended: {', '.join(ENDS)}.",
)
@now_option
@click.pass_context
def close_command(ctx: click.Context, application: int, stage: str, now: datetime) -> None:
    """Close an application: nothing more is expected of the employer.

    If they answer all the same, it opens again.
    """
    _say_of(ctx, application, Verb.CLOSE, {"stage": stage}, now)


@click.command("reopen")
@application_argument
@now_option
@click.pass_context
def reopen_command(ctx: click.Context, application: int, now: datetime) -> None:
    """Open a closed application again: the employer owes an answer from now on."""
    _say_of(ctx, application, Verb.REOPEN, {}, now)


def _say_of(ctx: click.Context, number: int, verb: Verb, values: Mapping[str, str], now: datetime) -> None:
    with telling(ctx) as ledger:
        application = _found(ledger, number)
        if application.stage.is_closed is (verb is Verb.CLOSE):
            there = "is closed already; `unghost reopen` opens it" if verb is Verb.CLOSE else "is open already"
            raise UsageError(f"Application {number} {there}.")
        ledger.statements.record(verb, now, about=[application.key], values=values)
        _tell_holder(ledger, application.key)


@click.command("note")
@application_argument
@click.argument("text")
@now_option
@click.pass_context
def note_command(ctx: click.Context, application: int, text: str, now: datetime) -> None:
    """Keep TEXT with an application: how an interview went, what to do differently, whom you spoke to.

    `unghost show` tells it among the messages.
    """
    if not text.strip():
        raise UsageError("Say what is to be noted, for example: unghost note 3 'Asked about pandas; read up on joins'")
    with telling(ctx) as ledger:
        key = _found(ledger, application).key
        ledger.statements.record(Verb.NOTE, now, about=[key], values={"text": text.strip()})
        _tell_holder(ledger, key)


@click.command("snooze")
@application_argument
@click.argument("until", nargs=-1, required=True)
@now_option
@click.pass_context
def snooze_command(ctx: click.Context, application: int, until: tuple[str, ...], now: datetime) -> None:
    """Leave an application alone for a while: `2w`, `10 days`, or until a day such as 2026-02-14.

    No silence of theirs is claimed until then; mail of theirs counts as always.
    """
    order = understand(f"{application} snooze {' '.join(until)}")
    if order is None or order.act is not Act.SNOOZE:
        raise UsageError(f"{' '.join(until)!r} is no span of a year at most; write 2w, 10 days or 2026-02-14.")
    verb, values = statement_of(order, today := _today(ctx, now))
    last = date.fromisoformat(values["until"])
    if last <= today:
        raise UsageError(f"{date_words(last)} is not ahead; name a later day, or a span such as 2w.")
    with telling(ctx) as ledger:
        key = _found(ledger, application).key
        ledger.statements.record(verb, now, about=[key], values=values)
        _tell_holder(ledger, key, f", left alone until {date_words(last)}")
