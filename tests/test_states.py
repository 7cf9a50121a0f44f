"""States and turns: they follow from what happened, in whatever order, how often and how late it is learned of."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from factories import DAY, ME, NAMES, NOW, PROMISES, RULES, a_calendar_event, a_fact, a_message, a_prediction
from hypothesis import given, settings, strategies as st

from pipeline.ledger import Ledger
from pipeline.link.applications import UNREAD, link
from pipeline.link.state import fold
from pipeline.moves import MOVES
from pipeline.parse import content_key
from pipeline.records import Direction, Kind, MailboxState, RawMessage, Stage, Statement, Turn, Verb
from pipeline.run import Adapters, run

EMPLOYERS = ("Brightwater", "Brightwater Dental", "Kestrelmoor")
ROLES = ("", "Data Analyst", "Senior Data Analyst")
TEXTS = ("", "We will get back to you within two weeks.", "Please send us your certificates by 20 February 2026.")
ENDS = [stage for stage in Stage if stage.is_closed]

# --- the table ------------------------------------------------------------------------------------


def after(*told, start=NOW - 40 * DAY):
    """The state after an acknowledgement and these kinds, verbs with a stage, or own mail, a day apart."""
    facts, statements = [a_fact(date=start)], []
    for n, what in enumerate(told, 1):
        at = start + n * DAY
        if isinstance(what, Stage):
            statements.append(Statement(n, Verb.CLOSE, at, values={"stage": what}))
        elif what is Verb.REOPEN:
            statements.append(Statement(n, Verb.REOPEN, at))
        elif what is Direction.OUT:
            facts.append(a_fact(None, direction=Direction.OUT, date=at))
        else:
            facts.append(a_fact(what, date=at))
    return fold(facts, statements, UNREAD)


REACHING = {
    (Stage.APPLIED, Turn.EMPLOYER): (),
    (Stage.APPLIED, Turn.USER): (Kind.ACTION_NEEDED,),
    (Stage.IN_REVIEW, Turn.EMPLOYER): (Kind.IN_REVIEW,),
    (Stage.ASSESSMENT, Turn.USER): (Kind.ASSESSMENT,),
    (Stage.INTERVIEW, Turn.USER): (Kind.INTERVIEW,),
    (Stage.INTERVIEW, Turn.EMPLOYER): (Kind.INTERVIEW, Direction.OUT),
    (Stage.OFFER, Turn.USER): (Kind.OFFER,),
    (Stage.PAUSED, Turn.NOBODY): (Kind.PAUSED,),
    (Stage.REJECTED, Turn.NOBODY): (Kind.REJECTION,),
    (Stage.POSITION_CLOSED, Turn.NOBODY): (Kind.POSITION_CLOSED,),
    (Stage.WITHDRAWN, Turn.NOBODY): (Stage.WITHDRAWN,),
}


@pytest.mark.parametrize("cause", [*Kind, Direction.OUT])
@pytest.mark.parametrize("before", REACHING)
def test_every_cause_does_in_every_state_what_the_table_says(before, cause):
    told = REACHING[before]
    assert ((state := after(*told)).stage, state.turn) == before
    found, move = after(*told, cause), MOVES.get(cause)
    if move is None or not move.moves(*before):
        assert (found.stage, found.turn, found.turn_since) == (*before, state.turn_since)
    else:
        assert (found.stage, found.turn) == (move.stage_after(before[0]), move.turn)
        assert found.turn_since == NOW - 40 * DAY + (len(told) + 1) * DAY


@pytest.mark.parametrize("stage", ENDS)
@pytest.mark.parametrize("before", REACHING)
def test_what_the_user_closes_is_closed_as_they_say_and_comes_back_as_it_was(before, stage):
    closed = after(*REACHING[before], stage)
    assert (closed.stage, closed.turn) == (stage, Turn.NOBODY)
    opened = after(*REACHING[before], stage, Verb.REOPEN)
    assert (opened.stage, opened.turn) == (Stage.APPLIED if before[0].is_closed else before[0], Turn.EMPLOYER)


CAUSES = st.sampled_from([*Kind, None, Direction.OUT, Verb.REOPEN, *ENDS])


@given(st.lists(CAUSES, max_size=12))
def test_a_closed_application_is_nobody_s_turn_and_the_turn_came_with_something_that_happened(told):
    state = after(*told)
    assert state.turn is Turn.NOBODY or not state.stage.is_closed
    n = (state.turn_since - (NOW - 40 * DAY)) // DAY
    by_word = n > 0 and isinstance(told[n - 1], Stage | Verb)
    assert (state.turn_message_id == -n) is by_word


# --- the order of arrival -------------------------------------------------------------------------


@st.composite
def histories(draw):
    """Facts of a few employers and roles, some at one moment, with replies among them."""
    facts = []
    for n in range(draw(st.integers(1, 10))):
        is_own = draw(st.integers(0, 4)) == 0
        employer, role = draw(st.sampled_from(EMPLOYERS)), draw(st.sampled_from(ROLES))
        thread = (draw(st.sampled_from(facts)).rfc_message_id,) if facts and draw(st.booleans()) else ()
        start = NOW + draw(st.integers(-20, 20)) * DAY
        event = a_calendar_event(start, sequence=draw(st.integers(0, 2)), uid=draw(st.sampled_from("ab")))
        facts.append(
            a_fact(
                None if is_own else draw(st.sampled_from([*Kind, None])),
                direction=Direction.OUT if is_own else Direction.IN,
                key=f"key-{draw(st.integers(0, 999))}-{n}",
                thread=thread,
                date=NOW - draw(st.sampled_from([1, 2, 3, 5, 36, 39])) * DAY,
                subject=f"Your application to {employer}" + (f": {role}" if role else ""),
                text=draw(st.sampled_from(TEXTS)),
                calendar=(event,) if draw(st.booleans()) else (),
                stake=draw(st.sampled_from([0.05, 0.6])),
            )
        )
    return facts


@given(histories(), st.randoms(use_true_random=False), st.lists(st.tuples(st.integers(0, 9), CAUSES), max_size=3))
@settings(max_examples=60, deadline=None)
def test_in_whatever_order_facts_come_they_give_the_same_applications(facts, randoms, said):
    statements = [
        Statement(n, Verb.CLOSE, NOW - n * DAY, (facts[i % len(facts)].key,), values={"stage": stage})
        for n, (i, stage) in enumerate(said, 1)
        if isinstance(stage, Stage)
    ]
    shuffled = facts.copy()
    randoms.shuffle(shuffled)
    assert (
        link(shuffled, NAMES, statements, PROMISES).applications
        == link(facts, NAMES, statements, PROMISES).applications
    )


class Post:
    """A mailbox that has these messages, as octets, in this order."""

    def __init__(self, octets):
        self.octets = octets

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def mailboxes(self):
        yield MailboxState("home", "INBOX", 0, 0, Direction.IN)

    def fetch_since(self, state, last_uid):
        yield [RawMessage(octets, Direction.IN) for octets in self.octets]


def hands_for(facts):
    """The adapters of a run that finds these facts in the mail, and the octets they are found in."""
    by_octets = {f"Subject: {n}\r\n\r\n{fact.key}".encode(): fact for n, fact in enumerate(facts)}

    def read(raw):
        fact = by_octets[raw.octets]
        return a_message(
            key=content_key(raw.octets), message_id=fact.rfc_message_id, references=fact.thread, date=fact.date,
            from_=ME if fact.direction is Direction.OUT else fact.from_, to=(fact.from_,), subject=fact.subject,
            text=fact.text, calendar=fact.calendar,
        )  # fmt: skip

    def predict(message):
        fact = next(f for octets, f in by_octets.items() if content_key(octets) == message.key)
        return a_prediction(fact.guess, 0.9, decided=fact.kind is not None)

    return Adapters(read=read, predict=predict, deliver=None, progress=lambda *_: None), list(by_octets)


def derived(hands, batches):
    """What a ledger holds after these runs, by content instead of by the numbers rows were given."""
    with tempfile.TemporaryDirectory() as directory, Ledger(Path(directory) / "ledger.db") as ledger:
        for batch in batches:
            run([Post(batch)], ledger, hands, RULES, NOW)
        keys = {fact.message_id: fact.key for fact in ledger.facts.linkable()}
        found = [
            replace(
                application,
                number=0,
                turn_message_id=0,
                contact=application.contact.addr_spec,
                unsure={keys[number] for number in application.unsure},
                questions={keys[number] for number in application.questions},
                events={(keys[e.message_id], e.at, e.kind, e.link) for e in application.events},
                key=(min(keys[e.message_id] for e in application.events), keys[application.turn_message_id]),
            )
            for application in ledger.derived.applications()
        ]
    return sorted(found, key=lambda application: application.key)


@given(histories(), st.data())
@settings(max_examples=60, deadline=None)
def test_mail_that_comes_late_twice_or_in_any_order_gives_the_same_applications(facts, data):
    hands, octets = hands_for(facts)
    twice = data.draw(st.lists(st.sampled_from(octets), max_size=4))
    arrival = data.draw(st.permutations([*octets, *twice]))
    cut = data.draw(st.integers(0, len(arrival)))
    assert derived(hands, [arrival[:cut], arrival[cut:]]) == derived(hands, [octets])
