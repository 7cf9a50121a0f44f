"""The sentences of a text, each with the languages it is most likely in."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.link.promises.phrasebook import Phrasebook, Tongue

MAX_TEXT = 20_000
MAX_SENTENCE = 500
_FULL_LINE = 50  # a line at least this long goes on in the next one

_STRAIGHT = str.maketrans("’‘–—", "''--")  # noqa: RUF001  curly ones are meant
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"')]))\s+(?=[\"'(¿¡]?[^\W\d_a-zß-ÿ])|\n")
_ABBREVIATED = re.compile(
    r"(?i)\b(?:ca|approx|bzw|inkl|evtl|nr|no|mr|mrs|ms|dr|st|e\.g|i\.e|z\.b|u\.a|mme|sr|sra|sig|[ap]\. ?m)\.$"
)
_DAY_OF_MONTH = re.compile(r"(?<!\d)\d{1,2}\.$")


def read_sentences(text: str, phrasebook: Phrasebook) -> Iterator[tuple[str, list[Tongue], list[Tongue]]]:
    """Each sentence of the beginning of a text, with straight quotes and dashes.

    With it come the languages it is most likely in and the others, each likeliest first.
    """
    text = text[:MAX_TEXT].translate(_STRAIGHT)
    overall = _hits(text, phrasebook)
    months = frozenset(month for tongue in phrasebook.tongues for month in tongue.values["month"])
    for sentence in _sentences(text, months):
        yield sentence, *_tongues(sentence, phrasebook, overall)


def _sentences(text: str, months: frozenset[str]) -> Iterator[str]:
    """The sentences of a text, wrapped lines joined, each cut to its bounded length."""
    for paragraph in re.split(r"\n\s*\n", text):
        start = 0
        joined = _unwrapped(paragraph)
        for end in _SENTENCE_END.finditer(joined):
            if end[0] == "\n" or not _goes_on(joined, end, months):
                yield joined[start : end.start()].strip()[:MAX_SENTENCE]
                start = end.end()
        yield joined[start:].strip()[:MAX_SENTENCE]


def _unwrapped(paragraph: str) -> str:
    lines = [" ".join(line.split()) for line in paragraph.split("\n")]
    joins = [" " if len(line) >= _FULL_LINE and line[-1] not in ".!?:" else "\n" for line in lines]
    return "".join(line + join for line, join in zip(lines, joins, strict=True))


def _goes_on(text: str, end: re.Match[str], months: frozenset[str]) -> bool:
    """Whether the full stop belongs to an abbreviation, or to the number of a day: "15. März"."""
    before = text[max(0, end.start() - 10) : end.start()]
    word = _WORD.match(text, end.end())
    is_day = bool(word and word[0].lower() in months and _DAY_OF_MONTH.search(before))
    return is_day or bool(_ABBREVIATED.search(before))


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
