"""The job search in figures: the funnel, how long answers take, through whom, when, and how others fared."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.build import (
    NO_APPLICATIONS,
    Bar,
    echo_table,
    funnel_from,
    json_option,
    ledger_of,
    now_option,
    save,
    save_private,
    settings_of,
    words_of,
)
from pipeline.digest.plain import printable
from pipeline.funnel.course import Step
from pipeline.funnel.delay import MIN_ANSWERS
from pipeline.funnel.figures import LONG, MIN_COMPARED
from pipeline.funnel.picture import painter
from pipeline.funnel.published import Compared
from pipeline.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline.funnel.delay import Estimate
    from pipeline.funnel.figures import Comparison, Funnel, Share

FEW = 30  # applications; below, the first thing to say is how little that is
SHARE = "answered (95%)"
MEASURE_WORDS = {
    Compared.UNANSWERED: f"without any answer after {LONG} days",
    Compared.UNANSWERED_AFTER_INTERVIEW: f"without any answer {LONG} days after an interview",
    Compared.DAYS_TO_FIRST_ANSWER: "days to the first answer, where there is one",
}


@click.command("stats")
@click.option("--png", type=click.Path(dir_okay=False, path_type=Path), help="Paint it into this PNG file.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a page with charts.")
@json_option
@now_option
@click.pass_context
def stats_command(ctx: click.Context, png: Path | None, html: Path | None, now: datetime, *, as_json: bool) -> None:
    """Count what became of your applications, beside published figures.

    How many were answered, led to an interview and to an offer; how long first answers take,
    with those counted that still wait (Kaplan-Meier); by channel and by month. Every share and
    median has its 95 % interval, and where there is too little to say anything, that is said.
    """
    paint = painter() if png else None
    settings = settings_of(ctx, needed=False)
    with ledger_of(settings) as ledger:
        funnel = funnel_from(ctx, ledger, now)
    if png and paint:
        save(png, paint(funnel))
    if html:
        from pipeline.digest.pages import stats_page  # noqa: PLC0415  jinja2, for pages only

        save_private(html, stats_page(funnel, words_of(ctx, settings.digest.language)))
        return
    if as_json:
        click.echo(json.dumps(asdict(funnel), indent=1, ensure_ascii=False))
    elif funnel.n:
        _tell(funnel)
    else:
        click.echo(NO_APPLICATIONS, err=True)


def _tell(funnel: Funnel) -> None:
    _title(f"{counted(funnel.n, 'application')}, {funnel.n_open} of them open")
    rows = [(step, str(of.count), _percent(of), _bar(of)) for step, of in funnel.steps.items()]
    echo_table(("reached", "n", "share (95%)", ""), rows)
    if funnel.n < FEW:
        click.echo("With so few, the intervals say how little these shares tell.")
    if funnel.n_doubtful:
        click.echo(f"To {funnel.n_doubtful} of them a message may belong that nobody is sure of: `unghost review`.")
    _tell_delays(funnel)
    _tell_groups("Through whom", "channel", funnel.channels)
    click.echo("An agency that is not in ats.toml counts as direct.")
    _tell_groups("By month of applying", "month", funnel.months)
    click.echo("What was sent of late has had less time to be answered.")
    _tell_comparisons(funnel)


def _title(words: str) -> None:
    click.echo(click.style(words, bold=True))


def _tell_delays(funnel: Funnel) -> None:
    click.echo()
    _title(f"Days to the first answer ({counted(funnel.n_waits, 'application')} whose day is known)")
    for name, delay in funnel.delays.items():
        found = _days(delay.median) if delay.median else f"too few to say; {MIN_ANSWERS} are needed"
        click.echo(f"  {name:<11}{delay.n:>4}  {f'median {found}' if delay.median else found}")
    if funnel.delays["any"].median is None:
        return
    click.echo("These medians are of the answers that come at all, allowing for those still to come.")
    if funnel.half:
        click.echo(f"Half of all, with those that still wait, were answered after {_days(funnel.half)} days.")
    else:
        click.echo("Fewer than half of all have been answered, with those counted that still wait.")
    known = [f"{day} days {_estimate(of)}" for day, of in funnel.answered_by.items() if of]
    click.echo(f"Answered after {', '.join(known)}." if known else "Nobody has waited a week yet.")


def _tell_groups(title: str, name: str, groups: Mapping[str, Mapping[Step, Share]]) -> None:
    click.echo()
    _title(title)
    rows: list[tuple[str | Bar, ...]] = [
        (group, *(str(of.count) for of in steps.values()), _percent(steps[Step.ANSWERED]), _bar(steps[Step.ANSWERED]))
        for group, steps in groups.items()
    ]
    echo_table((name, *Step, SHARE, ""), rows, wraps={name, SHARE})


def _tell_comparisons(funnel: Funnel) -> None:
    click.echo()
    _title("Beside what others published")
    for measure, words in MEASURE_WORDS.items():
        found = [one for one in funnel.comparisons if one.published.measure is measure]
        if found:
            click.echo(f"  {words}")
            click.echo(f"    yours: {_own(found[0])}")
        for one in found:
            click.echo(f"    {_theirs(one)}")
    click.echo("Other people, other jobs, other years: something to compare with, not a norm.")


def _own(one: Comparison) -> str:
    if one.own is None:
        return f"too little to say ({one.n} so far)" if one.n >= MIN_COMPARED else f"too few to say ({one.n} so far)"
    is_days = one.published.measure is Compared.DAYS_TO_FIRST_ANSWER
    return f"{_days(one.own) if is_days else _estimate(one.own)}, of {one.n}"


def _theirs(one: Comparison) -> str:
    of = one.published
    ends = (of.low, of.high) if of.measure is Compared.DAYS_TO_FIRST_ANSWER else (100 * of.low, 100 * of.high)
    value = " to ".join(dict.fromkeys(f"{end:.0f}" for end in ends))
    unit = "" if of.measure is Compared.DAYS_TO_FIRST_ANSWER else "%"
    return printable(f"{value}{unit}  {of.of} ({of.source}; {of.caveat})")


def _percent(of: Share) -> str:
    interval = "" if of.low is None or of.high is None else f" ({of.low:.0%} to {of.high:.0%})"
    return f"{of.count / of.n:.0%}{interval}" if of.n else "-"


def _estimate(of: Estimate) -> str:
    low, high = (f"{end:.0%}" if end is not None else "?" for end in (of.low, of.high))
    return f"{of.value:.0%}" + ("" if of.low is of.high is None else f" ({low} to {high})")


def _days(of: Estimate) -> str:
    low, high = (f"{end:.0f}" if end is not None else "?" for end in (of.low, of.high))
    return f"{of.value:.0f} ({low} to {high})"


def _bar(of: Share) -> Bar:
    return Bar(of.count / of.n if of.n else 0)
