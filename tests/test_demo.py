"""The demo: a story that holds together, a server that keeps it, and a run that ends in a digest."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import socket
import subprocess
import sys
from datetime import datetime, timedelta
from email.utils import getaddresses, parseaddr
from itertools import pairwise
from zoneinfo import ZoneInfo

import icalendar
import pytest

from pipeline import demo
from pipeline.config import read_settings
from pipeline.demo import run_demo, server as mail_server
from pipeline.demo.month import lines_of, read_month
from pipeline.demo.server import connect, fill, run_server
from pipeline.demo.story import ADDRESS, NOW, TIMEZONE, StoryMessage, read_story
from pipeline.errors import CannotWriteError, NetworkError, SoftwareError, UnavailableError, UsageError
from pipeline.records import Kind, Stage, Turn

BERLIN = ZoneInfo(TIMEZONE)
RELAYS = {
    "applytojob.com",
    "ashbyhq.com",
    "greenhouse-mail.io",
    "hire.lever.co",
    "jobs.personio.de",
    "myworkday.com",
    "otp.workday.com",
    "recruitee-mailbox.com",
    "smartrecruiters.com",
    "teamtailor-mail.com",
    "us.greenhouse-mail.io",
    "workablemail.com",
}


@pytest.fixture(scope="module")
def story():
    return read_story()


@pytest.fixture(scope="module")
def answers(story):
    """The kinds of the messages of each application, in order of date."""
    return {
        application.id: [m.kind for m in story.messages if m.about == application.id]
        for application in story.applications
    }


def parsed(message: StoryMessage):
    return email.message_from_bytes(message.octets, policy=email.policy.default)


def text_of(message: StoryMessage) -> str:
    return f"{message.subject}\n{message.from_}\n{message.to}\n{message.text}\n{message.html.replace('&nbsp;', ' ')}"


# The story


def test_about_sixty_messages_in_three_months(story):
    dates = [message.date for message in story.messages]
    assert 55 <= len(dates) <= 65
    assert dates == sorted(dates)
    assert dates[0] >= datetime(2025, 12, 1, tzinfo=BERLIN)
    assert dates[-1] <= datetime(2026, 3, 2, 8, tzinfo=BERLIN) < NOW


def test_clock_stands_at_a_monday_morning_after_the_digest_is_due():
    assert NOW.utcoffset() == NOW.astimezone(BERLIN).utcoffset()
    assert (NOW.strftime("%A"), NOW.hour) == ("Monday", 8)


def test_dates_carry_the_offset_of_berlin(story):
    assert all(message.date.utcoffset() == message.date.astimezone(BERLIN).utcoffset() for message in story.messages)


def test_every_kind_occurs_but_those_the_story_has_no_use_for(story):
    """There is no offer yet: it is a story about waiting."""
    kinds = {Kind(message.kind) for message in story.messages if message.kind}
    assert set(Kind) - kinds == {Kind.OFFER, Kind.PAUSED, Kind.ACTION_NEEDED}


def test_own_mail_has_no_kind_and_lies_in_sent(story):
    for message in story.messages:
        own = ADDRESS in message.from_
        assert own == (message.mailbox == "Sent") == (not message.kind)
        assert own != (ADDRESS in message.to)


def test_all_addresses_are_invented_or_relays(story):
    """Nobody real is written about: .example everywhere, but for the relays' own domains."""
    for message in story.messages:
        headers = parsed(message)
        fields = [str(headers.get(name, "")) for name in ("From", "To", "Reply-To")]
        domains = {address.rpartition("@")[2] for _, address in getaddresses(fields) if address}
        domains |= set(re.findall(r"@([\w.-]+)", message.message_id + message.ics))
        domains |= set(re.findall(r"https?://([\w.-]+)", message.octets.decode()))
        assert {domain for domain in domains if not domain.endswith(".example")} <= RELAYS, message.message_id


def test_threads_resolve_to_earlier_messages(story):
    seen: set[str] = set()
    for message in story.messages:
        assert message.message_id not in seen
        assert set(message.references) <= seen
        assert message.in_reply_to == (message.references[-1] if message.references else "")
        seen.add(message.message_id)


def test_message_ids_are_dot_atoms(story):
    """RFC 5322 section 3.6.4: what the program threads by must survive any parser."""
    atom = r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    assert all(re.fullmatch(f"<{atom}@{atom}>", message.message_id) for message in story.messages)


