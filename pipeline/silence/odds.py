"""The odds of still hearing back after a wait: a mixture cure model, from what is published and one's own waits.

Some waits are never answered, however long one waits; in the words of Boag (J. R. Stat. Soc. B 11, 1949)
and of Berkson and Gage (J. Am. Stat. Assoc. 47, 1952) they are the cured.  With p their share and S(t)
the share of the answers that are still out after t days,

    P(hearing back by day h | silent for t) = (1 - p) (S(t) - S(h)) / (p + (1 - p) S(t))

An answer tells its day; a wait that goes on tells only that the answer is not there yet: it is
censored, and counts as far as it has come (Kaplan and Meier, J. Am. Stat. Assoc. 53, 1958).

Every time here is in business days, since people answer on these.  Published times are in calendar
days and are counted five for seven.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import erfc, exp, fsum, log, log1p, sqrt
from typing import TYPE_CHECKING

from pipeline.records import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BUSINESS_DAYS = 5 / 7
_TINY = sys.float_info.min
_NEGLIGIBLE = log(1e-7)


@dataclass(frozen=True, slots=True)
class Spell:
    """One wait: how many business days the employer has owed an answer, and whether it came then.

    ``stage`` is the application's while it waited; an answered spell ends with the answer.
    """

    days: float
    answered: bool
    stage: Stage


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is to be expected of a wait before one has waited oneself.

    The share of never answered ones is Beta(``never``, ``ever``); ``pace`` multiplies the days an
    answer takes after applying.
    """

    never: float
    ever: float
    pace: float


# No answer at all to 141 of 234 applications (C. Dewey's log, 2018) and to 44 of 67 (one published flow); 67 %
# of 4.4 million (Jobright, 2025, a vendor); 33 to 37 % after one to two months where employers take part in a
# benchmark (Talent Board CandE, 2020 to 2024), so below what is usual.  Mean 0.60; worth ten applications only,
# because the sources differ as much.
APPLYING = Expectation(never=6, ever=4, pace=1.0)

# 51 of 144 heard nothing after a full interview loop (K. Snyder, 2025): 0.36, worth fourteen.  Nobody has
# published the days; other trackers lose patience after 12 days where it is 21 after applying.
INTERVIEWING = Expectation(never=5, ever=9, pace=12 / 21)

# Nothing is published of assessments: half-way between the two, in both.
ASSESSING = Expectation(never=5.5, ever=6.5, pace=15 / 21)

EXPECTED: Mapping[Stage, Expectation] = {
    Stage.APPLIED: APPLYING,
    Stage.IN_REVIEW: APPLYING,
    Stage.PAUSED: APPLYING,
    Stage.ASSESSMENT: ASSESSING,
    Stage.INTERVIEW: INTERVIEWING,
    Stage.OFFER: INTERVIEWING,
}

# The days of those who do answer are log-normal in two parts: (share, median, deviation of the logarithm).
# Fast: the first reply after 6 to 7 days in the median (Careery, 2026, a vendor), good news within 1 to 10 (a
# seeker's log, 2014), which holds two thirds of the part.  Slow: rejections after 30 to 60 days and more (the
# same log): the median between them, and a third within.  A narrower part would call dead what is only slow (the
# study in docs/odds.md).  The shares give the mean of 23.8 days from application to decision
# (Glassdoor, 84,000 processes, 2017).  Careery's "three quarters within 8 days" cannot be had with it.
FAST_MEDIAN, FAST_SPREAD = 7 * BUSINESS_DAYS, 0.75
SLOW_MEDIAN, SLOW_SPREAD = sqrt(30 * 60) * BUSINESS_DAYS, 0.8
FAST_SHARE = 0.70
PARTS = ((FAST_SHARE, FAST_MEDIAN, FAST_SPREAD), (1 - FAST_SHARE, SLOW_MEDIAN, SLOW_SPREAD))

