"""Link messages to applications: by thread or meeting, else by what they name; a tie is asked, never guessed.

The whole is a pure function of the facts, so a correction or a better model repairs history.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.link.alike import Likeness, compare_employers
from pipeline.link.board import Board, Thread
from pipeline.link.interviews import Unread
from pipeline.link.outcome import application_of
from pipeline.link.said import NOWHERE, Said
from pipeline.link.weights import CLOSING, LINK, MARGIN, OPENING, QUESTION, Weight, weigh
from pipeline.moves import MOVES
from pipeline.records import BY_USER, Direction, Kind, Statement, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pipeline.link.board import ReadNames
    from pipeline.link.interviews import ReadDates
    from pipeline.link.weights import Clues
    from pipeline.records import Application, Fact

UNREAD = Unread()
_NEVER_LINKED_BY_NAME = frozenset({Kind.OTHER, Kind.JOB_ALERT, Kind.OUTREACH})
_OF_BANKS_TOO = frozenset({Kind.ACKNOWLEDGEMENT, Kind.IN_REVIEW, Kind.PAUSED})  # kinds of mail they send as well
_DOUBT = 0.15  # from this probability of an invitation or rejection on, an undecided message may overturn a claim
_MERGED = (
    "names",
    "roles",
    "requisitions",
    "people",
    "clients",
    "facts",
    "links",
    "unsure",
    "questions",
    "closings",
    "withdrawals",
)
_MIN_ROLE_WORDS = 2  # a title of one word may stand in any text


@dataclass(frozen=True, slots=True)
class Linked:
    """The applications, oldest first, and the messages of which the user has to say whether they open one."""

    applications: list[Application]
    openings: tuple[int, ...]


def link(
    facts: Iterable[Fact],
    read_names: ReadNames,
    statements: Iterable[Statement] = (),
    read_dates: ReadDates = UNREAD,
) -> Linked:
    """What ``facts`` come to; what the user said of them holds.

    ``read_names`` says what a message names, ``read_dates`` what it promises, and when one is to talk; without it
    no text is read for that.
    """
    board = Board(read_names, Said.of(statements))
    added = {fact.key: (employer, role) for fact, employer, role in board.said.added}
    early: list[Fact] = []
    for fact in _in_order([*facts, *(fact for fact, _, _ in board.said.added)]):
        if fact.key in added:
            employer, role = added[fact.key]
            _open(board, fact, board.said.name(employer), role, BY_USER)
        elif fact.key in board.said.moves:
            early += [] if _obey(board, fact) else [fact]
        else:
            _place(board, fact)
    for fact in early:  # moved to an application that began later
        _obey(board, fact)
    openings = [fact.message_id for fact in board.openings if not _has_joined(board, fact)]
    return Linked([application_of(thread, board.said, read_dates) for thread in board.threads], tuple(openings))


def _in_order(facts: Sequence[Fact]) -> list[Fact]:
    """By date, but never before what they answer: a clock may be wrong."""
    dates: dict[str, datetime] = {}
    for fact in sorted(facts, key=lambda fact: (fact.date, fact.key)):
        dates.setdefault(fact.rfc_message_id, fact.date)
    latest = {fact.key: max([fact.date, *(dates[i] for i in fact.thread if i and i in dates)]) for fact in facts}
    return sorted(facts, key=lambda fact: (latest[fact.key], fact.date != latest[fact.key], fact.key))


def _obey(board: Board, fact: Fact) -> bool:
    """Put a message where the user said it belongs; False where that application is not there yet."""
    target = board.said.moves[fact.key]
    if target == NOWHERE:
        return True
    if target == fact.key:
        clues = board.clues(fact)
        _open(board, fact, clues.employer, clues.role, BY_USER)
        return True
    thread = board.by_key.get(target)
    if thread:
        board.call_alike(thread, fact)
        _add(board, thread, fact, BY_USER)
    return thread is not None


def _place(board: Board, fact: Fact) -> None:
    """Put one message where it belongs by itself, if it does."""
    if _may_be_forged(fact) and fact.key in board.said.spoken_of:
        fact = replace(fact, kind=fact.guess)  # who speaks of the application it opened has confirmed it
    answered = next((board.by_message_id[i] for i in reversed(fact.thread) if i in board.by_message_id), None)
    met = next((board.by_meeting[event.uid] for event in fact.calendar if event.uid in board.by_meeting), None)
    if surely := answered or met:
        _join(board, surely, fact, "thread" if answered else "meeting")
    elif not board.in_question.isdisjoint(fact.thread):
        board.in_question.add(fact.rfc_message_id)  # goes where the user says that what it answers belongs
        board.waiting.append(fact)
    elif fact.direction is Direction.OUT:
        _place_own(board, fact)
    elif fact.kind not in _NEVER_LINKED_BY_NAME:
        _place_by_clues(board, fact)


def _place_by_clues(board: Board, fact: Fact) -> None:
    """Put a message where what it names belongs; what may mean several is left for the user to decide."""
    clues = board.clues(fact)
    found = _weighed(board, clues)
    if fact.kind in CLOSING and len(named := _named_together(clues, [thread for thread, _ in found])) > 1:
        for thread in named:
            _join(board, thread, fact, "named with others")
    elif best := _clearly_best(found):
        _join(board, best[0], fact, str(best[1]))
    elif doubtful := [thread for thread, weight in found if weight.bits >= (LINK if clues.opens else QUESTION)]:
        board.in_question.add(fact.rfc_message_id)
        for thread in doubtful:
            _ask(thread, fact)
    elif fact.kind in OPENING and clues.employer:
        if _is_of_job(board, fact):
            _open(board, fact, clues.employer, clues.role, "opened")
        else:
            board.openings.append(fact)
            board.in_question.add(fact.rfc_message_id)


def _is_of_job(board: Board, fact: Fact) -> bool:
    """Whether a message of a kind that opens an application is of one, by its words or by what the user said."""
    is_said = fact.corrected or fact.key in board.said.spoken_of
    return is_said or fact.kind not in _OF_BANKS_TOO or board.names(fact).is_of_job


def _has_joined(board: Board, fact: Fact) -> bool:
    """Put a message that opened nothing where it belongs by what came later, if it does."""
    best = _clearly_best(_weighed(board, board.clues(fact)))
    if best:
        _join(board, best[0], fact, str(best[1]))
        _place_waiting(board, fact)
    return best is not None


def _place_waiting(board: Board, joined: Fact) -> None:
    """Look again at what waited for an answer, now that one message is no longer in question."""
    waiting, board.waiting = board.waiting, []
    board.in_question -= {fact.rfc_message_id for fact in (joined, *waiting)}
    for fact in waiting:
        _place(board, fact)


def _weighed(board: Board, clues: Clues) -> list[tuple[Thread, Weight]]:
    """The applications it may be about with their weights, the heaviest first."""
    found = [(thread, weigh(clues, thread)) for thread in board.near(clues)]
    return sorted(found, key=lambda pair: -pair[1].bits)


def _clearly_best(found: Sequence[tuple[Thread, Weight]]) -> tuple[Thread, Weight] | None:
    """The first, when it weighs enough, and clearly more than the second."""
    if not found or found[0][1].bits < LINK:
        return None
    return found[0] if len(found) == 1 or found[0][1].bits - found[1][1].bits >= MARGIN else None


def _named_together(clues: Clues, threads: Iterable[Thread]) -> list[Thread]:
    """The open applications at its employer whose titles a message names: one no for several."""
    left, named = f" {' '.join(clues.text.casefold().split())} ", []
    for thread in sorted(threads, key=lambda thread: -len(thread.role)):  # a senior engineer is no engineer
        title = " ".join(thread.role.casefold().split())
        is_theirs = compare_employers(thread.employer, clues.employer) is Likeness.SAME
        if is_theirs and not thread.is_closed(clues.at) and len(title.split()) >= _MIN_ROLE_WORDS and title in left:
            left = left.replace(title, "")
            named.append(thread)
    return named


def _may_be_forged(fact: Fact) -> bool:
    """Whether it would change an application, and is in question because somebody else may have sent it."""
    return fact.kind is None and fact.unproven and fact.guess in MOVES


def _ask(thread: Thread, fact: Fact) -> None:
    """Remember that a message may belong here: which it is, or what it is, is for the user to say."""
    if fact.kind:
        thread.questions.append(fact.message_id)
    elif fact.stake >= _DOUBT or _may_be_forged(fact):
        thread.unsure.append(fact.message_id)


def _place_own(board: Board, fact: Fact) -> None:
    """Own mail joins what it is clearly about; an application by mail opens one, unless it is already there."""
    if not fact.to:
        return
    clues = board.clues(fact)
    found = _weighed(board, clues)
    if best := _clearly_best(found):
        _join(board, best[0], fact, str(best[1]))
    elif clues.opens and clues.employer and not any(weight.bits >= LINK for _, weight in found):
        _open(board, fact, clues.employer, clues.role, "opened")


def _open(board: Board, fact: Fact, employer: str, role: str, how: str) -> None:
    thread = Thread(fact.key, employer, role, [employer], [role])
    board.threads.append(thread)
    _add(board, thread, fact, how)


def _join(board: Board, thread: Thread, fact: Fact, how: str) -> None:
    """Add a message to an application; one that is not decided only as a doubt."""
    if fact.kind is None and fact.direction is Direction.IN:
        _ask(thread, fact)
        if fact.rfc_message_id:
            board.by_message_id.setdefault(fact.rfc_message_id, thread)
    else:
        _add(board, thread, fact, how)


def _add(board: Board, thread: Thread, fact: Fact, how: str) -> None:
    """Make a message part of an application, with whatever the user said of the application it stands for."""
    thread.facts.append(fact)
    thread.links.append(how)
    board.by_key.setdefault(fact.key, thread)
    if fact.rfc_message_id:
        board.by_message_id.setdefault(fact.rfc_message_id, thread)
    for event in fact.calendar:
        board.by_meeting.setdefault(event.uid, thread)
    _learn(board, thread, fact)
    edited = board.said.edits.get(fact.key, {})
    if "employer" in edited:
        thread.employer = edited["employer"]
        thread.names.append(thread.employer)
    if "role" in edited:
        thread.role = edited["role"]
        thread.roles.append(thread.role)
    thread.closings += board.said.closings.get(fact.key, ())
    board.index(thread)
    for keys in board.said.merges:
        if fact.key in keys:
            _merge(board, [board.by_key[key] for key in keys if key in board.by_key])


def _learn(board: Board, thread: Thread, fact: Fact) -> None:
    """Take over what a message that counts tells of its application."""
    if fact.kind in _NEVER_LINKED_BY_NAME or fact.message_id < 0:  # a newsletter in the thread; what the user added
        return
    names = board.names(fact)
    thread.learn(board.clues(fact), names.role.sureness)
    if names.withdraws:
        thread.withdrawals.append(_withdrawal(fact))


def _withdrawal(fact: Fact) -> Statement:
    """Own mail that withdraws an application, as if the user had closed it by command."""
    return Statement(
        statement_id=-fact.message_id, verb=Verb.CLOSE, at=fact.date, about=(fact.key,), values={"stage": "withdrawn"}
    )


def _merge(board: Board, threads: Sequence[Thread]) -> None:
    """Make one application of several: the oldest, which keeps its name."""
    first, *others = sorted({id(thread): thread for thread in threads}.values(), key=board.threads.index)
    for other in others:
        first.role = first.role or other.role
        for attribute in _MERGED:
            getattr(first, attribute).extend(getattr(other, attribute))
        for receipt, dates in other.receipts.items():
            first.receipts.setdefault(receipt, []).extend(dates)
        board.forget(other, first)
