"""Put a message into a mailbox: the one thing unghost ever does to an account besides reading it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import UnghostError
from pipeline.fetch.answers import NoError
from pipeline.fetch.connection import Connection
from pipeline.records import Sending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.config import Account


def put_in_inbox(
    account: Account, octets: bytes, before: Callable[[], None], *, deadline: float
) -> tuple[Sending, str]:
    """What became of a message put into INBOX, unseen like any that arrives; see ``append``."""
    with _connected(account, deadline) as connection:
        return append(connection, "INBOX", octets, (), before)


def append(
    connection: Connection, mailbox: str, octets: bytes, flags: Sequence[bytes], before: Callable[[], None]
) -> tuple[Sending, str]:
    """What became of ``octets`` (lines end in CRLF), with the server's words: APPEND, RFC 9051 section 6.3.12.

    SENT, NEW (refused for now), FAILED (refused for good) or UNKNOWN (the connection broke
    before the answer: whole or not at all, the server may have kept it).  ``before`` is called when we
    are logged in and about to ask.  Raises an UnghostError when it does not come to that.
    """
    connection.ask_patiently(lambda client: client.noop())
    before()
    try:
        connection.ask(lambda client: client.append(mailbox, octets, flags))
    except NoError as error:
        return (Sending.NEW if error.for_now else Sending.FAILED), str(error)
    except UnghostError as error:  # broken off, or the time was over, perhaps after the last octet
        return Sending.UNKNOWN, str(error)
    return Sending.SENT, ""


@contextmanager
def _connected(account: Account, deadline: float) -> Iterator[Connection]:
    connection = Connection(account, deadline=deadline)
    try:
        yield connection
    except BaseException:
        connection.close(politely=False)
        raise
    connection.close()
