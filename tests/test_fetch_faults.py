"""ImapAccount behind a proxy that breaks the conversation: each ends in time, and loses and doubles nothing."""

from __future__ import annotations

import random
import time

import pytest
from faultproxy import fault_proxy

from pipeline.errors import DeadlineError, LoginError, NetworkError, RefusedError
from pipeline.fetch import ImapAccount
from pipeline.fetch.messages import REFUSED_IN_A_ROW

N = 60
# The octets of a body come after this in the server's answer.
LITERAL = r"BODY\[\] \{\d+\}\r\n"


def a_message(number):
    return (f"From: a@acme.example\r\nSubject: canary {number}\r\n\r\n" + "canary text\r\n" * 300).encode()


@pytest.fixture(scope="module")
def user(dovecot):
    """A mail user with N messages of 4 kB, for tests that change nothing."""
    made = dovecot.new_user()
    for number in range(N):
        made.deliver(a_message(number))
    made.flags()
    return made


def read(user, proxy, seconds=20, **settings):
    """All messages of INBOX as one list."""
    account = user.account(**{"port": proxy.port, "sent": "", "timeout": 2} | settings)
    with ImapAccount(account, deadline=time.monotonic() + seconds) as opened:
        return [raw for state in opened.mailboxes() for batch in opened.fetch_since(state, 0) for raw in batch]


@pytest.fixture
def proxied(user):
    """A proxy in front of the mail user's server that ends TLS, so that faults can aim at IMAP."""
    return lambda *faults: fault_proxy(user.dovecot.port, *faults, tls=user.dovecot.certificates.pair())


def assert_all(found):
    assert [raw.uid.uid for raw in found] == list(range(1, N + 1))
    assert not [raw.problem for raw in found if raw.problem]
    assert sorted(raw.octets for raw in found) == sorted(a_message(number) for number in range(N))


ONCE = {
    "refused": "1@refuse",
    "silent greeting": "1@silent",
    "FIN inside a literal": rf"1@cuton:UID 3 {LITERAL}:500",
    "RST inside a literal": rf"1@rston:UID 3 {LITERAL}:500",
    "FIN at the first octet": "1@cut:1",
    "RST in the login": r"1@c2srston:LOGIN :5",
    "stall inside a literal": rf"1@stallon:{LITERAL}:500",
    "BYE after the greeting": r"1@inject:OK \[CAPABILITY:* BYE Too many connections\r\n",
    "BYE after EXAMINE": r"1@inject:OK \[READ-ONLY\]:* BYE Disconnected for inactivity.\r\n",
    "NO to a FETCH": r"once:OK Fetch completed[^\r]*:NO [SERVERBUG] Internal error occurred.",
    "BAD to a FETCH": r"once:OK Fetch completed[^\r]*:BAD Error in IMAP command",
    "literal announced too small": r"1@sub:BODY\[\] \{\d+\}:BODY[] {100}",
    "literal announced too large": r"1@sub:BODY\[\] \{\d+\}:BODY[] {9000}",
    "a line of 1.1 MB": r"1@inject:OK \[READ-ONLY\]:* OK " + "x" * 1_100_000 + r"\r\n",
    "garbage before the tag": r"1@inject:\* SEARCH:x y\r\n",
    "unbalanced parentheses": r"1@sub:RFC822\.SIZE \d+:RFC822.SIZE (((1",
    "nesting without end": r"1@sub:RFC822\.SIZE \d+:RFC822.SIZE " + "(" * 100_000,
    "SEARCH of words": r"1@sub:\* SEARCH [\d ]+:* SEARCH canary",
}
# A fault on every connection, and what is then said.  None: all messages arrive after all.
ALWAYS = {
    "refuse": "connection reset|connection was lost|broke off",
    "silent": "said nothing for 1 s",
    r"sub:OK Fetch completed[^\r]*:NO [OVERQUOTA] Account exceeded command or bandwidth limits.": "OVERQUOTA",
    r"sub:OK Fetch completed[^\r]*:NO Request is throttled. Suggested Backoff Time: 299 milliseconds": "throttled",
    r"sub:OK Fetch completed[^\r]*:NO [SERVERBUG] Internal error occurred.": rf"{REFUSED_IN_A_ROW} messages in a row",
    r"sub:OK Fetch completed[^\r]*:BAD Error in IMAP command": rf"Error in IMAP.*{REFUSED_IN_A_ROW} messages in a row",
    rf"rston:{LITERAL}:500": f"{REFUSED_IN_A_ROW} messages in a row",
    r"sub:OK \[READ-ONLY\][^\r]*:NO [UNAVAILABLE] Try again later": "UNAVAILABLE",
    r"sub:OK Logged in[^\r]*:NO [UNAVAILABLE] Temporary authentication failure": "Temporary auth",
    r"sub:OK Logged in[^\r]*:NO [ALERT] Too many simultaneous connections": "Too many",
    r"sub:\* OK \[CAPABILITY[^\r]*ready:* BYE Too many connections": "said goodbye: Too many connections",
    r"inject:OK \[READ-ONLY\]:* BYE Over\x1b[31m quota\r\n": r"said goodbye: Over \[31m quota",
    r"sub:OK \[UIDVALIDITY \d+\]:OK [X-NONE]": "no UIDVALIDITY",
}


