"""The whole program on one screen: read the new mail, write down what it says, send what is worth knowing.

fetch  ->  parse  ->  classify  ->  record  ->  link  ->  silence  ->  digest  ->  deliver
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Protocol

from pipeline import __version__
from pipeline.digest import Picture, compose, due_period, is_own_digest, render
from pipeline.errors import ParseFailure, UnghostError
from pipeline.parse import content_key
from pipeline.records import Direction, Summary
from pipeline.silence import find_silences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    from pipeline.digest import Digest, Schedule, Wording
    from pipeline.ledger import Ledger, Outbox
    from pipeline.link.naming import NameReader
    from pipeline.link.promises import PromiseReader
    from pipeline.records import MailboxState, Message, Prediction, RawMessage
    from pipeline.silence import Patience


class Source(AbstractContextManager["Source"], Protocol):
    """An account whose mailboxes can be read; leaving it logs out."""

    def mailboxes(self) -> Iterator[MailboxState]: ...
    def fetch_since(self, state: MailboxState, last_uid: int) -> Iterator[Sequence[RawMessage]]: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What the user has set, and the tables that say how the world is.

    ``own_addresses`` are in lower case; ``wanted`` are the mailboxes to be read, as (account, name).
    """

    names: NameReader
    promises: PromiseReader
    patience: Patience
    schedule: Schedule
    wording: Wording
    retention: timedelta
    own_addresses: frozenset[str]
    wanted: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Adapters:
    """The hands of the program: each touches one thing outside it."""

    read: Callable[[RawMessage], Message]
    predict: Callable[[Message], Prediction]
    deliver: Callable[[Outbox, datetime], list[UnghostError]] | None
    progress: Callable[[str, int], None]
    train: Callable[[Ledger, datetime], str | None] | None = None


def run(sources: Iterable[Source], ledger: Ledger, hands: Adapters, rules: Rules, now: datetime) -> Summary:
    """Read the new mail, write down what it says, and send what is worth knowing.

    What fails is in the summary: one bad message, account or letter never stops the rest.
    """
    before = ledger.facts.counts()
    notices, failures = read_mail(sources, ledger, hands, rules, now)
    learn(ledger, hands, notices, failures, now)
    derive(ledger, rules)
    if hands.deliver:
        if has_looked(ledger, rules):
            write_digest(ledger, rules, now)
        failures += hands.deliver(ledger.outbox, now)
    ledger.facts.forget_text(now - rules.retention)
    after = ledger.facts.counts()
    return Summary(
        n_new=after["messages"] - before["messages"],
        n_unreadable=after["unreadable"] - before["unreadable"],
        n_unsure=after["unsure"],
        notices=tuple(notices),
        failures=tuple(failures),
    )


def read_mail(
    sources: Iterable[Source], ledger: Ledger, hands: Adapters, rules: Rules, now: datetime
) -> tuple[list[str], list[UnghostError]]:
    """Fetch, parse, classify and record what is new; what to tell, and what failed."""
    notices: list[str] = []
    failures: list[UnghostError] = []
    for source in sources:
        try:
            with source:
                for state in source.mailboxes():
                    if ledger.facts.was_renumbered(state):
                        notices.append(f"{state.account}/{state.name} was renumbered by its server and is read again.")
                    _read_mailbox(source, state, ledger, hands, rules, now)
        except UnghostError as failure:
            failures.append(failure)
    return notices, failures


def _read_mailbox(
    source: Source, state: MailboxState, ledger: Ledger, hands: Adapters, rules: Rules, now: datetime
) -> None:
    last_uid = ledger.facts.last_uid(state)
    ledger.facts.record_begun(state)
    for batch in source.fetch_since(state, last_uid):
        for raw in batch:
            _record(raw, ledger, hands, rules, now)
        hands.progress(f"{state.account}/{state.name}", len(batch))
    ledger.facts.record_complete(state, now)


