"""Delivery: each letter at most once, to the user alone, and never lost in silence."""

from __future__ import annotations

import ast
import re
import stat
from dataclasses import replace
from email import message_from_bytes
from email.utils import getaddresses
from pathlib import Path

import pytest
from factories import ENGLISH, NEXT_STEPS, NOW, WORDING
from faultproxy import fault_proxy
from hypothesis import given, settings as hypothesis_settings, strategies as st
from pydantic import ValidationError
from test_digest import HOSTILE, digest_of, waiting

import pipeline
from pipeline.config import Settings, is_address
from pipeline.deliver import (
    Envelope,
    Way,
    is_in_directory,
    post,
    put_in_directory,
    resend,
    send_by_sendmail,
    send_by_smtp,
)
from pipeline.deliver.way import hand_in, problem_of
from pipeline.digest.render import render
from pipeline.digest.wording import Wording
from pipeline.errors import (
    CannotWriteError,
    CertificateError,
    ConfigError,
    DeliveryError,
    LoginError,
    NetworkError,
    RefusedError,
)
from pipeline.ledger import Ledger
from pipeline.records import Draft, Letter, Sending

ME = "me@home.example"
ENVELOPE = Envelope(ME, (ME,))
MESSAGE_ID = "<2026-03-02.1@digest.unghost.localhost>"
OCTETS = (
    f"From: unghost <{ME}>\r\nTo: {ME}\r\nSubject: hello\r\nMessage-ID: {MESSAGE_ID}\r\n\r\n"
    ".a line that begins with a dot\r\n"
).encode()
LETTER = Letter(1, "2026-03-02", MESSAGE_ID, OCTETS, Sending.NEW)


