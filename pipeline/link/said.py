"""What the user said of the ledger, arranged by what linking asks; it beats whatever the messages suggest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.link.naming.words import tokens
from pipeline.records import Address, Direction, Fact, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline.records import Statement

NEW, NOWHERE = "new", "nowhere"
_NOBODY = Address("", "")


@dataclass(frozen=True, slots=True)
class Said:
    """Statements by the message keys they are about; of two that contradict each other the later holds.

    ``moves`` maps a message to a message of the application it belongs to, to itself where it opens
    one, or to NOWHERE.  ``aliases`` maps the telling words of a name to the name to be used.
    ``closings`` are all that moves an application: advances and re-openings too.  ``spoken_of`` are
    the keys of all applications the user said anything about.
    """

    moves: Mapping[str, str]
    merges: Sequence[tuple[str, ...]]
    edits: Mapping[str, Mapping[str, str]]
    aliases: Mapping[frozenset[str], str]
    closings: Mapping[str, Sequence[Statement]]
    snoozes: Mapping[str, Statement]
    added: Sequence[tuple[Fact, str, str]]
    spoken_of: frozenset[str]

    @classmethod
    def of(cls, statements: Iterable[Statement]) -> Said:
        """Arrange ``statements``, which are in the order they were said."""
        moves: dict[str, str] = {}
        edits: dict[str, dict[str, str]] = defaultdict(dict)
        closings: dict[str, list[Statement]] = defaultdict(list)
        by_verb: dict[Verb, list[Statement]] = defaultdict(list)
        for statement in statements:
            by_verb[statement.verb].append(statement)
        for statement in by_verb[Verb.MOVE]:
            moves |= dict.fromkeys(statement.messages, _target(statement))
        for statement in by_verb[Verb.EDIT]:
            edits[statement.about[0]] |= statement.values
        for verb in (Verb.CLOSE, Verb.REOPEN, Verb.ADVANCE):
            for statement in by_verb[verb]:
                closings[statement.about[0]].append(statement)
        return cls(
            moves=moves,
            merges=[statement.about for statement in by_verb[Verb.MERGE]],
            edits=edits,
            aliases={tokens(s.values["name"]): s.values["is"] for s in by_verb[Verb.ALIAS]},
            closings=closings,
            snoozes={statement.about[0]: statement for statement in by_verb[Verb.SNOOZE]},
            added=[(_fact(s), s.values["employer"], s.values.get("role", "")) for s in by_verb[Verb.ADD]],
            spoken_of=frozenset(key for said in by_verb.values() for statement in said for key in statement.about),
        )

    def name(self, employer: str) -> str:
        """The name the user wants for an employer that is called so, however often it was renamed."""
        seen = set()
        while (found := self.aliases.get(tokens(employer))) and found not in seen:
            seen.add(found)
            employer = found
        return employer


def _target(statement: Statement) -> str:
    if statement.about:
        return statement.about[0]
    return NOWHERE if statement.values["to"] == NOWHERE else statement.messages[0]


def _fact(statement: Statement) -> Fact:
    """An application the user added, as if they had sent it that day."""
    applied = datetime.fromisoformat(statement.values["applied"])
    return Fact(-statement.statement_id, statement.key, applied, Direction.OUT, _NOBODY)
