"""Linking: one role at one employer is one application, however the mail arrives."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from factories import DAY, ME, NAMES, NOW, PROMISES, a_calendar_event, a_fact
from hypothesis import given, settings, strategies as st
from naming_score import scored

from pipeline.errors import ConfigError
from pipeline.link.applications import link
from pipeline.link.naming import NameReader
from pipeline.link.naming.words import squashed, tokens
from pipeline.records import Address, Direction, Kind, Stage, Turn
from pipeline.silence import questions_of

START = NOW - 40 * DAY
LABELLED = Path(__file__).with_name("names.jsonl")


def told(*facts):
    """The applications that facts, one day apart, speak of."""
    dated = [replace(fact, date=START + n * DAY) for n, fact in enumerate(facts)]
    return link(dated, NAMES).applications, dated


def mail(kind, employer="Brightwater", role="Data Analyst", **changes):
    subject = f"Your application to {employer}: {role}" if role else f"Your application to {employer}"
    text = f"Thank you for applying for the {role} role." if role else ""
    return replace(a_fact(kind, subject=subject, text=text), **changes)


@pytest.mark.parametrize(
    ("display_name", "addr_spec", "subject", "text", "employer"),
    [
        ("Brightwater Talent Team", "no-reply@us.greenhouse-mail.io", "Thanks", "", "Brightwater"),
        ("Jo from Brightwater", "jo@hire.lever.co", "Thanks", "", "Brightwater"),
        ("Jo Marsh (Brightwater)", "jo@hire.lever.co", "Thanks", "", "Brightwater"),
        ("Brightwater via Workable", "noreply@workablemail.com", "Thanks", "", "Brightwater"),
        ("Workable", "noreply@workablemail.com", "Thank you for applying to Osprey & Lund", "", "Osprey & Lund"),
        (
            "Notifications",
            "x@myworkday.com",
            "Update",
            "Thank you for your interest in Kestrelmoor Labs.",
            "Kestrelmoor Labs",
        ),
        ("Jo Marsh", "jo@brightwater.example", "Hello", "", "Brightwater"),
        ("Jo Marsh", "jo.marsh@gmail.com", "Hello", "", ""),
        ("Workable", "noreply@workablemail.com", "Your application", "", ""),
        ("HR", "jobs@personio.de", "Ihre Bewerbung als Köchin bei Stadtküche Erlenbruck", "", "Stadtküche Erlenbruck"),
    ],
)
def test_the_employer_is_never_the_system_that_sends_the_mail(display_name, addr_spec, subject, text, employer):
    fact = a_fact(from_=Address(display_name, addr_spec), subject=subject, text=text)
    assert NAMES(fact).employer.value == employer


@pytest.mark.parametrize(
    ("subject", "text", "role"),
    [
        ("Your application for Data Analyst at Brightwater", "", "Data Analyst"),
        ("Update", "Thank you for applying for the Ward Nurse position at Brightwater.", "Ward Nurse"),
        ("Ihre Bewerbung als Köchin", "", "Köchin"),
        ("Candidature au poste de Comptable chez Brightwater", "", "Comptable"),
        ("Hello", "Nothing about any of that.", ""),
        ("Thank you for your application to Brightwater", "", ""),
    ],
)
def test_the_role_is_what_the_message_calls_it(subject, text, role):
    assert NAMES(a_fact(subject=subject, text=text)).role.value == role


@pytest.mark.parametrize(
    ("subject", "text", "employer", "role"),
    [
        ("Ihre Bewerbung als Bauzeichner (m/w/d)", "Vielen Dank für Ihr Interesse an Lohmühle Bau.", "", "Bauzeichner"),
        ("Candidature : Infirmière de nuit", "Merci de votre intérêt pour Clinique Valrose.", "", "Infirmière de nuit"),
        (
            "Su solicitud de empleo: Camarero",
            "Gracias por su candidatura en Hotel Miralar.",
            "Hotel Miralar",
            "Camarero",
        ),
        ("Sua candidatura: Analista Fiscal", "Olá, recebemos a sua candidatura.", "", "Analista Fiscal"),
        (
            "Je sollicitatie: Monteur",
            "Bedankt voor je sollicitatie bij Fietsfabriek Rozema.",
            "Fietsfabriek Rozema",
            "Monteur",
        ),
        (
            "La tua candidatura: Commessa",
            "Grazie per la candidatura presso Libreria Fontana.",
            "Libreria Fontana",
            "Commessa",
        ),
        ("UPDATE ON YOUR APPLICATION: WARD NURSE", "THANK YOU.", "", "WARD NURSE"),
        ("your application", "Thank you for applying for the barista position at Corner Cup.", "Corner Cup", "barista"),
        ('Application for "Night Porter" at Gull House', "", "Gull House", "Night Porter"),
        ("Your application for Data Engineer (R-12345) at Fennick Labs", "", "Fennick Labs", "Data Engineer"),
    ],
)
def test_titles_are_read_in_many_languages_and_shapes(subject, text, employer, role):
    names = NAMES(a_fact(subject=subject, text=text, from_=Address("", "no-reply@us.greenhouse-mail.io")))
    assert names.role.value == role
    assert names.employer.value == employer or not employer


@pytest.mark.parametrize(
    ("subject", "text", "number"),
    [
        ("Your application: Data Engineer (R-12345)", "", "R-12345"),
        ("JR103020 Staff Accountant", "", "JR103020"),
        ("Update", "Thank you for applying for Ward Nurse, Job ID 4711.", "4711"),
        ("Ihre Bewerbung, Kennziffer 77/25", "", "77/25"),
        ("Interview on 12/05/2026", "Dial 555-0133.", ""),
    ],
)
def test_a_requisition_is_a_number_with_a_word_or_shape_for_one(subject, text, number):
    assert NAMES(a_fact(subject=subject, text=text)).requisition.value == number


RELAY = Address("Notifications", "no-reply@us.greenhouse-mail.io")
FORWARDED = (
    "---------- Forwarded message ----------\nFrom: Osprey Talent Team <jobs@osprey.example>\nSubject: News\n\nHello"
)


@pytest.mark.parametrize(
    ("fact", "how"),
    [
        (a_fact(from_=RELAY, subject="Hello", reply_to=(Address("Osprey HR", "hr@osprey.example"),)), "reply-to"),
        (a_fact(from_=Address("", "x@osprey.teamtailor-mail.com"), subject="Hello", text=""), "tenant"),
        (a_fact(from_=Address("Jo", "jo@gmail.com"), subject="Fwd: News", text=FORWARDED), "forwarded"),
        (a_fact(from_=Address("", "jo@osprey.example"), subject="Hello"), "domain"),
        (a_fact(from_=RELAY, subject="Hello", text="We will call you.\n\nThe Osprey Recruiting Team"), "signature"),
        (
            a_fact(from_=RELAY, subject="Hello", calendar=(a_calendar_event(NOW, organizer="jo@osprey.example"),)),
            "calendar",
        ),
    ],
)
def test_every_part_of_a_message_may_say_who_the_employer_is(fact, how):
    found = NAMES(fact).employer
    assert (found.value, how in found.how.split(" + ")) == ("Osprey", True)


def test_sources_that_agree_are_surer_than_one():
    alone = NAMES(a_fact(from_=RELAY, subject="Your application to Osprey")).employer
    both = NAMES(a_fact(from_=RELAY, subject="Your application to Osprey", text="Welcome to Osprey.")).employer
    assert alone.value == both.value == "Osprey"
    assert alone.sureness < both.sureness < 1


def test_what_is_not_sure_enough_is_not_said():
    found = NAMES(a_fact(from_=RELAY, subject="Green Paths: what now?", text="We will call you.")).employer
    assert (found.value, found.how, found.sureness) == ("", "", 0)


@pytest.mark.parametrize(
    ("field", "right", "wrong"), [("employer", 0.93, 0.06), ("role", 0.85, 0.03), ("requisition", 0.8, 0.1)]
)
def test_names_are_right_in_messages_we_labelled_by_hand(field, right, wrong):
    verdicts = [
        verdict for one, _, _, verdict in scored(LABELLED) if one == field and verdict in {"right", "wrong", "missing"}
    ]
    assert verdicts.count("right") >= right * len(verdicts)
    assert verdicts.count("wrong") <= wrong * len(verdicts)


@pytest.mark.parametrize(
    ("from_", "subject", "text", "employer"),
    [
        (
            Address("Provewell", "no-reply@provewell.example"),
            "Your Provewell test for Osprey",
            "Osprey has invited you to take a test.",
            "Osprey",
        ),
        (
            Address("Jo Marsh", "jo@harbourtalent.example"),
            "Store Manager",
            "I have sent your CV to my client Osprey & Lund.",
            "Osprey & Lund",
        ),
        (Address("Jobregen", "mail@jobregen.example"), "Ihre Bewerbung", "Firma: Osprey GmbH\nOrt: Kiel", "Osprey"),
        (
            Address("Talent Team", "jobs@harbour-talent.example"),
            "News",
            "We recruit for ourselves.",
            "Harbour Talent",
        ),
    ],
)
def test_who_writes_for_somebody_else_is_not_the_employer(from_, subject, text, employer):
    assert tokens(NAMES(a_fact(from_=from_, subject=subject, text=text)).employer.value) == tokens(employer)


@pytest.mark.parametrize(
    ("addr_spec", "text", "employer"),
    [
        ("jobs@uni-carrow.example", "Human Resources\nUniversity of Carrow", "University of Carrow"),
        ("hello@deskanddoor.example", "Welcome to Desk & Door.", "Desk & Door"),
        (
            "saiyo@midori-densan.example",
            "この度はご応募ありがとうございます。\n\n株式会社みどり電算 採用担当",
            "みどり電算",
        ),
        ("hello@uni-carrow.example", "Welcome.", "Uni Carrow"),
    ],
)
def test_a_name_is_written_as_the_message_writes_it_not_as_a_domain_does(addr_spec, text, employer):
    fact = a_fact(from_=Address("", addr_spec), subject="News", text=f"Hello\n\n{text}")
    assert NAMES(fact).employer.value == employer


@pytest.mark.parametrize(
    ("subject", "text", "role"),
    [
        ("News", "Thank you for applying for the Claims Adjuster I role.", "Claims Adjuster I"),
        ("Your application to Osprey for Night Porter I / #44710", "", "Night Porter I"),
        ("News", "Job Application: Dana Whitlock - 40217 Yard Planner on 02/09/2026", "Yard Planner"),
        ("News", "You applied for the following positions:\n\n- Night Porter", "Night Porter"),
        (
            "Your application: Analyst: Rates - Leeds",
            "Thank you for the Analyst: Rates - Leeds role.",
            "Analyst: Rates - Leeds",
        ),
        ("News", "Thank you for applying to the Analyst Program, Full-Time role.", "Analyst Program, Full-Time"),
        ("News", "Your application for Player Insights Analyst just landed at Brightwater.", "Player Insights Analyst"),
        ("News", "Your application for Line Cook has safely arrived.", "Line Cook"),
        ("News", "Your application for Just Transition Officer reached us today.", "Just Transition Officer"),
        ("News", "From May on you are here as a trainee for Osprey with Ida at your side.", "trainee"),
        ("News", "Thank you for your interest in our Decision Scientist position.", "Decision Scientist"),
        ("News", "You applied for this decision position.", ""),
        ("University of Larkhaven Fellowship Program: thank you", "", ""),
        ("News", "Welcome to the internship program.", ""),
    ],
)
def test_a_title_ends_where_it_ends_and_is_none_where_it_says_nothing(subject, text, role):
    assert NAMES(a_fact(subject=subject, text=text)).role.value == role


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.text(max_size=3_000), st.text(max_size=80))
def test_whatever_a_message_says_names_are_found_or_not(subject, text, display_name):
    names = NAMES(a_fact(subject=subject, text=text, from_=Address(display_name, "a@b.example")))
    for found in (names.employer, names.role, names.requisition):
        assert bool(found.value) == bool(found.how)
        assert 0 <= found.sureness < 1


def test_a_pattern_that_cannot_be_used_is_told_with_the_file_it_is_in():
    own = replace(NAMES.names, own="[jobs]\npattern = '('", place="/home/dana/names.toml")
    with pytest.raises(ConfigError, match="/home/dana/names.toml: a pattern or word in it cannot be used"):
        NameReader(NAMES.ats, own)(a_fact())


@pytest.mark.parametrize("item", ["['a']", "1"])
def test_an_item_of_a_list_that_is_no_text_is_told_with_the_file_it_is_in(item):
    own = replace(NAMES.ats, own=f"[providers]\ndomains = [{item}]", place="/home/dana/ats.toml")
    with pytest.raises(ConfigError, match="/home/dana/ats.toml: providers.domains: must be a list of text"):
        NameReader(own, NAMES.names)(a_fact())


def test_names_are_compared_by_whole_telling_words():
    assert not tokens("HP Inc") & tokens("PHP Ltd")
    assert tokens("The Brightwater Group, Inc.") == {"brightwater"}
    assert tokens("The Company") == {"the", "company"}
    assert squashed("Meridian Foods") == squashed("Meridianfoods")


def test_many_messages_of_one_application_are_one_row():
    applications, facts = told(
        mail(Kind.ACKNOWLEDGEMENT), mail(Kind.IN_REVIEW), mail(Kind.ASSESSMENT), mail(Kind.REJECTION, role="")
    )
    [application] = applications
    assert [event.message_id for event in application.events] == [fact.message_id for fact in facts]
    assert application.stage is Stage.REJECTED
    assert application.applied_at == START


def test_two_roles_at_one_employer_are_two_rows():
    applications, _ = told(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.ACKNOWLEDGEMENT, role="Ward Nurse"))
    assert [a.role for a in applications] == ["Data Analyst", "Ward Nurse"]


def test_a_rejection_that_may_mean_either_of_two_roles_is_asked_about():
    applications, facts = told(
        mail(Kind.ACKNOWLEDGEMENT), mail(Kind.ACKNOWLEDGEMENT, role="Ward Nurse"), mail(Kind.REJECTION, role="")
    )
    assert [a.stage for a in applications] == [Stage.APPLIED, Stage.APPLIED]
    assert [a.questions for a in applications] == [(facts[2].message_id,)] * 2


def test_near_names_stay_apart():
    applications, _ = told(mail(Kind.ACKNOWLEDGEMENT, employer="HP"), mail(Kind.REJECTION, employer="PHP"))
    assert len(applications) == 2


def test_a_reply_belongs_to_its_thread_whatever_it_says():
    opening = mail(Kind.ACKNOWLEDGEMENT)
    reply = a_fact(
        Kind.REJECTION,
        subject="Re: hello",
        from_=Address("Jo Marsh", "jo@elsewhere.example"),
        thread=(opening.rfc_message_id,),
    )
    [application], _ = told(opening, reply)
    assert application.stage is Stage.REJECTED
    assert application.events[1].link == "thread"


def test_an_undecided_message_changes_nothing_and_is_remembered():
    [application], facts = told(mail(Kind.ACKNOWLEDGEMENT), mail(None))
    assert application.stage is Stage.APPLIED
    assert application.unsure == (facts[1].message_id,)


def test_an_undecided_newsletter_is_no_doubt():
    [application], _ = told(mail(Kind.ACKNOWLEDGEMENT), mail(None, stake=0.08))
    assert application.unsure == ()


def test_an_undecided_answer_in_the_thread_is_a_doubt_too():
    opening = mail(Kind.ACKNOWLEDGEMENT)
    [application], facts = told(opening, a_fact(None, thread=(opening.rfc_message_id,)))
    assert application.unsure == (facts[1].message_id,)


@pytest.mark.parametrize("kind", [Kind.OTHER, Kind.JOB_ALERT, Kind.OUTREACH, Kind.ACTION_NEEDED, None])
def test_what_opens_nothing(kind):
    assert told(mail(kind))[0] == []


@pytest.mark.parametrize(
    "kind", [Kind.INTERVIEW, Kind.REJECTION, Kind.OFFER, Kind.POSITION_CLOSED, Kind.IN_REVIEW, Kind.PAUSED]
)
def test_an_answer_without_anything_before_it_opens_one_of_unknown_date(kind):
    [application], _ = told(mail(kind))
    assert application.applied_at is None


def test_an_application_by_mail_opens_one_with_the_addressee():
    sent = a_fact(
        None,
        direction=Direction.OUT,
        from_=ME,
        to=(Address("Hiring at Nordkammer", "jobs@nordkammer.example"),),
        subject="Application for Business Analyst",
    )
    [application], _ = told(sent)
    assert (application.employer, application.role, application.turn) == (
        "Nordkammer",
        "Business Analyst",
        Turn.EMPLOYER,
    )
    assert application.contact.addr_spec == "jobs@nordkammer.example"


def test_other_own_mail_opens_nothing():
    assert told(a_fact(None, direction=Direction.OUT, from_=ME, subject="Dinner on Friday?"))[0] == []


def test_a_test_by_somebody_else_belongs_to_the_employer_it_names():
    test = a_fact(
        Kind.ASSESSMENT,
        from_=Address("Skillharbour", "no-reply@skillharbour.example"),
        subject="Your test is waiting",
        text="Brightwater would like you to take a test.",
    )
    [application], _ = told(mail(Kind.ACKNOWLEDGEMENT), test)
    assert (application.stage, application.turn) == (Stage.ASSESSMENT, Turn.USER)


def test_a_late_answer_reopens_what_was_closed():
    [application], _ = told(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.REJECTION), mail(Kind.INTERVIEW))
    assert application.stage is Stage.INTERVIEW


def test_applying_again_after_a_no_is_a_new_application():
    applications, _ = told(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.REJECTION), mail(Kind.ACKNOWLEDGEMENT))
    assert [a.stage for a in applications] == [Stage.REJECTED, Stage.APPLIED]


@pytest.mark.parametrize(
    ("kinds", "stage", "turn", "since"),
    [
        ([Kind.ACKNOWLEDGEMENT], Stage.APPLIED, Turn.EMPLOYER, 0),
        ([Kind.ACKNOWLEDGEMENT, Kind.ACKNOWLEDGEMENT], Stage.APPLIED, Turn.EMPLOYER, 0),
        ([Kind.ACKNOWLEDGEMENT, Kind.IN_REVIEW], Stage.IN_REVIEW, Turn.EMPLOYER, 1),
        ([Kind.ACKNOWLEDGEMENT, Kind.INTERVIEW, Kind.IN_REVIEW], Stage.INTERVIEW, Turn.EMPLOYER, 2),
        ([Kind.ACKNOWLEDGEMENT, Kind.ACTION_NEEDED], Stage.APPLIED, Turn.USER, 1),
        ([Kind.ACKNOWLEDGEMENT, Kind.ASSESSMENT], Stage.ASSESSMENT, Turn.USER, 1),
        ([Kind.ACKNOWLEDGEMENT, Kind.PAUSED], Stage.PAUSED, Turn.NOBODY, 1),
        ([Kind.ACKNOWLEDGEMENT, Kind.REJECTION, Kind.ACTION_NEEDED], Stage.REJECTED, Turn.NOBODY, 1),
        ([Kind.ACKNOWLEDGEMENT, Kind.POSITION_CLOSED], Stage.POSITION_CLOSED, Turn.NOBODY, 1),
        ([Kind.ACKNOWLEDGEMENT, Kind.OFFER], Stage.OFFER, Turn.USER, 1),
    ],
)
def test_stage_and_turn_follow_the_messages(kinds, stage, turn, since):
    [application], _ = told(*(mail(kind) for kind in kinds))
    assert (application.stage, application.turn) == (stage, turn)
    assert application.turn_since == START + since * DAY


def test_a_requisition_tells_two_posts_of_one_title_apart():
    posts = [mail(Kind.ACKNOWLEDGEMENT, text=f"Job ID: R-{number}") for number in (10001, 10002)]
    applications, _ = told(*posts, mail(Kind.REJECTION, text="Requisition R-10002 is closed."))
    assert [a.stage for a in applications] == [Stage.APPLIED, Stage.REJECTED]
    assert applications[1].events[1].link == "requisition + employer + role + recent"


def test_a_receipt_that_comes_again_without_a_role_is_another_application():
    receipt = {"subject": "Thank you for applying to Alderney University", "text": "We have received it.", "role": ""}
    assert len(told(*(mail(Kind.ACKNOWLEDGEMENT, **receipt) for _ in range(3)))[0]) == 3


def test_a_second_receipt_by_another_sender_is_of_the_same_application():
    board = mail(Kind.ACKNOWLEDGEMENT, from_=Address("LinkedIn", "jobs-noreply@linkedin.com"))
    [application], _ = told(mail(Kind.ACKNOWLEDGEMENT, role=""), board)
    assert application.role == "Data Analyst"


JO = Address("Jo Marsh", "jo.marsh@brightwater.example")


def test_who_wrote_before_is_known_though_nothing_is_named():
    ask = a_fact(Kind.INTERVIEW, from_=JO, subject="A few questions", text="Do you have time on Monday?")
    other = mail(Kind.ACKNOWLEDGEMENT, employer="Osprey")
    applications, _ = told(mail(Kind.ACKNOWLEDGEMENT, from_=JO), other, ask)
    assert [a.stage for a in applications] == [Stage.INTERVIEW, Stage.APPLIED]


def test_an_agent_who_writes_for_two_employers_has_two_applications():
    agent = Address("Jo Marsh", "jo@harbourtalent.example")
    first, second, third = (
        mail(Kind.INTERVIEW, employer, role, from_=agent)
        for employer, role in [("Osprey", "Data Analyst"), ("Fennick", "Ward Nurse"), ("Merlin", "Ward Nurse")]
    )
    assert [a.employer for a in told(first, second)[0]] == ["Osprey", "Fennick"]
    applications, facts = told(first, second, third)  # one employer under two names, perhaps: asked
    assert [a.questions for a in applications] == [(), (facts[2].message_id,)]


def test_a_new_date_for_a_meeting_belongs_to_that_meeting():
    first = mail(Kind.INTERVIEW, calendar=(a_calendar_event(NOW + DAY, uid="m-1"),))
    moved = a_fact(
        Kind.INTERVIEW,
        subject="Updated invitation",
        from_=Address("", "calendar@rooms.example"),
        calendar=(a_calendar_event(NOW + 3 * DAY, uid="m-1", sequence=1),),
    )
    [application], _ = told(first, moved)
    assert application.interview_at == NOW + 3 * DAY
    assert application.events[1].link == "meeting"


def test_each_round_of_interviews_keeps_its_date_and_a_cancelled_one_is_none():
    def round_of(uid, at, method="REQUEST", sequence=0):
        return mail(Kind.INTERVIEW, calendar=(a_calendar_event(at, uid=uid, method=method, sequence=sequence),))

    first, second, third = round_of("a", NOW - 9 * DAY), round_of("b", NOW - 2 * DAY), round_of("c", NOW + DAY)
    [application], _ = told(first, second, third, round_of("b", NOW - 2 * DAY, "CANCEL", 1))
    assert application.interviews == (NOW - 9 * DAY, NOW + DAY)
    assert application.interview_at == NOW + DAY


def test_one_no_for_several_roles_closes_those_it_names_and_no_other():
    roles = ["Data Analyst", "Senior Data Analyst", "Ward Nurse"]
    no = mail(Kind.REJECTION, role="", text="We will not go on with Data Analyst and Ward Nurse.")
    applications, _ = told(*(mail(Kind.ACKNOWLEDGEMENT, role=role) for role in roles), no)
    assert {a.role: a.stage for a in applications} == {
        "Data Analyst": Stage.REJECTED,
        "Senior Data Analyst": Stage.APPLIED,
        "Ward Nurse": Stage.REJECTED,
    }


def own(text, to=JO, **changes):
    return a_fact(None, **{"direction": Direction.OUT, "from_": ME, "to": (to,), "text": text, **changes})


def test_an_answer_dated_before_what_it_answers_belongs_to_it():
    opening = mail(Kind.ACKNOWLEDGEMENT)
    reply = own("Thank you.", thread=(opening.rfc_message_id,), date=opening.date - DAY / 8)
    [application] = link([reply, opening], NAMES).applications
    assert [event.link for event in application.events] == ["thread", "opened"]


def test_answers_to_a_message_in_question_wait_with_it():
    ask = a_fact(Kind.INTERVIEW, from_=JO, subject="A first call?", text="Brightwater would like to meet you.")
    reply = own("Tuesday is fine.", thread=(ask.rfc_message_id,), subject="Re: Data Analyst")
    applications, facts = told(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.ACKNOWLEDGEMENT, role="Ward Nurse"), ask, reply)
    assert [a.questions for a in applications] == [(facts[2].message_id,)] * 2
    assert [len(a.events) for a in applications] == [1, 1]


def test_an_employer_under_a_new_name_is_known_by_the_old_one():
    no = mail(Kind.REJECTION, employer="Osprey")
    no = replace(no, text=f"{no.text} Osprey was called Brightwater before.")
    assert len(told(mail(Kind.ACKNOWLEDGEMENT), no)[0]) == 1


def test_one_recruiter_writes_about_several_roles():
    applications, _ = told(mail(Kind.INTERVIEW, from_=JO), mail(Kind.INTERVIEW, role="Ward Nurse", from_=JO))
    assert [a.role for a in applications] == ["Data Analyst", "Ward Nurse"]


def test_a_title_that_stands_in_the_text_tells_which_of_two():
    task = a_fact(Kind.ASSESSMENT, subject="Your Brightwater test", text="Brightwater: 'Ward Nurse / 60 minutes'.")
    applications, _ = told(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.ACKNOWLEDGEMENT, role="Ward Nurse"), task)
    assert [a.stage for a in applications] == [Stage.APPLIED, Stage.ASSESSMENT]


def test_a_receipt_days_after_another_that_names_no_role_is_another_application():
    first = mail(Kind.ACKNOWLEDGEMENT, role="")
    board = mail(Kind.ACKNOWLEDGEMENT, from_=Address("LinkedIn", "jobs-noreply@linkedin.com"))
    late = [replace(first, date=START), replace(board, date=START + 5 * DAY)]
    assert len(link(late, NAMES).applications) == 2


@pytest.mark.parametrize(
    ("display_name", "addr_spec", "text", "employer"),
    [
        ("Harbour Talent Careers", "jobs@harbourtalent.example", "Hello", "Harbour Talent"),
        ("", "jo@thelundfieldtrust.example", "You wrote to The Lundfield Trust.", "The Lundfield Trust"),
        ("University of Larkhaven", "system@successfactors.eu", "Hello", "University of Larkhaven"),
        (
            "Workday",
            "vri@myworkday.com",
            "Hello\n\nTalent Acquisition\nVarmoor Robotics, Inc.",
            "Varmoor Robotics",
        ),
        ("Marsh, Oduya and Partners", "notifications@app.bamboohr.com", "Hello", "Marsh, Oduya and Partners"),
        ("Jo Marsh via SmartRecruiters", "notification@smartrecruiters.com", "Hello", ""),
        ("SHL Online", "no-reply@shl.com", "Hello\n\nThe SHL Online team", ""),
    ],
)
def test_names_are_read_as_the_message_spells_them(display_name, addr_spec, text, employer):
    fact = a_fact(from_=Address(display_name, addr_spec), subject="News", text=text)
    assert NAMES(fact).employer.value == employer


def test_a_slip_of_the_pen_is_no_other_employer_but_a_number_is():
    assert len(told(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.REJECTION, employer="Brightwatter"))[0]) == 1
    branches = [mail(Kind.ACKNOWLEDGEMENT, employer=f"Pharmacy {n}") for n in (10, 11)]
    assert len(told(*branches)[0]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Thank you, but I would like to withdraw my application.",
        "Hiermit ziehe ich zurück: ich ziehe meine Bewerbung hiermit zurück.",
        "Je vous informe que je retire ma candidature.",
        "Trek hierbij mijn sollicitatie in.",
    ],
)
def test_own_mail_that_withdraws_closes_the_application(text):
    [application], facts = told(
        mail(Kind.IN_REVIEW), mail(Kind.INTERVIEW, from_=JO), own(text, subject="My application")
    )
    assert (application.stage, application.turn) == (Stage.WITHDRAWN, Turn.NOBODY)
    assert application.turn_message_id == facts[2].message_id


def test_reminders_of_ones_own_are_counted():
    [application], _ = told(
        mail(Kind.ACKNOWLEDGEMENT),
        mail(Kind.IN_REVIEW, from_=JO),
        own("Any news?"),
        own("I would be glad to hear from you."),
    )
    assert (application.turn, len(questions_of(application, application.turn_since))) == (Turn.EMPLOYER, 2)


def test_an_own_reply_gives_the_turn_back_and_a_reminder_does_not_restart_the_clock():
    invitation = mail(Kind.INTERVIEW)
    reply = a_fact(None, direction=Direction.OUT, from_=ME, thread=(invitation.rfc_message_id,))
    reminder = a_fact(None, direction=Direction.OUT, from_=ME, thread=(invitation.rfc_message_id,))
    [application], _ = told(invitation, reply, reminder)
    assert (application.turn, application.turn_since) == (Turn.EMPLOYER, START + DAY)


def test_the_date_of_an_interview_is_its_calendars():
    at = NOW + 3 * DAY
    [application], _ = told(mail(Kind.INTERVIEW, calendar=(a_calendar_event(at),)))
    assert application.interview_at == at


def test_a_cancelled_event_gives_no_date():
    [application], _ = told(mail(Kind.INTERVIEW, calendar=(a_calendar_event(NOW, method="CANCEL"),)))
    assert application.interview_at is None


def test_levels_are_different_roles_and_places_are_not():
    applications, _ = told(
        mail(Kind.ACKNOWLEDGEMENT, role="Software Engineer"),
        mail(Kind.ACKNOWLEDGEMENT, role="Senior Software Engineer"),
        mail(Kind.REJECTION, role="Senior Software Engineer"),
        mail(Kind.REJECTION, role="Software Engineer (m/f/d)"),
    )
    assert [(a.role, a.stage) for a in applications] == [
        ("Software Engineer", Stage.REJECTED),
        ("Senior Software Engineer", Stage.REJECTED),
    ]
    assert [len(a.events) for a in applications] == [2, 2]


def test_a_name_that_holds_another_is_a_doubt():
    applications, facts = told(
        mail(Kind.ACKNOWLEDGEMENT, employer="Delta"), mail(Kind.REJECTION, employer="Delta Dental")
    )
    [application] = applications
    assert application.stage is Stage.APPLIED
    assert application.questions == (facts[1].message_id,)


def test_applying_again_much_later_starts_a_new_clock():
    old = a_fact(subject="Your application to Brightwater", date=NOW - 200 * DAY)
    new = a_fact(subject="Your application to Brightwater", date=NOW - DAY)
    assert [a.turn_since for a in link([old, new], NAMES).applications] == [old.date, new.date]


def test_own_application_by_mail_and_its_receipt_are_one():
    sent = a_fact(
        None,
        direction=Direction.OUT,
        from_=ME,
        to=(Address("", "jobs@brightwater.example"),),
        subject="Application for Data Analyst at Brightwater",
    )
    assert len(told(mail(Kind.ACKNOWLEDGEMENT), sent)[0]) == 1
    assert len(told(sent, mail(Kind.ACKNOWLEDGEMENT))[0]) == 1
    assert len(told(sent, sent)[0]) == 1


def test_a_receipt_of_what_was_asked_for_gives_the_turn_back():
    [application], _ = told(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.ASSESSMENT), mail(Kind.ACKNOWLEDGEMENT))
    assert (application.stage, application.turn, application.turn_since) == (
        Stage.ASSESSMENT,
        Turn.EMPLOYER,
        START + 2 * DAY,
    )


def test_a_cancelled_interview_did_not_take_place():
    at = NOW - DAY
    cancelled = mail(Kind.INTERVIEW, calendar=(a_calendar_event(at, method="CANCEL", sequence=1),))
    [application], _ = told(mail(Kind.INTERVIEW, calendar=(a_calendar_event(at),)), cancelled)
    assert application.interview_at is None


def test_the_newest_word_on_a_meeting_counts_whatever_order_it_comes_in():
    later = mail(Kind.INTERVIEW, calendar=(a_calendar_event(NOW, sequence=2),))
    earlier = mail(Kind.INTERVIEW, calendar=(a_calendar_event(NOW - 5 * DAY, sequence=0),))
    [application], _ = told(later, earlier)
    assert application.interview_at == NOW


def test_the_order_in_which_facts_are_written_down_does_not_matter():
    _, facts = told(
        mail(Kind.ACKNOWLEDGEMENT),
        mail(Kind.ACKNOWLEDGEMENT, role="Ward Nurse"),
        mail(Kind.INTERVIEW),
        mail(Kind.REJECTION),
    )
    expected = link(facts, NAMES).applications
    shuffled = facts.copy()
    random.Random(1).shuffle(shuffled)
    assert link(sorted(shuffled, key=lambda f: (f.date, f.key)), NAMES).applications == expected


def promise_of(*facts):
    dated = [replace(fact, date=START + n * DAY) for n, fact in enumerate(facts)]
    [application] = link(dated, NAMES, read_dates=PROMISES).applications
    return application.promise and (application.promise.who, application.promise.by)


WITHIN_TWO_WEEKS = "We will get back to you within two weeks."


def test_what_they_promise_is_kept_until_somebody_moves():
    receipt = mail(Kind.ACKNOWLEDGEMENT)
    promising = replace(receipt, text=f"{receipt.text} {WITHIN_TWO_WEEKS}")
    promised = (Turn.EMPLOYER, (START + 14 * DAY).date())
    assert promise_of(promising) == promised
    assert promise_of(promising, mail(Kind.OTHER, thread=(promising.rfc_message_id,))) == promised
    assert promise_of(promising, mail(Kind.IN_REVIEW)) is None
    assert promise_of(promising, replace(mail(Kind.REJECTION), text=WITHIN_TWO_WEEKS)) is None


def test_what_they_ask_for_by_a_day_is_due_until_it_is_answered():
    task = mail(Kind.ASSESSMENT)
    task = replace(task, text=f"{task.text} Please submit your solution within two weeks.")
    own = a_fact(None, direction=Direction.OUT, thread=(task.rfc_message_id,))
    assert promise_of(task) == (Turn.USER, (START + 14 * DAY).date())
    assert promise_of(task, own) is None
