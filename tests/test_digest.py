"""The digest: what is worth saying, once, in words that can be trusted."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote

import mailparser
import pytest
from factories import BERLIN, DAY, ENGLISH, FIXED, GERMAN, NOW, PATIENCE, WORDING, a_message, an_application

from pipeline.digest.compose import compose
from pipeline.digest.contents import MAX_LISTED, MAX_MOVED, Picture
from pipeline.digest.grounds import evidence_sentence, odds_words
from pipeline.digest.render import (
    answers_digest,
    html_of,
    is_own_digest,
    learned_sentence,
    render,
    subject_of,
    text_of,
    wait_sentence,
)
from pipeline.digest.schedule import Schedule, due_period
from pipeline.funnel.course import Step
from pipeline.funnel.figures import funnel_of
from pipeline.records import (
    Address,
    Coverage,
    Direction,
    Event,
    Flaw,
    Kind,
    Learned,
    Measure,
    Promise,
    Question,
    Stage,
    Turn,
    Unsure,
    Wait,
)
from pipeline.silence import find_silences

COVERAGE = [Coverage("home", "INBOX", NOW, 12)]


def a_picture(*applications, said=frozenset(), previous_at=NOW - 7 * DAY, unsure=(), questions=()):
    silences = find_silences(applications, COVERAGE, FIXED, NOW)
    return Picture(applications, silences, unsure, questions, COVERAGE, 0, said, previous_at)


def digest_of(*applications, **picture):
    return compose(a_picture(*applications, **picture), WORDING, NOW)


def invited(**changes):
    event = Event(77, NOW - 2 * DAY, Direction.IN, Kind.INTERVIEW, "thread")
    return an_application(stage=Stage.INTERVIEW, turn=Turn.USER, turn_since=event.at, events=(event,), **changes)


def rejected(**changes):
    event = Event(78, NOW - 2 * DAY, Direction.IN, Kind.REJECTION, "thread")
    return an_application(stage=Stage.REJECTED, turn=Turn.NOBODY, turn_since=event.at, events=(event,), **changes)


def waiting(days, **changes):
    return an_application(turn_since=NOW - days * DAY, **changes)


def interviewed(**changes):
    event = Event(79, NOW - 20 * DAY, Direction.IN, Kind.INTERVIEW, "thread")
    since = {"turn_since": NOW - 19 * DAY, "interview_at": NOW - DAY, "events": (event,)}
    return an_application(stage=Stage.INTERVIEW, **since, **changes)


def an_unsure(**changes):
    unsure = Unsure(9, NOW - DAY, Address("Jo", "jo@x.example"), "About Monday", Kind.INTERVIEW, 0.71, 0.8, ())
    return replace(unsure, **changes)


@pytest.mark.parametrize(
    ("now", "period"),
    [
        ("2026-03-02T06:59", "2026-02-23"),  # 07:59 in Berlin: not yet
        ("2026-03-02T07:00", "2026-03-02"),
        ("2026-03-04T23:00", "2026-03-02"),
        ("2026-03-08T22:59", "2026-03-02"),
        ("2026-03-30T06:00", "2026-03-30"),  # summer time since yesterday: 08:00 in Berlin
    ],
)
def test_a_digest_is_due_from_its_hour_on_the_readers_clock(now, period):
    schedule = Schedule(0, 8, WORDING.zone)
    assert due_period(schedule, datetime.fromisoformat(now).replace(tzinfo=UTC)) == period


def test_a_quiet_week_says_so():
    digest = digest_of(waiting(3))
    assert not digest.has_news
    assert subject_of(digest, ENGLISH) == "Your applications: nothing new this week"
    assert "Nothing new this week" in text_of(digest, WORDING)


def test_a_quiet_week_takes_two_lines():
    digest = digest_of(waiting(3))
    assert digest.is_quiet
    assert text_of(digest, WORDING).splitlines() == [
        "Nothing new this week: no answers, and nobody has newly gone quiet.",
        "1 application is open; the mail was read to its end on Monday 2 Mar, 08:05.",
    ]
    assert html_of(digest, WORDING).count("<p ") == 2
    assert not digest.said


def test_what_is_still_your_turn_is_named_in_a_line_of_every_later_letter():
    yours = [invited(number=n, key=f"yours {n}", employer=f"Mill {n}") for n in range(1, 6)]
    told = {(a.key, what) for a in yours for what in ("interview:77", f"user:{a.turn_message_id}")}
    digest = digest_of(*yours, waiting(3, number=9), said=told)
    assert digest.is_quiet
    assert subject_of(digest, ENGLISH) == "Your applications: nothing new this week"
    assert text_of(digest, WORDING).splitlines()[2:] == [
        "Still your turn: [1] Mill 1, [2] Mill 2, [3] Mill 3 and 2 more:",
        "unghost list --my-turn",
    ]
    assert html_of(digest, WORDING).count("Still your turn: [1] Mill 1, [2] Mill 2, [3] Mill 3 and 2 more:") == 1
    busy = digest_of(*yours[:1], rejected(number=9, key="no"), said=told)
    assert "waiting for you" not in subject_of(busy, ENGLISH)
    for written in (text_of(busy, WORDING), html_of(busy, WORDING)):
        assert written.count("Still your turn: [1] Mill 1") == 1
    german = replace(WORDING, words=GERMAN)
    assert text_of(digest, german).splitlines()[2].startswith("Immer noch bist du dran: [1] Mill 1, [2] Mill 2")


def test_what_is_told_in_full_or_closed_or_snoozed_is_not_named_as_still_your_turn():
    yours, told = invited(), frozenset()
    for section in ("moved", "your_turn"):
        digest = digest_of(yours, said=told)
        assert getattr(digest, section)
        assert not digest.still
        told |= digest.said
    assert digest_of(yours, said=told).still
    assert digest_of(replace(yours, snoozed_until=NOW.date()), said=told).still
    for changes in ({"stage": Stage.WITHDRAWN}, {"snoozed_until": NOW.date() + DAY}):
        assert not digest_of(replace(yours, **changes), said=told).still


def test_a_quiet_week_says_when_not_all_mail_was_read():
    picture = replace(a_picture(waiting(3)), coverage=[*COVERAGE, Coverage("home", "Jobs", None, 0)])
    assert "not all mail was read to its end yet" in text_of(compose(picture, WORDING, NOW), WORDING)


def test_a_message_that_may_be_of_two_applications_is_asked_about_once():
    two = waiting(3, number=1), waiting(4, number=2, employer="Osprey")
    question = Question(812, NOW - DAY, Address("Jo", "jo@x.example"), "About your application", two)
    digest = digest_of(*two, questions=[question])
    assert subject_of(digest, ENGLISH) == "Your applications: 1 to check"
    for written in (text_of(digest, WORDING), html_of(digest, WORDING)):
        assert "About your application" in written
        for words in ("unghost move 812 1", "unghost move 812 2", "Osprey", "unghost move 812 new"):
            assert words in written
    assert not digest_of(*two, questions=[question], said=digest.said).has_news


def test_the_subject_tells_the_news():
    digest = digest_of(invited(), rejected(), waiting(25), waiting(60), unsure=[an_unsure()])
    assert subject_of(digest, ENGLISH) == "Your applications: 1 invitation, 1 rejection, 2 gone quiet, 1 to check"


def test_an_invitation_comes_with_its_date_on_the_readers_clock():
    digest = digest_of(invited(interview_at=datetime(2026, 3, 5, 9, 0, tzinfo=UTC)))
    assert "Thursday 5 Mar, 10:00" in text_of(digest, WORDING)
    assert "Thursday 5 Mar, 10:00" in html_of(digest, WORDING)


def test_a_silent_employer_comes_with_numbers_and_one_step():
    text = text_of(digest_of(waiting(25)), WORDING)
    assert "25 days" in text
    assert "5 Feb 2026" in text
    assert text.count("One step") == 1


def test_what_was_said_is_not_said_again_until_it_changes():
    application = waiting(30)
    first = digest_of(application)
    assert first.silent
    assert not digest_of(application, said=first.said).silent
    later = replace(application, turn_since=NOW - 50 * DAY)
    assert digest_of(later, said=first.said).silent.items[0].silence.wait is Wait.GHOSTED


def test_the_users_turn_is_said_once_and_not_beside_the_news_of_it():
    application = invited()
    first = digest_of(application)
    assert first.moved
    assert not first.your_turn
    second = digest_of(application, said=first.said)
    assert not second.moved
    assert second.your_turn
    assert not digest_of(application, said=first.said | second.said).your_turn


def test_what_the_user_was_asked_for_says_by_when_and_again_when_that_is_near_and_over():
    promise = Promise((NOW + 9 * DAY).date(), Turn.USER, "Please send it by Wednesday week.")
    application = an_application(turn=Turn.USER, turn_since=NOW - 10 * DAY, promise=promise)
    first = digest_of(application)
    [item] = first.your_turn.items
    assert item.due == promise.by
    for written in (text_of(first, WORDING), html_of(first, WORDING)):
        assert "asked for it by 11 Mar 2026" in " ".join(written.split())
    assert digest_of(application, said=first.said).is_quiet
    said = first.said
    for days in (2, -1):
        nearer = replace(application, promise=replace(promise, by=(NOW + days * DAY).date()))
        digest = digest_of(nearer, said=said)
        assert digest.your_turn
        said |= digest.said
        assert not digest_of(nearer, said=said).your_turn


def test_what_is_due_first_comes_first():
    def due(days):
        promise = Promise((NOW + days * DAY).date(), Turn.USER, "By then, please.")
        return an_application(turn=Turn.USER, turn_since=NOW - 10 * DAY, promise=promise)

    digest = digest_of(replace(invited(), events=()), due(9), due(4))
    assert [item.due and item.due.day for item in digest.your_turn.items] == [6, 11, None]


def test_an_interview_of_the_week_is_told_once_and_anew_when_it_is_moved():
    application = invited(interview_at=NOW + 3 * DAY)
    first = digest_of(application)
    assert first.moved
    assert not first.ahead
    second = digest_of(application, said=first.said)
    [item] = second.ahead.items
    assert subject_of(second, ENGLISH) == "Your applications: 1 interview this week"
    assert "Your interview: Thursday 5 Mar, 08:05." in text_of(second, WORDING)
    assert first.moved.items[0].step.name == "one example each"
    assert item.step is None  # it was told a week ago
    said = first.said | second.said
    assert digest_of(application, said=said).is_quiet
    assert digest_of(replace(application, interview_at=NOW + 4 * DAY), said=said).ahead


def test_after_an_interview_one_question_is_asked_once_and_says_how_to_keep_the_answer():
    talked = interviewed(number=3)
    first = digest_of(talked, said=frozenset({(talked.key, "interview:79")}))
    for written in (text_of(first, WORDING), html_of(first, WORDING)):
        assert "What went well, and what would you answer differently next time?" in " ".join(written.split())
        assert "unghost note 3" in written
        assert "unghost draft 3 --kind thank_you" in written
    assert not digest_of(talked, said=first.said).interviewed


@pytest.mark.parametrize(
    ("wording", "how"),
    [
        (WORDING, 'or answer with "3 note" and your words'),
        (replace(WORDING, words=GERMAN), "oder antworte mit „3 Notiz“ und deinen Worten"),
    ],
    ids=["en", "de"],
)
def test_the_question_says_how_to_answer_it_by_mail_where_that_counts(wording, how):
    digest, token = digest_of(interviewed(number=3)), f"ug-2026-03-02-{'b' * 32}"
    assert how in " ".join(text_of(digest, wording, token).split())
    link = re.search(
        r'href="mailto:[^"]*subject=unghost%3A%203%20note&amp;body=([^"]*)"', html_of(digest, wording, token)
    )
    assert unquote(link[1]) == f"3 note \r\n\r\n{token}\r\n"
    assert how not in " ".join(text_of(digest, wording).split())
    assert "mailto:" not in html_of(digest, wording)


@pytest.mark.parametrize(("days", "is_asked"), [(2, True), (0.5, False)])
def test_an_interview_that_is_noted_since_is_not_asked_about(days, is_asked):
    since = NOW - 19 * DAY
    talked = an_application(stage=Stage.INTERVIEW, turn_since=since, interview_at=NOW - DAY, number=3)
    digest = compose(replace(a_picture(talked), noted={talked.key: NOW - days * DAY}), WORDING, NOW)
    for written in (text_of(digest, WORDING), html_of(digest, WORDING)):
        assert ("What went well" in " ".join(written.split())) == is_asked
        assert ("unghost note 3" in written) == is_asked
        assert ("how did it go?" in written.lower()) == is_asked
        assert "unghost draft 3 --kind thank_you" in written, "the thanks are due all the same"


def test_of_an_interview_that_is_noted_and_has_no_step_nothing_is_said():
    since_then = {"stage": Stage.INTERVIEW, "turn": Turn.USER, "turn_since": NOW - DAY, "interview_at": NOW - 5 * DAY}
    of_both = [an_application(**since_then, number=number) for number in (3, 4)]
    picture = replace(a_picture(*of_both), noted={of_both[0].key: NOW - DAY})
    assert [item.application.number for item in compose(picture, WORDING, NOW).interviewed.items] == [4]


def test_a_further_question_without_an_answer_is_news():
    application = waiting(40)
    first = digest_of(application)
    asked = Event(901, NOW - 10 * DAY, Direction.OUT, None, "thread")
    chased = replace(application, events=(*application.events, asked))
    second = digest_of(chased, said=first.said)
    assert second.silent.items[0].step.draft == "last_follow_up"
    assert not digest_of(chased, said=first.said | second.said).silent
    just_now = replace(application, events=(*application.events, replace(asked, at=NOW - DAY)))
    assert not digest_of(just_now, said=first.said).silent


def test_the_first_digest_after_a_long_import_counts_in_place_of_listing():
    many = [waiting(25 + n) for n in range(8)] + [waiting(90) for _ in range(9)] + [waiting(12) for _ in range(7)]
    many += [rejected() for _ in range(6)] + [invited()]
    digest = digest_of(*many, previous_at=None)
    assert {figure.name: figure.count for figure in digest.summary} == {
        "your turn": 1,
        "slower than most": 7,
        "gone quiet": 17,
        "closed": 6,
    }
    assert len(digest.moved.items) == 1
    assert {item.silence.wait for item in digest.silent.items} <= {Wait.SILENT}
    assert not any((digest.overdue, digest.closed))
    assert subject_of(digest, ENGLISH).startswith("Your applications: 31 found, 1 invitation")
    for written in (text_of(digest, WORDING), html_of(digest, WORDING)):
        assert "slower than most" in written
        assert "Only what matters now follows" in written
    second = digest_of(*many, said=digest.said)
    assert not any((second.silent, second.overdue, second.closed, second.summary))


def test_a_short_first_digest_lists_what_there_is():
    digest = digest_of(waiting(25), waiting(90), rejected(), previous_at=None)
    assert not digest.summary
    assert digest.silent
    assert digest.closed


def test_the_first_digest_is_no_history_book():
    old = Event(5, NOW - 20 * DAY, Direction.IN, Kind.REJECTION, "thread")
    application = replace(rejected(), events=(old,))
    assert not digest_of(application, previous_at=None).closed
    assert digest_of(application).closed


def test_long_lists_are_cut_and_say_where_the_rest_is():
    digest = digest_of(*(waiting(25) for _ in range(MAX_LISTED + 3)))
    assert len(digest.silent.items) == MAX_LISTED
    assert "and 3 more: unghost list --silent" in text_of(digest, WORDING)


def test_what_a_list_is_too_long_for_comes_in_the_next_digest():
    applications = [waiting(25) for _ in range(MAX_LISTED + 3)]
    first = digest_of(*applications)
    second = digest_of(*applications, said=first.said)
    assert len(second.silent.items) == 3
    assert not digest_of(*applications, said=first.said | second.said).silent


def test_the_first_digest_counts_as_having_said_it_all():
    applications = [waiting(25) for _ in range(MAX_LISTED + 3)]
    assert not digest_of(*applications, said=digest_of(*applications, previous_at=None).said).silent


def test_no_invitation_is_left_out():
    assert len(digest_of(*(invited() for _ in range(MAX_LISTED + 3))).moved.items) == MAX_LISTED + 3


def test_even_a_flood_of_invitations_has_an_end():
    digest = digest_of(*(invited() for _ in range(MAX_MOVED + 3)), previous_at=None)
    assert len(digest.moved.items) == MAX_MOVED
    assert "and 3 more: unghost list" in text_of(digest, WORDING)


def test_closed_ones_are_not_told_to_whom_it_does_not_help():
    picture = a_picture(rejected(), invited())
    digest = compose(picture, replace(WORDING, lists_closed=False), NOW)
    assert digest.moved
    assert not digest.closed
    assert compose(replace(picture, said=digest.said), WORDING, NOW).closed


def test_a_search_that_gives_a_reason_is_told_in_a_week_without_news():
    digest = digest_of(replace(rejected(), events=(Event(5, NOW - 60 * DAY, Direction.IN, Kind.REJECTION, "x"),)))
    assert subject_of(digest, ENGLISH) == "Your applications: 1 thing to think about"
    text = " ".join(text_of(digest, WORDING).split())
    assert "Nothing new this week" in text
    assert "Of your applications (1) none is open that an answer is still expected from. Choose one posting" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {},
            "Your 6 corrections: in force. A new model gets all right by itself (2 before), "
            "2 undecided messages could be decided, and none that the last one knew it gets wrong.",
        ),
        (
            {"n_right": 5, "n_relabelled": 1, "n_broken": 1},
            "Your 6 corrections: in force. A new model gets 5 of 6 right by itself (2 before), "
            "1 undecided message could be decided, and 1 that the last one knew it gets wrong.",
        ),
        (
            {"promoted": False, "flaw": Flaw(Measure.ACCURACY, 0.9, 0.9512)},
            "Your 6 corrections: in force. A new model was fitted and is kept aside: its accuracy on the check set is "
            "0.9, that of the one in use 0.951.",
        ),
        (
            {"promoted": False, "flaw": Flaw(Measure.CORRECTIONS, 3.0, 4.0)},
            "Your 6 corrections: in force. A new model was fitted and is kept aside: it gets 3 of your 6 corrections "
            "right by itself, the one in use 4.",
        ),
        ({"promoted": False}, "A new model was fitted and is kept aside, since it is worse."),
    ],
)
def test_what_the_corrections_changed_is_told_once(changes, words):
    learned = replace(Learned("m-2", 6, 2, 6, 0, 2, promoted=True), **changes)
    picture = replace(a_picture(waiting(3)), learned=learned)
    digest = compose(picture, WORDING, NOW)
    for written in (text_of(digest, WORDING), html_of(digest, WORDING)):
        assert words in " ".join(written.split())
    assert subject_of(digest, ENGLISH) == "Your applications: 6 corrections learned from"
    assert compose(replace(picture, said=digest.said), WORDING, NOW).is_quiet


@pytest.mark.parametrize("measure", Measure)
def test_why_a_model_is_kept_aside_is_told_in_the_digest_s_language(measure):
    learned = Learned("m-2", 6, 2, 6, 0, 2, promoted=False, flaw=Flaw(measure, 0.785, 0.8))
    said = learned_sentence(learned, GERMAN)
    assert said.startswith("Deine 6 Korrekturen")
    assert "0,785" in said
    assert "0,8" in said
    assert not re.search(r"\b(the|its|right|check set)\b", said)


def test_a_step_names_the_letter_there_is_for_it():
    digest = digest_of(waiting(25, number=4))
    for written in (text_of(digest, WORDING), html_of(digest, WORDING)):
        assert "unghost draft 4 --kind follow_up" in written


def test_steps_and_their_dates_are_in_the_readers_language():
    application = waiting(25)
    [item] = compose(a_picture(application), replace(WORDING, words=GERMAN), NOW).silent.items
    assert item.step.reason == "25 Tage ohne Antwort"
    assert "am 2. März 2026" in item.step.wording


def test_an_undecided_message_is_asked_about_with_the_command_that_answers():
    digest = digest_of(unsure=[an_unsure()])
    assert "unghost label 9 interview" in text_of(digest, WORDING)
    assert not digest_of(unsure=[an_unsure()], said=digest.said).check


def test_what_is_asked_first_is_what_changes_most():
    unsure = [an_unsure(message_id=n, stake=n / 100) for n in range(1, 8)]
    digest = digest_of(waiting(60, unsure=(2,)), unsure=unsure)
    assert [u.message_id for u in digest.check] == [2, 7, 6, 5, 4]


def test_nothing_is_claimed_where_a_claim_is_withheld():
    application = waiting(60, unsure=(9,))
    digest = digest_of(application)
    assert not digest.silent
    assert len(digest.withheld.items) == 1
    assert "60 days; message 9 may be their answer" in text_of(digest, WORDING)
    assert digest_of(application, said=digest.said).is_quiet


def test_the_numbers_count_each_application_once():
    figures = {f.name: f.count for f in digest_of(invited(), rejected(), waiting(25)).figures}
    assert figures == {"applications": 3, "answered": 2, "interviews": 1, "rejections": 1, "gone quiet": 1}


def test_the_numbers_are_those_of_the_statistics():
    tested = replace(invited(), events=(Event(77, NOW - 2 * DAY, Direction.IN, Kind.ASSESSMENT, "thread"),))
    said_no = an_application(stage=Stage.REJECTED, turn=Turn.NOBODY)  # the user's own word
    several = [invited(), tested, said_no, *(replace(rejected(), applied_at=NOW - n * DAY) for n in range(10, 15))]
    for applications in (several, several[:4], several[:7], [*several, *(waiting(n) for n in (20, 40, 60))]):
        digest = digest_of(*applications)
        of = funnel_of(applications, dict.fromkeys((a.key for a in applications), "direct"), (), BERLIN, NOW)
        counts = [figure.count for figure in digest.figures][:3]
        assert counts == [of.steps[step].count for step in (Step.APPLIED, Step.ANSWERED, Step.INTERVIEW)]
        median = of.delays["any"].median
        assert digest.median_days == (median.value if median else None)
    assert digest_of(*several[:4]).median_days is None
    assert "SO FAR, IN NUMBERS" in text_of(digest_of(*several), WORDING)


def a_letter(*applications, **changes):
    """A digest as octets, and as a strict reader takes it: nothing in it may be a defect."""
    follows = "<2026-02-23.0@digest.unghost.localhost>"
    draft = render(digest_of(*applications), replace(WORDING, **changes), "2026-03-02", follows=follows)
    return draft.octets, email.message_from_bytes(draft.octets, policy=email.policy.strict)


# What a digest's header says, and where that is asked for.
FIELDS = {
    "From": r"unghost <unghost@whitlock\.example>",  # RFC 5322 section 3.6.2
    "To": r"dana@whitlock\.example",
    "Reply-To": r"dana@whitlock\.example",
    "Date": r"Mon, 02 Mar 2026 08:05:00 \+0100",  # RFC 5322 section 3.3: with its zone
    "Subject": r"Your applications: 1 invitation, .*",
    "Message-ID": r"<2026-03-02\.[0-9a-f]{24}@digest\.unghost\.localhost>",  # RFC 5322 section 3.6.4
    "In-Reply-To": r"<2026-02-23\.0@digest\.unghost\.localhost>",
    "References": r"<2026-02-23\.0@digest\.unghost\.localhost>",
    "Auto-Submitted": r"auto-generated",  # RFC 3834 section 5
    "X-Auto-Response-Suppress": r"All",
    "List-Id": r"unghost digest <digest\.unghost\.localhost>",  # RFC 2919 section 3
    "X-Unghost-Digest": r"2026-03-02",
    "MIME-Version": r"1\.0",  # RFC 2045 section 4
    "Content-Type": r"multipart/alternative; boundary=.*",
}


def test_a_letter_has_the_header_of_an_automatic_one_and_no_more():
    octets, letter = a_letter(invited())
    assert sorted(letter.keys()) == sorted(FIELDS)
    for name, pattern in FIELDS.items():
        assert re.fullmatch(pattern, str(letter[name])), name
    assert mailparser.parse_from_bytes(octets).message_id == letter["Message-ID"]


def test_a_long_message_id_stays_one():
    follows = f"<ug-2026-02-26-110500-{'a' * 32}@digest.unghost.localhost>"
    octets = render(
        digest_of(), WORDING, "2026-03-02", token=f"ug-2026-03-02-110500-{'b' * 32}", follows=follows
    ).octets
    letter = email.message_from_bytes(octets)
    assert letter["In-Reply-To"].split() == letter["References"].split() == [follows]
    assert letter["Message-ID"].split() == [f"<ug-2026-03-02-110500-{'b' * 32}@digest.unghost.localhost>"]


def test_every_line_of_a_letter_is_one_any_server_takes():
    """RFC 5322 section 2.1.1, RFC 2045 sections 2.7 and 6.7, whatever an employer calls itself."""
    octets, letter = a_letter(waiting(25, employer="Größenwahn & Søn " * 30, role="x" * 3000), invited())
    assert octets.isascii()
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", octets)
    head, _, body = octets.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 76
    assert max(map(len, body.split(b"\r\n"))) <= 76
    parts = [part for part in letter.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html", "text/calendar"]
    assert [part["Content-Transfer-Encoding"] for part in parts] == ["quoted-printable", "quoted-printable", "base64"]
    assert {part.get_content_charset() for part in parts} == {"utf-8"}
    for part in parts[:2]:
        assert "Größenwahn" in part.get_content()
    assert len(octets) < 100_000


def test_a_letter_to_two_is_addressed_to_both():
    _, letter = a_letter(recipients=("dana@whitlock.example", "partner@whitlock.example"))
    assert [address.addr_spec for address in letter["To"].addresses] == [
        "dana@whitlock.example",
        "partner@whitlock.example",
    ]


def test_the_same_week_gives_the_same_letter():
    application = waiting(25)
    assert render(digest_of(application), WORDING, "2026-03-02").rfc_message_id == (
        render(digest_of(application), WORDING, "2026-03-02").rfc_message_id
    )


def test_a_letter_of_ours_is_known_again():
    assert is_own_digest(a_message(list_id="unghost digest <digest.unghost.localhost>"))
    assert not is_own_digest(a_message(list_id="<jobs.brightwater.example>"))
    digest_id = render(digest_of(), WORDING, "2026-03-02").rfc_message_id
    assert answers_digest(a_message(in_reply_to=digest_id))
    assert answers_digest(a_message(references=(digest_id, "<answer@whitlock.example>")))
    assert not answers_digest(a_message(in_reply_to="<a-draft@unghost.localhost>"))  # an employer answers a follow-up


HOSTILE = (
    "<script>alert(1)</script>\u202eevil\u2066 \x1b[31m\x00 {{ 7 * 7 }} http://evil.example/x.png\r\nBcc: a@b.example"
)


def test_hostile_names_stay_text():
    digest = digest_of(waiting(25, number=1, employer=HOSTILE, role=HOSTILE), unsure=[an_unsure(subject=HOSTILE)])
    html, text = html_of(digest, WORDING), text_of(digest, WORDING)
    assert "<script" not in html
    assert "49" not in html.replace("#", "")
    for sign in "\u202e\u2066\x1b\x00\r":
        assert sign not in html
        assert sign not in text


def test_nothing_is_loaded_from_anywhere():
    html = html_of(digest_of(invited(), rejected(), waiting(25), unsure=[an_unsure()]), WORDING)
    for word in ("<img", "<link", "<script", "<iframe", "src=", "href=", "url(", "@import", "<form"):
        assert word not in html


def test_html_says_what_the_text_says():
    digest = digest_of(invited(), rejected(), waiting(25), waiting(12), unsure=[an_unsure()])
    html = html_of(digest, WORDING)
    for words in ("What moved", "Gone quiet", "Slower than most", "Closed this week", "Please check", "25 days"):
        assert words in html
    assert 'lang="en"' in html
    assert 'name="color-scheme" content="light dark"' in html


def test_a_broken_promise_is_quoted_with_its_day():
    promise = Promise((NOW - 3 * DAY).date(), Turn.EMPLOYER, "You will hear from us.")
    for days in (15, 60):
        application = an_application(turn_since=NOW - days * DAY, promise=promise)
        [silence] = find_silences([application], COVERAGE, PATIENCE, NOW)
        sentence = wait_sentence(silence, WORDING)
        assert "; they said they would answer by 27 Feb 2026. 1 working day after that day; " in sentence


@pytest.mark.parametrize(
    ("odds", "words"),
    [
        (0.0, "fewer than 1 in 100"),
        (0.04, "1 in 25"),
        (0.148, "1 in 7"),
        (0.39, "1 in 3"),
        (0.45, "1 in 2"),
        (0.64, "2 in 3"),
        (0.97, "9 in 10"),
    ],
)
def test_odds_are_a_share_of_such_waits(odds, words):
    assert odds_words(odds, ENGLISH) == words


@pytest.mark.parametrize(
    ("n_answered", "n_by_now", "words"),
    [
        (0, 0, "nobody has answered you at this stage yet"),
        (1, 1, "your one answer had come by then"),
        (1, 0, "your one answer had not come by then"),
        (9, 8, "of your 9 answers 8 had come by then"),
        (9, 0, "of your 9 answers none had come by then"),
        (9, 9, "all your 9 answers had come by then"),
    ],
)
def test_a_claim_says_what_it_rests_on(n_answered, n_by_now, words):
    [silence] = find_silences([waiting(25)], COVERAGE, PATIENCE, NOW)
    grounds = replace(silence.grounds, odds=0.14, soon=0.02, n_answered=n_answered, n_by_now=n_by_now)
    told = f"17 working days; {words}; about 1 in 7 still answer, within the next five working days 1 in 50"
    assert evidence_sentence(grounds, ENGLISH) == told


@pytest.mark.parametrize("days", [15, 25, 90])
def test_the_letter_says_the_numbers_of_each_claim(days):
    application = waiting(days)
    picture = replace(a_picture(application), silences=find_silences([application], COVERAGE, PATIENCE, NOW))
    digest = compose(picture, WORDING, NOW)
    words = evidence_sentence(picture.silences[0].grounds, ENGLISH)
    for text in (text_of(digest, WORDING), html_of(digest, WORDING)):
        assert words.casefold() in " ".join(text.split()).casefold()
