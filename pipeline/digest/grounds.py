"""What a claim about a wait rests on, in words: numbers of days, of one's own answers, and the odds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.records import Grounds

_OFTEN = ((1, 2), (3, 5), (2, 3), (3, 4), (4, 5), (9, 10))
_HALF, _HARDLY = 0.4, 0.01


def odds_words(odds: float) -> str:
    """A probability as a share of such waits: ``1 in 7``, ``3 in 5``, ``fewer than 1 in 100``."""
    if odds < _HARDLY:
        return "fewer than 1 in 100"
    if odds < _HALF:
        return f"1 in {round(1 / odds)}"
    above, below = min(_OFTEN, key=lambda share: abs(share[0] / share[1] - odds))
    return f"{above} in {below}"


def evidence_sentence(grounds: Grounds, *, promised: bool = False) -> str:
    """The numbers behind a claim, each a fact: how long, how many answers of one's own had come by then, the odds."""
    days = f"{grounds.days} working day{'s' if grounds.days != 1 else ''}{' after that day' if promised else ''}"
    about = "" if grounds.odds < _HARDLY else "about "
    return f"{days}; {_own_answers(grounds)}; {about}{odds_words(grounds.odds)} still answer"


def _own_answers(grounds: Grounds) -> str:
    n, by_now = grounds.n_answered, grounds.n_by_now
    if n == 0:
        return "nobody has answered you at this stage yet"
    if n == 1:
        return f"your one answer had {'' if by_now else 'not '}come by then"
    if by_now == n:
        return f"all your {n} answers had come by then"
    return f"of your {n} answers {by_now or 'none'} had come by then"


def basis_sentences(grounds: Grounds) -> tuple[str, ...]:
    """What the odds are made of: one's own waits, and what is published."""
    own, were = grounds.n_answered + grounds.n_open, "was" if grounds.n_answered == 1 else "were"
    return (
        f"Of {own} wait{'s' if own != 1 else ''} of yours at this stage {grounds.n_answered} {were} answered.",
        f"Published figures ({grounds.published:.0%} never answered) count as {grounds.published_n:.0f} more.",
        f"Three in five of those who answer do so within {grounds.most_by:.0f} working days.",
    )
