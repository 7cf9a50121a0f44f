"""The digest: what is worth saying, once, in words that can be trusted."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime

import mailparser
import pytest
from factories import DAY, FIXED, NOW, PATIENCE, STEPS, WORDING, a_message, an_application

from pipeline.digest import Schedule, answers_digest, compose, due_period, is_own_digest, render
from pipeline.digest.compose import MAX_LISTED, Picture
from pipeline.digest.grounds import evidence_sentence, odds_words
from pipeline.digest.render import html_of, subject_of, text_of, wait_sentence
from pipeline.digest.wording import FAMILIES, read_steps
from pipeline.errors import ConfigError
from pipeline.records import Address, Coverage, Direction, Event, Kind, Promise, Question, Stage, Turn, Unsure, Wait
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
    assert subject_of(digest) == "Your applications: nothing new this week"
    assert "Nothing new this week" in text_of(digest, WORDING)


def test_a_message_that_may_be_of_two_applications_is_asked_about_once():
    two = waiting(3, number=1), waiting(4, number=2, employer="Osprey")
    question = Question(812, NOW - DAY, Address("Jo", "jo@x.example"), "About your application", two)
    digest = digest_of(*two, questions=[question])
    assert subject_of(digest) == "Your applications: 1 to check"
    for written in (text_of(digest, WORDING), html_of(digest, WORDING)):
        assert "About your application" in written
        for words in ("unghost move 812 1", "unghost move 812 2", "Osprey", "unghost move 812 new"):
            assert words in written
    assert not digest_of(*two, questions=[question], said=digest.said).has_news


def test_the_subject_tells_the_news():
    digest = digest_of(invited(), rejected(), waiting(25), waiting(60), unsure=[an_unsure()])
    assert subject_of(digest) == "Your applications: 1 invitation, 1 rejection, 2 gone quiet, 1 to check"


def test_an_invitation_comes_with_its_date_on_the_readers_clock():
    digest = digest_of(invited(interview_at=datetime(2026, 3, 5, 9, 0, tzinfo=UTC)))
    assert "Thursday 5 Mar, 10:00" in text_of(digest, WORDING)
    assert "Thursday 5 Mar, 10:00" in html_of(digest, WORDING)


def test_a_silent_employer_comes_with_numbers_and_one_step():
    text = text_of(digest_of(waiting(25)), WORDING)
    assert "25 days" in text
    assert "5 Feb 2026" in text
    assert text.count("One step") == 1


def test_one_digest_does_not_give_everybody_the_same_step():
    steps = [item.step.wording for item in digest_of(*(waiting(25, employer="Acme") for _ in range(4))).silent.items]
    assert len(set(steps)) == 4


def test_a_step_for_the_stage_comes_before_one_for_every_stage():
    [item] = digest_of(waiting(25, stage=Stage.INTERVIEW)).silent.items
    assert item.step.family == "feedback"
    assert "25 days without a word since your conversation" in item.step.reason


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


def test_the_first_digest_is_no_history_book():
    old = Event(5, NOW - 20 * DAY, Direction.IN, Kind.REJECTION, "thread")
    application = replace(rejected(), events=(old,))
    assert not digest_of(application, previous_at=None).closed
    assert digest_of(application).closed


def test_long_lists_are_cut_and_say_where_the_rest_is():
    digest = digest_of(*(waiting(25) for _ in range(MAX_LISTED + 3)))
    assert len(digest.silent.items) == MAX_LISTED
    assert "... and 3 more: unghost list --silent" in text_of(digest, WORDING)


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


def test_an_undecided_message_is_asked_about_with_the_command_that_answers():
    digest = digest_of(unsure=[an_unsure()])
    assert "unghost label 9 interview" in text_of(digest, WORDING)
    assert not digest_of(unsure=[an_unsure()], said=digest.said).check


def test_what_is_asked_first_is_what_changes_most():
    unsure = [an_unsure(message_id=n, stake=n / 100) for n in range(1, 8)]
    digest = digest_of(waiting(60, unsure=(2,)), unsure=unsure)
    assert [u.message_id for u in digest.check] == [2, 7, 6, 5, 4]


def test_nothing_is_claimed_where_a_claim_is_withheld():
    digest = digest_of(waiting(60, unsure=(9,)))
    assert not digest.silent
    assert len(digest.withheld.items) == 1
    assert "60 days; message 9 may be their answer" in text_of(digest, WORDING)


def test_the_numbers_count_each_application_once():
    figures = {f.name: f.count for f in digest_of(invited(), rejected(), waiting(25)).figures}
    assert figures == {"applications": 3, "answered": 2, "invitations": 1, "rejections": 1, "gone quiet": 1}


def test_every_family_is_within_reach():
    _, thoughts = STEPS, WORDING.thoughts
    assert {entry.family for entry in (*STEPS, *thoughts)} == set(FAMILIES)


def test_thoughts_come_in_turn():
    weeks = [compose(a_picture(), WORDING, NOW + n * 7 * DAY).thought for n in range(7)]
    assert len({thought.family for thought in weeks}) == 7


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
    "Subject": r"Your applications: 1 invitation",
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
    parts = list(letter.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"quoted-printable"}
    assert {part.get_content_charset() for part in parts} == {"utf-8"}
    for part in parts:
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
    digest = digest_of(waiting(25, employer=HOSTILE, role=HOSTILE), unsure=[an_unsure(subject=HOSTILE)])
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


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("[[step]]\nwait='silent'\nfamily='hope'\nreason='x'\nwording='x'", "family must be one of"),
        ("[[step]]\nwait='silent'\nfamily='kind'\nreason='{salary}'\nwording='x'", "cannot be filled in"),
        ("[[step]]\nwait='silent'\nfamily='kind'\nreson='x'\nwording='x'", "unknown key 'reson'"),
        ("[[step", "cannot be read"),
    ],
)
def test_a_wrong_table_of_steps_is_explained(toml, problem):
    with pytest.raises(ConfigError, match=problem):
        read_steps(toml, "next_steps.toml")


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
    assert odds_words(odds) == words


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
    grounds = replace(silence.grounds, odds=0.14, n_answered=n_answered, n_by_now=n_by_now)
    assert evidence_sentence(grounds) == f"17 working days; {words}; about 1 in 7 still answer"


@pytest.mark.parametrize("days", [15, 25, 90])
def test_the_letter_says_the_numbers_of_each_claim(days):
    picture = replace(a_picture(), silences=find_silences([waiting(days)], COVERAGE, PATIENCE, NOW))
    digest = compose(picture, WORDING, NOW)
    words = evidence_sentence(picture.silences[0].grounds)
    for text in (text_of(digest, WORDING), html_of(digest, WORDING)):
        assert words.casefold() in " ".join(text.split()).casefold()
