"""Reads the header fields that matter through mail-parser, and without it where it fails."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as Part
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime

from pipeline.errors import ParseFailure
from pipeline.parse.text import clean_line
from pipeline.records import Address

MAX_HEADER = 20_000
MAX_ADDRESSES = 50
MAX_REFERENCES = 50
MAX_NESTED_LINES = 20_000_000

# The standard library reads parameters in quadratic time, and a thousand parts may have them.
_MAX_OF = {"content-type": 1_000, "content-disposition": 1_000, "from": 4_000, "reply-to": 4_000, "date": 200}
# What mail-parser is given to read.  Received is not: 4.8.0 parses it in quadratic time (100 kB in 2 s), and
# neither is what a sender could name like one of mail-parser's own attributes.
_READ = (
    *("from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "list-id"),
    *("auto-submitted", "x-autoreply", "precedence", "list-unsubscribe"),
)
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_CLOCK_SKEW = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the readers below agree on: decoded header fields, bodies in order, types of the files."""

    from_: tuple[Address, ...]
    to: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    fields: dict[str, str]
    date: datetime | None
    plain: list[str]
    html: list[str]
    files: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The subject on one line."""
        return clean_line(self.fields.get("subject", ""))

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets (RFC 5322 section 3.6.4), '' if there is none."""
        return next(iter(_message_ids(self.fields.get("message-id", ""))), "")

    @property
    def in_reply_to(self) -> str:
        """The first message answered, '' if none is."""
        return next(iter(_message_ids(self.fields.get("in-reply-to", ""))), "")

    @property
    def references(self) -> tuple[str, ...]:
        """The thread, oldest first; of a very long one the root and the latest."""
        found = _message_ids(self.fields.get("references", ""))
        return found if len(found) <= MAX_REFERENCES else (found[0], *found[1 - MAX_REFERENCES :])

    @property
    def list_id(self) -> str:
        """The List-Id's identifier (RFC 2919 section 3)."""
        value = clean_line(self.fields.get("list-id", ""))
        return value.rpartition("<")[2].partition(">")[0].strip().lower()

    @property
    def auto_submitted(self) -> str:
        """The Auto-Submitted keyword (RFC 3834 section 5); the older X-Autoreply counts as its auto-replied."""
        value = clean_line(self.fields.get("auto-submitted", "")).lower()
        is_autoreply = clean_line(self.fields.get("x-autoreply", "")).lower() == "yes"
        return value or ("auto-replied" if is_autoreply else "")

    @property
    def is_bulk(self) -> bool:
        """Whether it went to many: a list's header fields (RFC 2369, RFC 2919) or Precedence."""
        precedence = clean_line(self.fields.get("precedence", "")).lower()
        return "list-unsubscribe" in self.fields or "list-id" in self.fields or precedence in {"bulk", "list", "junk"}


