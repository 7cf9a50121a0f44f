"""What linking makes of the cases that broke trackers in the field; a test's name is the outcome we hold to."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from factories import DAY, NAMES, NOW, a_fact

from pipeline.link.applications import Linked, link
from pipeline.link.said import NEW, NOWHERE
from pipeline.records import Address, Kind, Stage, Statement, Verb

START = NOW - 60 * DAY
AGENT = Address("Craig Molloy", "craig@trackstaff.example")
PERSON = Address("Edda Lorenz", "e.lorenz@kornblume.example")


def told(*facts, said=()):
    """The applications that facts, one day apart, speak of, and the facts."""
    dated = [replace(fact, date=START + n * DAY) for n, fact in enumerate(facts)]
    return link(dated, NAMES, said).applications, dated


def mail(kind, employer, role="", text="", **changes):
    about = f"for the {role} role" if role else ""
    subject = f"Your application to {employer}" if employer else "Your application"
    sender = Address(f"{employer} Talent Team", "no-reply@us.greenhouse-mail.io")
    return a_fact(kind, **{"subject": subject, "text": f"Your application {about}. {text}", "from_": sender, **changes})


def by_agent(kind, subject, text):
    return a_fact(kind, from_=AGENT, subject=subject, text=f"{text}\n\nCraig Molloy\nTrackstaff Recruitment")


def statement(verb, **values):
    return Statement(statement_id=1, verb=verb, at=NOW, **values)


def outcome(applications):
    return [(one.employer, one.role, one.stage) for one in applications]


# Several roles, one employer


def test_two_levels_of_one_title_are_two_applications():
    applications, _ = told(
        mail(Kind.ACKNOWLEDGEMENT, "Osprey", "Senior Data Engineer"),
        mail(Kind.ACKNOWLEDGEMENT, "Osprey", "Staff Data Engineer"),
        mail(Kind.REJECTION, "Osprey", "Staff Data Engineer"),
    )
    assert outcome(applications) == [
        ("Osprey", "Senior Data Engineer", Stage.APPLIED),
        ("Osprey", "Staff Data Engineer", Stage.REJECTED),
    ]


def test_twenty_posts_at_one_university_are_twenty_applications_and_an_answer_without_a_post_is_asked_about():
    posts = [f"{field} Archivist" for field in "Map Film Sound Coin Stamp Seed Rare Music Press Photo".split()]  # noqa: SIM905  a list of words
    posts += [f"{field} Librarian" for field in "Law Art Tax Loan Night Branch Youth Data Audio Serials".split()]  # noqa: SIM905
    receipts = [mail(Kind.ACKNOWLEDGEMENT, "Larkhaven University", post) for post in posts]
    applications, facts = told(*receipts, mail(Kind.REJECTION, "Larkhaven University"))
    assert [one.role for one in applications] == posts
    assert all(one.questions == (facts[-1].message_id,) for one in applications)


def test_one_title_under_two_numbers_is_two_applications():
    posts = [mail(Kind.ACKNOWLEDGEMENT, "Osprey", "Yard Planner", f"Job ID: R-{n}.") for n in (10001, 10002)]
    assert len(told(*posts)[0]) == 2


def test_applying_again_after_a_no_is_another_application_and_its_answer_belongs_to_it():
    first, no = (mail(kind, "Osprey", "Yard Planner") for kind in (Kind.ACKNOWLEDGEMENT, Kind.REJECTION))
    again, answer = (mail(kind, "Osprey", "Yard Planner") for kind in (Kind.ACKNOWLEDGEMENT, Kind.INTERVIEW))
    applications, _ = told(first, no, again, answer)
    assert [one.stage for one in applications] == [Stage.REJECTED, Stage.INTERVIEW]


# One rejection for several applications


def test_one_no_closes_the_roles_it_names_and_leaves_the_rest_open():
    roles = ["Yard Planner", "Night Porter", "Crane Driver"]
    no = mail(Kind.REJECTION, "Osprey", text="We will not go on with Yard Planner and Crane Driver.")
    applications, _ = told(*(mail(Kind.ACKNOWLEDGEMENT, "Osprey", role) for role in roles), no)
    assert [one.stage for one in applications] == [Stage.REJECTED, Stage.APPLIED, Stage.REJECTED]


def test_a_no_for_the_roles_you_applied_to_is_asked_about_at_each():
    roles = ["Yard Planner", "Night Porter"]
    no = mail(Kind.REJECTION, "Osprey", text="We cannot offer you any of the roles you applied to.")
    applications, facts = told(*(mail(Kind.ACKNOWLEDGEMENT, "Osprey", role) for role in roles), no)
    assert [one.stage for one in applications] == [Stage.APPLIED, Stage.APPLIED]
    assert all(one.questions == (facts[-1].message_id,) for one in applications)


# Short and near names


def test_near_names_are_two_employers():
    for one, other in [("HP", "PHP"), ("Match", "IEX"), ("Avail", "Avra"), ("Orbit", "Orbis")]:
        applications, _ = told(mail(Kind.ACKNOWLEDGEMENT, one, "Clerk"), mail(Kind.REJECTION, other, "Clerk"))
        assert [a.employer for a in applications] == [one, other]


def test_a_name_that_holds_another_is_asked_about():
    applications, facts = told(
        mail(Kind.ACKNOWLEDGEMENT, "Delta", "Clerk"), mail(Kind.REJECTION, "Delta Dental", "Clerk")
    )
    assert [one.questions for one in applications] == [(facts[1].message_id,)]


@pytest.mark.parametrize(
    ("employer", "domain"),
    [("The Garrix Trust", "thegarrixtrust"), ("Grupo Ravstead", "gruporavstead"), ("Iverberg.io", "iverberg-io")],
)
def test_a_person_whose_domain_has_all_of_the_name_in_it_writes_for_the_same_employer(employer, domain):
    person = Address("Ines Osei", f"ines.osei@{domain}.example")
    call = a_fact(Kind.INTERVIEW, from_=person, subject="Talking about the Branch Manager role", text="Is Monday good?")
    applications, _ = told(mail(Kind.ACKNOWLEDGEMENT, employer, "Branch Manager"), call)
    assert [one.stage for one in applications] == [Stage.INTERVIEW]


# Persons


def test_a_chat_with_a_person_who_writes_through_a_system_is_with_their_employer():
    person = Address("Paula Kelly (Osprey)", "paula@hire.lever.co")
    chat = a_fact(Kind.INTERVIEW, from_=person, subject="Invitation: chat with Paula Kelly", text="")
    assert outcome(told(mail(Kind.ACKNOWLEDGEMENT, "Osprey", "Clerk"), chat)[0]) == [
        ("Osprey", "Clerk", Stage.INTERVIEW)
    ]


def test_a_meeting_is_no_employer():
    person = Address("Oskar Winters", "oskar.winters@gmail.com")
    first = a_fact(Kind.INTERVIEW, from_=person, subject="Your application to Osprey", text="Can we talk on Friday?")
    second = a_fact(Kind.INTERVIEW, from_=person, subject="Meeting the team", text="Can you come on Monday?")
    assert [one.employer for one in told(first, second)[0]] == ["Osprey"]


def test_that_a_test_was_handed_in_is_no_receipt_of_another_application():
    vendor = Address("HireVue", "support@hirevue-app.com")
    receipt_, test = mail(Kind.ACKNOWLEDGEMENT, "Osprey"), mail(Kind.ASSESSMENT, "Osprey", from_=vendor)
    done = a_fact(
        Kind.ACKNOWLEDGEMENT,
        from_=vendor,
        subject="Your Osprey test",
        text="You handed in your test for Data Engineer.",
    )
    late = [replace(fact, date=START + n * DAY) for n, fact in ((0, receipt_), (9, test), (12, done))]
    assert [len(one.events) for one in link(late, NAMES).applications] == [3]


# An application nobody confirmed


@pytest.mark.parametrize(("kind", "stage"), [(Kind.IN_REVIEW, Stage.IN_REVIEW), (Kind.PAUSED, Stage.PAUSED)])
def test_who_says_that_they_are_still_looking_has_an_application(kind, stage):
    note = mail(kind, "Osprey", "Clerk")
    assert outcome(told(note)[0]) == [("Osprey", "Clerk", stage)]
    assert [one.stage for one in told(note, mail(Kind.REJECTION, "Osprey", "Clerk"))[0]] == [Stage.REJECTED]


@pytest.mark.parametrize("kind", [Kind.ACKNOWLEDGEMENT, Kind.IN_REVIEW, Kind.PAUSED])
def test_a_bank_that_is_still_looking_is_asked_about(kind):
    fact = receipt(Address("Moorbank", "service@moorbank.example"), "Your loan", "We are looking at your loan form.")
    assert link([replace(fact, kind=kind)], NAMES) == Linked([], (fact.message_id,))


# Brand and legal entity


KORNBLUME = mail(Kind.ACKNOWLEDGEMENT, "Kornblume", "Branch Manager")
BY_PERSON = a_fact(
    Kind.INTERVIEW,
    from_=PERSON,
    subject="Your application to Kornblume",
    text="We would like to meet you about the Branch Manager role.",
)


def vantage(kind, role="Branch Manager", **changes):
    return mail(kind, "Vantage Retail Group GmbH", role, **changes)


def test_a_legal_entity_nobody_spoke_of_is_asked_about_when_the_same_person_writes():
    applications, facts = told(KORNBLUME, BY_PERSON, vantage(Kind.INTERVIEW, from_=PERSON))
    assert [(one.employer, one.questions) for one in applications] == [("Kornblume", (facts[2].message_id,))]


def test_a_legal_entity_that_names_the_brand_belongs_to_it():
    no = vantage(Kind.REJECTION, text="Kornblume is a brand of Vantage Retail Group GmbH.")
    assert outcome(told(KORNBLUME, no)[0]) == [("Kornblume", "Branch Manager", Stage.REJECTED)]


def test_after_the_question_is_answered_all_later_mail_of_the_legal_entity_belongs_by_itself():
    asked = vantage(Kind.INTERVIEW, from_=PERSON)
    answer = statement(Verb.MOVE, about=(KORNBLUME.key,), messages=(asked.key,))
    other_role = vantage(Kind.ACKNOWLEDGEMENT, "Night Porter")
    later = [vantage(Kind.REJECTION, ""), other_role, vantage(Kind.REJECTION, "Night Porter")]
    applications, _ = told(KORNBLUME, BY_PERSON, asked, *later, said=[answer])
    assert outcome(applications) == [
        ("Kornblume", "Branch Manager", Stage.REJECTED),
        ("Kornblume", "Night Porter", Stage.REJECTED),
    ]
    assert all(one.questions == () for one in applications)


def test_after_an_alias_all_mail_of_the_legal_entity_belongs_by_itself():
    alias = statement(Verb.ALIAS, values={"name": "Vantage Retail Group", "is": "Kornblume"})
    applications, _ = told(KORNBLUME, vantage(Kind.INTERVIEW), vantage(Kind.REJECTION, ""), said=[alias])
    assert outcome(applications) == [("Kornblume", "Branch Manager", Stage.REJECTED)]


def test_moving_a_testing_companys_mail_gives_the_employer_no_other_name():
    vendor = Address("Provewell", "no-reply@provewell.example")
    tests = [
        a_fact(
            Kind.ASSESSMENT,
            from_=vendor,
            subject="Your test is ready",
            text=f"A test for {employer}: begin when you like.",
        )
        for employer in ("Kornblume", "Osprey")
    ]
    answer = statement(Verb.MOVE, about=(KORNBLUME.key,), messages=(tests[0].key,))
    osprey = mail(Kind.ACKNOWLEDGEMENT, "Osprey", "Clerk")
    applications, _ = told(KORNBLUME, osprey, *tests, said=[answer])
    assert [(one.employer, one.stage) for one in applications] == [
        ("Kornblume", Stage.ASSESSMENT),
        ("Osprey", Stage.ASSESSMENT),
    ]


def test_a_message_moved_to_one_employer_takes_no_name_from_another_that_has_applications_of_its_own():
    osprey = mail(Kind.ACKNOWLEDGEMENT, "Osprey", "Clerk")
    stray = mail(Kind.IN_REVIEW, "Osprey", "Clerk")
    answer = statement(Verb.MOVE, about=(KORNBLUME.key,), messages=(stray.key,))
    applications, _ = told(KORNBLUME, osprey, stray, mail(Kind.REJECTION, "Osprey", "Clerk"), said=[answer])
    assert [(one.employer, one.stage) for one in applications] == [
        ("Kornblume", Stage.IN_REVIEW),
        ("Osprey", Stage.REJECTED),
    ]


# Agencies


def test_an_agency_that_hides_the_employer_is_the_employer_until_it_names_one():
    hidden = by_agent(Kind.ACKNOWLEDGEMENT, "Your CV", "Thank you for your CV for the Electrical Fitter role.")
    named = by_agent(
        Kind.INTERVIEW, "Electrical Fitter", "Osprey Rail would like to see you about the Electrical Fitter role."
    )
    assert outcome(told(hidden)[0]) == [("Trackstaff", "Electrical Fitter", Stage.APPLIED)]
    assert outcome(told(hidden, named)[0]) == [("Osprey Rail", "Electrical Fitter", Stage.INTERVIEW)]


def test_what_the_user_called_it_an_agent_does_not_rename():
    hidden = by_agent(Kind.ACKNOWLEDGEMENT, "Your CV", "Thank you for your CV for the Electrical Fitter role.")
    named = by_agent(
        Kind.INTERVIEW, "Electrical Fitter", "Osprey Rail would like to see you about the Electrical Fitter role."
    )
    edit = statement(Verb.EDIT, about=(hidden.key,), values={"employer": "Osprey"})
    assert {one.employer for one in told(hidden, named, said=[edit])[0]} == {"Osprey"}


def test_one_title_that_an_agent_sends_to_two_clients_is_two_applications():
    receipts = [
        by_agent(
            Kind.ACKNOWLEDGEMENT,
            "Your CV",
            f"I have sent your CV to my client {client} for the Electrical Fitter role.",
        )
        for client in ("Osprey Rail", "Merlin Trains")
    ]
    assert [one.employer for one in told(*receipts)[0]] == ["Osprey Rail", "Merlin Trains"]


def test_one_title_for_which_two_clients_of_an_agent_ask_is_two_applications_and_each_gets_its_answer():
    asks = [
        by_agent(
            Kind.INTERVIEW, "Electrical Fitter", f"{client} would like to see you about the Electrical Fitter role."
        )
        for client in ("Osprey Rail", "Merlin Trains")
    ]
    no = by_agent(Kind.REJECTION, "Electrical Fitter", "Merlin Trains went with somebody else.")
    assert [(one.employer, one.stage) for one in told(*asks, no)[0]] == [
        ("Osprey Rail", Stage.INTERVIEW),
        ("Merlin Trains", Stage.REJECTED),
    ]
    unnamed = by_agent(Kind.REJECTION, "Electrical Fitter", "They went with somebody else.")
    applications, facts = told(*asks, unnamed)
    assert [one.questions for one in applications] == [(facts[2].message_id,)] * 2


def test_clients_that_an_agent_only_describes_are_told_apart_by_what_they_are_called():
    asks = [
        by_agent(
            Kind.INTERVIEW,
            "Electrical Fitter",
            f"My client, a {client}, would like to see you for the Electrical Fitter role.",
        )
        for client in ("rail firm in the north", "tram operator", "rail firm")
    ]
    [application], facts = told(*asks)
    assert [event.message_id for event in application.events] == [facts[0].message_id, facts[2].message_id]
    assert application.questions == (facts[1].message_id,)


# Paused, cancelled, re-opened


def test_a_pause_is_no_no_and_a_reopened_role_waits_again():
    paused = mail(Kind.PAUSED, "Osprey", "Clerk")
    applications, _ = told(mail(Kind.ACKNOWLEDGEMENT, "Osprey", "Clerk"), paused)
    assert outcome(applications) == [("Osprey", "Clerk", Stage.PAUSED)]
    applications, _ = told(
        mail(Kind.ACKNOWLEDGEMENT, "Osprey", "Clerk"), paused, mail(Kind.IN_REVIEW, "Osprey", "Clerk")
    )
    assert outcome(applications) == [("Osprey", "Clerk", Stage.IN_REVIEW)]


def test_a_cancelled_role_that_is_reopened_is_the_same_application():
    applications, _ = told(
        mail(Kind.ACKNOWLEDGEMENT, "Osprey", "Clerk"),
        mail(Kind.POSITION_CLOSED, "Osprey", "Clerk"),
        mail(Kind.INTERVIEW, "Osprey", "Clerk", "The role has been re-opened."),
    )
    assert outcome(applications) == [("Osprey", "Clerk", Stage.INTERVIEW)]


# Look-alikes that the model takes for a receipt


def receipt(sender, subject, text, **changes):
    return a_fact(Kind.ACKNOWLEDGEMENT, from_=sender, subject=subject, text=text, **changes)


LOOK_ALIKES = [
    receipt(
        Address("Teapot & Thread", "orders@teapotandthread.example"),
        "Thank you for your order",
        "We have received your order of two blue mugs and will pack it tomorrow.",
    ),
    receipt(
        Address("Riverton Tea Days", "hello@riverton-tea-days.example"),
        "Your registration was received",
        "Thank you for applying for a seat at the Riverton Tea Days. We will let you know by Friday.",
    ),
    receipt(
        Address("Moorbank", "service@moorbank.example"),
        "We received your application",
        "Your application for a savings account was received. A colleague will look at it within two days.",
    ),
    receipt(
        Address("Kita Sonnentau", "leitung@kita-sonnentau.example"),
        "Eingang Ihrer Anmeldung",
        "Vielen Dank für Ihre Anmeldung um einen Betreuungsplatz. Wir melden uns im Mai.",
    ),
    receipt(
        Address("Moorbank", "service@moorbank.example"),
        "We received your application",
        "Your loan is at the next stage. Send no personal details by mail; see our opening hours, or call, 24 hr.",
    ),
    receipt(
        Address("Wasserwerk Auental", "service@wasserwerk-auental.example"),
        "Eingang Ihres Antrags",
        "Wir haben Ihren Antrag erhalten. Fragen stellen Sie gern in unserer Geschäftsstelle.",
    ),
    *(
        receipt(Address("Moorbank", "service@moorbank.example"), "Eingang Ihres Antrags", text)
        for text in (
            "Bitte laden Sie Ihren Personalausweis hoch.",
            "An dieser Stelle danken wir für Ihr Vertrauen. Ihre Sicherheit steht an erster Stelle.",
            "Stellen Sie bitte sicher, dass wir Sie erreichen.",
            "Thank you for opening an account with us. Opening your new savings account takes two days.",
        )
    ),
]


@pytest.mark.parametrize("fact", LOOK_ALIKES)
def test_a_receipt_without_a_word_of_jobs_is_asked_about_and_opens_nothing(fact):
    assert link([fact], NAMES) == Linked([], (fact.message_id,))


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        (
            Address("Osprey", "hello@osprey.example"),
            "Got it!",
            "Thank you for applying as a baker. We will read it on Sunday.",
        ),
        (Address("Osprey", "jobs@osprey.example"), "Got it!", "Thank you. We will read it on Sunday."),
        (Address("Osprey", "no-reply@us.greenhouse-mail.io"), "Got it!", "Thank you. We will read it on Sunday."),
        (Address("Osprey", "hallo@osprey.example"), "Angekommen", "Vielen Dank für Ihr Interesse an der Stelle."),
        (Address("Osprey", "hallo@osprey.example"), "Angekommen", "Ihre Unterlagen zur Teilzeitstelle liegen vor uns."),
        (Address("Osprey", "hallo@osprey.example"), "Angekommen", "Ihre Unterlagen sind in der Personalabteilung."),
        (Address("Osprey", "hallo@osprey.example"), "Angekommen", "Vielen Dank für Ihr Interesse an dieser Stelle."),
        *(
            (Address("Osprey", "hallo@osprey.example"), "Angekommen", f"Ihre Unterlagen zur {post} liegen vor uns.")
            for post in ("Werkstudentenstelle", "Lehrstelle", "Doktorandenstelle")
        ),
        (Address("Osprey", "hello@osprey.example"), "Got it!", "Thank you. We look for 1 HR Business Partner."),
        (Address("Osprey", "bonjour@osprey.example"), "Bien reçu", "Merci, votre demande pour un stage est arrivée."),
    ],
)
def test_a_receipt_that_speaks_of_a_job_or_comes_through_a_system_opens_one(sender, subject, text):
    assert len(link([receipt(sender, subject, text)], NAMES).applications) == 1


def test_what_the_user_says_of_such_a_receipt_holds():
    fact = LOOK_ALIKES[0]
    assert len(link([replace(fact, corrected=True)], NAMES).applications) == 1
    as_new = statement(Verb.MOVE, messages=(fact.key,), values={"to": NEW})
    assert len(link([fact], NAMES, [as_new]).applications) == 1
    to_nobody = statement(Verb.MOVE, messages=(fact.key,), values={"to": NOWHERE})
    assert link([fact], NAMES, [to_nobody]) == Linked([], ())


def test_a_receipt_in_question_joins_the_application_that_later_mail_opens():
    first = receipt(
        Address("Osprey", "hello@osprey.example"), "Your letter", "It arrived. Greetings, Osprey", date=START
    )
    later = replace(mail(Kind.INTERVIEW, "Osprey", "Night Porter"), date=START + 5 * DAY)
    found = link([first, later], NAMES)
    assert found.openings == ()
    assert [(one.stage, one.applied_at, len(one.events)) for one in found.applications] == [(Stage.INTERVIEW, START, 2)]


def test_what_answers_a_receipt_in_question_joins_with_it_whatever_order_they_are_read_in():
    first = receipt(
        Address("Osprey", "hello@osprey.example"), "Your letter", "It arrived. Greetings, Osprey", date=START
    )
    opens = replace(mail(Kind.INTERVIEW, "Osprey", "Night Porter"), date=START + 5 * DAY)
    no = a_fact(Kind.REJECTION, thread=(first.rfc_message_id,), subject="Re: Your letter", date=START + 9 * DAY)
    thanks = a_fact(Kind.OTHER, thread=(no.rfc_message_id,), subject="Re: Your letter", date=START + 10 * DAY)
    for facts in permutations([first, opens, no, thanks]):
        found = link(facts, NAMES)
        assert found.openings == ()
        assert [(one.stage, len(one.events)) for one in found.applications] == [(Stage.REJECTED, 4)]


def test_what_answers_a_receipt_that_stays_in_question_goes_on_waiting():
    other = receipt(LOOK_ALIKES[0].from_, LOOK_ALIKES[0].subject, LOOK_ALIKES[0].text, date=START)
    first = receipt(
        Address("Osprey", "hello@osprey.example"), "Your letter", "It arrived. Greetings, Osprey", date=START
    )
    opens = replace(mail(Kind.INTERVIEW, "Osprey", "Night Porter"), date=START + 5 * DAY)
    reply = a_fact(Kind.REJECTION, thread=(other.rfc_message_id,), subject="Re: yours", date=START + 9 * DAY)
    found = link([other, first, opens, reply], NAMES)
    assert found.openings == (other.message_id,)
    assert [(one.stage, len(one.events)) for one in found.applications] == [(Stage.INTERVIEW, 2)]


@pytest.mark.parametrize("verb", [Verb.ADVANCE, Verb.CLOSE, Verb.SNOOZE, Verb.NOTE, Verb.MERGE, Verb.DRAFT])
def test_an_application_the_user_spoke_of_is_one_whatever_its_receipt_says(verb):
    fact = LOOK_ALIKES[0]
    values = {"stage": "withdrawn" if verb is Verb.CLOSE else "interview", "until": "2026-04-01", "text": "A note."}
    found = link([fact], NAMES, [statement(verb, about=(fact.key,), values=values)])
    assert (len(found.applications), found.openings) == (1, ())


def test_what_the_user_edited_of_such_an_application_stays():
    fact = LOOK_ALIKES[0]
    said = statement(Verb.EDIT, about=(fact.key,), values={"employer": "Teapot Works", "role": "Glazer"})
    found = link([fact], NAMES, [said])
    assert [(one.employer, one.role) for one in found.applications] == [("Teapot Works", "Glazer")]
    assert found.openings == ()


def test_a_name_without_a_telling_word_is_no_other_name_of_an_employer():
    first, no, other = mail(Kind.ACKNOWLEDGEMENT, "Osprey"), a_fact(Kind.REJECTION), mail(Kind.REJECTION, "Kestrel")
    nameless = {no.key, other.key}

    def names(fact):
        found = NAMES(fact)
        return replace(found, employer=replace(found.employer, value="&")) if fact.key in nameless else found

    moved = statement(Verb.MOVE, about=(first.key,), messages=(no.key,))
    dated = [replace(fact, date=START + n * DAY) for n, fact in enumerate([first, no, other])]
    assert [(one.employer, len(one.events)) for one in link(dated, names, [moved]).applications] == [
        ("Osprey", 2),
        ("&", 1),
    ]
