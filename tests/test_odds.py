"""The odds of still hearing back: what is published, until one's own waits know better."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from pipeline.records import Stage
from pipeline.silence.odds import (
    BUSINESS_DAYS,
    EXPECTED,
    FAST_MEDIAN,
    FAST_SPREAD,
    HORIZON,
    MOST,
    PARTS,
    Spell,
    fit,
)

OPEN_STAGES = sorted(EXPECTED)
WITHOUT_OWN = fit([])

days_of_waiting = st.integers(0, 200)
stages = st.sampled_from(OPEN_STAGES)
histories = st.lists(st.builds(Spell, days_of_waiting.map(float), st.booleans(), stages), max_size=25)
few = settings(max_examples=60, deadline=None)


def an_own_history(n: int, never: float, slower: float, seed: int) -> list[Spell]:
    """``n`` applications sent over half a year, as they stand at its end."""
    chance = random.Random(seed)
    spells = []
    for _ in range(n):
        age = chance.randrange(130)
        share, *fast = PARTS[0]
        median, spread = fast if chance.random() < share else PARTS[1][1:]
        day = math.inf if chance.random() < never else slower * median * math.exp(spread * chance.gauss())
        spells.append(Spell(min(day, age), day <= age, Stage.APPLIED))
    return spells


@pytest.mark.parametrize(
    ("stage", "silent", "of"),
    [
        pytest.param(Stage.APPLIED, 141, 234, id="Dewey's log, 2018"),
        pytest.param(Stage.IN_REVIEW, 141, 234, id="in review is after applying"),
        pytest.param(Stage.INTERVIEW, 51, 144, id="Snyder's thirty seekers, 2025"),
    ],
)
def test_on_the_first_day_the_odds_are_the_published_share_of_answers(stage, silent, of):
    assert WITHOUT_OWN.hearing_back(stage, 0) == pytest.approx(1 - silent / of, abs=0.02)


def test_the_published_days_are_met_in_the_mean_and_in_the_fast_part():
    mean = sum(share * median * math.exp(spread**2 / 2) for share, median, spread in PARTS)
    assert mean / BUSINESS_DAYS == pytest.approx(23.8, abs=0.3)
    assert pytest.approx(7 * BUSINESS_DAYS) == FAST_MEDIAN
    late, early = (0.5 * math.erfc(math.log(days / 7) / (FAST_SPREAD * math.sqrt(2))) for days in (10, 1))
    assert early - late == pytest.approx(2 / 3, abs=0.03)


@pytest.mark.parametrize(
    ("stage", "silent", "ghosted"),
    [
        (Stage.APPLIED, (10, 20), (45, 60)),
        (Stage.ASSESSMENT, (15, 25), (40, 55)),
        (Stage.INTERVIEW, (15, 25), (40, 60)),
    ],
)
def test_without_own_waits_hope_ends_after_weeks_not_days(stage, silent, ghosted):
    for limit, (still, no_more) in ((0.20, silent), (0.05, ghosted)):
        assert WITHOUT_OWN.hearing_back(stage, still) > limit > WITHOUT_OWN.hearing_back(stage, no_more)


def test_a_wait_is_overdue_when_three_in_five_of_the_answers_are_there():
    overdue = {stage: WITHOUT_OWN.overdue_after(stage) for stage in OPEN_STAGES}
    assert overdue[Stage.INTERVIEW] < overdue[Stage.ASSESSMENT] < overdue[Stage.APPLIED]
    odds = fit(an_own_history(600, never=0.5, slower=1.3, seed=7))
    days = odds.overdue_after(Stage.APPLIED) / 1.3
    out = sum(share * math.erfc(math.log(days / median) / spread / math.sqrt(2)) / 2 for share, median, spread in PARTS)
    assert out == pytest.approx(1 - MOST, abs=0.03)


def test_nobody_owes_an_answer_at_a_closed_stage():
    with pytest.raises(KeyError):
        WITHOUT_OWN.hearing_back(Stage.REJECTED, 3)
    with pytest.raises(KeyError):
        fit([Spell(3, True, Stage.POSITION_CLOSED)])


def test_it_says_how_many_own_waits_it_rests_on():
    odds = fit([Spell(3, True, Stage.APPLIED), Spell(30, False, Stage.IN_REVIEW), Spell(9, False, Stage.INTERVIEW)])
    assert [odds.rests_on(stage) for stage in (Stage.APPLIED, Stage.INTERVIEW, Stage.ASSESSMENT)] == [2, 1, 0]
    assert WITHOUT_OWN.rests_on(Stage.APPLIED) == 0


@few
@given(histories, stages, st.lists(st.floats(0, 2_000), min_size=2, max_size=8))
def test_the_odds_are_a_probability_and_fall_with_every_day(spells, stage, days):
    odds = fit(spells)
    found = [odds.hearing_back(stage, each) for each in sorted(days)]
    assert all(0 <= each <= 1 for each in found)
    assert found == sorted(found, reverse=True)


@few
@given(histories, stages, days_of_waiting, days_of_waiting)
def test_an_answer_that_took_as_long_raises_the_odds(spells, stage, one, other):
    asked, came = sorted([one, other])
    more = fit([*spells, Spell(came, True, stage)])
    assert more.hearing_back(stage, asked) >= fit(spells).hearing_back(stage, asked) - 1e-9


@few
@given(histories, stages, st.integers(1, 200))
def test_a_wait_that_goes_on_lowers_the_odds_of_the_next(spells, stage, days):
    more = fit([*spells, Spell(days, False, stage)])
    assert more.hearing_back(stage, 0) < fit(spells).hearing_back(stage, 0)


@few
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_the_waits_does_not_matter(spells, chance):
    shuffled = chance.sample(spells, len(spells))
    assert fit(shuffled) == fit(spells)


@few
@given(stages, st.integers(1, 30), st.integers(1, 30))
def test_the_more_answers_one_has_had_the_less_the_published_share_counts(stage, days, n):
    ever = [fit([Spell(days, True, stage)] * many).hearing_back(stage, 0) for many in (0, n, n + 5)]
    assert ever == sorted(ever)
    assert ever[2] > ever[0]


@few
@given(stages, st.integers(0, 10), st.integers(0, 10))
def test_the_odds_of_a_new_wait_lie_between_what_is_published_and_ones_own_share(stage, n_answered, n_not):
    own = [Spell(5, True, stage)] * n_answered + [Spell(HORIZON, False, stage)] * n_not
    published = WITHOUT_OWN.hearing_back(stage, 0)
    share = n_answered / len(own) if own else published
    assert min(published, share) - 0.03 <= fit(own).hearing_back(stage, 0) <= max(published, share) + 0.03


@few
@given(histories, stages)
def test_a_wait_that_has_just_begun_tells_nothing(spells, stage):
    more = fit([*spells, Spell(0, False, stage)])
    assert more.hearing_back(stage, 10) == pytest.approx(fit(spells).hearing_back(stage, 10), rel=1e-6)


@few
@given(histories, stages, st.tuples(days_of_waiting, days_of_waiting, days_of_waiting))
def test_the_more_time_there_is_for_an_answer_the_more_probable_it_is(spells, stage, days):
    now, sooner, later = sorted(days)
    odds = fit(spells)
    assert 0 <= odds.hearing_back(stage, now, sooner) <= odds.hearing_back(stage, now, later) <= 1


@few
@given(histories, stages, days_of_waiting, days_of_waiting)
def test_the_odds_of_a_wait_are_those_of_a_new_one_given_its_silence(spells, stage, one, other):
    """P(an answer between the two | silent until the first), the wait asked about being one of the spells."""
    now, then = sorted([one, other])
    by_now, by_then = (fit(spells).hearing_back(stage, 0, day) for day in (now, then))
    found = fit([*spells, Spell(now, False, stage)]).hearing_back(stage, now, then)
    assert found == pytest.approx((by_then - by_now) / (1 - by_now), abs=1e-6)


@few
@given(histories, stages, days_of_waiting, st.integers(1, 20))
def test_once_most_have_answered_an_answer_within_a_week_grows_less_probable_by_the_day(spells, stage, days, later):
    odds = fit(spells)
    late = odds.overdue_after(stage) + days
    assert odds.within_a_week(stage, late + later) <= odds.within_a_week(stage, late) <= odds.hearing_back(stage, late)


def test_after_half_a_year_no_answer_counts():
    assert (
        WITHOUT_OWN.within_a_week(Stage.APPLIED, HORIZON) == 0 < WITHOUT_OWN.within_a_week(Stage.APPLIED, HORIZON - 1)
    )
    assert WITHOUT_OWN.hearing_back(Stage.APPLIED, HORIZON) == 0 < WITHOUT_OWN.hearing_back(Stage.APPLIED, HORIZON - 1)


def test_quick_answers_to_others_make_a_long_silence_say_more():
    quick = fit([Spell(1, True, Stage.APPLIED)] * 5)
    assert quick.hearing_back(Stage.APPLIED, 30) < WITHOUT_OWN.hearing_back(Stage.APPLIED, 30)


@pytest.mark.parametrize(("never", "slower"), [(0.3, 1.0), (0.6, 0.6), (0.6, 1.6), (0.85, 1.0)])
def test_two_hundred_own_waits_find_the_truth(never, slower):
    found = [fit(an_own_history(200, never, slower, seed)) for seed in range(5)]
    ever = [1 - odds.hearing_back(Stage.APPLIED, 0) for odds in found]
    overdue = [odds.overdue_after(Stage.APPLIED) for odds in found]
    assert sum(ever) / 5 == pytest.approx(never, abs=0.06)
    assert sum(overdue) / 5 == pytest.approx(slower * WITHOUT_OWN.overdue_after(Stage.APPLIED), rel=0.2)


def test_thousands_of_waits_and_years_of_silence_stay_finite():
    odds = fit([Spell(2_000, False, Stage.APPLIED)] * 3_000 + [Spell(900, True, Stage.APPLIED)] * 3_000)
    assert 0 <= odds.hearing_back(Stage.APPLIED, 100_000) < odds.hearing_back(Stage.APPLIED, 0) < 1


def test_it_imports_neither_numpy_nor_scipy():
    program = "import sys; from pipeline.silence.odds import fit; fit([]); print({'numpy', 'scipy'} & {*sys.modules})"
    here = Path(__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(here)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
