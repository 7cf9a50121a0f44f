"""A fitted linear model as plain arrays: the one path by which anything is predicted.

scikit-learn fits it (``training``) and is the reference a test holds this equal to; at
run time its import would be the whole cost of a run.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from typing import TYPE_CHECKING

from pipeline.classify.features import parts
from pipeline.records import Evidence, Kind, Label, Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pipeline.records import Message

    Vector = tuple[NDArray[np.intp], NDArray[np.float32]]

MAX_EVIDENCE = 3
MAX_SENTENCE = 300
MIN_KNOWN_TERMS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """TF-IDF and one linear separation for each kind, made probabilities by a softmax with a temperature.

    ``vocabulary`` maps F terms to rows; ``idf`` has shape (F,), ``coef`` (F, K) and
    ``intercept`` (K,) for the K ``kinds``.  ``temperature`` divides the margins (Guo et al.
    2017, "On Calibration of Modern Neural Networks").  A label whose probability is below
    ``threshold`` is not decided.
    """

    model_id: str
    kinds: tuple[Kind, ...]
    vocabulary: Mapping[str, int]
    idf: NDArray[np.float32]
    coef: NDArray[np.float32]
    intercept: NDArray[np.float32]
    temperature: float
    threshold: float

    def predict(self, message: Message) -> Prediction:
        """What kind of message this is, and the sentences that decided it."""
        found = list(parts(message))
        counts = Counter(chain.from_iterable(terms for _, terms in found))
        vector = self.vector(counts)
        proba = self.proba(vector)
        masks = _masks(self.kinds)
        by_label = {label: min(1.0, float(proba @ mask)) for label, mask in masks.items()}
        label = max(by_label, key=by_label.__getitem__)
        kind = self.kinds[int((proba * masks[label]).argmax())]
        return Prediction(
            kind=kind,
            label=label,
            proba=by_label,
            decided=by_label[label] >= self.threshold and self._knows_enough(counts),
            evidence=self._evidence(found, counts, vector, self._pull(label, proba)),
            model_id=self.model_id,
        )

    def _knows_enough(self, counts: Counter[str]) -> bool:
        """Whether there is anything to judge by: marks such as the length are not words."""
        return sum(term in self.vocabulary and not term.startswith("<") for term in counts) >= MIN_KNOWN_TERMS

    def vector(self, counts: Counter[str]) -> Vector:
        """The known terms' rows and their TF-IDF weights: sublinear, of Euclidean length 1."""
        import numpy as np  # noqa: PLC0415  a quiet run predicts nothing

        found = np.fromiter(map(self.vocabulary.get, counts, repeat(-1)), dtype=np.intp, count=len(counts))
        times = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        rows = found[found >= 0]
        weights = (1 + np.log(times[found >= 0])) * self.idf[rows]
        length = np.sqrt((weights**2).sum())
        return rows, (weights / length if length else weights)

    def proba(self, vector: Vector) -> NDArray[np.float32]:
        """The calibrated probability of each of the K kinds, shape (K,)."""
        import numpy as np  # noqa: PLC0415

        rows, weights = vector
        logits = (weights @ self.coef[rows] + self.intercept) / self.temperature
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

    def _evidence(
        self, found: Sequence[tuple[str, list[str]]], counts: Counter[str], vector: Vector, pull: NDArray[np.float32]
    ) -> tuple[Evidence, ...]:
        """The sentences that moved the log-odds most towards the label, strongest first.

        A term that stands in several sentences is shared among them.
        """
        rows, weights = vector
        worth = dict(zip(rows.tolist(), (weights * (self.coef[rows] @ pull)).tolist(), strict=True))
        row_of = self.vocabulary.get
        shares = [
            (sum(worth[row] / counts[term] for term in terms if (row := row_of(term)) is not None), sentence)
            for sentence, terms in found
            if sentence
        ]
        best = sorted(shares, key=lambda share: -share[0])[:MAX_EVIDENCE]
        return tuple(Evidence(sentence[:MAX_SENTENCE], float(share)) for share, sentence in best if share > 0)


@lru_cache(maxsize=8)
def _masks(kinds: tuple[Kind, ...]) -> dict[Label, NDArray[np.float32]]:
    """For each label 1 where a kind is of it, else 0, shape (K,)."""
    import numpy as np  # noqa: PLC0415

    return {label: np.array([kind.label is label for kind in kinds], dtype=np.float32) for label in Label}
