"""Turn a message into the terms that training and prediction both see; there is no other way in.

Terms are words and pairs of neighbouring words of subject and new text, the subject's once
more under a prefix of their own, and marks of structure.  Scripts written without spaces
give characters and pairs of characters instead.  Digits become ``0``: a date or a salary
says that there is one, not which.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.records import Message

# What a message is about is said early; later come signatures, legal notes and unsubscribe lines.
MAX_CHARACTERS = 3_000
MAX_SUBJECT = 300

_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Thai, Lao, kana, Han
_TERM = re.compile(rf"https?://[^\s<>\"')\]]+|[\w.+-]+@[\w.-]+|[{_UNSPACED}]+|[^\W\d_{_UNSPACED}]+(?:'[^\W\d_]+)?|\d+")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？؟])\s+|(?<=[。！？])|\n+")  # noqa: RUF001  full-width marks are meant
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\b\d{1,2} ?[ap]\.?m\b", re.IGNORECASE)
_HOST = re.compile(r"https?://([\w.-]+)", re.IGNORECASE)

# Links that only exist to make an appointment, to hold one, or to be tested.
_LINK_MARKS = {
    "scheduling": (
        "calendly.com", "goodtime.io", "modernloop.io", "cal.com", "savvycal.com", "chilipiper.com",
        "outlook.office365.com", "bookings.cloud.microsoft", "calendar.app.google", "doodle.com", "youcanbook.me",
        "koalendar.com", "prelude.co", "paradox.ai",
    ),
    "meeting": (
        "meet.google.com", "zoom.us", "teams.microsoft.com", "teams.live.com", "webex.com", "whereby.com",
        "meet.jit.si", "chime.aws", "gotomeeting.com",
    ),
    "test": (
        "hackerrank.com", "codility.com", "codesignal.com", "testgorilla.com", "hirevue.com", "shl.com",
        "ondemandassessment.com", "criteriacorp.com", "eskill.com", "coderpad.io", "coderbyte.com", "byteboard.dev",
        "sparkhire.com", "willo.video", "harver.com", "pymetrics.ai", "karat.com", "qualified.io", "testdome.com",
        "devskiller.com", "vervoe.com", "cut-e.com", "aon.com", "mettl.com", "hireflix.com", "talogy.com",
    ),
}  # fmt: skip


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, without empty ones."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part and part.strip()]


def words(sentence: str) -> list[str]:
    """The terms of one sentence in order: words, digits as ``0``, links and addresses as one mark each."""
    found: list[str] = []
    for term in _TERM.findall(sentence.lower()):
        if term.startswith("http"):
            found.append("<link>")
        elif "@" in term:
            found.append("<address>")
        elif term[0].isdigit():
            found.append("0")
        elif _UNSPACED_RUN.match(term):
            found.extend(term)
        else:
            found.append(term)
    return found


def sentence_terms(sentence: str, prefix: str = "") -> Iterator[str]:
    """The words of one sentence and its pairs of neighbouring words."""
    previous = ""
    for word in words(sentence):
        yield prefix + word
        if previous:
            yield f"{prefix}{previous} {word}"
        previous = word


def terms(message: Message) -> Iterator[str]:
    """All terms of a message, with repetitions."""
    for _, part in parts(message):
        yield from part


def parts(message: Message) -> Iterator[tuple[str, list[str]]]:
    """The subject, each sentence of the new text, and what has no words, each with its terms."""
    subject = message.subject[:MAX_SUBJECT]
    yield subject, [*sentence_terms(subject), *sentence_terms(subject, "s:")]
    for sentence in sentences(message.text[:MAX_CHARACTERS]):
        yield sentence, list(sentence_terms(sentence))
    yield "", list(marks(message))


def marks(message: Message) -> Iterator[str]:
    """What one sees of a message without reading it, as terms that no word can be."""
    text = message.text
    for event in message.calendar[:1]:
        yield f"<calendar {event.method.lower() or 'part'}>"
    for mark, hosts in _LINK_MARKS.items():
        if any(_is_host(host, hosts) for host in message.hosts):
            yield f"<{mark} link>"
    yield f"<length {min(len(text) // 300, 8)}>"
    yield f"<links {min(len(message.hosts), 5)}>"
    if "?" in text:
        yield "<question>"
    if _CLOCK.search(text[:MAX_CHARACTERS]):
        yield "<clock>"
    if message.is_reply or _is_reply_subject(message.subject):
        yield "<reply>"


def hosts_of(text: str) -> tuple[str, ...]:
    """The hosts that links in a plain text point to, each once, in order."""
    return tuple(dict.fromkeys(host.lower().strip(".") for host in _HOST.findall(text)))


@cache
def _is_host(host: str, known: tuple[str, ...]) -> bool:
    return any(host == name or host.endswith("." + name) for name in known)


def _is_reply_subject(subject: str) -> bool:
    return subject[:4].lower().startswith(("re:", "aw:", "sv:", "rv:", "odp:", "vs:", "ynt:"))
