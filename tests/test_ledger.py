"""The ledger: facts are appended whole or not at all, applications derived, numbers kept."""

from __future__ import annotations

import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from factories import DAY, NOW, RULES, a_calendar_event, a_message, a_prediction, an_application
from hypothesis import given, settings, strategies as st

from pipeline.errors import CannotWriteError, LockedError, SchemaError
from pipeline.ledger import Ledger, open_ledger
from pipeline.records import (
    Direction,
    Draft,
    Flaw,
    Kind,
    Learned,
    MailboxState,
    Measure,
    MessageUID,
    Promise,
    RawMessage,
    Sending,
    Stage,
    Turn,
    Verb,
)
from pipeline.run import derive, write_digest
from pipeline.silence import turn_at

INBOX = MailboxState("home", "INBOX", 7, 100, Direction.IN)


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.db") as fresh:
        yield begin(fresh)


def raw(uid: int, uidvalidity: int = 7, mailbox: str = "INBOX") -> RawMessage:
    return RawMessage(b"...", Direction.IN, MessageUID("home", mailbox, uidvalidity, uid))


def begin(ledger, state=INBOX):
    ledger.facts.record_begun(state)
    return ledger


def recorded(ledger, uid=1, kind=Kind.ACKNOWLEDGEMENT, *, decided=True, **changes):
    message = a_message(**changes)
    ledger.facts.record(raw(uid), message, a_prediction(kind, decided=decided), NOW)
    return message


def test_nobody_else_can_read_it(tmp_path):
    with open_ledger(tmp_path / "data" / "ledger.db") as ledger:
        recorded(ledger)
        files = list((tmp_path / "data").iterdir())
    assert {stat.S_IMODE(f.stat().st_mode) & 0o077 for f in files if f.exists()} == {0}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_message_prediction_place_and_cursor_are_one_transaction(ledger):
    message = a_message()
    ledger.facts.record(raw(5), message, a_prediction(), NOW)
    with pytest.raises(CannotWriteError):
        ledger.facts.record(raw(6), message, a_prediction(), NOW)  # the same key: refused whole
    assert ledger.facts.last_uid(INBOX) == 5
    assert ledger.facts.counts()["messages"] == 1


def test_a_message_comes_back_as_it_was_recorded(ledger):
    message = a_message(
        calendar=(a_calendar_event(NOW),), references=("<a@x.example>", "<b@x.example>"), hosts=("meet.google.com",)
    )
    ledger.facts.record(raw(1), message, a_prediction(), NOW)
    found, belief = ledger.facts.message(1)
    assert found == message
    assert belief["kind"] == Kind.ACKNOWLEDGEMENT


def test_a_new_uidvalidity_starts_the_cursor_again_and_doubles_nothing(ledger):
    message = recorded(ledger, uid=5)
    renumbered = MailboxState("home", "INBOX", 8, 100, Direction.IN)
    assert ledger.facts.was_renumbered(renumbered)
    assert ledger.facts.last_uid(renumbered) == 0
    assert ledger.facts.knows(message.key)
    begin(ledger, renumbered)
    ledger.facts.record_seen_again(raw(1, uidvalidity=8), message.key)
    assert ledger.facts.last_uid(renumbered) == 1
    assert ledger.facts.counts()["messages"] == 1
    assert not ledger.facts.was_renumbered(renumbered)


def test_a_mailbox_is_complete_only_when_it_was_read_to_its_end(ledger):
    recorded(ledger, uid=5)
    [coverage] = ledger.facts.coverage([("home", "INBOX")])
    assert (coverage.complete_at, coverage.n_messages) == (None, 1)
    ledger.facts.record_complete(INBOX, NOW)
    [coverage] = ledger.facts.coverage([("home", "INBOX")])
    assert coverage.complete_at == NOW
    assert ledger.facts.last_uid(INBOX) == 5