def test_octets_are_rfc_5322_and_the_same_every_time(story):
    again = read_story().messages
    for message, other in zip(story.messages, again, strict=True):
        octets = message.octets
        assert octets == other.octets
        assert b"\n" not in octets.replace(b"\r\n", b"")
        assert octets.isascii()
        assert max(map(len, octets.splitlines())) <= 998
        headers = parsed(message)
        assert headers.defects == []
        assert headers["Date"].datetime == message.date
        # Folded before its first word where it is long, as much real mail is.
        assert headers["Subject"].strip() == message.subject
        assert headers["Message-ID"] == message.message_id


def test_truth_is_never_sent(story):
    """The labels are for the tests; no header may give them away to the classifier."""
    names = {name.lower() for message in story.messages for name in parsed(message)}
    assert names & {"kind", "about", "x-kind", "ambiguous"} == set()


def test_hard_forms_occur(story):
    messages = [parsed(message) for message in story.messages]
    assert any(message.get_content_type() == "text/html" for message in messages), "HTML only"
    assert any(b"Subject: =?utf-8?" in m.octets or b" =?utf-8?" in m.octets for m in story.messages), "encoded word"
    assert any("\n> " in m.text for m in story.messages if m.mailbox == "INBOX"), "quoted reply"
    assert any(message["Auto-Submitted"] == "auto-replied" for message in messages), "out of office"
    assert any(message["List-Id"] for message in messages), "list"
    assert any("unfortunately" in m.text for m in story.messages if not m.about), "harmless unfortunately"
    assert any("pleased to offer" in m.text for m in story.messages if not m.about), "harmless offer"
    assert sum(m.ambiguous for m in story.messages) == 1
    assert 3 <= sum("Sehr geehrte" in m.text or "Guten Tag" in m.text for m in story.messages) <= 5, "German"


def test_calendar_parts_agree_with_the_truth(story):
    """The coming interview is on Thursday 5 March at ten, the one that was began on 4 February at two."""
    starts = {}
    for message in story.messages:
        for part in parsed(message).walk():
            if part.get_content_type() == "text/calendar":
                assert part.get_param("method") == "REQUEST"
                content = part.get_content()
                assert "\n" not in content.replace("\r\n", "")
                (event,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
                starts[message.about] = event.start
    (coming,) = [application for application in story.applications if application.interview]
    assert coming.interview == starts[coming.id] == datetime(2026, 3, 5, 10, tzinfo=BERLIN)
    assert starts["tidewick"] == datetime(2026, 2, 4, 14, tzinfo=BERLIN)
    assert len(starts) == 2


def test_every_application_is_told_of_in_its_own_words(story):
    """Employer and role stand in the mail itself, so that the program can find them."""
    for application in story.applications:
        about = [text_of(message) for message in story.messages if message.about == application.id]
        assert any(application.employer.removeprefix("Stadtwerke ") in text for text in about), application.id
        assert any(application.role in text for text in about), application.id


def test_truth_uses_the_words_of_the_records(story):
    for application in story.applications:
        assert Stage(application.stage)
        assert Turn(application.turn)
        assert application.applied <= application.since <= NOW
        assert Stage(application.stage).is_closed <= (application.turn == "nobody")


def test_applications_begin_where_their_first_message_does(story):
    for application in story.applications:
        first = next(message for message in story.messages if message.about == application.id)
        assert first.date == application.applied
        assert first.kind == "acknowledgement" or (first.mailbox == "Sent" and not first.in_reply_to)


def test_kinds_lead_to_the_stage(story, answers):
    stages = {"rejection": "rejected", "position_closed": "position_closed"}
    for application in story.applications:
        ends = [stages[kind] for kind in answers[application.id] if kind in stages]
        assert ends == ([application.stage] if Stage(application.stage).is_closed else []), application.id
        if application.stage in {"interview", "assessment"}:
            assert application.stage in answers[application.id]


def test_waits_are_of_every_length(story):
    waits = sorted((NOW - a.since).days for a in story.applications if a.turn == "employer")
    assert [days for days in waits if days < 15] == [7, 13]
    assert [days for days in waits if 20 <= days <= 34] == [24, 25, 25, 27, 32]
    assert [days for days in waits if days >= 49] == [52, 56]
    assert len(waits) == 9


def test_one_answer_came_very_late(story):
    closed = [a for a in story.applications if a.stage == "rejected"]
    assert [a.id for a in closed if a.since - a.applied > timedelta(days=50)] == ["tallowby"]


def test_a_silent_employer_sends_a_newsletter(story):
    (letter,) = [m for m in story.messages if "Osprey & Lund" in m.from_ and m.kind == "other"]
    (osprey,) = [a for a in story.applications if a.id == "osprey"]
    assert letter.headers["List-Id"]
    assert letter.date > osprey.since
    assert osprey.turn == "employer"


# The server


def test_server_keeps_the_story_as_it_is(story):
    """Octets, INTERNALDATE and mailbox come back, no flag is set, and UIDs rise with the dates."""
    with run_server() as server:
        assert fill(server, story.messages) == len(story.messages)
        with connect(server) as client:
            for mailbox in ("INBOX", "Sent"):
                client.select_folder(mailbox, readonly=True)
                wanted = [message for message in story.messages if message.mailbox == mailbox]
                kept = client.fetch(client.search(), ["BODY.PEEK[]", "INTERNALDATE", "FLAGS"])
                ordered = [kept[uid] for uid in sorted(kept)]
                assert [row[b"BODY[]"] for row in ordered] == [message.octets for message in wanted]
                assert [row[b"INTERNALDATE"] for row in ordered] == [message.date for message in wanted]
                assert {row[b"FLAGS"] for row in ordered} == {()}
                assert all(earlier < later for earlier, later in pairwise(sorted(kept)))


def test_server_listens_on_loopback_only_and_is_gone_afterwards():
    with run_server() as server:
        assert server.imap_port != server.smtp_port
        with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
            socket.create_connection(("127.0.0.2", server.imap_port), timeout=2)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.imap_port), timeout=2)


