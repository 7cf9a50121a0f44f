"""How long answers take where many are still to come: Kaplan-Meier, and Aalen-Johansen for one sort of answer.

A wait without an answer is right-censored: it says that the answer takes longer, not how long.
An invitation ends the wait for a rejection and the other way round (competing risks), so the
share that has had one sort of answer is the cumulative incidence of Aalen and Johansen; to
count the other sort as censored would overstate it (Putter, Fiocco and Geskus 2007,
"Tutorial in biostatistics: competing risks and multi-state models", section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pipeline.funnel.course import Wait
    from pipeline.records import Label

    Floats = NDArray[np.float64]

N_RESAMPLES = 1_000
INTERVAL = (2.5, 97.5)  # percentiles
MIN_ANSWERS = 5  # a median of fewer says nothing


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; an end that is None lies beyond what has been observed."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The share without any answer after so many days (Kaplan-Meier), with its 95 % band (log-log).

    The band has no width while nobody was answered, and keeps its upper end once all are.
    """

    days: tuple[float, ...]
    unanswered: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def at(self, day: float) -> Estimate | None:
        """The share after ``day`` days; None where nobody has waited that long."""
        if not self.days or (day > self.days[-1] and self.unanswered[-1] > 0):
            return None
        known = [n for n, d in enumerate(self.days) if d <= day]
        if not known or self.unanswered[known[-1]] == 1:
            return Estimate(1.0, None, None)
        return Estimate(self.unanswered[known[-1]], self.low[known[-1]], self.high[known[-1]])

    @property
    def median(self) -> Estimate | None:
        """By which day half of all had an answer (Brookmeyer and Crowley 1982); None while fewer have."""
        half = _first_below(self.days, self.unanswered)
        if half is None:
            return None
        return Estimate(half, _first_below(self.days, self.low), _first_below(self.days, self.high))


def _first_below(days: Sequence[float], shares: Sequence[float]) -> float | None:
    return next((day for day, share in zip(days, shares, strict=True) if share <= 0.5), None)  # noqa: PLR2004  a half


def curve_of(waits: Sequence[Wait]) -> Curve:
    """The curve of these waits; empty where none of them was answered."""
    import warnings  # noqa: PLC0415

    import numpy as np  # noqa: PLC0415
    from scipy.stats import CensoredData, ecdf  # noqa: PLC0415  half a second of imports

    answered = [wait.days for wait in waits if wait.answer]
    if not answered:
        return Curve((), (), (), ())
    censored = [wait.days for wait in waits if not wait.answer]
    still = ecdf(CensoredData(uncensored=answered, right=censored)).sf
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # undefined where the share is 0 or 1
        band = still.confidence_interval(method="log-log")
    shares = still.probabilities
    low = np.where(np.isnan(band.low.probabilities), shares, band.low.probabilities)
    known = np.where(np.isnan(band.high.probabilities), np.where(shares > 0, shares, 1.0), band.high.probabilities)
    return Curve(*(tuple(map(float, of)) for of in (still.quantiles, shares, low, np.minimum.accumulate(known))))


def incidence(days: Floats, answered: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """The days, ascending, and the share that had a ``wanted`` answer by then (Aalen-Johansen).

    ``answered`` and ``wanted`` are 1 or 0 for each of ``days``.
    """
    import numpy as np  # noqa: PLC0415

    times, place, counts = np.unique(days, return_inverse=True, return_counts=True)
    at_risk = len(days) - np.cumsum(counts) + counts
    hazard, wanted_hazard = (np.bincount(place, of, len(times)) / at_risk for of in (answered, wanted))
    still = np.append(1.0, np.cumprod(1 - hazard)[:-1])
    return times, np.cumsum(still * wanted_hazard)


def middle_of(waits: Sequence[Wait]) -> float | None:
    """The median of all answers as ``median_of`` has it, without the interval."""
    if sum(wait.answer is not None for wait in waits) < MIN_ANSWERS:
        return None

    import numpy as np  # noqa: PLC0415

    answered = np.array([wait.answer is not None for wait in waits], dtype=float)
    return _half_way(np.array([wait.days for wait in waits]), answered, answered)


def median_of(waits: Sequence[Wait], label: Label | None, seed: int = 0) -> Estimate | None:
    """By which day half of the answers of this label had come that come at all, as far as it can be seen.

    With no label, of all answers; None where they are too few.  The interval is a percentile bootstrap over the waits.
    """
    import numpy as np  # noqa: PLC0415

    days = np.array([wait.days for wait in waits])
    answered = np.array([wait.answer is not None for wait in waits], dtype=float)
    wanted = np.array([label in {None, wait.answer} for wait in waits], dtype=float) * answered
    if wanted.sum() < MIN_ANSWERS:
        return None
    draws = np.random.default_rng(seed).integers(len(days), size=(N_RESAMPLES, len(days)))
    medians = [_half_way(days[draw], answered[draw], wanted[draw]) for draw in draws if wanted[draw].any()]
    low, high = np.percentile(medians, INTERVAL)
    return Estimate(_half_way(days, answered, wanted), float(low), float(high))


def _half_way(days: Floats, answered: Floats, wanted: Floats) -> float:
    times, shares = incidence(days, answered, wanted)
    return float(times[(shares >= shares[-1] / 2).argmax()])
