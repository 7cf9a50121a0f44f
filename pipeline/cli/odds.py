"""Show the odds of still hearing back with what they rest on, and whether such odds were right before."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.build import (
    APPLICATION,
    echo_table,
    english,
    json_option,
    ledger_of,
    now_option,
    rules_of,
    settings_of,
)
from pipeline.digest.dates import date_words, day
from pipeline.digest.grounds import basis_sentences, evidence_sentence
from pipeline.digest.plain import name_of, printable
from pipeline.errors import UsageError
from pipeline.plurals import counted
from pipeline.records import Turn, Wait
from pipeline.silence import find_silences, read_until, snoozed_until, turn_at
from pipeline.silence.check import EVERY, look_back
from pipeline.silence.waits import own_spells

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from pipeline.records import Application, Silence
    from pipeline.silence.check import Forecast

Row = dict[str, Any]
BINS = (0.05, 0.10, 0.20, 0.40, 1.0)
FEW = 10  # fewer answers, or fewer waits without one, say little


@click.command("odds")
@click.argument("number", type=APPLICATION, required=False)
@click.option("--check", is_flag=True, help="Show how right such odds would have been on your own waits.")
@json_option
@now_option
@click.pass_context
def odds_command(ctx: click.Context, number: int | None, now: datetime, *, check: bool, as_json: bool) -> None:
    """Show how probable it is that the employers you wait for still answer, and why.

    With the NUMBER of an application, only of that one, and also the odds of an answer within five days, which
    decide what a wait is called. The other odds are for an answer within half a year of waiting; days are
    working days of your country.
    """
    if check and number is not None:
        raise UsageError("--check is about all your waits; leave the number out.")
    settings = settings_of(ctx, needed=False)
    rules = rules_of(ctx, settings)
    with ledger_of(settings) as ledger:
        applications, coverage = ledger.derived.applications(), ledger.facts.coverage(rules.wanted)
    if check:
        calendar, read_at = rules.patience.calendar, read_until(coverage, now)
        _tell_check(look_back(own_spells(applications, calendar, now), calendar, read_at), as_json=as_json)
        return
    silences = find_silences(applications, coverage, rules.patience, now)
    if number is not None:
        one = _application(applications, number)
        silences = [silence for silence in silences if silence.application.number == number]
        if not silences and not as_json:
            click.echo(f"{printable(name_of(one))}: {_nobody_waits(one, now)}")
            return
    _tell(silences, settings.me.zone, now, as_json=as_json, basis=number is not None)


def _application(applications: Sequence[Application], number: int) -> Application:
    found = next((a for a in applications if a.number == number), None)
    if found is None:
        raise UsageError(f"There is no application {number}; `unghost list` shows their numbers.")
    return found


def _nobody_waits(application: Application, now: datetime) -> str:
    turn, _ = turn_at(application, now)
    if turn is Turn.USER:
        return "they wait for you, so there are no odds."
    return f"nothing is owed ({application.stage}), so there are no odds."


def _tell(silences: Sequence[Silence], zone: ZoneInfo, now: datetime, *, as_json: bool, basis: bool) -> None:
    if as_json:
        click.echo(json.dumps([_row(silence) for silence in silences], indent=1, ensure_ascii=False))
        return
    for silence in silences:
        click.echo(f"[{silence.application.number}] {printable(name_of(silence.application))}")
        for line in (*_lines(silence, zone, now), *(basis_sentences(silence.grounds, english()) if basis else ())):
            click.echo(f"    {line}")
    if not silences:
        click.echo("You wait for nobody.", err=True)


def _lines(silence: Silence, zone: ZoneInfo, now: datetime) -> list[str]:
    evidence = evidence_sentence(silence.grounds, english(), promised=silence.promise is not None)
    name = f" ({silence.wait})" if silence.wait is not Wait.WAITING else ""
    lines = [f"waiting since {day(silence.since, zone)}{name}: {evidence}."]
    if until := snoozed_until(silence.application, zone, now):
        lines.append(f"Left alone until {date_words(until)}: nothing is claimed before.")
    if silence.promise:
        lines.append(f"They said they would answer by {date_words(silence.promise.by)}.")
    if silence.withheld_because:
        lines.append(f"Nothing is claimed: {silence.withheld_because}.")
    return lines


def _row(silence: Silence) -> Row:
    application, grounds = silence.application, asdict(silence.grounds)
    return {
        "number": application.number,
        "employer": application.employer,
        "role": application.role,
        "stage": application.stage,
        "wait": silence.wait,
        "since": silence.since.isoformat(),
        "promise": silence.promise and silence.promise.by.isoformat(),
        "withheld_because": silence.withheld_because or None,
        **{name: round(value, 4) for name, value in grounds.items()},
        "evidence": evidence_sentence(silence.grounds, english(), promised=silence.promise is not None),
    }


def _tell_check(forecasts: Sequence[Forecast], *, as_json: bool) -> None:
    rows = [row for row in _bins(forecasts) if row["n"]]
    if as_json:
        click.echo(json.dumps({**_sums(forecasts), "bins": rows}, indent=1))
        return
    if not forecasts:
        click.echo("Too little to check: no wait of yours was open four weeks before your mail was last read.")
        return
    sums = _sums(forecasts)
    click.echo(
        f"On {counted(sums['looks'], 'day')}, {EVERY.days // 7} weeks apart, what the odds would have said of your "
        f"{counted(sums['waits'], 'open wait')}, with what was known then; and who answered within four weeks of "
        "that day.\n"
    )
    columns = ("odds said", "times", "answers expected", "answers come")
    echo_table(columns, [_cells(row) for row in rows], wraps=columns[2:])
    click.echo(f"\nIn all {sums['expected']:.1f} answers were expected, and {sums['came']} came.")
    plain = f"{sums['brier_published']:.3f}"
    click.echo(f"Mean squared error (0 is best): {sums['brier']:.3f}; with published figures alone {plain}.")
    if sums["too_few"]:
        click.echo(f"These are too few to judge by: it takes {FEW} answers, and {FEW} times that none came.")


def _bins(forecasts: Sequence[Forecast]) -> list[Row]:
    """What was said and came, by what was said."""
    found, low = [], 0.0
    for high in BINS:
        inside = [f for f in forecasts if low <= f.said < high or f.said == high == BINS[-1]]
        found.append(
            {
                "from": low,
                "to": high,
                "n": len(inside),
                "expected": round(sum(f.said for f in inside), 2),
                "came": sum(f.came for f in inside),
            }
        )
        low = high
    return found


def _cells(row: Row) -> list[str]:
    return [f"{row['from']:.0%} to {row['to']:.0%}", str(row["n"]), f"{row['expected']:.1f}", str(row["came"])]


def _sums(forecasts: Sequence[Forecast]) -> Row:
    n, came = len(forecasts), sum(f.came for f in forecasts)
    return {
        "looks": len({f.at for f in forecasts}),
        "waits": len({id(f.spell) for f in forecasts}),
        "n": n,
        "expected": round(sum(f.said for f in forecasts), 2),
        "came": came,
        "brier": round(sum((f.said - f.came) ** 2 for f in forecasts) / n, 4) if n else None,
        "brier_published": round(sum((f.published - f.came) ** 2 for f in forecasts) / n, 4) if n else None,
        "too_few": min(came, n - came) < FEW,
    }
