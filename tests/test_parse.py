"""Octets to Message: header fields, dates, keys, and the promise that any octets parse or raise ParseFailure."""

from __future__ import annotations

import base64
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from pipeline.errors import ParseFailure
from pipeline.parse import content_key, parse
from pipeline.parse.text import MAX_CHARACTERS, clean_line, normalise
from pipeline.records import Address, Direction

ARRIVED = datetime(2026, 3, 3, 12, tzinfo=UTC)
FIELDS = {
    "From": "Rosa Lindqvist <rosa@Brightwater.Example>",
    "To": "Sam Okoro <sam@home.example>",
    "Subject": "Your application",
    "Date": "Tue, 03 Mar 2026 10:00:00 +0100",
    "Message-ID": "<1@brightwater.example>",
}


def octets_of(body="Dear Sam,\r\n\r\nthank you.\r\n", **fields):
    """Give a message; a field set to None is left out, underscores in names are hyphens."""
    named = FIELDS | {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value is not None)
    return f"{head}\r\n{body}".encode()


def parsed(octets, internaldate=ARRIVED):
    return parse(octets, direction=Direction.IN, internaldate=internaldate)


def test_an_ordinary_message_is_read_whole():
    message = parsed(octets_of(Reply_To="jobs@brightwater.example", In_Reply_To="<0@home.example>"))
    assert message.from_ == Address("Rosa Lindqvist", "rosa@brightwater.example")
    assert message.to == (Address("Sam Okoro", "sam@home.example"),)
    assert message.reply_to == (Address("", "jobs@brightwater.example"),)
    assert message.subject == "Your application"
    assert message.date == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert message.message_id == "<1@brightwater.example>"
    assert message.in_reply_to == "<0@home.example>"
    assert message.is_reply
    assert message.text == "Dear Sam,\n\nthank you."
    assert message.direction is Direction.IN
    assert not message.bulk


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("=?utf-8?q?Einladung_zum_Gespr=C3=A4ch?=", "Einladung zum Gespräch"),
        (f"=?iso-2022-jp?b?{base64.b64encode('面接'.encode('iso-2022-jp')).decode()}?=", "面接"),
        ("=?utf-8?q?Hi=0D=0ABcc:_victim@home.example?=", "Hi Bcc: victim@home.example"),
        ("=?utf-8?q?=1B]0;pwn=07red?=", "]0;pwnred"),
        ("=?x-unknown?q?Hello?=", "Hello"),
        ("=?utf-8\0?q?Hello?= there", "Hello there"),
        ("folded\r\n subject", "folded subject"),
        ("plain \u202eevil\u202c", "plain evil"),
    ],
)
def test_subjects_are_decoded_and_cleaned(value, subject):
    assert parsed(octets_of(Subject=value)).subject == subject


def test_raw_latin1_in_a_subject_is_read():
    octets = octets_of(Subject="GRUSS").replace(b"GRUSS", "Grüße".encode("cp1252"))
    assert parsed(octets).subject == "Grüße"


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ('"jobs@good.example" <x@evil.example>', Address("jobs@good.example", "x@evil.example")),
        ("=?utf-8?q?M=C3=BCller=2C_J=C3=BCrgen?= <jm@firma.example>", Address("Müller, Jürgen", "jm@firma.example")),
        ("careers@brightwater.example (Careers)", Address("Careers", "careers@brightwater.example")),
        ("Undisclosed:;", Address("", "")),
        ("", Address("", "")),
        (None, Address("", "")),
        ("not an address", Address("", "")),
        ("Case.Matters@HOME.Example", Address("", "Case.Matters@home.example")),
        ("=?utf-8?q?Acme=0D=0ABcc:?= <jobs@acme.example>", Address("Acme Bcc:", "jobs@acme.example")),
        ("Acme Careers, Inc. <jobs@acme.example>", Address("Acme Careers, Inc.", "jobs@acme.example")),
        ("a@one.example, Acme <jobs@acme.example>", Address("", "a@one.example")),
    ],
)
def test_the_sender_is_the_address_and_not_the_name(value, address):
    assert parsed(octets_of(From=value)).from_ == address


def test_of_two_from_fields_the_first_counts():
    octets = b"From: a@first.example\r\nFrom: b@second.example\r\n" + octets_of(From=None)
    assert parsed(octets).from_.addr_spec == "a@first.example"


def test_recipients_are_capped():
    many = ", ".join(f"u{n}@home.example" for n in range(20_000))
    assert len(parsed(octets_of(To=many)).to) == 50


