"""Link messages to applications: by thread, else by employer and role; a tie is asked, never guessed.

The whole is a pure function of the facts, so a correction or a better model repairs history.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from pipeline.link.naming import employer_of, role_of, squashed, tokens
from pipeline.link.said import NOWHERE, Said
from pipeline.link.state import fold
from pipeline.records import Application, Direction, Event, Kind, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.link.naming import Senders
    from pipeline.link.state import ReadPromises
    from pipeline.records import Fact, Statement

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
    """An application while it is being put together.

    It answers to all its ``names`` and ``roles``: what it was called before the user edited or merged it, too.
    """

    key: str
    employer: str
    role: str
    names: list[str]
    roles: list[str]
    facts: list[Fact] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    unsure: list[int] = field(default_factory=list)
    closings: list[Statement] = field(default_factory=list)

    def is_closed(self, at: datetime) -> bool:
        """Whether the last word was a no, the employer's or the user's."""
        kinds = [(fact.date, fact.kind in _CLOSING) for fact in self.facts if fact.kind in _OPENING]
        said = [(statement.at, statement.verb is Verb.CLOSE) for statement in self.closings if statement.at <= at]
        return max([*kinds, *said], default=(at, False))[1]


@dataclass(slots=True)
class _Board:
    """The applications so far, and which of them a Message-ID or a message's key stands for."""

    senders: Senders
    said: Said
    threads: list[_Thread] = field(default_factory=list)
    by_message_id: dict[str, _Thread] = field(default_factory=dict)
    by_key: dict[str, _Thread] = field(default_factory=dict)


def link(
    facts: Iterable[Fact],
    senders: Senders,
    statements: Iterable[Statement] = (),
    read: ReadPromises = lambda _text, _sent: (),
) -> list[Application]:
    """The applications that ``facts`` speak of, oldest first; what the user said of them holds.

    ``read`` finds the promises of a text that was sent at some time.
    """
    board = _Board(senders, Said.of(statements))
    added = {fact.key: (employer, role) for fact, employer, role in board.said.added}
    early: list[Fact] = []
    for fact in sorted([*facts, *(fact for fact, _, _ in board.said.added)], key=lambda fact: (fact.date, fact.key)):
        if fact.key in added:
            employer, role = added[fact.key]
            _open(board, fact, board.said.name(employer), role, "you")
        elif fact.key in board.said.moves:
            early += [] if _obey(board, fact) else [fact]
        else:
            _place(board, fact)
    for fact in early:  # moved to an application that began later
        _obey(board, fact)
    return [_application(thread, board.said, read) for thread in board.threads]


def _obey(board: _Board, fact: Fact) -> bool:
    """Put a message where the user said it belongs; False where that application is not there yet."""
    target = board.said.moves[fact.key]
    if target == NOWHERE:
        return True
    if target == fact.key:
        employer = board.said.name(employer_of(fact, board.senders))
        _open(board, fact, employer, role_of(fact, employer), "you")
        return True
    thread = board.by_key.get(target)
    if thread:
        _add(board, thread, fact, "you")
    return thread is not None


def _place(board: _Board, fact: Fact) -> None:
    """Put one message where it belongs by itself, if it does."""
    answered = next((board.by_message_id[i] for i in reversed(fact.thread) if i in board.by_message_id), None)
    if answered:
        _join(board, answered, fact, "thread")
    elif fact.direction is Direction.OUT:
        _open_by_mail(board, fact)
    elif fact.kind not in _NEVER_LINKED_BY_NAME:
        _place_by_name(board, fact)


def _place_by_name(board: _Board, fact: Fact) -> None:
    """Put a message where its employer and role belong; what may mean several is left for the user to decide."""
    employer = board.said.name(employer_of(fact, board.senders))
    role = role_of(fact, employer)
    candidates = _candidates(fact, employer, role, board.threads) or _mentioned(fact, role, board.threads)
    if len(candidates) == 1:
        _join(board, candidates[0], fact, "employer and role" if role else "employer")
        return
    doubtful = candidates or _nearly(fact, employer, role, board.threads)
    for candidate in doubtful if fact.kind or fact.stake >= _DOUBT else ():
        candidate.unsure.append(fact.message_id)
    if not doubtful and fact.kind in _OPENING and employer:
        _open(board, fact, employer, role, "opened")


def _candidates(fact: Fact, employer: str, role: str, threads: Sequence[_Thread]) -> list[_Thread]:
    """The applications this message may speak of: of this employer, not of another role, open ones first."""
    if not employer:
        return []
    same = [t for t in threads if any(_is_same_employer(n, employer) for n in t.names) and _has_role(t, role)]
    open_ones = [t for t in same if not t.is_closed(fact.date)]
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
    return _exact([t for t in named if not t.is_closed(fact.date) and _has_role(t, role)], role)


