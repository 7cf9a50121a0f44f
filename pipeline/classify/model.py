"""A fitted linear model as plain arrays: the one path by which anything is predicted.

scikit-learn fits it (``training``) and is the reference a test holds this equal to; at
run time its import would be the whole cost of a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.records import Evidence, Kind, Label, Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from pipeline.classify.vocabulary import Found, Vocabulary
    from pipeline.records import Message

    Vector = tuple[NDArray[np.intp], NDArray[np.float32]]

MAX_EVIDENCE = 3
MAX_SENTENCE = 300
MIN_KNOWN_TERMS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """TF-IDF and one linear separation for each kind, made probabilities by a softmax with a temperature.

    ``vocabulary`` has F terms; ``idf`` has shape (F,), ``coef`` (F, K) and
    ``intercept`` (K,) for the K ``kinds``.  ``temperature`` divides the margins (Guo et al.
    2017, "On Calibration of Modern Neural Networks").  A label whose probability is below
    its one of ``thresholds`` is not decided.
    """

    model_id: str
    kinds: tuple[Kind, ...]
    vocabulary: Vocabulary
    idf: NDArray[np.float32]
    coef: NDArray[np.float32]
    intercept: NDArray[np.float32]
    temperature: float
    thresholds: Mapping[Label, float]

    def predict(self, message: Message) -> Prediction:
        """What kind of message this is, and the sentences that decided it."""
        found = self.vocabulary.find(message)
        vector = self.vector(found.rows)
        proba = self.proba(vector)
        masks = _masks(self.kinds)
        by_label = {label: min(1.0, float(proba @ mask)) for label, mask in masks.items()}
        label = max(by_label, key=by_label.__getitem__)
        kind = self.kinds[int((proba * masks[label]).argmax())]
        return Prediction(
            kind=kind,
            label=label,
            proba=by_label,
            decided=by_label[label] >= self.thresholds[label] and self._knows_enough(vector),
            evidence=self._evidence(found, vector, self._pull(label, proba)),
            model_id=self.model_id,
        )

    def _knows_enough(self, vector: Vector) -> bool:
        """Whether there is anything to judge by: marks such as the length are not words."""
        return self.vocabulary.n_words(vector[0]) >= MIN_KNOWN_TERMS

    def vector(self, rows: NDArray[np.intp]) -> Vector:
        """The ``rows``, each once, sorted, and their TF-IDF weights: sublinear, of Euclidean length 1."""
        import numpy as np  # noqa: PLC0415  a quiet run predicts nothing

        known, times = np.unique(rows, return_counts=True)
        weights = (1 + np.log(times, dtype=np.float32)) * self.idf[known]
        length = np.sqrt((weights**2).sum())
        return known, (weights / length if length else weights)

    def proba(self, vector: Vector) -> NDArray[np.float32]:
        """The calibrated probability of each of the K kinds, shape (K,)."""
        import numpy as np  # noqa: PLC0415

        known, weights = vector
        logits = (weights @ self.coef.take(known, axis=0) + self.intercept) / self.temperature
        odds = np.exp(logits - logits.max())
        return np.asarray(odds / odds.sum())

    def _pull(self, label: Label, proba: NDArray[np.float32]) -> NDArray[np.float32]:
        """How the log-odds of ``label`` follow the logits: their derivative, shape (K,).

        The label's kinds by their share of it, less the others' by theirs.
        """
        mine = _masks(self.kinds)[label]
        inside, outside = proba * mine, proba * (1 - mine)
        pull: NDArray[np.float32] = (inside / inside.sum() - outside / max(outside.sum(), 1e-12)) / self.temperature
        return pull

    def _evidence(self, found: Found, vector: Vector, pull: NDArray[np.float32]) -> tuple[Evidence, ...]:
        """The sentences that moved the log-odds most towards the label, strongest first.

        A term that stands in several sentences is shared among them.
        """
        import numpy as np  # noqa: PLC0415

        known, weights = vector
        term = known.searchsorted(found.rows)
        worth = (weights * (self.coef.take(known, axis=0) @ pull) / np.bincount(term, minlength=len(known)))[term]
        shares = np.bincount(found.places, worth, len(found.passages)).tolist()
        best = sorted(zip(shares, found.passages, strict=False), key=lambda share: -share[0])  # the marks come last
        told = ((share, sentence) for share, sentence in best if sentence and share > 0)
        return tuple(Evidence(sentence[:MAX_SENTENCE], share) for share, sentence in islice(told, MAX_EVIDENCE))


@lru_cache(maxsize=8)
def _masks(kinds: tuple[Kind, ...]) -> dict[Label, NDArray[np.float32]]:
    """For each label 1 where a kind is of it, else 0, shape (K,)."""
    import numpy as np  # noqa: PLC0415

    return {label: np.array([kind.label is label for kind in kinds], dtype=np.float32) for label in Label}
