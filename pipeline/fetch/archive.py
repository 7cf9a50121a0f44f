"""Read mail from disk without changing it: an .eml file, a directory of them, an mbox, a Maildir.

The standard library's ``mailbox`` is not used: it opens an mbox for writing ("rb+"),
reads it twice, and takes each line that begins with "From " for the start of a message.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.utils import getaddresses
from typing import IO, TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.records import Direction, RawMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

# As `max_bytes` of an account: of a larger message only the beginning is read.
MAX_BYTES = 8_000_000
# A From field beyond these is no job application; parsing 100 kB of "((((" takes > 5 s.
_MAX_HEADER_BYTES = 65_536
_MAX_FROM_CHARACTERS = 998

_FROM_FIELD = re.compile(rb"^from[ \t]*:((?:[^\r\n]*\r?\n[ \t])*[^\r\n]*)", re.IGNORECASE | re.MULTILINE)
# RFC 4155: "From " and an address and a date as of asctime(3); Gmail's has a zone before the year.
_FROM_LINE = re.compile(
    rb"From .{0,998}?(?P<date>[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d(?::\d\d)?).{0,99}?(?<![+\-\d])(?P<year>\d{4})\b"
)
_BLANK = (b"\n", b"\r\n")


def read_archive(path: Path, own_addresses: Sequence[str]) -> Iterator[RawMessage]:
    """The messages in ``path``, one at a time; ``source`` says which file or which one of the mbox.

    A message is outgoing when its only sender is one of ``own_addresses``.  Raises InputError at
    once if ``path`` holds no mail; a single file that cannot be read becomes a
    message with a ``problem``.
    """
    own = frozenset(address.strip().lower() for address in own_addresses)
    try:
        return _reader(path, own)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _reader(path: Path, own: frozenset[str]) -> Iterator[RawMessage]:
    if path.is_dir():
        maildirs = _maildirs(path)
        files = _maildir_files(maildirs) if maildirs else _eml_files(path)
        if not maildirs and not files:
            raise InputError(f"{path}: is no Maildir (with cur and new), and holds no .eml file")
        return (_read_file(file, own) for file in files)
    with path.open("rb") as file:
        beginning = file.read(5)
    if beginning == b"From " or (not beginning and path.suffix.lower() == ".mbox"):
        return _read_mbox(path, own)
    if path.suffix.lower() == ".eml":
        return iter([_read_file(path, own)])
    raise InputError(f"{path}: is neither an .eml file nor an mbox (which begins with 'From ')")


def _eml_files(directory: Path) -> list[Path]:
    return sorted(file for file in directory.rglob("*") if file.suffix.lower() == ".eml" and file.is_file())


def _maildirs(root: Path) -> list[Path]:
    """``root`` and its sub-mailboxes, as Maildir++ (".Sent") or as nested directories."""
    found = {new.parent for new in root.rglob("new") if new.is_dir() and (new.parent / "cur").is_dir()}
    return sorted(found)


def _maildir_files(maildirs: Iterable[Path]) -> list[Path]:
    """Every message, in the order of delivery; nothing is moved from new to cur, no flag is set."""
    return [
        file
        for maildir in maildirs
        for file in sorted([*maildir.glob("cur/*"), *maildir.glob("new/*")], key=lambda file: file.name)
        if file.is_file() and not file.name.startswith(".")
    ]


def _read_file(path: Path, own: frozenset[str]) -> RawMessage:
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_BYTES + 1)
    except OSError as error:
        return RawMessage(b"", Direction.IN, problem=f"cannot be read: {error.strerror}", source=str(path))
    is_delivery = path.parent.name in {"cur", "new"}
    return _message(octets, own, str(path), _delivered_at(path.name) if is_delivery else None)


def _delivered_at(name: str) -> datetime | None:
    """The time a Maildir's file name begins with; the file's own is the day somebody copied it."""
    seconds = name.partition(".")[0]
    if not (seconds.isascii() and seconds.isdigit() and 9 <= len(seconds) <= 10):  # noqa: PLR2004  1973 to 2286
        return None
    return datetime.fromtimestamp(int(seconds), UTC)


def _read_mbox(path: Path, own: frozenset[str]) -> Iterator[RawMessage]:
    """Each message of the mbox in one pass, holding one message at a time."""
    with path.open("rb") as file:
        for number, (line, octets) in enumerate(_split_mbox(file), start=1):
            yield _message(octets, own, f"{path}#{number}", _date_of(line))


def _split_mbox(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Each "From " line with the octets below it (RFC 4155, appendix A); quoted ones are left as they are.

    A "From " line counts only after a blank line and with a date in it (unless the first has none),
    so that "From what I have read, ..." at the start of a paragraph splits nothing.
    """
    separator, body, size, after_blank = b"", bytearray(), 0, True
    is_dated = False
    # A size with readline: a file without line ends would be one line of 1 GB.
    while line := file.readline(_MAX_HEADER_BYTES):
        if after_blank and line.startswith(b"From ") and (_FROM_LINE.match(line) or not is_dated):
            if separator:
                yield separator, _without_last_blank(body)
            else:
                is_dated = bool(_FROM_LINE.match(line))
            separator, body, size = line, bytearray(), 0
        elif size <= MAX_BYTES:
            body += line
            size += len(line)
        after_blank = line in _BLANK
    if separator:
        yield separator, _without_last_blank(body)


def _without_last_blank(body: bytearray) -> bytes:
    """The message without the blank line that belongs to the mbox."""
    for blank in reversed(_BLANK):
        if body.endswith(b"\n" + blank):
            return bytes(body[: -len(blank)])
    return bytes(body)


def _date_of(line: bytes) -> datetime | None:
    match = _FROM_LINE.match(line)
    if not match:
        return None
    text = f"{match['date'].decode()} {match['year'].decode()}"
    for form in ("%b %d %H:%M:%S %Y", "%b %d %H:%M %Y"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _message(octets: bytes, own: frozenset[str], source: str, internaldate: datetime | None) -> RawMessage:
    truncated = len(octets) > MAX_BYTES
    octets = octets[:MAX_BYTES]
    return RawMessage(
        octets,
        Direction.OUT if _sender(octets) in own else Direction.IN,
        internaldate=internaldate,
        truncated=truncated,
        problem="" if octets else "the message is empty",
        source=source,
    )


def _sender(octets: bytes) -> str:
    """The addr-spec of the only author, in lower case; "" when there is none or more than one."""
    head = re.split(rb"\r?\n\r?\n", octets[:_MAX_HEADER_BYTES], maxsplit=1)[0]
    fields = _FROM_FIELD.findall(head)
    if len(fields) != 1 or len(fields[0]) > _MAX_FROM_CHARACTERS:
        return ""
    try:
        addresses = getaddresses([" ".join(fields[0].decode("utf-8", "replace").split())])
    except (HeaderParseError, ValueError, IndexError, RecursionError):
        return ""
    return addresses[0][1].lower() if len(addresses) == 1 else ""
