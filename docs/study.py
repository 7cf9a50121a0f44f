"""Simulate job searches and hold the odds of still hearing back to what then happens.

Run by ``make study``: writes the tables of docs/odds.md and docs/odds.png; seeded.
All times are in business days.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from card import table
from matplotlib.figure import Figure

from pipeline.records import Stage
from pipeline.silence.odds import APPLYING, PACE_DEVIATION, PARTS, Spell, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from numpy.random import Generator

    from pipeline.silence.odds import Odds

SEED = 20
SEARCH = 130  # half a year: how long ago the oldest application was sent
OTHERS = (0, 10, 50, 200)
SEEKERS = {0: 2000, 10: 400, 50: 150, 200: 100}
RULES = {14: 10, 21: 15, 30: 21}  # calendar days as these rules count them: business days
THRESHOLDS = (*np.geomspace(0.5, 0.02, 50), 0.20, 0.05)
BINS = (0.0, 0.05, 0.10, 0.20, 0.30, 0.50, 1.0)
DAYS = np.arange(0, 200, 2)


@dataclass(frozen=True)
class Seeker:
    """One person's truth: the share of never answered applications, and how long answers take."""

    never: float
    out: Callable[[float], float]
    draw: Callable[[Generator], float]


def from_the_prior(chance: Generator) -> Seeker:
    """A seeker as the prior expects one."""
    slower = math.exp(PACE_DEVIATION * chance.normal())

    def out(days: float) -> float:
        z = [(share, math.log(max(days, 1e-9) / slower / median) / spread) for share, median, spread in PARTS]
        return sum(share * math.erfc(each / math.sqrt(2)) / 2 for share, each in z)

    def draw(chance: Generator) -> float:
        _, median, spread = PARTS[0] if chance.random() < PARTS[0][0] else PARTS[1]
        return slower * median * math.exp(spread * chance.normal())

    return Seeker(chance.beta(APPLYING.never, APPLYING.ever), out, draw)


def weibull(never: tuple[float, float], median: float, shape: float) -> Callable[[Generator], Seeker]:
    """Seekers whom the model does not expect: Weibull times, and another share of silence."""
    scale = median / math.log(2) ** (1 / shape)

    def seeker(chance: Generator) -> Seeker:
        return Seeker(
            chance.beta(*never),
            lambda days: math.exp(-((days / scale) ** shape)),
            lambda chance: scale * chance.weibull(shape),
        )

    return seeker


WORLDS = {
    "as the prior expects": from_the_prior,
    "slower and more silent": weibull((15, 5), median=20, shape=0.8),
    "quicker and kinder": weibull((6, 12), median=6, shape=1.0),
}


def applications(seeker: Seeker, n: int, chance: Generator) -> list[tuple[Spell, bool]]:
    """``n`` applications as they stand now, and whether each is answered in the end."""
    sent = []
    for age in chance.integers(0, SEARCH, n):
        day = math.inf if chance.random() < seeker.never else seeker.draw(chance)
        sent.append((Spell(float(min(age, day)), bool(day <= age), Stage.APPLIED), day < math.inf))
    return sent


@dataclass(frozen=True)
class Outcome:
    """What came of one world with so many other applications of one's own.

    ``said`` are the odds of each open wait and ``came`` whether it was answered. ``claims`` has for each
    threshold, and ``fixed`` for each day of DAYS, the share of the claims that are answered later and the mean days
    until a true ghost is named.
    """

    said: np.ndarray
    came: np.ndarray
    claims: np.ndarray
    fixed: np.ndarray


@lru_cache(maxsize=512)
def fitted(spells: tuple[Spell, ...]) -> Odds:
    """The odds from these; remembered, since a first application is like many others."""
    return fit(spells)


def simulate(world: Callable[[Generator], Seeker], others: int, seed: int) -> Outcome:
    """Judge the open waits of many seekers, and ask from which day on a further one would be called ghosted.

    The seekers are the same ones however many ``others`` they have sent.
    """
    # A seed that ends in 0 is the one without it: the two would draw alike.
    truth, chance = np.random.default_rng([SEED, seed]), np.random.default_rng([SEED, seed, 1 + others])
    said, came, wrong, ghosts, fixed = [], [], [], [], []
    for n in range(SEEKERS[others]):
        seeker = world(truth)
        sent = applications(seeker, others + 1, chance)
        odds = fitted(tuple(spell for spell, _ in sent))
        open_ = [(spell.days, answered) for spell, answered in sent if not spell.answered]
        said += [odds.hearing_back(Stage.APPLIED, days) for days, _ in open_]
        came += [answered for _, answered in open_]
        if n < SEEKERS[200]:
            days = claim_days(fitted(tuple(spell for spell, _ in sent[1:])))
            wrong.append(claimed(seeker, days))
            ghosts.append(np.stack([seeker.never * days, np.full(len(days), seeker.never)]))
            fixed.append(claimed(seeker, DAYS))
    claims = np.stack([_ratio(wrong), _ratio(ghosts)], axis=1)
    return Outcome(np.array(said), np.array(came), claims, np.stack([_ratio(fixed), DAYS], axis=1))


def claimed(seeker: Seeker, days: np.ndarray) -> np.ndarray:
    """How likely a wait is called ghosted after so many days and answered later, and how likely it is called so."""
    later = np.array([(1 - seeker.never) * seeker.out(day) for day in days])
    return np.stack([later, later + seeker.never])


def claim_days(odds: Odds) -> np.ndarray:
    """The day from which the odds are below each threshold; the last of DAYS where they never are."""
    curve = [odds.hearing_back(Stage.APPLIED, day) for day in DAYS]
    return np.interp(THRESHOLDS, curve[::-1], DAYS[::-1])


