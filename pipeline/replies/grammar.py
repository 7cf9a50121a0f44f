"""The lines a user may answer a digest with: a closed grammar, in English and German.

A line is understood as a whole or not at all.  Case, umlauts, list marks, quotation marks and the
punctuation at its end do not matter; anything else does, and nothing is guessed.  Only what stands behind
"note" is free, and kept as it was written but for breaks, runs of spaces and what nobody sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.records import KIND_OF_LABEL, Kind, Label, Stage
from pipeline.workdays import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LINE = 200  # characters; a note may be longer
MAX_NAME = 100
MAX_NOTE = 2_000
MAX_SNOOZE_DAYS = 365


class Act(StrEnum):
    """What a line asks for; what it is about is an application, or a message with ``label`` and ``move``."""

    CLOSE = "close"
    NOT_REJECTED = "not rejected"
    REOPEN = "reopen"
    ADVANCE = "advance"
    SNOOZE = "snooze"
    EMPLOYER = "is"
    ROLE = "role"
    APPLIED = "applied"
    DRAFT = "draft"
    NOTE = "note"
    LABEL = "label"
    MOVE = "move"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Order:
    """A line that was understood: what to do, with which application or message, and how.

    ``value`` is a stage, a kind, a name, a day (ISO 8601), a number of days (``14d``) or a note of any length, by
    the act; ``str()`` gives the same order in our words, so that two lines that mean the same are the same text.
    """

    act: Act
    number: int = 0
    value: str = ""

    def __str__(self) -> str:
        """A line that is understood as this order."""
        if self.act is Act.UNDO:
            return "undo"
        if self.act is Act.MOVE:
            return f"move {self.number} {self.value}"
        if self.act is Act.LABEL:
            return f"m{self.number} {self.value}"
        if self.act in {Act.CLOSE, Act.ADVANCE}:
            return f"{self.number} {_words_of(self.act, self.value)}"
        return f"{self.number} {self.act} {self.value}".strip()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase behind an application's number, and what it asks for."""

    act: Act
    value: str
    english: tuple[str, ...]
    german: tuple[str, ...]
    meaning: str


PHRASES = (
    Phrase(Act.CLOSE, Stage.REJECTED, ("rejected", "rejection"), ("abgelehnt", "Absage"), "they said no"),
    Phrase(
        Act.NOT_REJECTED,
        "",
        ("not rejected", "no rejection"),
        ("nicht abgelehnt", "keine Absage"),
        "they did not: the message taken for a no was none, or it is open again",
    ),
    Phrase(
        Act.ADVANCE,
        Stage.INTERVIEW,
        ("interview", "invited", "invitation"),
        ("Gespräch", "eingeladen", "Einladung"),
        "they invited you, by telephone perhaps; after a message taken for a no: that was an invitation",
    ),
    Phrase(Act.ADVANCE, Stage.ASSESSMENT, ("assessment", "test"), ("Aufgabe", "Einstellungstest"), "they want a test"),
    Phrase(Act.ADVANCE, Stage.OFFER, ("offer",), ("Angebot",), "they made an offer"),
    Phrase(Act.CLOSE, Stage.ACCEPTED, ("accepted",), ("angenommen",), "you took the job"),
    Phrase(Act.CLOSE, Stage.WITHDRAWN, ("close", "withdrawn"), ("schließen", "zurückgezogen"), "you let it go"),
    Phrase(Act.CLOSE, Stage.POSITION_CLOSED, ("position closed",), ("Stelle besetzt",), "there is no such post now"),
    Phrase(Act.CLOSE, Stage.GHOSTED, ("ghosted",), ("keine Antwort",), "no answer is to be expected"),
    Phrase(Act.REOPEN, "", ("reopen",), ("wieder öffnen",), "it is open after all"),
    Phrase(Act.DRAFT, "", ("draft",), ("Entwurf",), "you want a draft to send"),
)  # fmt: skip