def test_a_correction_beats_the_model_and_can_be_taken_back(ledger):
    recorded(ledger, kind=Kind.REJECTION)
    ledger.facts.record_correction(1, Kind.INTERVIEW, "test", NOW)
    assert [fact.kind for fact in ledger.facts.linkable()] == [Kind.INTERVIEW]
    assert [kind for _, kind in ledger.facts.corrected_messages()] == [Kind.INTERVIEW]
    ledger.facts.record_correction(1, None, "test", NOW)
    assert [fact.kind for fact in ledger.facts.linkable()] == [Kind.REJECTION]


def test_an_undecided_message_is_asked_about_until_it_is_answered(ledger):
    recorded(ledger, kind=Kind.REJECTION, decided=False)
    [unsure] = ledger.facts.unsure()
    assert (unsure.guess, unsure.confidence) == (Kind.REJECTION, 0.99)
    assert [fact.kind for fact in ledger.facts.linkable()] == [None]
    ledger.facts.record_correction(1, Kind.OTHER, "test", NOW)
    assert ledger.facts.unsure() == []


def test_what_is_none_of_our_business_is_not_linked_unless_it_is_a_reply(ledger):
    recorded(ledger, 1, Kind.OTHER)
    recorded(ledger, 2, Kind.JOB_ALERT)
    reply = recorded(ledger, 3, Kind.OTHER, in_reply_to="<1@x.example>")
    assert [fact.key for fact in ledger.facts.linkable()] == [reply.key]


def test_own_mail_is_never_judged_and_never_asked_about(ledger):
    ledger.facts.record(raw(1), a_message(direction=Direction.OUT), None, NOW)
    assert ledger.facts.unsure() == []
    assert len(ledger.facts.linkable()) == 1


def test_text_is_forgotten_where_no_application_needs_it(ledger):
    """Of other mail, of undecided and of own mail; not of applications, what may be of one, and corrections."""
    recorded(ledger, 1, Kind.OTHER)
    recorded(ledger, 2, Kind.REJECTION, decided=False)
    ledger.facts.record(raw(3), a_message(direction=Direction.OUT), None, NOW)
    kept = recorded(ledger, 4, Kind.ACKNOWLEDGEMENT)
    recorded(ledger, 5, Kind.REJECTION, decided=False)
    recorded(ledger, 6, Kind.OTHER)
    ledger.facts.record_correction(6, Kind.OTHER, "test", NOW)
    recorded(ledger, 7, Kind.REJECTION)
    events = an_application(turn_message_id=4).events
    event = replace(events[0], message_id=4)
    application = an_application(key=kept.key, events=(event,), unsure=(5,), questions=(7,))
    ledger.derived.replace([application], "1")
    assert ledger.facts.forget_text(NOW) == 0
    assert ledger.facts.forget_text(NOW + DAY) == 3
    texts = {n: ledger.facts.message(n)[0].text for n in range(1, 8)}
    assert [n for n, text in texts.items() if text] == [4, 5, 6, 7]
    assert ledger.facts.message(2)[1]["evidence"] == "[]"


def test_moving_the_day_to_read_from_back_reads_again(ledger):
    recent = MailboxState("home", "Jobs", 7, 100, Direction.IN, since="2026-02-01")
    begin(ledger, recent)
    ledger.facts.record(raw(50, mailbox="Jobs"), a_message(), a_prediction(), NOW)
    assert ledger.facts.last_uid(recent) == 50
    assert ledger.facts.last_uid(replace(recent, since="2026-02-20")) == 50
    assert ledger.facts.last_uid(replace(recent, since="2026-01-01")) == 0
    assert ledger.facts.last_uid(replace(recent, since="")) == 0


def test_a_mailbox_that_gives_old_uids_anew_is_read_again(ledger):
    recorded(ledger, 50)
    assert ledger.facts.was_renumbered(replace(INBOX, uidnext=20))
    assert ledger.facts.last_uid(replace(INBOX, uidnext=20)) == 0
    assert ledger.facts.last_uid(replace(INBOX, uidnext=51)) == 50


