"""What is left of a subject line when what every subject says is taken away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.link.naming.words import is_occupation, trimmed

if TYPE_CHECKING:
    from pipeline.link.naming.tables import Tables

_SEPARATORS = re.compile(r"\s+[-–—|·/»]+\s*|\s*[|·]\s*|[-–—]\s+|[:?!]\s+|[【】\[\]]|\s*／\s+(?=\D)")  # noqa: RUF001  dashes are meant
_TOKEN = re.compile(r"[^\W_]+")
_MAX_PARTS = 8
_COMMAS = re.compile(r"\s*,\s+(?=\D)")


def leftovers(subject: str, tables: Tables) -> list[tuple[str, bool]]:
    """The parts between dashes, colons, bars and commas without empty words at their ends, and whether it had any."""
    wholes = _SEPARATORS.split(subject)[:_MAX_PARTS]
    parts = [part for whole in wholes for part in _parts(whole, tables)][:_MAX_PARTS]
    return [(bare, bare != trimmed(part)) for part in parts if (bare := _bare(part, tables))]


def _parts(whole: str, tables: Tables) -> list[str]:
    """What stands between commas; a title is left together with what follows it: "Store Manager, York"."""
    pieces = _COMMAS.split(whole)
    return [whole, *pieces] if len(pieces) > 1 and is_occupation(pieces[0], tables) else pieces


def _bare(part: str, tables: Tables) -> str:
    words = part.split()
    while words and _is_empty(words[-1], tables):
        words.pop()
    while words and _is_empty(words[0], tables):
        words.pop(0)
    inner = [word for word in words[1:-1] if word.casefold() in tables.words.not_in_titles]
    return "" if inner else trimmed(" ".join(words))


def _is_empty(word: str, tables: Tables) -> bool:
    pieces = _TOKEN.findall(word.casefold())
    return word != "I" and all(piece in tables.words.empty for piece in pieces)  # "Engineer I"
