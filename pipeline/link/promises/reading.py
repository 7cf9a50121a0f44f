"""Which of a message's dates are promises of an answer, and which are asked of the candidate.

In each sentence a date belongs to the nearest words that promise or ask something; one that
belongs to none, or to an event between them, is no promise.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from pipeline.link.promises.dates import Written, find_dues
from pipeline.link.promises.phrasebook import Anchor
from pipeline.records import Promise, Turn
from pipeline.sentences import GOES_ON

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.link.promises.dates import Due
    from pipeline.link.promises.phrasebook import Phrasebook, Tongue
    from pipeline.workdays import Workdays

MAX_TEXT = 20_000
MAX_SENTENCE = 500
_FULL_LINE = 50  # a line at least this long goes on in the next one
_FAR, _NEAR, _ADJACENT = 120, 40, 12  # characters between the words and their date

_STRAIGHT = str.maketrans("’‘–—", "''--")  # noqa: RUF001  curly ones are meant
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SENTENCE_END = re.compile(
    rf"(?:(?<=[.!?])|(?<=[.!?][\"']))\s(?!{GOES_ON})(?=[\"'(¿¡]?[^\W\d_a-zß-ÿ])|\n"  # lines have no runs of spaces
)
_CONJUNCTION = re.compile(r"(?i)\b(?:and|but|und|aber|et|mais|y|pero|e|mas|en|maar|ma)\b|[;.!?]")


def find_promises(text: str, sent: dt.datetime, phrasebook: Phrasebook, workdays: Workdays) -> tuple[Promise, ...]:
    """What a text promises or asks, in its order; ``sent`` is aware, and its date is taken in its own zone.

    A date that is past, or more than a year off, is none.
    """
    written = Written(sent.date(), workdays)
    text = text[:MAX_TEXT].translate(_STRAIGHT)
    overall = _hits(text, phrasebook)
    promises = (
        promise
        for sentence in _sentences(text)
        for promise in _promises(sentence, _tongues(sentence, phrasebook, overall), written)
    )
    return tuple(promises)


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a text, wrapped lines joined, each cut to its bounded length."""
    for paragraph in re.split(r"\n\s*\n", text):
        start = 0
        joined = _unwrapped(paragraph)
        for end in _SENTENCE_END.finditer(joined):
            yield joined[start : end.start()].strip()[:MAX_SENTENCE]
            start = end.end()
        yield joined[start:].strip()[:MAX_SENTENCE]


def _unwrapped(paragraph: str) -> str:
    lines = [" ".join(line.split()) for line in paragraph.split("\n")]
    joins = [" " if len(line) >= _FULL_LINE and line[-1] not in ".!?:" else "\n" for line in lines]
    return "".join(line + join for line, join in zip(lines, joins, strict=True))


def _hits(text: str, phrasebook: Phrasebook) -> Counter[str]:
    """How many words of the text are common ones of each language."""
    words = Counter(_WORD.findall(text.lower()))
    return Counter({t.language: sum(n for word, n in words.items() if word in t.common) for t in phrasebook.tongues})


def _tongues(sentence: str, phrasebook: Phrasebook, overall: Counter[str]) -> list[Tongue]:
    """The languages a sentence is most likely in, first that of the whole text."""
    here = _hits(sentence, phrasebook)
    most = max(here.values())
    likely = [tongue for tongue in phrasebook.tongues if here[tongue.language] == most]
    return sorted(likely, key=lambda tongue: -overall[tongue.language])


def _promises(sentence: str, tongues: Iterable[Tongue], written: Written) -> list[Promise]:
    """What the first language that finds anything in the sentence makes of it."""
    return next((found for tongue in tongues if (found := list(_in_tongue(sentence, tongue, written)))), [])


