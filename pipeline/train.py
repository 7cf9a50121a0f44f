"""Fit a new model on the shipped corpus and the user's corrections, and decide whether to use it.

It learns from nothing else: never from its own guesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.classify.corpus import Example, read_corpus
from pipeline.classify.training import fit
from pipeline.ledger.codec import time_text
from pipeline.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pipeline.classify.training import Fitted
    from pipeline.ledger import Ledger
    from pipeline.shelf import Shelf

CORRECTION_WEIGHT = 10.0  # one of the user's own counts as much as ten of ours
TOLERATED_LOSS = 0.01  # of macro-F1 on held-out mail


@dataclass(frozen=True, slots=True)
class Training:
    """What came of it: the figures of the model in use before and of the new one."""

    before: dict[str, Any]
    after: dict[str, Any]
    n_corrections: int
    reason: str
    promoted: bool


def train(ledger: Ledger, shelf: Shelf, now: datetime, progress: Callable[[str], None], *, force: bool) -> Training:
    """Fit, compare, and use the new model unless it is worse; ``force`` uses it all the same.

    It is worse when held-out mail says so, or when it is wrong about a correction.
    """
    corpus = read_corpus(shipped("models", "corpus"))
    corrected = [Example(m, kind, f"correction:{m.key}") for m, kind in ledger.facts.corrected_messages()]
    weights = [1.0] * len(corpus) + [CORRECTION_WEIGHT] * len(corrected)
    before = shelf.figures()
    fitted = fit([*corpus, *corrected], weights, progress)
    reason = _why_worse(fitted, before, corrected)
    shelf.add(fitted.model, {"figures": fitted.figures, "trained_at": time_text(now)})
    promoted = force or not reason
    if promoted:
        shelf.use(fitted.model.model_id)
    ledger.facts.record_model(
        {
            "model_id": fitted.model.model_id,
            "trained_at": time_text(now),
            "n_examples": fitted.figures["n_examples"],
            "n_corrections": len(corrected),
            "promoted": int(promoted),
            "reason": reason,
        }
    )
    return Training(before, fitted.figures, len(corrected), reason, promoted)


def _why_worse(fitted: Fitted, before: dict[str, Any], corrected: Sequence[Example]) -> str:
    """Why the new model should not be used; empty when it should."""
    old, new = before.get("macro_f1", 0.0), fitted.figures["macro_f1"]
    if new < old - TOLERATED_LOSS:
        return f"its macro-F1 on held-out mail is {new}, that of the one in use {old}"
    wrong = [e for e in corrected if fitted.model.predict(e.message).label is not e.kind.label]
    return f"it is wrong about {len(wrong)} of your {len(corrected)} corrections" if wrong else ""
