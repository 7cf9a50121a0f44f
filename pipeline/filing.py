"""File a draft: in the account its correspondence lies in, once a day; it is the user who sends it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Account
    from pipeline.draft import Drafted
    from pipeline.ledger import Ledger
    from pipeline.records import Application, Message

_TIMEOUTS = 5  # of the account's: to connect, find the mailbox, look for the letter, append it and log out


def messages_of(application: Application, ledger: Ledger) -> list[Message]:
    """The recorded messages of an application: what ``draft_for`` reads."""
    found = (ledger.facts.message(event.message_id) for event in application.events if event.message_id > 0)
    return [message for message, _ in filter(None, found)]


def account_of(drafted: Drafted, ledger: Ledger, accounts: Sequence[Account]) -> Account:
    """The account the answered message lies in, else the one it is written from, else the first.

    Raises ConfigError where there is none.
    """
    if not accounts:
        raise ConfigError("account", ["is missing, so there are no drafts to put a letter to; --print shows it"])
    places = ledger.facts.accounts_of(drafted.answers)
    sender = str(drafted.letter.get("From", "")).lower()
    by_place = (account for account in accounts if account.name in places)
    by_sender = (account for account in accounts if "@" in account.user and account.user.lower() in sender)
    return next(by_place, None) or next(by_sender, accounts[0])


def file_draft(drafted: Drafted, account: Account, *, again: bool = False) -> tuple[str, bool]:
    """Put the letter among the drafts of ``account``: the mailbox, and whether it was not there yet today."""
    from pipeline.fetch import put_draft  # noqa: PLC0415  nothing else here speaks to a server

    deadline = time.monotonic() + _TIMEOUTS * account.timeout
    return put_draft(account, drafted.octets, drafted.letter["Message-ID"], deadline=deadline, again=again)
