"""ImapAccount against a real Dovecot: what it reads, and that it changes nothing."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest
from faultproxy import fault_proxy
from imapclient.imapclient import DRAFT, SEEN

from pipeline.errors import ConfigError, DeadlineError, LoginError, MailboxMissingError, NetworkError, SoftwareError
from pipeline.fetch import ImapAccount
from pipeline.fetch.connection import Connection, Examined
from pipeline.fetch.imap import _ranges
from pipeline.fetch.messages import BATCH_BYTES, PARTIAL_BYTES
from pipeline.records import Direction, MessageUID


def a_message(number=1, size=0):
    head = f"From: jobs@acme.example\r\nMessage-ID: <{number}@acme.example>\r\nSubject: message {number}\r\n\r\n"
    body = "Thank you for applying.\r\n"
    return (head + body * max(1, size // len(body))).encode()


def read(account, last_uid=0, deadline=None):
    """The messages of each mailbox of ``account``."""
    found = {}
    with ImapAccount(account, deadline=deadline or time.monotonic() + 60) as opened:
        for state in opened.mailboxes():
            found[state.name] = [raw for batch in opened.fetch_since(state, last_uid) for raw in batch]
    return found


def test_octets_uid_direction_and_internaldate_are_what_the_server_holds(mailbox_user):
    user = mailbox_user()
    arrived = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    user.deliver(a_message(1), internaldate=arrived)
    user.deliver(a_message(2), "Sent")
    found = read(user.account())
    assert list(found) == ["Sent", "INBOX"]
    (received,), (sent,) = found["INBOX"], found["Sent"]
    assert received.octets == a_message(1)
    assert received.internaldate == arrived
    assert received.internaldate.tzinfo is UTC
    assert (received.direction, sent.direction) == (Direction.IN, Direction.OUT)
    assert received.uid == MessageUID("home", "INBOX", received.uid.uidvalidity, 1)
    assert (received.problem, received.truncated, received.source) == ("", False, "")


def test_no_flag_changes_in_any_mailbox(mailbox_user):
    user = mailbox_user()
    for number in range(5):
        user.deliver(a_message(number))
        user.deliver(a_message(number), "Sent")
    with user.client() as client:
        client.select_folder("INBOX")
        client.add_flags([2], [b"\\Seen"])
        client.add_flags([3], [b"\\Flagged", b"$Job"])
    before = user.flags()
    read(user.account())
    assert user.flags() == before
    assert len(before) == 10
    assert before["INBOX", 1] == ()


def test_only_commands_that_change_nothing_are_sent(mailbox_user):
    """EXAMINE and BODY.PEEK[] each keep \\Seen away; neither is to rely on the other."""
    user = mailbox_user()
    user.deliver(a_message(1, size=200_000))
    user.flags()
    user.deliver(a_message(2))
    with fault_proxy(user.dovecot.port) as proxy:
        read(user.account(security="none", port=proxy.port, max_bytes=100_000))
    lines = bytes(proxy.heard).decode().splitlines()
    commands = {line.split()[1] + (" " + line.split()[2] if line.split()[1] == "UID" else "") for line in lines}
    assert commands == {"CAPABILITY", "LOGIN", "LIST", "EXAMINE", "UID SEARCH", "UID FETCH", "LOGOUT"}
    assert {line.split()[-1] for line in lines if "BODY" in line} == {"(BODY.PEEK[])", "(BODY.PEEK[]<0.262144>)"}


def test_only_uids_above_the_last_one_are_fetched(mailbox_user):
    user = mailbox_user()
    for number in range(5):
        user.deliver(a_message(number))
        user.flags()  # one at a time, so that the order of delivery is the order of UIDs
    assert [raw.uid.uid for raw in read(user.account(), last_uid=3)["INBOX"]] == [4, 5]


@pytest.mark.parametrize("last_uid", [5, 6, 4_000_000_000])
def test_nothing_new_gives_nothing_although_star_names_the_last_message(mailbox_user, last_uid):
    user = mailbox_user()
    for number in range(5):
        user.deliver(a_message(number))
    assert read(user.account(), last_uid=last_uid)["INBOX"] == []


def test_an_empty_mailbox_gives_nothing(mailbox_user):
    assert read(mailbox_user().account()) == {"INBOX": [], "Sent": []}


def test_since_leaves_older_messages_out(mailbox_user):
    user = mailbox_user()
    user.deliver(a_message(1), internaldate=datetime(2026, 1, 10, 12, tzinfo=UTC))
    user.deliver(a_message(2), internaldate=datetime(2026, 5, 10, 12, tzinfo=UTC))
    (raw,) = read(user.account(since=date(2026, 3, 1)))["INBOX"]
    assert raw.octets == a_message(2)


def test_a_draft_is_not_read_but_in_sent_where_the_flag_was_forgotten(mailbox_user):
    """Gmail's "All Mail" holds them too; as mail sent they would tell the ledger of letters nobody got."""
    user = mailbox_user()
    user.deliver(a_message(1))
    with user.client() as client:
        client.append("INBOX", a_message(2), flags=[DRAFT, SEEN])
        client.append("Sent", a_message(4), flags=[DRAFT, SEEN])
    user.deliver(a_message(3))
    found = read(user.account())
    assert [raw.octets for raw in found["INBOX"]] == [a_message(1), a_message(3)]
    assert [raw.octets for raw in found["Sent"]] == [a_message(4)]