def test_a_mailbox_never_read_is_not_covered_and_one_no_longer_wanted_says_nothing(ledger):
    ledger.facts.record_complete(INBOX, NOW)
    assert [c.mailbox for c in ledger.facts.coverage([])] == []
    assert [c.complete_at for c in ledger.facts.coverage([("home", "INBOX"), ("work", "INBOX")])] == [NOW, None]


def test_an_application_keeps_its_number_when_others_come_and_go(ledger):
    first, second = an_application(), an_application()
    ledger.derived.replace([first, second], "1")
    ledger.derived.replace([second], "1")
    ledger.derived.replace([an_application(), first, second], "1")
    assert [(a.key, a.number) for a in ledger.derived.applications()][:2] == [(first.key, 1), (second.key, 2)]


def test_applications_come_back_as_they_were_derived(ledger):
    application = an_application(unsure=(3, 4), interview_at=NOW)
    ledger.derived.replace([application], "1")
    [found] = ledger.derived.applications()
    assert found == replace(application, number=1)


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_grew_day_by_day_is_what_a_rebuild_gives(tmp_path_factory, chance):
    kinds = (Kind.ACKNOWLEDGEMENT, Kind.INTERVIEW, Kind.REJECTION)
    mail = [
        (kind, a_message(subject=f"Your application to {employer}", date=NOW - (30 - n) * DAY, text=""))
        for employer in ("Osprey", "Fennick", "Delta", "Delta Dental")
        for n, kind in enumerate(kinds)
    ]
    chance.shuffle(mail)
    with Ledger(tmp_path_factory.mktemp("rebuild") / "ledger.db") as ledger:
        begin(ledger)
        for uid, (kind, message) in enumerate(mail, 1):
            ledger.facts.record(raw(uid), message, a_prediction(kind), NOW)
            derive(ledger, RULES)
        grown = ledger.derived.applications()
        ledger.derived.forget()
        derive(ledger, RULES)
        assert ledger.derived.applications() == grown


def test_an_older_message_read_later_changes_no_number(ledger):
    recorded(ledger, 1, date=NOW - DAY)
    derive(ledger, RULES)
    [first] = ledger.derived.applications()
    recorded(ledger, 2, subject="Your application to Osprey", text="", date=NOW - 9 * DAY)
    recorded(ledger, 3, subject="Brightwater: your application was sent", date=NOW - 2 * DAY)
    derive(ledger, RULES)
    assert {a.employer: a.number for a in ledger.derived.applications()} == {"Brightwater": first.number, "Osprey": 2}


def test_the_outbox_remembers_each_step_and_what_was_said(ledger):
    ledger.outbox.put("2026-03-02", Draft("<1@unghost.localhost>", b"octets", frozenset({("key", "silent")})), NOW)
    [letter] = ledger.outbox.unfinished()
    assert (letter.octets, letter.state) == (b"octets", Sending.NEW)
    assert ledger.outbox.has("2026-03-02")
    assert ledger.outbox.said() == {("key", "silent")}
    ledger.outbox.mark(letter.digest_id, Sending.FAILED, NOW, "554 no")
    assert ledger.outbox.unfinished() == []
    assert ledger.outbox.said() == set()


def test_a_period_may_have_no_digest(ledger):
    ledger.outbox.skip("2026-03-02", NOW)
    ledger.outbox.skip("2026-03-09", NOW)
    assert ledger.outbox.has("2026-03-02")
    assert ledger.outbox.unfinished() == []
    assert ledger.outbox.last_created_at() is None


@pytest.mark.parametrize("wanted", [True, False])
def test_a_quiet_week_has_a_digest_only_where_one_is_wanted(ledger, wanted):
    rules = replace(RULES, quiet_weeks=wanted)
    for week in range(2):
        assert write_digest(ledger, rules, NOW + 7 * week * DAY)
        assert not write_digest(ledger, rules, NOW + (7 * week + 3) * DAY)
    assert len(ledger.outbox.unfinished()) == wanted