# Words behind a number and before a value, in English and German; an example of that value, and what it means.
LEADS: Mapping[Act, tuple[tuple[str, ...], tuple[str, ...], str, str]] = {
    Act.SNOOZE: (("snooze", "snooze until"), ("später", "später bis"), "2w", "no silence is claimed until then"),
    Act.EMPLOYER: (("is",), ("ist",), "Acme GmbH", "the employer's name"),
    Act.ROLE: (("role",), ("Rolle",), "Data Analyst", "the position's title"),
    Act.APPLIED: (("applied", "applied on"), ("beworben", "beworben am"), "2026-11-03", "the day you applied"),
    Act.NOTE: (("note",), ("Notiz",), "SQL, window functions", "what you want to remember of it"),
}

_LABELS: Mapping[str, Kind] = {
    **{str(kind): kind for kind in Kind},
    **{str(kind).replace("_", " "): kind for kind in Kind},
    **{str(label): kind for label, kind in KIND_OF_LABEL.items()},
}
_GERMAN_LABELS: Mapping[str, Kind] = {
    "Einladung": KIND_OF_LABEL[Label.INVITATION],
    "Gespräch": Kind.INTERVIEW,
    "Einstellungstest": Kind.ASSESSMENT,
    "Angebot": Kind.OFFER,
    "Absage": Kind.REJECTION,
    "Stelle besetzt": Kind.POSITION_CLOSED,
    "Eingangsbestätigung": Kind.ACKNOWLEDGEMENT,
    "in Prüfung": Kind.IN_REVIEW,
    "pausiert": Kind.PAUSED,
    "zu tun": Kind.ACTION_NEEDED,
    "Anwerbung": Kind.OUTREACH,
    "Stellenanzeige": Kind.JOB_ALERT,
    "nichts davon": KIND_OF_LABEL[Label.NONE],
}
PLACES: Mapping[str, str] = {"new": "new", "nowhere": "nowhere", "neu": "new", "nirgends": "nowhere"}
_UNDO = frozenset({"undo", "rueckgaengig"})

_NUMBER = r"[#(\[]?(?P<number>[0-9]{1,9})[)\]]?[.:,]?"
_ABOUT_APPLICATION = re.compile(_NUMBER + r" (?P<rest>.+)")
_ABOUT_MESSAGE = re.compile(r"m ?" + _NUMBER + r" (?P<rest>.+)", re.IGNORECASE)
_MOVE = re.compile(r"(?:move|verschiebe) m?" + _NUMBER + r" (?:(?:to|nach|zu) )?#?(?P<to>[0-9]{1,9}|[a-z]+)")
_SPAN = re.compile(r"(?P<n>[0-9]{1,3}) ?(?P<unit>d|days?|t|tage?|w|weeks?|wochen?|m|months?|monate?)")
_DAYS = {"d": 1, "t": 1, "w": 7, "m": 30}
_DAY = re.compile(
    r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})|(?P<dd>[0-9]{1,2})\. ?(?P<mm>[0-9]{1,2})\. ?(?P<yy>[0-9]{4})"
)
# A name that begins so is the rest of a sentence: "3 is still open", "4 ist noch in Arbeit".
_NO_NAME = frozenset(
    {"not", "no", "nicht", "kein", "keine", "still", "noch", "a", "an", "ein", "eine", "my", "mein", "meine", "now",
     "jetzt", "already", "schon", "in", "on", "at", "im", "am", "for", "wrong", "falsch", "done", "over", "vorbei",
     "closed", "open", "offen", "gone", "weg", "the", "same", "die", "der", "das", "it", "es", "they", "sie", "waiting"}
)  # fmt: skip
_JOINERS = "\u200c\u200d"  # part of how some scripts are written, and of composed emoji
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_NOT_IN_NAMES = re.compile(r"[?!\"@<>]|://|(?:\S+ ){10}")  # questions, quotes, addresses, whole sentences
_WRAPPING = " \t-*\u2022\u2013\"'`"
_ENDING = " \t.,;:!\"'`"


def understand(line: str) -> Order | None:
    """The order that a line is, or None; never raises."""
    line = " ".join(line.split()).lstrip(_WRAPPING)
    if noted := _NOTE.fullmatch(line):
        return _note(int(noted["number"]), noted["words"] or "")
    return _phrased(line.rstrip(_ENDING)) if len(line) <= MAX_LINE else None


