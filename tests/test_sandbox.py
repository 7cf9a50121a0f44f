"""The sandbox: whatever a message does to the parser, the next one is read."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from factories import octets_of

from pipeline.errors import ParseFailure
from pipeline.parse import parse
from pipeline.records import Direction, RawMessage
from pipeline.sandbox import Sandbox

WHEN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def raw(octets: bytes) -> RawMessage:
    return RawMessage(octets, Direction.IN, internaldate=WHEN)


def test_what_comes_back_is_what_the_parser_gives():
    octets = octets_of("Your application", "Thank you. See https://calendly.com/x\n\nOn Monday, Jo wrote:\n> hello\n")
    with Sandbox() as sandbox:
        assert sandbox.read(raw(octets)) == parse(octets, direction=Direction.IN, internaldate=WHEN)


def test_one_child_reads_many():
    with Sandbox() as sandbox:
        sandbox.read(raw(octets_of("one", "one")))
        child = sandbox._child
        assert sandbox.read(raw(octets_of("two", "two" * 100_000))).subject == "two"
        assert sandbox._child is child


def test_a_message_without_text_is_unreadable_and_the_next_is_read():
    with Sandbox() as sandbox:
        with pytest.raises(ParseFailure):
            sandbox.read(raw(b"\r\n"))
        assert sandbox.read(raw(octets_of("next", "text"))).text == "text"


def test_a_message_that_takes_too_long_costs_only_itself():
    with Sandbox(wall_seconds=0.000_1) as hasty:
        with pytest.raises(ParseFailure, match="too long"):
            hasty.read(raw(octets_of("slow", "text")))
        hasty._wall_seconds = 30
        assert hasty.read(raw(octets_of("next", "text"))).text == "text"


def test_a_message_that_takes_too_much_memory_costs_only_itself():
    big = octets_of("big", "word " * 8_000_000)
    with Sandbox(memory_bytes=300_000_000) as sandbox:
        with pytest.raises(ParseFailure, match="(?i)memory"):
            sandbox.read(raw(big))
        assert sandbox.read(raw(octets_of("next", "text"))).text == "text"


def test_a_child_that_dies_is_replaced():
    with Sandbox() as sandbox:
        sandbox.read(raw(octets_of("one", "one")))
        sandbox._child.kill()
        sandbox._child.wait()
        with pytest.raises(ParseFailure):
            sandbox.read(raw(octets_of("two", "two")))
        assert sandbox.read(raw(octets_of("three", "three"))).subject == "three"


def test_the_child_gets_no_secrets(monkeypatch):
    monkeypatch.setenv("UNGHOST_PASSWORD", "canary")
    with Sandbox() as sandbox:
        sandbox.read(raw(octets_of("one", "one")))
        environment = Path(f"/proc/{sandbox._child.pid}/environ").read_bytes()
    assert b"canary" not in environment


def test_the_child_ends_with_the_sandbox():
    with Sandbox() as sandbox:
        sandbox.read(raw(octets_of("one", "one")))
        pid = sandbox._child.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