def _in_tongue(sentence: str, tongue: Tongue, written: Written) -> Iterator[Promise]:
    dues = find_dues(sentence, tongue, written)
    if not dues:
        return
    anchors = _anchors(sentence, tongue)
    owned = [(anchor, due) for due in dues if (anchor := _owner(due, anchors, sentence, tongue))]
    is_silence = any(anchor is Anchor.SILENCE for anchor, _ in anchors)
    if tongue.words["refused"].search(sentence) and not is_silence:
        return
    means_no = is_silence and bool(tongue.words["unsuccessful"].search(sentence))
    for who, kinds in _WHO.items():
        found = [due for anchor, due in owned if anchor in kinds]
        is_question = who is Turn.EMPLOYER and sentence.endswith("?")
        if found and not is_question:
            yield Promise(_by(found), who, sentence, means_no and who is Turn.EMPLOYER)


def _anchors(sentence: str, tongue: Tongue) -> list[tuple[Anchor, tuple[int, int]]]:
    """The words that promise or ask something; what seems to be asked within a promise is part of it."""
    found = [(anchor, match.span()) for anchor, pattern in tongue.anchors for match in pattern.finditer(sentence)]
    promised = [span for anchor, span in found if anchor is Anchor.ANSWERS]
    return [
        (anchor, (start, end))
        for anchor, (start, end) in found
        if anchor is not Anchor.ASKS or not any(first < start and end <= last for first, last in promised)
    ]


_WHO = {
    Turn.EMPLOYER: (Anchor.ANSWERS, Anchor.TAKES, Anchor.SILENCE),
    Turn.USER: (Anchor.ASKS, Anchor.ALLOWS, Anchor.LAPSES),
}


def _by(dues: Sequence[Due]) -> dt.date:
    """The latest of several dates; one that the words make a limit comes before others."""
    return max([due.day for due in dues if due.firm] or [due.day for due in dues])


def _owner(due: Due, anchors: Sequence[tuple[Anchor, tuple[int, int]]], sentence: str, tongue: Tongue) -> Anchor | None:
    """The nearest words this date may belong to; of two as near, what is asked."""
    fitting = [
        (max(0, due.start - end, start - due.end), anchor not in _WHO[Turn.USER], anchor)
        for anchor, (start, end) in anchors
        if _belongs(due, anchor, start, end, sentence, tongue)
    ]
    return min(fitting)[2] if fitting else None


def _belongs(due: Due, anchor: Anchor, start: int, end: int, sentence: str, tongue: Tongue) -> bool:
    if not _is_fit(due, anchor):
        return False
    if start < due.end and due.start < end:
        return True
    event = tongue.words["event"]
    if end <= due.start:
        between = sentence[end : due.start]
        return len(between) <= _REACH[anchor] and (due.firm or not event.search(between))
    between = sentence[due.end : start]
    if anchor in _ONLY_BEFORE or len(between) > _NEAR or _CONJUNCTION.search(between):
        return False
    return due.firm or not event.search(_clause_before(due.start, sentence, tongue))


def _is_fit(due: Due, anchor: Anchor) -> bool:
    """Whether words of this sort can have a date of this sort."""
    if anchor in {Anchor.TAKES, Anchor.ALLOWS}:
        return due.firm or due.bare
    if due.bare or due.timed:
        return anchor is Anchor.LAPSES
    return due.firm or anchor is not Anchor.ASKS


_REACH = {
    Anchor.ANSWERS: _FAR,
    Anchor.TAKES: _ADJACENT,
    Anchor.SILENCE: _FAR,
    Anchor.ASKS: _FAR,
    Anchor.ALLOWS: _ADJACENT,
    Anchor.LAPSES: _NEAR,
}
_ONLY_BEFORE = frozenset({Anchor.TAKES, Anchor.ALLOWS, Anchor.LAPSES})


def _clause_before(start: int, sentence: str, tongue: Tongue) -> str:
    """What stands before a place in its clause."""
    return tongue.words["clause"].split(sentence[:start])[-1]
