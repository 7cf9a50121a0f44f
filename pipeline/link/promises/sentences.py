"""The sentences of a text, each with the languages it is most likely in."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from pipeline.sentences import GOES_ON, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.link.promises.phrasebook import Phrasebook, Tongue

MAX_TEXT = 20_000
MAX_SENTENCE = 500

_STRAIGHT = str.maketrans("’‘–—", "''--")  # noqa: RUF001  curly ones are meant
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SENTENCE_END = re.compile(
    rf"(?:(?<=[.!?])|(?<=[.!?][\"')]))\s(?!{GOES_ON})(?=[\"'(¿¡]?[^\W\d_a-zß-ÿ])|\n"  # lines have no runs of spaces
)


def read_sentences(text: str, phrasebook: Phrasebook) -> Iterator[tuple[str, list[Tongue], list[Tongue]]]:
    """Each sentence of the beginning of a text, with straight quotes and dashes.

    With it come the languages it is most likely in and the others, each likeliest first.
    """
    text = text[:MAX_TEXT].translate(_STRAIGHT)
    overall = _hits(text, phrasebook)
    for sentence in _sentences(text):
        yield sentence, *_tongues(sentence, phrasebook, overall)


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a text, wrapped lines joined, each cut to its bounded length."""
    for paragraph in re.split(r"\n\s*\n", text):
        start = 0
        joined = unwrapped(_squeezed(paragraph))
        for end in _SENTENCE_END.finditer(joined):
            yield joined[start : end.start()].strip()[:MAX_SENTENCE]
            start = end.end()
        yield joined[start:].strip()[:MAX_SENTENCE]


def _squeezed(paragraph: str) -> str:
    return "\n".join(" ".join(line.split()) for line in paragraph.split("\n"))


def _hits(text: str, phrasebook: Phrasebook) -> Counter[str]:
    """How many words of the text are common ones of each language."""
    words = Counter(_WORD.findall(text.lower()))
    return Counter({t.language: sum(n for word, n in words.items() if word in t.common) for t in phrasebook.tongues})


def _tongues(sentence: str, phrasebook: Phrasebook, overall: Counter[str]) -> tuple[list[Tongue], list[Tongue]]:
    """The languages whose words a sentence has most of, first that of the whole text; and the others."""
    here = _hits(sentence, phrasebook)
    most = max(here.values())
    tongues = sorted(phrasebook.tongues, key=lambda tongue: (-here[tongue.language], -overall[tongue.language]))
    n_likely = sum(here[tongue.language] == most for tongue in tongues)
    return tongues[:n_likely], tongues[n_likely:]
