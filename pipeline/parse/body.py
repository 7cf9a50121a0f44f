"""Chooses the text of a message among its MIME parts and decodes it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pipeline.parse.html import MAX_CHARACTERS as MAX_HTML, html_to_text
from pipeline.parse.text import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message as Part

MAX_PARTS = 1_000
MAX_TEXT_PARTS = 50
MAX_CHARACTERS = 1_000_000
STUB_CHARACTERS = 300

_CALENDAR_TYPES = frozenset({"text/calendar", "application/ics"})
# Charsets that occur in mail.  Others are not asked for: punycode decodes in quadratic time, EBCDIC and
# the escape codecs turn readable octets into something else.
_CHARSET = re.compile(
    r"ascii|utf-(?:7|8|8-sig|16|16-be|16-le|32|32-be|32-le)|iso8859-\d+|cp(?:437|72\d|737|77\d|85\d|86\d|874|9\d\d|125\d)"
    r"|koi8-[rtu]|mac-\w+|big5(?:hkscs)?|gbk|gb2312|gb18030|hz|euc_\w+|shift_jis\w*|iso2022_\w+|johab|tis-620|ptcp154"
    r"|kz1048|hp-roman8"
)
# Names senders give to something a little larger (WHATWG Encoding, section 4.2).
_MEANT = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
_CHARSET_NAME = re.compile(r"[\w.:-]{1,40}", re.ASCII)
_META_CHARSET = re.compile(rb"charset\s{0,3}=\s{0,3}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_CONTROLS = bytes({*range(32), 0x7F} - {*b"\t\n\r\f\x1b"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part without parts of its own (RFC 2046 section 5.1): its type and, if it is text, its text.

    ``is_named`` is true of a file's contents, ``is_forwarded`` of what lies in a message/rfc822 part;
    ``is_filled`` is false when there was nothing but white space to decode.
    """

    content_type: str
    text: str = ""
    is_named: bool = False
    is_forwarded: bool = False
    is_filled: bool = True

    @property
    def is_calendar(self) -> bool:
        """Whether it holds an iCalendar object."""
        return self.content_type in _CALENDAR_TYPES

    @property
    def is_readable(self) -> bool:
        """Whether it holds text that says something."""
        return self.content_type.startswith("text/") and not self.is_calendar and bool(self.text.strip())


def leaves(message: Part) -> list[Leaf]:
    """Give the leaves of a message in order, text decoded; at most `MAX_PARTS`.

    A stack and not ``walk()``, which recurses as deep as the sender likes.
    """
    found: list[Leaf] = []
    stack = [(message, False)]
    while stack and len(found) < MAX_PARTS:
        part, is_forwarded = stack.pop()
        if part.is_multipart():
            is_inside = is_forwarded or part.get_content_maintype() == "message"
            stack.extend((child, is_inside) for child in reversed(_children(part)))
        else:
            found.append(_leaf(part, is_forwarded=is_forwarded))
    return found


def body_leaves(found: list[Leaf]) -> list[Leaf]:
    """Give the leaves whose text counts: the sender's own, else files, else a forwarded message's.

    Files count when there is nothing else (RFC 2183 section 2.10 lets a sender name any part, and some name
    the body); the text of an attached message is not the sender's unless nothing stands beside it.
    """
    readable = [leaf for leaf in found if leaf.is_readable]
    own = [leaf for leaf in readable if not leaf.is_forwarded]
    forwarded = [leaf for leaf in readable if leaf.is_forwarded and not leaf.is_named]
    for rank in ([leaf for leaf in own if not leaf.is_named], forwarded, own, readable):
        usual = [leaf for leaf in rank if leaf.content_type in {"text/plain", "text/html"}]
        if usual or rank:
            return (usual or rank)[:MAX_TEXT_PARTS]
    return []


def first_forwarded(message: Part) -> Part | None:
    """Give the first message that lies in a message/rfc822 part (RFC 2046 section 5.2.1)."""
    stack = [message]
    while stack:
        part = stack.pop()
        children = _children(part)
        if part.get_content_type() == "message/rfc822" and children:
            return children[0]
        stack.extend(reversed(children))
    return None


def choose_text(plain: list[str], html: list[str]) -> str:
    """Give the text to read: the plain one, unless it is a stub and the HTML says much more.

    RFC 2046 section 5.1.4 would have the last alternative; the plain one is free of layout, and equal where
    a sender means well.  "Your program cannot show HTML" is the case where it is not.
    """
    text = normalise("\n\n".join(plain))
    if not html or len(text) > STUB_CHARACTERS:
        return text
    shown = normalise("\n\n".join(html_to_text(one) for one in _affordable(html)))
    return shown if len(shown) > 2 * len(text) else text


