"""Next steps: the situation they fit, the seven families, gaps, and manners (how often, and on which days)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from factories import BERLIN, DAY, ENGLISH, GERMAN, NEXT_STEPS, NOW, WORDING, an_application, as_shipped
from hypothesis import HealthCheck, given, settings, strategies as st

from pipeline.digest.compose import compose
from pipeline.digest.contents import MAX_LISTED, MAX_MOVED, Picture
from pipeline.digest.steps.choose import MAX_GENERAL, Told, mark_of, step_for
from pipeline.digest.steps.situation import situation_of
from pipeline.digest.steps.table import read_steps
from pipeline.digest.steps.vocabulary import CHASES, DRAFTS, FAMILIES, LANGUAGES
from pipeline.draft import DraftKind
from pipeline.errors import ConfigError
from pipeline.funnel.gates import Gate, gap, gates_of, passages
from pipeline.records import Coverage, Direction, Event, Grounds, Kind, Promise, Silence, Stage, Turn, Wait
from pipeline.silence import Calendar, turn_at
from pipeline.workdays import Workdays

COVERAGE = [Coverage("home", "INBOX", NOW, 12)]
GROUNDS = Grounds(
    days=17, odds=0.14, soon=0.02, most_by=9, n_answered=2, n_by_now=2, n_open=9, published=0.4, published_n=11
)
BROKEN = Promise((NOW - 5 * DAY).date(), Turn.EMPLOYER, "You will hear from us.")
CALENDAR = Calendar(Workdays("DE"), BERLIN)


def event(days, kind=None, number=None):
    """What they wrote so many days ago; without a kind, what the user wrote."""
    direction = Direction.IN if kind else Direction.OUT
    return Event(number or round(days * 10) + 1, NOW - days * DAY, direction, kind, "thread")


def after(*events, **changes):
    """An application that was sent sixty days ago, and what came of it."""
    return an_application(applied_at=NOW - 60 * DAY, events=events, **changes)


def rejected(days, *kinds, **changes):
    """They said no so many days ago, after these invitations, each two weeks after the last."""
    invited = [event(days + 14 * n, kind) for n, kind in enumerate(reversed(kinds), 1)]
    return after(*reversed(invited), event(days, Kind.REJECTION), stage=Stage.REJECTED, turn=Turn.NOBODY, **changes)


def waiting(days, **changes):
    return an_application(turn_since=NOW - days * DAY, **changes)


def talked(days_ago, **changes):
    """Invited three weeks ago, the day settled, and the talk had (or still to come, where it is less than none)."""
    events = (event(21, Kind.INTERVIEW), event(20))
    since = NOW - 20 * DAY
    return after(*events, stage=Stage.INTERVIEW, turn_since=since, interview_at=NOW - days_ago * DAY, **changes)


def claim(application, wait, promise=None):
    since = turn_at(application, NOW)[1]
    return Silence(application, wait, NOW - since, since, GROUNDS, promise=promise)


def a_digest(*claimed, said=frozenset(), now=NOW, words=ENGLISH):
    """A digest of applications, each alone or as (application, wait, promise)."""
    pairs = [one if isinstance(one, tuple) else (one, None) for one in claimed]
    silences = [claim(*pair) for pair in pairs if pair[1]]
    applications = [pair[0] for pair in pairs]
    picture = Picture(applications, silences, [], [], COVERAGE, 0, said, NOW - 7 * DAY, Workdays("DE"))
    return compose(picture, replace(WORDING, words=words), now)


def steps_of(digest):
    names = ("moved", "ahead", "your_turn", "interviewed", "silent", "overdue", "closed")
    return [item.step for name in names for item in getattr(digest, name).items if item.step]


def asked_to(due, **changes):
    promise = Promise((NOW + due * DAY).date(), Turn.USER, "Please answer by then.")
    return an_application(turn=Turn.USER, turn_since=NOW - 9 * DAY, promise=promise, **changes)


SITUATIONS = {
    "three sentences": (talked(-1), "your interview is on Tuesday 3 Mar, 08:05"),
    "one example each": (talked(-4), "your interview is on Friday 6 Mar, 08:05"),
    "thank-you": (talked(1), "you talked on Sunday 1 Mar, 08:05"),
    "while they decide": (talked(3), "you talked on Friday 27 Feb, 08:05, and it is their turn"),
    "days to decide": (asked_to(2, stage=Stage.OFFER), "they want your answer to their offer by 4 Mar 2026"),
    "on paper": (asked_to(20, stage=Stage.OFFER), "Brightwater made you an offer"),
    "half an hour": (asked_to(2), "they asked for it by 4 Mar 2026"),
    "late but sent": (asked_to(-2), "they asked for it by 28 Feb 2026"),
    "hours for the test": (asked_to(20, stage=Stage.ASSESSMENT), "Brightwater asks you to take a test"),
    "promise": ((waiting(15), Wait.OVERDUE, BROKEN), "they wanted to answer by 25 Feb 2026"),
    "a word from those you met": ((talked(25), Wait.SILENT), "20 days without a word since your conversation"),
    "a word on your work": ((waiting(25, stage=Stage.ASSESSMENT), Wait.SILENT), "25 days without a word on your work"),
    "how the review is going": ((waiting(25, stage=Stage.IN_REVIEW), Wait.SILENT), "25 days since their last word"),
    "follow-up": ((waiting(25), Wait.SILENT), "25 days without an answer"),
    "last follow-up": (
        (waiting(25, events=(event(25, Kind.ACKNOWLEDGEMENT), event(14))), Wait.SILENT),
        "you asked on 16 Feb 2026, and nobody has answered",
    ),
    "the person, not the position": (
        (replace(talked(19), events=(event(21, Kind.INTERVIEW), event(20), event(9), event(8))), Wait.SILENT),
        "you have met, and your question of 22 Feb 2026 has no answer",
    ),
    "asked twice": (
        (waiting(45, events=(event(45, Kind.ACKNOWLEDGEMENT), event(24), event(14))), Wait.GHOSTED),
        "you have asked twice, last on 16 Feb 2026",
    ),
    "two that went well": ((talked(19), Wait.GHOSTED), "19 days since your conversation"),
    "keep the work": ((waiting(90, stage=Stage.ASSESSMENT), Wait.GHOSTED), "90 days since you handed in your work"),
    "close it": ((waiting(90), Wait.GHOSTED), "90 days without an answer"),
    "what they saw": (
        rejected(2, Kind.INTERVIEW),
        "Brightwater said no, and had seen more of you than your application",
    ),
    "the contact stays": (
        after(
            event(21, Kind.INTERVIEW), event(20), event(2, Kind.POSITION_CLOSED),
            stage=Stage.POSITION_CLOSED, turn=Turn.NOBODY,
        ),
        "they closed the position after you had been in touch",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_has_its_step_with_a_reason_from_the_ledger(name):
    claimed, reason = SITUATIONS[name]
    [step] = steps_of(a_digest(claimed))
    assert (step.name, step.reason) == (name, reason)


def test_what_is_slower_than_most_may_rest():
    application = waiting(12)
    silence = replace(claim(application, Wait.OVERDUE), grounds=replace(GROUNDS, odds=0.45))
    situation = situation_of(application, silence, CALENDAR, NOW, ENGLISH)
    step = step_for(situation, NEXT_STEPS, Told.of(()), Counter(), "en")
    assert (step.family, step.reason) == ("kind", "1 in 2 such waits still end with an answer")


def sent(n, days=40, **changes):
    return [an_application(applied_at=NOW - days * DAY, turn_since=NOW - days * DAY, **changes) for _ in range(n)]


# A second conversation passed and a third failed is a later one failed, as is a second one.
TALKED_ONCE = (Kind.INTERVIEW,)
TALKED_TWICE = (Kind.INTERVIEW, Kind.INTERVIEW)
SEARCHES = {
    "a week of no": ([rejected(d) for d in (1, 2, 3)], "3 employers said no within a week"),
    "later conversations": (
        [*(rejected(70, *TALKED_TWICE) for _ in range(3)), rejected(70, *TALKED_ONCE)],
        "you pass first conversations 3 of 4, later ones 0 of 3",
    ),
    "first conversations": (
        [rejected(70, *TALKED_ONCE) for _ in range(3)],
        "of 3 first conversations 0 led further",
    ),
    "tests": ([rejected(70, Kind.ASSESSMENT) for _ in range(4)], "of 4 tests 0 led further"),
    "the first page": (
        [*(rejected(70) for _ in range(20)), rejected(70, *TALKED_ONCE)],
        "of 21 applications that are decided 1 led to a test or a conversation",
    ),
    "what they had in common": (
        [rejected(d, *TALKED_ONCE) for d in (9, 20, 30)],
        "3 rejections of the last eight weeks came after a first conversation",
    ),
    "so close": (
        [rejected(d, *TALKED_TWICE) for d in (9, 20, 30)],
        "3 rejections of the last eight weeks came after a second conversation or a later one",
    ),
    "after tests": (
        [rejected(d, Kind.ASSESSMENT) for d in (9, 20, 30)],
        "3 rejections of the last eight weeks came after a test",
    ),
    "two minutes with your CV": (
        [rejected(9 + d) for d in range(10)],
        "10 employers of the last eight weeks said no to the application itself",
    ),
    "a name instead of a portal": (sent(12), "12 applications are out, and in 28 days nobody has answered"),
    "a second iron": (
        [talked(9), *sent(3)],
        "Brightwater is the only one you are talking with, and in two weeks you have sent nothing else",
    ),
    "a fresh start": (
        [rejected(40), rejected(50)],
        "of your applications (2) none is open that an answer is still expected from",
    ),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_each_state_of_the_search_has_its_step_with_a_reason_from_the_ledger(name):
    applications, reason = SEARCHES[name]
    found = {step.name: step.reason for step in a_digest(*applications).general}
    assert found[name] == reason


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_reached_by_a_situation(family):
    """Those above are the proof: each is a digest in which the step of that name stands with its reason."""
    reached = {row.name: row.family for row in (*NEXT_STEPS.steps, *NEXT_STEPS.general) if row.when}
    assert any(reached[name] == family for name in (*SITUATIONS, *SEARCHES))
    assert reached.keys() - {*SITUATIONS, *SEARCHES} == {
        "leave it",  # below the list
        "somebody inside", "the next-best role", "the posting again", "your part is done",  # in turn with others
    }  # fmt: skip


# --- gaps --------------------------------------------------------------------------------------------


def test_gates_are_passed_by_going_on():
    offered = after(*(event(d, Kind.INTERVIEW) for d in (50, 40)), event(9, Kind.OFFER), stage=Stage.OFFER)
    found = passages([offered, rejected(5, *TALKED_TWICE), rejected(5, Kind.ASSESSMENT), *sent(4)])
    assert {gate: (one.n_passed, one.n) for gate, one in found.items()} == {
        Gate.APPLICATION: (3, 3),
        Gate.TEST: (0, 1),
        Gate.FIRST_CONVERSATION: (2, 2),
        Gate.LATER_CONVERSATION: (1, 2),
    }


def test_an_invitation_that_is_moved_or_confirmed_is_one_conversation():
    application = after(event(20, Kind.INTERVIEW), event(18, Kind.INTERVIEW), event(16, Kind.INTERVIEW))
    assert gates_of(application) == [Gate.APPLICATION, Gate.FIRST_CONVERSATION]


def test_where_its_day_is_known_a_conversation_is_known_by_it():
    invited = [event(days, Kind.INTERVIEW) for days in (40, 31, 29, 20)]  # the second reminds of the first talk
    days = tuple(NOW - ago * DAY for ago in (30, 19))
    assert gates_of(after(*invited[:2], interviews=days[:1])) == [Gate.APPLICATION, Gate.FIRST_CONVERSATION]
    assert gates_of(after(*invited, interviews=days))[-1] is Gate.LATER_CONVERSATION
    assert gates_of(after(*invited[:3], interviews=days[:1]))[-1] is Gate.LATER_CONVERSATION


@pytest.mark.parametrize("n", [0, 1, 2])
def test_of_too_few_no_gap_is_told(n):
    assert gap(passages([rejected(70, *TALKED_ONCE) for _ in range(n)])) is None
    assert not [s for s in a_digest(*(rejected(70, *TALKED_ONCE) for _ in range(n))).general if "first conv" in s.name]


def test_no_gap_is_told_where_as_many_pass_as_with_others():
    assert gap(passages([rejected(70, *TALKED_TWICE), rejected(70, *TALKED_ONCE), rejected(70, *TALKED_ONCE)])) is None


def test_who_withdraws_and_what_the_employer_closes_fail_at_no_gate():
    closed = [replace(rejected(5), stage=stage) for stage in (Stage.WITHDRAWN, Stage.POSITION_CLOSED)]
    assert passages(closed)[Gate.APPLICATION].n == 0


# --- manners -----------------------------------------------------------------------------------------


def choose(application, said=(), now=NOW, wait=Wait.SILENT):
    since = turn_at(application, now)[1]
    situation = situation_of(
        application, Silence(application, wait, now - since, since, GROUNDS), CALENDAR, now, ENGLISH
    )
    return step_for(situation, NEXT_STEPS, Told.of((application.key, what) for what in said), Counter(), "en")


@pytest.mark.parametrize(
    ("today", "send_on"),
    [
        ("2026-03-02", "2026-03-02"),
        ("2026-03-07", "2026-03-09"),  # a Saturday
        ("2026-04-03", "2026-04-07"),  # Good Friday, and Easter Monday after it
    ],
)
def test_a_chase_is_for_a_working_day(today, send_on):
    now = datetime.fromisoformat(today).replace(hour=9, tzinfo=UTC)
    step = choose(waiting(25), now=now)
    assert step.draft in CHASES
    assert step.on == date.fromisoformat(send_on)


@pytest.mark.parametrize(("asked", "draft"), [([], "follow_up"), ([14], "last_follow_up"), ([14, 9], "closing")])
def test_nobody_is_chased_more_than_twice(asked, draft):
    events = (event(25, Kind.ACKNOWLEDGEMENT), *map(event, asked))
    assert choose(waiting(25, events=events)).draft == draft


def test_a_question_is_given_a_week_to_be_answered():
    assert choose(waiting(25, stage=Stage.IN_REVIEW, events=(event(4),))) is None


def test_two_suggestions_to_chase_are_enough_whether_or_not_they_were_followed():
    said = ("step:2026-01-05:follow-up", "step:2026-01-12:last follow-up", "step:2026-02-02:somebody inside")
    step = choose(waiting(25), said)
    assert step.name == "the next-best role"


def test_thanks_are_no_question():
    application = replace(talked(9), events=(event(21, Kind.INTERVIEW), event(20), event(8)))
    assert choose(application).draft == "follow_up"


def test_no_application_is_told_the_same_twice_running():
    said, names, application = set(), [], waiting(90)
    for week in range(6):
        step = choose(application, said, wait=Wait.GHOSTED)
        names.append(step.name)
        said.add(mark_of(step, (NOW + 7 * week * DAY).date()))
    assert names == ["close it", "your part is done"] * 3


def test_one_digest_does_not_give_everybody_the_same_step():
    names = [step.name for step in steps_of(a_digest(*((waiting(25), Wait.SILENT) for _ in range(5))))]
    assert names == ["follow-up", "somebody inside", "the next-best role", "the posting again", "follow-up"]


def test_thoughts_come_in_turn():
    said, families = set(), []
    for week in range(8):
        digest = a_digest(asked_to(20), said=frozenset(said), now=NOW + 7 * week * DAY)
        families += [step.family for step in digest.general if not step.reason]
        said |= {one for one in digest.said if one[0] == ""}
    assert set(families[:7]) == set(FAMILIES)
    assert families[7] == families[0]


def test_a_reason_of_the_search_is_given_again_when_its_numbers_change():
    three, four = ([rejected(70, *TALKED_ONCE) for _ in range(n)] for n in (3, 4))
    first = a_digest(*three)
    later = first.said | {("", "step:2026-03-09:an hour of yours")}
    assert [step.name for step in a_digest(*three, said=later, now=NOW + 14 * DAY).general if step.reason] == []
    again = a_digest(*four, said=later, now=NOW + 14 * DAY).general
    assert "of 4 first conversations 0 led further" in [step.reason for step in again]


# --- the table ---------------------------------------------------------------------------------------

GOOD = """
[[step]]
name = "x"
family = "kind"
when = { wait = "silent" }
en = { reason = "x", wording = "x" }
"""


def read_own(text):
    return read_steps(replace(as_shipped("next_steps.toml"), own=text))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"kind"', '"hope"', "family must be one of"),
        ('reason = "x"', 'reason = "{salary}"', "cannot be filled in: {salary}"),
        ('reason = "x"', 'reason = "{days"', "cannot be filled in"),
        ('reason = "x"', 'reason = "{days:>9}"', "is to be a plain name"),
        ("reason", "reson", "unknown key 'en.reson'"),
        ('reason = "x", ', "", "en.reason is missing"),
        ('wait = "silent"', 'wait = "bored"', "wait must be one of .* not 'bored'"),
        ('wait = "silent"', "chases = true", "chases must be one of 0, 1, 2, not True"),
        ('wait = "silent"', 'mood = "grey"', "unknown condition 'mood'"),
        ('wait = "silent"', "", "when: is missing"),
        ('when = { wait = "silent" }', "when = 3", "when: is a table"),
        ('name = "x"', 'name = "a:b"', "colon"),
        ('name = "x"', 'name = "x"\ndraft = "poem"', "draft must be one of"),
        ('name = "x"', 'name = "x"\nwait = "silent"', "unknown key 'wait'"),
        ("en = {", "fr = {", "has no words"),
        ("[[step]]", "[[thought]]", "thought: unknown key"),
        ("[[step]]", "[[general]]", "unknown condition 'wait'"),
        ("[[step]]", "[[step", "cannot be read"),
        ("[[step]]", "step = [3]\n[[general]]", "must be a list of tables"),
        ("[[step]]", "[question]\nxx = 'x'\n[[step]]", "question: unknown xx"),
        ("[[step]]", GOOD + "[[step]]", "two with the name 'x'"),
    ],
)
def test_a_wrong_table_of_steps_is_explained(old, new, problem):
    assert read_own(GOOD).steps[0].name == "x"
    with pytest.raises(ConfigError, match=problem):
        read_own(GOOD.replace(old, new))


def test_every_problem_of_a_table_is_named():
    with pytest.raises(ConfigError) as error:
        read_own(GOOD.replace('"kind"', '"hope"').replace('"silent"', '"bored"'))
    assert len(error.value.problems) == 2


def test_the_letters_are_those_that_can_be_drafted():
    assert set(DRAFTS) == set(DraftKind)


def test_every_step_is_worded_in_both_languages():
    for row in (*NEXT_STEPS.steps, *NEXT_STEPS.general):
        assert set(row.words) == set(LANGUAGES)
        assert row.words["en"].wording != row.words["de"].wording
    assert set(NEXT_STEPS.question) == set(LANGUAGES)


def test_a_language_a_row_does_not_have_is_told_in_english():
    [row] = read_own(GOOD).steps
    assert row.words_in("de").wording == "x"


# --- whatever the ledger holds ------------------------------------------------------------------------

DECISIVE = (Kind.ACKNOWLEDGEMENT, Kind.IN_REVIEW, Kind.INTERVIEW, Kind.ASSESSMENT, Kind.OFFER, Kind.REJECTION, None)
days_ago = st.integers(0, 80)


@st.composite
def any_claimed(draw):
    """An application that may make no sense, as (application, wait, promise)."""
    events = sorted((event(d, draw(st.sampled_from(DECISIVE))) for d in draw(st.sets(days_ago, max_size=5))),
                    key=lambda e: e.at)  # fmt: skip
    turn = draw(st.sampled_from(Turn))
    promise = draw(st.none() | st.integers(-20, 20).map(lambda d: Promise((NOW + d * DAY).date(), turn, "By then.")))
    interview = draw(st.none() | st.integers(-9, 30))
    application = after(
        *events,
        stage=draw(st.sampled_from(Stage)),
        turn=turn,
        turn_since=NOW - draw(days_ago) * DAY,
        interview_at=None if interview is None else NOW - (interview * 24 + 5) * timedelta(hours=1),
        role=draw(st.sampled_from(["", "Data Analyst"])),
        promise=promise,
    )
    wait = draw(st.sampled_from(Wait)) if turn_at(application, NOW)[0] is Turn.EMPLOYER else None
    return application, wait, promise if promise and promise.who is Turn.EMPLOYER else None


anything = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@anything
@given(st.lists(any_claimed(), max_size=24), st.sampled_from([ENGLISH, GERMAN]))
def test_no_digest_exceeds_its_caps_or_leaves_a_blank(claimed, words):
    digest = a_digest(*claimed, words=words)
    assert len(digest.moved.items) <= MAX_MOVED
    for name in ("ahead", "your_turn", "interviewed", "silent", "overdue", "closed", "withheld"):
        assert len(getattr(digest, name).items) <= MAX_LISTED
    assert len(digest.general) <= MAX_GENERAL
    told = [key for key, what in digest.said if key and what.startswith("step:")]
    assert len(told) == len(set(told)) == len(steps_of(digest))
    for step in (*steps_of(digest), *digest.general):
        assert "{" not in step.reason + step.wording
        assert step.wording.strip()
        assert step.on is None or CALENDAR.workdays.is_workday(step.on)


@anything
@given(st.lists(any_claimed(), max_size=16))
def test_nothing_is_said_twice_while_its_state_is_the_same(claimed):
    first = a_digest(*claimed)
    second = a_digest(*claimed, said=first.said)
    news = {one for one in first.said if not one[1].startswith("step:")}
    assert not news & second.said
    general = {step.name for step in first.general}
    assert not general & {step.name for step in second.general}


@anything
@given(st.lists(any_claimed(), max_size=16), st.integers(1, 40))
def test_no_step_comes_twice_running(claimed, later):
    """However the days change what holds of an application."""
    first = a_digest(*claimed)
    marks = frozenset(one for one in first.said if one[1].startswith("step:"))
    second = a_digest(*claimed, said=marks, now=NOW + later * DAY)
    again = {key: what for key, what in second.said if key and what.startswith("step:")}
    for key, what in marks:
        if key in again:
            assert what.split(":")[2] != again[key].split(":")[2]
