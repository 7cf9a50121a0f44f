"""Letters to employers: which kind fits, to whom they go, and that they say nothing the ledger does not know."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import SMTP
from string import Formatter

import pytest
from factories import BERLIN, DAY, ME, NAMES, NOBODY, NOW, a_message, an_application, as_shipped
from hypothesis import given, settings, strategies as st

from pipeline.draft import DraftKind, DraftRules, draft_for, read_letters
from pipeline.draft.addressee import person_in
from pipeline.draft.book import BLANKS
from pipeline.draft.kinds import Situation
from pipeline.draft.letter import facts_of
from pipeline.errors import ConfigError, NothingToDraftError, UsageError
from pipeline.records import Address, Authentication, Direction, Event, Kind, Promise, Stage, Turn

BOOK = read_letters(as_shipped("drafts.toml"))
SHIPPED = as_shipped("drafts.toml").text
RULES = DraftRules(BOOK, NAMES.tables, BERLIN, (ME.addr_spec,))
ANNA = Address("Anna Becker", "anna.becker@brightwater.example")
NO_REPLY = Address("Brightwater Talent Team", "no-reply@us.greenhouse-mail.io")
# How an employer writes in each language; enough of it to tell which.
WRITTEN = {
    "en": "Dear Dana, thank you for your application for the position with our team.",
    "de": "Guten Tag, vielen Dank für Ihre Bewerbung. Wir melden uns bei Ihnen.",
    "fr": "Bonjour Madame, merci pour votre candidature au poste dans notre équipe.",
    "es": "Hola, gracias por su solicitud para el puesto de nuestra empresa.",
    "pt": "Olá, obrigado pela sua candidatura para a vaga de analista.",
    "nl": "Beste Dana, bedankt voor je sollicitatie op de functie bij ons.",
    "it": "Gentile Dana, grazie per la Sua candidatura per la posizione.",
}


def came(kind, days_ago, number=1):
    return Event(number, NOW - days_ago * DAY, Direction.IN, kind, "opened")


def wrote(days_ago, number=9):
    return Event(number, NOW - days_ago * DAY, Direction.OUT, None, "thread")


def promised(days_ahead, who=Turn.EMPLOYER, *, implies_no=False):
    return Promise((NOW + days_ahead * DAY).date(), who, "We will let you know.", implies_no)


# For each kind an application it fits, in which all is known.
FITTING = {
    DraftKind.FOLLOW_UP: {},
    DraftKind.LAST_FOLLOW_UP: {"events": (came(Kind.ACKNOWLEDGEMENT, 30), wrote(10))},
    DraftKind.PROMISE_PASSED: {"promise": promised(-5)},
    DraftKind.THANK_YOU: {"stage": Stage.INTERVIEW, "interview_at": NOW - DAY},
    DraftKind.FEEDBACK: {
        "stage": Stage.REJECTED, "turn": Turn.NOBODY, "turn_since": NOW - DAY, "interview_at": NOW - 20 * DAY,
        "events": (came(Kind.REJECTION, 1),),
    },
    DraftKind.CLOSING: {"events": (came(Kind.ACKNOWLEDGEMENT, 30), wrote(20, 8), wrote(10, 9))},
    DraftKind.OFFER_DEADLINE: {
        "stage": Stage.OFFER, "turn": Turn.USER, "events": (came(Kind.OFFER, 1),), "promise": promised(5, Turn.USER),
    },
}  # fmt: skip
TALKED = {"stage": Stage.INTERVIEW, "interview_at": NOW - 12 * DAY}
# The same kinds where next to nothing is known.
BARE = {
    kind: {"role": "", "employer": "", "applied_at": None, "interview_at": None, "events": ()} | changes
    for kind, changes in {
        DraftKind.FOLLOW_UP: {},
        DraftKind.LAST_FOLLOW_UP: {},
        DraftKind.PROMISE_PASSED: {"promise": promised(-5)},
        DraftKind.THANK_YOU: {"stage": Stage.INTERVIEW, "events": (came(Kind.INTERVIEW, 9),)},
        DraftKind.FEEDBACK: {"stage": Stage.REJECTED, "turn": Turn.NOBODY},
        DraftKind.CLOSING: {},
        DraftKind.OFFER_DEADLINE: {"stage": Stage.OFFER, "turn": Turn.USER},
    }.items()
}


def drafted(application=None, *messages, kind=None, rules=RULES, now=NOW, **changes):
    messages = messages or (a_message(from_=ANNA),)
    return draft_for(application or an_application(**changes), messages, rules, now, kind)


def fields_of(draft):
    return message_from_bytes(draft.octets, policy=SMTP)


# --- the words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", WRITTEN)
@pytest.mark.parametrize("kind", DraftKind)
def test_every_kind_is_written_in_every_language_without_a_hole(kind, language):
    for changes in (FITTING[kind], BARE[kind]):
        draft = drafted(None, a_message(from_=ANNA, text=WRITTEN[language]), kind=kind, **changes)
        assert (draft.kind, draft.language) == (kind, language)
        greeting, *paragraphs, farewell = draft.text.strip().split("\n\n")
        assert ANNA.display_name in greeting
        assert paragraphs
        assert farewell.endswith(f"\n{ME.display_name}")
        assert not re.search(r"[{}|]|  | [,.]|None|«  »|„“", draft.text)


@pytest.mark.parametrize("language", WRITTEN)
@pytest.mark.parametrize("kind", DraftKind)
def test_what_is_known_is_said_and_what_is_not_is_not(kind, language):
    tongue = BOOK.tongues[language]
    message = a_message(from_=ANNA, text=WRITTEN[language])
    application = an_application(**FITTING[kind])
    full = drafted(application, message, kind=kind)
    known = facts_of(Situation(application, NOW, BERLIN), "", tongue)
    used = {"follow_up": "applied", "last_follow_up": "asked", "promise_passed": "promised", "thank_you": "interview",
            "feedback": "answered", "closing": "applied", "offer_deadline": "due"}[kind]  # fmt: skip
    assert known[used] in full.text
    assert known["role"] in full.text
    bare = drafted(None, message, kind=kind, **BARE[kind])
    days = set(re.findall(r"\d+", bare.text)) - ({"25"} if kind is DraftKind.PROMISE_PASSED else set())
    assert not days, "a date nobody gave"
    assert "Data Analyst" not in bare.text + bare.letter["Subject"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_day_a_letter_names_is_one_the_ledger_has(data):
    kind = data.draw(st.sampled_from(list(DraftKind)))
    application = an_application(**FITTING[kind])
    forgotten = {
        name: data.draw(st.sampled_from([getattr(application, name), empty]))
        for name, empty in (("applied_at", None), ("interview_at", None), ("role", ""))
    }
    application = replace(application, **forgotten)
    try:
        draft = drafted(application, kind=kind)
    except UsageError:
        assert kind is DraftKind.THANK_YOU
        return
    moments = [application.applied_at, application.interview_at, *(event.at for event in application.events)]
    days = {moment.astimezone(BERLIN).date() for moment in moments if moment}
    days |= {application.promise.by} if application.promise else set()
    named = {(int(d), m) for d, m in re.findall(r"(\d+) (January|February|March)", draft.text)}
    assert named <= {(day.day, f"{day:%B}") for day in days}
    assert len(re.findall(r"\d+", draft.text)) == len(re.findall(r"\d+ (?:January|February|March)", draft.text))
    assert bool(application.role) == (application.role in draft.text and bool(application.role))


def test_a_day_of_another_year_has_its_year_and_the_first_is_written_as_the_language_wants():
    draft = drafted(None, a_message(from_=ANNA, text=WRITTEN["fr"]), applied_at=NOW.replace(year=2025, month=11, day=1))
    assert "Le 1er novembre 2025, je vous ai" in draft.text


def test_days_are_those_of_the_user_s_clock():
    late = NOW.replace(month=2, day=14, hour=23, minute=30)
    assert "15 February" in drafted(applied_at=late).text
    assert "answer for 15 days" in drafted(turn_since=late, events=()).because


@pytest.mark.parametrize(("text", "language"), [
    ("Dziękujemy za zgłoszenie na stanowisko analityka, pani rekrutacji nie", "en"),
    ("OK.", "en"),
    ("Sehr geehrte Frau Whitlock, wir prüfen Ihre Bewerbung für die Stelle", "de"),
])  # fmt: skip
def test_the_language_is_that_of_their_last_telling_message_and_english_otherwise(text, language):
    assert drafted(None, a_message(from_=ANNA, text=text)).language == language


def test_a_short_last_message_leaves_the_language_of_the_one_before():
    before = a_message(from_=ANNA, date=NOW - 9 * DAY, text=WRITTEN["nl"])
    assert drafted(None, before, a_message(from_=ANNA, text="OK!")).language == "nl"


def test_where_they_never_wrote_it_is_the_language_of_the_own_mail():
    own = a_message(direction=Direction.OUT, from_=ME, to=(ANNA,), text=WRITTEN["it"], subject="Candidatura")
    draft = drafted(None, own)
    assert draft.language == "it"
    assert draft.letter["To"] == "Anna Becker <anna.becker@brightwater.example>"
    assert draft.letter["Subject"] == "Re: Candidatura"
    assert draft.letter["In-Reply-To"] == own.message_id


# --- which kind -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DraftKind)
def test_every_kind_is_reached_by_the_state_alone(kind):
    draft = drafted(**FITTING[kind])
    assert draft.kind is kind
    assert draft.because


@pytest.mark.parametrize(("changes", "why"), [
    ({"stage": Stage.WITHDRAWN, "turn": Turn.NOBODY}, "it is withdrawn"),
    ({"stage": Stage.POSITION_CLOSED, "turn": Turn.NOBODY}, "it is position closed"),
    ({"stage": Stage.INTERVIEW, "turn": Turn.USER}, "your turn"),
    ({"stage": Stage.PAUSED, "turn": Turn.NOBODY}, "nobody owes"),
    ({"stage": Stage.INTERVIEW, "interview_at": NOW + DAY}, "nobody owes"),
    ({"promise": promised(3)}, "they said they would answer by 2026-03-05"),
    ({"events": (wrote(20), wrote(15), wrote(9))}, "let it rest"),
    ({"turn_since": NOW - 200 * DAY, "events": (wrote(5),)}, "let it rest"),
    (FITTING[DraftKind.FEEDBACK] | {"events": (came(Kind.REJECTION, 1), wrote(0.5))}, "you have written since"),
])  # fmt: skip
def test_where_no_letter_fits_the_reason_is_told(changes, why):
    with pytest.raises(UsageError, match=why):
        drafted(**changes)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("turn", Turn)
def test_a_kind_that_fits_is_never_untrue(stage, turn):
    for interview_at in (None, NOW - DAY, NOW + DAY):
        for promise in (None, promised(-3), promised(3), promised(-5, implies_no=True)):
            changes = {"stage": stage, "turn": turn, "interview_at": interview_at, "promise": promise}
            with contextlib.suppress(NothingToDraftError):
                assert drafted(**changes).text


@pytest.mark.parametrize(("changes", "kind"), [
    ({"turn_since": NOW - 100 * DAY}, DraftKind.CLOSING),
    ({"promise": promised(-5, implies_no=True)}, DraftKind.CLOSING),
    ({"stage": Stage.GHOSTED, "turn": Turn.NOBODY}, DraftKind.CLOSING),
    ({"promise": promised(-5), "events": (wrote(8),)}, DraftKind.PROMISE_PASSED),
    ({"promise": promised(-5), "events": (wrote(3),)}, DraftKind.LAST_FOLLOW_UP),
    (TALKED, DraftKind.FOLLOW_UP),
    # Thanks for the interview are no question.
    (TALKED | {"events": (wrote(11),)}, DraftKind.FOLLOW_UP),
    (TALKED | {"events": (wrote(11), wrote(5))}, DraftKind.LAST_FOLLOW_UP),
    # A confirmation before the interview is none either.
    ({"stage": Stage.INTERVIEW, "interview_at": NOW - DAY, "events": (wrote(9),)}, DraftKind.THANK_YOU),
])  # fmt: skip
def test_the_state_decides_among_kinds(changes, kind):
    assert drafted(**changes).kind is kind


def test_thanks_are_for_the_round_that_is_past_when_the_next_is_to_come():
    rounds = {"interviews": (NOW - DAY, NOW + 6 * DAY), "interview_at": NOW + 6 * DAY}
    assert "talk with me on 1 March" in drafted(stage=Stage.INTERVIEW, kind=DraftKind.THANK_YOU, **rounds).text


@pytest.mark.parametrize(("kind", "changes", "why"), [
    (DraftKind.FEEDBACK, {}, "not said no"),
    (DraftKind.PROMISE_PASSED, {}, "no day has passed"),
    (DraftKind.PROMISE_PASSED, {"promise": promised(2)}, "no day has passed"),
    (DraftKind.THANK_YOU, {}, "no interview"),
    (DraftKind.THANK_YOU, {"interview_at": NOW + DAY}, "still to come"),
    (DraftKind.OFFER_DEADLINE, {}, "no offer"),
    (DraftKind.FOLLOW_UP, FITTING[DraftKind.FEEDBACK], "unghost reopen"),
    (DraftKind.CLOSING, {"stage": Stage.ACCEPTED, "turn": Turn.NOBODY}, "it is accepted"),
])  # fmt: skip
def test_a_letter_that_would_not_be_true_is_not_written_whoever_asks(kind, changes, why):
    with pytest.raises(UsageError, match=why):
        drafted(kind=kind, **changes)


def test_a_third_question_is_written_only_when_named_and_with_a_warning():
    changes = FITTING[DraftKind.CLOSING]
    assert drafted(**changes).warnings == ()
    (warning,) = drafted(kind=DraftKind.FOLLOW_UP, **changes).warnings
    assert "2 times already" in warning


def test_an_early_question_and_one_that_may_be_answered_already_are_warned_of():
    early, doubtful = drafted(turn_since=NOW - 2 * DAY, unsure=(57,), events=()).warnings
    assert "2 days old" in early
    assert "Message 57 may be their answer" in doubtful


def test_a_refusal_speaks_of_the_letter_in_words_and_says_what_to_do_instead():
    with pytest.raises(
        UsageError, match=r"^A request for feedback would not be true for .*; without --kind the letter"
    ):
        drafted(kind=DraftKind.FEEDBACK)
    with pytest.raises(UsageError, match=r"^No letter fits .* it is withdrawn \(`unghost reopen \d+` opens it\)\.$"):
        drafted(stage=Stage.WITHDRAWN)


# --- to whom, from whom ---------------------------------------------------------------------------


@pytest.mark.parametrize(("subject", "answered"), [
    ("Automatic reply: Your application", "Re: Your application"),
    ("Re: Automatic reply: AW: Your application", "Re: Your application"),
    ("Automatische Antwort: Deine Bewerbung", "Re: Deine Bewerbung"),
    ("Réponse automatique : Votre candidature", "Re: Votre candidature"),
    ("Respuesta automática: Su solicitud", "Re: Su solicitud"),
    ("Automatic replies: a role in support", "Re: Automatic replies: a role in support"),
])  # fmt: skip
def test_what_a_program_put_before_a_subject_is_not_repeated(subject, answered):
    assert fields_of(drafted(None, a_message(from_=ANNA, subject=subject)))["Subject"] == answered


def test_a_subject_that_is_only_a_programs_gives_way_to_the_letters_own():
    bare, without = (fields_of(drafted(None, a_message(from_=ANNA, subject=s))) for s in ("Automatic reply", ""))
    assert bare["Subject"] == without["Subject"]


def test_it_answers_the_last_person_in_the_thread_from_the_address_they_wrote_to():
    rules = replace(RULES, own=("dana@home.example", ME.addr_spec))
    asked = a_message(
        from_=ANNA, date=NOW - 9 * DAY, subject="AW: Re: Your application", message_id="<2@brightwater.example>",
        references=("<0@x.example>", "<1@x.example>"), to=(Address("", "Dana+jobs@Whitlock.example"),),
    )  # fmt: skip
    own = a_message(direction=Direction.OUT, from_=ME, to=(ANNA,), date=NOW - 8 * DAY)
    letter = fields_of(drafted(None, asked, own, a_message(from_=NO_REPLY), rules=rules))
    assert letter["To"] == "Anna Becker <anna.becker@brightwater.example>"
    assert letter["From"] == "Dana Whitlock <dana@whitlock.example>"
    assert letter["Subject"] == "Re: Your application"
    assert letter["In-Reply-To"] == "<2@brightwater.example>"
    assert letter["References"] == "<0@x.example> <1@x.example> <2@brightwater.example>"
    assert set(letter.keys()) == {
        "From", "To", "Date", "Subject", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding",
    }  # fmt: skip


def test_the_reply_address_counts_and_a_system_s_own_for_answers_too():
    given = a_message(from_=NO_REPLY, reply_to=(Address("", "reply+77@us.greenhouse-mail.io"),))
    assert drafted(None, given).letter["To"] == "reply+77@us.greenhouse-mail.io"
    person = a_message(from_=Address("Anna Becker via Greenhouse", NO_REPLY.addr_spec), reply_to=(ANNA,))
    assert drafted(None, person).letter["To"] == "Anna Becker <anna.becker@brightwater.example>"


def test_a_desk_is_written_to_where_there_is_no_person():
    desk = a_message(from_=Address("Brightwater Careers", "jobs@brightwater.example"))
    draft = drafted(None, desk)
    assert draft.letter["To"] == "Brightwater Careers <jobs@brightwater.example>"
    assert draft.text.startswith("Hello,")
    assert "anna.becker@" in drafted(None, desk, a_message(from_=ANNA, date=NOW - 20 * DAY)).letter["To"]


@pytest.mark.parametrize("address", [
    "no-reply@brightwater.example", "noreply+x77@brightwater.example", "jobs-noreply@brightwater.example",
    "do_not_reply@brightwater.example", "notifications@brightwater.example", "nepasrepondre@brightwater.example",
    "bounce-12@brightwater.example", "brightwater@myworkday.com", "mailer-daemon@brightwater.example",
    "naoresponda@brightwater.example", "anna", "anna@", "", "a b@brightwater.example", "dana@whitlock.example",
])  # fmt: skip
def test_where_nobody_reads_there_is_no_addressee_and_advice_instead(address):
    draft = drafted(None, a_message(from_=Address("Brightwater", address)))
    assert draft.letter["To"] is None
    assert "the person who hires at Brightwater on LinkedIn" in draft.advice
    assert draft.letter["In-Reply-To"]


@pytest.mark.parametrize("failed", [Authentication.DMARC_FAILED, Authentication.UNALIGNED])
def test_no_letter_goes_to_the_reply_address_of_a_message_whose_sender_failed(failed):
    forged = a_message(from_=ANNA, reply_to=(Address("Anna Becker", "anna@evil.example"),), authentication=failed)
    alone = drafted(None, forged)
    assert (alone.letter["To"], alone.letter["In-Reply-To"], alone.answers) == (None, None, "")
    real = a_message(from_=ANNA, date=NOW - 20 * DAY, authentication=Authentication.PASSED)
    assert drafted(None, forged, real).letter["To"] == "Anna Becker <anna.becker@brightwater.example>"


def test_a_person_who_says_not_to_answer_is_not_written_to_but_named():
    draft = drafted(None, a_message(from_=ANNA, text="Please do not reply to this email. Thank you for applying."))
    assert draft.letter["To"] is None
    assert "Look for Anna Becker on LinkedIn" in draft.advice


def test_without_any_message_it_is_a_letter_of_its_own():
    draft = draft_for(an_application(contact=NOBODY), [], RULES, NOW)
    assert draft.letter["Subject"] == "My application for the position of Data Analyst"
    assert (draft.letter["To"], draft.letter["References"], draft.answers) == (None, None, "")
    assert draft.text.endswith("Kind regards,\n")


@pytest.mark.parametrize(("display_name", "person"), [
    ("Anna Becker", "Anna Becker"),
    ("Becker, Anna", "Anna Becker"),
    ("Anna Becker (Brightwater)", "Anna Becker"),
    ("Anna Becker | Brightwater", "Anna Becker"),
    ("Anna Becker - Talent Acquisition", "Anna Becker"),
    ("Anna at Brightwater", "Anna"),
    ("Jean-Luc O'Neill", "Jean-Luc O'Neill"),
    ("Anna", ""),
    ("Brightwater Talent Team", ""),
    ("Brightwater Works", ""),
    ("HR", ""),
    ("Recruiting at Brightwater", ""),
    ("anna.becker@brightwater.example", ""),
    ("Dear Customer 2000", ""),
    ("", ""),
])  # fmt: skip
def test_a_person_is_greeted_and_a_desk_is_not(display_name, person):
    assert person_in(display_name, "Brightwater", NAMES.tables) == person


def test_the_same_letter_is_known_all_day_and_names_no_tool():
    one, two = drafted(number=3, key="k"), drafted(number=3, key="k", now=NOW + timedelta(hours=5))
    assert one.letter["Message-ID"] == two.letter["Message-ID"]
    assert one.letter["Message-ID"].endswith("@whitlock.example>")
    assert one.letter["Message-ID"] != drafted(number=3, key="k", now=NOW + DAY).letter["Message-ID"]
    assert b"unghost" not in one.octets.lower()


def test_a_long_message_id_is_not_folded_into_an_encoded_word():
    long = f"<{'a' * 120}@brightwater.example>"
    octets = drafted(None, a_message(from_=ANNA, message_id=long, references=(long.replace("a", "b"),) * 3)).octets
    assert f"In-Reply-To: {long}\r\n".encode() in octets
    assert all(len(line) <= 998 for line in octets.split(b"\r\n"))


def test_of_a_long_thread_the_beginning_and_the_end_are_named():
    thread = tuple(f"<{n}@x.example>" for n in range(90))
    found = fields_of(drafted(None, a_message(from_=ANNA, references=thread)))["References"].split()
    assert len(found) == 20
    assert (found[0], found[-2]) == ("<0@x.example>", "<89@x.example>")


ODD = st.text(max_size=60) | st.sampled_from(
    [
        "a\r\nBcc: x@evil.example",
        "{me.__class__}",
        "{",
        "%s",
        "=?utf-8?q?=0ABcc=3A_x?=",
        "\u202eevil",
        "\ud800",
        "a\x00b",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    employer=ODD,
    role=ODD,
    name=ODD,
    mine=ODD,
    subject=ODD,
    message_id=ODD,
    address=ODD,
    kind=st.sampled_from(list(DraftKind)),
)
def test_no_name_however_odd_adds_a_field_or_an_addressee(
    employer, role, name, mine, subject, message_id, address, kind
):
    message = a_message(
        from_=Address(name, ANNA.addr_spec), to=(Address(mine, ME.addr_spec),), subject=subject, message_id=message_id,
        references=(message_id, "<ok@x.example>"), reply_to=(Address(name, address),) if address else (),
    )  # fmt: skip
    changes = FITTING[kind] | {"employer": employer, "role": role}
    draft = drafted(None, message, kind=kind, **changes)
    head = draft.octets.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].decode().lower() for line in head.split(b"\r\n") if line[:1] not in {b" ", b"\t"}]
    assert len(names) == len(set(names))
    assert set(names) <= {
        "from", "to", "date", "subject", "message-id", "in-reply-to", "references", "mime-version", "content-type",
        "content-transfer-encoding",
    }  # fmt: skip
    addressees = fields_of(draft)["To"]
    assert addressees is None or len(addressees.addresses) == 1
    assert [a.addr_spec for a in fields_of(draft)["From"].addresses] == [ME.addr_spec]
    assert b"\r" not in draft.octets.replace(b"\r\n", b"")


# --- the wordings ---------------------------------------------------------------------------------


def test_the_shipped_letters_use_every_blank():
    used = {name for _, name, _, _ in Formatter().parse(SHIPPED.partition("[en]")[2]) if name}
    assert used == set(BLANKS) - {"employer"}


def read_own(text):
    return read_letters(replace(as_shipped("drafts.toml"), own=text))


def test_all_that_is_wrong_with_the_wordings_is_told_at_once():
    text = (
        SHIPPED.replace("On {asked}", "On {axed}", 1)
        .replace('farewell = "Kind regards,"', 'farewell = " "')
        .replace('locale = "de_DE"', 'locale = "Mars"')
        .replace("{interview} about", "{interview!r} about", 1)
        .replace("unread = '''", "unread = '''(")
    )
    with pytest.raises(ConfigError) as caught:
        read_own(text)
    problems = "\n".join(caught.value.problems)
    for problem in (
        "unread: is no regular expression", "{axed}", "en.farewell: is missing", "de.locale: 'Mars' is no locale",
        "en.follow_up.text: has a blank that cannot be filled in: {interview}",
    ):  # fmt: skip
        assert problem in problems


ENGLISH = SHIPPED[SHIPPED.index("[en]") : SHIPPED.index("[de]")]


@pytest.mark.parametrize(("text", "problem"), [
    ("[[[", "cannot be read"),
    ("otherwise = false", "otherwise: is missing"),
    ("en = false", "otherwise: there is no 'en' in it"),
    ('otherwise = "xx"', "otherwise: there is no 'xx' in it"),
    ("colour = 1", "colour: must be a table"),
    ("[en]\nfarewel = 'x'", "en.farewel: unknown key"),
    ("[fr]\nfarewell = 3", "fr.farewell: must be text"),
    ("[eo]\nlocale = 'eo'", "eo.closing: is missing"),
    (re.sub("(?s)subject = '''.*?'''", "", ENGLISH.replace("[en", "[eo"), count=1), "follow_up.subject: is missing"),
    (SHIPPED.replace("\n| Hello,", ""), "en.greeting: every sentence has a blank"),
])  # fmt: skip
def test_wordings_that_cannot_be_used_are_named(text, problem):
    with pytest.raises(ConfigError, match=problem):
        read_own(text)


def test_own_wordings_take_the_place_of_the_shipped_ones():
    book = read_letters(replace(as_shipped("drafts.toml"), own='[en]\nfarewell = "Cheers,"'))
    assert "Cheers,\nDana Whitlock" in drafted(rules=replace(RULES, book=book)).text


def test_a_promise_of_today_is_still_kept():
    with pytest.raises(UsageError, match="they said"):
        drafted(promise=Promise(date(2026, 3, 2), Turn.EMPLOYER, "x"))
