"""Delivery: each letter at most once, to the user alone, and never lost in silence."""

from __future__ import annotations

import pytest
from factories import NOW
from faultproxy import fault_proxy

from pipeline.deliver import post, send_by_smtp
from pipeline.errors import CertificateError, ConfigError, DeliveryError, LoginError, NetworkError, RefusedError
from pipeline.ledger import Ledger
from pipeline.records import Draft, Sending

OCTETS = b"From: unghost <me@home.example>\r\nSubject: hello\r\n\r\n.a line that begins with a dot\r\n"


@pytest.fixture
def outbox(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.outbox.put("2026-03-02", Draft("<1@unghost.localhost>", OCTETS, frozenset({("a", "silent")})), NOW)
        yield ledger.outbox


def states(outbox):
    return [row["state"] for row in outbox._db.query("SELECT state FROM digests")]


def by_smtp(sink, **settings):
    address = "me@home.example"
    return lambda octets, before: send_by_smtp(sink.settings(**settings), address, address, octets, before)


def nowhere(_message_id):
    return False


def test_a_letter_arrives_octet_for_octet_at_its_one_recipient(outbox, smtp_sink):
    assert post(outbox, by_smtp(smtp_sink), nowhere, NOW) == []
    assert states(outbox) == [Sending.SENT]
    assert [mail.replace(b"\r\n", b"\n") for mail in smtp_sink.got] == [OCTETS.replace(b"\r\n", b"\n")]
    assert post(outbox, by_smtp(smtp_sink), nowhere, NOW) == []
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
    [found] = post(outbox, by_smtp(smtp_sink), nowhere, NOW)
    assert isinstance(found, failure)
    assert states(outbox) == [state]
    assert len(smtp_sink.got) == n_arrived


def test_a_server_that_says_nothing_after_the_last_dot_leaves_it_unknown(outbox, smtp_sink):
    smtp_sink.script.append("hang")
    [found] = post(outbox, by_smtp(smtp_sink, timeout=0.5), nowhere, NOW)
    assert isinstance(found, DeliveryError)
    assert states(outbox) == [Sending.UNKNOWN]


def test_what_was_not_taken_is_sent_at_the_next_run_with_the_same_octets(outbox, smtp_sink):
    smtp_sink.script.append("4xx")
    post(outbox, by_smtp(smtp_sink), nowhere, NOW)
    assert post(outbox, by_smtp(smtp_sink), nowhere, NOW) == []
    assert len(smtp_sink.got) == 1


def test_an_unknown_letter_that_turns_up_was_sent(outbox, smtp_sink):
    smtp_sink.script.append("accept-then-drop")
    asked = []
    assert post(outbox, by_smtp(smtp_sink), lambda message_id: asked.append(message_id) or True, NOW) == []
    assert asked == ["<1@unghost.localhost>"]
    assert states(outbox) == [Sending.SENT]


def test_a_letter_found_half_sent_is_not_sent_again(outbox, smtp_sink):
    [letter] = outbox.unfinished()
    outbox.mark(letter.digest_id, Sending.SENDING, NOW)  # and then the power failed
    [found] = post(outbox, by_smtp(smtp_sink), nowhere, NOW)
    assert "not sent twice" in str(found)
    assert smtp_sink.got == []
    assert post(outbox, by_smtp(smtp_sink), nowhere, NOW) == []
    assert outbox.said() == set()
    assert post(outbox, by_smtp(smtp_sink), lambda _: True, NOW) == []
    assert states(outbox) == [Sending.SENT]


def test_a_letter_is_being_sent_only_when_the_server_may_keep_it(outbox, smtp_sink):
    """Killed while it asks for the password, it is still new and goes out at the next run."""

    def killed(_octets, _before):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        post(outbox, killed, nowhere, NOW)
    assert states(outbox) == [Sending.NEW]


def test_a_newer_letter_takes_the_place_of_one_never_taken(outbox, smtp_sink):
    outbox.withdraw_unsent(NOW)
    assert outbox.unfinished() == []
    assert outbox.said() == set()


def test_a_refused_letter_has_said_nothing(outbox, smtp_sink):
    smtp_sink.script.append("5xx")
    post(outbox, by_smtp(smtp_sink), nowhere, NOW)
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
    [found] = post(outbox, by_smtp(smtp_sink, **settings), nowhere, NOW)
    assert isinstance(found, failure), found
    assert "not-the-password" not in str(found)
    assert states(outbox) == [Sending.NEW]


def test_an_address_cannot_smuggle_a_command(smtp_sink):
    with pytest.raises(ConfigError):
        send_by_smtp(
            smtp_sink.settings(), "me@home.example", "me@home.example>\r\nRCPT TO:<x@evil.example", OCTETS, print
        )
    assert smtp_sink.got == []


def test_starttls_taken_away_means_no_password(smtp_sink):
    """Between us and the server somebody removes STARTTLS from the greeting."""
    with fault_proxy(smtp_sink.port, r"strip:250.STARTTLS\r\n") as proxy:
        server = smtp_sink.settings(port=proxy.port)
        with pytest.raises(RefusedError, match="password was not sent"):
            send_by_smtp(server, "me@home.example", "me@home.example", OCTETS, print)
        assert b"AUTH" not in proxy.heard.upper()
    assert smtp_sink.got == []
