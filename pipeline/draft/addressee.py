"""Whom a letter goes to, from which own address, and which message it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from pipeline.link.naming.words import tokens
from pipeline.parse.text import clean_line
from pipeline.records import Address, Direction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.draft.book import LetterBook
    from pipeline.link.naming.tables import Tables
    from pipeline.records import Application, Message

# What every server takes; anything else is better asked of the user.
_ADDR_SPEC = re.compile(
    r"[!#-'*+/-9=?A-Z^-~-]+(?:\.[!#-'*+/-9=?A-Z^-~-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII
)
_NAME = re.compile(r"[^\W\d_][^\W\d_'.-]*(?:['-][^\W\d_]+)*\.?")
_MOST_WORDS = 4
_BESIDE = re.compile(r"\s*[(\[|/].*$|\s+[–—-]\s+.*$|\s+(?:via|über)\s+.*$", re.IGNORECASE)  # noqa: RUF001  dashes are meant


class Reader(IntEnum):
    """Who reads what is sent to an address."""

    NOBODY = 0
    DESK = 1
    PERSON = 2


@dataclass(frozen=True, slots=True)
class Correspondence:
    """The other side and one's own.

    ``to`` is None where no address is known that somebody reads, ``sender`` where no own address is; ``parent``
    is the message that is answered, None where there is none.  ``person`` is a name to greet, ``me`` one's own.
    """

    to: Address | None
    person: str
    sender: str
    me: str
    parent: Message | None


@dataclass(frozen=True, slots=True)
class Addresses:
    """What tells whose an address is: the tables, and one's own addresses in lower case."""

    book: LetterBook
    tables: Tables
    own: Sequence[str]

    def reader(self, message: Message) -> Reader:
        """Who would read an answer to this message."""
        address = self.answered(message)
        if not _ADDR_SPEC.fullmatch(address.addr_spec) or self.is_own(address) or self.book.unread.search(message.text):
            return Reader.NOBODY
        if self.book.unattended.search(address.addr_spec.partition("@")[0]):
            return Reader.NOBODY
        if self.tables.relay_of(address.domain):
            # Such a system hands on what is sent to an address it names for answers, and to no other.
            is_given = message.direction is Direction.IN and address.addr_spec != message.from_.addr_spec
            return Reader.DESK if is_given else Reader.NOBODY
        is_desk = (
            self.tables.words.desk.match(address.addr_spec) or message.bulk or message.auto_submitted not in {"", "no"}
        )
        return Reader.DESK if is_desk else Reader.PERSON

    def answered(self, message: Message) -> Address:
        """Where an answer to a message goes; a letter behind an own one goes where that went."""
        if message.direction is Direction.OUT:
            return message.to[0] if message.to else Address("", "")
        return message.reply_to[0] if message.reply_to else message.from_

    def is_own(self, address: Address) -> bool:
        """Whether it is the user's; what stands behind a plus (RFC 5233) makes no difference."""
        return _without_detail(address.addr_spec) in self.own


def _without_detail(addr_spec: str) -> str:
    local, _, domain = addr_spec.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def correspondence_of(application: Application, messages: Sequence[Message], addresses: Addresses) -> Correspondence:
    """The two sides of ``messages``, which are those of the application, newest first.

    A person comes before a desk, the employer's mail before one's own, the newest before others; the letter
    answers the message the address is from, since its reader knows that one.  Nothing goes to where a message that
    somebody else may have sent says.
    """
    messages = [message for message in messages if not message.authentication.failed]
    theirs = [message for message in messages if message.direction is Direction.IN]
    own = [message for message in messages if message.direction is Direction.OUT]
    parent = next(_read(theirs, Reader.PERSON, addresses), None) or next(_read(theirs, Reader.DESK, addresses), None)
    parent = parent or next(_read(own, Reader.DESK, addresses), None)
    to = addresses.answered(parent) if parent else None
    answered = parent or next(iter([*theirs, *own]), None)
    sender = _sender(answered, messages, addresses)
    return Correspondence(
        to=to and Address(clean_line(to.display_name, 100), to.addr_spec),
        person=_person(answered, to, application.employer, addresses.tables),
        sender=sender,
        me=_own_name(messages, sender),
        parent=answered,
    )


def _read(messages: Iterable[Message], least: Reader, addresses: Addresses) -> Iterator[Message]:
    return (message for message in messages if addresses.reader(message) >= least)


def _sender(answered: Message | None, messages: Iterable[Message], addresses: Addresses) -> str:
    """The own address that the answered message, else the newest one that shows any, was sent to or from."""
    for message in [*([answered] if answered else []), *messages]:
        for address in (message.from_,) if message.direction is Direction.OUT else message.to:
            found = _without_detail(address.addr_spec)
            if found in addresses.own:
                return found
    if addresses.own:
        return addresses.own[0]
    only = answered.to if answered and answered.direction is Direction.IN else ()
    return only[0].addr_spec if len(only) == 1 and _ADDR_SPEC.fullmatch(only[0].addr_spec) else ""


def _own_name(messages: Sequence[Message], sender: str) -> str:
    """The user's name, as they write it themselves, else as others write to them; empty when unknown."""
    written = [m.from_ for m in messages if m.direction is Direction.OUT]
    received = [address for m in messages if m.direction is Direction.IN for address in m.to]
    names = (_in_order(clean_line(a.display_name, 100)) for a in [*written, *received] if _same(a, sender))
    return next((name for name in names if name and "@" not in name), "")


def _same(address: Address, sender: str) -> bool:
    return bool(sender) and _without_detail(address.addr_spec) == _without_detail(sender)


def _person(answered: Message | None, to: Address | None, employer: str, tables: Tables) -> str:
    """The name of the person who reads it or wrote what is answered; empty where it is a desk's."""
    if answered is None:
        return ""
    senders = [answered.from_] if answered.direction is Direction.IN else []
    names = (person_in(address.display_name, employer, tables) for address in ([to] if to else []) + senders)
    return next(filter(None, names), "")


def person_in(display_name: str, employer: str, tables: Tables) -> str:
    """The person's name in a display name such as "Anna Becker (Brightwater)"; empty where it names none."""
    name = clean_line(display_name, 100).strip("\"' ")
    placed = tables.words.at.match(name)
    name = _in_order(_BESIDE.sub("", placed["who"] if placed else name))
    words = name.split()
    if not (1 if placed else 2) <= len(words) <= _MOST_WORDS or not all(map(_NAME.fullmatch, words)):
        return ""
    is_desk = tables.words.departments.search(name) or tables.words.occupation.search(name) or tables.is_brand(name)
    starts = words[0][0].isupper() and words[-1][0].isupper()
    return name if starts and not is_desk and not tokens(name) & tokens(employer) else ""


def _in_order(name: str) -> str:
    """A name written as "Becker, Anna" the other way round."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() and "," not in first else name
