"""The waits of one's own: when they began, how they ended, and whether the odds of them were right."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import CALENDAR, DAY, NAMES, NOW, a_calendar_event, an_application
from hypothesis import given, settings, strategies as st
from test_link import mail
from test_statements import said

from pipeline.link.applications import link
from pipeline.records import Direction, Kind, Stage, Turn, Verb
from pipeline.silence.check import EVERY, WINDOW, look_back
from pipeline.silence.odds import Spell, fit
from pipeline.silence.waits import DatedSpell, as_of, own_spells, past_spells, turn_at

START = NOW - 40 * DAY
OWN = "own"  # a message of the user's


def told(*kinds, every: int = 3):
    """Facts of one application, ``every`` so many days; OWN is a reply of the user's."""
    first, *others = (
        replace(
            mail(Kind.OTHER if kind == OWN else kind),
            date=START + n * every * DAY,
            direction=Direction.OUT if kind == OWN else Direction.IN,
            rfc_message_id=f"<{n}@brightwater.example>",
            thread=("<0@brightwater.example>",) if n else (),
        )
        for n, kind in enumerate(kinds)
    )
    return [first, *others]


def application_of(*kinds, statements=(), **changes):
    facts = told(*kinds)
    [application] = link(facts, NAMES, [replace(s, about=(facts[0].key,)) for s in statements]).applications
    return replace(application, **changes)


def waits(application):
    """The past waits as (first day, last day, answered, stage), counted from the beginning."""
    return [
        ((spell.since - START).days, (spell.until - START).days, spell.answered, spell.stage)
        for spell in past_spells(application)
    ]


@pytest.mark.parametrize("kind", [Kind.REJECTION, Kind.POSITION_CLOSED, Kind.INTERVIEW, Kind.ASSESSMENT, Kind.OFFER])
def test_an_answer_ends_a_wait(kind):
    assert waits(application_of(Kind.ACKNOWLEDGEMENT, kind)) == [(0, 3, True, Stage.APPLIED)]


@pytest.mark.parametrize("kind", [Kind.ACKNOWLEDGEMENT, Kind.OTHER, Kind.JOB_ALERT, OWN])
def test_receipts_newsletters_and_reminders_are_no_answers(kind):
    application = application_of(Kind.ACKNOWLEDGEMENT, kind, Kind.REJECTION)
    assert waits(application) == [(0, 6, True, Stage.APPLIED)]
    assert waits(application_of(Kind.ACKNOWLEDGEMENT, kind)) == []


@pytest.mark.parametrize("kind", [Kind.PAUSED, Kind.ACTION_NEEDED, Kind.IN_REVIEW])
def test_what_is_no_answer_and_moves_the_turn_ends_a_wait_without_one(kind):
    assert waits(application_of(Kind.ACKNOWLEDGEMENT, kind)) == [(0, 3, False, Stage.APPLIED)]


def test_after_a_note_that_they_are_still_looking_a_new_wait_begins():
    application = application_of(Kind.ACKNOWLEDGEMENT, Kind.IN_REVIEW, Kind.REJECTION)
    assert waits(application) == [(0, 3, False, Stage.APPLIED), (3, 6, True, Stage.IN_REVIEW)]


def test_a_test_handed_in_begins_a_wait_at_its_stage():
    application = application_of(Kind.ACKNOWLEDGEMENT, Kind.ASSESSMENT, OWN, Kind.REJECTION)
    assert waits(application)[1] == (6, 9, True, Stage.ASSESSMENT)


def test_after_an_interview_the_wait_begins_on_its_day():
    facts = told(Kind.ACKNOWLEDGEMENT, Kind.INTERVIEW, OWN, Kind.REJECTION)
    facts[1] = replace(facts[1], calendar=(a_calendar_event(START + 8 * DAY),))
    [application] = link(facts, NAMES).applications
    assert waits(application) == [(0, 3, True, Stage.APPLIED), (8, 9, True, Stage.INTERVIEW)]


def test_nothing_was_owed_while_the_interview_lay_ahead():
    facts = told(Kind.ACKNOWLEDGEMENT, Kind.INTERVIEW, OWN, Kind.REJECTION)
    facts[1] = replace(facts[1], calendar=(a_calendar_event(START + 30 * DAY),))
    [application] = link(facts, NAMES).applications
    assert waits(application) == [(0, 3, True, Stage.APPLIED)]


def test_what_began_with_an_answer_has_no_first_wait_unless_the_user_says_when_they_applied():
    application = application_of(Kind.REJECTION)
    assert waits(application) == []
    assert waits(replace(application, applied_at=START - 10 * DAY)) == [(-10, 0, True, Stage.APPLIED)]


