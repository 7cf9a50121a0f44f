"""Stories: the whole program against a real IMAP and a real SMTP server, as cron runs it."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest
import torture
from factories import octets_of

from pipeline.ledger import Ledger
from pipeline.parse import content_key

MONDAY = "2026-03-02T08:05:00+01:00"
ACKNOWLEDGED = (
    "Thank you for applying to {employer}",
    "Dear Dana,\n\nThank you for applying for the Data Analyst position at {employer}. We have received your "
    "application and our recruiting team will review it. If your profile matches what we are looking for, we will "
    "contact you.\n\nThe {employer} Talent Team",
)
REJECTED = (
    "Your application to {employer}",
    "Dear Dana,\n\nThank you for your interest in the Data Analyst position at {employer}. Unfortunately, after "
    "careful consideration, we have decided not to move forward with your application at this time.\n\nWe wish you "
    "every success in your job search.\n\nThe {employer} Talent Team",
)


class Person:
    """A job seeker: a mailbox, a configuration, and the command line."""

    def __init__(self, directory, user, sink) -> None:
        self.directory, self.user, self.sink = directory, user, sink
        self.config = directory / "config.toml"
        self.ledger = directory / "ledger.db"
        self.configure()

    def configure(self, *, digest=None, **account: object) -> None:
        home = {
            "name": "home",
            "host": "localhost",
            "port": self.user.dovecot.tls_port,
            "user": self.user.name,
            "password_file": str(self.user.dovecot.secret_file),
            "ca_file": str(self.user.dovecot.certificates.ca),
            "timeout": 10,
        } | account
        smtp = {
            "host": "localhost",
            "port": self.sink.port,
            "security": "starttls",
            "user": "me@home.example",
            "password_file": str(self.sink.secret_file),
            "ca_file": str(self.sink.certificates.ca),
        }
        lines = ["[me]", 'addresses = ["dana@whitlock.example"]', 'timezone = "Europe/Berlin"', "[[account]]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in home.items()]
        lines += ["[smtp]", *(f"{key} = {json.dumps(value)}" for key, value in smtp.items())]
        lines += ["[digest]", *(f"{key} = {json.dumps(value)}" for key, value in digest.items())] if digest else []
        self.config.write_text("\n".join(lines))

    def add_broken_account(self) -> None:
        """Put an account whose server cannot be reached before the one that works."""
        text = self.config.read_text()
        account = text[text.index("[[account]]") : text.index("[smtp]")]
        port = f"port = {self.user.dovecot.tls_port}"
        broken = account.replace('name = "home"', 'name = "work"').replace(port, "port = 1")
        self.config.write_text(text.replace(account, broken + account))

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-P", "-X", "dev", "-m", "pipeline.cli", "--config", str(self.config), *words]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "UNGHOST_DATA": str(self.directory), "OPENBLAS_NUM_THREADS": "1"}

    def unghost(self, *words: str, now: str | None = MONDAY, code: int = 0) -> subprocess.CompletedProcess[str]:
        when = ["--now", now] if now and words[0] in {"run", "digest", "list", "show", "label"} else []
        done = subprocess.run(
            self.command(*words, *when),
            env=self.environment(), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def applications(self, now: str = MONDAY) -> list[dict[str, object]]:
        return json.loads(self.unghost("list", "--json", now=now).stdout)

    def receive(
        self, template: tuple[str, str], employer: str, date: str, mailbox: str = "INBOX", **headers: str
    ) -> None:
        subject, text = (part.format(employer=employer) for part in template)
        sender = f"{employer} Talent Team <no-reply@us.greenhouse-mail.io>"
        octets = octets_of(subject, text, **{"from_": sender, "date": date, **headers})
        self.user.deliver(octets, mailbox, email.utils.parsedate_to_datetime(date))


@pytest.fixture
def person(tmp_path, mailbox_user, smtp_sink):
    return Person(tmp_path, mailbox_user(), smtp_sink)


def facts_of(ledger) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the ledger but when it was written down."""
    db = sqlite3.connect(ledger)
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {}
    for table in sorted(tables):
        names = [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]
        kept = ", ".join(
            f'"{n}"' for n in names if n not in {"recorded_at", "predicted_at", "complete_at", "applied_at"}
        )
        found[table] = sorted(db.execute(f'SELECT {kept} FROM "{table}"').fetchall(), key=repr)
    db.close()
    del found["_sqlite_migrations"]
    return found


