"""Linking: one role at one employer is one application, however the mail arrives."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from factories import DAY, ME, NOW, PROMISES, SENDERS, a_calendar_event, a_fact

from pipeline.link import link
from pipeline.link.naming import employer_of, role_of, squashed, tokens
from pipeline.records import Address, Direction, Kind, Stage, Turn

START = NOW - 40 * DAY


def told(*facts):
    """The applications that facts, one day apart, speak of."""
    dated = [replace(fact, date=START + n * DAY) for n, fact in enumerate(facts)]
    return link(dated, SENDERS), dated


def mail(kind, employer="Brightwater", role="Data Analyst", **changes):
    subject = f"Your application to {employer}: {role}" if role else f"Your application to {employer}"
    return a_fact(kind, subject=subject, text=f"Thank you for applying for the {role} role." if role else "", **changes)


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
    assert employer_of(fact, SENDERS) == employer


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
    assert role_of(a_fact(subject=subject, text=text), "Brightwater") == role


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
    assert [a.unsure for a in applications] == [(facts[2].message_id,)] * 2


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


@pytest.mark.parametrize("kind", [Kind.OTHER, Kind.JOB_ALERT, Kind.OUTREACH, Kind.IN_REVIEW, Kind.PAUSED, None])
def test_what_opens_nothing(kind):
    assert told(mail(kind))[0] == []


@pytest.mark.parametrize("kind", [Kind.INTERVIEW, Kind.REJECTION, Kind.OFFER, Kind.POSITION_CLOSED])
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
    assert application.unsure == (facts[1].message_id,)


def test_applying_again_much_later_starts_a_new_clock():
    old = a_fact(subject="Your application to Brightwater", date=NOW - 200 * DAY)
    new = a_fact(subject="Your application to Brightwater", date=NOW - DAY)
    assert [a.turn_since for a in link([old, new], SENDERS)] == [old.date, new.date]


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
    expected = link(facts, SENDERS)
    shuffled = facts.copy()
    random.Random(1).shuffle(shuffled)
    assert link(sorted(shuffled, key=lambda f: (f.date, f.key)), SENDERS) == expected


def promise_of(*facts):
    dated = [replace(fact, date=START + n * DAY) for n, fact in enumerate(facts)]
    [application] = link(dated, SENDERS, read=PROMISES)
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
