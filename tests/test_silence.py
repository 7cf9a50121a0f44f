"""Silence: whose turn it is, how long, what that is called, and when nothing may be claimed."""

from __future__ import annotations

from datetime import datetime

import pytest
from factories import CALENDAR, DAY, FIXED, NOW, PATIENCE, an_application
from hypothesis import given, settings, strategies as st

from pipeline.records import Coverage, Direction, Event, Kind, Promise, Stage, Turn, Wait
from pipeline.silence import Calendar, Patience, find_silences, turn_at
from pipeline.workdays import Workdays

READ = [Coverage("home", "INBOX", NOW, 10)]
few = settings(max_examples=30, deadline=None)


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
def test_a_wait_is_named_by_the_users_own_days(days, wait):
    [silence] = find_silences([waiting(days)], READ, FIXED, NOW)
    assert silence.wait is wait


@pytest.mark.parametrize(
    ("hour", "days"), [("2026-02-04T22:59", 26), ("2026-02-04T23:00", 25), ("2026-03-01T21:00", 1)]
)
def test_the_days_since_are_those_between_two_days_on_the_users_clock_whatever_the_hour(hour, days):
    [silence] = find_silences([an_application(turn_since=datetime.fromisoformat(f"{hour}+00:00"))], READ, PATIENCE, NOW)
    assert silence.elapsed == days * DAY


@pytest.mark.parametrize(
    ("stage", "days", "wait"),
    [
        (Stage.APPLIED, 7, Wait.WAITING),
        (Stage.APPLIED, 19, Wait.OVERDUE),
        (Stage.APPLIED, 28, Wait.SILENT),
        (Stage.INTERVIEW, 28, Wait.OVERDUE),
        (Stage.INTERVIEW, 42, Wait.SILENT),
        (Stage.APPLIED, 80, Wait.GHOSTED),
        (Stage.INTERVIEW, 80, Wait.GHOSTED),
    ],
)
def test_without_own_days_a_wait_is_named_by_its_odds(stage, days, wait):
    [silence] = find_silences([waiting(days, stage=stage)], READ, PATIENCE, NOW)
    assert silence.wait is wait
    assert (silence.grounds.soon < 0.008) == (wait is Wait.GHOSTED)


def test_of_the_users_own_days_each_may_stand_alone():
    impatient = Patience(CALENDAR, fixed={Wait.GHOSTED: 20})
    waits = [find_silences([waiting(days)], READ, impatient, NOW)[0].wait for days in (7, 19, 20)]
    assert waits == [Wait.WAITING, Wait.OVERDUE, Wait.GHOSTED]


def test_a_wait_is_no_more_than_that_until_most_who_answer_have_done_so():
    hopeless = Patience(CALENDAR, silent_below=0.9, ghosted_below=0.8)
    waits = [find_silences([waiting(days)], READ, hopeless, NOW)[0].wait for days in (2, 20)]
    assert waits == [Wait.WAITING, Wait.GHOSTED]


def answered(took: float, began: float = 200, kind: Kind = Kind.REJECTION):
    """An application that was sent ``began`` days ago and answered after ``took`` days."""
    since = NOW - began * DAY
    events = (
        Event(1, since, Direction.IN, Kind.ACKNOWLEDGEMENT, "opened"),
        Event(2, since + took * DAY, Direction.IN, kind, "thread"),
    )
    return an_application(
        applied_at=since, turn=Turn.NOBODY, turn_since=events[1].at, stage=Stage.REJECTED, events=events
    )


def test_the_numbers_of_a_claim_are_those_of_the_own_waits():
    others = [answered(7), answered(14), answered(70)]
    silences = find_silences([*others, waiting(28), waiting(5)], READ, PATIENCE, NOW)
    grounds = silences[0].grounds
    assert (grounds.days, grounds.n_answered, grounds.n_by_now, grounds.n_open) == (20, 3, 2, 2)
    assert (grounds.published, grounds.published_n) == (0.6, 10)
    assert grounds.odds < silences[1].grounds.odds


