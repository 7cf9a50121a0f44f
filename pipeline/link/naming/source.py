"""A message as names are read from it: its lines unwrapped, its sender looked up, its language known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.records import Address, Direction

if TYPE_CHECKING:
    from pipeline.link.naming.tables import Language, Tables
    from pipeline.records import Fact

MAX_TEXT = 1_700
_MAX_SUBJECT = 300
_MAX_END = 500  # characters of a long text's end, where the signature stands
_WRAPPED = 55  # a line this long goes on in the next
_MARKED = 600
_N_LANGUAGES = 2
_WORD = re.compile(r"[^\W\d_]+")
_ANSWERED = re.compile(
    r"(?i)^\s*(?:(?:re|aw|fw|fwd|wg|sv|vs|tr|rv|antw|odp|ynt|回复|回复)\s*:|\[external\]|\[ext\])\s*"
)
_FROM = "from|von|de|da|van|od|från|fra|lähettäjä|kimden|od koho|发件人|差出人|보낸 사람"
_FORWARDED = re.compile(rf"(?im)^(?:>\s?)?(?:{_FROM})\s?:\s*(?P<name>[^<\n]{{0,80}}?)\s*<(?P<address>[^>\s]{{3,120}})>")
_INNER_SUBJECT = re.compile(
    r"(?im)^(?:>\s?)?(?:subject|betreff|objet|asunto|assunto|oggetto|onderwerp|temat|ämne|emne)\s?:\s*(?P<subject>[^\n]{2,300})$"
)


@dataclass(frozen=True, slots=True)
class Source:
    """What of a message names are looked for in.

    ``lines`` is the text as it stands, ``text`` the same with wrapped lines joined and the end of a
    long one kept; ``theirs`` are the addresses on the employer's side, ``readers`` the words of the applicant's
    name in the header, ``greeted`` those the text greets.
    """

    subject: str
    lines: str
    text: str
    theirs: tuple[Address, ...]
    is_forwarded: bool
    greeted: frozenset[str]
    readers: frozenset[str]
    languages: tuple[Language, ...]


def source_of(fact: Fact, tables: Tables) -> Source:
    """The message made ready."""
    lines = fact.text if len(fact.text) <= MAX_TEXT else f"{fact.text[: MAX_TEXT - _MAX_END]}\n{fact.text[-_MAX_END:]}"
    subject, inner = _bare_subject(fact.subject[:_MAX_SUBJECT]), _FORWARDED.search(lines[:1_000])
    if inner:
        named = _INNER_SUBJECT.search(lines[:1_500])
        subject = _bare_subject(named["subject"]) if named else subject
        theirs: tuple[Address, ...] = (Address(inner["name"].strip("\"' *"), inner["address"].strip()),)
    else:
        theirs = fact.to if fact.direction is Direction.OUT else (fact.from_, *fact.reply_to)
    readers = _words(" ".join(address.display_name for address in (fact.from_,) if fact.direction is Direction.OUT))
    if fact.direction is Direction.IN:
        readers = _words(" ".join(address.display_name for address in fact.to))
    greeting = tables.words.greeting.search(lines[:_MARKED])
    greeted = _words(greeting["reader"]) if greeting and fact.direction is Direction.IN else frozenset[str]()
    if greeted & tables.words.empty:  # "Dear Acme applicant"
        greeted = frozenset()
    languages = _languages(subject, lines, tables)
    return Source(subject, lines, _unwrapped(lines), theirs, bool(inner), greeted, readers, languages)


def _bare_subject(subject: str) -> str:
    """Without the marks of answers, forwards and gateways."""
    before = ""
    while before != subject:
        before, subject = subject, _ANSWERED.sub("", subject)
    return " ".join(subject.split())


def _unwrapped(lines: str) -> str:
    """Paragraphs on one line each; short lines stay lines."""
    out: list[str] = []
    goes_on = False
    for line in lines.split("\n"):
        if goes_on and line.strip():
            out[-1] += f" {line.strip()}"
        else:
            out.append(line.strip())
        goes_on = len(line) >= _WRAPPED
    return "\n".join(out)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _languages(subject: str, lines: str, tables: Tables) -> tuple[Language, ...]:
    """The languages whose words or script it shows, the likeliest first; English where it shows none."""
    beginning = f"{subject}\n{lines[:_MARKED]}"
    words = _words(beginning)
    hits = [
        (len(language.script.findall(beginning)) / 4 if language.script else len(language.marks & words), -n, language)
        for n, language in enumerate(tables.languages)
    ]
    likely = sorted((hit for hit in hits if hit[0] >= 2), reverse=True, key=lambda hit: hit[:2])[:_N_LANGUAGES]  # noqa: PLR2004  one word may be a name's
    known = tuple(language for n, _, language in likely if 2 * n >= likely[0][0])
    return known or tables.languages[:1]
