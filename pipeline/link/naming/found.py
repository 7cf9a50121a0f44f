"""What was found, how, and how surely; several sources that agree are surer than one."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_ALIKE = 93  # of 100: a slip of the pen
_MIN_LENGTH = 4
_MOST = 0.99
_RUN_TOGETHER = frozenset({"domain", "tenant", "reply-to", "calendar"})  # what writes a name in one word
# What a sender calls itself, and what else says who sends: one testimony, however often it is given.
SELF = frozenset({"display name", "display name of another domain", "bare display name"})
BY_SENDER = SELF | {"domain", "spelled out", "tenant"}
IN_WORDS = frozenset({"client", "job board", "label", "subject", "text"})  # "your application to Acme"


@dataclass(frozen=True, slots=True)
class Found:
    """A name, how it was found ("subject + domain") and the share of right ones among such (0 to 1)."""

    value: str
    how: str
    sureness: float

    @property
    def is_in_words(self) -> bool:
        """Whether the message itself says it, in words one uses of an employer, not only its sender."""
        return not IN_WORDS.isdisjoint(self.how.split(" + "))

    @property
    def is_of_sender(self) -> bool:
        """Whether the sender calls itself so."""
        return "display name" in self.how.split(" + ")


NOTHING = Found("", "", 0.0)


def best_of(candidates: Iterable[Found], floor: float, key: Callable[[str], str]) -> Found:
    """The candidate that most sources agree on, in the words of the surest; NOTHING below ``floor``.

    Sources count as independent: all of them are wrong with the product of their chances.  What a sender
    calls itself and the domain it sends from count once.
    """
    groups: list[dict[str, Found]] = []
    for one in candidates:
        group = next((g for g in groups if any(agree(key(one.value), key(other.value)) for other in g.values())), None)
        if group is None:
            groups.append({one.how: one})
        elif one.how not in group or _says_more(one, group[one.how], key):
            group[one.how] = one
    best = max((_joined(group) for group in groups), key=lambda found: found.sureness, default=NOTHING)
    return best if best.sureness >= floor else NOTHING


def _says_more(one: Found, other: Found, key: Callable[[str], str]) -> bool:
    """Whether ``one`` is surer, or as sure and the longer of two that begin alike."""
    is_longer = key(one.value).startswith(key(other.value)) and len(one.value) > len(other.value)
    return one.sureness > other.sureness or (one.sureness == other.sureness and is_longer)


def agree(one: str, other: str) -> bool:
    """Whether two squashed names mean one employer: the same, or one begins with the other."""
    if min(len(one), len(other)) < _MIN_LENGTH:
        return one == other
    return one.startswith(other) or other.startswith(one) or fuzz.ratio(one, other) >= _ALIKE


def _joined(group: Mapping[str, Found]) -> Found:
    """One finding out of several that agree, in the words of the surest, or as the message spells a domain."""
    doubts = {how: 1 - one.sureness for how, one in group.items()}
    if SELF & doubts.keys():
        doubts["sender"] = min(doubts.pop(how) for how in BY_SENDER & doubts.keys())
    doubt = prod(doubts.values())
    surest, spelled = max(group.values(), key=lambda found: found.sureness), group.get("spelled out")
    if spelled and (surest.how in _RUN_TOGETHER or len(spelled.value) > len(surest.value)):
        surest = spelled
    return Found(surest.value, " + ".join(group), round(min(_MOST, 1 - doubt), 3))