class _Capped(Compat32):
    """compat32, which never raises on input, with an end to every header field."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: _MAX_OF.get(name.lower(), MAX_HEADER)]


_POLICY = _Capped()


def read_tree(octets: bytes) -> Part:
    """Parse octets into a tree of parts, every header field capped.

    Raises ParseFailure where the tree would cost too much: the standard library recurses for every level and
    asks every open multipart about every line.
    """
    octets = octets.removeprefix(b"\xef\xbb\xbf")
    if octets.lower().count(b"multipart/") * octets.count(b"\n") > MAX_NESTED_LINES:
        raise ParseFailure("too many nested parts")
    try:
        return BytesParser(policy=_POLICY).parsebytes(octets)
    except RecursionError as error:
        raise ParseFailure("parts nested too deeply") from error


def flat_copy(tree: Part, bodies: list[tuple[str, str]], files: list[str]) -> Part:
    """Give a message with the first of each header field that is read, and the parts in a single row.

    mail-parser gets this and not the tree: it raises on inner multiparts without a start, lets the text
    of attached messages leak, and leaves 7-bit charsets undecoded (4.8.0).  Bodies come decoded.
    """
    copy = _with_fields(tree)
    parts: list[Part | str] = [_part(_readable_type(kind), text) for kind, text in bodies]
    parts += [_part(kind, disposition='attachment; filename="file"') for kind in files]
    if len(parts) == 1 and bodies:
        copy["Content-Type"] = _readable_type(bodies[0][0])
        copy.set_payload(bodies[0][1])
    else:
        copy["Content-Type"] = "multipart/mixed"
        copy.set_payload(parts)
    return copy


def read(copy: Part) -> Envelope:
    """Read a flat copy with mail-parser; with the standard library if mail-parser raises."""
    try:
        return _read_with_mailparser(copy)
    # Its errors are no part of its contract: AttributeError, ValueError and TypeError have been seen.
    except Exception:  # noqa: BLE001
        return _read_with_compat32(copy)


def decode_words(value: str) -> str:
    """Decode RFC 2047 encoded-words; what cannot be decoded stays as it is."""
    try:
        return "".join(_decoded(*chunk) for chunk in decode_header(value))
    except (HeaderParseError, ValueError):
        return value


def sent_at(envelope: Envelope, tree: Part, internaldate: datetime | None) -> datetime:
    """Give the time a message was sent, in UTC.

    That is the Date field (RFC 5322 section 3.6.1) if it is sane: not before 1990, and not later than two days
    after the message arrived.  Arrival is INTERNALDATE, else the topmost Received field; a Date that
    is missing or absurd is replaced by it.  ParseFailure when nothing says when: today would be invented.
    """
    arrived = _utc(internaldate) if internaldate else _received_at(tree)
    date = envelope.date
    if date and _EARLIEST <= date <= min(_LATEST, arrived + _CLOCK_SKEW if arrived else _LATEST):
        return date
    if arrived:
        return arrived
    raise ParseFailure("no date")


def _with_fields(tree: Part) -> Part:
    copy = Part()
    for name, value in tree.raw_items():
        if name.lower() in _READ and name not in copy:
            copy[name] = _text_of_octets(value)
    return copy


def _text_of_octets(value: str) -> str:
    """Decode raw 8-bit octets in a header field: UTF-8 (RFC 6532), else what Windows sends."""
    try:
        octets = value.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return value
    if octets.isascii():
        return value
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def _readable_type(content_type: str) -> str:
    """Give the type that is read as text: mail-parser sets text/enriched and the like aside."""
    return "text/html" if content_type in {"text/html", "text/enriched"} else "text/plain"


def _part(content_type: str, text: str = "", disposition: str = "inline") -> Part:
    part = Part()
    part["Content-Type"] = content_type
    part["Content-Disposition"] = disposition
    part.set_payload(text)
    return part


def _read_with_mailparser(copy: Part) -> Envelope:
    # Imported here: 40 ms that a run without new messages need not spend.
    from mailparser import MailParser  # noqa: PLC0415

    # It warns of what senders do wrong, which cron would mail.
    logging.getLogger("mailparser").setLevel(logging.CRITICAL + 1)
    mail = MailParser(copy)  # parses; parse() would do it a second time
    return Envelope(
        from_=_senders(mail.from_, copy.get("From", "")),
        to=_addresses(mail.to),
        reply_to=_addresses(mail.reply_to),
        fields={name.lower(): str(value) for name, value in mail.headers.items()},
        date=mail.date or _lenient_date(copy.get("Date", "")),
        plain=mail.text_plain,
        html=mail.text_html,
        files=tuple(part["mail_content_type"] for part in mail.attachments),
    )


def _read_with_compat32(copy: Part) -> Envelope:
    parts = copy.get_payload() if copy.is_multipart() else [copy]
    bodies = [part for part in parts if isinstance(part, Part) and not part.get_filename()]
    return Envelope(
        from_=_senders(_pairs(copy.get("From", "")), copy.get("From", "")),
        to=_addresses(_pairs(copy.get("To", ""))),
        reply_to=_addresses(_pairs(copy.get("Reply-To", ""))),
        fields={name.lower(): decode_words(value) for name, value in copy.items()},
        date=_lenient_date(copy.get("Date", "")),
        plain=[str(part.get_payload()) for part in bodies if part.get_content_type() == "text/plain"],
        html=[str(part.get_payload()) for part in bodies if part.get_content_type() == "text/html"],
        files=tuple(part.get_content_type() for part in parts if isinstance(part, Part) and part.get_filename()),
    )


def _pairs(value: str) -> list[tuple[str, str]]:
    """Read an address list; names are decoded after it is cut up, so that no name can hold a comma or an address."""
    try:
        return [(decode_words(name), spec) for name, spec in getaddresses([value])]
    except (RecursionError, ValueError, IndexError):  # thousands of nested comments
        return []


def _senders(pairs: list[tuple[str, str]], value: str) -> tuple[Address, ...]:
    """Give the authors; where a name holds a bare comma or colon but only one address is written, that one.

    RFC 5322 section 3.2.3 wants such a name quoted, and strict readers see "Acme Careers" and "Inc." in
    ``Acme Careers, Inc. <jobs@acme.example>``, or nobody at all.
    """
    name, _, spec = value.strip().rpartition("<")
    is_single = value.count("@") == 1 and "@" in spec and spec.endswith(">") and '"' not in value
    if is_single and (not pairs or "," in name):
        return _addresses([(decode_words(name), spec.removesuffix(">"))])
    return _addresses(pairs)


def _addresses(pairs: list[tuple[str, str]]) -> tuple[Address, ...]:
    """Give the mailboxes that have an address, the domain in lower case (RFC 5321 section 2.4)."""
    found = []
    for name, spec in pairs[:MAX_ADDRESSES]:
        local, at, domain = clean_line(spec, 320).replace(" ", "").rpartition("@")
        if at:
            found.append(Address(clean_line(name, 200), f"{local}@{domain.lower()}"))
    return tuple(found)


def _decoded(chunk: str | bytes, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    try:
        return chunk.decode(charset or "utf-8")
    except (LookupError, ValueError):
        return chunk.decode("utf-8", "replace")


def _message_ids(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(clean_line(value, MAX_HEADER))))


def _received_at(tree: Part) -> datetime | None:
    """Give the time the last server took it: what follows the last semicolon (RFC 5321 section 4.4)."""
    value = str(tree.get("Received", ""))
    return _lenient_date(value.rpartition(";")[2][:200])


def _lenient_date(value: str) -> datetime | None:
    """Read a date as old programs wrote it: hours of one digit, names of zones, no zone."""
    try:
        return _utc(parsedate_to_datetime(str(value)))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
