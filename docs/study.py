"""Simulate job searches and hold the odds of still hearing back to what then happens.

Run by ``make study``: writes the tables of docs/odds.md and docs/odds.png; seeded.
All times are in business days.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from card import table
from matplotlib.figure import Figure
from worlds import INTERVIEWS, STAGES, WORLDS, applications, better_days

from pipeline.config.sections import SilenceSettings
from pipeline.records import Stage
from pipeline.silence.odds import HORIZON, SHARES, WEEK, fit, still_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from numpy.random import Generator
    from worlds import Seeker

    from pipeline.silence.odds import Odds, Spell

SEED = 20
OTHERS = (0, 10, 50, 200)
SEEKERS = {0: 10000, 10: 2500, 50: 800, 200: 300}
RULES = {14: 10, 21: 15, 30: 21}  # calendar days as these rules count them: business days
SILENT, GHOSTED = SilenceSettings().silent_below_weekly, SilenceSettings().ghosted_below_weekly
THRESHOLDS = (*np.geomspace(0.35, 0.002, 60), SILENT, GHOSTED)
BINS = (0.0, 0.05, 0.10, 0.20, 0.30, 0.50, 1.0)
DAYS = np.arange(HORIZON + WEEK + 1)
RESAMPLES = 200


@dataclass(frozen=True)
class Outcome:
    """What came of one world with so many other applications of one's own.

    ``waits`` has a row for each open wait: the odds said, whether it was answered; the odds said of the next week,
    whether it was answered in it; whether it was called ghosted.  ``later``, ``silent`` and ``delay`` have a
    row for each seeker: how likely a wait is claimed at each threshold and answered later, how likely it is not
    answered, and the days until it is claimed then, times how likely that is.  ``fixed`` is ``later`` for each of DAYS.
    """

    waits: np.ndarray
    later: np.ndarray
    silent: np.ndarray
    delay: np.ndarray
    fixed: np.ndarray

    def claims(self, often: np.ndarray | None = None) -> np.ndarray:
        """The share of wrong claims and the mean delay, at each threshold; each seeker may count so ``often``."""
        weights = np.ones(len(self.silent)) if often is None else often
        later, silent = weights @ self.later, weights @ self.silent
        return np.stack([later / (later + silent), weights @ self.delay / silent], axis=1)

    def at_fixed(self, often: np.ndarray | None = None) -> np.ndarray:
        """The same for a fixed number of days."""
        weights = np.ones(len(self.silent)) if often is None else often
        later, silent = weights @ self.fixed, weights @ self.silent
        return np.stack([later / (later + silent), DAYS], axis=1)

    def against(self, delay: float) -> tuple[float, float]:
        """How much the share of wrong claims differs from that of the rule of so many days, and the standard error.

        Both are asked of the same seekers, at the same mean delay; the error is a bootstrap over these seekers.
        """
        chance = np.random.default_rng(SEED)
        n = len(self.silent)
        draws = [np.bincount(chance.integers(0, n, n), minlength=n) for _ in range(RESAMPLES)]
        found, *others = [
            _at_delay(self.claims(often)[:-2], delay) - _at_delay(self.at_fixed(often), delay)
            for often in (None, *draws)
        ]
        return found, float(np.std(others))


@lru_cache(maxsize=4096)
def fitted(spells: tuple[Spell, ...]) -> Odds:
    """The odds from these; remembered, since a first application is like many others."""
    return fit(spells)


def simulate(world: Callable[[Generator], Seeker], others: int, seed: int) -> Outcome:
    """Judge the open waits of many seekers, and ask from which day on a further one would be called ghosted.

    The seekers are the same ones however many ``others`` they have sent.
    """
    # A seed that ends in 0 is the one without it: the two would draw alike.
    truth, chance = np.random.default_rng([SEED, seed]), np.random.default_rng([SEED, seed, 1 + others])
    waits: list[tuple[float, ...]] = []
    rows = []
    for _ in range(SEEKERS[others]):
        seeker = world(truth)
        sent = applications(seeker, others + 1, chance)
        waits += judged(fitted(tuple(spell for spell, _ in sent)), sent)
        rows.append(asked(seeker, claim_days(tuple(spell for spell, _ in sent[1:]))))
    return Outcome(np.array(waits), *(np.array(column) for column in zip(*rows, strict=True)))


def judged(odds: Odds, sent: Sequence[tuple[Spell, float]]) -> list[tuple[float, ...]]:
    """What is said of each wait that is open, and what comes."""
    ever, soon, late = cache(odds.hearing_back), cache(odds.within_a_week), cache(odds.overdue_after)
    return [
        (
            ever(spell.stage, spell.days),
            day <= HORIZON,
            soon(spell.stage, spell.days),
            day <= min(spell.days + WEEK, HORIZON),
            spell.days > late(spell.stage) and soon(spell.stage, spell.days) < GHOSTED,
        )
        for spell, day in sent
        if not spell.answered
    ]


def asked(seeker: Seeker, days: dict[Stage, np.ndarray]) -> tuple[Any, ...]:
    """The rows of an outcome that are this seeker's."""
    fixed = {stage: np.array([seeker.later(stage, day) for day in DAYS]) for stage in STAGES}
    silent = {stage: seeker.silent(stage) for stage in STAGES}
    return (
        _mixed({stage: np.interp(days[stage], DAYS, fixed[stage]) for stage in STAGES}),
        _mixed(silent),
        _mixed({stage: days[stage] * silent[stage] for stage in STAGES}),
        _mixed(fixed),
    )


