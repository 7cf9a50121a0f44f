"""How alike two names of employers, two titles and two requisition numbers are."""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache

from rapidfuzz import fuzz

from pipeline.link.naming.words import run_together, squashed, tokens

_SLIP = 92  # of 100, rapidfuzz ratio: a slip of the pen, no other word
_MIN_SLIP = 8  # letters; in shorter names one letter more is another name (HP, PHP)
_DIGITS = re.compile(r"\d+")
_NOT_TELLING = frozenset(
    {"m", "f", "w", "d", "x", "i", "div", "the", "a", "an", "of", "for", "in", "at", "and", "req", "id"}
)
_LEVELS = frozenset(
    {"senior", "junior", "lead", "principal", "staff", "head", "chief", "director", "manager", "intern", "internship",
     "trainee", "apprentice", "assistant", "associate", "graduate", "working", "student", "ii", "iii", "iv", "sr", "jr"}
)  # fmt: skip


class Likeness(Enum):
    """What a comparison says; UNKNOWN where one of the two is not told."""

    SAME = auto()
    SIMILAR = auto()
    UNKNOWN = auto()
    OTHER = auto()


def compare_employers(one: str, other: str) -> Likeness:
    """SAME with the same telling words, however they are spaced; SIMILAR where one holds the other's.

    "Delta" may be short for "Delta Dental" or somebody else.
    """
    a, b = tokens(one), tokens(other)
    if not a or not b:
        return Likeness.UNKNOWN
    x, y = squashed(one), squashed(other)
    if a == b or x == y or as_in_domains(one) == as_in_domains(other) or _is_slip(x, y):
        return Likeness.SAME
    return Likeness.SIMILAR if a < b or b < a else Likeness.OTHER


def as_in_domains(name: str) -> str:
    """A name as its domain would have it, with or without its article: "The Garrix Trust" and "thegarrixtrust"."""
    return run_together(name).removeprefix("the")


def _is_slip(one: str, other: str) -> bool:
    """Whether two long names differ by a letter or two, and by no number."""
    are_long = min(len(one), len(other)) >= _MIN_SLIP
    return are_long and _DIGITS.findall(one) == _DIGITS.findall(other) and fuzz.ratio(one, other) >= _SLIP


def compare_roles(one: str, other: str) -> Likeness:
    """SAME with the same telling words; SIMILAR with a place or a team added, but not with a level.

    A senior is somebody else.
    """
    a, b = role_words(one), role_words(other)
    if not a or not b:
        return Likeness.UNKNOWN
    if a == b:
        return Likeness.SAME
    if a < b or b < a:
        return Likeness.OTHER if (a ^ b) & _LEVELS else Likeness.SIMILAR
    is_slip = fuzz.ratio(" ".join(sorted(a)), " ".join(sorted(b))) >= _SLIP
    return Likeness.SIMILAR if is_slip and not (a ^ b) & _LEVELS else Likeness.OTHER


@lru_cache(maxsize=10_000)
def role_words(title: str) -> frozenset[str]:
    """The words of a title that tell it from others: no marks of gender, no numbers."""
    return frozenset(re.findall(r"[^\W\d_]+", title.casefold())) - _NOT_TELLING


def compare_requisitions(one: str, other: str) -> Likeness:
    """OTHER only for numbers of one shape: an agency's and the employer's may stand for the same post."""
    a, b = bare(one), bare(other)
    if not a or not b:
        return Likeness.UNKNOWN
    if a == b:
        return Likeness.SAME
    return Likeness.OTHER if _shape(a) == _shape(b) else Likeness.UNKNOWN


def bare(number: str) -> str:
    """A number without what stands between its letters and digits."""
    return re.sub(r"[\W_]", "", number).casefold()


def _shape(number: str) -> str:
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", number))
