"""The wordings of letters, by language and kind, as read from ``drafts.toml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.blanks import blanks_of
from pipeline.draft.kinds import DraftKind
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.rulefile import RuleFile

BLANKS = (
    "person",
    "role",
    "employer",
    "applied",
    "interview",
    "asked",
    "answered",
    "promised",
    "expected",
    "offered",
    "due",
)
_PATTERNS = ("unattended", "unread", "automatic")
_PARTS = ("subject", "text")

# Paragraphs of sentences of alternatives, the fullest first.
Text = tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """One kind of letter in one language."""

    subject: Text
    text: Text


@dataclass(frozen=True, slots=True)
class Tongue:
    """How letters are written in one language; ``first_day`` is how it writes the first of a month."""

    locale: str
    greeting: Text
    farewell: str
    first_day: str
    letters: Mapping[DraftKind, Wording]


@dataclass(frozen=True, slots=True)
class LetterBook:
    """All languages by their code; patterns of addresses nobody reads, of messages that say so, of automatic subjects.

    ``otherwise`` is the language used where the correspondence is in none of these.
    """

    tongues: Mapping[str, Tongue]
    otherwise: str
    unattended: re.Pattern[str]
    unread: re.Pattern[str]
    automatic: re.Pattern[str]


def filled(text: Text, facts: Mapping[str, str]) -> str:
    """The text with ``facts`` in its blanks; a sentence whose blanks are not all known is left out."""
    paragraphs = (" ".join(filter(None, (_sentence(each, facts) for each in sentences))) for sentences in text)
    return "\n\n".join(filter(None, paragraphs))


def _sentence(alternatives: tuple[str, ...], facts: Mapping[str, str]) -> str:
    """The first of which all is known; empty when none is."""
    return next((each.format_map(facts) for each in alternatives if blanks_of(each) <= facts.keys()), "")


def read_letters(rules: RuleFile) -> LetterBook:
    """The letters of a ``drafts.toml``; raises ConfigError with every problem in it."""
    table = rules.table()
    problems: list[str] = []
    patterns = {key: _pattern(key, table.pop(key, None), problems) for key in _PATTERNS}
    otherwise = _string("otherwise", table.pop("otherwise", None), problems)
    tongues = {code: _tongue(code, entry, problems) for code, entry in table.items()}
    if otherwise and otherwise not in tongues:
        problems.append(f"otherwise: there is no {otherwise!r} in it; there are {', '.join(tongues) or 'none'}")
    if problems:
        raise ConfigError(rules.source, problems)
    return LetterBook(tongues, otherwise, **patterns)


def _pattern(key: str, value: str | None, problems: list[str]) -> re.Pattern[str]:
    try:
        return re.compile(_string(key, value, problems), re.IGNORECASE)
    except re.error as error:
        problems.append(f"{key}: is no regular expression: {error}")
        return re.compile("")


def _tongue(code: str, entry: Mapping[str, Any], problems: list[str]) -> Tongue:
    locale = _string(f"{code}.locale", entry["locale"], problems)
    if locale and not _is_locale(locale):
        problems.append(f"{code}.locale: {locale!r} is no locale; write one like 'en_GB'")
    return Tongue(
        locale=locale,
        greeting=_text(f"{code}.greeting", entry["greeting"], problems),
        farewell=_string(f"{code}.farewell", entry["farewell"], problems).strip(),
        first_day=_string(f"{code}.first_day", entry.get("first_day", "1"), problems),
        letters={kind: _wording(f"{code}.{kind}", entry[kind], problems) for kind in DraftKind},
    )


def _wording(place: str, entry: Mapping[str, str], problems: list[str]) -> Wording:
    return Wording(*(_text(f"{place}.{part}", entry.get(part), problems) for part in _PARTS))


def _text(place: str, value: str | None, problems: list[str]) -> Text:
    """The paragraphs of a text, which must say something even where nothing is known."""
    written = _string(place, value, problems)
    text = tuple(_paragraph(each, place, problems) for each in re.split(r"\n\s*\n", written.strip()) if each.strip())
    if not any(not _known_blanks(each, place, []) for paragraph in text for sentence in paragraph for each in sentence):
        problems += [f"{place}: every sentence has a blank; one must do without"] if written else []
    return text


def _paragraph(written: str, place: str, problems: list[str]) -> tuple[tuple[str, ...], ...]:
    sentences: list[list[str]] = []
    for line in filter(None, map(str.strip, written.splitlines())):
        words = line.removeprefix("|").strip()
        _known_blanks(words, place, problems)
        if line.startswith("|") and sentences:
            sentences[-1].append(words)
        else:
            sentences.append([words])
    return tuple(map(tuple, sentences))


def _known_blanks(sentence: str, place: str, problems: list[str]) -> set[str]:
    """The blanks of a sentence, those that are none named among the problems."""
    try:
        found = blanks_of(sentence)
    except ValueError as error:
        problems.append(f"{place}: has a blank that cannot be filled in: {error}")
        return {sentence}
    problems += [f"{place}: unknown blank {{{name}}}; known: {', '.join(BLANKS)}" for name in sorted(found - {*BLANKS})]
    return found


def _string(place: str, value: str | None, problems: list[str]) -> str:
    if value and value.strip():
        return value
    problems.append(f"{place}: is missing")
    return ""


def _is_locale(name: str) -> bool:
    from babel.core import Locale, UnknownLocaleError  # noqa: PLC0415  only a letter needs the locale data

    try:
        return bool(Locale.parse(name))
    except (UnknownLocaleError, ValueError, TypeError):
        return False