def _mixed(of: dict[Stage, Any]) -> Any:  # noqa: ANN401  a number or an array
    """The mean over the stages, as often as they occur."""
    return (1 - INTERVIEWS) * of[Stage.APPLIED] + INTERVIEWS * of[Stage.INTERVIEW]


@lru_cache(maxsize=4096)
def claim_days(spells: tuple[Spell, ...]) -> dict[Stage, np.ndarray]:
    """The day from which the odds of an answer within a week are below each threshold, for each stage.

    For the digest's limits, the last two, no earlier than most of those who answer have done so.
    """
    odds, found = fitted(spells), {}
    for stage in STAGES:
        soon = np.minimum.accumulate(of_the_next_wait(odds, stage))
        days = np.interp(-np.log(THRESHOLDS), -np.log(soon), DAYS[: len(soon)])
        days[-2:] = np.maximum(days[-2:], odds.overdue_after(stage))
        found[stage] = days
    return found


def of_the_next_wait(odds: Odds, stage: Stage) -> np.ndarray:
    """The odds within a week of a wait that is not yet among the spells, as they are once it is; for each day."""
    belief = [row or (0.0,) * len(SHARES) for row in odds.belief[STAGES[stage]]]
    silent = 1 - (1 - _out(stage)) @ (np.array(belief) @ (1 - np.array(SHARES)))
    return (silent[:HORIZON] - silent[np.minimum(DAYS[:HORIZON] + WEEK, HORIZON)]) / silent[:HORIZON]


@cache
def _out(stage: Stage) -> np.ndarray:
    return np.array([still_out(day / STAGES[stage].pace) for day in DAYS])


def calibration(found: dict[str, dict[int, Outcome]]) -> str:
    """What was said and what came: within half a year, within a week, and of those called ghosted."""
    head = ["world", "own others", "open waits", "said", "came", "calibration error", "Brier"]
    head += ["said of the next week", "came in it", "called ghosted", "came"]
    return table(head, [[w, n, *_calibrated(o.waits)] for w, of in found.items() for n, o in of.items()])


