"""What a mailbox holds: where a message lies, its octets, and what the parser reads in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  the sandbox reads the annotations at run time
from enum import StrEnum


class Direction(StrEnum):
    """Whether the owner of the mailbox received a message or wrote it."""

    IN = "in"
    OUT = "out"


class Authentication(StrEnum):
    """What the user's own mail provider found out about who sent a message (RFC 8601); why, where it failed.

    *Unasked* where the user names no provider, *absent* where theirs has written nothing.
    """

    UNASKED = ""
    PASSED = "passed"
    ABSENT = "absent"
    DMARC_FAILED = "dmarc=fail"
    UNALIGNED = "dkim and spf unaligned"

    @property
    def failed(self) -> bool:
        """Whether somebody else may have sent it."""
        return self in {Authentication.DMARC_FAILED, Authentication.UNALIGNED}


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address list (RFC 5322 section 3.4)."""

    display_name: str
    addr_spec: str

    @property
    def domain(self) -> str:
        """The part after the last ``@``, in lower case; empty when there is none."""
        return self.addr_spec.rpartition("@")[2].lower() if "@" in self.addr_spec else ""


@dataclass(frozen=True, slots=True)
class MessageUID:
    """Where a message lies: RFC 9051 section 2.3.1.1, made unique over accounts."""

    account: str
    mailbox: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class MailboxState:
    """A mailbox as EXAMINE reports it (RFC 9051 section 6.3.3).

    ``uidnext`` is 0 where the server does not say; ``since`` is the day (ISO 8601) before which
    nothing is fetched, empty for everything.
    """

    account: str
    name: str
    uidvalidity: int
    uidnext: int
    direction: Direction
    since: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a mailbox has been read for, so that silence is claimed only where one looked."""

    account: str
    mailbox: str
    complete_at: datetime | None
    n_messages: int


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as the server holds it, before anything has been believed about it.

    ``octets`` is empty when the server would not give them up; ``problem`` then says why.
    ``truncated`` is true when only the beginning was asked for, because of its size.
    ``authserv_ids`` are the names under which the user's provider says who sent it (RFC 8601 section 2.5).
    """

    octets: bytes
    direction: Direction
    uid: MessageUID | None = None
    internaldate: datetime | None = None
    truncated: bool = False
    problem: str = ""
    source: str = ""
    authserv_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """A VEVENT of a text/calendar part (RFC 5545) with its iTIP method (RFC 5546)."""

    uid: str
    method: str
    sequence: int
    summary: str
    organizer: str
    location: str
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message (RFC 5322): the headers that matter and the text its sender newly wrote.

    ``key`` is the SHA-256 of the octets without trace headers: the same message in two
    mailboxes has one key, two messages that share a Message-ID have two.
    ``date`` is aware, in UTC; ``hosts`` are the host names that links in the text point to.
    ``text`` is without quotes, signatures and disclaimers; ``quoted`` is what was cut away.
    ``one_author`` is false where several From fields, or several addresses in one, leave open who wrote it.
    """

    key: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    date: datetime
    from_: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    subject: str
    text: str
    quoted: str
    calendar: tuple[CalendarEvent, ...]
    hosts: tuple[str, ...]
    list_id: str
    auto_submitted: str
    bulk: bool
    direction: Direction
    one_author: bool = True
    authentication: Authentication = Authentication.UNASKED

    @property
    def thread(self) -> tuple[str, ...]:
        """The messages it answers, the first of the thread first (RFC 5322 section 3.6.4)."""
        return tuple(dict.fromkeys(filter(None, [*self.references, self.in_reply_to])))

    @property
    def is_reply(self) -> bool:
        """Whether its sender answered another message (RFC 5322 section 3.6.4)."""
        return bool(self.thread)
