"""Desks beside a name, in a display name or at the end of a text: "Acme Talent Team", "Human Resources, Acme"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.link.naming.words import has_legal_form, trimmed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.link.naming.tables import Tables

PIECES = re.compile(r"\s+[-–—|·/]\s+|\s*[|·]\s+|\s*,\s+(?!.*\s(?:&|and|und|et|y|e)\s)|:\s+")  # noqa: RUF001  dashes are meant
SIGNATURE_LINES = 8
_FAREWELL = re.compile(r"(?i)^(?:best|kind|warm)?\s*(?:regards|wishes|thanks|sincerely|cheers)[,.]?\s+")
_EMPTY = frozenset(["the", "your", "&", "and", "at", "of", "-", "|", "our", "die", "das", "der", "le", "la", "@"])
_MAX_NAME = 5  # words
_MAX_SIGNATURE = 80


def without_desks(name: str, tables: Tables) -> str:
    """The name without departments at its ends: "Acme" of "The Acme Talent Team"."""
    words, desk = tables.words.desk_ends.sub("", name).split(), tables.words.departments
    while words and (desk.fullmatch(words[-1].strip(",.:")) or words[-1].casefold() in _EMPTY):
        words.pop()
    while words and (desk.fullmatch(words[0].strip(",.:")) or words[0].casefold() in _EMPTY) and len(words) > 1:
        words.pop(0)
    return trimmed(" ".join(words))


def signatures(text: str, tables: Tables) -> Iterator[str]:
    """Names in the last lines that a desk or a legal form gives away: "The Acme Talent Team", "Jo, Acme Ltd"."""
    lines = [line.strip() for line in text.rstrip().split("\n") if line.strip()][-SIGNATURE_LINES:]
    has_desk = False
    for line in lines:
        pieces = PIECES.split(line)
        is_below, has_desk = has_desk, any(_is_desk(piece, tables) for piece in pieces)
        if len(line) > _MAX_SIGNATURE or line.endswith("?"):
            continue
        if (is_below or has_desk or has_legal_form(line)) and len(pieces) <= 2:  # noqa: PLR2004  a desk and a name
            yield from (trimmed(piece) for piece in pieces if _may_be_name(piece))
        for piece in pieces:
            bare = without_desks(_FAREWELL.sub("", piece), tables)
            if bare != trimmed(piece) and _may_be_name(bare):
                yield bare


def _is_desk(piece: str, tables: Tables) -> bool:
    return bool(piece.strip(" .,")) and not without_desks(piece, tables)


def _may_be_name(piece: str) -> bool:
    return piece[:1].isupper() and len(piece.split()) <= _MAX_NAME