def _affordable(html: list[str]) -> Iterator[str]:
    """Yield the documents, together no longer than a single one may be."""
    left = MAX_HTML
    for document in html:
        yield document[:left]
        left -= len(document)
        if left <= 0:
            return


def decode(octets: bytes, charset: str | None) -> str:
    """Decode by the charset declared, else as UTF-8, else as cp1252; '' if it is no text at all.

    A character cut off at the end of a truncated message is left out, and a few wrong octets in
    UTF-8 are replaced: neither makes the rest cp1252.
    """
    for name in filter(None, (_codec(charset, octets), "utf-8")):
        try:
            text = codecs.getincrementaldecoder(name)().decode(octets)
            return text.encode("utf-8", "replace").decode("utf-8")  # utf-7 can make lone surrogates
        except (UnicodeError, LookupError):
            continue
    text = octets.decode("utf-8", "replace")
    n_foreign = len(octets) - len(octets.translate(None, bytes(range(128, 256))))
    if text.count("\ufffd") * 10 < n_foreign:
        return text
    # cp1252 makes something of everything; what is full of control characters was never text.
    is_binary = len(octets.translate(None, _CONTROLS)) * 20 < len(octets) * 19
    return "" if is_binary else octets.decode("cp1252", "replace")


def unwrap_flowed(text: str, *, delete_space: bool = False) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676 sections 4.1 to 4.4).

    A line ending in a space goes on in the next of the same quote depth; ``-- `` is never joined.
    """
    lines: list[tuple[str, list[str]]] = []
    is_open = False
    for line in text.split("\n"):
        content = line.lstrip(">")
        mark = line[: len(line) - len(content)]
        content = content.removeprefix(" ")  # section 4.4: space-stuffing
        is_signature = content == "-- "
        if is_open and lines[-1][0] == mark and not is_signature:
            lines[-1][1].append(content)
        else:
            lines.append((mark, [content]))
        is_open = content.endswith(" ") and not is_signature
        if is_open and delete_space:
            lines[-1][1][-1] = content[:-1]
    return "\n".join(f"{mark}{' ' if mark else ''}{''.join(pieces)}" for mark, pieces in lines)


def _children(part: Part) -> list[Part]:
    return cast("list[Part]", part.get_payload()) if part.is_multipart() else []


def _leaf(part: Part, *, is_forwarded: bool) -> Leaf:
    content_type = part.get_content_type()
    file_name = part.get_filename() or ""
    is_named = bool(file_name) or part.get_content_disposition() == "attachment"
    if content_type.startswith("multipart/") or not all(content_type.split("/")):
        # Without its boundary it is one piece of text after all; RFC 2045 section 5.2 says so of no type.
        content_type = "text/plain"
    if file_name.lower().endswith(".ics"):
        content_type = "text/calendar"
    is_text = content_type.startswith("text/") or content_type in _CALENDAR_TYPES
    text = _text(part, content_type) if is_text else ""
    is_filled = bool(text.strip()) or _is_filled(part)
    return Leaf(content_type, text, is_named=is_named, is_forwarded=is_forwarded, is_filled=is_filled)


def _is_filled(part: Part) -> bool:
    payload = part.get_payload()
    return isinstance(payload, str) and not payload[:MAX_CHARACTERS].isspace() and bool(payload)


def _text(part: Part, content_type: str) -> str:
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    declared = part.get_content_charset()
    if declared is None and content_type == "text/html" and (meta := _META_CHARSET.search(octets[:2_048])):
        declared = meta[1].decode("ascii")
    # Four octets for a character is the most any charset takes.
    text = decode(octets[: 4 * MAX_CHARACTERS], declared)[:MAX_CHARACTERS].replace("\r\n", "\n")
    if content_type == "text/plain" and str(part.get_param("format", "")).lower() == "flowed":
        return unwrap_flowed(text, delete_space=str(part.get_param("delsp", "")).lower() == "yes")
    return text


def _codec(charset: str | None, octets: bytes) -> str:
    """Give the codec a declared charset means, or '' when the name is not to be believed."""
    if not charset or not _CHARSET_NAME.fullmatch(charset):
        return ""
    try:
        name = codecs.lookup(charset.removesuffix("-i")).name
    except (LookupError, ValueError):
        return ""
    if not _CHARSET.fullmatch(name) or (name.startswith(("utf-16", "utf-32")) and b"\0" not in octets[:64]):
        return ""
    return _MEANT.get(name, name)
