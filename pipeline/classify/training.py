"""Fit a model with scikit-learn: TF-IDF terms, a linear SVM for each kind, a temperature, thresholds for the labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from pipeline.classify.features import terms
from pipeline.classify.meanings import MEANING
from pipeline.classify.model import Model
from pipeline.classify.vocabulary import indexed
from pipeline.records import Kind, Label, Prediction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.svm import LinearSVC

    from pipeline.classify.corpus import Example
    from pipeline.classify.meanings import Meanings
    from pipeline.records import Message

    Progress = Callable[[str], None]

N_FOLDS = 5
MIN_DOCUMENTS = 2
MEANING_WEIGHT = 0.7  # of a meaning, and of two together, beside a word
INVERSE_REGULARISATION = 1.0
TOLERANCE = 1e-3  # a quarter faster than scikit-learn's 1e-4, and no margin differs by more than 0.0002
TARGET_ACCURACY = 0.99  # of what is decided to be of a label, on mail that was not chosen to mislead
TEMPERATURES = tuple(0.1 * 1.08**step for step in range(40))  # 0.1 to 2.0


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model, and what models like it said of the examples they were not fitted on.

    ``held_out`` are these predictions in the order of the examples, ``figures`` what they come to.
    """

    model: Model
    held_out: tuple[Prediction, ...]
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Counted:
    """Examples with their terms counted once, however often models are fitted on some of them.

    ``matrix`` (CSR) has a row of counts for each example, and a column for each of ``names``, which are sorted;
    ``meanings`` gave some of them.
    """

    examples: Sequence[Example]
    matrix: csr_matrix
    names: NDArray[np.object_]
    meanings: Meanings

    @property
    def kinds(self) -> NDArray[np.str_]:
        """The kind of each example, shape (n,)."""
        import numpy as np  # noqa: PLC0415

        return np.array([example.kind.value for example in self.examples])

    def only(self, rows: Sequence[int] | NDArray[np.intp]) -> Counted:
        """Some of the examples."""
        return replace(self, examples=[self.examples[row] for row in rows], matrix=self.matrix[rows])


def count(examples: Sequence[Example], meanings: Meanings) -> Counted:
    """Count the terms of ``examples``, the ``meanings`` of their words among them."""
    import numpy as np  # noqa: PLC0415
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415  a second of imports, only when training

    def analyse(message: Message) -> Iterator[str]:
        return chain(terms(message), meanings.terms(message))

    vectorizer = CountVectorizer(analyzer=analyse, dtype=np.float32)
    matrix = vectorizer.fit_transform(example.message for example in examples)
    return Counted(examples, matrix, vectorizer.get_feature_names_out(), meanings)


def fit(counted: Counted, weights: Sequence[float], progress: Progress = lambda _: None) -> Fitted:
    """The model of these examples, each counted ``weights`` times, calibrated on held-out groups.

    Temperature and thresholds come from N_FOLDS-fold cross-validation in which a group is
    never on both sides; the shipped figures are those of the held-out folds.
    """
    import numpy as np  # noqa: PLC0415
    from sklearn.model_selection import PredefinedSplit  # noqa: PLC0415  a second of imports, only when training

    examples, kinds = counted.examples, counted.kinds
    weight = np.asarray(weights, dtype=float)
    logits = np.zeros((len(examples), len(Kind)))
    for n, (train, test) in enumerate(PredefinedSplit(_folds(examples)).split(), start=1):
        progress(f"fold {n} of {N_FOLDS}")
        logits[test] = _fit_estimators(counted.only(train), weight[train]).logits(counted.matrix[test])
    temperature = _temperature(logits, kinds)
    proba = _label_proba(logits / temperature)
    plain = np.array([not example.is_hard for example in examples])
    thresholds = _thresholds(proba[plain], kinds[plain])
    figures = _figures(proba, kinds, thresholds) | {"as_it_comes": _figures(proba[plain], kinds[plain], thresholds)}
    progress("fit on everything")
    final = _fit_estimators(counted, weight).model(temperature, thresholds)
    held_out = tuple(map(partial(_held_out, thresholds), proba, logits))
    return Fitted(final, held_out, figures | {"n_examples": len(examples), "n_terms": len(final.vocabulary)})


