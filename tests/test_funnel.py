"""The funnel: who came how far, how long answers take where many are still to come, and what others published."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC

import numpy as np
import pytest
from factories import BERLIN, DAY, ME, NOW, a_fact, an_application, as_shipped
from hypothesis import given, strategies as st

from pipeline.errors import ConfigError, UnavailableError
from pipeline.funnel.channel import Channel, Channels
from pipeline.funnel.course import Step, Wait, furthest, wait_after_interview, wait_for_answer
from pipeline.funnel.delay import Estimate, curve_of, incidence, median_of
from pipeline.funnel.figures import Funnel, funnel_of, share
from pipeline.funnel.picture import painter
from pipeline.funnel.published import Compared, read_published
from pipeline.records import Address, Direction, Event, Kind, Label, Stage
from pipeline.rulefile import RuleFile

PUBLISHED = read_published(as_shipped("published.toml"))
CHANNELS = Channels.of_rules(as_shipped("ats.toml"))
START = NOW - 100 * DAY


def course(*told: tuple[int, Kind], **changes):
    """An application that was sent 100 days ago, and what the employer said so many days after."""
    events = [Event(1, START, Direction.IN, Kind.ACKNOWLEDGEMENT, "opened")]
    events += [Event(n, START + d * DAY, Direction.IN, kind, "thread") for n, (d, kind) in enumerate(told, 2)]
    return an_application(applied_at=START, turn_since=START, events=tuple(events), **changes)


def funnel(applications, published=PUBLISHED, channel=Channel.ATS) -> Funnel:
    return funnel_of(applications, {a.key: channel for a in applications}, published, BERLIN, NOW)


def counts(figures: Funnel) -> dict[str, int]:
    return {str(step): of.count for step, of in figures.steps.items()}


# --- how far --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "stage", "step"),
    [
        ((), Stage.APPLIED, Step.APPLIED),
        (((3, Kind.IN_REVIEW),), Stage.IN_REVIEW, Step.APPLIED),
        (((3, Kind.PAUSED), (4, Kind.ACTION_NEEDED)), Stage.PAUSED, Step.APPLIED),
        (((3, Kind.REJECTION),), Stage.REJECTED, Step.ANSWERED),
        (((3, Kind.POSITION_CLOSED),), Stage.POSITION_CLOSED, Step.ANSWERED),
        (((3, Kind.ASSESSMENT),), Stage.ASSESSMENT, Step.ANSWERED),
        (((3, Kind.INTERVIEW), (9, Kind.REJECTION)), Stage.REJECTED, Step.INTERVIEW),
        (((3, Kind.INTERVIEW), (9, Kind.OFFER)), Stage.OFFER, Step.OFFER),
        (((3, Kind.OFFER),), Stage.WITHDRAWN, Step.OFFER),
        ((), Stage.REJECTED, Step.ANSWERED),
        ((), Stage.ACCEPTED, Step.OFFER),
        ((), Stage.GHOSTED, Step.APPLIED),
        ((), Stage.WITHDRAWN, Step.APPLIED),
    ],
)
def test_the_furthest_step_follows_what_was_written_and_what_the_user_said(told, stage, step):
    assert furthest(course(*told, stage=stage)) is step


def test_who_reached_a_step_has_reached_all_before_it():
    figures = funnel([course(), course((3, Kind.REJECTION)), course((3, Kind.OFFER))])
    assert counts(figures) == {"applied": 3, "answered": 2, "interview": 1, "offer": 1}


def test_a_share_has_the_interval_of_wilson():
    """The example of Newcombe 1998, table I: 81 of 263."""
    of = share(81, 263)
    assert (of.low, of.high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


@given(st.integers(0, 300), st.integers(0, 300))
def test_an_interval_holds_its_share_and_lies_between_nothing_and_all(a, b):
    of = share(min(a, b), max(a, b))
    if of.n == 0:
        assert of.low is of.high is None
    else:
        assert 0 <= of.low <= of.count / of.n + 1e-9
        assert of.count / of.n - 1e-9 <= of.high <= 1


def test_nothing_at_all_has_figures_too():
    figures = funnel([])
    assert (figures.n, counts(figures)["applied"], figures.half, figures.months) == (0, 0, None, {})
    assert all(one.own is None for one in figures.comparisons)


def test_a_doubt_is_counted():
    assert funnel([course(unsure=(7,)), course()]).n_doubtful == 1


# --- the waits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("application", "expected"),
    [
        (course((12, Kind.REJECTION)), Wait(12, Label.REJECTION)),
        (course((5, Kind.IN_REVIEW), (9, Kind.INTERVIEW), (12, Kind.REJECTION)), Wait(9, Label.INVITATION)),
        (course(), Wait(100, None)),
        (replace(course(), stage=Stage.WITHDRAWN, turn_since=START + 30 * DAY), Wait(30, None)),
        (replace(course(), stage=Stage.GHOSTED, turn_since=START + 30 * DAY), Wait(30, None)),
        (replace(course(), stage=Stage.REJECTED, turn_since=START + 30 * DAY), Wait(30, Label.REJECTION)),
        (replace(course(), stage=Stage.ACCEPTED, turn_since=START + 30 * DAY), Wait(30, Label.INVITATION)),
        (replace(course((12, Kind.REJECTION)), applied_at=None), None),
        (replace(course((12, Kind.REJECTION)), applied_at=START + 20 * DAY), None),
        (replace(course(), applied_at=NOW + DAY), None),
    ],
)
def test_a_wait_ends_with_the_answer_or_is_censored(application, expected):
    assert wait_for_answer(application, NOW) == expected


@pytest.mark.parametrize(
    ("application", "expected"),
    [
        (course(), None),
        (course((10, Kind.INTERVIEW)), Wait(90, None)),
        (course((10, Kind.INTERVIEW), interview_at=START + 15 * DAY), Wait(85, None)),
        (course((10, Kind.INTERVIEW), interview_at=NOW + DAY), None),
        (course((10, Kind.INTERVIEW), (30, Kind.REJECTION)), Wait(20, Label.REJECTION)),
        (course((10, Kind.INTERVIEW), (20, Kind.INTERVIEW), (23, Kind.OFFER)), Wait(3, Label.INVITATION)),
    ],
)
def test_a_wait_after_an_interview_begins_with_the_last(application, expected):
    assert wait_after_interview(application, NOW) == expected


def test_nothing_is_known_after_the_mail_was_last_read():
    assert wait_for_answer(course(), START + 3 * DAY) == Wait(3, None)


WAITS = st.lists(
    st.builds(Wait, st.integers(0, 40).map(float), st.sampled_from([None, Label.INVITATION, Label.REJECTION])),
    min_size=1,
    max_size=40,
)


def test_the_curve_is_that_of_kaplan_and_meier():
    """Remission times of the 6-MP group in Freireich et al. 1963, as in Kalbfleisch and Prentice."""
    answered = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    curve = curve_of([Wait(d, Label.REJECTION) for d in answered] + [Wait(d, None) for d in censored])
    for day, expected in ((6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)):
        assert curve.at(day).value == pytest.approx(expected, abs=5e-4)
    assert curve.median.value == 23


@given(WAITS)
def test_what_had_each_sort_of_answer_adds_up_to_what_had_any(waits):
    days = np.array([wait.days for wait in waits])
    answered = np.array([wait.answer is not None for wait in waits], dtype=float)
    times, shares = zip(
        *(
            incidence(days, answered, np.array([wait.answer in labels for wait in waits], dtype=float))
            for labels in ((Label.INVITATION,), (Label.REJECTION,), (Label.INVITATION, Label.REJECTION))
        ),
        strict=True,
    )
    invited, rejected, any_answer = shares
    assert np.allclose(invited + rejected, any_answer)
    curve = curve_of(waits)
    if curve.days:
        assert np.allclose(curve.unanswered, 1 - any_answer)
        assert curve.days == tuple(times[0])


@given(WAITS)
def test_the_curve_falls_within_its_band(waits):
    curve = curve_of(waits)
    assert sorted(curve.unanswered, reverse=True) == list(curve.unanswered)
    for low, share_left, high in zip(curve.low, curve.unanswered, curve.high, strict=True):
        assert 0 <= low <= share_left + 1e-9
        assert share_left - 1e-9 <= high <= 1
    for day in (0, 7, 60):
        at = curve.at(day)
        assert at is None or 0 <= at.value <= 1


@given(WAITS, st.randoms())
def test_the_order_of_the_waits_does_not_matter(waits, randoms):
    shuffled = waits.copy()
    randoms.shuffle(shuffled)
    one, other = curve_of(waits), curve_of(shuffled)
    assert np.allclose(one.unanswered, other.unanswered)


def test_without_censoring_the_median_is_the_plain_one():
    waits = [Wait(float(day), Label.REJECTION) for day in range(1, 12)]
    assert median_of(waits, None).value == median_of(waits, Label.REJECTION).value == 6
    assert median_of(waits, Label.INVITATION) is None


def test_of_a_search_still_running_the_median_is_truer_than_the_plain_one():
    """Rejections take 30 days in the median; a search of 60 days has seen more of the quick ones."""
    rng = np.random.default_rng(5)
    sent, takes = rng.uniform(0, 60, 4_000), rng.lognormal(np.log(30), 0.5, 4_000)
    waits = [Wait(float(min(t, s)), Label.REJECTION if t <= s else None) for s, t in zip(sent, takes, strict=True)]
    plain = np.median([wait.days for wait in waits if wait.answer])
    assert plain < 26
    assert median_of(waits, Label.REJECTION).value == pytest.approx(30, abs=2.5)


def test_of_too_few_answers_there_is_no_median():
    waits = [Wait(3.0, Label.REJECTION)] * 4 + [Wait(50.0, None)] * 30
    assert median_of(waits, None) is None
    assert median_of([*waits, Wait(9.0, Label.REJECTION)], None) is not None


def test_nobody_knows_what_happens_after_the_longest_wait():
    curve = curve_of([Wait(3.0, Label.REJECTION), Wait(10.0, None)])
    assert (curve.at(1), curve.at(3).value, curve.at(10).value, curve.at(11)) == (
        Estimate(1.0, None, None),
        0.5,
        0.5,
        None,
    )
    assert curve_of([Wait(3.0, None)]).at(1) is None


def test_half_of_all_is_a_day_only_once_it_was_reached():
    slow = [course() for _ in range(6)]
    quick = [course((d, Kind.REJECTION)) for d in range(3, 9)]
    assert funnel([*slow, *quick[:4]]).half is None
    assert funnel([*slow[:2], *quick]).half.value == 6


# --- by channel and month -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "channel"),
    [
        ("us.greenhouse-mail.io", Channel.ATS),
        ("e.linkedin.com", Channel.JOB_BOARD),
        ("hays.de", Channel.AGENCY),
        ("brightwater.example", Channel.DIRECT),
        ("gmail.com", Channel.DIRECT),
        ("notgreenhouse.io", Channel.DIRECT),
        ("codility.com", Channel.UNKNOWN),
        ("", Channel.DIRECT),
    ],
)
def test_the_channel_is_that_of_the_sender(domain, channel):
    fact = a_fact(from_=Address("Jo", f"jo@{domain}" if domain else ""))
    assert CHANNELS.of(course(), {1: fact}) is channel


def test_of_own_mail_the_addressee_tells_the_channel():
    own = a_fact(None, direction=Direction.OUT, from_=ME, to=(Address("", "jobs@acme.recruitee-mailbox.com"),))
    assert CHANNELS.of(course(), {1: own}) is Channel.ATS
    assert CHANNELS.of(course(), {1: replace(own, to=())}) is Channel.DIRECT


def test_of_what_the_user_added_the_first_mail_tells_the_channel_if_there_is_any():
    told = Event(-1, START, Direction.OUT, None, "you")
    added = course((3, Kind.REJECTION))
    added = replace(added, events=(told, *added.events[1:]))
    assert CHANNELS.of(added, {}) is Channel.UNKNOWN
    assert CHANNELS.of(added, {2: a_fact(from_=Address("", "x@hays.de"))}) is Channel.AGENCY


def test_months_are_in_order_and_on_the_user_s_clock():
    late = NOW.replace(month=1, day=31, hour=23, minute=30, tzinfo=UTC)
    found = funnel([course(), replace(course((3, Kind.REJECTION)), applied_at=late)]).months
    assert list(found) == ["2025-11", "2026-02"]
    assert found["2026-02"][Step.ANSWERED].count == 1


def test_without_a_day_of_applying_the_month_is_that_of_the_first_message():
    assert list(funnel([replace(course(), applied_at=None)]).months) == ["2025-11"]


# --- beside what others published -----------------------------------------------------------------


def own(figures: Funnel, measure: Compared) -> Estimate | None:
    return next(one.own for one in figures.comparisons if one.published.measure is measure)


def test_every_measure_has_a_published_figure_with_its_source_and_a_caveat():
    assert {one.measure for one in PUBLISHED} == set(Compared)
    assert all(one.source and one.caveat and one.of and one.low <= one.high for one in PUBLISHED)


def test_one_s_own_share_is_that_after_sixty_days():
    figures = funnel([course((d, Kind.REJECTION)) for d in (3, 30, 90)] + [course() for _ in range(7)])
    assert own(figures, Compared.UNANSWERED).value == pytest.approx(0.8)


def test_too_few_or_too_young_applications_are_not_compared():
    assert own(funnel([course((3, Kind.REJECTION))] * 9), Compared.UNANSWERED) is None
    young = [course((3, Kind.REJECTION))] + [replace(course(), applied_at=NOW - 20 * DAY) for _ in range(20)]
    assert own(funnel(young), Compared.UNANSWERED) is None


def test_after_an_interview_only_the_interviewed_count():
    interviewed = [course((3, Kind.INTERVIEW)) for _ in range(6)]
    interviewed += [course((3, Kind.INTERVIEW), (13, Kind.REJECTION)) for _ in range(4)]
    figures = funnel([*interviewed, *(course() for _ in range(50))])
    [found] = [one for one in figures.comparisons if one.published.measure is Compared.UNANSWERED_AFTER_INTERVIEW]
    assert (found.n, found.own.value) == (10, pytest.approx(0.6))


@pytest.mark.parametrize(
    "text",
    [
        "[[figure]]\nmeasure = 'mood'\nlow = 1\nhigh = 2\nof = ''\nsource = ''\ncaveat = ''",
        "[[figure]]\nmeasure = 'unanswered'",
        "[[figure]]\nmeasure = 'unanswered'\nlow = 'x'\nhigh = 2\nof = ''\nsource = ''\ncaveat = ''",
        "figure = [1]",
    ],
)
def test_a_table_that_is_not_one_of_figures_is_told_by_its_row(text):
    with pytest.raises(ConfigError, match="published.toml: figure 1 needs measure"):
        read_published(RuleFile("published.toml", text))


# --- the picture ----------------------------------------------------------------------------------


@pytest.mark.parametrize("applications", [[], [course()], [course((d, Kind.REJECTION)) for d in range(1, 30)]])
def test_any_funnel_can_be_painted_and_is_the_same_each_time(applications):
    figures = funnel(applications)
    assert painter()(figures) == painter()(figures)
    assert painter()(figures).startswith(b"\x89PNG")


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UnavailableError, match="unghost\\[plots\\]"):
        painter()