def test_batches_hold_at_most_200_messages(mailbox_user, deadline):
    user = mailbox_user()
    for number in range(450):
        user.deliver(a_message(number))
    with ImapAccount(user.account(sent=""), deadline=deadline) as account:
        (state,) = account.mailboxes()
        batches = [[raw.uid.uid for raw in batch] for batch in account.fetch_since(state, 0)]
    assert [len(batch) for batch in batches] == [200, 200, 50]
    assert [uid for batch in batches for uid in batch] == list(range(1, 451))


def test_batches_hold_at_most_8_megabytes(mailbox_user, deadline):
    user = mailbox_user()
    for number in range(5):
        user.deliver(a_message(number, size=3_000_000))
    with ImapAccount(user.account(sent=""), deadline=deadline) as account:
        state = next(account.mailboxes())
        batches = [list(batch) for batch in account.fetch_since(state, 0)]
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert all(sum(len(raw.octets) for raw in batch) <= BATCH_BYTES for batch in batches)


def test_of_a_large_message_only_the_beginning_is_fetched(mailbox_user):
    user = mailbox_user()
    large, small = a_message(1, size=1_000_000), a_message(2)
    user.deliver(large)
    user.flags()
    user.deliver(small)
    first, second = read(user.account(max_bytes=100_000))["INBOX"]
    assert first.truncated
    assert first.octets == large[:PARTIAL_BYTES]
    assert not second.truncated
    assert second.octets == small


def test_a_message_just_over_the_limit_is_whole(mailbox_user):
    user = mailbox_user()
    user.deliver(a_message(1, size=150_000))
    (raw,) = read(user.account(max_bytes=100_000))["INBOX"]
    assert not raw.truncated
    assert raw.octets == a_message(1, size=150_000)


def test_a_message_expunged_between_search_and_fetch_is_skipped(mailbox_user, deadline):
    user = mailbox_user()
    for number in range(201):
        user.deliver(a_message(number))
    with ImapAccount(user.account(sent=""), deadline=deadline) as account:
        state = next(account.mailboxes())
        batches = account.fetch_since(state, 0)
        next(batches)
        with user.client() as client:
            client.select_folder("INBOX")
            client.delete_messages([201])
            client.expunge()
        assert [raw for batch in batches for raw in batch] == []


def test_a_mailbox_name_beyond_ascii_is_read(mailbox_user):
    user = mailbox_user()
    with user.client() as client:
        client.create_folder("Bewerbungen/Müller & Söhne")
    user.deliver(a_message(), "Bewerbungen/Müller & Söhne")
    found = read(user.account(mailboxes=["Bewerbungen/Müller & Söhne"], sent=""))
    assert [raw.octets for raw in found["Bewerbungen/Müller & Söhne"]] == [a_message()]


