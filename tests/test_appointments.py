"""Appointments: when a message says that one is to talk, what it offers, and what becomes of it in the ledger."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from factories import DAY, ME, NAMES, PROMISES, a_calendar_event, a_fact, as_shipped
from hypothesis import given, strategies as st

from pipeline.link.applications import link
from pipeline.link.promises import PromiseReader
from pipeline.link.promises.appointments import find_appointment, find_choice
from pipeline.link.promises.phrasebook import Phrasebook
from pipeline.parse.quotes import split
from pipeline.parse.text import normalise
from pipeline.records import Address, Appointment, Direction, Kind, Stage, Turn
from pipeline.silence import turn_at
from pipeline.workdays import Workdays

BOOK = Phrasebook.of_rules(as_shipped("promises.toml"))
BERLIN = ZoneInfo("Europe/Berlin")
SENT = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)  # a Monday
LINES = (Path(__file__).parent / "appointments.jsonl").read_text(encoding="utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]


def found(text, subject="", sent=SENT):
    return find_appointment(subject, text, sent, BOOK, Workdays())


def fixed(text, **how):
    """The moments that are fixed, as the wall clock of Berlin has them."""
    return [at.astimezone(BERLIN).strftime("%d.%m. %H:%M") for at in found(text, **how).fixed]


def wanted(case):
    """When, what is offered and whether it is off, as whoever wrote the message says."""
    zone = ZoneInfo(case["zone"])
    moments = [datetime.fromisoformat(text) for text in [*filter(None, [case.get("at")]), *case.get("offered", ())]]
    aware = [moment if moment.tzinfo else moment.replace(tzinfo=zone) for moment in moments]
    return (aware, []) if "at" in case else ([], sorted(aware)), case.get("off", False)


def told(case):
    sent = datetime.fromisoformat(case["sent"]).astimezone(ZoneInfo(case["zone"]))
    text, _ = split(normalise(case["text"]))
    said = found(text, normalise(case["subject"]), sent)
    return (list(said.fixed[:1]), list(said.offered)), said.is_off


def test_the_day_and_time_of_an_interview_is_read_and_nothing_else():
    """A third of it fixes no moment, and much of that is no invitation, which the ledger does not ask about."""
    count, wrong = Counter(), []
    for case in CASES:
        want, got = wanted(case), told(case)
        at, said = want[0][0], got[0][0]
        count.update(wanted=len(at), said=len(said), right=bool(at) and at == said, alike=want == got, n=1)
        if want != got:
            wrong.append(f"{case['lang']} {case['subject']!r}: {case['text'][:200]!r}: wanted {want}, got {got}")
    print(*wrong, count, sep="\n")
    assert count["right"] / count["said"] >= 0.93
    assert count["right"] / count["wanted"] >= 0.95
    assert count["alike"] / count["n"] >= 0.93


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Your interview is on Wednesday, 2 December 2026 at 10:30.", "02.12. 10:30"),
        ("We meet on Wednesday 2 December, 2-3pm.", "02.12. 14:00"),
        ("We meet on Wednesday 2 December from 11 to 1pm.", "02.12. 11:00"),
        ("We meet on December 2 at noon.", "02.12. 12:00"),
        ("At 10.30 am on Wednesday 2 December you will meet the team.", "02.12. 10:30"),
        ("We talk tomorrow at 3.", "24.11. 15:00"),
        ("Your interview: 12/02/2026 (Wednesday), 10:30 AM.", "02.12. 10:30"),
        ("Your interview: 12/02/2026, 10:30 AM.", None),  # in February or in December
        ("Wir sehen uns am Mittwoch, dem 2. Dezember, um 6:30 Uhr.", "02.12. 06:30"),
        ("Das Gespräch ist am Mittwoch, 2.12., um halb elf.", "02.12. 10:30"),
        ("L'entretien aura lieu le mercredi 2 décembre à 10 h 30.", "02.12. 10:30"),
        ("La entrevista será el miércoles 2 a las diez y media de la mañana.", "02.12. 10:30"),
        ("A entrevista será na quarta-feira, dia 2 de dezembro, às 10h30.", "02.12. 10:30"),
        ("Het gesprek is op woensdag 2 december om kwart over tien.", "02.12. 10:15"),
        ("Il colloquio è fissato per mercoledì 2 dicembre alle ore 10:30.", "02.12. 10:30"),
        ("Interview\nDate: 2 December 2026\nTime: 10:30 - 11:15\nPlace: Room 2.04", "02.12. 10:30"),
        ("Time: 10:30\nDate: 2 December 2026", "02.12. 10:30"),
    ],
)
def test_a_day_and_a_time_are_read_as_they_are_said(text, expected):
    assert fixed(text) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We meet on 2 December at 10:30 am ET.", "02.12. 16:30"),
        ("We meet on 2 December at 10:30 (GMT+01:00).", "02.12. 10:30"),
        ("We meet on 2 December at 10:30 UTC-3.", "02.12. 14:30"),
        ("We meet at 10:30 on Wednesday 2 December (UK time).", "02.12. 11:30"),
        ("A entrevista será no dia 2 de dezembro às 10h30, horário de Brasília.", "02.12. 14:30"),
        ("We meet on 2 December at 10:30 your time.", "02.12. 10:30"),
    ],
)
def test_a_time_is_in_the_zone_it_is_told_in_else_in_the_readers(text, expected):
    assert fixed(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Das Gespräch am Mittwoch, 2. Dezember um 10:30 Uhr ist bestätigt.",
        "L'entretien du mercredi 2 décembre à 10h30 est confirmé et durera une heure.",
        "L'entretien aura lieu mercredi 2 décembre à 10h30 et durera une heure.",
        "We meet on 2 December at 10:30, Central Office, London.",
        "We meet on 2 December at 10:30 (Pacific House).",
        "We meet on 2 December at 10:30, then you eat with us.",
        "We meet on 2 December at 10:30 UTC+1, or whenever you get here.",
    ],
)
def test_an_ordinary_word_behind_a_time_is_no_zone(text):
    assert fixed(text) == ["02.12. 10:30"]


def test_a_zone_or_a_day_that_cannot_be_is_none():
    assert fixed("Interview on 2 December, 10:30 UTC+99") == ["02.12. 10:30"]
    assert fixed("Gespräch am 31.02., Mittwoch um 10 Uhr") == []


@pytest.mark.parametrize(
    "text",
    [
        "Please confirm by Friday 27 November at 12:00.",
        "Please note we are closed on Tuesday 24 November from 12:00.",
        "Please complete the online test on Friday 27 November at 18:00.",
        "The link to your interview expires on Friday at 17:00.",
        "You reach us Monday to Friday, 9:00 to 17:00.",
        "Thank you for talking to us on Monday at 10:00.",
        "Are you free between Monday and Wednesday?",
        "The interview takes about 30 minutes and starts at 10:30.",
        "Your interview was on Wednesday 18 November at 10:30.",
        "If Wednesday does not suit you, call 0170 555 10 30.",
    ],
)
def test_what_is_no_appointment_is_none(text):
    assert found(text) == Appointment()


def test_a_subject_counts_where_the_text_names_no_moment():
    assert fixed("Details below.", subject="Interview on Wednesday 2 December, 10:30") == ["02.12. 10:30"]
    assert fixed("Your interview begins at 11:00.", subject="Interview on Wednesday 2 December") == ["02.12. 11:00"]
    assert fixed("We meet on Friday at 9:00.", subject="Interview, 2 December, 10:30") == ["27.11. 09:00"]


def test_what_is_asked_or_put_up_for_choice_is_offered():
    said = found("Would Tuesday 1 December at 10:00 or Wednesday 2 December at 14:00 suit you?")
    assert said.fixed == ()
    assert [at.day for at in said.offered] == [1, 2]
    said = found("Would Tuesday 1 December at 10:00 or Friday at 14:00 suit you?")  # the Friday after that Tuesday
    assert [at.day for at in said.offered] == [1, 4]
    slots = "Please choose one of these slots:\n- 1 December, 10:00\n- 2 December, 14:00"
    assert [at.hour for at in found(slots).offered] == [10, 14]


def test_of_an_agenda_the_first_counts_and_of_a_time_to_be_there_none():
    assert fixed("Your day is 2 December:\n9:00 Welcome\n10:00 Case interview\n12:00 Lunch") == ["02.12. 09:00"]
    assert fixed("On 2 December please arrive at 9:45, the interview starts at 10:00.") == ["02.12. 10:00"]


def test_two_rounds_are_two():
    rounds = "The first interview is on 2 December at 10:00.\nThe second interview is on 9 December at 14:00."
    assert fixed(rounds) == ["02.12. 10:00", "09.12. 14:00"]


def test_what_is_moved_takes_place_where_it_is_moved_to():
    assert fixed("We have to move your interview from 1 December at 10:00 to 3 December at 14:00.") == ["03.12. 14:00"]
    assert fixed("We meet on 3 December at 14:00 instead of 1 December at 10:00.") == ["03.12. 14:00"]


@pytest.mark.parametrize(
    ("subject", "text", "is_off"),
    [
        ("", "Unfortunately your interview on Tuesday at 10:00 has been cancelled.", True),
        ("Cancelled: Interview", "Tuesday 1 December, 10:00", True),
        ("Absage", "Das Gespräch am Dienstag um 10 Uhr muss leider ausfallen.", True),
        ("", "If you need to cancel the interview, please tell us.", False),
        ("", "Your interview has not been cancelled; please ignore our earlier mail.", False),
        ("", "Nous ne pourrons pas vous répondre avant lundi.", False),
        ("", "U kunt de afspraak annuleren via de link.", False),
        ("", "Puedes cancelar en cualquier momento.", False),
        ("", "Die Anmeldung am Empfang entfällt.", False),
        ("Cancelled: team sync", "See you next week.", False),
        ("", "Trains are cancelled, we still meet on Thursday at 14:00.", False),
        ("", "We had to cancel the office tour, but the interview on Thursday at 2pm goes ahead.", False),
        ("", "We need to postpone our interview on Wednesday. We will write with a new date.", True),
        ("", "Leider müssen wir das Gespräch am Mittwoch verschieben. Wir melden uns.", True),
        ("", "Leider müssen wir das Gespräch am Mittwoch auf Donnerstag um 14 Uhr verschieben.", False),
        ("", "The interview on Tuesday has been cancelled. The new one is on Friday at 10:00.", False),
    ],
)
def test_a_talk_that_is_called_off_is_off(subject, text, is_off):
    assert found(text, subject).is_off is is_off


TOKENS = (
    *("Monday", "Dienstag", "mercredi", "2 December", "31.02.", "30/02", "(Tuesday)", "12/13/2026", "2026-13-40"),
    *("tomorrow", "at", "um", "à", "10:30", "25:99", "14h", "2-3pm", "1400 hrs", "halb elf", "noon", "UTC+99", "(CET)"),
    *("GMT-14:59", "to", "from", "instead of", "or", "?", "cancelled", "interview", ",", ".", "\n", "\n\n", "9999"),
)


@given(st.lists(st.sampled_from(TOKENS) | st.text(max_size=5), max_size=40))
def test_whatever_stands_there_moments_are_in_order_and_to_come(tokens):
    text = " ".join(tokens)
    said = found(text, subject=text[:50])
    for moments in (said.fixed, said.offered):
        assert list(moments) == sorted(moments)
        assert all(SENT < at <= SENT + timedelta(days=366) for at in moments)


# --- the user's own choice


OFFERED = tuple(datetime(2026, 12, *when, tzinfo=BERLIN) for when in ((1, 10), (2, 14), (8, 10, 30)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wednesday 2 December at 14:00 is fine.", 1),
        ("Tuesday the 8th, 10:30, would be best.", 2),
        ("Mittwoch um 14 Uhr passt mir gut.", 1),
        ("Unfortunately I am not free on Wednesday at 14:00.", None),
        ("Tuesday 1 December at 10:00 or Wednesday 2 December at 14:00, both are fine.", None),
        ("How about Thursday at 9:00?", None),
        ("I'm busy on Wednesday at 14:00.", None),
        ("Anything but Wednesday at 14:00.", None),
        ("I have another interview on Wednesday at 14:00.", None),
        ("Is the slot on Wednesday at 14:00 still free?", None),
        ("Am Mittwoch um 14 Uhr bin ich leider verhindert.", None),
        ("Je suis déjà pris mercredi à 14h.", None),
        ("We could do 25 November at 14:00.", None),
        ("Any of these is fine.", None),
    ],
)
def test_what_the_user_takes_up_is_chosen(text, expected):
    chosen = find_choice(OFFERED, text, SENT, BOOK, Workdays())
    assert chosen == (None if expected is None else OFFERED[expected])


def test_an_offer_of_another_zone_is_taken_up_by_its_own_clock():
    offer = (datetime(2026, 12, 2, 10, 30, tzinfo=ZoneInfo("America/New_York")),)
    for text in ("Wednesday 2 December at 10:30 works.", "Wednesday at 16:30 works.", "2 December at 10:30 ET works."):
        assert find_choice(offer, text, SENT, BOOK, Workdays()) == offer[0]


# --- the ledger


JO = Address("Jo Ahn", "jo@brightwater.example")
DATES = PromiseReader(as_shipped("promises.toml"), zone=BERLIN)


def mail(kind, text, **changes):
    told = {"from_": JO, "subject": "Data Analyst at Brightwater", "text": text, **changes}
    return a_fact(kind, **told)


def own(text):
    return a_fact(
        None, direction=Direction.OUT, from_=ME, to=(JO,), subject="Re: Data Analyst at Brightwater", text=text
    )


def linked(*facts, read=DATES):
    """The one application of these facts, a day between them, all of one thread."""
    first = replace(facts[0], date=SENT.astimezone(UTC))
    later = [
        replace(fact, date=first.date + n * DAY, thread=(first.rfc_message_id,)) for n, fact in enumerate(facts[1:], 1)
    ]
    [application] = link([first, *later], NAMES, read_dates=read).applications
    return application


RECEIPT = mail(Kind.ACKNOWLEDGEMENT, "Thank you for your application.")
INVITATION = mail(Kind.INTERVIEW, "We would like to meet you on Wednesday 2 December at 10:30.")
AT = datetime(2026, 12, 2, 10, 30, tzinfo=BERLIN)


def test_an_invitation_in_prose_gives_the_day_of_the_interview_and_the_turn():
    one = linked(RECEIPT, INVITATION)
    assert (one.stage, one.interview_at, one.interviews) == (Stage.INTERVIEW, AT, (AT,))
    assert turn_at(one, AT - DAY)[0] is Turn.NOBODY
    assert turn_at(one, AT + DAY) == (Turn.EMPLOYER, AT)


def test_who_was_asked_to_confirm_has_the_turn_until_the_interview():
    asked = mail(Kind.INTERVIEW, f"{INVITATION.text} Please confirm by Friday.")
    assert turn_at(linked(RECEIPT, asked), AT - DAY)[0] is Turn.USER
    assert turn_at(linked(RECEIPT, asked), AT + DAY) == (Turn.EMPLOYER, AT)
    assert turn_at(linked(RECEIPT, asked, own("I will be there.")), AT - DAY)[0] is Turn.NOBODY


@pytest.mark.parametrize("kind", [Kind.OTHER, Kind.ASSESSMENT, Kind.IN_REVIEW, None])
def test_what_is_no_invitation_names_no_interview(kind):
    assert linked(RECEIPT, replace(INVITATION, kind=kind)).interviews == ()


def test_a_later_word_takes_the_place_of_what_was_ahead_and_past_rounds_stay():
    moved = mail(Kind.INTERVIEW, "We have to move our interview to Thursday 3 December at 14:00.")
    assert linked(RECEIPT, INVITATION, moved).interviews == (AT + timedelta(hours=27, minutes=30),)
    second = mail(Kind.INTERVIEW, "The second interview is on Thursday 17 December at 14:00.")
    waiting = [mail(Kind.OTHER, "Nothing new.") for _ in range(8)]
    assert [at.day for at in linked(RECEIPT, INVITATION, *waiting, second).interviews] == [2, 17]


@pytest.mark.parametrize("kind", [Kind.INTERVIEW, Kind.OTHER, Kind.IN_REVIEW])
def test_what_is_called_off_is_gone_and_no_rejection(kind):
    off = mail(kind, "Unfortunately we have to cancel the interview on Wednesday. We will write again.")
    one = linked(RECEIPT, INVITATION, off)
    assert (one.interviews, one.stage) == ((), Stage.INTERVIEW)
    in_calendar = mail(Kind.INTERVIEW, "An interview.", calendar=(a_calendar_event(AT),))
    assert linked(RECEIPT, in_calendar, off).interviews == ()


def test_a_sender_who_may_be_another_changes_no_interview():
    off = mail(Kind.OTHER, "Unfortunately we have to cancel the interview on Wednesday.", unproven=True)
    assert linked(RECEIPT, INVITATION, off).interviews == (AT,)
    exact = mail(Kind.INTERVIEW, "An interview.", calendar=(a_calendar_event(AT),))
    cancel = mail(Kind.OTHER, "", calendar=(a_calendar_event(AT, method="CANCEL", sequence=1),), unproven=True)
    assert linked(RECEIPT, exact, cancel).interviews == (AT,)


def test_other_mail_calls_off_only_the_day_it_names():
    off = mail(Kind.OTHER, "Unfortunately the interview is cancelled.")
    assert linked(RECEIPT, INVITATION, off).interviews == (AT,)
    for earlier in ("Friday 27 November", "25 November"):  # a week before, to the day
        other = mail(Kind.INTERVIEW, f"Unfortunately the interview on {earlier} has been cancelled.")
        assert linked(RECEIPT, INVITATION, other).interviews == (AT,)


def test_rounds_ahead_outlive_a_reminder_and_a_calendar_of_another_day():
    rounds = "The first interview is on 2 December at 10:30.\nThe second interview is on 9 December at 14:00."
    two = linked(RECEIPT, mail(Kind.INTERVIEW, rounds)).interviews
    reminder = mail(Kind.INTERVIEW, "A reminder: your first interview is on 2 December at 10:30.")
    assert linked(RECEIPT, mail(Kind.INTERVIEW, rounds), reminder).interviews == two
    later = mail(Kind.INTERVIEW, "An interview.", calendar=(a_calendar_event(AT + 7 * DAY),))
    assert linked(RECEIPT, INVITATION, later).interviews == linked(RECEIPT, later, INVITATION).interviews
    off = mail(Kind.INTERVIEW, "", calendar=(a_calendar_event(AT, uid="another", method="CANCEL"),))
    assert linked(RECEIPT, INVITATION, off).interviews == (AT,)


def test_prose_that_moves_a_calendars_meeting_takes_its_place():
    exact = mail(Kind.INTERVIEW, "An interview.", calendar=(a_calendar_event(AT),))
    moved = mail(Kind.INTERVIEW, "We have to move our interview to Friday 4 December at 14:00.")
    assert [at.day for at in linked(RECEIPT, exact, moved).interviews] == [4]


def test_while_another_time_is_only_offered_the_turn_is_the_users():
    moving = "We need to move our interview. Would Friday 4 December at 10:00 or 14:00 suit you?"
    one = linked(RECEIPT, INVITATION, mail(Kind.INTERVIEW, moving))
    assert (one.interviews, turn_at(one, AT - DAY)[0]) == ((), Turn.USER)


@pytest.mark.parametrize("kind", [Kind.ACTION_NEEDED, Kind.ASSESSMENT, Kind.OFFER])
def test_what_else_is_asked_before_an_interview_gives_the_user_the_turn(kind):
    asked = linked(RECEIPT, INVITATION, mail(kind, "Please send us your diploma."))
    assert (turn_at(asked, AT - DAY)[0], turn_at(asked, AT + DAY)) == (Turn.USER, (Turn.EMPLOYER, AT))


def test_a_calendar_invitation_beats_prose():
    exact = mail(Kind.INTERVIEW, INVITATION.text, calendar=(a_calendar_event(AT + timedelta(hours=1)),))
    assert linked(RECEIPT, INVITATION, exact).interviews == (AT + timedelta(hours=1),)
    assert linked(RECEIPT, exact, INVITATION).interviews == (AT + timedelta(hours=1),)


def test_an_offered_time_is_an_interview_once_the_user_takes_it_up():
    offer = mail(Kind.INTERVIEW, "Would Tuesday 1 December at 10:00 or Wednesday 2 December at 10:30 suit you?")
    assert linked(RECEIPT, offer).interviews == ()
    chosen = linked(RECEIPT, offer, own("Wednesday 2 December at 10:30 suits me well."))
    assert (chosen.interviews, turn_at(chosen, AT - DAY)[0]) == ((AT,), Turn.NOBODY)
    assert linked(RECEIPT, offer, own("I am free on Thursday at 9:00.")).interviews == ()


def test_a_message_without_a_date_names_no_moment():
    assert PROMISES.appointment("", INVITATION.text, datetime.fromtimestamp(0, UTC)) == Appointment()
    assert PROMISES.choice(OFFERED, "Wednesday at 14:00 is fine.", datetime.fromtimestamp(0, UTC)) is None
