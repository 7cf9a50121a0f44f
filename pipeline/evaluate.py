"""How good a model is: its predictions held against labels that somebody gave.

Everything here is a function of labels and predictions, and gives plain values that are
JSON as they stand.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.plots import BLUE, GREY, RED, figure_maker, png_of
from pipeline.plurals import counted
from pipeline.records import Kind, Label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pipeline.records import Prediction

    Figures = dict[str, Any]
    Floats = NDArray[np.float64]

N_RESAMPLES = 1_000
N_BINS = 15
MAX_CURVE = 101
INTERVAL = (2.5, 97.5)  # percentiles: 95 of 100 resamples lie between
GROUPS = ("lang", "realness", "source", "kind")
MAX_GROUPS = 50  # a field that tells nearly all messages apart makes no groups
_LABELS = {label.value: label for label in Label}
_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Judged:
    """One message whose label is known, and what the model said.

    ``kind`` is None where only the label is known; ``groups`` are further fields of its row.
    """

    id: Any
    subject: str
    label: Label
    kind: Kind | None
    said: Prediction
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """Whether the model gave this label, decided or not."""
        return self.said.label is self.label


def truth_of(fields: Mapping[str, Any]) -> tuple[Label, Kind | None]:
    """What a row says its message is; raises InputError when it does not, or in words we don't know.

    A kind may stand in the place of a label; one of another's making, or not of the label, is left aside.
    """
    word, finer = (str(fields.get(name) or "") for name in ("label", "kind"))
    word = word or finer
    if not word:
        raise InputError("no label")
    if word not in _LABELS and word not in _KINDS:
        raise InputError(f"label {ascii(word)[:40]} is none of {', '.join(_LABELS)}, nor a kind")
    label = _LABELS.get(word) or _KINDS[word].label
    kind = _KINDS.get(finer if finer in _KINDS or word in _LABELS else word)
    return label, kind if kind and kind.label is label else None


def groups_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a row by which results are told apart."""
    return {name: str(fields[name]) for name in GROUPS if fields.get(name)}


def evaluate(judged: Sequence[Judged], seed: int = 0) -> Figures:
    """All figures of at least one judged message; the same messages and seed give the same."""
    import numpy as np  # noqa: PLC0415

    confidence = np.array([one.said.confidence for one in judged])
    right = np.array([one.is_right for one in judged])
    return {
        **summary(judged),
        "intervals": intervals(_confusion(judged), seed),
        "confusion": _confusion_rows(judged),
        "curve": curve(confidence, right),
        "calibration": calibration(confidence, right),
        "kinds": _kinds(judged),
        "by": {name: groups for name in GROUPS if 0 < len(groups := _by(judged, name)) <= MAX_GROUPS},
        "mistakes": mistakes(judged),
    }


def summary(judged: Sequence[Judged]) -> Figures:
    """Accuracy, macro-F1 and each label's precision, recall and F1, and what is decided and how rightly.

    A measure that would divide by nothing is None, and macro-F1 is the mean over the labels they have.
    """
    import numpy as np  # noqa: PLC0415

    confusion = _confusion(judged)
    precision, recall, f1, macro_f1 = scores(confusion)
    decided = [one.is_right for one in judged if one.said.decided]
    return {
        "n": len(judged),
        "accuracy": _rounded(np.trace(confusion) / len(judged)),
        "macro_f1": _rounded(macro_f1),
        "labels": {
            label.value: {
                "n": int(confusion[i].sum()),
                "precision": _rounded(precision[i]),
                "recall": _rounded(recall[i]),
                "f1": _rounded(f1[i]),
            }
            for i, label in enumerate(Label)
        },
        "decided": _rounded(len(decided) / len(judged)),
        "decided_accuracy": _rounded(sum(decided) / len(decided)) if decided else None,
    }


