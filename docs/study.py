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
from typing import TYPE_CHECKING, Any

import numpy as np
from card import table
from matplotlib.figure import Figure

from pipeline.records import Stage
from pipeline.silence.odds import EXPECTED, FAST_SHARE, FAST_WEIGHT, HORIZON, PACE_DEVIATION, PARTS, Spell, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from numpy.random import Generator

    from pipeline.silence.odds import Odds

SEED = 20
SEARCH = 130  # half a year: how long ago the oldest application was sent
STAGES = {stage: EXPECTED[stage] for stage in (Stage.APPLIED, Stage.INTERVIEW)}
INTERVIEWS = 0.2  # the share of the waits that are for an answer after an interview
OTHERS = (0, 10, 50, 200)
SEEKERS = {0: 2000, 10: 500, 50: 200, 200: 100}
RULES = {14: 10, 21: 15, 30: 21}  # calendar days as these rules count them: business days
THRESHOLDS = (*np.geomspace(0.6, 0.02, 50), 0.15, 0.05)
BINS = (0.0, 0.05, 0.10, 0.20, 0.30, 0.50, 1.0)
DAYS = np.arange(0, HORIZON + 2, 2)


@dataclass(frozen=True)
class Seeker:
    """One person's truth: the share of never answered waits at each stage, and how long answers take.

    ``out`` is the share of the answers that take longer than so many days after applying; a stage's pace is
    the prior's.
    """

    never: dict[Stage, float]
    out: Callable[[float], float]
    draw: Callable[[Generator], float]

    def later(self, stage: Stage, days: float) -> float:
        """How likely a wait at this stage is silent for so many days and answered later, within the horizon."""
        pace = EXPECTED[stage].pace
        between = self.out(days / pace) - self.out(HORIZON / pace) if days < HORIZON else 0.0
        return (1 - self.never[stage]) * between

    def silent(self, stage: Stage) -> float:
        """How likely it is not answered within the horizon."""
        return 1 - self.later(stage, 0)


def from_the_prior(chance: Generator) -> Seeker:
    """A seeker as the prior expects one."""
    slower = math.exp(PACE_DEVIATION * chance.normal())
    fast = chance.beta(FAST_WEIGHT * FAST_SHARE, FAST_WEIGHT * (1 - FAST_SHARE))
    parts = [(share, *part) for share, (_, *part) in zip((fast, 1 - fast), PARTS, strict=True)]

    def out(days: float) -> float:
        z = [(share, math.log(max(days, 1e-9) / slower / median) / spread) for share, median, spread in parts]
        return sum(share * math.erfc(each / math.sqrt(2)) / 2 for share, each in z)

    def draw(chance: Generator) -> float:
        _, median, spread = parts[0] if chance.random() < fast else parts[1]
        return slower * median * math.exp(spread * chance.normal())

    return Seeker({stage: chance.beta(e.never, e.ever) for stage, e in STAGES.items()}, out, draw)


def weibull(
    applied: tuple[float, float], interview: tuple[float, float], median: float, shape: float
) -> Callable[[Generator], Seeker]:
    """Seekers whom the model does not expect: Weibull times, and other shares of silence."""

    def seeker(chance: Generator) -> Seeker:
        scale = median * math.exp(0.3 * chance.normal()) / math.log(2) ** (1 / shape)
        never = {Stage.APPLIED: chance.beta(*applied), Stage.INTERVIEW: chance.beta(*interview)}
        return Seeker(never, lambda days: math.exp(-((days / scale) ** shape)), lambda c: scale * c.weibull(shape))

    return seeker


WORLDS = {
    "as the prior expects": from_the_prior,
    "slower and more silent": weibull((15, 5), (10, 9), median=20, shape=0.8),
    "quicker and kinder": weibull((6, 12), (2, 11), median=6, shape=1.0),
}


def applications(seeker: Seeker, n: int, chance: Generator) -> list[tuple[Spell, bool]]:
    """``n`` waits as they stand now, and whether each is answered within the horizon."""
    sent = []
    for age in chance.integers(0, SEARCH, n):
        stage = Stage.INTERVIEW if chance.random() < INTERVIEWS else Stage.APPLIED
        never = chance.random() < seeker.never[stage]
        day = math.inf if never else seeker.draw(chance) * EXPECTED[stage].pace
        sent.append((Spell(float(min(age, day)), bool(day <= age), stage), day <= HORIZON))
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


@lru_cache(maxsize=1024)
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
        open_ = [(spell, answered) for spell, answered in sent if not spell.answered]
        said += [odds.hearing_back(spell.stage, spell.days) for spell, _ in open_]
        came += [answered for _, answered in open_]
        if n < SEEKERS[200]:
            days = claim_days(tuple(spell for spell, _ in sent[1:]))
            wrong.append(claimed(seeker, days))
            ghosts.append(delayed(seeker, days))
            fixed.append(claimed(seeker, dict.fromkeys(STAGES, DAYS)))
    claims = np.stack([_ratio(wrong), _ratio(ghosts)], axis=1)
    return Outcome(np.array(said), np.array(came), claims, np.stack([_ratio(fixed), DAYS], axis=1))


def claimed(seeker: Seeker, days: dict[Stage, np.ndarray]) -> np.ndarray:
    """How likely a wait is called ghosted after so many days and answered later, and how likely it is called so."""
    later = _mixed({stage: np.array([seeker.later(stage, day) for day in days[stage]]) for stage in STAGES})
    return np.stack([later, later + _mixed({stage: seeker.silent(stage) for stage in STAGES})])


def delayed(seeker: Seeker, days: dict[Stage, np.ndarray]) -> np.ndarray:
    """The days until a true ghost is named, times how likely there is one, and how likely that is."""
    share = {stage: np.full(len(THRESHOLDS), seeker.silent(stage)) for stage in STAGES}
    return np.stack([_mixed({stage: share[stage] * days[stage] for stage in STAGES}), _mixed(share)])


def _mixed(of: dict[Stage, Any]) -> Any:  # noqa: ANN401  a number or an array
    """The mean over the stages, as often as they occur."""
    return (1 - INTERVIEWS) * of[Stage.APPLIED] + INTERVIEWS * of[Stage.INTERVIEW]


@lru_cache(maxsize=512)
def claim_days(spells: tuple[Spell, ...]) -> dict[Stage, np.ndarray]:
    """The day from which the odds are below each threshold, for each stage.

    For the digest's limits, the last two, no earlier than most of those who answer have done so.
    """
    odds, found = fitted(spells), {}
    for stage in STAGES:
        curve = [odds.hearing_back(stage, day) for day in DAYS]
        days = np.interp(THRESHOLDS, curve[::-1], DAYS[::-1])
        days[-2:] = np.maximum(days[-2:], odds.overdue_after(stage))
        found[stage] = days
    return found


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