def test_a_first_week(person):
    """Two employers confirm, one says no; the digest comes on Monday, once, and nothing was touched."""
    person.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    person.receive(ACKNOWLEDGED, "Kestrelmoor", "Thu, 26 Feb 2026 10:00:00 +0100")
    person.receive(ACKNOWLEDGED, "Osprey Lund", "Tue, 24 Feb 2026 10:00:00 +0100")
    person.receive(REJECTED, "Osprey Lund", "Fri, 27 Feb 2026 10:00:00 +0100")
    before = person.user.flags()
    done = person.unghost("run")
    assert (done.stdout, done.stderr) == ("", "")
    assert person.user.flags() == before
    [octets] = person.sink.got
    digest = email.message_from_bytes(octets, policy=email.policy.default)
    text = digest.get_body(("plain",)).get_content()
    assert "Brightwater has gone quiet: 28 days" in text
    assert "Osprey Lund said no" in text
    assert "Kestrelmoor" not in text
    assert person.sink.envelopes == [("me@home.example", ["dana@whitlock.example"])]
    person.unghost("run")
    assert len(person.sink.got) == 1
    assert [(a["employer"], a["stage"]) for a in person.applications()] == [
        ("Brightwater", "applied"),
        ("Osprey Lund", "rejected"),
        ("Kestrelmoor", "applied"),
    ]


def test_a_digest_that_comes_back_is_not_an_answer(person):
    person.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    person.unghost("run")
    for _ in range(2):
        person.user.deliver(person.sink.got[-1])
        person.unghost("run", now="2026-03-09T08:05:00+01:00")
    assert len(person.sink.got) == 2
    assert len(person.applications()) == 1
    with Ledger(person.ledger) as ledger:
        assert ledger.facts.unsure() == []


def test_a_missed_hour_is_caught_up_with(person):
    person.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    person.unghost("run", now="2026-03-01T08:05:00+01:00")  # a Sunday: last Monday's
    person.unghost("run", now="2026-03-02T07:55:00+01:00")  # too early on Monday
    assert len(person.sink.got) == 1
    person.unghost("run", now="2026-03-04T23:00:00+01:00")
    assert len(person.sink.got) == 2


def test_own_mail_is_found_in_the_special_use_mailbox_and_opens_an_application(person):
    octets = octets_of(
        "Application for Business Analyst",
        "Dear team, please find my CV attached.",
        from_="Dana Whitlock <dana@whitlock.example>",
        to="Hiring at Nordkammer <jobs@nordkammer.example>",
    )
    person.user.deliver(octets, "Sent")
    person.unghost("run")
    assert [(a["employer"], a["turn"]) for a in person.applications()] == [("Nordkammer", "employer")]


def test_a_correction_is_for_ever_and_applied_at_once(person):
    person.receive(REJECTED, "Brightwater", "Fri, 27 Feb 2026 10:00:00 +0100")
    person.unghost("run")
    assert person.applications()[0]["stage"] == "rejected"
    person.unghost("label", "1", "invitation")
    assert person.applications()[0]["stage"] == "interview"
    person.unghost("run")
    assert person.applications()[0]["stage"] == "interview"
    person.unghost("label", "1", "--undo")
    assert person.applications()[0]["stage"] == "rejected"


def test_an_application_is_shown_with_the_sentence_that_decided(person):
    person.receive(REJECTED, "Brightwater", "Fri, 27 Feb 2026 10:00:00 +0100")
    person.unghost("run")
    shown = person.unghost("show", "1").stdout
    assert "decided not to move forward" in shown
    [message] = json.loads(person.unghost("show", "1", "--json").stdout)["timeline"]
    assert message["kind"] == "rejection"
    assert message["proba"]["rejection"] > 0.9


def test_a_new_uidvalidity_loses_and_doubles_nothing(person):
    for n in range(10):
        person.receive(ACKNOWLEDGED, f"Employer{n}", "Mon, 02 Feb 2026 10:00:00 +0100")
    person.unghost("run")
    before = facts_of(person.ledger)
    person.user.change_uidvalidity()
    done = person.unghost("run", "-v")
    assert "renumbered" in done.stderr
    after = facts_of(person.ledger)
    for table in ("messages", "predictions", "applications", "events", "unreadable", "numbers"):
        assert after[table] == before[table]


def test_hostile_mail_does_not_keep_the_rest_from_being_read(person):
    chosen = [octets for _, octets in sorted(torture.bombs().items())][::6]
    for n, octets in enumerate(chosen):
        person.user.deliver(octets)
        if n % 10 == 0:
            person.receive(ACKNOWLEDGED, f"Employer{n}", "Mon, 02 Feb 2026 10:00:00 +0100")
    person.unghost("run")
    with Ledger(person.ledger) as ledger:
        counts = ledger.facts.counts()
    n_mails = len({content_key(octets) for octets in chosen}) + len(chosen[::10])
    assert counts["messages"] + counts["unreadable"] == n_mails
    employers = {a["employer"] for a in person.applications()}
    assert {f"Employer{n}" for n in range(0, len(chosen), 10)} <= employers