def test_a_long_thread_keeps_its_root_and_its_end():
    references = " ".join(f"<{n}@home.example>" for n in range(200))
    found = parsed(octets_of(References=references)).references
    assert len(found) == 50
    assert found[0] == "<0@home.example>"
    assert found[-1] == "<199@home.example>"


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Tue, 03 Mar 2026 10:00:00 +0100", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        ("Tue, 3 Mar 2026 9:05:00 +0000", datetime(2026, 3, 3, 9, 5, tzinfo=UTC)),
        ("Tue, 03 Mar 26 09:00 EST", datetime(2026, 3, 3, 14, tzinfo=UTC)),
        ("Tue, 03 Mar 2026 10:00:00 -0000", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        ("Thu, 05 Mar 2026 11:59:00 +0000", datetime(2026, 3, 5, 11, 59, tzinfo=UTC)),
        ("Sat, 07 Mar 2026 10:00:00 +0000", ARRIVED),
        ("Thu, 01 Jan 1970 00:00:00 +0000", ARRIVED),
        ("1 Jan 9999 23:59:59 -2359", ARRIVED),
        ("mar. 3 mars 2026", ARRIVED),
        ("Tue, 31 Feb 2026 25:61:61 +9999", ARRIVED),
        ("", ARRIVED),
        (None, ARRIVED),
    ],
)
def test_the_date_is_the_senders_if_it_is_sane_else_the_arrival(value, date):
    assert parsed(octets_of(Date=value)).date == date


def test_dates_are_in_utc_whatever_the_arrival_was_in():
    arrived = datetime(2026, 3, 3, 7, tzinfo=timezone(timedelta(hours=-5)))
    assert parsed(octets_of(Date=None), arrived).date == ARRIVED
    assert parsed(octets_of(Date=None), ARRIVED.replace(tzinfo=None)).date == ARRIVED


def test_without_an_arrival_received_says_when():
    received = "from a by b; Tue, 03 Mar 2026 12:00:00 +0000"
    assert parsed(octets_of(Date=None, Received=received), None).date == ARRIVED
    assert parsed(octets_of(Date="Sat, 03 Mar 2035 12:00:00 +0000", Received=received), None).date == ARRIVED


@pytest.mark.parametrize("date", [None, "nonsense", "Sat, 03 Mar 2335 12:00:00 +0000"])
def test_a_message_without_any_date_is_refused(date):
    with pytest.raises(ParseFailure, match="no date"):
        parsed(octets_of(Date=date), None)


@pytest.mark.parametrize(
    ("fields", "bulk", "auto_submitted", "list_id"),
    [
        ({}, False, "", ""),
        ({"List_Unsubscribe": "<https://home.example/u>"}, True, "", ""),
        ({"List_Id": "Weekly jobs <jobs.Board.example>"}, True, "", "jobs.board.example"),
        ({"List_Id": "bare.example"}, True, "", "bare.example"),
        ({"Precedence": "Bulk"}, True, "", ""),
        ({"Precedence": "first-class"}, False, "", ""),
        ({"Auto_Submitted": "Auto-Generated"}, False, "auto-generated", ""),
        ({"X_Autoreply": "yes"}, False, "auto-replied", ""),
        ({"X_Auto_Response_Suppress": "All"}, False, "", ""),
    ],
)
def test_lists_and_machines_are_told_from_people(fields, bulk, auto_submitted, list_id):
    message = parsed(octets_of(**fields))
    assert (message.bulk, message.auto_submitted, message.list_id) == (bulk, auto_submitted, list_id)


@pytest.mark.parametrize("name", ["Parse", "Headers_json", "Defects", "Attachments", "__class__", "Text_plain", "Mail"])
def test_a_field_named_like_an_attribute_of_mailparser_does_nothing(name):
    octets = f"{name}: hello\r\n".encode() + octets_of()
    assert parsed(octets).text == parsed(octets_of()).text


def test_where_mailparser_raises_the_standard_library_reads():
    """A NUL in the name of a charset: mail-parser 4.8.0 raises ValueError."""
    message = parsed(
        octets_of(Subject="=?utf-8\0?q?Hi?=", Reply_To="=?utf-8?q?J=C3=B6rg?= <j@acme.example>, k@acme.example")
    )
    assert message.text == "Dear Sam,\n\nthank you."
    assert message.from_.addr_spec == "rosa@brightwater.example"
    assert message.reply_to == (Address("Jörg", "j@acme.example"), Address("", "k@acme.example"))
    assert message.date == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_nothing_is_logged(caplog):
    """mail-parser warns of every part it does not know, which cron would mail."""
    parsed(octets_of("BEGIN:X", Content_Type="text/x-odd", Subject="=?utf-8?b?!!!?="))
    assert not caplog.records


def test_an_empty_message_is_refused():
    with pytest.raises(ParseFailure, match="no text"):
        parsed(b"")


def test_a_subject_alone_is_a_message():
    message = parsed(octets_of(""))
    assert (message.subject, message.text) == ("Your application", "")


