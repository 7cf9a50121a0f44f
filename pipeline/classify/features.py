"""Turn a message into the terms that training and prediction both see; there is no other way in.

Terms are words and pairs of neighbouring words of subject and new text, the subject's once
more under a prefix of their own, and marks of structure.  Of a word the first six letters
count: its inflected forms are one; of a long word the last six as well: what a compound is a kind
of stands there.  Scripts written without spaces give characters and pairs of characters instead;
in Hebrew, Arabic and Korean, where what is a word of its own elsewhere is put before or behind a
word, runs of three characters are added.  Digits become ``0``: a date or a salary says that there is
one, not which.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from pipeline.sentences import GOES_ON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.records import Message

# What a message is about is said early; later come signatures, legal notes and unsubscribe lines.
MAX_CHARACTERS = 3_000
MAX_SUBJECT = 300
STEM = 6

_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Thai, Lao, kana, Han
_WORD = rf"[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+(?:'[^\W\d_]+)?|\d+"
_LINK = r"https?://[^\s<>\"')\]]+|[\w.+-]+@[\w.-]+"
_TERM, _TERM_OR_LINK = re.compile(_WORD), re.compile(f"{_LINK}|{_WORD}")
# The same for ASCII in lower case, which is most mail, in half the time.
_ASCII_TERM = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+")
_AFFIXED = re.compile("[\u0590-\u06ff\uac00-\ud7af]")  # Hebrew, Arabic, Hangul
_SENTENCE_END = re.compile(rf"\s(?:(?<=[.!?؟。！？]\s)(?!{GOES_ON})|(?<=\n))\s*")  # noqa: RUF001  full-width marks are meant
_FULL_WIDTH_STOP = re.compile("[。！？]")  # noqa: RUF001
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
    if "\u3002" in text or "\uff01" in text or "\uff1f" in text:  # no space follows these
        text = _FULL_WIDTH_STOP.sub(r"\g<0>\n", text)
    return [part for part in _SENTENCE_END.split(text.strip()) if part]


def words(sentence: str) -> list[str]:
    """The words of one sentence in order, cut to STEM letters; digits as ``0``, a link or an address as one mark."""
    return _cut(_whole_words(sentence))


def _whole_words(sentence: str) -> list[str]:
    has_link = "@" in sentence or "://" in sentence
    pattern = _TERM_OR_LINK if has_link else _ASCII_TERM if sentence.isascii() else _TERM
    return pattern.findall(sentence.lower())


def _cut(whole: list[str]) -> list[str]:
    return [term[:STEM] if term.isalpha() else _masked(term) for term in whole]


def _masked(term: str) -> str:
    if term.isdigit():
        return "0"
    if "://" in term:
        return "<link>"
    return "<address>" if "@" in term else term[:STEM]


def sentence_terms(sentence: str) -> list[str]:
    """The words of one sentence, its pairs of neighbouring words, and the ends and runs of letters of some words."""
    whole = _whole_words(sentence)
    found = _cut(whole)
    ends = ["~" + term[-STEM:] for term in whole if len(term) > STEM and term.isalpha()]
    if not sentence.isascii():
        ends += chain.from_iterable(_runs(term) for term in whole if _AFFIXED.match(term))
    return [*found, *map(" ".join, pairwise(found)), *ends]


def _runs(word: str) -> Iterator[str]:
    """Every three neighbouring characters of a word, with a mark at its beginning and its end."""
    marked = f"^{word}$"
    return (marked[start : start + 3] for start in range(len(marked) - 2))


def terms(message: Message) -> Iterator[str]:
    """All terms of a message, with repetitions."""
    return chain.from_iterable(found for _, found in parts(message))


def parts(message: Message) -> Iterator[tuple[str, list[str]]]:
    """The subject, each sentence of the new text, and what has no words, each with its terms."""
    subject = message.subject[:MAX_SUBJECT]
    found = sentence_terms(subject)
    yield subject, [*found, *("s:" + term for term in found)]
    for sentence in sentences(message.text[:MAX_CHARACTERS]):
        yield sentence, sentence_terms(sentence)
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
