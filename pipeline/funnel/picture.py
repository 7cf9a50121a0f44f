"""The funnel as a picture: how far the applications came, and how the share without an answer falls."""

from __future__ import annotations

from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

from pipeline.funnel.figures import LONG
from pipeline.funnel.published import Compared
from pipeline.plots import BLUE, GREY, RED, figure_maker, png_of
from pipeline.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.funnel.figures import Funnel

MARKERS = "os^Dv"


def painter() -> Callable[[Funnel], bytes]:
    """What paints a funnel as a PNG; raises UnavailableError where matplotlib is not installed."""
    return partial(_paint, figure_maker())


def _paint(new_figure: Callable[..., Any], funnel: Funnel) -> bytes:
    figure = new_figure(figsize=(11, 5), dpi=130, layout="constrained")
    left, right = figure.subplots(1, 2)
    _paint_steps(left, funnel)
    _paint_curve(right, funnel)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{counted(funnel.n, 'application')}, {funnel.n_open} of them open")
    return png_of(figure)


def _paint_steps(axes: Any, funnel: Funnel) -> None:  # noqa: ANN401  matplotlib's Axes
    for place, (step, share) in enumerate(funnel.steps.items()):
        part = share.count / share.n if share.n else 0.0
        axes.barh(place, part, color=BLUE)
        if share.low is not None and share.high is not None:
            axes.hlines(place, share.low, share.high, color=GREY, linewidth=3)
        axes.annotate(f" {step}: {share.count}", (max(part, share.high or 0.0), place), va="center")
    axes.set(xlim=(0, 1.3), xlabel="share of all applications, with its 95 % interval", yticks=[], title="How far")
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.invert_yaxis()


def _paint_curve(axes: Any, funnel: Funnel) -> None:  # noqa: ANN401  the same
    curve = funnel.curve
    days = (0.0, *curve.days)
    axes.step(
        days,
        (1.0, *curve.unanswered),
        where="post",
        color=BLUE,
        label=f"yours, {counted(funnel.n_waits, 'application')}",
    )
    axes.fill_between(days, (1.0, *curve.low), (1.0, *curve.high), step="post", color=BLUE, alpha=0.15)
    theirs = [one.published for one in funnel.comparisons if one.published.measure is Compared.UNANSWERED]
    for other, marker in zip(theirs, cycle(MARKERS)):
        share = (other.low + other.high) / 2
        axes.plot(LONG, share, marker, color=RED, label=f"{share:.0%}: {other.source}")
    axes.set(xlim=(0, max(LONG * 1.1, *days)), ylim=(0, 1.02), title="Still without an answer")
    axes.set(xlabel="days since applying", ylabel="share (Kaplan-Meier, with its 95 % band)")
    axes.legend(loc="lower left", frameon=False)
