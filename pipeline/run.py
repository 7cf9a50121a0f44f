"""The whole program on one screen: read the new mail, write down what it says, send what is worth knowing.

fetch  ->  parse  ->  classify  ->  record  ->  link  ->  silence  ->  digest  ->  deliver

Rooms are imported where they are entered: a run that finds nothing new enters few.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Protocol

from pipeline import __version__
from pipeline.digest.schedule import due_period
from pipeline.errors import MailboxMissingError, ParseFailure, UnghostError
from pipeline.records import Direction, Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from pipeline.digest.contents import Digest
    from pipeline.digest.schedule import Schedule
    from pipeline.digest.wording import Wording
    from pipeline.ledger import Ledger, Outbox
    from pipeline.link.naming import NameReader
    from pipeline.link.promises import PromiseReader
    from pipeline.records import Label, MailboxState, Message, Prediction, RawMessage
    from pipeline.replies import Desk
    from pipeline.silence import Patience


class Source(AbstractContextManager["Source"], Protocol):
    """An account whose mailboxes can be read; leaving it logs out."""

    def mailboxes(self) -> Iterator[MailboxState]: ...
    def fetch_since(self, state: MailboxState, last_uid: int) -> Iterator[Sequence[RawMessage]]: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What the user has set, and the tables that say how the world is.

    ``own_addresses`` are in lower case; ``wanted`` are the mailboxes to be read, as (account, name).
    Answers to a letter count for ``reply_lifetime``; ``taught`` says what moving a message to a mailbox means.
    ``quiet_weeks`` is whether a digest is sent that has nothing to say.
    """

    names: NameReader
    promises: PromiseReader
    patience: Patience
    schedule: Schedule
    wording: Wording
    retention: timedelta
    own_addresses: frozenset[str]
    wanted: tuple[tuple[str, str], ...]
    reply_lifetime: timedelta
    confirms: bool
    taught: Mapping[str, Label]
    quiet_weeks: bool = True


@dataclass(frozen=True, slots=True)
class Adapters:
    """The hands of the program: each touches one thing outside it."""

    read: Callable[[RawMessage], Message]
    predict: Callable[[Message], Prediction]
    deliver: Callable[[Outbox, datetime], list[UnghostError]] | None
    progress: Callable[[str, int], None]
    train: Callable[[Ledger, datetime], str | None] | None = None
    draft: Callable[[Ledger, datetime], list[UnghostError]] | None = None


def run(sources: Iterable[Source], ledger: Ledger, hands: Adapters, rules: Rules, now: datetime) -> Summary:
    """Read the new mail, write down what it says, and send what is worth knowing.

    What fails is in the summary: one bad message, account or letter never stops the rest.
    """
    before = ledger.facts.counts()
    notices, failures = read_mail(sources, ledger, hands, rules, now)
    if ledger.replies.waiting():
        from pipeline.obey import obey

        obey(ledger, partial(derive, ledger, rules), rules.wording.zone, now)
    learn(ledger, hands, notices, failures, now)
    derive(ledger, rules)
    failures += hands.draft(ledger, now) if hands.draft else []
    if hands.deliver:
        if has_looked(ledger, rules):
            write_digest(ledger, rules, now)
        if rules.confirms:
            write_confirmations(ledger, rules, now)
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
    untaught = dict.fromkeys(rules.taught)
    for source in sources:
        try:
            with source:
                for state in source.mailboxes():
                    untaught.pop(state.name, None)
                    if ledger.facts.was_renumbered(state):
                        notices.append(f"{state.account}/{state.name} was renumbered by its server and is read again.")
                    _read_mailbox(source, state, ledger, hands, rules, now)
        except UnghostError as failure:
            failures.append(failure)
    if untaught and not failures:
        failures.append(
            MailboxMissingError(
                "learn",
                [f"no account has a mailbox {name!r}; `unghost doctor` lists those there are" for name in untaught],
            )
        )
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
    from pipeline.digest.render import answers_digest, is_own_digest
    from pipeline.obey import learn_from_move
    from pipeline.parse import content_key
    from pipeline.replies import read_reply

    key = content_key(raw.octets) if raw.octets else f"no octets: {raw.uid or raw.source}"
    if ledger.facts.knows(key):
        with ledger.together():
            if raw.uid and raw.uid.mailbox in rules.taught:
                learn_from_move(ledger, raw.uid, key, rules.taught[raw.uid.mailbox], now)
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
            if message.from_.addr_spec.lower() in rules.own_addresses and not message.authentication.failed:
                message = replace(message, direction=Direction.OUT)  # a copy to oneself is no answer
            is_ours = is_own_digest(message) or answers_digest(message)
            prediction = hands.predict(message) if message.direction is Direction.IN and not is_ours else None
            reply = None if is_own_digest(message) else read_reply(message, partial(desk_of, ledger, rules, now))
            with ledger.together():
                ledger.facts.record(raw, message, prediction, now)
                if reply:
                    ledger.replies.record(message, reply)