def test_server_stops_when_the_block_fails():
    with pytest.raises(ZeroDivisionError), run_server() as server:
        raise ZeroDivisionError
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.imap_port), timeout=2)


def test_server_refuses_another_password():
    with run_server() as server:
        wrong = mail_server.MailServer(server.imap_port, server.smtp_port, server.user, "wrong")
        with pytest.raises(NetworkError, match="AUTHENTICATIONFAILED"), connect(wrong):
            pass


def test_server_that_cannot_start_says_why(monkeypatch):
    """A taken port is tried again with others; three failures are told in the server's own last line."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(mail_server, "_free_ports", lambda: (port, port))
        with pytest.raises(NetworkError, match=r"did not start \(.*in use"), run_server():
            pass


def test_without_mail_devel_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(mail_server, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match=r"pipx inject unghost .unghost\[demo\]"), run_server():
        pass


# The demo, with a stand-in for the command line

STAND_IN = """
import os, smtplib, sys
from email.message import EmailMessage
from pathlib import Path
from pipeline.config import data_directory, read_settings

assert sys.argv[1] == "--config" and sys.argv[3:] == ["run", "--now", "2026-03-02T08:05:00+01:00"], sys.argv
settings = read_settings(Path(sys.argv[2]))
assert settings.ledger.path == data_directory() / "ledger.db"
{before}
if not settings.ledger.path.exists():
    message = EmailMessage()
    message["From"] = message["To"] = settings.digest_to[0]
    message["Subject"] = "Your week: grüße"
    message["X-Unghost-Digest"] = "2026-W10"
    message.set_content("Nobody answered: schön.\\n")
    message.add_alternative("<p>Nobody answered: schön.</p>\\n", subtype="html")
    with smtplib.SMTP(settings.smtp.host, settings.smtp.port) as smtp:
        smtp.login(settings.smtp.user, os.environ[settings.smtp.password_env])
        smtp.send_message(message)
    {after}
"""
TOUCH = "settings.ledger.path.touch()"


@pytest.fixture
def stand_in(tmp_path):
    """A command that does what ``unghost run`` promises, without its insight."""

    def write(before: str = "", after: str = TOUCH) -> list[str]:
        script = tmp_path / "stand_in.py"
        script.write_text(STAND_IN.format(before=before, after=after), encoding="utf-8")
        return [sys.executable, "-P", str(script)]

    return write


def test_demo_fetches_the_digest_back_and_leaves_it_to_look_at(tmp_path, stand_in):
    said: list[str] = []
    result = run_demo(tmp_path / "demo's place", say=said.append, cli=stand_in(), month=())
    assert result.subject == "Your week: grüße"
    assert result.text == result.digest_text.read_text(encoding="utf-8") == "Nobody answered: schön.\n"
    assert result.digest_html.read_text(encoding="utf-8") == "<p>Nobody answered: schön.</p>\n"
    assert result.n_messages == len(read_story().messages)
    assert result.n_marked_seen == 0
    assert result.printed == ("", "")
    assert read_settings(result.config).ledger.path == result.ledger
    assert len(said) == 4
    assert not list(result.directory.glob("*.new"))


def test_demo_can_be_given_again_in_the_same_place(tmp_path, stand_in):
    """What the first one left would say that this week's digest has been sent: it is cleared away."""
    for _ in range(2):
        result = run_demo(tmp_path / "demo", say=lambda _: None, cli=stand_in(), month=())
    assert result.text


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("sys.exit('no model')", TOUCH, "exit code 1:\nno model"),
        ("settings.ledger.path.touch()", TOUCH, "found 0"),
        ("", "pass", "found 2"),
    ],
    ids=["the run fails", "no digest", "a digest twice"],
)
def test_demo_fails_in_one_sentence(tmp_path, stand_in, before, after, sentence):
    with pytest.raises(SoftwareError, match=sentence):
        run_demo(tmp_path / "demo", say=lambda _: None, cli=stand_in(before, after), month=())