def test_where_answers_come_soon_or_not_at_all_a_claim_comes_sooner():
    asked = waiting(15)
    assert find_silences([asked], READ, PATIENCE, NOW)[-1].wait is Wait.OVERDUE
    others = [answered(1) for _ in range(6)] + [waiting(100) for _ in range(10)]
    assert find_silences([asked, *others], READ, PATIENCE, NOW)[-1].wait is Wait.SILENT


def test_days_are_working_days_of_the_users_country_on_the_users_clock():
    late = datetime.fromisoformat("2025-12-23T23:30:00+00:00")  # half past midnight in Berlin: Christmas Eve
    application = an_application(turn_since=late)
    bavaria = Patience(Calendar(Workdays("DE-BY"), CALENDAR.zone))
    days = [find_silences([application], READ, p, NOW)[0].grounds.days for p in (PATIENCE, bavaria)]
    assert days == [48, 44]  # both days of Christmas, New Year's Day and Epiphany


@few
@given(st.lists(st.floats(0, 150), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_applications_changes_no_claim(days, chance):
    applications = [waiting(d) if n % 2 else answered(d) for n, d in enumerate(days)]
    shuffled = chance.sample(applications, len(applications))
    assert find_silences(shuffled, READ, PATIENCE, NOW) == find_silences(applications, READ, PATIENCE, NOW)


def test_what_nobody_has_looked_for_does_not_count_as_silence():
    others = [waiting(60) for _ in range(20)]
    seen, unseen = (
        find_silences([waiting(3), *others], [Coverage("home", "INBOX", NOW - ago * DAY, 1)], PATIENCE, NOW)[-1]
        for ago in (0, 58)
    )
    assert unseen.grounds.odds > seen.grounds.odds


def test_a_wait_whose_answer_may_be_there_tells_nothing_of_the_others():
    others = [waiting(60, unsure=(7,)) for _ in range(20)]
    alone, among = (find_silences(each, READ, PATIENCE, NOW)[-1] for each in ([waiting(3)], [waiting(3), *others]))
    assert among.grounds.odds == pytest.approx(alone.grounds.odds, abs=0.01)


def promised(days_ago: float, *, implies_no: bool = False) -> Promise:
    return Promise((NOW - days_ago * DAY).date(), Turn.EMPLOYER, "You will hear from us.", implies_no)


@pytest.mark.parametrize(
    ("promise", "wait"),
    [
        (promised(-3), Wait.WAITING),
        (promised(0), Wait.WAITING),
        (promised(2), Wait.OVERDUE),
        (promised(40), Wait.SILENT),
        (promised(2, implies_no=True), Wait.GHOSTED),
    ],
)
def test_a_promise_moves_the_clock_and_a_broken_one_is_late(promise, wait):
    [silence] = find_silences([waiting(60, promise=promise)], READ, PATIENCE, NOW)
    assert (silence.wait, silence.promise) == (wait, promise)


def test_the_day_of_a_promise_ends_at_midnight_where_the_user_is():
    application = waiting(60, promise=Promise(NOW.date(), Turn.EMPLOYER, "By today."))
    just_before, just_after = (datetime.fromisoformat(f"2026-03-02T{time}:00+00:00") for time in ("22:59", "23:01"))
    coverage = [Coverage("home", "INBOX", just_after, 1)]
    waits = [find_silences([application], coverage, PATIENCE, at)[0].wait for at in (just_before, just_after)]
    assert waits == [Wait.WAITING, Wait.OVERDUE]


def test_after_a_promise_the_days_count_from_its_day():
    [silence] = find_silences([waiting(60, promise=promised(4))], READ, PATIENCE, NOW)
    assert (silence.elapsed, silence.grounds.days) == (60 * DAY, 2)  # a weekend lies between


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
    assert (silence.wait, silence.elapsed, silence.grounds.days) == (Wait.OVERDUE, 25 * DAY, 17)


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


@few
@given(st.lists(st.floats(min_value=0, max_value=1000), max_size=20))
def test_the_longest_wait_comes_first_and_a_longer_wait_is_never_called_less(days):
    silences = find_silences([waiting(d) for d in days], READ, PATIENCE, NOW)
    order = list(Wait)
    assert [s.elapsed for s in silences] == sorted((s.elapsed for s in silences), reverse=True)
    ranks = [order.index(s.wait) for s in silences]
    assert ranks == sorted(ranks, reverse=True)
