"""No hostile message stops a run: each parses or is refused, and none hangs or loses its text.

How long each takes is shown by ``make bench``; here a case fails only if it hangs.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from torture import bombs

from pipeline.errors import ParseFailure
from pipeline.parse import content_key, parse
from pipeline.parse.quotes import split
from pipeline.records import Direction

ARRIVED = datetime(2026, 3, 3, 9, tzinfo=UTC)
pytestmark = pytest.mark.timeout(90)
BOMBS = bombs()
# What cannot be read is refused by name, so that a text lost to a change is seen here.
REFUSED = {
    "nest-multipart-1000": "parts nested too deeply",
    "nest-multipart-5000": "too many nested parts",
    "nest-rfc822-1000": "parts nested too deeply",
    "nest-rfc822-5000": "parts nested too deeply",
    "empty": "no text",
    "only-newlines": "no text",
    "garbage": "no readable text: only text/plain",
    "garbage-headers": "no readable text: only text/plain",
    "utf16-file": "no readable text: only text/plain",
    "charset-zlib-bomb": "no readable text: only text/plain",
    "b64-garbage": "no readable text: only text/plain",
    "uu-bad": "no readable text: only text/plain",
    "cte-gzip": "no readable text: only text/plain",
    "cte-binary-nul": "no readable text: only text/plain",
    "text-zwj": "no readable text: only text/plain",
    "text-tags": "no readable text: only text/plain",
    "body-octet": "no readable text: only application/octet-stream",
    "body-pgp": "no readable text: only application/pgp-encrypted, application/octet-stream",
    "body-smime": "no readable text: only application/pkcs7-mime",
}
# A boundary of 200 kB (RFC 2046 section 5.1.1 allows 70) is no boundary; of two contradicting alternatives one is read.
SAYS_OTHER = {"boundary-long", "alt-contradict"}
WITHOUT_TEXT = {"body-calendar", "text-newlines", "text-spaces-nl"}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_parses_or_is_refused_and_keeps_its_text(name):
    try:
        message = parse(BOMBS[name], direction=Direction.IN, internaldate=ARRIVED)
        outcome = None
    except ParseFailure as failure:
        outcome = str(failure)
    assert outcome == REFUSED.get(name)
    if outcome is None and name not in SAYS_OTHER:
        assert bool(message.text) is (name not in WITHOUT_TEXT)
        if b"Unfortunately" in BOMBS[name]:
            assert "Unfortunately" in message.text
        if b"We regret to inform you" in BOMBS[name]:
            assert "We regret to inform you" in message.text


def test_every_bomb_has_a_key_of_its_own():
    """Nothing, and nothing but line ends, are one."""
    keys = {content_key(octets): name for name, octets in BOMBS.items() if name != "empty"}
    assert len(keys) == len(BOMBS) - 1
    assert keys[content_key(BOMBS["empty"])] == "only-newlines"


HOSTILE_LINES = {
    "on": "On On On 1/1\n",
    "on-colon": "On 3 Mar 2026 x:\n",
    "wrote": "On 3 Mar 2026 at 9:00\nJane\nwrote:\n> x\n",
    "from": "From: a\nSent: b\n",
    "labels": "From: a\nTo: b\nSubject: c\n",
    "forwards": "---------- Forwarded message ----------\n",
    "originals": "-----Original Message\n",
    "signatures": "-- \n",
    "quotes": ">\n",
    "paragraphs": "confidential message\n\n",
    "mobile": "von meinem von meinem von meinem\n",
    "letters": "a\n",
    "colons": ":\n",
}


@pytest.mark.parametrize("name", HOSTILE_LINES)
def test_splitting_hostile_lines_does_not_hang(name):
    text = (HOSTILE_LINES[name] * 200_000)[:200_000]
    new, _ = split(text, is_forward=True)
    assert new
