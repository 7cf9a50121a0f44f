"""Fit a new model on the shipped corpus and the user's corrections, and decide whether to use it.

It learns from nothing else: never from its own guesses.

The model in use is the champion, the new one the challenger.  They are compared on the check
set, a tenth of the corpus that is always the same and that neither is fitted on for the
comparison, and on the corrections, each judged by a model that did not see it.  What is put to
use is then fitted on everything.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline import __version__
from pipeline.classify.corpus import Example, corpus_digest, read_corpus
from pipeline.classify.features import terms
from pipeline.classify.meanings import read_meanings
from pipeline.classify.training import Counted, count, fit, measure, refit
from pipeline.domains import registered_domain
from pipeline.errors import ModelError
from pipeline.ledger.codec import time_text
from pipeline.plurals import counted
from pipeline.records import Flaw, Kind, Label, Measure
from pipeline.resources import shipped
from pipeline.shelf import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from pipeline.classify import Model
    from pipeline.classify.meanings import Meanings
    from pipeline.classify.training import Fitted
    from pipeline.ledger import Ledger
    from pipeline.records import Message, Unsure
    from pipeline.shelf import Shelf

    Figures = dict[str, Any]
    Progress = Callable[[str], None]

CORRECTION_WEIGHT = 10.0  # one of the user's own counts as much as ten of ours
MAX_PER_SENDER = 10  # all corrections of one sender together count as much as so many
TOLERATED_LOSS = 0.01  # of macro-F1 and of accuracy on the check set
TOLERATED_SHARE = 0.05  # of the corrections: the challenger is held to them without a fifth of the corpus
CHECK_SHARE = 10  # one group in so many is in the check set


@dataclass(frozen=True, slots=True)
class Trial:
    """How champion and challenger did: on the check set, and the label each gave to each correction."""

    before: Figures
    after: Figures
    said_before: Sequence[Label]
    said_after: Sequence[Label]
    corrected: Sequence[Example]

    @property
    def n_right(self) -> tuple[int, int]:
        """How many corrections the champion and the challenger are right about."""
        truth = [example.kind.label for example in self.corrected]
        before, after = (
            sum(said is label for said, label in zip(labels, truth, strict=True))
            for labels in (self.said_before, self.said_after)
        )
        return before, after

    @property
    def n_broken(self) -> int:
        """How many corrections only the champion is right about."""
        judged = zip(self.said_before, self.said_after, self.corrected, strict=True)
        return sum(before is one.kind.label is not after for before, after, one in judged)

    @property
    def flaw(self) -> Flaw | None:
        """Why the challenger should not be used; None when it should."""
        for one in (Measure.MACRO_F1, Measure.ACCURACY):
            if self.after[one] < self.before[one] - TOLERATED_LOSS:
                return Flaw(one, self.after[one], self.before[one])
        before, after = self.n_right
        is_worse = after < before - TOLERATED_SHARE * len(self.corrected)
        return Flaw(Measure.CORRECTIONS, after, before) if is_worse else None

    @property
    def why_worse(self) -> str:
        """The same in a sentence; empty when there is no flaw."""
        match self.flaw:
            case None:
                return ""
            case Flaw(Measure.CORRECTIONS, after, before):
                of = f"{after} of your {counted(len(self.corrected), 'correction')}"
                return f"it is right about {of}, the one in use about {before}"
            case Flaw(one, after, before):
                word = one.replace("macro_f1", "macro-F1")
                return f"its {word} on the check set is {after}, that of the one in use {before}"


@dataclass(frozen=True, slots=True)
class Training:
    """What came of it; ``relabelled`` are the messages that were undecided, with the kind they are taken for now."""

    model_id: str
    trial: Trial
    n_examples: int
    promoted: bool
    relabelled: Sequence[tuple[Unsure, Kind]] = ()

    def __str__(self) -> str:
        """The outcome in one sentence."""
        learned = f"A model was fitted on {counted(len(self.trial.corrected), 'correction')} of yours ({self.model_id})"
        if self.promoted:
            return f"{learned} and is in use from now on."
        return f"{learned} and kept beside, not used: {self.trial.why_worse}."


@dataclass(frozen=True, slots=True)
class _Champion:
    """The model in use and its notes; no model where none can be read."""

    model: Model | None
    notes: Figures
    is_in_use: bool

    @property
    def said(self) -> dict[str, tuple[Kind, Label]]:
        """The corrections it was fitted on, by message key: their kind, and what it said without having seen them."""
        return {key: (Kind(kind), Label(said)) for key, (kind, said) in self.notes.get("corrections", {}).items()}


def train(ledger: Ledger, shelf: Shelf, now: datetime, progress: Progress, *, force: bool) -> Training | None:
    """Fit, compare, and use the new model unless it is worse by more than is tolerated; ``force`` uses it all the same.

    None when nothing has changed since the model in use was fitted.
    """
    corpus = read_corpus(shipped("models", "corpus"))
    corrected = [Example(m, kind, _group(m), is_hard=True) for m, kind in ledger.facts.corrected_messages()]
    meanings = read_meanings(shipped("models", "meanings.toml"))
    champion, stamp = _champion(shelf), _stamp(corpus, meanings, corrected)
    if champion.is_in_use and stamp.items() <= champion.notes.items() and not force:
        return None
    progress("count terms")
    everything = Everything(corpus, corrected, count([*corpus, *corrected], meanings))
    fitted = fit(everything.counted, _weights(len(corpus), corrected), progress)
    trial = _trial(everything, champion, fitted, progress)
    promoted = force or not trial.why_worse
    shelf.add(fitted.model, _notes(fitted, trial, now) | stamp)
    undecided = ledger.facts.unsure()
    if promoted:
        shelf.use(fitted.model.model_id)
        predict_anew(ledger, shelf, now)
    relabelled = _decided_of(undecided, ledger)
    training = Training(fitted.model.model_id, trial, len(corpus) + len(corrected), promoted, relabelled)
    _record(ledger, training, now)
    return training


def predict_anew(ledger: Ledger, shelf: Shelf, now: datetime, left: str = "") -> int:
    """Let the model in use judge what is undecided, or was last judged by the model ``left``; how many messages."""
    predictions = [(number, shelf(message)) for number, message in ledger.facts.to_predict_anew(left)]
    ledger.facts.record_predictions(predictions, now)
    return len(predictions)


def _decided_of(undecided: Sequence[Unsure], ledger: Ledger) -> list[tuple[Unsure, Kind]]:
    """Those of them that are decided now, each with its kind."""
    beliefs = [(one, belief[1]["kind"]) for one in undecided if (belief := ledger.facts.message(one.message_id))]
    return [(one, Kind(kind)) for one, kind in beliefs if kind]


def _champion(shelf: Shelf) -> _Champion:
    """The model in use, else the shipped one: training is the remedy, so it must not need what it replaces."""
    in_use = shelf.in_use()
    for name in dict.fromkeys([in_use, SHIPPED]):
        try:
            model, notes = shelf.load(name), shelf.manifest(name)
        except ModelError:
            continue
        # The shipped model was fitted without corrections, and by this very program.
        unsaid = {"version": __version__, "corrections_sha256": corpus_digest([])} if name == SHIPPED else {}
        return _Champion(model, unsaid | notes, name == in_use)
    return _Champion(None, {}, is_in_use=False)


def _stamp(corpus: Sequence[Example], meanings: Meanings, corrected: Sequence[Example]) -> dict[str, str]:
    """What a model depends on: with the same stamp one gets the same model."""
    return {
        "version": __version__,
        "corpus_sha256": corpus_digest(corpus),
        "meanings_sha256": meanings.digest(),
        "corrections_sha256": corpus_digest(corrected),
    }


@dataclass(frozen=True, slots=True)
class Everything:
    """What is learned from: the rows of ``counted`` are those of the corpus, then those of the corrections."""

    corpus: Sequence[Example]
    corrected: Sequence[Example]
    counted: Counted

    def refit(self, rest: Sequence[int], own: Mapping[int, Example], like: Model | None) -> Model:
        """The model of some of the corpus, and of some corrections as they are given."""
        chosen = self.counted.only([*rest, *(len(self.corpus) + n for n in own)])
        examples = [*(self.corpus[n] for n in rest), *own.values()]
        return refit(replace(chosen, examples=examples), _weights(len(rest), list(own.values())), like)


def _trial(everything: Everything, champion: _Champion, fitted: Fitted, progress: Progress) -> Trial:
    """Compare the model in use with one that has also seen the corrections.

    What ``fitted`` says of a correction was said by a model that had seen neither it nor another of the same words.
    """
    corpus, corrected = everything.corpus, everything.corrected
    check = [example for example in corpus if _is_in_check_set(example)]
    rest = [n for n, example in enumerate(corpus) if not _is_in_check_set(example)]
    own = dict(enumerate(corrected))
    learned = {n: _as_learned(example, champion) for n, example in own.items() if example.message.key in champion.said}
    figures = []
    for step, seen in (("the model in use", learned), ("the new model", own)):
        progress(f"check {step}")
        figures.append(measure(everything.refit(rest, seen, champion.model), check))
    before = [_said_by(champion, example) for example in corrected]
    after = [prediction.label for prediction in fitted.held_out[len(corpus) :]]
    return Trial(figures[0], figures[1], before, after, corrected)


def _is_in_check_set(example: Example) -> bool:
    """Whether its group is in the check set: the hash of the group's name says so, whatever else is in the corpus."""
    return hashlib.sha256(example.group.encode()).digest()[0] % CHECK_SHARE == 0