def _calibrated(waits: np.ndarray) -> list[str]:
    said, came, soon, came_soon, ghosted = waits.T
    inside = np.digitize(said, BINS)
    error = sum(abs((said - came)[inside == each].sum()) for each in set(inside)) / len(said)
    shares = [f"{100 * each:.1f} %" for each in (said.mean(), came.mean(), error)]
    weekly = [f"{100 * each:.1f} %" for each in (soon.mean(), came_soon.mean())]
    brier = np.mean((said - came) ** 2)
    wrong = f"{100 * came[ghosted > 0].mean():.1f} %"
    return [f"{len(said):,}", *shares, f"{brier:.3f}", *weekly, f"{ghosted.mean():.0%}", wrong]


def rules(found: dict[str, dict[int, Outcome]]) -> str:
    """The wrong claims of each fixed rule, and how many more or fewer are the odds' at the same delay."""
    body = []
    for world, of in found.items():
        for calendar, business in RULES.items():
            fixed = _at_delay(of[0].at_fixed(), business)
            odds = [
                f"{100 * more:+.2f} ± {100 * error:.2f}" for more, error in (o.against(business) for o in of.values())
            ]
            body.append([world, f"{calendar} days", business, f"{100 * fixed:.1f} %", *odds])
    return table(["world", "rule", "delay", "fixed rule wrong", *(f"odds, {n} others" for n in OTHERS)], body)


def bounds() -> str:
    """Without own waits: with how many days after an interview each rule is beaten, and how many the odds give."""
    of, body = claim_days(()), []
    applied, interview = (of[stage][:-2] for stage in STAGES)
    for seed, (name, world) in enumerate(WORLDS.items()):
        for calendar, business in RULES.items():
            low, high, share = better_days(world, business, np.random.default_rng([SEED, seed]))
            ours = np.interp(business, (1 - share) * applied + share * interview, interview)
            beaten = f"{low:.1f} to {high:.1f}" if low < high else "none"
            body.append([name, f"{calendar} days", business, beaten, f"{ours:.1f}"])
    return table(["world", "rule", "delay", "beaten with", "odds, 0 others"], body)


def named(found: dict[str, dict[int, Outcome]]) -> str:
    """What the two limits of the digest give."""
    body = []
    for world, of in found.items():
        for name, at in (("silent", -2), ("ghosted", -1)):
            points = [o.claims()[at] for o in of.values()]
            body.append([world, name, *(f"{100 * wrong:.1f} % / {days:.0f} d" for wrong, days in points)])
    return table(["world", "called", *(f"{n} others" for n in OTHERS)], body)


def _at_delay(claims: np.ndarray, delay: float) -> float:
    """The share of wrong claims at this mean delay, between the thresholds."""
    wrong, days = claims[claims[:, 1].argsort()].T
    return float(np.interp(delay, days, wrong, left=np.nan, right=np.nan))


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
        said, came = o.waits[:, 0], o.waits[:, 1]
        inside = np.digitize(said, BINS)
        parts = [inside == each for each in sorted(set(inside)) if (inside == each).sum() >= 30]  # noqa: PLR2004
        axes.plot([said[p].mean() for p in parts], [came[p].mean() for p in parts], "o-", label=f"{n} others")
    axes.set(xlabel="odds said", ylabel="share answered later", xlim=(0, 0.7), ylim=(0, 0.7))


def _paint_rules(axes: Axes, of: dict[int, Outcome]) -> None:
    for n, o in of.items():
        wrong, days = o.claims()[:-2].T
        axes.plot(days, wrong, label=f"odds, {n} others")
    fixed = of[0].at_fixed()
    axes.plot(fixed[:, 1], fixed[:, 0], "--", color="#777777", label="any fixed number of days")
    for calendar, business in RULES.items():
        wrong = _at_delay(fixed, business)
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
    tables = {"calibration": calibration(found), "rules": rules(found), "bounds": bounds(), "named": named(found)}
    write_tables(here / "odds.md", tables)
    paint(found, here / "odds.png")


if __name__ == "__main__":
    sys.exit(main())