def desk_of(ledger: Ledger, rules: Rules, now: datetime) -> Desk:
    """What a reply is held against."""
    from pipeline.replies import Desk

    own = rules.own_addresses | {address.lower() for address in rules.wording.recipients}
    return Desk(
        secret=ledger.replies.secret(),
        own=own,
        ours=own | {rules.wording.sender.lower()},
        letters=ledger.outbox.letters(),
        lifetime=rules.reply_lifetime,
        now=now,
    )


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
        from pipeline.link.applications import link

        found = link(ledger.facts.linkable(), rules.names, ledger.statements.in_force(), rules.promises)
        ledger.derived.replace(found.applications, derived_from, found.openings)


def write_digest(ledger: Ledger, rules: Rules, now: datetime) -> bool:
    """Put the digest that is due into the outbox, unless it is there; whether it was not.

    One that has nothing to say is skipped, for its whole period, where the user does not want it.
    """
    period = due_period(rules.schedule, now)
    if ledger.outbox.has(period):
        return False
    ledger.outbox.withdraw_unsent(now)
    digest = prepare_digest(ledger, rules, now)
    if digest.is_quiet and not rules.quiet_weeks:
        ledger.outbox.skip(period, now)
    else:
        _put(ledger, rules, period, digest, now)
    return True


def write_extra_digest(ledger: Ledger, rules: Rules, now: datetime) -> None:
    """Put a digest into the outbox though none is due; its period is a moment, and the week's comes nevertheless."""
    period = now.astimezone(UTC).strftime("%Y-%m-%d-%H%M%S")
    if not ledger.outbox.has(period):
        _put(ledger, rules, period, prepare_digest(ledger, rules, now), now)


def _put(ledger: Ledger, rules: Rules, period: str, digest: Digest, now: datetime) -> None:
    from pipeline.digest.render import render
    from pipeline.replies import token_of

    token, follows = token_of(ledger.replies.secret(), period), ledger.outbox.last_sent()
    ledger.outbox.put(period, render(digest, rules.wording, period, token, follows), now)


def write_confirmations(ledger: Ledger, rules: Rules, now: datetime) -> None:
    """Put a short answer to each reply that no letter has told the outcome of into the outbox."""
    from pipeline.digest.replied import confirm, untold
    from pipeline.replies import token_of

    applications = ledger.derived.applications()
    for replied in untold(ledger.replies.replied(), ledger.outbox.said()):
        letter = f"reply-{replied.message_id}"
        if replied.told and not ledger.outbox.has(letter):
            token = token_of(ledger.replies.secret(), letter)
            ledger.outbox.put(letter, confirm(replied, applications, rules.wording, now, token), now)


def prepare_digest(ledger: Ledger, rules: Rules, now: datetime, since: datetime | None = None) -> Digest:
    """What is worth saying at ``now``, whether or not a digest is due.

    With ``since``, as if no digest had been written from then on.
    """
    from pipeline.digest.compose import compose
    from pipeline.digest.contents import Picture
    from pipeline.silence import find_silences

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
        replied=ledger.replies.replied(),
        workdays=rules.patience.calendar.workdays,
        learned=ledger.facts.last_training(),
        noted=ledger.derived.noted(),
    )
    return compose(picture, rules.wording, now)


def has_looked(ledger: Ledger, rules: Rules) -> bool:
    """Whether every mailbox was read to its end at least once: before that nothing is said."""
    return all(mailbox.complete_at for mailbox in ledger.facts.coverage(rules.wanted))