def _folds(examples: Sequence[Example]) -> list[int]:
    """The fold of each example: group after group in turn, so that neighbours (corrections) are spread evenly."""
    turn = {group: n % N_FOLDS for n, group in enumerate(dict.fromkeys(example.group for example in examples))}
    return [turn[example.group] for example in examples]


def _held_out(thresholds: Mapping[Label, float], proba: NDArray[np.float64], logits: NDArray[np.float64]) -> Prediction:
    by_label = dict(zip(Label, map(float, proba), strict=True))
    label = max(by_label, key=by_label.__getitem__)
    kind = max((logit, kind) for logit, kind in zip(logits, Kind, strict=True) if kind.label is label)[1]
    return Prediction(kind, label, by_label, by_label[label] >= thresholds[label], evidence=(), model_id="")


def refit(counted: Counted, weights: Sequence[float], like: Model | None) -> Model:
    """The model of these examples without cross-validation; it is as sure as the model ``like``, for comparison."""
    import numpy as np  # noqa: PLC0415

    sureness = (like.temperature, like.thresholds) if like else (1.0, dict.fromkeys(Label, 0.0))
    return _fit_estimators(counted, np.asarray(weights, dtype=float)).model(*sureness)


def measure(model: Model, examples: Sequence[Example]) -> dict[str, Any]:
    """The figures of a model on examples it was not fitted on."""
    import numpy as np  # noqa: PLC0415

    said = [model.predict(example.message) for example in examples]
    proba = np.array([[one.proba[label] for label in Label] for one in said])
    right = [one.label is example.kind.label for one, example in zip(said, examples, strict=True)]
    figures = _figures(proba, np.array([example.kind.value for example in examples]), model.thresholds)
    return figures | {"n": len(examples), "accuracy": round(float(np.mean(right)), 4)}


@dataclass(frozen=True, slots=True)
class _Estimators:
    """scikit-learn's, fitted on the ``columns`` of a Counted matrix whose terms are ``names``."""

    columns: NDArray[np.intp]
    names: NDArray[np.object_]
    meanings: Meanings
    tfidf: TfidfTransformer
    classifier: LinearSVC

    def logits(self, matrix: csr_matrix) -> NDArray[np.float64]:
        """Those of each row in the order of ``Kind``; minus infinity for a kind that was not seen."""
        import numpy as np  # noqa: PLC0415

        found = self.classifier.decision_function(self.tfidf.transform(matrix[:, self.columns]))
        seen = list(self.classifier.classes_)
        lost = np.full(len(found), -np.inf)
        return np.stack([found[:, seen.index(kind)] if kind in seen else lost for kind in Kind], axis=1)

    def model(self, temperature: float, thresholds: Mapping[Label, float]) -> Model:
        """Their arrays."""
        import numpy as np  # noqa: PLC0415

        vocabulary, order = indexed(self.names.tolist(), self.meanings)
        coef = self.classifier.coef_.T[order].astype(np.float32)
        return Model(
            model_id=hashlib.sha256(coef.tobytes()).hexdigest()[:12],
            kinds=tuple(Kind(kind) for kind in self.classifier.classes_),
            vocabulary=vocabulary,
            idf=self.tfidf.idf_[order].astype(np.float32),
            coef=coef,
            intercept=self.classifier.intercept_.astype(np.float32),
            temperature=temperature,
            thresholds=thresholds,
        )


