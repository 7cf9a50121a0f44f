"""Promises: who says they will answer, or asks for an answer, and by which day."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from factories import as_shipped
from hypothesis import given, strategies as st

from pipeline.errors import ConfigError
from pipeline.link.promises.phrasebook import Phrasebook
from pipeline.link.promises.reading import find_promises
from pipeline.link.promises.sentences import MAX_SENTENCE
from pipeline.records import Promise, Turn
from pipeline.rulefile import RuleFile
from pipeline.workdays import Workdays

PHRASES = as_shipped("promises.toml").text
BOOK = Phrasebook.of_rules(as_shipped("promises.toml"))
BERLIN_WINTER = timezone(timedelta(hours=1))
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=BERLIN_WINTER)
LINES = (Path(__file__).parent / "promises.jsonl").read_text(encoding="utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]


def found(text, sent=MONDAY, workdays=Workdays()):  # noqa: B008  frozen
    return find_promises(text, sent, BOOK, workdays)


def told(text, **how):
    return [(str(promise.by), str(promise.who), promise.implies_no) for promise in found(text, **how)]


def wanted(case):
    return [(case["by"], case["who"], case.get("implies_no", False))] if "by" in case else []


def score(cases):
    """Precision, recall and what was misread of these cases."""
    count, wrong = Counter(), []
    for case in cases:
        sent = datetime.combine(date.fromisoformat(case["sent"]), MONDAY.timetz())
        want, got = wanted(case), told(case["text"], sent=sent)
        count.update(right=len(set(want) & set(got)), wanted=len(want), got=len(got))
        if want != got:
            wrong.append(f"{case['lang']} {case['text']!r}: wanted {want}, got {got}")
    return count["right"] / count["got"], count["right"] / count["wanted"], wrong


@pytest.mark.parametrize("held_out", [False, True])
def test_promises_are_found_and_everything_else_is_left_alone(held_out):
    precision, recall, wrong = score([case for case in CASES if case.get("held_out", False) is held_out])
    print(*wrong, f"precision {precision:.3f}, recall {recall:.3f}", sep="\n")
    assert precision >= 0.95
    assert recall >= 0.85


def test_there_are_enough_sentences_of_each_sort_and_language():
    assert sum("by" in case for case in CASES) >= 180
    assert sum("by" not in case for case in CASES) >= 180
    assert {case["lang"] for case in CASES} == {tongue.language for tongue in BOOK.tongues}


def test_the_full_stop_of_a_day_ends_no_sentence_nor_hides_its_date():
    for text in ("We will get back to you by 2. April.", "Wir melden uns bis zum 2. April bei Ihnen."):
        assert told(text) == [("2026-04-02", "employer", False)]


AIMS = (
    ("We have received everything we need and aim to answer every application within two weeks.", "employer"),
    ("Please try to answer within two weeks.", "user"),
    (
        "Wir haben alles, was wir brauchen, und bemühen uns, jede Bewerbung binnen zwei Wochen zu beantworten.",
        "employer",
    ),
    ("Nous essayons de répondre à toutes les candidatures dans un délai de deux semaines.", "employer"),
    ("Intentamos responder a cada candidatura en un plazo de dos semanas.", "employer"),
    ("Tentamos responder a cada candidatura no prazo de duas semanas.", "employer"),
    ("We proberen elke sollicitatie binnen twee weken te beantwoorden.", "employer"),
    ("Cerchiamo di rispondere a tutte le candidature entro due settimane.", "employer"),
    ("La preghiamo di rispondere entro due settimane.", "user"),
)


@pytest.mark.parametrize(("text", "who"), AIMS)
def test_an_aim_to_answer_is_whose_aim_it_is(text, who):
    assert told(text) == [("2026-03-16", who, False)]


@pytest.mark.parametrize(
    "text",
    ["We hope you will reply by 20 March.", "Wir hoffen, dass Sie uns bis zum 20. März antworten."],
)
def test_a_hope_that_the_candidate_answers_is_no_promise(text):
    assert told(text) == []


@pytest.mark.parametrize(
    ("country", "text", "by"),
    [
        ("", "We will answer within 10 working days.", "2026-04-15"),
        ("DE", "We will answer within 10 working days.", "2026-04-17"),  # Good Friday and Easter Monday
        ("", "We will get back to you by the end of the week.", "2026-04-03"),
        ("DE", "We will get back to you by the end of the week.", "2026-04-02"),
    ],
)
def test_working_days_are_those_of_the_country(country, text, by):
    sent = datetime(2026, 4, 1, 9, 0, tzinfo=BERLIN_WINTER)
    assert [str(promise.by) for promise in found(text, sent=sent, workdays=Workdays(country))] == [by]


def test_the_day_of_writing_is_the_senders():
    late = datetime(2026, 3, 2, 23, 30, tzinfo=timezone(timedelta(hours=-8)))  # 3 March in UTC
    assert told("We will let you know tomorrow.", sent=late) == [("2026-03-03", "employer", False)]


def test_a_promise_holds_the_sentence_it_was_made_in():
    text = "Dear Dana,\n\nThank you for coming in.\nWe will get back to you by Friday.\n\nBest,\nJo"
    assert found(text) == (Promise(date(2026, 3, 6), Turn.EMPLOYER, "We will get back to you by Friday."),)


def test_wrapped_lines_are_one_sentence():
    text = "Thank you for your application to our team. You will hear from us again\nwithin two weeks at the latest."
    assert told(text) == [("2026-03-16", "employer", False)]


E, U = "employer", "user"
MESSAGES = [
    (
        "Dear Dana,\n\nThank you for applying for the Data Analyst role. Applications close on 12 May 2026.\n"
        "Interviews will be held in the week of 25 May. We will let everyone know by 19 May whether they are\n"
        "invited.\n\nKind regards,\nBrightwater Talent Team",
        [("2026-05-19", E, False)],
    ),
    (
        "Hi Dana,\n\nGreat talking to you on Friday! Next step: a short case study. Please send it back by\n"
        "Thursday, March 12, 5pm.\n\nWe'll get back to you within 3 business days of receiving it.\n\nJo",
        [("2026-03-12", U, False)],
    ),
    (
        "Hello,\n\nYour application was received on 2 March. Due to the number of applicants we cannot reply to each\n"
        "of you. If you have not heard from us within six weeks, please assume you have not been successful.\n",
        [("2026-04-13", E, True)],
    ),
    (
        "Your order 1123 has been shipped.\nYou will hear from us by Friday about your order.\nThank you for shopping"
        " with us!",
        [],
    ),
    (
        "Sehr geehrte Frau Whitlock,\n\nvielen Dank für Ihre Bewerbung vom 27. Februar 2026. Wir prüfen Ihre Unterlagen"
        " sorgfältig\nund melden uns bis spätestens 20. März 2026 bei Ihnen. Die Stelle ist ab dem 1. Mai zu besetzen."
        "\n\nMit freundlichen Grüßen",
        [("2026-03-20", E, False)],
    ),
    (
        "Hallo Dana,\n\nwir laden dich zum Gespräch am 12. März um 10 Uhr ein. Bitte bestätige uns den Termin bis"
        " Freitag.\nDanach entscheiden wir bis Ende des Monats.\n\nLiebe Grüße",
        [("2026-03-06", U, False), ("2026-03-31", E, False)],
    ),
    (
        "Madame,\n\nNous avons bien reçu votre candidature. Sans réponse de notre part sous quatre semaines, veuillez"
        " considérer\nque celle-ci n'a pas été retenue. Vos données sont conservées pendant deux ans.\n\nCordialement",
        [("2026-03-30", E, True)],
    ),
    (
        "Hola Dana:\n\nGracias por la entrevista del viernes. Te daremos una respuesta antes del 13 de marzo. La"
        " incorporación\nsería el 1 de abril.\n\nUn saludo",
        [("2026-03-13", E, False)],
    ),
    (
        "Beste Dana,\n\nBedankt voor je sollicitatie. Je hoort uiterlijk vrijdag 13 maart van ons. De gesprekken zijn"
        " op 18 en 19 maart.\n\nGroet",
        [("2026-03-13", E, False)],
    ),
    (
        "Dear candidate,\n\nPlease complete the assessment within 5 days. The link expires on 7 March 2026.\n\n"
        "Vous recevrez une réponse dans un délai de deux semaines.\n",
        [("2026-03-07", U, False), ("2026-03-07", U, False), ("2026-03-16", E, False)],
    ),
]


@pytest.mark.parametrize(("text", "promises"), MESSAGES)
def test_whole_messages_are_read_sentence_by_sentence(text, promises):
    assert told(text) == promises


@pytest.mark.parametrize("text", ["", "\n", "We will reply by 31 February.", "We will reply by 99/99/2026."])
def test_no_day_is_no_promise(text):
    assert told(text) == []


@pytest.mark.parametrize(
    "toml",
    [
        "[en",
        "[en]",
        "en = 1",
        PHRASES.replace('today = ["today"', 'today = ["(today"', 1),
        PHRASES.replace("[en]", "[zz]"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_a_remedy(toml):
    with pytest.raises(ConfigError, match="cannot be read"):
        Phrasebook.of_rules(RuleFile("promises.toml", toml))


HOSTILE = [
    "we will " * 25_000,
    "Wir werden uns " * 13_000,
    "by " * 60_000,
    "1 " * 100_000,
    "in 2 weeks or " * 14_000,
    "by the end of the end of " * 8_000,
    "if you do not hear " * 10_000,
    "we will get back to you by Friday " * 6_000,
    "a" * 200_000,
    "15. März. " * 20_000,
    "\n" * 200_000,
    " \n \n" * 50_000,
    ("please " * 20 + "by Friday. ") * 1_300,
    "nous vous avons " * 12_000,
]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_in_bounded_time(text):
    assert all(len(promise.sentence) <= MAX_SENTENCE for promise in found(text))


WORDS = sorted({word for case in CASES for word in case["text"].split()})


@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join) | st.text(max_size=300))
def test_no_text_is_too_strange_and_no_promise_lies_in_the_past(text):
    for promise in found(text):
        assert MONDAY.date() <= promise.by <= MONDAY.date() + timedelta(days=366)
        assert promise.who in {Turn.EMPLOYER, Turn.USER}
