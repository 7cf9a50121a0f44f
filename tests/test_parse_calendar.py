"""Invitations: what icalendar gives us, and that nothing in a calendar part can lose the message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies as st

from pipeline.errors import ParseFailure
from pipeline.parse import parse
from pipeline.parse.calendar import MAX_EVENTS, MAX_OCTETS, events
from pipeline.records import Direction

EVENT = (
    "BEGIN:VEVENT\r\nUID:42@acme.example\r\nSEQUENCE:2\r\nSUMMARY:Interview\\, round 1\r\n"
    "ORGANIZER;CN=Rosa:mailto:rosa@acme.example\r\nLOCATION:Room 5\r\n{start}\r\n{end}\r\nEND:VEVENT\r\n"
)


def ics(start="DTSTART:20260310T090000Z", end="DTEND:20260310T100000Z", method="REQUEST", n=1, extra=""):
    body = "".join(EVENT.format(start=start, end=end) for _ in range(n))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nMETHOD:{method}\r\n{extra}{body}END:VCALENDAR\r\n"


def mail(*parts):
    head = (
        "From: rosa@acme.example\r\nSubject: Invitation\r\nDate: Tue, 03 Mar 2026 09:00:00 +0000\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    )
    return (head + "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--\r\n").encode()


def parsed(octets):
    return parse(octets, direction=Direction.IN, internaldate=None)


def test_an_invitation_is_read():
    (event,) = events([ics()])
    assert event.uid == "42@acme.example"
    assert (event.method, event.sequence) == ("REQUEST", 2)
    assert event.summary == "Interview, round 1"
    assert event.organizer == "rosa@acme.example"
    assert event.location == "Room 5"
    assert event.start == datetime(2026, 3, 10, 9, tzinfo=UTC)
    assert event.end == datetime(2026, 3, 10, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("DTSTART:20260310T090000Z", datetime(2026, 3, 10, 9, tzinfo=UTC)),
        ("DTSTART;TZID=Europe/Berlin:20260310T090000", datetime(2026, 3, 10, 8, tzinfo=UTC)),
        ("DTSTART;TZID=W. Europe Standard Time:20260710T090000", datetime(2026, 7, 10, 7, tzinfo=UTC)),
        ("DTSTART:20260310T090000", datetime(2026, 3, 10, 9, tzinfo=UTC)),
        ("DTSTART;TZID=Nowhere/Land:20260310T090000", datetime(2026, 3, 10, 9, tzinfo=UTC)),
        ("DTSTART;VALUE=DATE:20260310", datetime(2026, 3, 10, tzinfo=UTC)),
        ("DTSTART:tomorrow", None),
        ("X-NONE:1", None),
    ],
)
def test_times_are_in_utc(start, expected):
    (event,) = events([ics(start=start, end="X-NONE:2")])
    assert event.start == expected


@pytest.mark.parametrize("year", ["0001", "1989", "2101", "9999"])
def test_a_time_no_clock_will_show_is_none(year):
    [event] = events([ics(start=f"DTSTART:{year}1231T233000Z", end=f"DTEND:{year}1231T235000Z")])
    assert (event.start, event.end) == (None, None)


def test_the_end_may_be_a_duration():
    (event,) = events([ics(end="DURATION:PT45M")])
    assert event.end == datetime(2026, 3, 10, 9, 45, tzinfo=UTC)


@pytest.mark.parametrize("method", ["CANCEL", "COUNTER", "reply"])
def test_the_method_is_kept(method):
    assert events([ics(method=method)])[0].method == method.upper()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BEGIN:VEVENT",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
        "BEGIN:VCALENDAR\r\n" * 5_000,
        ics() + "x" * MAX_OCTETS,
    ],
)
def test_a_broken_or_huge_calendar_has_no_events(text):
    assert events([text]) == ()


@pytest.mark.parametrize(
    "begin", ["BEGIN:VTIMEZONE", "begin;X=1:vtimezone", "BEGIN:VTIME\r\n ZONE", "BEGIN:VTIME\u2028\tZONE"]
)
def test_a_zone_of_the_senders_own_is_neither_expanded_nor_remembered(begin):
    rules = "DTSTART:16010101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0900\r\nRRULE:FREQ=SECONDLY"
    zone = f"BEGIN:STANDARD\r\n{rules}\r\nEND:STANDARD\r\n"
    own = f"{begin}\r\nTZID:Europe/Berlin\r\n{zone * 200}END:VTIMEZONE\r\n"
    (event,) = events([ics(start="DTSTART;TZID=Europe/Berlin:20260310T090000", extra=own)])
    assert event.start == datetime(2026, 3, 10, 8, tzinfo=UTC)


def test_calendars_together_are_capped():
    large = ics(extra=f"X-LONG:{'a' * 400_000}\r\n")
    assert len(events([large] * 5)) == 2


def test_events_are_capped():
    assert len(events([ics(n=100), ics()])) == MAX_EVENTS


def test_a_broken_calendar_does_not_spoil_the_next():
    assert len(events(["BEGIN:VEVENT:", ics()])) == 1


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=60))
def test_no_calendar_raises(text):
    events([ics(extra=text), ics(start=text), text])


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: text/calendar; charset=utf-8; method=REQUEST",
        'Content-Type: application/ics; name="invite.ics"',
        'Content-Type: application/octet-stream; name="invite.ics"',
        'Content-Type: text/plain; name="Invite.ICS"\r\nContent-Disposition: attachment',
    ],
)
def test_calendars_are_found_whatever_they_are_called(header):
    message = parsed(mail("Content-Type: text/plain\r\n\r\nSee you then.", f"{header}\r\n\r\n{ics()}"))
    assert message.text == "See you then."
    assert [event.uid for event in message.calendar] == ["42@acme.example"]


def test_an_invitation_needs_no_words():
    message = parsed(mail(f"Content-Type: text/calendar\r\n\r\n{ics()}"))
    assert message.text == ""
    assert len(message.calendar) == 1


def test_an_invitation_that_cannot_be_read_is_no_empty_message():
    with pytest.raises(ParseFailure, match="no readable text: only text/calendar"):
        parsed(mail("Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"))
