"""The demo's invented mailbox: three months of one job search, read from ``mail/*.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from importlib.resources.abc import Traversable

OWNER_NAME = "Mara Lindqvist"
ADDRESS = "mara@lindqvist.example"
OWNER = f"{OWNER_NAME} <{ADDRESS}>"
TIMEZONE = "Europe/Berlin"
NOW = datetime.fromisoformat("2026-03-02T08:05:00+01:00")
"""The demo's clock: a Monday morning, five minutes after the digest is due."""


@dataclass(frozen=True, slots=True)
class StoryApplication:
    """How one application truly stands at ``NOW``: what a digest should come to by itself.

    ``since`` is when the turn began; ``interview`` is the date of one that is still ahead.
    """

    id: str
    employer: str
    role: str
    applied: datetime
    stage: str
    turn: str
    since: datetime
    interview: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoryMessage:
    """One message of the story; ``kind``, ``about`` and ``ambiguous`` are the truth and never sent.

    ``kind`` is empty for Mara's own mail, ``about`` is the id of an application or empty.
    """

    date: datetime
    from_: str
    subject: str
    message_id: str
    kind: str
    to: str = OWNER
    mailbox: str = "INBOX"
    text: str = ""
    html: str = ""
    ics: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    ambiguous: bool = False

    @property
    def octets(self) -> bytes:
        """The message as RFC 5322 octets; the same ones every time."""
        return bytes(_message(self))


@dataclass(frozen=True, slots=True)
class Story:
    """The messages in order of date, and the applications they tell of."""

    messages: tuple[StoryMessage, ...]
    applications: tuple[StoryApplication, ...]


def read_story() -> Story:
    """The story as it is shipped."""
    chapters = [tomllib.loads(path.read_text(encoding="utf-8")) for path in _chapters()]
    messages = [entry_of(table) for chapter in chapters for table in chapter["message"]]
    applications = [StoryApplication(**table) for chapter in chapters for table in chapter.get("application", [])]
    return Story(
        messages=tuple(_threaded(sorted(messages, key=lambda message: message.date))),
        applications=tuple(applications),
    )


def _chapters() -> list[Traversable]:
    folder = files("pipeline.demo") / "mail"
    return sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name)


def entry_of(table: dict[str, Any]) -> StoryMessage:
    """A message as the file has it."""
    return StoryMessage(from_=table.pop("from"), **table)


def _threaded(messages: Iterable[StoryMessage]) -> Iterator[StoryMessage]:
    """Each message with the References its thread has grown to (RFC 5322 section 3.6.4)."""
    thread: dict[str, tuple[str, ...]] = {"": ()}
    for message in messages:
        references = thread[message.in_reply_to]
        thread[message.message_id] = (*references, message.message_id)
        yield replace(message, references=references)


def _message(entry: StoryMessage) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    for name, value in _headers(entry).items():
        if value:
            message[name] = value
    first, *others = _parts(entry)
    message.set_content(first.content, subtype=first.subtype)
    for part in others:
        message.add_alternative(part.content, subtype=part.subtype, params=part.params)
    if others:
        # The library would draw a random one; the demo is to give the same octets on every day.
        message.set_boundary("=_" + sha256(entry.message_id.encode()).hexdigest()[:24])
    return message


class _Part(NamedTuple):
    content: str
    subtype: str
    params: dict[str, str]


def _parts(entry: StoryMessage) -> list[_Part]:
    parts = [
        _Part(entry.text.lstrip(), "plain", {}),
        _Part(entry.html.lstrip(), "html", {}),
        # RFC 5545 section 3.1: lines end in CRLF, whatever the part is wrapped in.
        _Part(entry.ics.lstrip().replace("\n", "\r\n"), "calendar", {"method": "REQUEST"}),
    ]
    return [part for part in parts if part.content]


def _headers(entry: StoryMessage) -> dict[str, str]:
    return {
        "From": entry.from_,
        "To": entry.to,
        "Subject": entry.subject,
        "Date": format_datetime(entry.date),
        "Message-ID": entry.message_id,
        "In-Reply-To": entry.in_reply_to,
        "References": " ".join(entry.references),
        **entry.headers,
    }
