"""Silence: whose turn it is, how long, what that is called, and when nothing may be claimed."""

from __future__ import annotations

import pytest
from factories import DAY, NOW, PATIENCE, an_application
from hypothesis import given, strategies as st

from pipeline.records import Coverage, Promise, Stage, Turn, Wait
from pipeline.silence import find_silences, turn_at

READ = [Coverage("home", "INBOX", NOW, 10)]


def waiting(days: float, **changes):
    return an_application(turn_since=NOW - days * DAY, **changes)


@pytest.mark.parametrize(
    ("days", "wait"),
    [
        (0, Wait.WAITING),
        (9.9, Wait.WAITING),
        (10, Wait.OVERDUE),
        (20.9, Wait.OVERDUE),
        (21, Wait.SILENT),
        (45, Wait.GHOSTED),
        (400, Wait.GHOSTED),
    ],
)
def test_a_wait_is_named_by_its_length(days, wait):
    [silence] = find_silences([waiting(days)], READ, PATIENCE, NOW)
    assert silence.wait is wait
    assert silence.elapsed == days * DAY


def promised(days_ago: float, *, implies_no: bool = False) -> Promise:
    return Promise((NOW - days_ago * DAY).date(), Turn.EMPLOYER, "You will hear from us.", implies_no)


@pytest.mark.parametrize(
    ("promise", "wait"),
    [
        (promised(-3), Wait.WAITING),
        (promised(0), Wait.WAITING),
        (promised(2), Wait.OVERDUE),
        (promised(23), Wait.SILENT),
        (promised(2, implies_no=True), Wait.GHOSTED),
    ],
)
def test_a_promise_moves_the_clock_and_a_broken_one_is_late(promise, wait):
    [silence] = find_silences([waiting(60, promise=promise)], READ, PATIENCE, NOW)
    assert (silence.wait, silence.promise) == (wait, promise)


def test_a_broken_promise_is_withheld_while_nobody_has_looked():
    [silence] = find_silences([waiting(60, promise=promised(2), unsure=(7,))], READ, PATIENCE, NOW)
    assert silence.wait is Wait.WITHHELD
    [silence] = find_silences([waiting(60, promise=promised(-2), unsure=(7,))], READ, PATIENCE, NOW)
    assert silence.wait is Wait.WAITING


@pytest.mark.parametrize(("days", "wait"), [(1, Wait.WAITING), (0, Wait.SILENT), (-1, Wait.SILENT)])
def test_nothing_is_claimed_before_the_day_until_which_it_is_snoozed(days, wait):
    snoozed = waiting(30, snoozed_until=(NOW + days * DAY).date(), unsure=(7,) if days > 0 else ())
    [silence] = find_silences([snoozed], READ, PATIENCE, NOW)
    assert silence.wait is wait


@pytest.mark.parametrize("turn", [Turn.USER, Turn.NOBODY])
def test_nobody_is_silent_while_it_is_not_their_turn(turn):
    assert find_silences([waiting(60, turn=turn)], READ, PATIENCE, NOW) == []


def test_the_clock_of_an_interview_starts_when_it_took_place():
    application = waiting(40, stage=Stage.INTERVIEW, turn=Turn.USER, interview_at=NOW - 25 * DAY)
    [silence] = find_silences([application], READ, PATIENCE, NOW)
    assert (silence.wait, silence.elapsed) == (Wait.SILENT, 25 * DAY)


def test_before_an_interview_nobody_owes_anything():
    application = waiting(40, stage=Stage.INTERVIEW, turn=Turn.USER, interview_at=NOW + DAY)
    assert turn_at(application, NOW)[0] is Turn.NOBODY


def test_an_interview_that_was_answered_is_over():
    application = waiting(3, stage=Stage.ASSESSMENT, turn=Turn.USER, interview_at=NOW - 10 * DAY)
    assert turn_at(application, NOW)[0] is Turn.USER


def test_a_claim_is_withheld_while_an_undecided_message_may_overturn_it():
    [silence] = find_silences([waiting(60, unsure=(7,))], READ, PATIENCE, NOW)
    assert silence.wait is Wait.WITHHELD
    assert "message 7 may be their answer" in silence.withheld_because


@pytest.mark.parametrize("complete_at", [None, NOW - 55 * DAY])
def test_a_claim_is_withheld_while_one_has_not_looked(complete_at):
    [silence] = find_silences([waiting(60)], [Coverage("home", "INBOX", complete_at, 1)], PATIENCE, NOW)
    assert silence.wait is Wait.WITHHELD
    assert "INBOX" in silence.withheld_because


def test_a_young_wait_needs_no_excuse():
    [silence] = find_silences([waiting(2, unsure=(7,))], [], PATIENCE, NOW)
    assert silence.wait is Wait.WAITING


@given(st.lists(st.floats(min_value=0, max_value=1000), max_size=20))
def test_the_longest_wait_comes_first_and_a_longer_wait_is_never_called_less(days):
    silences = find_silences([waiting(d) for d in days], READ, PATIENCE, NOW)
    order = list(Wait)
    assert [s.elapsed for s in silences] == sorted((s.elapsed for s in silences), reverse=True)
    ranks = [order.index(s.wait) for s in silences]
    assert ranks == sorted(ranks, reverse=True)
