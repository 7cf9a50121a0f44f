"""Link messages to applications: by thread, else by employer and role; a tie is asked, never guessed.

The whole is a pure function of the facts, so a correction or a better model repairs history.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from pipeline.link.naming import names_of, squashed, tokens
from pipeline.link.state import fold
from pipeline.records import Application, Direction, Event, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.link.naming import Tables
    from pipeline.records import Fact

# Kinds that may open an application when nothing came before them.
_OPENING = frozenset(
    {
        Kind.ACKNOWLEDGEMENT,
        Kind.INTERVIEW,
        Kind.ASSESSMENT,
        Kind.OFFER,
        Kind.REJECTION,
        Kind.POSITION_CLOSED,
    }
)
_BY_VENDORS = frozenset({Kind.ASSESSMENT, Kind.INTERVIEW, Kind.ACTION_NEEDED})
_CLOSING = frozenset({Kind.REJECTION, Kind.POSITION_CLOSED})
_NEVER_LINKED_BY_NAME = frozenset({Kind.OTHER, Kind.JOB_ALERT, Kind.OUTREACH})
_DOUBT = 0.15  # from this probability of an invitation or rejection on, an undecided message may overturn a claim
_SAME_ROLE = 92  # of 100, rapidfuzz ratio of the sorted words: a slip of the pen, no other word
_ONE_APPLICATION = timedelta(days=30)  # what is confirmed again within is the same, later on it is a new one
_NOT_TELLING = frozenset(
    {"m", "f", "w", "d", "x", "i", "div", "the", "a", "an", "of", "for", "in", "at", "and", "req", "id"}
)
_LEVELS = frozenset(
    {"senior", "junior", "lead", "principal", "staff", "head", "chief", "director", "manager", "intern", "internship",
     "trainee", "apprentice", "assistant", "associate", "graduate", "working", "student", "ii", "iii", "iv", "sr", "jr"}
)  # fmt: skip

_OWN_APPLICATION = re.compile(
    r"(?i)^(?:job )?(?:application|applying|bewerbung|candidature|candidatura|sollicitatie|aplikacja|podanie)\b"
)


@dataclass(slots=True)
class _Thread:
    """An application while it is being put together."""

    key: str
    employer: str
    role: str
    facts: list[Fact] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    unsure: list[int] = field(default_factory=list)

    @property
    def is_closed(self) -> bool:
        """Whether the last word of the employer was a no."""
        kinds = [fact.kind for fact in self.facts if fact.direction is Direction.IN]
        return next((kind in _CLOSING for kind in reversed(kinds) if kind in _OPENING), False)


def link(facts: Sequence[Fact], tables: Tables) -> list[Application]:
    """The applications that ``facts`` (in order of their date) speak of, oldest first."""
    threads: list[_Thread] = []
    by_message_id: dict[str, _Thread] = {}
    for fact in facts:
        thread = _place(fact, threads, by_message_id, tables)
        if thread and fact.rfc_message_id:
            by_message_id.setdefault(fact.rfc_message_id, thread)
    return [_application(thread) for thread in threads]


def _place(fact: Fact, threads: list[_Thread], by_message_id: dict[str, _Thread], tables: Tables) -> _Thread | None:
    """Put one message where it belongs; the application it joined, or None."""
    answered = next((by_message_id[i] for i in reversed(fact.thread) if i in by_message_id), None)
    if answered:
        return _join(answered, fact, "thread")
    if fact.direction is Direction.OUT:
        return _open_by_mail(fact, threads, tables)
    if fact.kind in _NEVER_LINKED_BY_NAME:
        return None
    return _place_by_name(fact, threads, tables)


def _place_by_name(fact: Fact, threads: list[_Thread], tables: Tables) -> _Thread | None:
    """Put a message where its employer and role belong; what may mean several is left for the user to decide."""
    names = names_of(fact, tables)
    employer, role = names.employer.value, names.role.value
    candidates = _candidates(fact, employer, role, threads) or _mentioned(fact, role, threads)
    if len(candidates) == 1:
        return _join(candidates[0], fact, "employer and role" if role else "employer")
    doubtful = candidates or _nearly(fact, employer, role, threads)
    for candidate in doubtful if fact.kind or fact.stake >= _DOUBT else ():
        candidate.unsure.append(fact.message_id)
    if not doubtful and fact.kind in _OPENING and employer:
        return _open(fact, employer, role, threads)
    return None


def _candidates(fact: Fact, employer: str, role: str, threads: Sequence[_Thread]) -> list[_Thread]:
    """The applications this message may speak of: of this employer, not of another role, open ones first."""
    if not employer:
        return []
    same = [t for t in threads if _is_same_employer(t.employer, employer) and _may_be_same_role(t.role, role)]
    open_ones = [t for t in same if not t.is_closed]
    if fact.kind is Kind.ACKNOWLEDGEMENT or fact.direction is Direction.OUT:
        # After a no, or long after the last word, it is a new application.
        return _exact([t for t in open_ones if fact.date - t.facts[-1].date <= _ONE_APPLICATION], role)
    return _exact(open_ones, role) or _exact(same, role)[-1:]


def _mentioned(fact: Fact, role: str, threads: Sequence[_Thread]) -> list[_Thread]:
    """The open application whose employer this message names, though it comes from somebody else.

    A testing company writes in its own name; which employer it is for stands in the text.
    """
    if fact.kind not in _BY_VENDORS:
        return []
    text = f"{fact.subject}\n{fact.text}"
    named = [t for t in threads if t.employer in text and re.search(rf"(?<!\w){re.escape(t.employer)}(?!\w)", text)]
    return _exact([t for t in named if not t.is_closed and _may_be_same_role(t.role, role)], role)


def _nearly(fact: Fact, employer: str, role: str, threads: Sequence[_Thread]) -> list[_Thread]:
    """Applications at an employer whose name holds this one or is held by it: a doubt, not a match.

    "Delta" may be short for "Delta Dental" or somebody else.  An acknowledgement is taken at its word.
    """
    a = tokens(employer)
    if not a or fact.kind is Kind.ACKNOWLEDGEMENT:
        return []
    near = [t for t in threads if not t.is_closed and _may_be_same_role(t.role, role)]
    return [t for t in near if (b := tokens(t.employer)) and (a < b or b < a)]


def _exact(threads: list[_Thread], role: str) -> list[_Thread]:
    """Those with the very role, if any; else all."""
    return [t for t in threads if role and t.role and _may_be_same_role(t.role, role)] or threads


def _is_same_employer(one: str, other: str) -> bool:
    """Whether two names have the same telling words; a domain writes them without the spaces."""
    return bool(tokens(one)) and (tokens(one) == tokens(other) or squashed(one) == squashed(other))


def _may_be_same_role(one: str, other: str) -> bool:
    """Whether two titles may mean one role; an unknown one may mean any.

    One may be the other with a place or a team added, but not with a level: a senior is somebody else.
    """
    a, b = _role_words(one), _role_words(other)
    if not a or not b or a == b:
        return True
    if a < b or b < a:
        return not (a ^ b) & _LEVELS
    return fuzz.ratio(" ".join(sorted(a)), " ".join(sorted(b))) >= _SAME_ROLE


@lru_cache(maxsize=10_000)
def _role_words(title: str) -> frozenset[str]:
    """The words of a title that tell it from others: no marks of gender, no numbers."""
    return frozenset(re.findall(r"[^\W\d_]+", title.casefold())) - _NOT_TELLING


def _open(fact: Fact, employer: str, role: str, threads: list[_Thread]) -> _Thread:
    threads.append(_Thread(fact.key, employer, role))
    return _join(threads[-1], fact, "opened")


def _open_by_mail(fact: Fact, threads: list[_Thread], tables: Tables) -> _Thread | None:
    """An application by mail opens one, unless it is already there."""
    if not _OWN_APPLICATION.search(fact.subject) or not fact.to:
        return None
    names = names_of(fact, tables)
    employer, role = names.employer.value, names.role.value
    candidates = _candidates(fact, employer, role, threads)
    if len(candidates) == 1:
        return _join(candidates[0], fact, "employer and role" if role else "employer")
    return _open(fact, employer, role, threads) if employer and not candidates else None


def _join(thread: _Thread, fact: Fact, how: str) -> _Thread:
    """Add a message to an application; one that is not decided only as a doubt."""
    if fact.kind is None and fact.direction is Direction.IN:
        if fact.stake >= _DOUBT:
            thread.unsure.append(fact.message_id)
    else:
        thread.facts.append(fact)
        thread.links.append(how)
    return thread


def _application(thread: _Thread) -> Application:
    state = fold(thread.facts)
    return Application(
        key=thread.key,
        employer=thread.employer,
        role=thread.role,
        applied_at=state.applied_at,
        stage=state.stage,
        turn=state.turn,
        turn_since=state.turn_since,
        turn_message_id=state.turn_message_id,
        interview_at=state.interview_at,
        last_message_at=state.last_message_at,
        contact=state.contact,
        events=tuple(
            Event(fact.message_id, fact.date, fact.direction, fact.kind, how)
            for fact, how in zip(thread.facts, thread.links, strict=True)
        ),
        unsure=tuple(thread.unsure),
    )