def _phrased(line: str) -> Order | None:
    folded = _fold(line)
    if folded in _UNDO:
        return Order(Act.UNDO)
    if moved := _MOVE.fullmatch(folded):
        return _move(int(moved["number"]), moved["to"])
    if about := _ABOUT_MESSAGE.fullmatch(line):
        kind = _KINDS.get(_fold(about["rest"]))
        return Order(Act.LABEL, int(about["number"]), kind) if kind else None
    if about := _ABOUT_APPLICATION.fullmatch(line):
        return _of_application(int(about["number"]), about["rest"])
    return None


def begins_note(line: str) -> bool:
    """Whether a line is a note, or the beginning of one whose words are still to come."""
    return bool(_NOTE.fullmatch(" ".join(line.split()).lstrip(_WRAPPING)))


def _note(number: int, words: str) -> Order | None:
    words = " ".join("".join(c for c in words if c.isprintable() or c in _JOINERS).split())
    return Order(Act.NOTE, number, words) if any(map(str.isalnum, words)) else None


def _of_application(number: int, rest: str) -> Order | None:
    folded = _fold(rest)
    phrase = _PHRASES.get(folded) or _PHRASES.get(folded.removeprefix("is ").removeprefix("ist "))
    if phrase:
        return Order(phrase.act, number, phrase.value)
    # The longest words first: "snooze until" before "snooze".
    for lead, act in _LEADS:
        if folded.startswith(f"{lead} "):
            value = _VALUES[act](rest.split(maxsplit=lead.count(" ") + 1)[-1])
            return Order(act, number, value) if value else None
    return None


def _move(message: int, to: str) -> Order | None:
    value = to if to.isdecimal() else PLACES.get(to, "")
    return Order(Act.MOVE, message, value.lstrip("0") or "0") if value else None


def _span(text: str) -> str:
    """A number of days as ``14d``, or a day in ISO 8601; empty for anything else, and beyond a year."""
    if span := _SPAN.fullmatch(_fold(text)):
        days = int(span["n"]) * _DAYS[span["unit"][0]]
        return f"{days}d" if 0 < days <= MAX_SNOOZE_DAYS else ""
    return _day(text)


def _day(text: str) -> str:
    """A day in ISO 8601; in digits only where nobody can read another one in them."""
    found = _DAY.fullmatch(text)
    if not found:
        return ""
    year, month, day = (int(found[one] or found[other]) for one, other in (("y", "yy"), ("m", "mm"), ("d", "dd")))
    try:
        return date(year, month, day).isoformat() if FIRST_YEAR <= year <= LAST_YEAR else ""
    except ValueError:
        return ""


def _name(text: str) -> str:
    """A name as it was written; empty where the words are no name."""
    name = text.strip(_ENDING)
    first = _fold(name.partition(" ")[0])
    is_name = bool(name) and len(name) <= MAX_NAME and any(map(str.isalpha, name)) and name.isprintable()
    says_something_else = _NOT_IN_NAMES.search(name) or (first in _NO_NAME and name[0].islower())
    return "" if not is_name or says_something_else else name


def _fold(text: str) -> str:
    return text.casefold().translate(_FOLDED)


def _words_of(act: Act, value: str) -> str:
    return next(phrase.english[0] for phrase in PHRASES if (phrase.act, phrase.value) == (act, value))


_PHRASES = {_fold(words): phrase for phrase in PHRASES for words in (*phrase.english, *phrase.german)}
_KINDS = {_fold(words): kind for words, kind in (*_LABELS.items(), *_GERMAN_LABELS.items())}
_VALUES = {Act.SNOOZE: _span, Act.EMPLOYER: _name, Act.ROLE: _name, Act.APPLIED: _day}
_LEADS = sorted(
    ((_fold(words), act) for act in _VALUES for words in (*LEADS[act][0], *LEADS[act][1])),
    key=lambda pair: -len(pair[0]),
)
_NOTES = "|".join(_fold(words) for words in (*LEADS[Act.NOTE][0], *LEADS[Act.NOTE][1]))
_NOTE = re.compile(rf"{_NUMBER} (?:{_NOTES})(?:(?:: ?| )(?P<words>.+)|:)?", re.IGNORECASE)
