"""The pictures and the table of what moves an application, from the tables of pipeline/moves.py."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline.moves import FURTHER, MOVES, SAID
from pipeline.records import Direction, Kind, Stage, Turn, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.moves import Move

WORDS = {
    Direction.OUT: "own mail",
    Verb.CLOSE: "you close it",
    Verb.REOPEN: "you re-open it",
    Verb.ADVANCE: "you say they moved",
}
TURN_WORDS = {Turn.EMPLOYER: "the employer's turn", Turn.USER: "your turn", Turn.NOBODY: "nobody's turn"}


def stages() -> str:
    """What leads to which stage, as a Mermaid state diagram."""
    edges: dict[str, list[str]] = defaultdict(list)
    for cause, move in MOVES.items():
        if move.stage:
            edges[f"any --> {move.stage}"].append(_cause(cause) + _restriction(move))
    for stage in filter(lambda stage: stage.is_closed, Stage):
        edges[f"any --> {stage}"].append(WORDS[Verb.CLOSE])
    for stage in (Stage.ASSESSMENT, Stage.INTERVIEW, Stage.OFFER):
        edges[f"any --> {stage}"].append(WORDS[Verb.ADVANCE])
    edges["closed --> before"].append(WORDS[Verb.REOPEN])
    lines = [
        'state "any stage" as any',
        'state "the stage before closing" as before',
        "state closed {",
        *(f"    {stage}" for stage in Stage if stage.is_closed),
        "}",
        f"[*] --> {FURTHER[0]}: the first message",
        *_edges(edges),
    ]
    return _mermaid(lines)


def turns() -> str:
    """What gives whom the turn, as a Mermaid state diagram."""
    edges: dict[str, list[str]] = defaultdict(list)
    for turn in Turn:
        for cause, move in MOVES.items():
            if move.moves(Stage.APPLIED, turn) and move.turn is not turn:
                edges[f"{turn} --> {move.turn}"].append(_cause(cause))
        for verb, after in SAID.items():
            if after is not turn and (verb is not Verb.REOPEN or turn is Turn.NOBODY):
                edges[f"{turn} --> {after}"].append(WORDS[verb])
    names = [f'state "{TURN_WORDS[turn]}" as {turn}' for turn in Turn]
    return _mermaid([*names, f"[*] --> {Turn.EMPLOYER}: the first message", *_edges(edges)])


def table() -> str:
    """Every cause with the stage and the turn after it."""
    rows = [
        (_cause(cause), move.stage or "as before", move.turn, _restriction(move).strip(" ()"))
        for cause, move in MOVES.items()
    ]
    rows += [(", ".join(map(_cause, (k for k in Kind if k not in MOVES))), "as before", "as before", "")]
    chosen = {Verb.CLOSE: "as you say", Verb.REOPEN: "the one before closing", Verb.ADVANCE: "as you say"}
    rows += [(WORDS[verb], chosen[verb], turn, "") for verb, turn in SAID.items()]
    head = ("cause", "stage", "turn", "but")
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (head, ("---",) * 4, *rows))


def _cause(cause: Kind | Direction) -> str:
    return WORDS.get(cause) or str(cause)


def _restriction(move: Move) -> str:
    words = (
        (move.if_turn and f"only when it was {TURN_WORDS[move.if_turn]}"),
        (move.if_open and "not once it is closed"),
        (move.never_back and "a stage further on stays"),
    )
    found = "; ".join(word for word in words if word)
    return f" ({found})" if found else ""


def _edges(edges: dict[str, list[str]]) -> Iterable[str]:
    return (f"{edge}: {', '.join(causes)}" for edge, causes in edges.items())


def _mermaid(lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"])