def _ratio(pairs: Sequence[np.ndarray]) -> np.ndarray:
    above, below = np.sum(pairs, axis=0)
    return above / below


def calibration(found: dict[str, dict[int, Outcome]]) -> str:
    """What was said and what came, in all and of those called ghosted."""
    head = ["world", "own others", "open waits", "said", "came", "calibration error", "Brier", "said under 5 %", "came"]
    return table(head, [[w, n, *_calibrated(o)] for w, of in found.items() for n, o in of.items()])


def _calibrated(o: Outcome) -> list[str]:
    inside = np.digitize(o.said, BINS)
    error = sum(abs((o.said - o.came)[inside == each].sum()) for each in set(inside)) / len(o.said)
    low = o.said < 0.05  # noqa: PLR2004  what is called ghosted
    brier = np.mean((o.said - o.came) ** 2)
    shares = [f"{100 * each:.1f} %" for each in (o.said.mean(), o.came.mean(), error)]
    return [f"{len(o.said):,}", *shares, f"{brier:.3f}", f"{low.mean():.0%}", f"{100 * o.came[low].mean():.1f} %"]


def rules(found: dict[str, dict[int, Outcome]]) -> str:
    """Wrong claims and days until a ghost is named: each fixed rule, and the odds at the same delay."""
    body = []
    for world, of in found.items():
        for calendar, business in RULES.items():
            odds = [_at_delay(o.claims, business) for o in of.values()]
            body.append([world, f"{calendar} days", business, *_percent([_at_delay(of[0].fixed, business), *odds])])
    return table(["world", "rule", "delay", "fixed rule wrong", *(f"odds, {n} others" for n in OTHERS)], body)


def named(found: dict[str, dict[int, Outcome]]) -> str:
    """What the two thresholds of the digest give."""
    body = []
    for world, of in found.items():
        for limit in THRESHOLDS[-2:]:
            points = [o.claims[THRESHOLDS.index(limit, -2)] for o in of.values()]
            body.append([world, f"{limit:.0%}", *(f"{100 * wrong:.1f} % / {days:.0f} d" for wrong, days in points)])
    return table(["world", "odds under", *(f"{n} others" for n in OTHERS)], body)


def _at_delay(claims: np.ndarray, delay: float) -> float:
    """The share of wrong claims at this mean delay, between the thresholds."""
    wrong, days = claims[claims[:, 1].argsort()].T
    return float(np.interp(delay, days, wrong, left=np.nan, right=np.nan))


def _percent(shares: Sequence[float]) -> list[str]:
    return ["-" if math.isnan(each) else f"{100 * each:.1f} %" for each in shares]


def paint(found: dict[str, dict[int, Outcome]], target: Path) -> None:
    """Above, said against came; below, wrong claims against the delay; one column a world."""
    figure = Figure(figsize=(13, 8), dpi=110, layout="constrained")
    for (world, of), (upper, lower) in zip(found.items(), figure.subplots(2, len(found)).T, strict=True):
        _paint_calibration(upper, of)
        _paint_rules(lower, of)
        upper.set_title(world)
        for axes in (upper, lower):
            axes.grid(alpha=0.3)
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(frameon=False, fontsize="small")
    figure.savefig(target, metadata={"Software": None})


def _paint_calibration(axes: Axes, of: dict[int, Outcome]) -> None:
    axes.plot([0, 0.7], [0, 0.7], "--", color="#777777")
    for n, o in of.items():
        inside = np.digitize(o.said, BINS)
        parts = [inside == each for each in sorted(set(inside)) if (inside == each).sum() >= 30]  # noqa: PLR2004
        axes.plot([o.said[p].mean() for p in parts], [o.came[p].mean() for p in parts], "o-", label=f"{n} others")
    axes.set(xlabel="odds said", ylabel="share answered later", xlim=(0, 0.7), ylim=(0, 0.7))


def _paint_rules(axes: Axes, of: dict[int, Outcome]) -> None:
    for n, o in of.items():
        axes.plot(o.claims[:-2, 1], o.claims[:-2, 0], label=f"odds, {n} others")
    axes.plot(of[0].fixed[:, 1], of[0].fixed[:, 0], "--", color="#777777", label="any fixed number of days")
    for calendar, business in RULES.items():
        wrong = _at_delay(of[0].fixed, business)
        axes.plot(business, wrong, "s", color="#c0392b")
        axes.annotate(f"{calendar} days", (business, wrong), xytext=(5, 5), textcoords="offset points")
    axes.set(
        xlabel="mean business days until a ghost is named", ylabel="claims answered later", xlim=(0, 80), ylim=(0, None)
    )


def write_tables(page: Path, tables: dict[str, str]) -> None:
    """Put each table between the comments that name it."""
    text = page.read_text(encoding="utf-8")
    for name, rows in tables.items():
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", lambda m, rows=rows: m[1] + rows + m[2], text, flags=re.DOTALL
        )
    page.write_text(text, encoding="utf-8")


def main() -> None:
    """Write docs/odds.png and the tables of docs/odds.md."""
    here = Path(__file__).parent
    found = {
        name: {others: simulate(world, others, seed) for others in OTHERS}
        for seed, (name, world) in enumerate(WORLDS.items())
    }
    write_tables(here / "odds.md", {"calibration": calibration(found), "rules": rules(found), "named": named(found)})
    paint(found, here / "odds.png")


if __name__ == "__main__":
    sys.exit(main())
