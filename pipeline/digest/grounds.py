"""What a claim about a wait rests on, in words: numbers of days, of one's own answers, and the odds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.digest.words import Words
    from pipeline.records import Grounds

_OFTEN = ((1, 2), (3, 5), (2, 3), (3, 4), (4, 5), (9, 10))
_HALF, _HARDLY = 0.4, 0.01


def odds_words(odds: float, words: Words) -> str:
    """A probability as a share of such waits: ``1 in 7``, ``3 in 5``, ``fewer than 1 in 100``."""
    if odds < _HARDLY:
        return words("odds.hardly")
    above, below = _share(odds)
    return words("odds.share", above, all=words.number(below))


def evidence_sentence(grounds: Grounds, words: Words, *, promised: bool = False) -> str:
    """The numbers behind a claim, each a fact: how long, one's own answers by then, the odds."""
    days = words("odds.days_after_promise" if promised else "odds.days", grounds.days)
    soon = words("odds.soon", share=odds_words(grounds.soon, words))
    return f"{days}; {_own_answers(grounds, words)}; {_still_answer(grounds.odds, words)}, {soon}"


def _share(odds: float) -> tuple[int, int]:
    """So many in so many, with small numbers."""
    return (1, round(1 / odds)) if odds < _HALF else min(_OFTEN, key=lambda share: abs(share[0] / share[1] - odds))


def _still_answer(odds: float, words: Words) -> str:
    if odds < _HARDLY:
        return words("odds.hardly_answer", share=odds_words(odds, words))
    return words("odds.still_answer", _share(odds)[0], share=odds_words(odds, words))


def _own_answers(grounds: Grounds, words: Words) -> str:
    n, by_now = grounds.n_answered, grounds.n_by_now
    if n == 0:
        return words("odds.none_yet")
    if n == 1:
        return words("odds.only_one_had" if by_now else "odds.only_one_had_not")
    if by_now in {0, n}:
        return words("odds.all_had" if by_now else "odds.none_had", n)
    return words("odds.some_had", by_now, all=words.number(n))


def basis_sentences(grounds: Grounds, words: Words) -> tuple[str, ...]:
    """What the odds are made of: one's own waits, and what is published."""
    answered = words("basis.answered", grounds.n_answered)
    return (
        words("basis.own", grounds.n_answered + grounds.n_open, answered=answered),
        words("basis.published", round(grounds.published_n), never=words.percent(grounds.published)),
        words("basis.most_by", round(grounds.most_by)),
    )
