"""What each message does to an application: its next stage, and whose turn it is then.

``MOVES`` is the whole of it, but for what the user says: who closes an application chooses its
stage, and who re-opens one gets the stage back that it had.  docs/states.md draws both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.records import Direction, Kind, Stage, Turn, Verb

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Move:
    """What a message does: ``stage`` None leaves the stage as it is; the turn goes over with the message's date.

    Nothing happens where it is not the turn of ``if_turn``, or with ``if_open`` when the application is closed.
    With ``never_back`` a stage that is further on stays.
    """

    stage: Stage | None
    turn: Turn
    if_turn: Turn | None = None
    if_open: bool = False
    never_back: bool = False

    def moves(self, stage: Stage, turn: Turn) -> bool:
        """Whether it does anything to an application that stands so."""
        return self.if_turn in {None, turn} and not (self.if_open and stage.is_closed)

    def stage_after(self, stage: Stage) -> Stage:
        """The stage it leads to from ``stage``."""
        if self.stage and self.never_back and stage in FURTHER:
            return max(stage, self.stage, key=FURTHER.index)
        return self.stage or stage


FURTHER = (Stage.APPLIED, Stage.IN_REVIEW, Stage.ASSESSMENT, Stage.INTERVIEW, Stage.OFFER)

# By the kind of what the employer wrote, or Direction.OUT for anything the user wrote; any other kind moves nothing.
# The first message finds an application as it was sent: applied, the employer's turn.
MOVES: Mapping[Kind | Direction, Move] = {
    Direction.OUT: Move(None, Turn.EMPLOYER, if_turn=Turn.USER),
    Kind.ACKNOWLEDGEMENT: Move(None, Turn.EMPLOYER, if_turn=Turn.USER),
    Kind.IN_REVIEW: Move(Stage.IN_REVIEW, Turn.EMPLOYER, never_back=True),
    Kind.ACTION_NEEDED: Move(None, Turn.USER, if_open=True),
    Kind.ASSESSMENT: Move(Stage.ASSESSMENT, Turn.USER),
    Kind.INTERVIEW: Move(Stage.INTERVIEW, Turn.USER),
    Kind.OFFER: Move(Stage.OFFER, Turn.USER),
    Kind.PAUSED: Move(Stage.PAUSED, Turn.NOBODY),
    Kind.REJECTION: Move(Stage.REJECTED, Turn.NOBODY),
    Kind.POSITION_CLOSED: Move(Stage.POSITION_CLOSED, Turn.NOBODY),
}

# Whose turn it is after what the user says; they choose the stage, or get the one before closing back.
SAID: Mapping[Verb, Turn] = {Verb.CLOSE: Turn.NOBODY, Verb.REOPEN: Turn.EMPLOYER, Verb.ADVANCE: Turn.USER}