def _fit_estimators(counted: Counted, weight: NDArray[np.float64]) -> _Estimators:
    """TF-IDF of the terms that enough messages have, and a linear SVM for each kind."""
    import numpy as np  # noqa: PLC0415
    from sklearn.feature_extraction.text import TfidfTransformer  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    documents = np.bincount(counted.matrix.indices, minlength=len(counted.names))
    columns = np.flatnonzero(documents >= MIN_DOCUMENTS)
    names = counted.names[columns]
    tfidf = TfidfTransformer(sublinear_tf=True).fit(counted.matrix[:, columns])
    tfidf.idf_ = tfidf.idf_ * np.where([name.startswith(MEANING) for name in names], MEANING_WEIGHT, 1.0)
    matrix = tfidf.transform(counted.matrix[:, columns])
    classifier = LinearSVC(C=INVERSE_REGULARISATION, tol=TOLERANCE, class_weight="balanced", random_state=0)
    classifier.fit(matrix, counted.kinds, sample_weight=weight)
    return _Estimators(columns, names, counted.meanings, tfidf, classifier)


def _label_proba(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of the three labels in the order of ``Label``, shape (n, 3)."""
    import numpy as np  # noqa: PLC0415

    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    return np.stack([odds[:, [kind.label is label for kind in Kind]].sum(axis=1) for label in Label], axis=1)


def _temperature(logits: NDArray[np.float64], kinds: NDArray[np.str_]) -> float:
    """The temperature that makes held-out labels least surprising (log loss)."""
    import numpy as np  # noqa: PLC0415

    truth = _label_indices(kinds)

    def surprise(temperature: float) -> float:
        proba = _label_proba(logits / temperature)
        return float(-np.log(np.clip(proba[np.arange(len(truth)), truth], 1e-9, 1)).mean())

    return min(TEMPERATURES, key=surprise)


def _label_indices(kinds: NDArray[np.str_]) -> NDArray[np.intp]:
    import numpy as np  # noqa: PLC0415

    return np.array([list(Label).index(Kind(kind).label) for kind in kinds])


def _thresholds(proba: NDArray[np.float64], kinds: NDArray[np.str_]) -> dict[Label, float]:
    """For each label the lowest probability above which TARGET_ACCURACY of what is held out and said to be it are."""
    truth, guess = _label_indices(kinds), proba.argmax(axis=1)
    return {
        label: _lowest(proba[guess == i, i], truth[guess == i] == i, TARGET_ACCURACY) for i, label in enumerate(Label)
    }


def _lowest(sureness: NDArray[np.float64], right: NDArray[np.bool_], target: float) -> float:
    """The lowest value from which on this share is right; 1 where there is none."""
    import numpy as np  # noqa: PLC0415

    order = np.argsort(-sureness)
    accuracy = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(accuracy >= target)
    return float(sureness[order][enough[-1]]) if len(enough) else 1.0


def _figures(proba: NDArray[np.float64], kinds: NDArray[np.str_], thresholds: Mapping[Label, float]) -> dict[str, Any]:
    """Precision, recall and F1 of each label, macro-F1, and what is decided at the ``thresholds`` and how rightly."""
    import numpy as np  # noqa: PLC0415
    from sklearn.metrics import precision_recall_fscore_support  # noqa: PLC0415

    truth, guess = _label_indices(kinds), proba.argmax(axis=1)
    decided = proba.max(axis=1) >= np.array([thresholds[label] for label in Label])[guess]
    precision, recall, f1, support = precision_recall_fscore_support(truth, guess, labels=[0, 1, 2], zero_division=0)
    labels = {
        label.value: {
            "precision": round(float(precision[i]), 4),
            "recall": round(float(recall[i]), 4),
            "f1": round(float(f1[i]), 4),
            "n": int(support[i]),
        }
        for i, label in enumerate(Label)
    }
    return {
        "macro_f1": round(float(np.mean(f1)), 4),
        "labels": labels,
        "decided": round(float(decided.mean()), 4),
        "decided_accuracy": round(float((guess == truth)[decided].mean()), 4) if decided.any() else 1.0,
    }