def test_a_missing_mailbox_is_named_with_its_neighbour_after_the_others_were_read(mailbox_user, deadline):
    user = mailbox_user()
    user.deliver(a_message())
    with ImapAccount(user.account(mailboxes=["archiv", "INBOX", "Jobs"]), deadline=deadline) as account:
        mailboxes = account.mailboxes()
        assert [next(mailboxes).name, next(mailboxes).name] == ["Sent", "INBOX"]
        with pytest.raises(MailboxMissingError) as caught:
            next(mailboxes)
    first, second = caught.value.problems
    assert first == "mailbox 'archiv' does not exist; did you mean 'Archive'?"
    assert second == "mailbox 'Jobs' does not exist; there are: Archive, INBOX, Sent"


@pytest.mark.parametrize("mailboxes", [["inbox"], ["INBOX", "Inbox"]])
def test_inbox_in_any_case_is_one_mailbox(mailbox_user, mailboxes):
    assert list(read(mailbox_user().account(mailboxes=mailboxes))) == ["Sent", "INBOX"]


def test_sent_named_among_the_mailboxes_is_read_once_and_outgoing(mailbox_user, deadline):
    user = mailbox_user()
    with ImapAccount(user.account(mailboxes=["INBOX", "Sent"]), deadline=deadline) as account:
        states = [(state.name, state.direction) for state in account.mailboxes()]
    assert states == [("Sent", Direction.OUT), ("INBOX", Direction.IN)]


def test_sent_can_be_named_or_left_out(mailbox_user):
    user = mailbox_user()
    assert list(read(user.account(sent=""))) == ["INBOX"]
    assert list(read(user.account(sent="Archive"))) == ["Archive", "INBOX"]


def test_a_new_uidvalidity_is_reported_and_the_caller_begins_anew(mailbox_user, deadline):
    user = mailbox_user()
    user.deliver(a_message())
    (before,) = read(user.account())["INBOX"]
    user.change_uidvalidity()
    (after,) = read(user.account())["INBOX"]
    assert after.uid.uidvalidity != before.uid.uidvalidity
    assert after.octets == before.octets


def test_a_mailbox_rebuilt_since_its_state_was_taken_is_not_read(mailbox_user, deadline):
    user = mailbox_user()
    user.deliver(a_message())
    with ImapAccount(user.account(sent=""), deadline=deadline) as account:
        state = next(account.mailboxes())
    user.change_uidvalidity()
    with ImapAccount(user.account(), deadline=deadline) as account, pytest.raises(NetworkError, match="rebuilt"):
        list(account.fetch_since(state, 0))


def test_states_collected_first_can_be_read_later(mailbox_user, deadline):
    user = mailbox_user()
    user.deliver(a_message(1))
    user.deliver(a_message(2), "Sent")
    with ImapAccount(user.account(), deadline=deadline) as account:
        octets = [raw.octets for state in list(account.mailboxes()) for b in account.fetch_since(state, 0) for raw in b]
    assert octets == [a_message(2), a_message(1)]


def test_the_stamps_of_the_newest_messages_are_asked_for_by_their_places(mailbox_user, deadline):
    user = mailbox_user()
    stamps = [f"Authentication-Results: mx{number}.home.example; spf=pass\r\n".encode() for number in range(6)]
    with fault_proxy(user.dovecot.port) as proxy:
        account = user.account(security="none", port=proxy.port)
        with ImapAccount(account, deadline=deadline) as opened:
            assert opened.newest_stamps(2) == []
        with user.client() as client:
            for number, stamp in enumerate(stamps):
                client.append("INBOX", stamp + a_message(number))
            client.select_folder("INBOX")
            client.delete_messages([2, 5])
            client.expunge()
        with ImapAccount(account, deadline=deadline) as opened:
            assert sorted(opened.newest_stamps(2)) == [stamps[3] + b"\r\n", stamps[5] + b"\r\n"]
            assert len(opened.newest_stamps(9)) == 4
    searches = [line.split(b" ", 1)[1] for line in bytes(proxy.heard).splitlines() if b"SEARCH" in line]
    assert searches == [b"UID SEARCH 3:*", b"UID SEARCH 1:*"]


def test_check_logs_in_and_lists_the_mailboxes(mailbox_user, deadline):
    with ImapAccount(mailbox_user().account(), deadline=deadline) as account:
        assert account.check() == ["Archive", "INBOX", "Sent"]


