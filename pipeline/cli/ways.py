"""The ways the digest can take, and the drafts that are asked for by mail, built from the settings."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from pipeline.cli.build import sender_of
from pipeline.errors import UnghostError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import click

    from pipeline.config import Account, Settings
    from pipeline.deliver import Envelope, Way
    from pipeline.ledger import Ledger
    from pipeline.records import Letter, Sending

DELIVERY_TIMEOUTS = 5  # an account's timeout is for one answer; putting a letter into it takes several


def envelope_of(settings: Settings) -> Envelope:
    """Who the digest comes from, and the only ones anything is ever sent to."""
    from pipeline.deliver import Envelope  # noqa: PLC0415

    return Envelope(sender_of(settings), settings.digest_to, settings.me.zone)


def deliver_of(settings: Settings) -> Callable[..., list[UnghostError]] | None:
    """How the outbox is emptied, or None where no way is configured."""
    way = way_of(settings)
    if way is None:
        return None
    from pipeline.deliver import post  # noqa: PLC0415

    return lambda outbox, now: post(outbox, way, envelope_of(settings), now)


def make_drafts(ctx: click.Context, settings: Settings, ledger: Ledger, now: datetime) -> list[UnghostError]:
    """Make the drafts that were asked for by mail; what failed."""
    if not ledger.wishes.open():
        return []
    from pipeline.cli.drafts import draft_rules_of  # noqa: PLC0415  only a wish needs letters and their wordings
    from pipeline.filing import fulfil  # noqa: PLC0415

    try:
        return fulfil(ledger, draft_rules_of(ctx, settings), settings.account, now)
    except UnghostError as failure:
        return [failure]


def way_of(settings: Settings) -> Way | None:
    """How a letter gets to the user, or None where there is no way."""
    from pipeline.deliver import (  # noqa: PLC0415
        Way,
        is_in_directory,
        put_in_directory,
        send_by_sendmail,
        send_by_smtp,
    )

    in_mailbox = partial(_is_in_mailbox, settings)
    match settings.digest_via:
        case "smtp" if settings.smtp:
            # What is not in the mailbox may be on its way there.
            return Way(partial(send_by_smtp, settings.smtp), lambda letter: in_mailbox(letter) or None)
        case "imap":
            return Way(partial(_put_in_inbox, settings.account[0]), in_mailbox)
        case "sendmail":
            program = settings.digest.sendmail.expanduser()
            return Way(partial(send_by_sendmail, program), lambda letter: in_mailbox(letter) or None)
        case "file" if settings.digest.directory:
            directory = settings.digest.directory.expanduser()
            return Way(partial(put_in_directory, directory), partial(is_in_directory, directory))
    return None


def _put_in_inbox(
    account: Account, _envelope: Envelope, letter: Letter, before: Callable[[], None]
) -> tuple[Sending, str]:
    from pipeline.fetch import put_in_inbox  # noqa: PLC0415

    deadline = time.monotonic() + DELIVERY_TIMEOUTS * account.timeout
    return put_in_inbox(account, letter.octets, before, deadline=deadline)


def _is_in_mailbox(settings: Settings, letter: Letter) -> bool | None:
    """Whether a message of this letter's Message-ID lies in any mailbox of any account; None where nobody can say."""
    from pipeline.fetch import ImapAccount  # noqa: PLC0415

    is_certain = bool(settings.account)
    for account in settings.account:
        try:
            with ImapAccount(account, deadline=time.monotonic() + account.timeout) as connection:
                if connection.holds(letter.rfc_message_id):
                    return True
        except UnghostError:
            is_certain = False
    return False if is_certain else None
