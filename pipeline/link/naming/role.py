"""Which role a message speaks of, and under which number."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.link.naming.found import NOTHING, Found, agree, best_of
from pipeline.link.naming.parts import leftovers
from pipeline.link.naming.words import is_occupation, squashed, title_of, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.link.naming.source import Source
    from pipeline.link.naming.tables import Tables
    from pipeline.records import Fact

_MAX_HITS = 6
_CAPITAL, _SMALL, _SMALL_IN_TEXT = 0.8, 0.7, 0.6  # what a title without a known occupation is worth of its source
_LABELS = (
    "(?:job |role |position )?title|position|role|job|post|vacancy|stelle|rolle|poste|offre|puesto|vacante|vaga|cargo"
    "|functie|vacature|posizione|ruolo|stanowisko|tjänst|stilling|pozice|posisi|vị trí|посада|职位|職種|직무|ตำแหน่ง"
)
_LABEL = re.compile(
    rf"(?im)^[ \t•*-]{{0,8}}(?:{_LABELS})(?: applied for| name)?\s?[:\uff1a]\s*(?P<role>[^\n]{{2,110}})$"
)
_AT_EMPLOYER = r"(?i)[\s,]+(?:at|with|by|[-–—|@]|bei|chez|en|na|presso|bij|hos|within)\s*(?:the )?"  # noqa: RUF001
_QUOTED = re.compile(r"[«\"“„]\s?(?P<title>[^\"«»“”\n]{3,80}?)\s?[»\"”“]")
_IN_BRACKETS = re.compile(r"\(([^()\n]{3,80})\)")
_REST = re.compile(r" (?:for|with|at)\b.*$")
_MIN_FIRST = 5  # letters by which an employer is known where only the first word of its name is told
_DATE = re.compile(r"^(?:\d{1,4}[-/.]){2}\d{1,4}$|^(?:19|20)\d\d$")
_PARTS = frozenset({"subject part", "calendar"})  # where only a word for an occupation makes a title
_MIN_DIGITS = 2
_MAX_NUMBER = 24


def role_in(fact: Fact, source: Source, employer: str, tables: Tables) -> Found:
    """The role's title; NOTHING when the message does not say, or only names the employer."""
    said = roles_said(fact, source, employer, tables)
    best = best_of(said, tables.floor["role"], _key)
    return replace(best, value=_as_repeated(best.value, said, source))


def _as_repeated(title: str, said: list[Found], source: Source) -> str:
    """The longest that begins so and stands, word for word, both in the subject and in the text."""
    longer = [
        one.value
        for one in said
        if _key(one.value).startswith(_key(title)) and one.value in source.subject and one.value in source.text
    ]
    return max([title, *longer], key=len) if title else ""


def roles_said(fact: Fact, source: Source, employer: str, tables: Tables) -> list[Found]:
    """Every title, by each source on its own."""
    candidates: list[Found] = []
    for how, raw in _named(fact, source, tables):
        title = title_of(_without_rest(_without_employer(raw, employer), how), tables)
        if not title or _is_no_title(title, employer, source) or (how in _PARTS and not is_occupation(title, tables)):
            continue
        sureness = tables.sureness["role"][how] * _worth(title, how, tables)
        candidates.append(Found(title, how, sureness))
    return candidates


def _worth(title: str, how: str, tables: Tables) -> float:
    if is_occupation(title, tables):
        return 1
    if not title[0].islower():
        return _CAPITAL
    return _SMALL_IN_TEXT if how == "text" else _SMALL


def _key(title: str) -> str:
    return "".join(re.findall(r"[^\W_]+", title.casefold()))


def _named(fact: Fact, source: Source, tables: Tables) -> Iterator[tuple[str, str]]:
    """Every (how, title) in the message, not judged yet."""
    yield from (("job board", raw) for raw in _on_boards(source, tables))
    yield from (("subject", raw) for raw in _by_patterns(source.subject, source, tables))
    yield from (("subject", raw) for raw in _quoted(source.subject, tables))
    yield from (("subject part", raw) for raw in _IN_BRACKETS.findall(source.subject))
    yield from (("label", match["role"]) for match in _first(_LABEL, source.lines))
    yield from (("text", raw) for raw in _by_patterns(source.text, source, tables))
    yield from (("text", raw) for raw in _quoted(source.text, tables))
    yield from (("subject part", raw) for raw, _ in leftovers(source.subject, tables))
    for event in fact.calendar[:1]:
        yield from (("calendar", raw) for raw in _by_patterns(event.summary, source, tables))
        yield from (("calendar", raw) for raw, _ in leftovers(event.summary, tables))


def _on_boards(source: Source, tables: Tables) -> Iterator[str]:
    is_board = any(tables.relay_of(address.domain) in tables.boards for address in source.theirs[:1])
    for pattern in tables.board_layouts if is_board else ():
        match = pattern.search(source.subject) or pattern.search(source.lines[:600])
        if match and match.groupdict().get("role"):
            yield match["role"]


def _first(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    for n, match in enumerate(pattern.finditer(text)):
        if n == _MAX_HITS:
            return
        yield match


def _by_patterns(text: str, source: Source, tables: Tables) -> Iterator[str]:
    for language in source.languages:
        for pattern in language.role:
            for match in _first(pattern, text):
                if "role" in pattern.groupindex:
                    yield match["role"]
                elif is_occupation(match["job"], tables):
                    yield match["job"]


def _quoted(text: str, tables: Tables) -> Iterator[str]:
    """What stands in quotation marks and holds a word for an occupation."""
    return (match["title"] for match in _first(_QUOTED, text) if is_occupation(match["title"], tables))


def _without_rest(raw: str, how: str) -> str:
    """A title in small letters in the midst of a text ends where it says for whom or with whom."""
    return _REST.sub("", raw) if how == "text" and raw[:1].islower() else raw


def _without_employer(raw: str, employer: str) -> str:
    """A title without "at Acme" behind it or "Acme's" before it."""
    if not employer:
        return raw
    name = re.escape(employer)
    raw = re.sub(rf"{_AT_EMPLOYER}{name}\b.*$", "", raw)
    short = next((word for word in employer.split() if len(word) >= _MIN_FIRST and word[:1].isupper()), employer)
    before = rf"(?:(?:the )?{name}|(?-i:{re.escape(short)}))"
    return re.sub(rf"(?i)^{before}(?:'s)?\s*(?:[-–—|:,]|for (?:the )?)?\s*(?<=[ ,:])(?=\S)", "", raw)  # noqa: RUF001


def _is_no_title(title: str, employer: str, source: Source) -> bool:
    words = tokens(title)
    return bool(employer and (words <= tokens(employer) or agree(squashed(title), squashed(employer)))) or (
        words <= source.readers | source.greeted
    )


def requisition_in(source: Source, tables: Tables) -> Found:
    """The number under which the employer keeps the role."""
    for how, text in (("subject", source.subject), ("text", source.text)):
        for pattern in tables.numbers_in_subjects if how == "subject" else tables.numbers:
            for match in _first(pattern, text):
                number = match["number"].strip(" #(")
                if (
                    sum(map(str.isdigit, number)) >= _MIN_DIGITS
                    and len(number) <= _MAX_NUMBER
                    and not _DATE.match(number)
                ):
                    return Found(number, how, tables.sureness["requisition"][how])
    return NOTHING