# How much slower than that one's own employers may be.  Means by sector go from 10 to 54 days (Glassdoor): a factor
# of 2.3 either way.  That is two deviations of the pace, a logarithm normal around 0, and of the fast share, Beta
# and worth so many answers, taken together; nobody has published how they divide.
PACE_DEVIATION = 0.3
FAST_WEIGHT = 15

_PACES = tuple(step / 10 for step in range(-10, 11))
_FASTS = tuple((step + 0.5) / 5 for step in range(5))
_TIMES = tuple(product(_PACES, _FASTS))
SHARES = tuple((step + 0.5) / 25 for step in range(25))

# By then most of those who answer have answered: beyond it a wait is overdue.
MOST = 0.6

# Half a year: an answer after a longer wait counts as none.
HORIZON = 130

# What a wait is called depends on the answers of the next week alone.  A claim put off for a day costs each true
# ghost that day, and saves what is answered on it: at equal mean delay the fewest claims are wrong where each is made
# once its days to come save too little for what they cost (the lemma of Neyman and Pearson, Phil. Trans. A 231, 1933,
# with days for chances).  All the answers still to come are no measure of that: slow ones would keep one waiting.
WEEK = 5


@dataclass(frozen=True, slots=True)
class Odds:
    """What to expect of a wait, given one's own: the posterior on a grid of times and never-answered shares.

    A time is a pace and a share of fast answers.  ``belief`` holds for each expectation one row a time and in it
    one probability a share; all of them together sum to 1, and a row of next to nothing is empty.  ``waits``
    are one's own: days, whether answered, and how often.
    """

    belief: Mapping[Expectation, Sequence[Sequence[float]]]
    waits: Mapping[Expectation, Counter[tuple[int, bool]]]

    def hearing_back(self, stage: Stage, days: float, until: float = HORIZON) -> float:
        """The probability that an answer comes by day ``until`` of a wait that was silent for ``days`` business days.

        The wait asked about is meant to be one of the spells, as one that goes on.  Raises KeyError for a
        closed stage, where nobody owes an answer.
        """
        if days >= until:
            return 0.0
        expectation = EXPECTED[stage]
        now, then = still_out(days / expectation.pace), still_out(until / expectation.pace)
        rows = zip(self.belief[expectation], now, then, strict=True)
        return fsum(_hearing_back(row, out, late) for row, out, late in rows if row)

    def within_a_week(self, stage: Stage, days: float) -> float:
        """The same for an answer in the five business days to come."""
        return self.hearing_back(stage, days, min(days + WEEK, HORIZON))

    def overdue_after(self, stage: Stage) -> float:
        """The business days within which three in five of those who answer have answered."""
        expectation = EXPECTED[stage]
        times = [fsum(row) for row in self.belief[expectation]]
        low, high = 0.0, 10_000.0
        while high - low > 0.01:  # noqa: PLR2004  a few minutes
            middle = (low + high) / 2
            out = fsum(p * s for p, s in zip(times, still_out(middle / expectation.pace), strict=True))
            low, high = (middle, high) if out > 1 - MOST else (low, middle)
        return high

    def rests_on(self, stage: Stage) -> int:
        """How many of one's own waits at such a stage it rests on; the times rest on those of all stages."""
        return self.waits[EXPECTED[stage]].total()

    def answers(self, stage: Stage) -> list[int]:
        """How many business days each answer to one's own waits at such a stage took, in no order."""
        return [days for days, came in self.waits[EXPECTED[stage]].elements() if came]


