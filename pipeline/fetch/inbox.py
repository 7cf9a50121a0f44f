"""Put the digest into the user's own INBOX, unseen like any mail that arrives: for who has no server to send by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import UnghostError
from pipeline.fetch.answers import NoError
from pipeline.fetch.connection import Connection
from pipeline.records import Sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.config import Account


def put_in_inbox(
    account: Account, octets: bytes, before: Callable[[], None], *, deadline: float
) -> tuple[Sending, str]:
    """What became of ``octets`` (lines end in CRLF), with the server's words: APPEND, RFC 9051 section 6.3.12.

    SENT, NEW (refused for now), FAILED (refused for good) or UNKNOWN (the connection broke
    before the answer: whole or not at all, the server may have kept it).  ``before`` is called when we
    are logged in and about to ask.  Raises an UnghostError when it does not come to that.
    """
    connection = Connection(account, deadline=deadline)
    polite = False
    try:
        connection.ask_patiently(lambda client: client.noop())
        before()
        outcome = _append(connection, octets)
        polite = outcome[0] is not Sending.UNKNOWN
    finally:
        connection.close(politely=polite)
    return outcome


def _append(connection: Connection, octets: bytes) -> tuple[Sending, str]:
    """Asked once only: a second try after a broken connection might make a second letter."""
    try:
        connection.ask(lambda client: client.append("INBOX", octets))
    except NoError as error:
        return (Sending.NEW if error.for_now else Sending.FAILED), str(error)
    except UnghostError as error:  # broken off, or the time was over, perhaps after the last octet
        return Sending.UNKNOWN, str(error)
    return Sending.SENT, ""