def test_the_newest_training_on_corrections_is_remembered(ledger):
    row = {"n_examples": 9, "n_corrections": 6, "promoted": 1, "reason": ""}
    assert ledger.facts.last_training() is None
    ledger.facts.record_model({"model_id": "of an earlier version", "trained_at": "2026-03-03", **row})
    assert ledger.facts.last_training() is None
    changes = {"n_right_before": 2, "n_right": 5, "n_broken": 1, "n_relabelled": 3}
    ledger.facts.record_model({"model_id": "first", "trained_at": "2026-03-01", **row, **changes, "n_right": 4})
    ledger.facts.record_model({"model_id": "second", "trained_at": "2026-03-02", **row, **changes})
    assert ledger.facts.last_training() == Learned("second", 6, 2, 5, 1, 3, promoted=True)
    flaw = {"promoted": 0, "worse_in": "accuracy", "figure": 0.9, "figure_before": 0.95}
    ledger.facts.record_model({"model_id": "third", "trained_at": "2026-03-04", **row, **changes, **flaw})
    assert ledger.facts.last_training().flaw == Flaw(Measure.ACCURACY, 0.9, 0.95)


def test_why_a_model_was_not_used_is_read_from_the_sentence_of_an_earlier_version(tmp_path):
    path = tmp_path / "ledger.db"
    with Ledger(path):
        pass
    sentences = {
        "a": ("its macro-F1 on the check set is 0.785, that of the one in use 0.8", ("macro_f1", 0.785, 0.8)),
        "b": ("its accuracy on the check set is 0.8, that of the one in use 0.82", ("accuracy", 0.8, 0.82)),
        "c": ("it is right about 1 of your 2 corrections, the one in use about 2", ("corrections", 1.0, 2.0)),
        "d": ("", (None, None, None)),
        "e": ("forced by hand", (None, None, None)),
    }
    db = sqlite3.connect(path)
    with db:
        for column in ("worse_in", "figure", "figure_before"):
            db.execute(f"ALTER TABLE models DROP COLUMN {column}")
        rows = [(name, reason) for name, (reason, _) in sentences.items()]
        db.executemany("INSERT INTO models VALUES (?, '2026-03-01', 9, 6, 0, ?, 2, 5, 1, 3)", rows)
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm011_keep_flaws'")
    db.close()
    with Ledger(path):
        pass
    db = sqlite3.connect(path)
    found = {name: rest for name, *rest in db.execute("SELECT model_id, worse_in, figure, figure_before FROM models")}
    db.close()
    assert {name: tuple(rest) for name, rest in found.items()} == {name: flaw for name, (_, flaw) in sentences.items()}


def test_a_newer_schema_is_refused_before_anything_is_touched(tmp_path):
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('unghost', 'm999_x', '')")
    db.close()
    with pytest.raises(SchemaError, match="m999_x.*upgrade"):
        Ledger(path)


def test_a_file_that_is_no_ledger_is_said_to_be_none(tmp_path):
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(CannotWriteError, match="not a ledger"):
        Ledger(path)


def test_one_run_at_a_time(tmp_path):
    with open_ledger(tmp_path / "ledger.db"):
        pass
    with open_ledger(tmp_path / "ledger.db"):
        second = open_ledger(tmp_path / "ledger.db")
        with pytest.raises(LockedError, match="Another unghost"):
            second.__enter__()


def test_another_program_that_writes_is_waited_for_and_then_named(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger._db.execute("PRAGMA busy_timeout = 50")
        other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockedError, match="locked by another program"):
            recorded(ledger)
        other.close()


