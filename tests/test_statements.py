"""What the user says of applications: it holds over the messages, and can be taken back."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date

import pytest
from factories import DAY, NAMES, NOW, a_fact
from hypothesis import given, settings, strategies as st
from test_cli import ACKNOWLEDGED, MONDAY, REJECTED, Machine, octets_told
from test_link import mail

from pipeline.ledger import Ledger
from pipeline.link.applications import link
from pipeline.records import Kind, Stage, Statement, Turn, Verb

START = NOW - 40 * DAY


def dated(*facts):
    return [replace(fact, date=START + n * DAY) for n, fact in enumerate(facts)]


def said(verb, *about, number=1, messages=(), at=NOW - DAY, **values):
    return Statement(number, verb, at, tuple(about), tuple(messages), values)


def names(applications):
    return [(a.employer, a.role) for a in applications]


def test_an_added_application_is_one_and_mail_of_it_joins():
    adding = said(Verb.ADD, employer="Brightwater", role="Data Analyst", applied=START.isoformat())
    [application] = link(dated(a_fact(Kind.OTHER), mail(Kind.REJECTION)), NAMES, [adding]).applications
    assert (application.employer, application.applied_at, application.stage) == ("Brightwater", START, Stage.REJECTED)
    assert [event.message_id < 0 for event in application.events] == [True, False]


def test_an_edited_name_is_used_for_later_mail_too():
    facts = dated(mail(Kind.ACKNOWLEDGEMENT, employer="Cobot"), mail(Kind.REJECTION, employer="Collaborative Robotics"))
    edit = said(Verb.EDIT, facts[0].key, employer="Collaborative Robotics", role="Data Analyst")
    assert len(link(facts, NAMES).applications) == 2
    [application] = link(facts, NAMES, [edit]).applications
    assert (application.employer, application.stage) == ("Collaborative Robotics", Stage.REJECTED)


def test_the_later_of_two_edits_holds_and_each_field_by_itself():
    facts = dated(mail(Kind.ACKNOWLEDGEMENT))
    edits = [
        said(Verb.EDIT, facts[0].key, number=1, employer="A", applied="2026-01-02T12:00:00+00:00"),
        said(Verb.EDIT, facts[0].key, number=2, employer="B"),
    ]
    [application] = link(facts, NAMES, edits).applications
    assert (application.employer, application.role) == ("B", "Data Analyst")
    assert application.applied_at.isoformat() == "2026-01-02T12:00:00+00:00"


def test_an_alias_joins_brand_and_legal_entity():
    facts = dated(mail(Kind.ACKNOWLEDGEMENT, employer="Cobot"), mail(Kind.REJECTION, employer="Collaborative Robotics"))
    alias = said(Verb.ALIAS, name="cobot", **{"is": "Collaborative Robotics"})
    assert names(link(facts, NAMES, [alias]).applications) == [("Collaborative Robotics", "Data Analyst")]


def test_an_advance_is_an_answer_nobody_wrote_and_reopens():
    facts = dated(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.REJECTION))
    [application] = link(facts, NAMES, [said(Verb.ADVANCE, facts[0].key, stage="interview")]).applications
    assert (application.stage, application.turn) == (Stage.INTERVIEW, Turn.USER)
    assert [(e.message_id, e.kind) for e in application.events][-1] == (-1, Kind.INTERVIEW)


def test_the_last_snooze_holds_and_a_wish_changes_nothing():
    facts = dated(mail(Kind.ACKNOWLEDGEMENT))
    key = facts[0].key
    snoozes = [
        said(Verb.SNOOZE, key, number=1, until="2026-05-01"),
        said(Verb.SNOOZE, key, number=2, until="2026-04-01"),
    ]
    [application] = link(facts, NAMES, [*snoozes, said(Verb.DRAFT, key, number=3)]).applications
    assert application.snoozed_until == date(2026, 4, 1)
    assert replace(application, snoozed_until=None) == link(facts, NAMES).applications[0]


def test_aliases_in_a_circle_end():
    circle = [said(Verb.ALIAS, number=n, name=a, **{"is": b}) for n, (a, b) in enumerate([("A", "B"), ("B", "A")], 1)]
    assert len(link(dated(mail(Kind.ACKNOWLEDGEMENT, employer="A")), NAMES, circle).applications) == 1


def test_merged_applications_are_one_and_later_mail_is_no_tie():
    facts = dated(
        mail(Kind.ACKNOWLEDGEMENT, role="Data Analyst"),
        mail(Kind.ACKNOWLEDGEMENT, role="Ward Nurse"),
        mail(Kind.REJECTION, role=""),
    )
    assert [a.stage for a in link(facts, NAMES).applications] == [Stage.APPLIED, Stage.APPLIED]
    [application] = link(facts, NAMES, [said(Verb.MERGE, facts[0].key, facts[1].key)]).applications
    assert (application.role, application.stage, len(application.events)) == ("Data Analyst", Stage.REJECTED, 3)


def test_a_message_moved_away_opens_one_of_its_own_and_its_replies_follow():
    facts = dated(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.INTERVIEW), a_fact(Kind.REJECTION, subject="Re: hello"))
    facts[2] = replace(facts[2], thread=(facts[1].rfc_message_id,))
    assert len(link(facts, NAMES).applications) == 1
    first, second = link(facts, NAMES, [said(Verb.MOVE, messages=[facts[1].key], to="new")]).applications
    assert (first.stage, second.stage) == (Stage.APPLIED, Stage.REJECTED)
    assert [event.link for event in second.events] == ["you", "thread"]


def test_a_message_is_moved_to_an_application_that_begins_later():
    facts = dated(mail(Kind.IN_REVIEW, role="Nurse"), mail(Kind.ACKNOWLEDGEMENT, employer="Kestrelmoor"))
    [application] = link(facts, NAMES, [said(Verb.MOVE, facts[1].key, messages=[facts[0].key])]).applications
    assert (application.employer, len(application.events)) == ("Kestrelmoor", 2)


def test_a_message_moved_nowhere_belongs_to_none():
    facts = dated(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.REJECTION))
    [application] = link(facts, NAMES, [said(Verb.MOVE, messages=[facts[1].key], to="nowhere")]).applications
    assert (application.stage, application.turn) == (Stage.APPLIED, Turn.EMPLOYER)


@pytest.mark.parametrize("stage", ["withdrawn", "accepted", "ghosted"])
def test_a_closed_application_waits_for_nobody_until_they_answer_or_the_user_opens_it(stage):
    facts = dated(mail(Kind.ACKNOWLEDGEMENT), mail(Kind.IN_REVIEW))
    closing = said(Verb.CLOSE, facts[0].key, at=START + 5 * DAY, stage=stage)
    [closed] = link(facts, NAMES, [closing]).applications
    assert (closed.stage, closed.turn) == (Stage(stage), Turn.NOBODY)
    reopening = said(Verb.REOPEN, facts[0].key, number=2, at=START + 9 * DAY)
    [opened] = link(facts, NAMES, [closing, reopening]).applications
    assert (opened.stage, opened.turn, opened.turn_since) == (Stage.IN_REVIEW, Turn.EMPLOYER, START + 9 * DAY)
    answer = replace(mail(Kind.INTERVIEW), date=START + 7 * DAY)
    [answered] = link([*facts, answer], NAMES, [closing]).applications
    assert (answered.stage, answered.turn) == (Stage.INTERVIEW, Turn.USER)


def test_after_the_user_closed_it_a_receipt_is_a_new_application():
    facts = dated(mail(Kind.ACKNOWLEDGEMENT), *[a_fact(Kind.OTHER)] * 8, mail(Kind.ACKNOWLEDGEMENT))
    closing = said(Verb.CLOSE, facts[0].key, at=START + 5 * DAY, stage="withdrawn")
    assert [a.stage for a in link(facts, NAMES, [closing]).applications] == [Stage.WITHDRAWN, Stage.APPLIED]


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_in_which_mail_is_read_changes_nothing(chance):
    kinds = (Kind.ACKNOWLEDGEMENT, Kind.INTERVIEW, Kind.REJECTION)
    facts = dated(*[mail(kind, employer=f"Employer{n % 4} Works") for kind in kinds for n in range(4)])
    statements = [
        said(Verb.MERGE, facts[0].key, facts[1].key, number=1),
        said(Verb.MOVE, number=2, messages=[facts[6].key], to="new"),
        said(Verb.CLOSE, facts[3].key, number=3, stage="withdrawn"),
    ]
    expected = link(facts, NAMES, statements).applications
    shuffled = list(facts)
    chance.shuffle(shuffled)
    assert link(shuffled, NAMES, statements).applications == expected


# --- the command line -----------------------------------------------------------------------------


@pytest.fixture
def machine(tmp_path):
    one = Machine(tmp_path)
    one.receive(1, octets_told(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100"))
    one.receive(2, octets_told(ACKNOWLEDGED, "Kestrelmoor", "Thu, 26 Feb 2026 10:00:00 +0100"))
    one.receive(3, octets_told(REJECTED, "Kestrelmoor", "Fri, 27 Feb 2026 10:00:00 +0100"))
    one.read()
    return one


def stages(machine):
    return {row["employer"]: row["stage"] for row in machine.rows()}


def tell(machine, *words, code=0):
    return machine.unghost(*words, "--now", MONDAY, code=code)


def test_what_is_said_counts_at_once_and_is_taken_back_one_by_one(machine):
    before = stages(machine)
    assert "3  Acme GmbH, Data Analyst: applied" in tell(machine, "add", "Acme GmbH", "--role", "Data Analyst").stdout
    tell(machine, "edit", "1", "--employer", "Bright Water AG")
    tell(machine, "close", "3", "--as", "accepted")
    assert stages(machine) == {"Bright Water AG": "applied", "Kestrelmoor": "rejected", "Acme GmbH": "accepted"}
    assert "you said: close accepted" in machine.unghost("show", "3").stdout
    for _ in range(3):
        assert tell(machine, "undo").stdout.startswith("Taken back: ")
    assert stages(machine) == before
    assert "nothing to take back" in tell(machine, "undo").stderr


def test_snoozed_by_command_nothing_is_claimed_until_then(machine):
    assert machine.rows()[0]["wait"] == "silent"
    said = tell(machine, "snooze", "1", "10", "days").stdout
    assert said == "1  Brightwater, Data Analyst: applied, left alone until 12 Mar 2026\n"
    assert (machine.rows()[0]["wait"], machine.rows()[0]["snoozed_until"]) == ("waiting", "2026-03-12")
    assert "(waiting, left alone until 12 Mar 2026)" in machine.unghost("show", "1").stdout
    machine.environment["COLUMNS"] = "120"  # on one line
    assert "waiting, left alone until 12 Mar 2026" in machine.unghost("list").stdout
    assert "    Left alone until 12 Mar 2026: nothing is claimed before.\n" in machine.unghost("odds", "1").stdout
    assert "you said: snooze 2026-03-12" in machine.unghost("show", "1").stdout


def test_undo_takes_back_a_label_too(machine):
    machine.unghost("label", "3", "interview")
    assert stages(machine)["Kestrelmoor"] == "interview"
    assert "the label of message 3" in tell(machine, "undo").stdout
    assert stages(machine)["Kestrelmoor"] == "rejected"


def test_a_message_is_split_off_and_moved_back(machine):
    tell(machine, "split", "2", "3")
    assert [row["messages"] for row in machine.rows()] == [1, 1, 1]
    tell(machine, "move", "3", "1")
    assert [row["stage"] for row in machine.rows()] == ["rejected", "applied"]
    assert tell(machine, "move", "3", "nowhere").stdout == "Message 3 belongs to no application now.\n"
    assert [row["stage"] for row in machine.rows()] == ["applied", "applied"]


def test_a_message_moved_to_another_application_takes_no_number_along(machine):
    tell(machine, "move", "1", "2")
    assert [(row["number"], row["employer"], row["messages"]) for row in machine.rows()] == [(2, "Kestrelmoor", 3)]
    assert "3  Acme GmbH" in tell(machine, "add", "Acme GmbH").stdout
    for _ in range(2):
        tell(machine, "undo")
    assert [(row["number"], row["employer"]) for row in machine.rows()] == [(1, "Brightwater"), (2, "Kestrelmoor")]


def test_after_a_merge_each_statement_is_taken_back_to_what_was_and_no_number_is_given_to_another(machine):
    states = []
    for words in (
        ["merge", "1", "2"], ["split", "1", "3"], ["move", "3", "1"], ["alias", "Kestrelmoor", "Brightwater"],
        ["add", "Acme GmbH"], ["edit", "1", "--employer", "Bright Water AG"], ["reopen", "1"], ["close", "1"],
    ):  # fmt: skip
        states.append(machine.rows())
        tell(machine, *words)
        assert "nothing changed" in machine.unghost("rebuild").stdout
    assert [(row["number"], row["employer"]) for row in machine.rows()] == [(1, "Bright Water AG"), (4, "Acme GmbH")]
    for rows in reversed(states):
        tell(machine, "undo")
        assert machine.rows() == rows


def test_an_alias_names_the_applications_it_changes_or_says_that_there_are_none_yet(machine):
    assert tell(machine, "alias", "Foo", "Nobody Inc").stdout == (
        "Foo is Nobody Inc; no application names either yet, it counts from now on.\n"
    )
    said = tell(machine, "alias", "Kestrelmoor", "Brightwater").stdout
    assert said.startswith(
        "Kestrelmoor is Brightwater from now on, in old mail too.\n2  Kestrelmoor, Data Analyst: is "
    )
    assert len(said.splitlines()) == 2


def test_what_is_taken_back_is_told_in_a_sentence_with_the_numbers_as_they_were(machine):
    sentences = []
    for words in (["merge", "1", "2"], ["move", "3", "new"], ["close", "1", "--as", "accepted"]):
        tell(machine, *words)
        sentences.append(tell(machine, "undo").stdout)
    assert sentences == [
        "Taken back: you said that 1 (Brightwater, Data Analyst) and 2 (Kestrelmoor, Data Analyst) are one"
        " application.\n",
        "Taken back: you said that message 3 is an application of its own.\n",
        "Taken back: you said that 1 (Brightwater, Data Analyst) is closed as accepted.\n",
    ]


@pytest.fixture
def between(tmp_path):
    """Somebody with two applications at one employer, and a no that may mean either."""
    machine = Machine(tmp_path)
    for uid, role in enumerate(("Data Analyst", "Ward Nurse"), 1):
        receipt = octets_told(ACKNOWLEDGED, "Brightwater", f"Mon, 02 Feb 2026 {9 + uid:02}:00:00 +0100")
        machine.receive(uid, receipt.replace(b"Data Analyst", role.encode()))
    machine.receive(
        3, octets_told(REJECTED, "Brightwater", "Fri, 27 Feb 2026 10:00:00 +0100").replace(b"Data Analyst", b"other")
    )
    machine.read()
    return machine


def test_a_message_that_may_be_of_two_applications_is_asked_about_until_the_user_says(between):
    machine = between
    assert [row["stage"] for row in machine.rows()] == ["applied", "applied"]
    asked = machine.unghost("digest", "--dry-run", "--now", MONDAY).stdout
    assert "WHICH APPLICATION?" in asked
    assert "unghost move 3 2" in asked
    tell(machine, "move", "3", "2")
    assert [row["stage"] for row in machine.rows()] == ["applied", "rejected"]
    assert "WHICH APPLICATION?" not in machine.unghost("digest", "--dry-run", "--now", MONDAY).stdout


def test_a_review_asks_whose_a_message_is_and_takes_the_answer_back(between):
    done = between.unghost("review", "--now", MONDAY, input="x2")
    assert "[1] Brightwater, Data Analyst (1, applied)" in done.stdout
    assert "[1] ... [2] whose it is  [w] a new one  [0] nobody's  [s]kip" in done.stdout
    assert "1 answered (1 moved), 0 skipped, 0 not asked. They count from now on.\n" in done.stdout
    assert [row["stage"] for row in between.rows()] == ["applied", "rejected"]
    tell(between, "undo")
    between.unghost("review", "--now", MONDAY, input="1u0")
    assert [row["stage"] for row in between.rows()] == ["applied", "applied"]
    assert "Nothing to review" in between.unghost("review", input="").stdout


def test_a_rebuild_changes_nothing_but_what_was_edited_by_hand(machine):
    before = machine.rows()
    assert machine.unghost("rebuild").stdout == "2 applications with 3 events from 3 messages; nothing changed.\n"
    with sqlite3.connect(machine.ledger) as db:
        db.execute("UPDATE applications SET role = 'Astronaut' WHERE number = 2")
    assert machine.unghost("rebuild").stdout.endswith("; changed: 2.\n")
    assert machine.rows() == before


def test_merged_applications_keep_the_older_number(machine):
    tell(machine, "merge", "2", "1")
    assert [(row["number"], row["messages"]) for row in machine.rows()] == [(1, 3)]


@pytest.mark.parametrize("days", [("2026-02-01", "2026-03-01"), ("2026-03-01", "2026-02-01")])
@pytest.mark.parametrize("order", [("3", "4"), ("4", "3")])
def test_added_applications_that_are_merged_keep_the_older_number(machine, days, order):
    for name, day in zip(("Acme GmbH", "Zeta AG"), days, strict=True):
        tell(machine, "add", name, "--applied", day)
    tell(machine, "merge", *order)
    assert [row["number"] for row in machine.rows()] == [1, 2, 3]
    assert "nothing changed" in machine.unghost("rebuild").stdout
    tell(machine, "undo")
    assert [row["number"] for row in machine.rows()] == [1, 2, 3, 4]


def test_applications_that_a_moved_message_opened_keep_the_older_number_when_merged(machine):
    tell(machine, "split", "2", "3")
    tell(machine, "add", "Acme GmbH", "--applied", "2026-01-02")
    tell(machine, "merge", "3", "4")
    assert [row["number"] for row in machine.rows()] == [1, 2, 3]


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["edit", "1"], "--employer, --role or --applied"),
        (["edit", "9", "--role", "x"], "unghost list"),
        (["merge", "1", "1"], "at least two"),
        (["split", "2", "1"], "unghost show"),
        (["split", "2", "2", "3"], "leave at least one"),
        (["move", "9", "1"], "no message 9"),
        (["move", "1", "somewhere"], "`new` or `nowhere`"),
        (["move", "1", "1"], "`merge`"),
        (["close", "2"], "closed already"),
        (["snooze", "1", "forever"], "no span"),
        (["snooze", "1", "999w"], "no span"),
        (["snooze", "1", "2026-03-02"], "is not ahead"),
        (["add", "Acme", "--applied", "2026-03-03"], "2026-03-03 is still to come"),
        (["edit", "1", "--applied", "2026-03-03"], "2026-03-03 is still to come"),
        (["reopen", "1"], "open already"),
        (["alias", " ", "x"], "both names"),
        (["add", " "], "Name the employer"),
    ],
)
def test_a_mistake_is_told_with_its_remedy_and_nothing_is_written(machine, words, remedy):
    assert remedy in tell(machine, *words, code=2).stderr
    with Ledger(machine.ledger) as ledger:
        assert ledger.statements.in_force() == []