@pytest.mark.parametrize("fault", ONCE.values(), ids=ONCE)
def test_a_fault_on_one_connection_loses_nothing(user, proxied, fault):
    with proxied(fault) as proxy:
        found = read(user, proxy)
    assert_all(found)
    assert proxy.fired


@pytest.mark.parametrize(("fault", "words"), ALWAYS.items())
def test_a_fault_on_every_connection_is_a_network_error_in_the_servers_words(user, proxied, fault, words):
    with proxied(fault) as proxy, pytest.raises(NetworkError, match=words) as caught:
        read(user, proxy, timeout=1)
    assert "canary" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("seed", range(12))
def test_resets_at_random_octets_lose_and_double_nothing(user, proxied, seed):
    """The grid that fetchmail leaves with 19 doubled and 18 damaged of 200."""
    chance = random.Random(seed)
    size = N * len(a_message(0))
    faults = [f"{n}@{chance.choice(['rst', 'cut'])}:{chance.randrange(1, size)}" for n in range(1, 5)]
    with proxied(*faults) as proxy:
        for _ in range(5):
            try:
                found = read(user, proxy)
            except NetworkError:
                continue
            break
    assert_all(found)


def test_a_literal_of_5_gb_is_not_waited_for(user, proxied):
    with proxied(r"1@sub:BODY\[\] \{\d+\}:BODY[] {5000000000}") as proxy:
        found = read(user, proxy, timeout=30)
    assert_all(found)


def test_50_octets_a_second_are_ended_by_the_command_limit(dovecot, proxied):
    """The socket's own timeout begins anew with each octet, and had not fired after 25 s."""
    user = dovecot.new_user()
    user.deliver(a_message(1))
    with proxied(rf"slowon:{LITERAL}:50") as proxy:
        (raw,) = read(user, proxy, timeout=0.2)
    assert raw.problem == "localhost: a command was not answered in full after 1 s"


def test_50_octets_a_second_from_the_greeting_on_are_ended(user, proxied):
    with proxied("slow:20") as proxy, pytest.raises(NetworkError, match=r"not answered in full after 2\.5 s"):
        read(user, proxy, seconds=60, timeout=0.5)


def test_a_slow_tls_handshake_is_ended(user):
    with (
        fault_proxy(user.dovecot.tls_port, "slow:20") as proxy,
        pytest.raises(NetworkError, match=r"not answered|said nothing"),
    ):
        read(user, proxy, seconds=60, timeout=0.2)


def test_the_deadline_ends_a_command_under_way(user, proxied):
    with proxied(rf"slowon:{LITERAL}:50") as proxy, pytest.raises(DeadlineError, match="goes on from there"):
        read(user, proxy, seconds=2, timeout=60)


def test_what_came_before_the_deadline_stays(dovecot, proxied):
    user = dovecot.new_user()
    for number in range(250):
        user.deliver(a_message(number))
    with proxied(rf"stallon:UID 230 {LITERAL}:500") as proxy:
        account = user.account(port=proxy.port, sent="", timeout=60)
        with ImapAccount(account, deadline=time.monotonic() + 3) as opened:
            state = next(opened.mailboxes())
            batches = opened.fetch_since(state, 0)
            first = next(batches)
            with pytest.raises(DeadlineError):
                next(batches)
    assert [raw.uid.uid for raw in first] == list(range(1, 201))


@pytest.mark.parametrize(
    "fault",
    [r"sub:BODY\[\] (?=\{):BODY[TEXT] ", r"sub:BODY\[\] (?=\{):X-NOTHING "],
)
def test_messages_without_a_body_become_problems(user, proxied, fault):
    """Imapclient raises nothing: 60 entries without a body (iCloud answers RFC822 so)."""
    with proxied(fault) as proxy:
        found = read(user, proxy)
    assert len(found) == N
    assert {raw.problem for raw in found} <= {"the server lists the message, but sends no octets of it"}
    assert not any(raw.octets for raw in found)


def test_one_message_without_a_body_costs_the_others_nothing(user, proxied):
    with proxied(r"sub:UID 7 BODY\[\]:UID 7 BODY[TEXT]") as proxy:
        found = read(user, proxy)
    assert [raw.uid.uid for raw in found] == list(range(1, N + 1))
    assert [raw.uid.uid for raw in found if raw.problem] == [7]
    assert found[6].octets == b""
    assert found[6].internaldate
    assert len({raw.octets for raw in found}) == N


