"""The applications while they are being put together, and by what a message finds those it may be about."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.link.alike import role_words
from pipeline.link.naming.words import squashed, tokens
from pipeline.link.weights import BY_VENDORS, CLOSING, OPENING, Clues
from pipeline.records import Direction, Kind, Verb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from pipeline.link.naming.names import Names
    from pipeline.link.said import Said
    from pipeline.records import Fact, Statement

    ReadNames = Callable[[Fact], Names]

_SURE_ROLE = 0.8  # from this share of right ones on a title read later is taken over
_BEGINNING = 4  # letters that a name misspelt further on still shares
_WORD = re.compile(r"[^\W_]+")


@dataclass(slots=True, eq=False)
class Thread:
    """An application while it is being put together.

    It answers to all its ``names`` and ``roles``: what it was called before the user edited or merged it, too.
    ``receipts`` are the dates of its confirmations by sender and subject, ``people`` addresses somebody reads.
    """

    key: str
    employer: str
    role: str
    names: list[str]
    roles: list[str]
    requisitions: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    receipts: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    unsure: list[int] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)
    closings: list[Statement] = field(default_factory=list)
    withdrawals: list[Statement] = field(default_factory=list)

    @property
    def last_at(self) -> datetime:
        """The date of its last message."""
        return self.facts[-1].date

    @property
    def confirmed_at(self) -> list[datetime]:
        """When somebody else confirmed it."""
        return [one.date for one in self.facts if one.kind is Kind.ACKNOWLEDGEMENT and one.direction is Direction.IN]

    def is_closed(self, at: datetime) -> bool:
        """Whether the last word was a no, the employer's or the user's."""
        kinds = [(fact.date, fact.kind in CLOSING) for fact in self.facts if fact.kind in OPENING]
        said = [(s.at, s.verb is Verb.CLOSE) for s in (*self.closings, *self.withdrawals) if s.at <= at]
        return max([*kinds, *said], default=(at, False))[1]

    def learn(self, clues: Clues, sureness: float) -> None:
        """Remember what one of its messages tells of it."""
        for known, new in ((self.requisitions, clues.requisition), (self.people, clues.person)):
            if new and new not in known:
                known.append(new)
        if clues.opens:
            self.receipts.setdefault(clues.receipt, []).append(clues.at)
        if clues.role and not any(self.roles) and sureness >= _SURE_ROLE:
            self.role = clues.role
            self.roles.append(clues.role)


@dataclass(slots=True)
class Board:
    """The applications so far, and by what a message finds them.

    ``in_question`` are the Message-IDs of messages that may belong to several, and of the answers to them.
    """

    read_names: ReadNames
    said: Said
    threads: list[Thread] = field(default_factory=list)
    by_message_id: dict[str, Thread] = field(default_factory=dict)
    by_key: dict[str, Thread] = field(default_factory=dict)
    by_meeting: dict[str, Thread] = field(default_factory=dict)
    in_question: set[str] = field(default_factory=set)
    _by_clue: dict[tuple[str, object], list[Thread]] = field(default_factory=lambda: defaultdict(list))
    _names: dict[str, Names] = field(default_factory=dict)

    def names(self, fact: Fact) -> Names:
        """What a message names; read once."""
        if fact.key not in self._names:
            self._names[fact.key] = self.read_names(fact)
        return self._names[fact.key]

    def clues(self, fact: Fact) -> Clues:
        """What of a message can say which application it is about, under the names the user gave employers."""
        names = self.names(fact)
        is_own = fact.direction is Direction.OUT
        return Clues(
            at=fact.date,
            kind=fact.kind,
            opens=names.applies if is_own else fact.kind is Kind.ACKNOWLEDGEMENT,
            employer=self.said.name(names.employer.value),
            role=names.role.value,
            requisition=names.requisition.value,
            person=names.person,
            receipt=(fact.from_.addr_spec, fact.subject),
            text=f"{fact.subject}\n{fact.text}",
        )

    def near(self, clues: Clues) -> Sequence[Thread]:
        """The applications that share anything telling with a message, oldest first."""
        wanted = set(_keys(clues.employer, clues.role, clues.requisition, clues.person))
        found = {id(thread): thread for key in wanted if key in self._by_clue for thread in self._by_clue[key]}
        if clues.kind in BY_VENDORS:
            found |= {id(t): t for t in self.threads if any(name and name in clues.text for name in t.names)}
        return sorted(found.values(), key=lambda thread: (thread.facts[0].date, thread.key))

    def index(self, thread: Thread) -> None:
        """Let messages find an application by all it is known by now."""
        everything = [
            *(key for name in thread.names for key in _keys(name, "", "", "")),
            *(key for role in thread.roles for key in _keys("", role, "", "")),
            *(key for number in thread.requisitions for key in _keys("", "", number, "")),
            *(key for person in thread.people for key in _keys("", "", "", person)),
        ]
        for key in everything:
            if not any(known is thread for known in self._by_clue[key]):
                self._by_clue[key].append(thread)

    def forget(self, thread: Thread, successor: Thread) -> None:
        """Let all that found one application find another instead."""
        self.threads.remove(thread)
        for known in (self.by_key, self.by_message_id, self.by_meeting):
            known |= {key: successor for key, other in known.items() if other is thread}
        for threads in self._by_clue.values():
            threads[:] = [other for other in threads if other is not thread]
        self.index(successor)


def _keys(employer: str, role: str, requisition: str, person: str) -> Iterator[tuple[str, object]]:
    if employer:
        yield ("beginning", squashed(employer)[:_BEGINNING])
        yield from (("word", word) for word in tokens(employer))
    if words := role_words(role):
        yield ("role", words)
    if requisition:
        yield ("requisition", "".join(_WORD.findall(requisition.casefold())))
    if person:
        yield ("person", person)