def _confusion(judged: Sequence[Judged]) -> NDArray[np.int64]:
    """How many messages of each label (row) were given each label (column), in the order of ``Label``."""
    import numpy as np  # noqa: PLC0415

    order = list(Label)
    confusion = np.zeros((len(order), len(order)), dtype=np.int64)
    for one in judged:
        confusion[order.index(one.label), order.index(one.said.label)] += 1
    return confusion


def scores(confusion: NDArray[np.int64]) -> tuple[Floats, Floats, Floats, Floats]:
    """Precision, recall and F1 by label, shape (..., 3), and macro-F1, shape (...), of confusions of shape (..., 3, 3).

    NaN where there is nothing to divide by.  What scikit-learn computes one matrix at a time (a
    test holds them equal), here for all resamples at once.
    """
    import numpy as np  # noqa: PLC0415

    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    were, said = confusion.sum(axis=-1), confusion.sum(axis=-2)
    with np.errstate(invalid="ignore"):
        precision, recall, f1 = hits / said, hits / were, 2 * hits / (were + said)
    occurs = were > 0
    return precision, recall, f1, np.where(occurs, f1, 0).sum(axis=-1) / occurs.sum(axis=-1)


def intervals(confusion: NDArray[np.int64], seed: int = 0) -> Figures:
    """The 95 % bootstrap interval of each measure.

    To draw n messages with replacement and count them is to draw the confusion's cells from a multinomial.
    """
    import numpy as np  # noqa: PLC0415

    n = int(confusion.sum())
    cells = np.random.default_rng(seed).multinomial(n, confusion.ravel() / n, size=N_RESAMPLES)
    precision, recall, f1, macro_f1 = scores(cells.reshape(N_RESAMPLES, *confusion.shape))
    by_label = {
        label.value: {
            name: _interval(values[:, i]) for name, values in (("precision", precision), ("recall", recall), ("f1", f1))
        }
        for i, label in enumerate(Label)
    }
    return {"macro_f1": _interval(macro_f1), "labels": by_label}


def _interval(values: Floats) -> list[float] | None:
    import numpy as np  # noqa: PLC0415

    known = values[~np.isnan(values)]
    return [round(float(end), 4) for end in np.percentile(known, INTERVAL)] if len(known) else None


def _confusion_rows(judged: Sequence[Judged]) -> dict[str, dict[str, int]]:
    return {
        label.value: dict(zip(_LABELS, row, strict=True))
        for label, row in zip(Label, _confusion(judged).tolist(), strict=True)
    }


def curve(confidence: Floats, right: NDArray[np.bool_]) -> list[dict[str, float]]:
    """For falling thresholds, the share of messages at or above it (coverage) and how many of them are right."""
    import numpy as np  # noqa: PLC0415

    order = np.argsort(-confidence, kind="stable")
    sure, hits = confidence[order], np.cumsum(right[order])
    ends = np.flatnonzero(np.append(np.diff(sure) != 0, True))  # equals share a threshold
    if len(ends) > MAX_CURVE:
        ends = ends[np.linspace(0, len(ends) - 1, MAX_CURVE).astype(int)]
    return [
        {
            "threshold": round(float(sure[end]), 4),
            "coverage": round((end + 1) / len(sure), 4),
            "accuracy": round(float(hits[end]) / (end + 1), 4),
        }
        for end in ends.tolist()
    ]


def calibration(confidence: Floats, right: NDArray[np.bool_]) -> Figures:
    """The expected calibration error, and its bins: equally many messages in each, by confidence.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2, with equal mass for equal width.
    """
    import numpy as np  # noqa: PLC0415

    parts = [part for part in np.array_split(np.argsort(confidence, kind="stable"), N_BINS) if len(part)]
    bins = [(float(confidence[part].mean()), float(right[part].mean()), len(part)) for part in parts]
    error = sum(abs(sure - accuracy) * n for sure, accuracy, n in bins) / len(confidence)
    keys = ("confidence", "accuracy", "n")
    return {
        "expected_error": round(error, 4),
        "bins": [dict(zip(keys, (round(sure, 4), round(accuracy, 4), n), strict=True)) for sure, accuracy, n in bins],
    }


