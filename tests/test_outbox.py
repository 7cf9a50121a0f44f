"""Stories of the outbox: killed, broken off and sent out of turn, there is one digest for each week."""

from __future__ import annotations

import email
import email.policy
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from faultproxy import fault_proxy
from test_run import ACKNOWLEDGED, MONDAY, REJECTED, Person

from pipeline.records import Sending

NEXT_MONDAY = "2026-03-09T08:05:00+01:00"


@pytest.fixture
def person(tmp_path, mailbox_user, smtp_sink):
    """Somebody with one silent employer to be told of."""
    person = Person(tmp_path, mailbox_user(), smtp_sink)
    person.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    return person


def digests(person, column="state"):
    if not person.ledger.exists():
        return []
    db = sqlite3.connect(f"file:{person.ledger}?mode=ro", uri=True, timeout=5)
    try:
        return [value for (value,) in db.execute(f"SELECT {column} FROM digests ORDER BY id")]
    except sqlite3.OperationalError:
        return []
    finally:
        db.close()


def inbox(person):
    """The digests in INBOX, each with its flags."""
    with person.user.client() as client:
        client.select_folder("INBOX", readonly=True)
        found = client.fetch(client.search(["HEADER", "X-Unghost-Digest", ""]), ["BODY.PEEK[]", "FLAGS"]).values()
    return [(answer[b"BODY[]"], set(answer[b"FLAGS"]) - {b"\\Recent"}) for answer in found]


def threaded(octets):
    return email.message_from_bytes(octets).get("In-Reply-To", "").split()


def kill_at(person, state, program=("-m", "pipeline.cli")):
    """Start a run and end it with SIGKILL when its digest is in ``state``."""
    command = [sys.executable, "-P", *program, "--config", str(person.config), "run", "--now", MONDAY]
    process = subprocess.Popen(command, env=person.environment(), start_new_session=True)
    limit = time.monotonic() + 60
    while digests(person) != [state] and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.01)
    time.sleep(0.3)  # into the state, not at its door
    assert process.poll() is None, "the run ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert digests(person) == [state]


def with_smtp_port(person, port):
    text = person.config.read_text()
    person.config.write_text(text.replace(f"port = {person.sink.port}", f"port = {port}"))
    return text


# --- killed, by SMTP ------------------------------------------------------------------------------


def test_killed_before_the_server_answers_it_is_sent_by_the_next_run(person):
    with fault_proxy(person.sink.port, "silent") as proxy:
        text = with_smtp_port(person, proxy.port)
        kill_at(person, Sending.NEW)
    person.config.write_text(text)
    assert person.unghost("run").stderr == ""
    assert digests(person) == [Sending.SENT]
    assert len(person.sink.got) == 1


def test_killed_while_sending_it_is_told_once_and_sent_only_if_one_says_so(person):
    person.sink.script.append("hang")
    kill_at(person, Sending.SENDING)
    assert "Nobody can say" in person.unghost("run", code=74).stderr
    assert digests(person) == [Sending.UNKNOWN]
    assert person.unghost("run").stderr == ""
    assert person.sink.got == []
    person.unghost("digest", "--resend", "1", now=None)
    assert digests(person) == [Sending.SENT]
    assert len(person.sink.got) == 1


@pytest.mark.parametrize("mailbox", ["INBOX", "Archive"])
def test_killed_after_the_server_took_it_it_is_found_in_the_mailbox(person, mailbox):
    person.sink.script.append("accept-then-hang")
    kill_at(person, Sending.SENDING)
    person.user.deliver(person.sink.got[0], mailbox)
    assert person.unghost("run").stderr == ""
    assert digests(person) == [Sending.SENT]
    assert person.unghost("run").stderr == ""
    assert len(person.sink.got) == 1


# --- by IMAP --------------------------------------------------------------------------------------


def over_imap(person, proxy=None):
    """Deliver by IMAP, through the proxy where there is one."""
    person.configure(digest={"via": "imap"}, port=proxy.port if proxy else person.user.dovecot.tls_port)


def imap_proxy(person, *faults):
    return fault_proxy(person.user.dovecot.port, *faults, tls=person.user.dovecot.certificates.pair())


