"""Look at the ledger: your applications, as many as you ask for and in the order you ask for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.build import (
    NO_APPLICATIONS,
    Day,
    echo_table,
    english,
    json_option,
    ledger_of,
    now_option,
    rules_of,
    settings_of,
)
from pipeline.cli.sheet import csv_of
from pipeline.digest.dates import date_words
from pipeline.digest.grounds import evidence_sentence, odds_words
from pipeline.digest.plain import printable
from pipeline.errors import UsageError
from pipeline.records import Stage, Turn, Wait
from pipeline.silence import days_between, find_silences, snoozed_until, turn_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from zoneinfo import ZoneInfo

    from pipeline.ledger import Ledger
    from pipeline.records import Application, Silence
    from pipeline.run import Rules

Row = dict[str, Any]

COLUMNS = (
    "number", "employer", "role", "stage", "applied_at", "interview_at", "interviews", "turn", "turn_since",
    "days", "wait", "working_days", "odds", "evidence", "promise", "messages", "unsure", "questions",
    "began_at", "last_message_at", "snoozed_until",
)  # fmt: skip
STAGES, WAITS = [str(stage) for stage in Stage], [str(wait) for wait in Wait]
SILENT = (Wait.SILENT, Wait.GHOSTED)
TURN_WORDS = {Turn.USER: "you", Turn.EMPLOYER: "employer", Turn.NOBODY: "nobody"}
# What comes first: the smallest of these; rows that have none come last, by number.
ORDERS: dict[str, Callable[[Row], Any]] = {
    "wait": lambda row: row["turn_since"] if row["turn"] == Turn.EMPLOYER else None,
    "employer": lambda row: (row["employer"].casefold(), row["role"].casefold()),
    "last": lambda row: _newest(row["last_message_at"]),
    "applied": lambda row: _newest(row["applied_at"]),
    "number": lambda row: row["number"],
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for; what is empty or None asks for nothing."""

    stages: Sequence[str]
    waits: Sequence[str]
    turn: Turn | None
    is_closed: bool | None
    employer: str
    since: date | None
    zone: ZoneInfo

    def has(self, row: Row) -> bool:
        """Whether this row is among them."""
        return (
            (not self.stages or row["stage"] in self.stages)
            and (not self.waits or row["wait"] in self.waits)
            and self.turn in {None, row["turn"]}
            and self.is_closed in {None, Stage(row["stage"]).is_closed}
            and self.employer.casefold() in row["employer"].casefold()
            and (self.since is None or self.since <= _day_of(row["began_at"], self.zone))
        )


