"""Where applications get stuck: of those that came to a gate and are decided, how many passed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.funnel.course import Step, decisions, furthest
from pipeline.records import Kind, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.records import Application, Event

# Where no day is known, an invitation sooner than this after the last moves or confirms the same conversation.
SAME_CONVERSATION = timedelta(days=7)


class Gate(StrEnum):
    """What an application has to pass, in this order; not every employer has a test."""

    APPLICATION = "application"
    TEST = "test"
    FIRST_CONVERSATION = "first conversation"
    LATER_CONVERSATION = "later conversation"


# A share is called low from so many decided on, and up to such a share.  Most applications lead nowhere,
# for everybody: published answer rates are around one in five to ten.
FEW = {Gate.APPLICATION: (20, 1 / 20)}
FEW_OTHERS = (3, 1 / 4)


@dataclass(frozen=True, slots=True)
class Passage:
    """How many of the ``n`` applications that are decided at a gate passed it."""

    gate: Gate
    n_passed: int
    n: int

    @property
    def is_low(self) -> bool:
        """Whether so few passed that it is worth a thought; never with too few to say so."""
        least, share = FEW.get(self.gate, FEW_OTHERS)
        return self.n >= least and self.n_passed <= share * self.n


def passages(applications: Iterable[Application]) -> dict[Gate, Passage]:
    """How many passed each gate; what is open at a gate, withdrawn, or closed without a fault of anybody counts not."""
    outcomes = [outcome for application in applications for outcome in _outcomes(application)]
    counts = {gate: [passed for at, passed in outcomes if at is gate] for gate in Gate}
    return {gate: Passage(gate, sum(passed), len(passed)) for gate, passed in counts.items()}


def gap(found: dict[Gate, Passage]) -> Passage | None:
    """The gate that fewest pass, the last of several; None where none is low."""
    low = [passage for passage in found.values() if passage.is_low]
    return min(reversed(low), key=lambda passage: passage.n_passed / passage.n, default=None)


def gates_of(application: Application) -> list[Gate]:
    """The gates it came to, in the order it came to them."""
    gates, n, conversations = {Gate.APPLICATION: None}, 0, _conversations(application)
    for event in decisions(application):
        if event.kind is Kind.ASSESSMENT:
            gates[Gate.TEST] = None
        if event.message_id in conversations:
            n += 1
            gates[Gate.FIRST_CONVERSATION if n == 1 else Gate.LATER_CONVERSATION] = None
    return list(gates)


def _conversations(application: Application) -> set[int]:
    """The invitations to a conversation that was not spoken of before.

    One that comes after the day of the last conversation is to a further one; where no day is known, one that
    comes much later than the one before.
    """
    opening = last = None
    found = set()
    for event in decisions(application):
        if event.kind is not Kind.INTERVIEW:
            continue
        if opening is None or last is None or _is_further(event, opening, last, application):
            opening = event
            found.add(event.message_id)
        last = event
    return found


def _is_further(event: Event, opening: Event, last: Event, application: Application) -> bool:
    days = [at for at in application.interviews if at >= opening.at]
    return min(days) <= event.at if days else event.at - last.at >= SAME_CONVERSATION


def _outcomes(application: Application) -> list[tuple[Gate, bool]]:
    """Whether it passed each gate it came to, as far as that is decided."""
    gates = gates_of(application)
    if furthest(application) is Step.OFFER:
        return [(gate, True) for gate in gates]
    passed = [(gate, True) for gate in gates[:-1]]
    return [*passed, (gates[-1], False)] if application.stage in {Stage.REJECTED, Stage.GHOSTED} else passed
