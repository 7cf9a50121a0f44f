"""The language of a correspondence, by the words that mark each language in ``names.toml``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.link.naming.tables import Language

_BEGINNING = 1_500  # characters; what stands behind is often another language's legal notice
_ENOUGH = 3  # two words may be a name's
_WORD = re.compile(r"[^\W\d_]+")


def language_of(texts: Iterable[str], languages: Sequence[Language]) -> str:
    """The code of the first text's language that can be told; empty where none can."""
    return next(filter(None, (_language(text[:_BEGINNING], languages) for text in texts)), "")


def _language(text: str, languages: Sequence[Language]) -> str:
    words = set(_WORD.findall(text.casefold()))
    hits = [
        (len(language.script.findall(text)) / 4 if language.script else len(language.marks & words), -n, language.code)
        for n, language in enumerate(languages)
    ]
    best = max(hits, default=(0, 0, ""))
    return best[2] if best[0] >= _ENOUGH else ""
