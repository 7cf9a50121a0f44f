"""What words of many languages mean, so that what is learned of one language serves the others.

A *meaning* (``interview``, ``not``, ``parcel``) is a term like the words that have it, and so is each two of
them in one sentence, in whatever order a language puts them.  How much each counts is learned;
``models/meanings.toml`` only says which words there are for it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import lru_cache
from itertools import chain, combinations
from typing import TYPE_CHECKING

from pipeline.classify.features import UNSPACED, passages, words
from pipeline.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

    from pipeline.records import Message

MEANING = "#"  # before the name of a meaning, as a term
_FIRST = (4, 3, 2)  # letters by which beginnings are found; in ASCII they have four at least
_MIN_REST = 3  # letters a word has at least when what is written before it is taken off
# What is written before a word: one-letter words in Hebrew and Arabic, the Arabic article, elided ones ("l'entretien").
_PREFIXED = re.compile(
    "(?:[\u05d5\u05d4\u05d1\u05dc\u05de\u05e9\u05db]|\u0627\u0644|[\u0648\u0641\u0628\u0644\u0643]|[^']{1,5}')"
)
_ENTRY = re.compile(r"[^\sA-Z*][^\sA-Z*]+\*?|[^\sA-Z*]+(?: [^\sA-Z*]+)+")  # in lower case, of two letters at least
_IN_PHRASES = re.compile(f"[{UNSPACED} ]")
_VIETNAMESE = "\u0110\u0111\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9"
_MAY_HAVE_PHRASES = re.compile(f"[{UNSPACED}{_VIETNAMESE}]")


class Meanings:
    """The meaning of words and phrases.

    ``entries`` maps a word ("cv"), the beginning of words ("interview*"), or a phrase ("ph\u1ecfng v\u1ea5n", and all
    that is written without spaces) to the name of its meaning.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        self.entries = entries
        self._words: dict[str, str] = {}
        self._phrases: dict[str, list[tuple[str, str]]] = {}  # by their first two letters, the longest first
        self._beginnings: dict[str, list[tuple[str, str]]] = {}  # by their first letters, the longest first
        for entry, name in sorted(entries.items(), key=lambda entry: -len(entry[0])):
            if entry.endswith("*"):
                self._beginnings.setdefault(entry[:-1][: _FIRST[0]], []).append((entry[:-1], name))
            elif _IN_PHRASES.search(entry):
                self._phrases.setdefault(entry[:2], []).append((entry, name))
            else:
                self._words[entry] = name
        self._remembered = lru_cache(2**16)(self.of_word)

    def digest(self) -> str:
        """A SHA-256 over the entries."""
        return hashlib.sha256(repr(sorted(self.entries.items())).encode()).hexdigest()

    def of_word(self, word: str) -> str:
        """The meaning of a word in lower case, by the longest beginning that is known; empty when it has none.

        Links and addresses have none: they would tell who writes.
        """
        if "@" in word or "://" in word:
            return ""
        while True:
            if (whole := self._words.get(word)) is not None:
                return whole
            for n_letters in _FIRST[:1] if word.isascii() else _FIRST:
                for beginning, name in self._beginnings.get(word[:n_letters], ()):
                    if word.startswith(beginning):
                        return name
            before = None if word.isascii() and "'" not in word else _PREFIXED.match(word)
            if not before or len(word) - before.end() < _MIN_REST:
                return ""
            word = word[before.end() :]

    def of_phrases(self, passage: str) -> list[str]:
        """The meanings of the phrases in a passage, from left to right, the longest that is known at each place."""
        if passage.isascii() or not _MAY_HAVE_PHRASES.search(passage):
            return []
        passage, names, at = " ".join(passage.lower().split()), [], 0
        while at < len(passage):
            for phrase, name in self._phrases.get(passage[at : at + 2], ()):
                if passage.startswith(phrase, at):
                    names.append(name)
                    at += len(phrase)
                    break
            else:
                at += 1
        return names

    def terms(self, message: Message) -> Iterator[str]:
        """The meanings in a message, with repetitions, and each two that stand in one sentence."""
        return chain.from_iterable(map(self.passage_terms, passages(message)))

    def passage_terms(self, passage: str) -> list[str]:
        """Those of one passage."""
        names = [*filter(None, map(self._remembered, words(passage))), *self.of_phrases(passage)]
        found = [MEANING + name for name in names]
        return [*found, *map(" ".join, combinations(sorted(set(found)), 2))]


def read_meanings(file: Traversable) -> Meanings:
    """The meanings of the words in a TOML file: a table for each language, in it a list of words for each meaning.

    A word that languages do not agree on means what the first of them says.  Raises InputError naming what is none.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file.name} cannot be read ({error}); mend it, or install unghost anew") from error
    entries: dict[str, str] = {}
    for language, table in tables.items():
        for name, listed in table.items() if isinstance(table, dict) else [("", table)]:
            bad = [entry for entry in listed if not _is_entry(entry)] if isinstance(listed, list) else [listed]
            if bad or " " in name:
                told = f"{file.name}: [{language}] {name} has {bad}, no words in lower case"
                raise InputError(f"{told}; mend it, or install unghost anew")
            for entry in listed:
                entries.setdefault(entry, name)
    return Meanings(entries)


def _is_entry(entry: object) -> bool:
    return isinstance(entry, str) and _ENTRY.fullmatch(entry) is not None
