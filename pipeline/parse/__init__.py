"""Turns the octets of a message into a `Message`: header fields, new text, invitations, links."""

from __future__ import annotations

import hashlib
import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from pipeline.errors import ParseFailure
from pipeline.records import Address, Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from email.message import Message as Part

    from pipeline.parse.body import Leaf
    from pipeline.parse.headers import Envelope
    from pipeline.records import CalendarEvent, Direction

__all__ = ["content_key", "parse"]

_MAX_FILES = 20
# What servers add on the way and programs on delivery: two copies of one message differ in these alone.
_TRACE = re.compile(
    rb"(?:received|return-path|delivered-to|x-[^:]*|authentication-results|arc-[^:]*|dkim-signature|received-spf"
    rb"|status|envelope-to)[ \t]*:",
    re.IGNORECASE,
)


def parse(
    octets: bytes, *, direction: Direction, internaldate: datetime | None, authserv_ids: Sequence[str] = ()
) -> Message:
    """Give the message that ``octets`` hold (RFC 5322), or raise ParseFailure with the reason.

    Any octets do one or the other.  A text is never empty because it could not be read.
    ``authserv_ids`` are the names under which the user's provider says who sent it.
    """
    try:
        return _parse(octets, direction, internaldate, authserv_ids)
    except ParseFailure:
        raise
    # The door between hostile input and the ledger: what no one foresaw is a row in `unreadable` too.
    except Exception as error:
        raise ParseFailure(f"cannot be read: {type(error).__name__}") from error


def content_key(octets: bytes) -> str:
    """Give the SHA-256 of what the sender wrote: without trace fields, whatever the line ends.

    Cheap: it is asked for every message fetched, before anything is parsed.
    """
    lines = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")
    head, separator, body = (b"", b"", lines) if lines.startswith(b"\n") else lines.partition(b"\n\n")
    digest = hashlib.sha256()
    is_kept = True
    for n, line in enumerate(head.split(b"\n")):
        if not line.startswith((b" ", b"\t")):  # RFC 5322 section 2.2.3: a folded line goes with its field
            is_mbox_line = n == 0 and line.startswith(b"From ")
            is_kept = not is_mbox_line and not _TRACE.match(line)
        if is_kept:
            digest.update(line + b"\n")
    digest.update(separator + body)
    return digest.hexdigest()


def _parse(octets: bytes, direction: Direction, internaldate: datetime | None, authserv_ids: Sequence[str]) -> Message:
    # Imported here: content_key alone is what a run without new messages needs.
    from pipeline.parse import authentication, body, calendar, headers, quotes  # noqa: PLC0415

    tree = headers.read_tree(octets)
    leaves = body.leaves(tree)
    chosen = body.body_leaves(leaves)
    copy = headers.flat_copy(tree, [(leaf.content_type, leaf.text) for leaf in chosen], _files(leaves))
    envelope = headers.read(copy)
    events = calendar.events([leaf.text for leaf in leaves if leaf.is_calendar])
    whole = body.choose_text(envelope.plain, envelope.html)
    _refuse_unread(envelope, whole, leaves, events)
    if chosen and chosen[0].is_forwarded:
        whole = f"{_forwarded_header(body.first_forwarded(tree))}\n\n{whole}"
    text, quoted = quotes.split(whole, is_forward=quotes.says_forward(envelope.subject))
    author = next(iter(envelope.from_), Address("", ""))
    one_author = len(envelope.from_) == 1 and len(tree.get_all("From", [])) == 1
    return Message(
        key=content_key(octets),
        message_id=envelope.message_id,
        in_reply_to=envelope.in_reply_to,
        references=envelope.references,
        date=headers.sent_at(envelope, tree, internaldate),
        from_=author,
        reply_to=envelope.reply_to,
        to=envelope.to,
        subject=envelope.subject,
        text=text,
        quoted=quoted,
        calendar=events,
        hosts=_hosts(envelope),
        list_id=envelope.list_id,
        auto_submitted=envelope.auto_submitted,
        bulk=envelope.is_bulk,
        direction=direction,
        one_author=one_author,
        authentication=authentication.authentication_of(tree, authserv_ids, author.domain if one_author else ""),
    )


def _files(leaves: list[Leaf]) -> list[str]:
    """Give the types of what is no text, for the sentence that says what could not be read."""
    return [leaf.content_type for leaf in leaves if not leaf.content_type.startswith("text/")][:_MAX_FILES]


def _refuse_unread(envelope: Envelope, text: str, leaves: list[Leaf], events: tuple[CalendarEvent, ...]) -> None:
    """Raise ParseFailure when there was something to read and it was not read, or there is nothing at all."""
    if text or events:
        return
    unread = [leaf.content_type for leaf in leaves if leaf.is_filled]
    if unread:
        kinds = ", ".join(dict.fromkeys([*envelope.files, *unread][:5]))
        raise ParseFailure(f"no readable text: only {kinds}")
    if not envelope.subject:
        raise ParseFailure("no text")


def _forwarded_header(part: Part | None) -> str:
    """Write the lines that tell whose message a forwarded one is, as mail programs write them inline."""
    from pipeline.parse.headers import decode_words  # noqa: PLC0415
    from pipeline.parse.text import clean_line  # noqa: PLC0415

    names = ("From", "Date", "Subject", "To") if part else ()
    return "\n".join(
        ["---------- Forwarded message ----------"]
        + [f"{name}: {clean_line(decode_words(str(part[name])))}" for name in names if part and part[name]]
    )


def _hosts(envelope: Envelope) -> tuple[str, ...]:
    """Give the host names of the links, in order, each once."""
    from pipeline.parse.html import MAX_CHARACTERS, MAX_HOSTS, hosts  # noqa: PLC0415

    found = chain(
        chain.from_iterable(hosts(text[:MAX_CHARACTERS]) for text in envelope.plain),
        chain.from_iterable(hosts(text[:MAX_CHARACTERS], markup=True) for text in envelope.html),
    )
    return tuple(islice(dict.fromkeys(found), MAX_HOSTS))