def test_contains_message_id(mailbox_user, deadline):
    user = mailbox_user()
    user.deliver(a_message(7))
    with ImapAccount(user.account(), deadline=deadline) as account:
        assert account.contains_message_id("INBOX", "<7@acme.example>")
        assert not account.contains_message_id("INBOX", "<8@acme.example>")
        assert not account.contains_message_id("Sent", '<7")\\@acme.example>')
        with pytest.raises(MailboxMissingError, match="did you mean 'Sent'"):
            account.contains_message_id("Sentt", "<7@acme.example>")
        with pytest.raises(SoftwareError):
            account.contains_message_id("INBOX", "<7>\r\na1 DELETE INBOX")


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_each_security_setting_reads(mailbox_user, security):
    user = mailbox_user()
    user.deliver(a_message())
    port = user.dovecot.tls_port if security == "tls" else user.dovecot.port
    assert len(read(user.account(security=security, port=port))["INBOX"]) == 1


def test_an_oauth2_token_logs_in(mailbox_user):
    user = mailbox_user()
    user.deliver(a_message())
    token = user.dovecot.token(user.name)
    assert len(read(user.account(password_file=None, token_command=["echo", token]))["INBOX"]) == 1


def test_an_expired_token_is_refused(mailbox_user, deadline):
    user = mailbox_user()
    token = user.dovecot.token(user.name, valid_for=-10)
    account = user.account(password_file=None, token_command=["echo", token])
    with ImapAccount(account, deadline=deadline) as opened, pytest.raises(LoginError) as caught:
        opened.check()
    assert token not in str(caught.value)


@pytest.mark.parametrize("password", ["wrong", 'wr"on\\g', "falsch-äöü"])
def test_a_wrong_password_is_a_login_error_without_the_password(mailbox_user, deadline, password, monkeypatch):
    monkeypatch.setenv("UNGHOST_TEST_PASSWORD", password)
    account = mailbox_user().account(password_file=None, password_env="UNGHOST_TEST_PASSWORD")
    with ImapAccount(account, deadline=deadline) as opened, pytest.raises(LoginError, match="'home' was refused") as e:
        opened.check()
    assert password not in str(e.value)
    assert "b'" not in str(e.value)


def test_a_user_name_with_a_blank_or_quote_is_one_word(dovecot, deadline):
    user = dovecot.new_user('a "b\\c@home.example')
    with ImapAccount(user.account(), deadline=deadline) as account, pytest.raises(LoginError):
        account.check()  # Dovecot allows no quotes in names; what matters is that it answers NO, not BAD


@pytest.mark.parametrize(
    "settings",
    [
        {"mailboxes": ["INBOX\r\na1 DELETE INBOX"]},
        {"user": "me\n"},
        {"sent": "Sent\0"},
        {"host": "local\rhost"},
    ],
)
def test_control_characters_in_names_are_refused_before_connecting(mailbox_user, deadline, settings):
    with pytest.raises(ConfigError, match="control character"):
        ImapAccount(mailbox_user().account(**settings), deadline=deadline)


def test_a_deadline_already_over_is_said_at_once(mailbox_user):
    opened = ImapAccount(mailbox_user().account(), deadline=time.monotonic() - 1)
    with opened, pytest.raises(DeadlineError):
        opened.check()


def test_imaplib_formats_nothing_and_times_stay_aware(mailbox_user, deadline):
    """The two settings that cost 7 times the CPU and the time zone when imapclient changes its ways."""
    connection = Connection(mailbox_user().account(), deadline=deadline)
    assert connection.ask(lambda client: (client._imap.debug, client.normalise_times)) == (0, False)
    connection.close()


def test_an_idle_server_that_hung_up_is_called_again(mailbox_user, deadline):
    user = mailbox_user()
    user.deliver(a_message())
    with ImapAccount(user.account(sent=""), deadline=deadline) as account:
        state = next(account.mailboxes())
        account._connection._client.socket().shutdown(2)
        assert [raw.octets for batch in account.fetch_since(state, 0) for raw in batch] == [a_message()]


def test_very_large_mailboxes_are_searched_in_ranges():
    assert _ranges(5, Examined("INBOX", 1, 900_000, 100_000)) == [(5, "*")]
    ranges = _ranges(5, Examined("INBOX", 1, 250_000, 200_000))
    assert ranges == [(5, 100_004), (100_005, 200_004), (200_005, "*")]
    assert _ranges(300_000, Examined("INBOX", 1, 250_000, 200_000)) == [(300_000, "*")]
