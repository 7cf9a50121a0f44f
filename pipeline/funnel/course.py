"""The course of one application: the furthest step it reached, its first answer, and the waits in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.records import Direction, Kind, Label, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pipeline.records import Application, Event

_DECISIONS = (Label.INVITATION, Label.REJECTION)
_SAID_NO = (Stage.REJECTED, Stage.POSITION_CLOSED)


class Step(StrEnum):
    """A step of the funnel; whoever reached one has reached all before it."""

    APPLIED = "applied"
    ANSWERED = "answered"
    INTERVIEW = "interview"
    OFFER = "offer"


@dataclass(frozen=True, slots=True)
class Wait:
    """So many days until an answer of this label; with none, so many days of which nothing more is known."""

    days: float
    answer: Label | None


def decisions(application: Application) -> Iterator[Event]:
    """The invitations and rejections of the employer, in order of their time."""
    return (e for e in application.events if e.direction is Direction.IN and e.kind and e.kind.label in _DECISIONS)


def first_answer(application: Application) -> Event | None:
    """The first thing the employer said beyond that the application arrived."""
    return next(decisions(application), None)


def furthest(application: Application) -> Step:
    """The last step reached, by what was written or by what the user said."""
    kinds = {event.kind for event in decisions(application)}
    if Kind.OFFER in kinds or application.stage in {Stage.OFFER, Stage.ACCEPTED}:
        return Step.OFFER
    if Kind.INTERVIEW in kinds:
        return Step.INTERVIEW
    return Step.ANSWERED if kinds or application.stage in _SAID_NO else Step.APPLIED


def has_reached(step: Step, furthest_step: Step) -> bool:
    """Whether ``step`` is behind whoever came to ``furthest_step``."""
    order = list(Step)
    return order.index(step) <= order.index(furthest_step)


def wait_for_answer(application: Application, until: datetime) -> Wait | None:
    """From applying to the first answer, where the day of applying is known; ``until`` is how far anything is."""
    return _wait(application, application.applied_at, first_answer(application), until)


def wait_after_interview(application: Application, until: datetime) -> Wait | None:
    """From the last interview, or the invitation to it, to what they decided; none where it is still to come."""
    invited = [event.at for event in decisions(application) if event.kind is Kind.INTERVIEW]
    if not invited:
        return None
    start = max([*invited, *filter(None, [application.interview_at])])
    return _wait(application, start, next((e for e in decisions(application) if e.at > start), None), until)


def _wait(application: Application, start: datetime | None, answer: Event | None, until: datetime) -> Wait | None:
    """What the user said took the place of a message counts from when they said it; a wait they gave up ends there."""
    if start is None:
        return None
    label, end = (answer.kind.label, answer.at) if answer and answer.kind else (None, until)
    if label is None and application.stage.is_closed:
        end = min(until, application.turn_since)
        label = _told(application.stage)
    days = (end - start).total_seconds() / 86_400
    return Wait(days, label) if days >= 0 else None


def _told(stage: Stage) -> Label | None:
    """The answer there must have been for the user to close an application as this."""
    if stage is Stage.ACCEPTED:
        return Label.INVITATION
    return Label.REJECTION if stage in _SAID_NO else None