@pytest.mark.parametrize("fault", [r"sub:FETCH \(UID \d+ :FETCH (", r"sub:FETCH \(UID \d+ :FETCH (UID 25 "])
def test_answers_without_uid_or_all_with_one_put_no_octets_under_a_wrong_uid(dovecot, proxied, fault):
    """Imapclient raises nothing: sequence numbers for UIDs, or 1 of 30 entries with the last one's octets."""
    user = dovecot.new_user()
    for number in range(40):
        user.deliver(a_message(number))
    with user.client() as client:
        client.select_folder("INBOX")
        client.delete_messages(range(5, 15))
        client.expunge()
    uids = [1, 2, 3, 4, *range(15, 41)]
    with proxied() as proxy:
        right = {raw.uid.uid: raw.octets for raw in read(user, proxy)}
    with proxied(fault) as proxy:
        found = read(user, proxy)
    assert [raw.uid.uid for raw in found] == uids
    assert all(raw.octets == right[raw.uid.uid] for raw in found if not raw.problem)
    assert sum(not raw.problem for raw in found) <= 4


def test_two_messages_under_one_uid_in_the_bodies_only(user, proxied):
    with proxied() as proxy:
        right = {raw.uid.uid: raw.octets for raw in read(user, proxy)}
    with proxied(r"sub:UID 9 BODY:UID 8 BODY") as proxy:
        found = read(user, proxy)
    assert all(raw.octets == right[raw.uid.uid] for raw in found if not raw.problem)
    assert [raw.uid.uid for raw in found if raw.problem] == [9]


def test_a_message_that_breaks_the_connection_is_stepped_over(user, proxied):
    """Dovecot does so for a Maildir file with a wrong W= in its name."""
    with proxied(r"cuton:UID 33 BODY\[\] \{\d+\}\r\n:10") as proxy:
        found = read(user, proxy)
    assert [raw.uid.uid for raw in found] == list(range(1, N + 1))
    assert [raw.uid.uid for raw in found if raw.problem] == [33]
    assert found[32].problem == "localhost: the connection broke off"


def test_a_single_message_that_is_refused_is_quarantined(dovecot, proxied):
    user = dovecot.new_user()
    user.deliver(a_message(1))
    with proxied(r"cuton:BODY\[\] \{\d+\}\r\n:10") as proxy:
        (raw,) = read(user, proxy)
    assert raw.problem


@pytest.mark.parametrize("text", ["NIL", '"32-Foo-2026 25\\:00\\:00 +9999"'])
def test_a_wrong_internaldate_is_none(user, proxied, text):
    with proxied(r'sub:INTERNALDATE "[^"]*":INTERNALDATE ' + text.replace("\\:", ":")) as proxy:
        found = read(user, proxy)
    assert_all(found)
    assert {raw.internaldate for raw in found} == {None}


@pytest.mark.parametrize("text", [r"* 61 EXISTS\r\n", r"* 1 FETCH (FLAGS (\\Seen))\r\n", r"* 2 RECENT\r\n"])
def test_unasked_news_disturbs_nothing(user, proxied, text):
    with proxied(rf"inject:OK Fetch completed:{text}", rf"inject:\* 3 FETCH:{text}") as proxy:
        found = read(user, proxy)
    assert_all(found)


def test_a_mailbox_rebuilt_while_it_was_read_is_left_to_the_next_run(user, proxied):
    faults = (rf"1@rston:UID 3 {LITERAL}:5", r"2-@sub:UIDVALIDITY \d+:UIDVALIDITY 77")
    with proxied(*faults) as proxy, pytest.raises(NetworkError, match="INBOX was rebuilt"):
        read(user, proxy)


def test_a_session_that_begins_logged_in_is_refused_and_no_password_sent(user):
    """With PREAUTH there is no STARTTLS any more, and the rest would be plain text."""
    with (
        fault_proxy(user.dovecot.port, r"sub:\* OK \[CAPABILITY:* PREAUTH [CAPABILITY") as proxy,
        pytest.raises(LoginError, match="PREAUTH"),
    ):
        read(user, proxy, security="starttls")
    assert b"s3cret" not in proxy.heard


@pytest.mark.parametrize("fault", ["strip:STARTTLS ?", r"sub:STARTTLS:XTARTTLS"])
def test_starttls_stripped_ends_the_run_and_the_password_is_never_on_the_wire(user, fault):
    with (
        fault_proxy(user.dovecot.port, fault) as proxy,
        pytest.raises(RefusedError, match="offers no STARTTLS, so the password was not sent"),
    ):
        read(user, proxy, security="starttls")
    assert proxy.fired
    assert b"s3cret" not in proxy.heard
    assert b"LOGIN" not in proxy.heard.upper()


def test_what_is_said_before_starttls_is_forgotten(user):
    """A man in the middle may add to the server's plain-text answer (RFC 9051 section 11.1)."""
    injected = r'once:(?=\S+ OK Begin TLS):* LIST () "/" Evil\r\n'
    with fault_proxy(user.dovecot.port, injected) as proxy:
        account = user.account(port=proxy.port, security="starttls")
        with ImapAccount(account, deadline=time.monotonic() + 10) as opened:
            assert opened.check() == ["Archive", "INBOX", "Sent"]
    assert proxy.fired


def test_no_flag_changes_under_faults(user, proxied):
    before = user.flags()
    with proxied(rf"rston:{LITERAL}:500") as proxy, pytest.raises(NetworkError):
        read(user, proxy)
    assert user.flags() == before