@pytest.mark.parametrize(("stage", "answered"), [("ghosted", False), ("withdrawn", False), ("rejected", True)])
def test_the_users_closing_is_an_answer_only_where_they_had_one(stage, answered):
    closing = said(Verb.CLOSE, at=START + 5 * DAY, stage=stage)
    application = application_of(Kind.ACKNOWLEDGEMENT, statements=[closing])
    assert waits(application) == [(0, 5, answered, Stage.APPLIED)]


def test_a_reopened_application_waits_again():
    closing = said(Verb.CLOSE, at=START + 2 * DAY, stage="withdrawn")
    opening = said(Verb.REOPEN, number=2, at=START + 4 * DAY)
    application = application_of(Kind.ACKNOWLEDGEMENT, OWN, Kind.REJECTION, statements=[closing, opening])
    assert waits(application) == [(0, 2, False, Stage.APPLIED), (4, 6, True, Stage.APPLIED)]


def test_an_application_the_user_added_waits_from_its_day():
    adding = said(Verb.ADD, employer="Brightwater", role="Data Analyst", applied=START.isoformat())
    [application] = link([replace(mail(Kind.REJECTION), date=START + 4 * DAY)], NAMES, [adding]).applications
    assert waits(application) == [(0, 4, True, Stage.APPLIED)]


KINDS = st.sampled_from([*(kind for kind in Kind if kind not in {Kind.OUTREACH, Kind.OTHER}), OWN])


@settings(max_examples=150, deadline=None)
@given(st.lists(KINDS, max_size=7))
def test_the_waits_are_those_that_each_moment_had_shown(kinds):
    kinds = [Kind.ACKNOWLEDGEMENT, *kinds]
    facts = told(*kinds)
    found = [link(facts[: n + 1], NAMES).applications for n in range(len(facts))]
    expected = []
    for [before, *more], [after, *_], fact in zip(found, found[1:], facts[1:], strict=False):
        assert not more
        if before.turn is Turn.EMPLOYER and after.turn_message_id != before.turn_message_id:
            expected.append((before.turn_since, fact.date, before.stage))
    assert [(s.since, s.until, s.stage) for s in past_spells(found[-1][0])] == expected


def test_a_wait_that_goes_on_is_known_as_far_as_one_has_looked():
    spell = DatedSpell(START, START + 30 * DAY, answered=True, stage=Stage.APPLIED)
    known = [as_of([spell], CALENDAR, START + days * DAY) for days in (-1, 14, 30, 40)]
    assert known == [[], [Spell(10, False, Stage.APPLIED)], *[[Spell(22, True, Stage.APPLIED)]] * 2]


@pytest.mark.parametrize("closed", [{}, {"stage": Stage.GHOSTED, "turn": Turn.NOBODY}])
def test_a_wait_without_an_answer_never_counts_as_one_that_gets_none(closed):
    young = [application_of(Kind.ACKNOWLEDGEMENT, turn_since=NOW, applied_at=NOW, **closed) for _ in range(30)]
    odds = fit(as_of(own_spells(young, CALENDAR, NOW), CALENDAR, NOW))
    assert odds.hearing_back(Stage.APPLIED, 0) == pytest.approx(fit([]).hearing_back(Stage.APPLIED, 0))


def test_an_open_wait_is_where_the_claim_is():
    application = an_application(interview_at=NOW - 5 * DAY, stage=Stage.INTERVIEW, turn=Turn.USER)
    [spell] = [s for s in own_spells([application], CALENDAR, NOW) if s.until is None]
    assert (Turn.EMPLOYER, spell.since) == turn_at(application, NOW)


def dated(since: float, until: float | None, *, answered: bool = False) -> DatedSpell:
    """A wait that began and ended so many days ago."""
    return DatedSpell(NOW - since * DAY, None if until is None else NOW - until * DAY, answered, Stage.APPLIED)


def test_looking_back_nothing_is_known_that_was_not_known_then():
    early, late = dated(200, 190, answered=True), dated(100, 2, answered=True)
    found = look_back([early, late], CALENDAR, NOW)
    without = look_back([early, dated(100, None)], CALENDAR, NOW)
    assert [f.said for f in found] == [f.said for f in without]
    assert len(found) == 4  # on one of the days the early one was open, on three the late one


def test_a_forecast_is_right_when_the_answer_came_within_four_weeks_of_it():
    [last, *_] = look_back([dated(60, 20, answered=True)], CALENDAR, NOW)
    assert (NOW - last.at, last.came) == (EVERY + DAY, True)
    assert not look_back([dated(60, None)], CALENDAR, NOW)[0].came
    assert 0 < last.said < fit([]).hearing_back(Stage.APPLIED, 0)


def test_a_wait_that_ended_otherwise_within_the_four_weeks_cannot_be_judged():
    assert look_back([dated(60, 20)], CALENDAR, NOW)[0].at < NOW - 2 * EVERY
    assert look_back([], CALENDAR, NOW) == look_back([dated(WINDOW, None)], CALENDAR, NOW) == []
