"""What a message is: labels and kinds, and what a model or the user makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.records.messages import Authentication

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline.records.messages import Address


class Label(StrEnum):
    """What an employer's message means to the applicant; *unsure* is a decision, not a label."""

    INVITATION = "invitation"
    REJECTION = "rejection"
    NONE = "none"


class Kind(StrEnum):
    """The finer class the model predicts; every kind belongs to one label."""

    INTERVIEW = "interview"
    ASSESSMENT = "assessment"
    OFFER = "offer"
    REJECTION = "rejection"
    POSITION_CLOSED = "position_closed"
    ACKNOWLEDGEMENT = "acknowledgement"
    IN_REVIEW = "in_review"
    PAUSED = "paused"
    ACTION_NEEDED = "action_needed"
    OUTREACH = "outreach"
    JOB_ALERT = "job_alert"
    OTHER = "other"

    @property
    def label(self) -> Label:
        """The label this kind counts towards."""
        return LABEL_OF_KIND.get(self, Label.NONE)


LABEL_OF_KIND = {
    Kind.INTERVIEW: Label.INVITATION,
    Kind.ASSESSMENT: Label.INVITATION,
    Kind.OFFER: Label.INVITATION,
    Kind.REJECTION: Label.REJECTION,
    Kind.POSITION_CLOSED: Label.REJECTION,
}

# What a correction by label alone means: the most frequent kind of that label.
KIND_OF_LABEL = {
    Label.INVITATION: Kind.INTERVIEW,
    Label.REJECTION: Kind.REJECTION,
    Label.NONE: Kind.OTHER,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence and what it added to the log-odds of the predicted label."""

    sentence: str
    weight: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model makes of a message; the user's corrections are kept apart.

    ``proba`` maps each label to its probability (they sum to 1), the sum over its kinds.
    ``decided`` is false when the best probability is below the model's threshold for that label.
    """

    kind: Kind
    label: Label
    proba: Mapping[Label, float]
    decided: bool
    evidence: tuple[Evidence, ...]
    model_id: str

    @property
    def confidence(self) -> float:
        """The probability of the predicted label."""
        return self.proba[self.label]


@dataclass(frozen=True, slots=True)
class Unsure:
    """A message that is not decided, and what it would be taken for.

    ``stake`` is the probability that it is an invitation or a rejection after all.  Where ``authentication``
    failed, the model was sure of the message, but nobody can be of its sender.
    """

    message_id: int
    date: datetime
    from_: Address
    subject: str
    guess: Kind
    confidence: float
    stake: float
    evidence: tuple[Evidence, ...]
    authentication: Authentication = Authentication.UNASKED


class Measure(StrEnum):
    """In what a new model may be worse: on the check set, or about the user's corrections."""

    MACRO_F1 = "macro_f1"
    ACCURACY = "accuracy"
    CORRECTIONS = "corrections"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a new model is not used: it has ``figure`` where the one in use has ``before`` (0 to 1, or corrections)."""

    measure: Measure
    figure: float
    before: float


@dataclass(frozen=True, slots=True)
class Learned:
    """What a training on the user's corrections came to.

    Of ``n_corrections`` the model before knew ``n_right_before`` by itself, and the new one ``n_right``, each without
    having seen them; ``n_broken`` are those that only the one before knew.  ``n_relabelled`` other messages
    that were undecided are decided now.  Why a model that is not ``promoted`` is not used, is its ``flaw``.
    """

    model_id: str
    n_corrections: int
    n_right_before: int
    n_right: int
    n_broken: int
    n_relabelled: int
    promoted: bool
    flaw: Flaw | None = None
