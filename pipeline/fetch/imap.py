"""Read an IMAP account without changing it: EXAMINE and BODY.PEEK[] only."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Self

from imapclient.datetime_util import format_criteria_date
from imapclient.imapclient import SENT

from pipeline.connect import refuse_controls, server_words
from pipeline.errors import MailboxMissingError, NetworkError, SoftwareError
from pipeline.fetch.answers import NoError
from pipeline.fetch.connection import Connection, Examined
from pipeline.fetch.messages import SEARCH_MESSAGES, Messages
from pipeline.records import Direction, MailboxState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from pipeline.config import Account
    from pipeline.records import RawMessage

_STAMPS = "BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)]"


class ImapAccount:
    """One account's mailboxes, through one connection that is made when first needed.

    ``deadline`` is a value of ``time.monotonic()`` after which no command is begun and
    the one under way is ended with DeadlineError.  ``also`` are mailboxes that are read where there are such.
    """

    def __init__(self, account: Account, *, deadline: float, also: Sequence[str] = ()) -> None:
        names = {f"mailboxes[{n}]": name for n, name in enumerate([*account.mailboxes, *also])}
        refuse_controls(names | {"sent": account.sent}, f"account {account.name}")
        self._account = account
        self._also = also
        self._connection = Connection(account, deadline=deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # After a failure the server may be in the middle of an answer.
        self._connection.close(politely=kind is None)

    def check(self) -> list[str]:
        """The names of the mailboxes, after a login: what `unghost init` and `unghost doctor` ask."""
        folders = self._connection.ask_patiently(lambda client: client.list_folders())
        return sorted(_canonical(str(name)) for flags, _, name in folders if not _is_no_mailbox(flags))

    def mailboxes(self) -> Iterator[MailboxState]:
        """The mailboxes to read, each open when it is yielded: Sent, then the configured ones, then the others.

        Sent is first because a copy there needs no proof, and of two copies the first that is read counts.
        Those that are not there are reported when all others have been read, all at once.
        """
        sent = self._sent()
        names = list(dict.fromkeys(_canonical(name) for name in self._account.mailboxes))
        missing: list[str] = []
        refused: list[NetworkError] = []
        for name in dict.fromkeys([*([sent] if sent else []), *names, *self._also]):
            try:
                examined = self._connection.examine(name)
            except NoError as error:
                if problem := self._missing(name, error):
                    missing += [problem] if name in names or name == sent else []
                else:
                    refused.append(error)
            else:
                yield self._state(examined, Direction.OUT if name == sent else Direction.IN)
        if missing:
            raise MailboxMissingError(f"account {self._account.name}", missing)
        if refused:
            raise refused[0]

    def fetch_since(self, state: MailboxState, last_uid: int) -> Iterator[Sequence[RawMessage]]:
        """The messages of ``state`` with a UID above ``last_uid``, oldest first, in batches.

        A message that cannot be had comes without octets and with its ``problem``.  Pass 0
        when the UIDVALIDITY is not the one ``last_uid`` was noted under (RFC 9051 section 2.3.1.1).
        """
        examined = self._connection.examined
        if examined is None or examined.name != state.name:
            examined = self._connection.examine(state.name)
        if examined.uidvalidity != state.uidvalidity:
            raise NetworkError(
                f"{self._account.host}: {state.name} was rebuilt while it was read; the next run reads it anew"
            )
        # Nobody else can write into Sent, and no server says who wrote what is there.
        is_stamped = self._account.authserv_id and state.direction is Direction.IN
        authserv_ids = (self._account.authserv_id,) if is_stamped else ()
        messages = Messages(self._connection, state, self._account.max_bytes, authserv_ids)
        for uids in self._uids_after(last_uid, examined, state.direction):
            yield from messages.fetch(uids)

    def newest_stamps(self, n: int) -> list[bytes]:
        """The Authentication-Results fields (RFC 8601) of each of the newest ``n`` messages of the first mailbox."""
        exists = self._connection.examine(_canonical(self._account.mailboxes[0])).exists
        # By their places, as all UIDs of a very large mailbox would be too long an answer.
        uids = self._search(f"{max(1, exists - n + 1)}:*")[-n:] if exists else []
        answers = self._connection.ask_patiently(lambda client: client.fetch(uids, [_STAMPS]) if uids else {})
        parts = (part for answer in answers.values() for name, part in answer.items() if name.startswith(b"BODY["))
        return [octets for octets in parts if isinstance(octets, bytes)]

    def holds(self, message_id: str) -> bool:
        """Whether any mailbox of the account holds a message with that Message-ID: somebody may have moved it.

        False is certain: what keeps us from looking where it was to arrive is raised.
        """
        wanted = ["INBOX", *(_canonical(name) for name in self._account.mailboxes)]
        for name in dict.fromkeys([*wanted, *self.check()]):
            try:
                if self.contains_message_id(name, message_id):
                    return True
            except NoError:
                if name in wanted:
                    raise
        return False

    def contains_message_id(self, mailbox: str, message_id: str) -> bool:
        """Whether ``mailbox`` holds a message with that Message-ID (RFC 9051 section 6.4.4, HEADER)."""
        if not (message_id.isascii() and message_id.isprintable()):
            raise SoftwareError("a Message-ID to look for holds characters that no Message-ID may have")
        refuse_controls({"mailbox": mailbox}, f"account {self._account.name}")
        quoted = message_id.replace("\\", "\\\\").replace('"', '\\"')
        try:
            self._connection.examine(mailbox)
        except NoError as error:
            if problem := self._missing(mailbox, error):
                raise MailboxMissingError(f"account {self._account.name}", [problem]) from error
            raise
        return bool(self._search(f'HEADER Message-ID "{quoted}"'))

    def _sent(self) -> str:
        """The mailbox of sent mail, or "" if there is none: by its attribute (RFC 6154 section 2), else by its name."""
        if self._account.sent != "auto":
            return _canonical(self._account.sent)
        found = self._connection.ask_patiently(lambda client: client.find_special_folder(SENT))
        return str(found or "")

    def _state(self, examined: Examined, direction: Direction) -> MailboxState:
        since = self._account.since.isoformat() if self._account.since else ""
        return MailboxState(self._account.name, examined.name, examined.uidvalidity, examined.uidnext, direction, since)

    def _uids_after(self, last_uid: int, examined: Examined, direction: Direction) -> Iterator[list[int]]:
        """The UIDs above ``last_uid``, ascending; one list but for very large mailboxes.  A draft is not mail yet.

        In Sent nothing is one: some mail programs leave the flag on what they sent.
        """
        written = " UNDRAFT" if direction is Direction.IN else ""
        for first, last in _ranges(last_uid + 1, examined):
            criteria = f"UID {first}:{last}{written}"
            if self._account.since:
                criteria += f" SINCE {format_criteria_date(self._account.since).decode()}"
            # "n:*" names the last message even if its UID is below n (RFC 9051 section 9, seq-range).
            yield sorted({uid for uid in self._search(criteria) if uid > last_uid})

    def _search(self, criteria: str) -> list[int]:
        return list(self._connection.ask_patiently(lambda client: client.search(criteria)))

    def _missing(self, name: str, error: NoError) -> str:
        """What to say if the refused mailbox is not there; "" if it is, or the server tells nothing just now."""
        if error.throttled or name in (known := self.check()):
            return ""
        return f"mailbox {name!r} does not exist{_nearest(name, known)}"


def _ranges(first: int, examined: Examined) -> list[tuple[int, int | str]]:
    """The UIDs from ``first`` on, in ranges so small that each fits on one line of answer."""
    if examined.exists <= SEARCH_MESSAGES or examined.uidnext <= first:
        return [(first, "*")]
    starts = list(range(first, examined.uidnext, SEARCH_MESSAGES))
    ends: list[int | str] = [start - 1 for start in starts[1:]]
    return list(zip(starts, [*ends, "*"], strict=True))


def _canonical(name: str) -> str:
    """INBOX is the one name without regard to case (RFC 9051 section 5.1)."""
    return "INBOX" if name.upper() == "INBOX" else name


def _is_no_mailbox(flags: Sequence[bytes]) -> bool:
    return bool({flag.lower() for flag in flags} & {b"\\noselect", b"\\nonexistent"})


def _nearest(name: str, known: Sequence[str]) -> str:
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.5)
    if not near:
        return f"; there are: {', '.join(server_words(each) for each in known[:20])}"
    return f"; did you mean {' or '.join(repr(by_lower[each]) for each in near)}?"
