"""File a draft: in the account its correspondence lies in, once a day; it is the user who sends it.

One that was asked for by mail is committed to the ledger before anything connects, and looked for among the drafts
by its Message-ID: a run that is killed, or whose server is gone, leaves it for the next one, which makes no second.
Where it does not lie there, the next run writes it anew: what was to be said a week ago may not be so any more.
"""

from __future__ import annotations

import time
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

from pipeline.draft import draft_for
from pipeline.errors import ConfigError, NothingToDraftError, UnghostError
from pipeline.records import Wish, Wished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pipeline.config import Account
    from pipeline.draft import DraftRules
    from pipeline.ledger import Ledger
    from pipeline.records import Application, Message

_TIMEOUTS = 5  # of the account's: to connect, find the mailbox, look for the letter, append it and log out


def messages_of(application: Application, ledger: Ledger) -> list[Message]:
    """The recorded messages of an application: what ``draft_for`` reads."""
    found = (ledger.facts.message(event.message_id) for event in application.events if event.message_id > 0)
    return [message for message, _ in filter(None, found)]


def account_of(answers: str, sender: str, ledger: Ledger, accounts: Sequence[Account]) -> Account:
    """The account the message of the key ``answers`` lies in, else the one a letter is written from, else the first.

    Raises ConfigError where there is none.
    """
    if not accounts:
        raise ConfigError("account", ["is missing, so there are no drafts to put a letter to; --print shows it"])
    places = ledger.facts.accounts_of(answers)
    by_place = (account for account in accounts if account.name in places)
    by_sender = (account for account in accounts if "@" in account.user and account.user.lower() in sender.lower())
    return next(by_place, None) or next(by_sender, accounts[0])


def file_draft(octets: bytes, message_id: str, account: Account, *, again: bool = False) -> tuple[str, bool]:
    """Put a letter among the drafts of ``account``: the mailbox, and whether it was not there yet."""
    from pipeline.fetch import put_draft  # noqa: PLC0415  nothing else here speaks to a server

    return put_draft(account, octets, message_id, deadline=_deadline(account), again=again)


def _deadline(account: Account) -> float:
    return time.monotonic() + _TIMEOUTS * account.timeout


def fulfil(ledger: Ledger, rules: DraftRules, accounts: Sequence[Account], now: datetime) -> list[UnghostError]:
    """Make the drafts that were asked for by mail; what failed, which the next run tries again."""
    failures: dict[str, UnghostError] = {}
    for wish in ledger.wishes.open():
        try:
            # Nobody knows how far a try went that failed; the letter of that one is forgotten once it is looked for.
            mailbox = _asked(_found, wish, ledger, accounts, failures) if wish.letter else ""
            letter = wish if mailbox is None or mailbox else _written(wish, ledger, rules, now)
            ledger.wishes.update(letter, now)
            if mailbox == "" and letter.state is Wished.OPEN:
                mailbox = _asked(_filed, letter, ledger, accounts, failures)
            if mailbox:
                ledger.wishes.update(replace(letter, state=Wished.MADE, mailbox=mailbox, letter=b""), now)
        except UnghostError as failure:
            failures[""] = failure
    return list(failures.values())


def _asked(
    ask: Callable[[Wish, Account], str],
    wish: Wish,
    ledger: Ledger,
    accounts: Sequence[Account],
    failures: dict[str, UnghostError],
) -> str | None:
    """What the wish's account answers; None where it fails, or failed before: the first failure says enough."""
    account = _account_for(wish, ledger, accounts)
    if account.name in failures:
        return None
    try:
        return ask(wish, account)
    except UnghostError as failure:
        failures[account.name] = failure
        return None


def _found(wish: Wish, account: Account) -> str:
    """The mailbox in which the letter of an earlier try lies; empty where it lies nowhere."""
    from pipeline.fetch import find_draft  # noqa: PLC0415

    return find_draft(account, wish.rfc_message_id, deadline=_deadline(account))


def _filed(wish: Wish, account: Account) -> str:
    return file_draft(wish.letter, wish.rfc_message_id, account)[0]


def _written(wish: Wish, ledger: Ledger, rules: DraftRules, now: datetime) -> Wish:
    """The wish with its letter, or with why there is none."""
    wish = Wish(wish.statement_id, wish.about)
    application = ledger.derived.holder(wish.about)
    if application is None:
        return replace(wish, state=Wished.GONE)
    try:
        drafted = draft_for(application, messages_of(application, ledger), rules, now)
    except NothingToDraftError as error:
        return replace(wish, state=Wished.NOTHING, reason=error.reason, value=error.value)
    return replace(
        wish,
        rfc_message_id=str(drafted.letter["Message-ID"]),
        letter=drafted.octets,
        answers=drafted.answers,
        to=drafted.to,
        person=drafted.person,
    )


def _account_for(wish: Wish, ledger: Ledger, accounts: Sequence[Account]) -> Account:
    sender = str(message_from_bytes(wish.letter, policy=default).get("From", ""))
    return account_of(wish.answers, sender, ledger, accounts)