@pytest.fixture
def outbox(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.outbox.put("2026-03-02", Draft(MESSAGE_ID, OCTETS, frozenset({("a", "silent")})), NOW)
        yield ledger.outbox


def states(outbox):
    return [row["state"] for row in outbox._db.query("SELECT state FROM digests")]


def attempts(outbox):
    return [row["attempts"] for row in outbox._db.query("SELECT attempts FROM digests")]


def nowhere(_letter):
    """A mailbox that proves nothing: a letter may be on its way there."""


def by_smtp(sink, look=nowhere, **settings):
    server = sink.settings(**settings)
    return Way(lambda *letter: send_by_smtp(server, *letter), look)


def lines_of(octets):
    return octets.replace(b"\r\n", b"\n")


# --- SMTP -----------------------------------------------------------------------------------------


def test_a_letter_arrives_octet_for_octet_at_its_one_recipient(outbox, smtp_sink):
    assert post(outbox, by_smtp(smtp_sink), ENVELOPE, NOW) == []
    assert states(outbox) == [Sending.SENT]
    assert [lines_of(mail) for mail in smtp_sink.got] == [lines_of(OCTETS)]
    assert smtp_sink.envelopes == [(ME, [ME])]
    assert post(outbox, by_smtp(smtp_sink), ENVELOPE, NOW) == []
    assert len(smtp_sink.got) == 1


@pytest.mark.parametrize(
    ("step", "state", "failure", "n_arrived"),
    [
        ("4xx", Sending.NEW, NetworkError, 0),
        ("5xx", Sending.FAILED, DeliveryError, 0),
        ("drop", Sending.UNKNOWN, DeliveryError, 0),
        ("accept-then-drop", Sending.UNKNOWN, DeliveryError, 1),
    ],
)
def test_each_end_of_a_conversation_has_its_state(outbox, smtp_sink, step, state, failure, n_arrived):
    smtp_sink.script.append(step)
    [found] = post(outbox, by_smtp(smtp_sink), ENVELOPE, NOW)
    assert isinstance(found, failure)
    assert states(outbox) == [state]
    assert len(smtp_sink.got) == n_arrived


# What goes wrong on the wire: a fault of the proxy, or an answer of the server to one command; the
# state it leaves, how many letters there are then, and how many after a second run without it.
FAULTS = {
    "421 in place of a greeting": (r"1@once:220 [^\r]*:421 4.3.2 closing down", {}, Sending.NEW, 0, 1),
    "refused connection": ("1@refuse", {}, Sending.NEW, 0, 1),
    "no greeting": ("1@silent", {}, Sending.NEW, 0, 1),
    "a greeting that never ends": ("1@slow:2", {}, Sending.NEW, 0, 1),
    "4xx at AUTH": (r"1@sub:(235|503) [^\r]*:454 4.7.0 Temporary authentication failure", {}, Sending.NEW, 0, 1),
    "4xx at MAIL": ("", {"MAIL": "451 4.3.0 later"}, Sending.NEW, 0, 1),
    "5xx at MAIL": ("", {"MAIL": "550 5.7.1 no"}, Sending.FAILED, 0, 0),
    "greylisting at RCPT": ("", {"RCPT": "450 4.7.1 greylisted, come again"}, Sending.NEW, 0, 1),
    "5xx at RCPT": ("", {"RCPT": "550 5.1.1 no such user"}, Sending.FAILED, 0, 0),
    "4xx at DATA": (r"1@once:354[^\r]*:451 4.3.0 later", {}, Sending.NEW, 0, 1),
    "5xx at DATA": (r"1@once:354[^\r]*:554 5.5.1 no valid recipients", {}, Sending.FAILED, 0, 0),
    "nonsense at DATA": (r"1@once:354[^\r]*:hello", {}, Sending.NEW, 0, 1),
    "lost after the dot, before the answer": (r"1@c2sdrop:\r\n\.\r\n", {}, Sending.UNKNOWN, 1, 1),
    "stalled answer": (r"1@stallon:354[^\r]*\r\n:0", {}, Sending.UNKNOWN, 1, 1),
    "nonsense after the dot": (r"1@once:250 2.0.0[^\r]*:hello", {}, Sending.UNKNOWN, 1, 1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_of_the_server_leaves_one_letter_or_a_word_about_it(outbox, smtp_sink, name):
    fault, refusals, state, n_then, n_later = FAULTS[name]
    smtp_sink.refusals |= refusals
    pair = smtp_sink.certificates.pair()
    with fault_proxy(smtp_sink.plain_port, *filter(None, [fault]), tls=pair) as proxy:
        way = by_smtp(smtp_sink, security="tls", port=proxy.port, timeout=0.7)
        [failure] = post(outbox, way, ENVELOPE, NOW)
        assert states(outbox) == [state], str(failure)
        assert isinstance(failure, NetworkError if state is Sending.NEW else DeliveryError)
        assert len(smtp_sink.got) == n_then
        assert post(outbox, way, ENVELOPE, NOW) == []
    assert len(smtp_sink.got) == n_later
    assert states(outbox) == [Sending.SENT if state is Sending.NEW else state]


def test_a_letter_lost_on_its_way_is_sent_again_or_told_of(outbox, smtp_sink):
    """The reset may be heard of before the last dot has left, or after it: only then nobody can say."""
    with fault_proxy(smtp_sink.plain_port, "1@c2srston:Subject:3", tls=smtp_sink.certificates.pair()) as proxy:
        way = by_smtp(smtp_sink, security="tls", port=proxy.port)
        [failure] = post(outbox, way, ENVELOPE, NOW)
        [state] = states(outbox)
        assert state in {Sending.NEW, Sending.UNKNOWN}
        assert ("not sent twice" in str(failure)) == (state == Sending.UNKNOWN)
        assert smtp_sink.got == []
        assert post(outbox, way, ENVELOPE, NOW) == []
    assert len(smtp_sink.got) == (state == Sending.NEW)


def test_where_one_of_two_recipients_is_refused_nobody_gets_it(outbox, smtp_sink):
    both = Envelope(ME, (ME, "other@home.example"))
    octets = OCTETS.replace(f"To: {ME}".encode(), f"To: {ME}, other@home.example".encode())
    outbox._db.execute("UPDATE digests SET octets = ?", [octets])
    smtp_sink.refusals["other@home.example"] = "450 4.2.2 mailbox full"
    [failure] = post(outbox, by_smtp(smtp_sink), both, NOW)
    assert "mailbox full" in str(failure)
    assert smtp_sink.got == []
    assert post(outbox, by_smtp(smtp_sink), both, NOW) == []
    assert smtp_sink.envelopes == [(ME, [ME, "other@home.example"])]


def test_what_was_not_taken_is_sent_at_the_next_run_with_the_same_octets(outbox, smtp_sink):
    smtp_sink.script.append("4xx")
    post(outbox, by_smtp(smtp_sink), ENVELOPE, NOW)
    assert post(outbox, by_smtp(smtp_sink), ENVELOPE, NOW) == []
    assert [lines_of(mail) for mail in smtp_sink.got] == [lines_of(OCTETS)]
    assert attempts(outbox) == [2]


def test_an_unknown_letter_that_turns_up_was_sent(outbox, smtp_sink):
    smtp_sink.script.append("accept-then-drop")
    asked = []
    way = by_smtp(smtp_sink, lambda letter: asked.append(letter.rfc_message_id) or True)
    assert post(outbox, way, ENVELOPE, NOW) == []
    assert asked == [MESSAGE_ID]
    assert states(outbox) == [Sending.SENT]


def test_a_letter_found_half_sent_is_not_sent_again(outbox, smtp_sink):
    outbox.mark(1, Sending.SENDING, NOW)  # and then the power failed
    [found] = post(outbox, by_smtp(smtp_sink), ENVELOPE, NOW)
    assert "not sent twice" in str(found)
    assert "--resend 1" in str(found)
    assert smtp_sink.got == []
    assert post(outbox, by_smtp(smtp_sink), ENVELOPE, NOW) == []
    assert outbox.said() == set()
    assert post(outbox, by_smtp(smtp_sink, lambda _: True), ENVELOPE, NOW) == []
    assert states(outbox) == [Sending.SENT]


@pytest.mark.parametrize("state", [Sending.SENDING, Sending.UNKNOWN])
def test_where_it_certainly_did_not_arrive_it_is_sent_again(outbox, smtp_sink, state):
    outbox.mark(1, state, NOW)
    assert post(outbox, by_smtp(smtp_sink, lambda _: False), ENVELOPE, NOW) == []
    assert states(outbox) == [Sending.SENT]
    assert len(smtp_sink.got) == 1


def test_a_letter_is_being_sent_only_when_the_server_may_keep_it(outbox):
    """Killed while it asks for the password, it is still new and goes out at the next run."""

    def killed(*_letter):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        post(outbox, Way(killed, nowhere), ENVELOPE, NOW)
    assert states(outbox) == [Sending.NEW]


def test_a_newer_letter_takes_the_place_of_one_never_taken(outbox, smtp_sink):
    outbox.withdraw_unsent(NOW)
    assert outbox.unfinished() == []
    assert outbox.said() == set()


def test_a_refused_letter_has_said_nothing(outbox, smtp_sink):
    smtp_sink.script.append("5xx")
    post(outbox, by_smtp(smtp_sink), ENVELOPE, NOW)
    assert outbox.said() == set()


@pytest.mark.parametrize(
    ("settings", "failure"),
    [
        ({"password_env": "WRONG_PASSWORD", "password_file": None}, LoginError),
        ({"ca_file": None}, CertificateError),
        ({"port": 1}, NetworkError),
        ({"host": "no-such-host.invalid"}, NetworkError),
    ],
)
def test_a_server_that_cannot_be_used_leaves_the_letter_new(outbox, smtp_sink, monkeypatch, settings, failure):
    monkeypatch.setenv("WRONG_PASSWORD", "not-the-password")
    [found] = post(outbox, by_smtp(smtp_sink, **settings), ENVELOPE, NOW)
    assert isinstance(found, failure), found
    assert "not-the-password" not in str(found)
    assert states(outbox) == [Sending.NEW]


def test_an_address_cannot_smuggle_a_command(smtp_sink):
    for address in ("me@home.example>\r\nRCPT TO:<x@evil.example", "me@home.example\0", "mé@home.example"):
        envelope = Envelope(ME, (address,))
        assert hand_in(by_smtp(smtp_sink), envelope, LETTER, print)[0] is Sending.FAILED
        if not address.isprintable():
            with pytest.raises(ConfigError):
                send_by_smtp(smtp_sink.settings(), envelope, LETTER, print)
    assert smtp_sink.got == []


def test_starttls_taken_away_means_no_password(smtp_sink):
    """Between us and the server somebody removes STARTTLS from the greeting."""
    with fault_proxy(smtp_sink.port, r"strip:250.STARTTLS\r\n") as proxy:
        server = smtp_sink.settings(port=proxy.port)
        with pytest.raises(RefusedError, match="password was not sent"):
            send_by_smtp(server, ENVELOPE, LETTER, print)
        assert b"AUTH" not in proxy.heard.upper()
    assert smtp_sink.got == []


# --- once more, on purpose ------------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in Sending if state is not Sending.SKIPPED])
def test_a_letter_is_sent_again_on_purpose_just_as_it_was(outbox, smtp_sink, state):
    outbox.mark(1, state, NOW)
    before = attempts(outbox)[0]
    assert resend(outbox, outbox.find(1), by_smtp(smtp_sink), ENVELOPE, NOW) is None
    assert states(outbox) == [Sending.SENT]
    assert attempts(outbox) == [before + 1]
    assert [lines_of(mail) for mail in smtp_sink.got] == [lines_of(OCTETS)]


@pytest.mark.parametrize(
    ("before", "step", "after"),
    [
        (Sending.SENT, "5xx", Sending.SENT),
        (Sending.SENT, "drop", Sending.SENT),
        (Sending.FAILED, "4xx", Sending.FAILED),
        (Sending.FAILED, "drop", Sending.UNKNOWN),
        (Sending.UNKNOWN, "5xx", Sending.UNKNOWN),
    ],
)
def test_what_is_not_taken_again_is_told_and_not_tried_again(outbox, smtp_sink, before, step, after):
    outbox.mark(1, before, NOW)
    smtp_sink.script.append(step)
    assert isinstance(resend(outbox, outbox.find(1), by_smtp(smtp_sink), ENVELOPE, NOW), DeliveryError)
    assert states(outbox) == [after]
    assert post(outbox, by_smtp(smtp_sink), ENVELOPE, NOW) == []
    assert smtp_sink.got == []


# --- sendmail -------------------------------------------------------------------------------------


@pytest.fixture
def sendmail(tmp_path):
    """A sendmail that keeps its arguments and what it reads, then ends as it is told."""

    def make(ending="exit 0"):
        program = tmp_path / "sendmail"
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/arguments\ncat > {tmp_path}/letter\n{ending}\n'
        )
        program.chmod(0o700)
        return program

    return make


def by_sendmail(program, **options):
    return Way(lambda *letter: send_by_sendmail(program, *letter, **options), nowhere)


def test_sendmail_is_given_the_letter_without_a_shell(outbox, sendmail, tmp_path):
    assert post(outbox, by_sendmail(sendmail()), ENVELOPE, NOW) == []
    assert states(outbox) == [Sending.SENT]
    assert (tmp_path / "arguments").read_text().split("\n") == ["-i", "-f", ME, ME, ""]
    assert (tmp_path / "letter").read_bytes() == lines_of(OCTETS)


@pytest.mark.parametrize(
    ("ending", "state", "failure"),
    [
        ("echo queue full >&2; exit 75", Sending.NEW, NetworkError),
        ("echo no such user >&2; exit 67", Sending.FAILED, DeliveryError),
        ("exit 1", Sending.FAILED, DeliveryError),
        ("kill -9 $$", Sending.UNKNOWN, DeliveryError),
        ("sleep 60", Sending.UNKNOWN, DeliveryError),
    ],
)
def test_the_status_of_sendmail_says_what_became_of_the_letter(outbox, sendmail, ending, state, failure):
    [found] = post(outbox, by_sendmail(sendmail(ending), seconds=2), ENVELOPE, NOW)
    assert isinstance(found, failure)
    assert states(outbox) == [state]
    assert post(outbox, by_sendmail(sendmail()), ENVELOPE, NOW) == []
    assert states(outbox) == [Sending.SENT if state is Sending.NEW else state]


def test_a_sendmail_that_is_not_there_leaves_the_letter_new(outbox, tmp_path):
    [failure] = post(outbox, by_sendmail(tmp_path / "none"), ENVELOPE, NOW)
    assert isinstance(failure, ConfigError)
    assert states(outbox) == [Sending.NEW]


def test_no_address_is_an_option_of_sendmail(sendmail, tmp_path):
    with pytest.raises(ConfigError, match="option"):
        send_by_sendmail(sendmail(), Envelope(ME, ("-oQ/tmp@home.example",)), LETTER, print)
    assert not (tmp_path / "arguments").exists()


# --- a directory ----------------------------------------------------------------------------------


def in_directory(directory):
    return Way(lambda *letter: put_in_directory(directory, *letter), lambda each: is_in_directory(directory, each))


def test_a_letter_becomes_a_file_that_only_the_user_can_read(outbox, tmp_path):
    assert post(outbox, in_directory(tmp_path / "a" / "digests"), ENVELOPE, NOW) == []
    assert states(outbox) == [Sending.SENT]
    [file] = (tmp_path / "a" / "digests").iterdir()
    assert re.fullmatch(r"2026-03-02\.[0-9a-f]{24}\.eml", file.name)
    assert file.read_bytes() == OCTETS
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_into_a_maildir_it_is_delivered_as_new_mail(outbox, tmp_path):
    for name in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / name).mkdir(parents=True)
    assert post(outbox, in_directory(tmp_path / "Maildir"), ENVELOPE, NOW) == []
    [file] = (tmp_path / "Maildir" / "new").iterdir()
    assert file.read_bytes() == lines_of(OCTETS)
    assert list((tmp_path / "Maildir" / "tmp").iterdir()) == []
    file.rename(tmp_path / "Maildir" / "cur" / f"{file.name}:2,S")
    assert is_in_directory(tmp_path / "Maildir", LETTER)
    assert not is_in_directory(tmp_path / "Maildir", replace(LETTER, rfc_message_id="<2@digest.unghost.localhost>"))


def test_a_directory_that_cannot_be_written_leaves_the_letter_new(outbox, tmp_path):
    (tmp_path / "file").write_text("")
    [failure] = post(outbox, in_directory(tmp_path / "file"), ENVELOPE, NOW)
    assert isinstance(failure, CannotWriteError)
    assert states(outbox) == [Sending.NEW]


def test_no_link_that_lies_in_wait_is_written_through(outbox, tmp_path):
    directory = tmp_path / "digests"
    post(outbox, in_directory(directory), ENVELOPE, NOW)
    [file] = directory.iterdir()
    file.unlink()
    (directory / f".{file.stem}.part").symlink_to(tmp_path / "victim")
    outbox.mark(1, Sending.NEW, NOW)
    assert post(outbox, in_directory(directory), ENVELOPE, NOW) == []
    assert not (tmp_path / "victim").exists()


# --- to nobody else -------------------------------------------------------------------------------

EVIL = "hr@employer.example"
_fields = st.sampled_from(
    ["To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc", "From", "Reply-To", "Sender", "Apparently-To",
     "Disposition-Notification-To", "Return-Receipt-To", "Errors-To", "Return-Path", "X-Envelope-To", "Subject"]
)  # fmt: skip
_values = st.lists(
    st.sampled_from(
        [ME, EVIL, f"me <{EVIL}>", f"{ME}@employer.example", ",", ";", "\r\n", "\n", "\r", "\0", " ", "\t", "Bcc: ",
         "me:", '"', "(", ")", "<", ">", "=?utf-8?q?me?=", "\u202e", f"\r\nBcc: {EVIL}", f"\nCc: {EVIL}"]
    ),
    max_size=4,
).map("".join)  # fmt: skip


def named(octets):
    """Every address another reader of mail finds in a field somebody may deliver by or answer to."""
    letter = message_from_bytes(octets)
    fields = [name for name in letter if name.lower() not in {"subject", "message-id", "list-id", "references"}]
    return {address for _, address in getaddresses([str(letter[name]) for name in fields]) if "@" in address}


@hypothesis_settings(deadline=None)  # the machine may be busy
@given(field=_fields, value=_values, first=st.booleans())
def test_a_letter_that_names_anybody_else_is_given_to_nobody(field, value, first):
    carried = []
    added = f"{field}: {value}\r\n".encode()
    octets = added + OCTETS if first else OCTETS.replace(b"Message-ID", added + b"Message-ID", 1)
    letter = Letter(1, "p", MESSAGE_ID, octets, Sending.NEW)
    way = Way(lambda envelope, letter, _: carried.append((envelope, letter)) or (Sending.SENT, ""), nowhere)
    state, _ = hand_in(way, ENVELOPE, letter, print)
    assert (state is Sending.FAILED) == (not carried)
    for envelope, taken in carried:
        assert envelope.recipients == (ME,)
        assert named(taken.octets) <= {ME}
        assert b"\n" not in taken.octets.replace(b"\r\n", b"")


@hypothesis_settings(deadline=None)  # the machine may be busy
@given(recipients=st.lists(st.sampled_from([ME, EVIL, "", f"{ME}\r\nBcc: {EVIL}", f"{ME},{EVIL}", "me"]), max_size=3))
def test_only_an_envelope_of_those_the_letter_is_addressed_to_passes(recipients):
    assert (problem_of(OCTETS, Envelope(ME, tuple(recipients))) == "") == (recipients == [ME])


@hypothesis_settings(deadline=None)  # the machine may be busy
@given(to=st.text(st.characters(codec="utf-8"), max_size=20).map(lambda t: f"me{t}@home.example") | _values)
def test_no_setting_makes_a_letter_that_goes_elsewhere(to):
    try:
        settings = Settings.model_validate({"me": {"addresses": [ME]}, "digest": {"to": to}})
    except ValidationError:
        return
    assert is_address(settings.digest_to[0])
    wording = Wording(ME, settings.digest_to, WORDING.zone, NEXT_STEPS, ENGLISH)
    draft = render(digest_of(), wording, "2026-03-02")
    assert problem_of(draft.octets, Envelope(ME, settings.digest_to)) == ""
    assert named(draft.octets) <= {ME, *settings.digest_to}


def test_nothing_in_the_mail_makes_a_letter_that_goes_elsewhere():
    draft = render(digest_of(waiting(25, employer=HOSTILE, role=HOSTILE)), WORDING, "2026-03-02")
    assert problem_of(draft.octets, Envelope(WORDING.sender, WORDING.recipients)) == ""
    assert named(draft.octets) <= {WORDING.sender, *WORDING.recipients}


def test_one_function_hands_letters_over_and_only_inbox_and_drafts_are_added_to():
    root = Path(pipeline.__file__).parent
    modules = {path.relative_to(root).as_posix(): ast.parse(path.read_text()) for path in root.rglob("*.py")}
    calls = [(name, node) for name, tree in modules.items() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    appending = {
        (name, ast.unparse(call.args[0]))
        for name, call in calls
        if _called(call) == "client.append" and not name.startswith("demo/")
    }
    assert appending == {("fetch/inbox.py", "'INBOX'"), ("fetch/drafts.py", "mailbox")}
    sending = [(name, _called(call)) for name, call in calls if _called(call).endswith("way.send")]
    assert sending == [("deliver/way.py", "way.send")]


def _called(call):
    return ast.unparse(call.func)
