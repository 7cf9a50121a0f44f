"""Turn a message into the terms that training and prediction both see; there is no other way in.

Terms are words and pairs of neighbouring words of subject and new text, the subject's once
more under a prefix of their own, and marks of structure.  Of a word the first six letters
count: its inflected forms are one.  Scripts written without spaces give characters and pairs of
characters instead.  Digits become ``0``: a date or a salary says that there is one, not which.
What words mean (``meanings``) is added to these.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from pipeline.sentences import GOES_ON, STOPS, WRAPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.records import Message

# What a message is about is said early; later come signatures, legal notes and unsubscribe lines.
MAX_CHARACTERS = 3_000
MAX_SUBJECT = 300
STEM = 6
SUBJECT = "s:"  # before the terms of the subject, once more

UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Thai, Lao, kana, Han
_INDIC = "\u0900-\u0963\u0971-\u0dff"  # letters and the signs on them, which are no letters to Unicode
_WORD = rf"(?:[^\W\d_{UNSPACED}{_INDIC}]++|(?:(?!\d)[{_INDIC}])++)++(?:'[^\W\d_]++)?+|\d++|[{UNSPACED}]"
_LINK = r"https?://[^\s<>\"')\]]+|[\w.+-]+@[\w.-]+"
_TERM, _TERM_OR_LINK = re.compile(_WORD), re.compile(f"{_LINK}|{_WORD}")
# The same for ASCII in lower case, which is most mail, in half the time.
_ASCII_TERM = re.compile(r"[a-z]++(?:'[a-z]++)?+|[0-9]++")
# Points on and in letters that few write: in Hebrew and Arabic, and what is left of a Turkish capital in lower case.
_POINTS = re.compile("[\u0307\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
_SENTENCE_END = re.compile(rf"\s(?:(?<=[{STOPS}]\s)(?!{GOES_ON})|(?<=\n)(?!{WRAPPED}))\s*")
_FULL_WIDTH_STOP = re.compile("[。！？]")  # noqa: RUF001
_CLOCK = re.compile(r"\d(?<!\w\d)\d?(?:[:.hH]\d{2}| ?[apAP]\.?[mM])\b")  # a digit first: soon found, or not
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
    """The sentences and lines of a text as they stand there, without empty ones; what was wrapped is one line."""
    if "\u3002" in text or "\uff01" in text or "\uff1f" in text:  # no space follows these
        text = _FULL_WIDTH_STOP.sub(r"\g<0>\n", text)
    return [part for part in _SENTENCE_END.split(text.strip()) if part]


def passages(message: Message) -> list[str]:
    """The subject, and each sentence of the new text."""
    return [message.subject[:MAX_SUBJECT], *sentences(message.text[:MAX_CHARACTERS])]


def words(passage: str) -> list[str]:
    """The words of one passage in order, in lower case; a link, an address and a number are one each."""
    text, is_ascii = passage.lower(), passage.isascii()
    has_link = "@" in text or "://" in text
    pattern = _TERM_OR_LINK if has_link else _ASCII_TERM if is_ascii else _TERM
    return pattern.findall(text if is_ascii else _POINTS.sub("", text))


@lru_cache(2**16)
def stem(word: str) -> str:
    """What stands for a word: its beginning, a mark for a link or an address, ``0`` for a number."""
    if word.isdigit():
        return "0"
    if "://" in word:
        return "<link>"
    return "<address>" if "@" in word else word[:STEM]


def passage_terms(passage: str) -> list[str]:
    """The terms of the words of one passage, and the pairs of neighbouring words."""
    stems = [stem(word) for word in words(passage)]
    return [*stems, *map(" ".join, pairwise(stems))]


def terms(message: Message) -> Iterator[str]:
    """All terms of a message, with repetitions."""
    subject, *text = map(passage_terms, passages(message))
    return chain(subject, (SUBJECT + term for term in subject), chain.from_iterable(text), marks(message))


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
