"""Link messages to applications: by thread or meeting, else by what they name; a tie is asked, never guessed.

The whole is a pure function of the facts, so a correction or a better model repairs history.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from pipeline.link.alike import Likeness, compare_employers
from pipeline.link.board import Board, Thread
from pipeline.link.said import NOWHERE, Said
from pipeline.link.state import fold
from pipeline.link.weights import CLOSING, LINK, MARGIN, OPENING, QUESTION, Weight, weigh
from pipeline.records import Application, Direction, Event, Kind, Stage, Statement, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.link.board import ReadNames
    from pipeline.link.state import ReadPromises
    from pipeline.link.weights import Clues
    from pipeline.records import Fact

_NEVER_LINKED_BY_NAME = frozenset({Kind.OTHER, Kind.JOB_ALERT, Kind.OUTREACH})
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
_TOLD = {Stage.INTERVIEW: Kind.INTERVIEW, Stage.ASSESSMENT: Kind.ASSESSMENT, Stage.OFFER: Kind.OFFER}
_MIN_ROLE_WORDS = 2  # a title of one word may stand in any text


def link(
    facts: Iterable[Fact],
    read_names: ReadNames,
    statements: Iterable[Statement] = (),
    read_promises: ReadPromises = lambda _text, _sent: (),
) -> list[Application]:
    """The applications that ``facts`` speak of, oldest first; what the user said of them holds.

    ``read_names`` says what a message names, ``read_promises`` what a text sent at some time promises.
    """
    board = Board(read_names, Said.of(statements))
    added = {fact.key: (employer, role) for fact, employer, role in board.said.added}
    early: list[Fact] = []
    for fact in _in_order([*facts, *(fact for fact, _, _ in board.said.added)]):
        if fact.key in added:
            employer, role = added[fact.key]
            _open(board, fact, board.said.name(employer), role, "you")
        elif fact.key in board.said.moves:
            early += [] if _obey(board, fact) else [fact]
        else:
            _place(board, fact)
    for fact in early:  # moved to an application that began later
        _obey(board, fact)
    return [_application(thread, board.said, read_promises) for thread in board.threads]


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
        _open(board, fact, clues.employer, clues.role, "you")
        return True
    thread = board.by_key.get(target)
    if thread:
        board.call_alike(thread, fact)
        _add(board, thread, fact, "you")
    return thread is not None


def _place(board: Board, fact: Fact) -> None:
    """Put one message where it belongs by itself, if it does."""
    answered = next((board.by_message_id[i] for i in reversed(fact.thread) if i in board.by_message_id), None)
    met = next((board.by_meeting[event.uid] for event in fact.calendar if event.uid in board.by_meeting), None)
    if surely := answered or met:
        _join(board, surely, fact, "thread" if answered else "meeting")
    elif not board.in_question.isdisjoint(fact.thread):
        board.in_question.add(fact.rfc_message_id)  # goes where the user says that what it answers belongs
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
        _open(board, fact, clues.employer, clues.role, "opened")


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


def _ask(thread: Thread, fact: Fact) -> None:
    """Remember that a message may belong here: which it is, or what it is, is for the user to say."""
    if fact.kind:
        thread.questions.append(fact.message_id)
    elif fact.stake >= _DOUBT:
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


def _application(thread: Thread, said: Said, read: ReadPromises) -> Application:
    told = sorted(zip(thread.facts, thread.links, strict=True), key=lambda pair: (pair[0].date, pair[0].key))
    state = fold([fact for fact, _ in told], [*thread.closings, *thread.withdrawals], read)
    applied = [said.edits[fact.key]["applied"] for fact, _ in told if "applied" in said.edits.get(fact.key, {})]
    withdrawn = {-statement.statement_id for statement in thread.withdrawals}
    events = [
        Event(
            fact.message_id, fact.date, fact.direction, fact.kind, Verb.CLOSE if fact.message_id in withdrawn else how
        )
        for fact, how in told
    ]
    events += [_said_event(statement) for statement in thread.closings]
    snoozes = [said.snoozes[fact.key] for fact, _ in told if fact.key in said.snoozes]
    snooze = max(snoozes, key=lambda statement: statement.statement_id, default=None)
    return Application(
        key=thread.key,
        employer=thread.employer,
        role=thread.role,
        applied_at=datetime.fromisoformat(applied[-1]) if applied else state.applied_at,
        stage=state.stage,
        turn=state.turn,
        turn_since=state.turn_since,
        turn_message_id=state.turn_message_id,
        interview_at=max(state.interviews, default=None),
        interviews=state.interviews,
        last_message_at=state.last_message_at,
        contact=state.contact,
        events=tuple(sorted(events, key=lambda event: (event.at, event.message_id))),
        unsure=tuple(thread.unsure),
        questions=tuple(thread.questions),
        promise=state.promise,
        snoozed_until=date.fromisoformat(snooze.values["until"]) if snooze else None,
    )


def _said_event(statement: Statement) -> Event:
    """What the user said as an event; of an advance it is what the employer must have told them."""
    if statement.verb is Verb.ADVANCE:
        kind = _TOLD[Stage(statement.values["stage"])]
        return Event(-statement.statement_id, statement.at, Direction.IN, kind, "you")
    return Event(-statement.statement_id, statement.at, Direction.OUT, None, statement.verb)