@pytest.fixture(scope="module")
def five_hundred(tmp_path_factory):
    """500 messages of every sort the corpus has, through the parser as real mail would come."""
    from pipeline.classify.corpus import read_corpus
    from pipeline.resources import shipped

    found = []
    examples = read_corpus(shipped("models", "corpus"))
    for n, example in enumerate(examples[:: len(examples) // 500][:500]):
        mail = EmailMessage(policy=SMTP)
        mail["From"] = example.message.from_.addr_spec or "somebody@mail.example"
        mail["To"] = "dana@whitlock.example"
        mail["Subject"] = example.message.subject.replace("\n", " ")
        mail["Date"] = email.utils.format_datetime(datetime.fromtimestamp(1_764_000_000 + n * 14_000, UTC))
        mail["Message-ID"] = f"<{n}@mail.example>"
        mail.set_content(example.message.text or " ")
        found.append(mail.as_bytes())
    return found


def test_killed_three_times_the_ledger_is_that_of_an_uninterrupted_run(five_hundred, tmp_path, mailbox_user, smtp_sink):
    people = []
    for name in ("calm", "killed"):
        (tmp_path / name).mkdir()
        one = Person(tmp_path / name, mailbox_user(), smtp_sink)
        for octets in five_hundred:
            one.user.deliver(octets)
        people.append(one)
    calm, killed = people
    before = killed.user.flags()
    calm.unghost("run")
    for _ in range(3):
        kill_midway(killed)
    killed.unghost("run")
    assert without_accounts(facts_of(killed.ledger)) == without_accounts(facts_of(calm.ledger))
    assert killed.user.flags() == before
    assert len(smtp_sink.got) == 2


def kill_midway(person: Person) -> None:
    """Start a run and end it with SIGKILL after it has written a hundred messages or so."""
    n_before = n_messages(person)
    process = subprocess.Popen(person.command("run", "--now", MONDAY), env=person.environment(), start_new_session=True)
    limit = time.monotonic() + 60
    while n_messages(person) < n_before + 90 and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.005)
    assert process.poll() is None, "the run ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert n_before < n_messages(person) < 500


def n_messages(person: Person) -> int:
    if not person.ledger.exists():
        return 0
    db = sqlite3.connect(f"file:{person.ledger}?mode=ro", uri=True, timeout=5)
    try:
        return db.execute("SELECT count(*) FROM messages").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        db.close()


def without_accounts(facts: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """UIDVALIDITY is the server's, a letter's octets name the hour it was written, and each ledger has its secret."""
    return {
        name: rows if name not in {"locations", "mailboxes", "digests", "install"} else [len(rows)]
        for name, rows in facts.items()
    }


def test_a_quiet_run_imports_nothing_heavy_and_no_room_it_does_not_enter(person):
    for n in range(20):
        person.receive(ACKNOWLEDGED, f"Employer{n}", "Mon, 02 Feb 2026 10:00:00 +0100")
    person.unghost("run")
    code = (
        "import sys, runpy\n"
        "try: runpy.run_module('pipeline.cli', run_name='__main__')\n"
        "except SystemExit as e: assert not e.code, e.code\n"
        "heavy = {'sklearn', 'scipy', 'numpy', 'rich', 'jinja2', 'icalendar', 'mailparser', 'justhtml', 'babel'}\n"
        "heavy |= {'holidays', 'rapidfuzz', 'cleanco', 'publicsuffixlist'}\n"
        "rooms = 'classify', 'parse', 'link.applications', 'draft', 'filing', 'replies', 'obey', 'train'\n"
        "rooms += 'funnel.figures', 'digest.compose', 'digest.render', 'digest.replied'\n"
        "rooms += 'digest.steps.choose', 'digest.calendar'\n"
        "heavy |= {f'pipeline.{room}' for room in rooms}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "--config", str(person.config), "run", "--now", MONDAY],
        env=person.environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_forged_rejection_is_asked_about_and_changes_nothing_before_the_user_confirms_it(person):
    person.configure(authserv_id="mx.home.example")
    proof = "mx.home.example; dmarc={} header.from=greenhouse-mail.io"
    given = {"Authentication_Results": proof.format("pass")}
    person.receive(ACKNOWLEDGED, "Brightwater", "Mon, 16 Feb 2026 10:00:00 +0100", **given)
    forged = {"Authentication_Results": proof.format("fail")}
    person.receive(REJECTED, "Brightwater", "Wed, 18 Feb 2026 10:00:00 +0100", **forged)
    person.unghost("run")
    [application] = person.applications()
    assert (application["stage"], application["unsure"]) == ("applied", [2])
    digest = email.message_from_bytes(person.sink.got[0], policy=email.policy.default)
    told = " ".join(digest.get_body(("plain",)).get_content().split())
    assert "The sender could not be proven (dmarc=fail). Perhaps a rejection" in told
    assert "The sender could not be proven (dmarc=fail)." in person.unghost("show", "1").stdout
    review = subprocess.run(
        person.command("review"), input="q", env=person.environment(), capture_output=True, text=True, check=True
    )
    assert "The sender could not be proven (dmarc=fail)." in review.stdout
    before = facts_of(person.ledger)
    person.unghost("rebuild")
    assert facts_of(person.ledger) == before
    person.unghost("label", "2", "rejection")
    assert person.applications()[0]["stage"] == "rejected"


def test_a_forged_note_restarts_no_clock_and_a_forged_receipt_opens_nothing(person):
    person.configure(authserv_id="mx.home.example")
    proof = "mx.home.example; dmarc={} header.from=greenhouse-mail.io"
    given, forged = ({"Authentication_Results": proof.format(result)} for result in ("pass", "fail"))
    person.receive(
        ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100", message_id="<1@mail.example>", **given
    )
    note = (
        "Re: Thank you for applying to {employer}",
        "Dear Dana,\n\nyour application is still under review.\n\n{employer}",
    )
    person.receive(note, "Brightwater", "Wed, 18 Feb 2026 10:00:00 +0100", in_reply_to="<1@mail.example>", **forged)
    person.receive(ACKNOWLEDGED, "Kestrelmoor", "Thu, 19 Feb 2026 10:00:00 +0100", **forged)
    person.unghost("run")
    [application] = person.applications()
    assert application["turn_since"].startswith("2026-02-02")
    assert (application["wait"], application["unsure"]) == ("withheld", [2])
    digest = email.message_from_bytes(person.sink.got[0], policy=email.policy.default)
    told = " ".join(digest.get_body(("plain",)).get_content().split())
    assert told.count("The sender could not be proven (dmarc=fail).") == 2
    assert "acknowledgement" in re.findall(
        "subject=unghost%3A%20m3%20([a-z]+)", digest.get_body(("html",)).get_content()
    )
    person.unghost("label", "2", "other")
    person.unghost("label", "3", "acknowledgement")
    brightwater, kestrelmoor = person.applications()
    assert (brightwater["wait"], kestrelmoor["employer"]) == ("silent", "Kestrelmoor")


@pytest.mark.parametrize(("result", "stage"), [("fail", "applied"), ("pass", "withdrawn")])
def test_mail_forged_under_the_users_own_address_withdraws_nothing(person, result, stage):
    person.configure(authserv_id="mx.home.example")
    person.receive(ACKNOWLEDGED, "Brightwater", "Mon, 16 Feb 2026 10:00:00 +0100", message_id="<1@mail.example>")
    withdrawal = ("My application to {employer}", "Dear {employer} team, I withdraw my application.")
    forged = {"in_reply_to": "<1@mail.example>", "Authentication_Results": f"mx.home.example; dmarc={result}"}
    forged |= {"from_": "dana@whitlock.example"}
    person.receive(withdrawal, "Brightwater", "Wed, 18 Feb 2026 10:00:00 +0100", **forged)
    person.unghost("run")
    assert [a["stage"] for a in person.applications()] == [stage]


def test_an_archive_is_read_without_any_account(tmp_path):
    (tmp_path / "mail").mkdir()
    subject, text = (part.format(employer="Brightwater") for part in ACKNOWLEDGED)
    mail = octets_of(subject, text, from_="Brightwater Talent Team <no-reply@us.greenhouse-mail.io>",
                     date="Mon, 02 Feb 2026 10:00:00 +0100")  # fmt: skip
    (tmp_path / "mail" / "1.eml").write_bytes(mail)
    (tmp_path / "mail" / "2.eml").write_bytes(mail)
    environment = {**os.environ, "UNGHOST_DATA": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path)}
    run = [sys.executable, "-P", "-m", "pipeline.cli", "run", "--from", str(tmp_path / "mail"), "--now", MONDAY]
    dry = subprocess.run([*run, "--dry-run"], env=environment, capture_output=True, text=True, check=True)
    assert "Brightwater has gone quiet" in dry.stdout
    assert not (tmp_path / "data").exists()
    wet = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
    assert (wet.stdout, wet.stderr) == ("", "")
    with Ledger(tmp_path / "data" / "ledger.db") as ledger:
        assert ledger.facts.counts()["messages"] == 1


@pytest.mark.parametrize(
    ("account", "code", "words"),
    [
        ({"password_file": "WRONG"}, 77, "refused"),
        ({"port": 1}, 75, "localhost"),
        ({"host": "no-such-host.invalid"}, 75, "no such host"),
        ({"ca_file": None}, 77, "certificate"),
        ({"mailboxes": ["INBOX", "Jbos"]}, 78, "Jbos"),
        ({"user": ""}, 77, ""),
    ],
)
def test_what_fails_is_one_sentence_with_its_exit_code(person, tmp_path, account, code, words):
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-password\n")
    wrong.chmod(0o600)
    person.configure(**{k: str(wrong) if v == "WRONG" else v for k, v in account.items() if v is not None})
    if account.get("ca_file", 0) is None:
        text = person.config.read_text()
        person.config.write_text("\n".join(line for line in text.splitlines() if "ca_file" not in line))
    done = person.unghost("run", code=code)
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("unghost: ")
    assert words in line
    assert "not-the-password" not in line
    assert person.sink.got == [] or "mailboxes" in account  # INBOX was read to its end: that may be told


def test_one_account_that_fails_does_not_keep_the_other_from_being_read(person):
    person.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    person.add_broken_account()
    person.unghost("run", code=75)
    assert len(person.applications()) == 1


def test_nothing_is_said_before_every_mailbox_was_read_once(person):
    person.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    text = person.config.read_text()
    person.add_broken_account()
    person.unghost("run", code=75)
    assert person.sink.got == []
    assert person.applications()[0]["wait"] == "withheld"
    person.config.write_text(text)
    person.unghost("run")
    assert len(person.sink.got) == 1
    assert person.applications()[0]["wait"] == "silent"


def test_an_archive_read_once_withholds_nothing_later(person, tmp_path):
    (tmp_path / "old.eml").write_bytes(octets_of("Your parcel", "Your parcel was delivered to your neighbour today."))
    person.unghost("run", "--from", str(tmp_path / "old.eml"), now="2026-01-01T08:00:00+01:00")
    person.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    person.unghost("run")
    assert person.applications()[0]["wait"] == "silent"


def test_a_copy_to_oneself_is_no_employers_answer(person):
    headers = {"from_": "Dana Whitlock <dana@whitlock.example>", "to": "jobs@nordkammer.example"}
    octets = octets_of("Application for Business Analyst at Nordkammer", "Dear team, my CV is attached.", **headers)
    person.user.deliver(octets)
    person.user.deliver(octets, "Sent")
    person.unghost("run")
    assert [(a["employer"], a["turn"]) for a in person.applications()] == [("Nordkammer", "employer")]


def test_a_refused_digest_is_told_and_its_news_comes_again(person):
    person.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    person.sink.script.append("5xx")
    assert "refused" in person.unghost("run", code=74).stderr
    person.unghost("run", now="2026-03-09T08:05:00+01:00")
    assert b"Brightwater" in person.sink.got[-1]


def test_doctor_proposes_the_name_of_the_provider_that_checks_all_mail(person):
    for day in range(10, 13):
        stamp = f"mx.home.example; dkim=pass header.d=brightwater.example ({day})"
        person.receive(ACKNOWLEDGED, "Brightwater", f"Tue, {day} Feb 2026 10:00:00 +0100", Authentication_Results=stamp)
    assert 'authserv_id = "mx.home.example" would make forged mail known' in person.unghost("doctor").stdout
    person.configure(authserv_id="mx.other.example")
    assert 'none of the newest messages bears "mx.other.example"' in person.unghost("doctor").stdout


def test_doctor_says_what_is_well_and_what_is_not(person):
    person.unghost("run")
    done = person.unghost("doctor")
    assert [line[:4] for line in done.stdout.splitlines()] == ["ok  "] * 4
    person.configure(port=1)
    done = person.unghost("doctor", code=75)
    assert done.stdout.startswith("FAIL  account home")


def test_a_second_run_at_the_same_time_ends_at_once(person):
    from pipeline.ledger.connection import lock

    with lock(person.ledger):
        assert "Another unghost" in person.unghost("run", code=75).stderr