def test_a_full_disk_leaves_nothing_half_done(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        begin(ledger)
        pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
        ledger._db.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(CannotWriteError, match="full"):
            [recorded(ledger, uid, text="x" * 2000) for uid in range(1, 200)]
        n = ledger.facts.counts()["messages"]
        assert ledger.facts.last_uid(INBOX) == n
        assert ledger.check() == []


def test_a_symbolic_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "ledger.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotWriteError):
        Ledger(tmp_path / "ledger.db")


def test_the_views_answer_their_questions(ledger):
    recorded(ledger, kind=Kind.REJECTION, decided=False)
    ledger.derived.replace([an_application()], "1")
    from pipeline.ledger.migrations import VIEWS

    rows = {name: list(ledger._db.query(f"SELECT * FROM {name}")) for name in VIEWS}
    assert rows["who_owes_an_answer"][0]["employer"] == "Brightwater"
    assert len(rows["what_is_unsure"]) == 1
    assert rows["where_is_it_my_turn"] == []


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("turn", Turn)
@pytest.mark.parametrize("asked", [None, Turn.USER, Turn.EMPLOYER])
@pytest.mark.parametrize("kind", [Kind.INTERVIEW, Kind.ACTION_NEEDED])
@pytest.mark.parametrize("days_to_interview", [None, -40, -2, 2])
def test_the_views_tell_whose_turn_it_is_as_the_list_does(ledger, stage, turn, asked, kind, days_to_interview):
    now = datetime.now(UTC).replace(microsecond=0)
    met = now + days_to_interview * DAY if days_to_interview else None
    promise = Promise(now.date(), asked, "Please confirm.") if asked else None
    one = an_application(stage=stage, turn=turn, turn_since=now - 9 * DAY, interview_at=met, promise=promise)
    one = replace(one, events=tuple(replace(event, kind=kind) for event in one.events))
    ledger.derived.replace([one], "1")
    told = [
        (whose, row["turn_since"])
        for name, whose in (("who_owes_an_answer", Turn.EMPLOYER), ("where_is_it_my_turn", Turn.USER))
        for row in ledger._db.query(f"SELECT * FROM {name}")
    ]
    expected, since = turn_at(one, now)
    assert told == ([] if expected is Turn.NOBODY else [(expected, since.isoformat())])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 6), max_size=12))
def test_recording_again_changes_nothing(tmp_path_factory, uids):
    """Whatever is fetched twice, each message is one row and the cursor the last one fetched."""
    messages = {uid: a_message(key=f"same-{uid}") for uid in range(1, 7)}
    with Ledger(tmp_path_factory.mktemp("ledger") / "ledger.db") as ledger:
        begin(ledger)
        for uid in uids:
            if ledger.facts.knows(messages[uid].key):
                ledger.facts.record_seen_again(raw(uid), messages[uid].key)
            else:
                ledger.facts.record(raw(uid), messages[uid], a_prediction(), NOW)
        assert ledger.facts.counts()["messages"] == len(set(uids))
        assert ledger.facts.last_uid(INBOX) == (uids[-1] if uids else 0)


def say_and_fail(ledger):
    ledger.statements.record(Verb.ALIAS, NOW, values={"name": "A", "is": "B"})
    raise ZeroDivisionError


def test_what_is_written_together_is_written_whole_or_not_at_all(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        with pytest.raises(ZeroDivisionError), ledger.together():
            say_and_fail(ledger)
        assert ledger.statements.in_force() == []
        with ledger.together():
            ledger.statements.record(Verb.ALIAS, NOW, values={"name": "A", "is": "B"})
            ledger.statements.record(Verb.ALIAS, NOW, values={"name": "C", "is": "D"})
    with Ledger(tmp_path / "ledger.db") as ledger:
        assert len(ledger.statements.in_force()) == 2


def test_each_ledger_has_a_secret_of_its_own_that_stays(tmp_path):
    with Ledger(tmp_path / "a.db") as one, Ledger(tmp_path / "b.db") as other:
        secret = one.replies.secret()
        assert len(secret) == 32
        assert other.replies.secret() != secret
    with Ledger(tmp_path / "a.db") as one:
        assert one.replies.secret() == secret