def _nearly(fact: Fact, employer: str, role: str, threads: Sequence[_Thread]) -> list[_Thread]:
    """Applications at an employer whose name holds this one or is held by it: a doubt, not a match.

    "Delta" may be short for "Delta Dental" or somebody else.  An acknowledgement is taken at its word.
    """
    a = tokens(employer)
    if not a or fact.kind is Kind.ACKNOWLEDGEMENT:
        return []
    near = [t for t in threads if not t.is_closed(fact.date) and _has_role(t, role)]
    return [t for t in near if (b := tokens(t.employer)) and (a < b or b < a)]


def _exact(threads: list[_Thread], role: str) -> list[_Thread]:
    """Those with the very role, if any; else all."""
    return [t for t in threads if role and any(t.roles) and _has_role(t, role)] or threads


def _has_role(thread: _Thread, role: str) -> bool:
    return any(_may_be_same_role(known, role) for known in thread.roles)


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


def _open(board: _Board, fact: Fact, employer: str, role: str, how: str) -> None:
    thread = _Thread(fact.key, employer, role, [employer], [role])
    board.threads.append(thread)
    _add(board, thread, fact, how)


def _open_by_mail(board: _Board, fact: Fact) -> None:
    """An application by mail opens one, unless it is already there."""
    if not _OWN_APPLICATION.search(fact.subject) or not fact.to:
        return
    employer = board.said.name(employer_of(fact, board.senders))
    role = role_of(fact, employer)
    candidates = _candidates(fact, employer, role, board.threads)
    if len(candidates) == 1:
        _join(board, candidates[0], fact, "employer and role" if role else "employer")
    elif employer and not candidates:
        _open(board, fact, employer, role, "opened")


def _join(board: _Board, thread: _Thread, fact: Fact, how: str) -> None:
    """Add a message to an application; one that is not decided only as a doubt."""
    if fact.kind is None and fact.direction is Direction.IN:
        if fact.stake >= _DOUBT:
            thread.unsure.append(fact.message_id)
        if fact.rfc_message_id:
            board.by_message_id.setdefault(fact.rfc_message_id, thread)
    else:
        _add(board, thread, fact, how)


def _add(board: _Board, thread: _Thread, fact: Fact, how: str) -> None:
    """Make a message part of an application, with whatever the user said of the application it stands for."""
    thread.facts.append(fact)
    thread.links.append(how)
    board.by_key[fact.key] = thread
    if fact.rfc_message_id:
        board.by_message_id.setdefault(fact.rfc_message_id, thread)
    edited = board.said.edits.get(fact.key, {})
    if "employer" in edited:
        thread.employer = edited["employer"]
        thread.names.append(thread.employer)
    if "role" in edited:
        thread.role = edited["role"]
        thread.roles.append(thread.role)
    thread.closings += board.said.closings.get(fact.key, ())
    for keys in board.said.merges:
        if fact.key in keys:
            _merge(board, [board.by_key[key] for key in keys if key in board.by_key])


def _merge(board: _Board, threads: Sequence[_Thread]) -> None:
    """Make one application of several: the oldest, which keeps its name."""
    first, *others = sorted({id(thread): thread for thread in threads}.values(), key=board.threads.index)
    for other in others:
        board.threads.remove(other)
        first.role = first.role or other.role
        for attribute in ("names", "roles", "facts", "links", "unsure", "closings"):
            getattr(first, attribute).extend(getattr(other, attribute))
        for known in (board.by_key, board.by_message_id):
            known |= {key: first for key, thread in known.items() if thread is other}


def _application(thread: _Thread, said: Said, read: ReadPromises) -> Application:
    told = sorted(zip(thread.facts, thread.links, strict=True), key=lambda pair: (pair[0].date, pair[0].key))
    state = fold([fact for fact, _ in told], thread.closings, read)
    applied = [said.edits[fact.key]["applied"] for fact, _ in told if "applied" in said.edits.get(fact.key, {})]
    events = [Event(fact.message_id, fact.date, fact.direction, fact.kind, how) for fact, how in told]
    events += [Event(-s.statement_id, s.at, Direction.OUT, None, s.verb) for s in thread.closings]
    return Application(
        key=thread.key,
        employer=thread.employer,
        role=thread.role,
        applied_at=datetime.fromisoformat(applied[-1]) if applied else state.applied_at,
        stage=state.stage,
        turn=state.turn,
        turn_since=state.turn_since,
        turn_message_id=state.turn_message_id,
        interview_at=state.interview_at,
        last_message_at=state.last_message_at,
        contact=state.contact,
        events=tuple(sorted(events, key=lambda event: (event.at, event.message_id))),
        unsure=tuple(thread.unsure),
        promise=state.promise,
    )
