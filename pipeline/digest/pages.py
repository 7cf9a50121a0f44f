"""The fuller picture as pages for a browser: one file each, nothing loaded, no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.digest.charts import Chart, curve_chart, funnel_chart, waits_chart
from pipeline.digest.looks import LOOKS, page_rules
from pipeline.digest.plain import printable
from pipeline.digest.render import environment, html_of
from pipeline.funnel.course import Step
from pipeline.funnel.published import Compared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pipeline.digest.contents import Digest
    from pipeline.digest.wording import Wording
    from pipeline.digest.words import Words
    from pipeline.funnel.delay import Estimate
    from pipeline.funnel.figures import Comparison, Funnel, Share
    from pipeline.records import Silence


def digest_page(digest: Digest, funnel: Funnel, silences: Sequence[Silence], wording: Wording) -> str:
    """The digest with everybody one waits for, and with how far the applications came."""
    charts = [waits_chart(silences, wording.words)] if silences else []
    return html_of(digest, wording, pictures=[*charts, *([funnel_chart(funnel, wording.words)] if funnel.n else [])])


def stats_page(funnel: Funnel, words: Words) -> str:
    """All figures of a job search: the funnel, the delays, by month and by channel, beside what others published."""
    html: str = (
        environment(autoescape=True)
        .get_template("stats.html")
        .render(
            f=funnel,
            say=words,
            look=LOOKS,
            page=page_rules(),
            charts=_charts(funnel, words),
            delays=[(words(f"delays.{name}"), of.n, _days(of.median, words)) for name, of in funnel.delays.items()],
            groups=[
                ("stats.months", "stats.month", _rows(funnel.months, words.month, words)),
                (
                    "stats.channels",
                    "stats.channel",
                    _rows(funnel.channels, lambda name: words(f"channels.{name}"), words),
                ),
            ],
            comparisons=[(words(f"measures.{measure}"), *_compared(funnel, measure, words)) for measure in Compared],
        )
    )
    return html


def _charts(funnel: Funnel, words: Words) -> list[Chart]:
    return [funnel_chart(funnel, words), curve_chart(funnel, words)] if funnel.n else []


def _rows(
    groups: Mapping[str, Mapping[Step, Share]], named: Callable[[str], str], words: Words
) -> list[tuple[str, list[str]]]:
    """The name of each group, how many came how far, and the share that was answered."""
    return [
        (named(name), [*(words.number(of.count) for of in steps.values()), _share(steps[Step.ANSWERED], words)])
        for name, steps in groups.items()
    ]


def _share(of: Share, words: Words) -> str:
    if not of.n or of.low is None or of.high is None:
        return "-"
    return words(
        "stats.interval", value=words.percent(of.count / of.n), low=words.percent(of.low), high=words.percent(of.high)
    )


def _days(of: Estimate | None, words: Words) -> str:
    if of is None:
        return words("stats.too_few")
    low, high = ("?" if end is None else words.number(end) for end in (of.low, of.high))
    return words("stats.interval", value=words("charts.days", round(of.value)), low=low, high=high)


def _compared(funnel: Funnel, measure: Compared, words: Words) -> tuple[str, list[str]]:
    """One's own figure, and those of others with who says so."""
    found = [one for one in funnel.comparisons if one.published.measure is measure]
    return (_own(found[0], words) if found else words("stats.too_few")), [_theirs(one, words) for one in found]


def _own(one: Comparison, words: Words) -> str:
    if one.own is None:
        return words("stats.too_few")
    if one.published.measure is Compared.DAYS_TO_FIRST_ANSWER:
        return _days(one.own, words)
    low, high = ("?" if end is None else words.percent(end) for end in (one.own.low, one.own.high))
    return words("stats.interval", value=words.percent(one.own.value), low=low, high=high)


def _theirs(one: Comparison, words: Words) -> str:
    of = one.published
    is_days = of.measure is Compared.DAYS_TO_FIRST_ANSWER
    ends = [words.number(end) if is_days else words.percent(end) for end in (of.low, of.high)]
    value = words("stats.range", low=ends[0], high=ends[1]) if ends[0] != ends[1] else ends[0]
    return printable(f"{value}: {of.of} ({of.source}; {of.caveat})")
