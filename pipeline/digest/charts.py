"""Charts as inline SVG for pages in a browser: no script, nothing loaded, words that keep their size on a phone.

Places across are percentages of the width, so that only bars and lines stretch; colours are the page's variables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.digest.plain import printable, short
from pipeline.digest.render import environment
from pipeline.funnel.figures import LONG
from pipeline.funnel.published import Compared
from pipeline.records import Wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.digest.words import Words
    from pipeline.funnel.delay import Curve
    from pipeline.funnel.figures import Funnel
    from pipeline.records import Silence

MAX_WAITS = 40
MAX_LABEL = 26  # characters that stand beside a number on a phone
_TICKS = (0, 0.25, 0.5, 0.75, 1)
_COLOURS = {Wait.OVERDUE: "bar", Wait.SILENT: "accent", Wait.GHOSTED: "ink"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its title, a sentence that says how to read it, and what its numbers stand for."""

    title: str
    svg: Any  # jinja2's Markup
    caption: str
    legend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its words; ``length``, and the ends of an interval, from 0 to 1."""

    label: str
    value: str
    length: float
    colour: str = "bar"
    note: str = ""
    low: float | None = None
    high: float | None = None


def funnel_chart(funnel: Funnel, words: Words) -> Chart:
    """How many applications came how far, each with the interval of its share."""
    bars = [
        Bar(
            words(f"steps.{step}"),
            f"{words.number(of.count)} · {words.percent(of.count / of.n)}" if of.n else "0",
            of.count / of.n if of.n else 0.0,
            low=of.low,
            high=of.high,
        )
        for step, of in funnel.steps.items()
    ]
    title = words("charts.funnel")
    return Chart(title, _drawn("bars.svg", title=title, bars=bars), words("charts.funnel_note"))


def waits_chart(silences: Sequence[Silence], words: Words) -> Chart:
    """The longest open waits in days, in the colour of what they are called."""
    longest = max((silence.elapsed.days for silence in silences), default=0) or 1
    bars = [
        Bar(
            short(silence.application.employer, MAX_LABEL),
            words("charts.days", silence.elapsed.days),
            silence.elapsed.days / longest,
            _COLOURS.get(silence.wait, "rest"),
            words(f"waits.{silence.wait}"),
        )
        for silence in silences[:MAX_WAITS]
    ]
    title = words("charts.waits")
    caption = words("charts.waits_note", len(silences), shown=words.number(len(bars)))
    return Chart(title, _drawn("bars.svg", title=title, bars=bars), caption)


def curve_chart(funnel: Funnel, words: Words) -> Chart:
    """How the share without any answer falls, day by day, beside what others published."""
    title, curve = words("charts.curve"), funnel.curve
    if not curve.days:
        return Chart(title, "", words("charts.curve_none"))
    last = max(LONG * 1.1, *curve.days)
    theirs = [one.published for one in funnel.comparisons if one.published.measure is Compared.UNANSWERED]
    shares = [(of.low + of.high) / 2 for of in theirs]
    svg = _drawn(
        "curve.svg",
        title=title,
        line=_line(curve.days, curve.unanswered, last),
        band=f"{_line(curve.days, curve.high, last)} {_back(curve, last)}Z",
        shares=[(1 - share, words.percent(share)) for share in _TICKS],
        days=[(day / last, words.number(day)) for day in range(0, int(last) + 1, _spacing(last))],
        marks=[(LONG / last, 1 - share) for share in shares],
    )
    legend = [
        f"({n}) {words.percent(share)}: {printable(of.of)} ({printable(of.source)})"
        for n, (of, share) in enumerate(zip(theirs, shares, strict=True), 1)
    ]
    return Chart(title, svg, words("charts.curve_note", funnel.n_waits), tuple(legend))


def _spacing(last: float) -> int:
    """Days between two marks of the axis, for about six of them."""
    return max(10, round(last / 60) * 10)


def _line(days: Sequence[float], shares: Sequence[float], last: float) -> str:
    """A path of steps from all unanswered on, on a field of 1000 by 1000 that begins at the top."""
    steps = [f"H{1000 * day / last:.1f}V{1000 * (1 - share):.1f}" for day, share in zip(days, shares, strict=True)]
    return "M0 0" + "".join(steps)


def _back(curve: Curve, last: float) -> str:
    """The lower end of the band, from its last day back to the first."""
    pairs = list(zip(curve.days, curve.low, strict=True))
    return "".join(f"V{1000 * (1 - low):.1f}H{1000 * day / last:.1f}" for day, low in reversed(pairs)) + "V0"


def _drawn(name: str, **values: Any) -> Any:  # noqa: ANN401  jinja2's Markup
    from markupsafe import Markup  # noqa: PLC0415  for pages only

    return Markup(environment(autoescape=True).get_template(name).render(values))  # noqa: S704  escaped by the template
