"""Put a letter among the drafts of an account, and only when the user asks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from imapclient.imapclient import DRAFT, DRAFTS, SEEN

from pipeline.connect import refuse_controls, server_words
from pipeline.errors import MailboxMissingError
from pipeline.fetch.answers import NoError
from pipeline.fetch.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.config import Account

# What mail programs and providers call it where no mailbox has the attribute, in the order of trust.
_NAMES = (
    "drafts",
    "draft",
    "entwürfe",
    "brouillons",
    "borradores",
    "rascunhos",
    "concepten",
    "bozze",
    "wersje robocze",
    "utkast",
    "kladder",
    "luonnokset",
    "taslaklar",
)
# Read already, as mail programs keep drafts: nobody has to be told of a letter they asked for.
_FLAGS = (DRAFT, SEEN)


def put_draft(
    account: Account, octets: bytes, message_id: str, *, deadline: float, again: bool = False
) -> tuple[str, bool]:
    """Append a letter to the drafts of ``account``: the mailbox, and whether it was not there yet.

    One with the same Message-ID is left as it is unless ``again``, so that a second try after a broken
    connection makes no second letter.  ``deadline`` is a value of ``time.monotonic()``.
    Raises MailboxMissingError where no mailbox is for drafts.
    """
    with _connected(account, message_id, deadline) as (connection, mailbox):
        is_new = again or not _holds(connection, account, mailbox, message_id)
        if is_new:
            connection.ask(lambda client: client.append(mailbox, octets, flags=_FLAGS))
    return mailbox, is_new


def find_draft(account: Account, message_id: str, *, deadline: float) -> str:
    """The mailbox for drafts of ``account`` if a letter with this Message-ID lies there; else empty.

    ``deadline`` and errors are those of ``put_draft``.
    """
    with _connected(account, message_id, deadline) as (connection, mailbox):
        return mailbox if _holds(connection, account, mailbox, message_id) else ""


@contextmanager
def _connected(account: Account, message_id: str, deadline: float) -> Iterator[tuple[Connection, str]]:
    """A connection, and the mailbox for drafts."""
    refuse_controls({"drafts": account.drafts, "Message-ID": message_id}, f"account {account.name}")
    connection = Connection(account, deadline=deadline)
    polite = False
    try:
        yield connection, _drafts(connection, account)
        polite = True
    finally:
        connection.close(politely=polite)


def _drafts(connection: Connection, account: Account) -> str:
    """The mailbox named in the settings, else the one with the attribute (RFC 6154 section 2), else by its name."""
    if account.drafts != "auto":
        return account.drafts
    folders = connection.ask_patiently(lambda client: client.list_folders())
    special = [str(name) for flags, _, name in folders if DRAFTS.lower() in _lower(flags)]
    named = sorted(
        (place, str(name)) for _, delimiter, name in folders if (place := _place(name, delimiter)) is not None
    )
    found = [*special, *(name for _, name in named)]
    if not found:
        raise _missing(account, "no mailbox for drafts is to be found", folders)
    return found[0]


def _place(name: Any, delimiter: bytes | None) -> int | None:  # noqa: ANN401  imapclient gives text, or a number
    """Where a mailbox's own name, without those it lies in, stands among the usual ones."""
    own = str(name).rpartition(delimiter.decode())[2] if delimiter else str(name)
    return _NAMES.index(own.casefold()) if own.casefold() in _NAMES else None


def _lower(flags: Sequence[bytes]) -> set[bytes]:
    return {flag.lower() for flag in flags}


def _holds(connection: Connection, account: Account, mailbox: str, message_id: str) -> bool:
    """Whether the letter lies there (RFC 9051 section 6.4.4, HEADER)."""
    try:
        connection.examine(mailbox)
    except NoError as error:
        folders = connection.ask_patiently(lambda client: client.list_folders())
        if error.throttled or mailbox in {str(name) for *_, name in folders}:
            raise
        raise _missing(account, f"mailbox {mailbox!r} does not exist", folders) from error
    return bool(connection.ask_patiently(lambda client: client.search(f'HEADER Message-ID "{message_id}"')))


def _missing(account: Account, problem: str, folders: Sequence[tuple[Any, Any, Any]]) -> MailboxMissingError:
    known = ", ".join(sorted(server_words(str(name)) for *_, name in folders)[:20])
    sentence = f"drafts: {problem}; name one of these, or make one in your mail program: {known}"
    return MailboxMissingError(f"account {account.name}", [sentence])