def test_by_imap_it_lies_in_the_inbox_unseen_and_no_server_is_asked_to_send(person):
    before = person.user.flags()
    with imap_proxy(person) as proxy:
        over_imap(person, proxy)
        assert person.unghost("run").stderr == ""
        heard = bytes(proxy.heard)
    [(octets, flags)] = inbox(person)
    assert flags == set()
    assert b"Brightwater" in octets
    assert {place: person.user.flags()[place] for place in before} == before
    assert heard.count(b" APPEND ") == heard.count(b' APPEND "INBOX" () {') == 1  # no flags
    for command in (b"STORE", b" SELECT", b"EXPUNGE", b"MOVE", b"COPY", b"CREATE", b"\\Seen"):
        assert command not in heard
    over_imap(person)
    assert person.unghost("run").stderr == ""
    assert len(inbox(person)) == 1
    assert person.sink.got == []
    assert [a["employer"] for a in person.applications()] == ["Brightwater"]


def test_without_a_submission_server_it_is_put_into_the_inbox(person):
    text = person.config.read_text()
    person.config.write_text(text[: text.index("[smtp]")])
    assert "is put into INBOX of account home" in person.unghost("doctor").stdout
    person.unghost("run")
    assert len(inbox(person)) == 1


WITHHELD = {"nothing kept": (r"\+ OK:-4", 0), "kept": (r"\[APPENDUID:-10", 1)}


@pytest.mark.parametrize("name", WITHHELD)
def test_killed_while_putting_it_into_the_inbox_there_is_one(person, name):
    where, n_kept = WITHHELD[name]
    with imap_proxy(person, f"stallon:{where}") as proxy:
        over_imap(person, proxy)
        kill_at(person, Sending.SENDING)
    over_imap(person)
    assert len(inbox(person)) == n_kept
    assert person.unghost("run").stderr == ""
    assert digests(person) == [Sending.SENT]
    assert len(inbox(person)) == 1


@pytest.mark.parametrize("name", WITHHELD)
def test_broken_off_while_putting_it_into_the_inbox_there_is_one(person, name):
    where, n_kept = WITHHELD[name]
    with imap_proxy(person, f"rston:{where}") as proxy:
        over_imap(person, proxy)
        done = person.unghost("run", code=0 if n_kept else 74)
    assert ("Nobody can say" in done.stderr) == (not n_kept)
    assert digests(person) == [Sending.SENT if n_kept else Sending.UNKNOWN]
    over_imap(person)
    assert person.unghost("run").stderr == ""
    assert digests(person) == [Sending.SENT]
    assert len(inbox(person)) == 1


@pytest.mark.parametrize(
    ("answer", "code", "state"),
    [("NO [OVERQUOTA] Quota exceeded", 75, Sending.NEW), ("NO [TOOBIG] Too big", 74, Sending.FAILED)],
)
def test_an_inbox_that_refuses_it_is_told(person, answer, code, state):
    with imap_proxy(person, rf"sub:OK \[APPENDUID[^\r]*:{answer}") as proxy:
        over_imap(person, proxy)
        person.unghost("run", code=code)
    assert digests(person) == [state]


# --- by a program, and into a directory -----------------------------------------------------------


def test_killed_while_sendmail_works_there_is_one_and_it_is_told(person):
    """The program has the whole letter by then, and goes on by itself."""
    program, spool = person.directory / "sendmail", person.directory / "spool"
    spool.mkdir()
    program.write_text(f"#!/bin/sh\nsleep 2\ncat > {spool}/$$\n")
    program.chmod(0o700)
    person.configure(digest={"via": "sendmail", "sendmail": str(program)})
    kill_at(person, Sending.SENDING)
    assert "Nobody can say" in person.unghost("run", code=74).stderr
    assert person.unghost("run").stderr == ""
    limit = time.monotonic() + 30
    while not any(file.stat().st_size for file in spool.iterdir()) and time.monotonic() < limit:
        time.sleep(0.05)
    [letter] = spool.iterdir()
    assert letter.read_bytes() == digests(person, "octets")[0].replace(b"\r\n", b"\n")


KILLED_AT_THE_RENAME = (
    "import os, runpy, signal; from pathlib import Path; rename = Path.replace\n"
    "def killed(self, target):\n"
    "    {first}os.kill(os.getpid(), signal.SIGKILL) if self.suffix == '.part' else rename(self, target)\n"
    "Path.replace = killed\n"
    "runpy.run_module('pipeline.cli', run_name='__main__')"
)


