"""How well linking puts a search's messages together: pairs of messages, as is usual in record linkage.

Of all pairs that linking put into one application the share that belongs together (precision), and of all pairs
that belong together the share it put so (recall).  A message that became a question or a doubt is in no pair, so it
costs recall only; one that nobody could place costs nothing when it is asked, and precision when it is put wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from factories import NAMES

from pipeline.link.applications import link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from searches import Search

    from pipeline.records import Application


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of pairs, and of messages asked about; add them up over searches."""

    right: int
    said: int
    wanted: int
    found: int
    n_messages: int
    n_questions: int
    n_found: int
    n_applications: int

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.wanted if self.wanted else 1.0

    @property
    def questions(self) -> float:
        """For each 100 messages."""
        return 100 * self.n_questions / self.n_messages

    def __add__(self, other: Score) -> Score:
        mine, theirs = ([getattr(one, name) for name in self.__slots__] for one in (self, other))
        return Score(*(a + b for a, b in zip(mine, theirs, strict=True)))

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.4f}, recall {self.recall:.4f}, {self.questions:.1f} questions in 100 messages "
            f"({self.n_questions} of {self.n_messages}), {self.n_found} applications for {self.n_applications}"
        )


def score(search: Search) -> Score:
    """What linking makes of a search, held to its truth."""
    found = link(search.facts, NAMES)
    applications = found.applications
    said = _pairs({key: placed for key, placed in _placed(search, applications).items() if placed})
    mail = {key: posts for key, posts in search.truth.items() if key not in search.open_to_doubt}
    wanted, true = _pairs(mail), _pairs(search.truth)
    answered = {n for posts in search.truth.values() for n in posts}
    return Score(
        right=len(said & true),
        said=len(said),
        wanted=len(wanted),
        found=len(said & wanted),
        n_messages=len(search.facts),
        n_questions=len(_asked(applications) | set(found.openings)),
        n_found=len(applications),
        n_applications=len(answered),
    )


def _pairs(groups: Mapping[str, Iterable[int]]) -> set[tuple[str, str]]:
    """Every two messages that are in one application."""
    members: dict[int, list[str]] = {}
    for key, numbers in groups.items():
        for number in numbers:
            members.setdefault(number, []).append(key)
    return {pair for keys in members.values() for pair in combinations(sorted(keys), 2)}


def _placed(search: Search, applications: list[Application]) -> dict[str, frozenset[int]]:
    """The applications, by their place in the list, that each message was put into."""
    places: dict[int, set[int]] = {}
    for n, application in enumerate(applications):
        for event in application.events:
            places.setdefault(event.message_id, set()).add(n)
    return {fact.key: frozenset(places.get(fact.message_id, ())) for fact in search.facts}


def _asked(applications: list[Application]) -> set[int]:
    return {number for one in applications for number in (*one.questions, *one.unsure)}


def mistakes(search: Search) -> str:
    """Every true application that is in several, and every one that holds others' messages, line by line."""
    applications = link(search.facts, NAMES).applications
    placed, asked = _placed(search, applications), _asked(applications)
    homes: dict[int, set[str]] = {}
    for fact in search.facts:
        for number in search.truth[fact.key]:
            home = "asked" if fact.message_id in asked else _names(placed[fact.key], applications) or "nowhere"
            is_doubt = fact.key in search.open_to_doubt and home in {"asked", "nowhere"}
            is_fine = is_doubt or len(search.truth[fact.key]) > 1
            homes.setdefault(number, set()).add("" if is_fine else home)
    owners: dict[int, set[frozenset[int]]] = {}
    for key, numbers in placed.items():
        for number in numbers:
            owners.setdefault(number, set()).add(search.truth[key])
    mixed = {n for sets in owners.values() if not frozenset.intersection(*sets) for posts in sets for n in posts}
    bad = {number for number, home in homes.items() if len(home - {""}) > 1} | mixed
    bad |= {n for key in search.open_to_doubt if placed[key] for n in search.truth[key]}
    lines = []
    for number in sorted(bad):
        lines.append(f"\n  application {number}")
        lines += [
            _line(search, fact, asked, _names(placed[fact.key], applications))
            for fact in sorted(search.facts, key=lambda fact: (fact.date, fact.key))
            if number in search.truth[fact.key]
        ]
    strays = [fact for fact in search.facts if not search.truth[fact.key] and placed[fact.key]]
    lines += [_line(search, fact, asked, _names(placed[fact.key], applications)) for fact in strays]
    return "\n".join(lines)


def _names(numbers: frozenset[int], applications: list[Application]) -> str:
    return " and ".join(f"{n} {applications[n].employer}: {applications[n].role}" for n in sorted(numbers))


def _line(search: Search, fact, asked: set[int], place: str) -> str:
    names = NAMES(fact)
    tags = ", ".join(tag for tag, keys in search.tags.items() if fact.key in keys)
    doubt = " (nobody could say)" if fact.key in search.open_to_doubt else ""
    where = ("asked" if fact.message_id in asked else place or "nowhere") + doubt
    read = f"{names.employer.value} / {names.role.value} / {names.requisition.value}"
    sender = fact.to[0] if fact.direction == "out" else fact.from_
    address = f"{'to ' if fact.direction == 'out' else ''}{sender.display_name} <{sender.addr_spec}>"
    said = f"{fact.kind or '-':15} {fact.subject[:60]:60} {address}"
    return f"    {fact.date:%Y-%m-%d %H:%M} {said} [{tags}]\n      read {read} -> {where}"