@click.command("list")
@click.option(
    "--stage",
    "stages",
    type=click.Choice(STAGES),
    multiple=True,
    metavar="STAGE",
    help=f"Only those at this stage: {', '.join(STAGES)}.",
)
@click.option(
    "--wait",
    "waits",
    type=click.Choice(WAITS),
    multiple=True,
    metavar="WAIT",
    help=f"Only those whose wait is this: {', '.join(WAITS)}.",
)
@click.option("--silent", is_flag=True, help="Only those that have gone silent: --wait silent --wait ghosted.")
@click.option("--my-turn", is_flag=True, help="Only those that wait for you.")
@click.option("--open/--closed", "is_open", default=None, help="Only those that are open, or closed.")
@click.option("--employer", default="", metavar="TEXT", help="Only those whose employer's name has this in it.")
@click.option("--since", type=Day(), help="Only those that began on this day, such as 2026-03-02, or later.")
@click.option(
    "--sort",
    type=click.Choice(list(ORDERS)),
    default="number",
    show_default=True,
    metavar="ORDER",
    help="By wait (the longest for them first), employer (by name), last (the latest message first), "
    "applied (the latest application first) or number.",
)
@click.option("--reverse", is_flag=True, help="The other way round.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV that a spreadsheet can open.")
@now_option
@click.pass_context
def list_command(
    ctx: click.Context,
    now: datetime,
    *,
    stages: Sequence[str],
    waits: Sequence[str],
    silent: bool,
    my_turn: bool,
    is_open: bool | None,
    employer: str,
    since: date | None,
    sort: str,
    reverse: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """List your applications and whose turn it is.

    The number in front is what the other commands call an application by. Filters may be
    combined; --stage and --wait may be given several times. In CSV a text that would be
    taken for a formula has an apostrophe before it.
    """
    if as_json and as_csv:
        raise UsageError("Give either --json or --csv.")
    settings = settings_of(ctx, needed=False)
    wanted = Wanted(
        stages=stages,
        waits=[*waits, *(SILENT if silent else ())],
        turn=Turn.USER if my_turn else None,
        is_closed=None if is_open is None else not is_open,
        employer=employer,
        since=since,
        zone=settings.me.zone,
    )
    with ledger_of(settings) as ledger:
        rows = application_rows(ledger, rules_of(ctx, settings), now)
    found = _sorted(filter(wanted.has, rows), sort, reverse=reverse)
    if not (found or as_csv or as_json):
        click.echo("None of your applications is like that; leave a filter out." if rows else NO_APPLICATIONS, err=True)
        return
    (_echo_csv if as_csv else _echo_json if as_json else _echo_table)(found)


def application_rows(ledger: Ledger, rules: Rules, now: datetime) -> list[Row]:
    """One plain dictionary for each application, by number."""
    applications = ledger.derived.applications()
    silences = find_silences(applications, ledger.facts.coverage(rules.wanted), rules.patience, now)
    found = {silence.application.key: silence for silence in silences}
    zone = rules.patience.calendar.zone
    return [_application_row(application, found.get(application.key), zone, now) for application in applications]


def _application_row(application: Application, silence: Silence | None, zone: ZoneInfo, now: datetime) -> Row:
    turn, since = turn_at(application, now)
    until = snoozed_until(application, zone, now)
    return {
        "number": application.number,
        "employer": application.employer,
        "role": application.role,
        "stage": application.stage,
        "applied_at": application.applied_at and application.applied_at.isoformat(),
        "interview_at": application.interview_at and application.interview_at.isoformat(),
        "interviews": [start.isoformat() for start in application.interviews],
        "turn": turn,
        "turn_since": since.isoformat(),
        "days": max(0, days_between(since, now, zone)),
        "wait": silence and silence.wait,
        "working_days": silence and silence.grounds.days,
        "odds": silence and silence.grounds.odds,
        "evidence": silence and evidence_sentence(silence.grounds, english(), promised=silence.promise is not None),
        "promise": application.promise and application.promise.by.isoformat(),
        "messages": len(application.events),
        "unsure": list(application.unsure),
        "questions": list(application.questions),
        "began_at": (application.applied_at or application.events[0].at).isoformat(),
        "last_message_at": application.last_message_at.isoformat(),
        "snoozed_until": until and until.isoformat(),
    }


def wait_words(row: Row) -> str:
    """What the wait is called, and until when the user leaves it alone; empty where nobody is waited for."""
    if not (row["wait"] and row["snoozed_until"]):
        return row["wait"] or ""
    return f"{row['wait']}, left alone until {date_words(date.fromisoformat(row['snoozed_until']))}"


def _day_of(moment: str, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(moment).astimezone(zone).date()


def _newest(moment: str | None) -> float | None:
    """A key by which the newest comes first."""
    return -datetime.fromisoformat(moment).timestamp() if moment else None


def _sorted(rows: Iterable[Row], sort: str, *, reverse: bool) -> list[Row]:
    """In this order; those that have no place in it come last either way."""
    keyed = [(ORDERS[sort](row), row) for row in rows]
    placed = sorted((pair for pair in keyed if pair[0] is not None), key=lambda pair: pair[0], reverse=reverse)
    return [row for _, row in placed] + [row for key, row in keyed if key is None]


def _echo_json(rows: Sequence[Row]) -> None:
    click.echo(json.dumps(rows, indent=1, ensure_ascii=False))


def _echo_csv(rows: Sequence[Row]) -> None:
    plain = [{key: printable(cell) if isinstance(cell, str) else cell for key, cell in row.items()} for row in rows]
    click.echo(csv_of(COLUMNS, plain), nl=False)


def _echo_table(rows: Sequence[Row]) -> None:
    columns = ("#", "application", "stage", "turn", "days", "wait", "odds")
    echo_table(columns, [_cells(row) for row in rows], wraps={"application", "wait"})


def _cells(row: Row) -> Sequence[str]:
    odds = "" if row["odds"] is None else odds_words(row["odds"], english())
    name = ", ".join(filter(None, (row["employer"], row["role"])))
    cells = (row["number"], name, row["stage"], TURN_WORDS[row["turn"]], row["days"], wait_words(row), odds)
    return [printable(str(cell)) for cell in cells]