def _kinds(judged: Sequence[Judged]) -> Figures:
    """How many messages came with a kind of ours, and for how many of them the model gave it."""
    right = [one.said.kind is one.kind for one in judged if one.kind]
    return {"n": len(right), "accuracy": _rounded(sum(right) / len(right)) if right else None}


def _by(judged: Sequence[Judged], name: str) -> dict[str, Figures]:
    """The summary of each group, the largest first."""
    groups = defaultdict(list)
    for one in judged:
        if name in one.groups:
            groups[one.groups[name]].append(one)
    return {group: summary(ones) for group, ones in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))}


def mistakes(judged: Sequence[Judged]) -> list[Figures]:
    """Every message that was given a wrong label, the surest first."""
    wrong = sorted((one for one in judged if not one.is_right), key=lambda one: -one.said.confidence)
    return [
        {
            "id": one.id,
            "subject": one.subject,
            "label": one.label.value,
            "said": one.said.label.value,
            "said_kind": one.said.kind.value,
            "confidence": _rounded(one.said.confidence),
            "decided": one.said.decided,
            "evidence": [{"sentence": e.sentence, "weight": round(e.weight, 3)} for e in one.said.evidence],
        }
        for one in wrong
    ]


def _rounded(value: Any) -> float | None:  # noqa: ANN401  Python's floats and numpy's
    return None if value != value else round(float(value), 4)  # noqa: PLR0124  NaN alone differs from itself


def painter() -> Callable[[Figures], bytes]:
    """What paints figures as a PNG: the coverage/accuracy curve and a reliability diagram, side by side.

    Raises UnavailableError where matplotlib is not installed.
    """
    return partial(_paint, figure_maker())


def _paint(new_figure: Callable[..., Any], figures: Figures) -> bytes:
    figure = new_figure(figsize=(11, 5), dpi=130, layout="constrained")
    left, right = figure.subplots(1, 2)
    _paint_curve(left, figures)
    _paint_reliability(right, figures["calibration"])
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="lower right" if axes is right else "lower left", frameon=False)
    figure.suptitle(f"{counted(figures['n'], 'message')}, macro-F1 {figures['macro_f1']:.3f}")
    return png_of(figure)


def _paint_curve(axes: Any, figures: Figures) -> None:  # noqa: ANN401  matplotlib's Axes
    coverage = [point["coverage"] for point in figures["curve"]]
    accuracy = [point["accuracy"] for point in figures["curve"]]
    axes.plot(coverage, accuracy, color=BLUE, label="the surest messages first")
    if figures["decided_accuracy"] is not None:
        said = f"decided: {figures['decided']:.1%}, of them {figures['decided_accuracy']:.1%} right"
        axes.plot(figures["decided"], figures["decided_accuracy"], "o", color=RED, markersize=9, label=said)
    lowest = min([*accuracy, figures["decided_accuracy"] or 1])
    axes.set(xlim=(0, 1.02), ylim=(max(0, lowest - 0.02), 1.003), title="Coverage and accuracy")
    axes.set(xlabel="share of messages decided", ylabel="share of them right")


def _paint_reliability(axes: Any, found: Figures) -> None:  # noqa: ANN401  the same
    sure = [part["confidence"] for part in found["bins"]]
    accuracy = [part["accuracy"] for part in found["bins"]]
    lowest = max(0, min([*sure, *accuracy]) - 0.05)
    axes.plot([lowest, 1], [lowest, 1], "--", color=GREY, label="as sure as right")
    said = f"{len(sure)} bins of equally many messages\nexpected calibration error {found['expected_error']:.3f}"
    axes.plot(sure, accuracy, "o-", color=BLUE, markersize=6, label=said)
    axes.set(xlim=(lowest, 1.02), ylim=(lowest, 1.02), title="Reliability")
    axes.set(xlabel="how sure the model was", ylabel="share right")
