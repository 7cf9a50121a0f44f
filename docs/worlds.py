"""The invented job searches of docs/study.py: who is silent how often, and how long the others take.

All times are in business days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.records import Stage
from pipeline.silence.odds import EXPECTED, FAST_SHARE, FAST_WEIGHT, HORIZON, PACE_DEVIATION, PARTS, Spell

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

SEARCH = 130  # half a year: how long ago the oldest application was sent
STAGES = {stage: EXPECTED[stage] for stage in (Stage.APPLIED, Stage.INTERVIEW)}
INTERVIEWS = 0.2  # the share of the waits that are for an answer after an interview


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


def better_days(world: Callable[[Generator], Seeker], delay: int, chance: Generator) -> tuple[float, float, float]:
    """Between which days after an interview a rule of one number a stage is wrong less often than one for all.

    The mean delay is the same, and the days after applying follow from it.  Not a number where there are none.  Third
    comes the share of the true ghosts that are after an interview.
    """
    seekers, days = [world(chance) for _ in range(2000)], np.arange(HORIZON + 1)
    often = {Stage.APPLIED: 1 - INTERVIEWS, Stage.INTERVIEW: INTERVIEWS}
    later = {
        s: n * np.mean([[each.later(s, day) for day in days] for each in seekers], axis=0) for s, n in often.items()
    }
    silent = {s: n * np.mean([each.silent(s) for each in seekers]) for s, n in often.items()}
    interview = np.arange(0, 80, 0.1)
    share = silent[Stage.INTERVIEW] / (silent[Stage.INTERVIEW] + silent[Stage.APPLIED])
    applied = (delay - share * interview) / (1 - share)
    wrong = np.interp(applied, days, later[Stage.APPLIED]) + np.interp(interview, days, later[Stage.INTERVIEW])
    better = interview[(applied >= 0) & (wrong < later[Stage.APPLIED][delay] + later[Stage.INTERVIEW][delay] - 1e-9)]
    return (better.min(), better.max(), share) if len(better) else (math.nan, math.nan, share)


def applications(seeker: Seeker, n: int, chance: Generator) -> list[tuple[Spell, float]]:
    """``n`` waits as they stand now, and the day on which each is answered: never is infinite."""
    sent = []
    for age in chance.integers(0, SEARCH, n):
        stage = Stage.INTERVIEW if chance.random() < INTERVIEWS else Stage.APPLIED
        never = chance.random() < seeker.never[stage]
        day = math.inf if never else seeker.draw(chance) * EXPECTED[stage].pace
        sent.append((Spell(float(min(age, day)), bool(day <= age), stage), day))
    return sent