def test_hosts_come_in_order_and_once():
    text = "See https://Jobs.Acme.example:8443/a, http://user@b.example. and https://jobs.acme.example/c or http://localhost/"
    assert parsed(octets_of(text)).hosts == ("jobs.acme.example", "b.example")


def test_hosts_are_capped():
    assert len(parsed(octets_of(" ".join(f"http://h{n}.example/" for n in range(500)))).hosts) == 50


# ------------------------------------------------------------------ the key


def test_the_key_is_the_same_in_every_mailbox():
    sent = octets_of()
    received = (
        b"From - Tue Mar 3 10:00:00 2026\nReceived: from a\n\tby b; Tue, 03 Mar 2026\nX-Spam: no\n"
        b"Delivered-To: sam@home.example\n"
        b"DKIM-Signature: v=1;\n b=abc\nARC-Seal: i=1\nStatus: RO\n" + sent.replace(b"\r\n", b"\n") + b"\n\n"
    )
    assert content_key(received) == content_key(sent) == content_key(sent.replace(b"\r\n", b"\r"))


def test_the_key_tells_messages_of_one_id_apart():
    assert content_key(octets_of("yes")) != content_key(octets_of("no"))
    assert content_key(octets_of(Subject="a")) != content_key(octets_of(Subject="b"))


def test_the_key_leaves_the_body_alone():
    assert content_key(octets_of("X-Spam: yes\r\n")) != content_key(octets_of("X-Spam: no\r\n"))
    assert content_key(b"\r\nX-A: 1") != content_key(b"\r\nX-A: 2")


def test_the_key_loads_no_library():
    """It is asked in runs that find nothing new, which must stay quick."""
    code = (
        "import sys; from pipeline.parse import content_key; content_key(b'a');"
        " print({'mailparser', 'justhtml', 'icalendar', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@given(st.binary())
def test_the_key_knows_no_line_ends(octets):
    unix = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert content_key(octets) == content_key(unix) == content_key(unix.replace(b"\n", b"\r\n"))


# ------------------------------------------------------------------ any octets

_PIECES = st.sampled_from(
    [
        b"From: a@b.example\r\n",
        b"Date: Tue, 03 Mar 2026 10:00:00 +0100\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: multipart/alternative; boundary=b\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: text/html; charset=utf-7\r\n",
        b"Content-Type: text/calendar\r\n",
        b"Content-Type: text/plain; format=flowed; charset=iso-2022-jp\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Subject: =?utf-8?q?a?=\r\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"\r\n",
        b"> On 3 Mar 2026 wrote:\r\n",
        b"<p hidden>text<br>",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        b"-- \r\n",
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_PIECES | st.binary(max_size=40), max_size=25).map(b"".join))
@example(b"From: a@b.example\r\nContent-Type: /\r\n\r\nhello")
def test_any_octets_parse_or_raise_parsefailure(octets):
    reason, message = "", None
    try:
        message = parsed(octets)
    except ParseFailure as failure:
        reason = str(failure)
    assert bool(message) is not bool(reason)
    assert not reason.startswith("cannot be read"), "the door of last resort is for what nobody foresaw"
    if message:
        assert message.date.utcoffset() == timedelta(0)
        assert message.text.encode() or not message.quoted
        message.subject.encode()


@settings(deadline=None)
@given(st.text())
@example("a\n\n\n\nb -- \n-- \n\tc")
@example("e\u0301\u00ad\u202e\ufb01\U0001d400\uff21 \u201cq\u201d")
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\u00a0b\u2009c", "a b c"),
        ("un\u00adfor\u200btunately", "unfortunately"),
        ("\u201cyes\u201d \u2018no\u2019 don\u2019t", "\"yes\" 'no' don't"),
        ("\u202eevil\u202c \U000e0041x", "evil x"),
        ("\U0001d5dc\U0001d5fb\U0001d601\U0001d5f2\U0001d5ff\U0001d603\U0001d5f6\U0001d5f2\U0001d604", "Interview"),
        ("o\ufb03ce \uff21\uff22", "office AB"),
        ("10 m\u00b2, 1\u00bd hours, \ufdfa", "10 m\u00b2, 1\u00bd hours, \ufdfa"),
        ("Gespra\u0308ch", "Gespräch"),
        ("a\x00\x1b[31mb\x85c", "a[31mb\nc"),
        ("a\n\n\n\nb  \r\nc", "a\n\nb\nc"),
        ("\ud800", "\ufffd"),
    ],
)
def test_text_is_brought_into_one_form(text, plain):
    assert normalise(text) == plain


def test_text_is_capped_and_combining_marks_cost_nothing():
    assert len(normalise("x" * 1_000_000)) == MAX_CHARACTERS
    assert normalise("a" + "\u0301\u0316" * 90_000)
    assert len(clean_line("y" * 5_000)) == 1_000