def _as_learned(example: Example, champion: _Champion) -> Example:
    """A correction as the champion was fitted on it: the user may have changed their mind since."""
    return Example(example.message, champion.said[example.message.key][0], example.group, is_hard=True)


def _said_by(champion: _Champion, example: Example) -> Label:
    """What the champion said of a correction when it had not seen it."""
    if example.message.key in champion.said:
        return champion.said[example.message.key][1]
    return champion.model.predict(example.message).label if champion.model else Label.NONE


def _group(message: Message) -> str:
    """One name for messages of the same words, which must not be split between fitting and judging."""
    return "correction:" + hashlib.sha256("\n".join(sorted(set(terms(message)))).encode()).hexdigest()


def _weights(n_corpus: int, corrected: Sequence[Example]) -> list[float]:
    """What each example counts: one sender's corrections no more together than MAX_PER_SENDER, however many."""
    senders = [registered_domain(example.message.from_.domain) for example in corrected]
    n_of = Counter(senders)
    own = [CORRECTION_WEIGHT * min(1.0, MAX_PER_SENDER / n_of[sender]) for sender in senders]
    return [1.0] * n_corpus + own


def _notes(fitted: Fitted, trial: Trial, now: datetime) -> Figures:
    """What the manifest says besides what is needed to predict."""
    judged = zip(trial.corrected, trial.said_after, strict=True)
    return {
        "figures": fitted.figures,
        "check": trial.after,
        "corrections": {example.message.key: [example.kind, said] for example, said in judged},
        "trained_at": time_text(now),
        "reason": trial.why_worse,
    }


def _record(ledger: Ledger, training: Training, now: datetime) -> None:
    n_right_before, n_right = training.trial.n_right
    flaw = training.trial.flaw
    ledger.facts.record_model(
        {
            "model_id": training.model_id,
            "trained_at": time_text(now),
            "n_examples": training.n_examples,
            "n_corrections": len(training.trial.corrected),
            "promoted": int(training.promoted),
            "reason": training.trial.why_worse,
            "n_right_before": n_right_before,
            "n_right": n_right,
            "n_broken": training.trial.n_broken,
            "n_relabelled": len(training.relabelled),
            "worse_in": flaw and flaw.measure,
            "figure": flaw and flaw.figure,
            "figure_before": flaw and flaw.before,
        }
    )