def fit(spells: Iterable[Spell]) -> Odds:
    """What one's own waits make of what is published; without any, just that.

    Each stage has its share of never answered waits, all have one pace and one share of fast answers; days
    count as whole ones.  Raises KeyError for a spell at a closed stage.
    """
    seen: dict[Expectation, Counter[tuple[int, bool]]] = {each: Counter() for each in EXPECTED.values()}
    for spell in spells:
        seen[EXPECTED[spell.stage]][round(spell.days), spell.answered] += 1
    surfaces = {each: _surface(each, sorted(waits.items())) for each, waits in seen.items()}
    evidence = {each: [_log_sum(row) for row in surface] for each, surface in surfaces.items()}
    of_stages = zip(*evidence.values(), strict=True)
    times = [_log_prior(*time) + fsum(logs) for time, logs in zip(_TIMES, of_stages, strict=True)]
    total = _log_sum(times)
    belief = {
        each: tuple(
            tuple(exp(cell - inside + time - total) for cell in row) if time - total > _NEGLIGIBLE else ()
            for row, inside, time in zip(surface, evidence[each], times, strict=True)
        )
        for each, surface in surfaces.items()
    }
    return Odds(belief, seen)


def _surface(expectation: Expectation, waits: Sequence[tuple[tuple[int, bool], int]]) -> list[list[float]]:
    """The logarithm of prior times likelihood, one row a time and in it one cell a share."""
    answered = [(days, n) for (days, came), n in waits if came]
    open_ = [(days, n) for (days, came), n in waits if not came]
    n_answered = sum(n for _, n in answered)
    prior = [(expectation.never - 1) * log(p) + (expectation.ever - 1 + n_answered) * log1p(-p) for p in SHARES]
    pace = expectation.pace
    came = map(fsum, _transposed([[n * log(chance) for chance in _on_the_day(days, pace)] for days, n in answered]))
    out = _transposed([still_out(days / pace) for days, _ in open_])
    times = [n for _, n in open_]
    return [
        [base + c + _log_silent(p, o, times) for p, base in zip(SHARES, prior, strict=True)]
        for c, o in zip(came, out, strict=True)
    ]


def _transposed(rows: Sequence[Sequence[float]]) -> Sequence[Sequence[float]]:
    """One row a time, from one column a time; there may be no rows."""
    return list(zip(*rows, strict=True)) if rows else [()] * len(_TIMES)


def _log_silent(never: float, out: Sequence[float], times: Sequence[int]) -> float:
    ever = 1 - never
    return sum([n * log(never + ever * s) for s, n in zip(out, times, strict=True)])


def _hearing_back(row: Sequence[float], out: float, late: float) -> float:
    """What one time adds, ``out`` being the share of answers still out, and ``late`` of those that come too late."""
    return sum([w * (1 - p) * (out - late) / (p + (1 - p) * out) for p, w in zip(SHARES, row, strict=True)])


@lru_cache(maxsize=2048)
def still_out(days: float) -> tuple[float, ...]:
    """The share of the answers that take longer than ``days`` after applying, for each time."""
    if days < 1e-6:  # noqa: PLR2004  less than a second: there is no logarithm of nothing
        return (1.0,) * len(_TIMES)
    parts = [[_survival(days * exp(-pace), *part) for _, *part in PARTS] for pace in _PACES]
    return tuple(share * fast + (1 - share) * slow for fast, slow in parts for share in _FASTS)


@lru_cache(maxsize=2048)
def _on_the_day(days: int, slowed: float) -> tuple[float, ...]:
    """The share of the answers that come on this day, for each time; a stage may be ``slowed`` as a whole."""
    before, after = still_out((days - 0.5) / slowed), still_out((days + 0.5) / slowed)
    return tuple(max(b - a, _TINY) for b, a in zip(before, after, strict=True))


def _survival(days: float, median: float, spread: float) -> float:
    """The share of a log-normal that lies beyond ``days``."""
    return erfc(log(days / median) / (spread * sqrt(2))) / 2


def _log_prior(pace: float, fast: float) -> float:
    a, b = FAST_WEIGHT * FAST_SHARE, FAST_WEIGHT * (1 - FAST_SHARE)
    return -((pace / PACE_DEVIATION) ** 2) / 2 + (a - 1) * log(fast) + (b - 1) * log1p(-fast)


def _log_sum(logs: Sequence[float]) -> float:
    """The logarithm of the sum of what these are logarithms of."""
    most = max(logs)
    return most + log(fsum(exp(each - most) for each in logs))
