"""The applications while they are being put together, and by what a message finds those it may be about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from pipeline.link.alike import Likeness, as_in_domains, bare, compare_employers, role_words
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
    _Key = tuple[str, str | frozenset[str]]

_SURE_ROLE = 0.8  # from this share of right ones on a title read later is taken over
_LONG = 8  # letters from which on a name is known with one misspelt
_MANY_WORDS = 6


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
    clients: list[str] = field(default_factory=list)
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
        if self._is_known_by_agent(clues):
            self.employer = clues.employer
            self.names.append(clues.employer)
        told = (clues.requisition, clues.person, clues.client)
        for known, new in zip((self.requisitions, self.people, self.clients), told, strict=True):
            if new and new not in known:
                known.append(new)
        if clues.opens:
            self.receipts.setdefault(clues.receipt, []).append(clues.at)
        if clues.role and not any(self.roles) and sureness >= _SURE_ROLE:
            self.role = clues.role
            self.roles.append(clues.role)

    def _is_known_by_agent(self, clues: Clues) -> bool:
        """Whether it has the name of the agent who now tells for whom they write, and nobody gave it another."""
        tells = bool(clues.client) and clues.client == clues.employer and clues.person in self.people
        return tells and not self.clients and len(self.names) == 1 and clues.employer not in self.names


@dataclass(slots=True)
class Board:
    """The applications so far, and by what a message finds them.

    ``in_question`` are the Message-IDs of messages that may belong to several, and of the answers to them.
    ``waiting`` are these answers.
    ``openings`` are messages that may open one, or have nothing to do with jobs.
    ``also_called`` maps the telling words of names to the employers that have them as well, by what the user moved.
    """

    read_names: ReadNames
    said: Said
    threads: list[Thread] = field(default_factory=list)
    by_message_id: dict[str, Thread] = field(default_factory=dict)
    by_key: dict[str, Thread] = field(default_factory=dict)
    by_meeting: dict[str, Thread] = field(default_factory=dict)
    in_question: set[str] = field(default_factory=set)
    waiting: list[Fact] = field(default_factory=list)
    openings: list[Fact] = field(default_factory=list)
    also_called: dict[frozenset[str], str] = field(default_factory=dict)
    _by_clue: dict[_Key, list[Thread]] = field(default_factory=lambda: defaultdict(list))
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
            opens=names.applies if is_own else fact.kind is Kind.ACKNOWLEDGEMENT and not names.by_vendor,
            employer=self.name(names.employer.value),
            role=names.role.value,
            requisition=names.requisition.value,
            person=names.person,
            client=names.client,
            receipt=(fact.from_.addr_spec, fact.subject),
            text=f"{fact.subject}\n{fact.text}",
        )

    def name(self, employer: str) -> str:
        """The name by which the user knows an employer that a message calls so."""
        name = self.said.name(employer)
        return self.also_called.get(tokens(name), name)

    def call_alike(self, thread: Thread, fact: Fact) -> None:
        """Learn from a message the user moved that its employer has another name: a brand, a legal entity.

        Not from an agent's, nor from that of a testing company, which names the employer besides.
        """
        clues, names = self.clues(fact), self.names(fact)
        by_vendor = clues.kind in BY_VENDORS and any(name and name in clues.text for name in thread.names)
        is_known = any(
            compare_employers(name, clues.employer) is Likeness.SAME for t in self.threads for name in t.names
        )
        words = tokens(clues.employer)
        if words and fact.direction is Direction.IN and not (names.client or by_vendor or is_known):
            self.also_called[words] = thread.employer

    def near(self, clues: Clues) -> Sequence[Thread]:
        """The applications that share anything telling with a message, oldest first."""
        found = {id(thread): thread for key in _wanted(clues) if key in self._by_clue for thread in self._by_clue[key]}
        same_role = self._by_clue.get(("role", role_words(clues.role)), ())
        for thread in self.threads if clues.kind in BY_VENDORS else same_role:
            if any(name and name in clues.text for name in thread.names):
                found[id(thread)] = thread
        return sorted(found.values(), key=lambda thread: (thread.facts[0].date, thread.key))

    def index(self, thread: Thread) -> None:
        """Let messages find an application by all it is known by now."""
        for key in _offered(thread):
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


def _wanted(clues: Clues) -> Iterator[_Key]:
    """What a message looks for; a title alone only where it names no employer."""
    if clues.employer:
        words = tokens(clues.employer)
        yield from (("spelling", spelling) for spelling in _spellings(clues.employer))
        yield from (("words", some) for some in _parts(words))
        yield ("part", words)
    elif clues.role:
        yield ("role", role_words(clues.role))
    if clues.requisition:
        yield ("requisition", bare(clues.requisition))
    if clues.person:
        yield ("person", clues.person)


def _offered(thread: Thread) -> Iterator[_Key]:
    """What an application is found by."""
    for name in filter(None, thread.names):
        words = tokens(name)
        yield from (("spelling", spelling) for spelling in _spellings(name))
        yield ("words", words)
        yield from (("part", some) for some in _parts(words))
    yield from (("role", role_words(role)) for role in thread.roles if role)
    yield from (("requisition", bare(number)) for number in thread.requisitions)
    yield from (("person", person) for person in thread.people)


def _parts(words: frozenset[str]) -> Iterator[frozenset[str]]:
    """Every choice of some of the words of a name; of a very long one each by itself, and all."""
    sizes = range(1, len(words) + 1) if len(words) <= _MANY_WORDS else (1, len(words))
    for size in sizes:
        yield from map(frozenset, combinations(sorted(words), size))


def _spellings(name: str) -> Iterator[str]:
    """A name as its domain has it, and its telling words, of which two that differ by a slip share a shorter form."""
    telling = squashed(name)
    yield from (as_in_domains(name), telling)
    if len(telling) >= _LONG:
        yield from (telling[:n] + telling[n + 1 :] for n in range(len(telling)))