def test_demo_does_not_wait_for_ever(tmp_path, stand_in, monkeypatch):
    monkeypatch.setattr(demo, "RUN_SECONDS", 0.5)
    with pytest.raises(SoftwareError, match="did not end"):
        run_demo(tmp_path / "demo", say=lambda _: None, cli=stand_in("import time; time.sleep(60)"))


@pytest.mark.parametrize("name", ["ledger.db", "config.toml"])
def test_demo_never_touches_somebodys_own_ledger(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match="name another with --directory"):
        run_demo(tmp_path, say=lambda _: None)
    assert (tmp_path / name).read_text() == "mine"


def test_demo_in_an_impossible_place(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotWriteError, match="cannot write into"):
        run_demo(tmp_path / "file" / "demo", say=lambda _: None)


# The whole demo, with the real command line


def test_whole_demo_calls_every_late_employer_late_or_says_why_it_cannot_tell(tmp_path, story):
    result = run_demo(tmp_path / "demo", say=lambda _: None, month=())
    assert result.n_marked_seen == 0
    assert result.printed[1] == ""
    assert (result.weeks, result.now) == ((), NOW)
    waits = waits_of(result)
    for application in story.applications:
        if application.turn == "employer" and NOW - application.since >= timedelta(days=21):
            assert waits[application.employer] in {"overdue", "silent", "withheld"}, application.employer
    assert waits["Osprey & Lund"] == "silent"
    assert "Stellenwarte" not in result.text
    assert "Junipermill invites you to an interview" in result.text
    assert "Tallowby Rail said no" in result.text


def test_the_months_answers_are_obeyed_and_told_week_by_week(tmp_path):
    result = run_demo(tmp_path / "demo", say=lambda _: None)
    second, third, fourth = (" ".join(week.split()) for week in result.weeks)
    assert second.startswith("Tuesday 3 March, she answers: 4 draft")
    assert "(Osprey & Lund, Senior Data Analyst) lies in Drafts without an addressee" in second
    assert "(Tidewick Health, Data Quality Lead) lies in Drafts, addressed to jonas.rehn@tidewick.example." in second
    assert "(Ambersand Analytics) is closed, by your wish." in third
    assert "(Nordkammer) is left alone for 14 days." in third
    assert "(Veldermark Mobility) is accepted: congratulations." in fourth
    assert result.n_drafts == 2
    assert result.n_marked_seen == 0
    assert result.now.isoformat() == "2026-03-23T08:05:00+01:00"


def test_the_month_is_in_order_and_its_addresses_are_invented_or_relays(story):
    weeks = read_month()
    assert weeks[0].answered > NOW
    known = {message.message_id for message in story.messages}
    for week, after in pairwise([*weeks, None]):
        assert all(message.date < week.monday for message in week.messages)
        assert week.answered < week.monday
        assert after is None or week.monday < after.answered
        for message in week.messages:
            assert message.message_id not in known
            assert not message.in_reply_to or message.in_reply_to in known
            assert {parseaddr(message.from_)[1].rpartition("@")[2]} <= RELAYS


def test_a_line_about_what_no_digest_tells_is_a_mistake_of_ours():
    [week, *_] = read_month()
    with pytest.raises(SoftwareError, match="do not tell of Osprey & Lund"):
        lines_of(week, "[4]   Somebody else, Analyst")


def waits_of(result):
    """What `unghost list` calls each wait at the demo's time."""
    command = [sys.executable, "-P", "-m", "pipeline.cli", "--config", str(result.config), "list", "--json"]
    environment = {**os.environ, "UNGHOST_DATA": str(result.directory)}
    done = subprocess.run(
        [*command, "--now", NOW.isoformat()], env=environment, capture_output=True, text=True, check=True
    )
    return {row["employer"]: row["wait"] for row in json.loads(done.stdout)}