@pytest.mark.parametrize("first", ["", "rename(self, target); "])
def test_killed_while_writing_the_file_there_is_one(person, first):
    person.configure(digest={"via": "file", "directory": str(person.directory / "digests")})
    code = KILLED_AT_THE_RENAME.format(first=first)
    command = [sys.executable, "-P", "-c", code, "--config", str(person.config), "run", "--now", MONDAY]
    killed = subprocess.run(command, env=person.environment(), check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert digests(person) == [Sending.SENDING]
    assert person.unghost("run").stderr == ""
    assert digests(person) == [Sending.SENT]
    assert [file.suffix for file in (person.directory / "digests").iterdir()] == [".eml"]


# --- out of turn ----------------------------------------------------------------------------------


def test_a_digest_out_of_turn_is_sent_and_the_weeks_comes_nevertheless(person):
    person.unghost("run", now="2026-02-25T09:00:00+01:00")  # the one due since Monday the 23rd
    person.receive(REJECTED, "Osprey Lund", "Thu, 26 Feb 2026 10:00:00 +0100")
    person.unghost("run", now="2026-02-26T12:00:00+01:00")
    assert len(person.sink.got) == 1
    person.unghost("digest", now="2026-02-26T12:05:00+01:00")
    assert b"Osprey" in person.sink.got[1]
    person.unghost("run")
    assert b"Osprey Lund said no" not in person.sink.got[2]
    assert digests(person, "period") == ["2026-02-23", "2026-02-26-110500", "2026-03-02"]
    ids = [email.message_from_bytes(octets)["Message-ID"] for octets in person.sink.got]
    assert len(set(ids)) == 3
    assert [threaded(octets) for octets in person.sink.got] == [[], *([each.strip()] for each in ids[:2])]


def test_what_is_new_since_a_day_is_shown_though_it_was_told(person):
    person.receive(REJECTED, "Osprey Lund", "Thu, 26 Feb 2026 10:00:00 +0100")
    person.unghost("run")
    assert "Osprey Lund said no" not in person.unghost("digest", "--dry-run").stdout
    assert "Osprey Lund said no" in person.unghost("digest", "--since", "2026-02-26").stdout
    assert "Osprey Lund said no" not in person.unghost("digest", "--since", "2026-02-27").stdout
    assert len(person.sink.got) == len(digests(person)) == 1


def test_an_earlier_digest_is_sent_again_octet_for_octet(person):
    person.unghost("run")
    person.unghost("run", now=NEXT_MONDAY)
    done = person.unghost("digest", "--resend", "1", now=None)
    assert re.fullmatch(r"The digest of 2026-03-02 was sent to \S+@\S+\.\n", done.stdout)
    assert done.stderr == ""
    assert person.sink.got[2] == person.sink.got[0]
    assert digests(person, "attempts") == [2, 1]
    done = person.unghost("digest", "--resend", "9", now=None, code=2)
    assert "the last ones: 2 (digest of 2026-03-09, sent), 1 (digest of 2026-03-02, sent)" in done.stderr
    assert "no other option" in person.unghost("digest", "--resend", "1", code=2).stderr


# --- what comes back ------------------------------------------------------------------------------


@pytest.mark.parametrize("mailbox", ["INBOX", "Sent"])
@pytest.mark.parametrize("sender", ["dana@whitlock.example", "partner@whitlock.example"])
def test_an_answer_to_a_digest_is_no_employers_and_opens_nothing(person, mailbox, sender):
    person.unghost("run")
    digest = email.message_from_bytes(person.sink.got[0], policy=email.policy.default)
    answer = EmailMessage(policy=SMTP)
    answer["From"], answer["To"], answer["Subject"] = sender, "dana@whitlock.example", f"Re: {digest['Subject']}"
    answer["Date"], answer["Message-ID"] = "Mon, 02 Mar 2026 09:00:00 +0100", "<answer@whitlock.example>"
    answer["In-Reply-To"] = answer["References"] = digest["Message-ID"]
    answer.set_content(
        "Thank you for your application for the Data Analyst position at Osprey Lund. Unfortunately we have decided"
        " not to move forward.\n\n> " + digest.get_body(("plain",)).get_content().replace("\n", "\n> ")
    )
    for octets in (person.sink.got[0], answer.as_bytes()):
        person.user.deliver(octets, mailbox)
    person.unghost("run")
    assert [(a["employer"], a["stage"]) for a in person.applications()] == [("Brightwater", "applied")]
    db = sqlite3.connect(person.ledger)
    assert db.execute("SELECT count(*) FROM messages").fetchone() == (3,)
    assert db.execute("SELECT count(*) FROM predictions").fetchone() == (1,)
    db.close()