def _record(raw: RawMessage, ledger: Ledger, hands: Adapters, rules: Rules, now: datetime) -> None:
    """Write down one message, whatever it is, together with the cursor behind it."""
    key = content_key(raw.octets) if raw.octets else f"no octets: {raw.uid or raw.source}"
    if ledger.facts.knows(key):
        ledger.facts.record_seen_again(raw, key)
    elif raw.problem:
        ledger.facts.record_unreadable(raw, key, raw.problem, now)
    else:
        try:
            message = hands.read(raw)
        except ParseFailure as failure:
            part = "; only its beginning was fetched (max_bytes)" if raw.truncated else ""
            ledger.facts.record_unreadable(raw, key, f"{failure}{part}", now)
        else:
            if message.from_.addr_spec.lower() in rules.own_addresses:
                message = replace(message, direction=Direction.OUT)  # a copy to oneself is no answer
            answers = message.direction is Direction.IN and not is_own_digest(message)
            ledger.facts.record(raw, message, hands.predict(message) if answers else None, now)


def learn(ledger: Ledger, hands: Adapters, notices: list[str], failures: list[UnghostError], now: datetime) -> None:
    """Train on the corrections when enough of them are new; a failure leaves the old model in use."""
    try:
        notice = hands.train(ledger, now) if hands.train else None
    except UnghostError as failure:
        failures.append(failure)
    else:
        notices += [notice] if notice else []


def derive(ledger: Ledger, rules: Rules) -> None:
    """Derive the applications anew from all facts, unless they were derived from the very same.

    The same facts, tables and program always give the same applications.
    """
    derived_from = f"{ledger.facts.extent()} {rules.names.fingerprint} {rules.promises.fingerprint} {__version__}"
    if ledger.derived.derived_from() != derived_from:
        from pipeline.link.applications import link  # noqa: PLC0415  a quiet run derives nothing

        applications = link(ledger.facts.linkable(), rules.names, ledger.statements.in_force(), rules.promises)
        ledger.derived.replace(applications, derived_from)


def write_digest(ledger: Ledger, rules: Rules, now: datetime) -> bool:
    """Put the digest that is due into the outbox, unless it is there; whether it was not."""
    period = due_period(rules.schedule, now)
    if ledger.outbox.has(period):
        return False
    ledger.outbox.withdraw_unsent(now)
    _put(ledger, rules, period, now)
    return True


def write_extra_digest(ledger: Ledger, rules: Rules, now: datetime) -> None:
    """Put a digest into the outbox though none is due; its period is a moment, and the week's comes nevertheless."""
    period = now.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    if not ledger.outbox.has(period):
        _put(ledger, rules, period, now)


def _put(ledger: Ledger, rules: Rules, period: str, now: datetime) -> None:
    draft = render(prepare_digest(ledger, rules, now), rules.wording, period, ledger.outbox.last_sent())
    ledger.outbox.put(period, draft, now)


def prepare_digest(ledger: Ledger, rules: Rules, now: datetime, since: datetime | None = None) -> Digest:
    """What is worth saying at ``now``, whether or not a digest is due.

    With ``since``, as if no digest had been written from then on.
    """
    applications, coverage = ledger.derived.applications(), ledger.facts.coverage(rules.wanted)
    picture = Picture(
        applications=applications,
        silences=find_silences(applications, coverage, rules.patience, now),
        unsure=ledger.facts.unsure(),
        questions=ledger.derived.questions(applications),
        coverage=coverage,
        n_unreadable=ledger.facts.counts()["unreadable"],
        said=ledger.outbox.said(since),
        previous_at=ledger.outbox.last_created_at(),
        since=since,
    )
    return compose(picture, rules.wording, now)


def has_looked(ledger: Ledger, rules: Rules) -> bool:
    """Whether every mailbox was read to its end at least once: before that nothing is said."""
    return all(mailbox.complete_at for mailbox in ledger.facts.coverage(rules.wanted))
