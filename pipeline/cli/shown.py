"""Messages a user shows us in files, one at a time: mail as it travels, or rows of subject, from and body."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pipeline.errors import InputError, ParseFailure
from pipeline.parse.text import clean_line
from pipeline.records import Kind, Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pipeline.records import Message, RawMessage

    ReadMail = Callable[[RawMessage], Message]

MAX_LINE = 16_000_000
MAX_SUBJECT = 1_000  # as of a parsed message
_FIELDS = ("subject", "from", "body")
_WORDS = frozenset([*Label, *Kind])


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of a file, not read yet.

    ``place`` is where it stands, for sentences.  ``fields`` are those of its row; of mail there
    is only ``label``, where its folder is named for one.  ``read`` gives the message, or raises
    ParseFailure; ``problem`` is the reason known beforehand.
    """

    id: Any
    place: str
    fields: Mapping[str, Any]
    read: Callable[[], Message]
    problem: str = ""


def shown_in(paths: Iterable[Path], read_mail: ReadMail) -> Iterator[Shown]:
    """Every message in ``paths``; what cannot be read is shown as a problem, and the rest after it."""
    for path in paths:
        is_rows = path.suffix.lower() == ".jsonl" and not path.is_dir()
        try:
            yield from _rows(path) if is_rows else _mail(path, read_mail)
        except OSError as error:
            yield _problem(path.name, str(path), f"cannot be read: {error.strerror}")
        except InputError as error:
            yield _problem(path.name, str(path), str(error).removeprefix(f"{path}: "))


def _problem(shown_id: Any, place: str, problem: str) -> Shown:  # noqa: ANN401  the row's own id
    return Shown(shown_id, place, {}, partial(_refuse, problem), problem)


def _refuse(problem: str) -> Message:
    raise ParseFailure(problem)


def _rows(path: Path) -> Iterator[Shown]:
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            if line.strip():
                yield _row(path, number, line)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Each line, or its beginning: a file without line ends is no reason to hold all of it."""
    while line := file.readline(MAX_LINE):
        yield line
        rest = line
        while len(rest) == MAX_LINE and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE)


def _row(path: Path, number: int, line: bytes) -> Shown:
    """A row as a message; an octet that is no UTF-8 is read as U+FFFD, as in mail."""
    place, name = f"{path}, line {number}", f"{path.name}#{number}"
    try:
        row = json.loads(line.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return _problem(name, place, "too long" if len(line) == MAX_LINE else "no JSON")
    if not isinstance(row, dict):
        return _problem(name, place, "no JSON object")
    shown_id = name if row.get("id") is None else row["id"]
    wrong = [field for field in _FIELDS if not isinstance(row.get(field) or "", str)]
    if wrong:
        return _problem(shown_id, place, f"{' and '.join(wrong)}: no text")
    return Shown(shown_id, place, row, partial(_message_of_row, row))


def _message_of_row(row: Mapping[str, Any]) -> Message:
    """The message; a field that is null or missing counts as empty."""
    from pipeline.classify.corpus import message_of  # noqa: PLC0415  mail needs it not

    subject, sender, body = (row.get(field) or "" for field in _FIELDS)
    fields = {"subject": subject[:MAX_SUBJECT], "from": clean_line(sender), "body": body, "date": row.get("date")}
    try:
        return message_of(fields)
    except RecursionError:  # email.utils.parseaddr, over comments in comments: "((((" is nobody's address
        return message_of(fields | {"from": ""})


def _mail(path: Path, read_mail: ReadMail) -> Iterator[Shown]:
    """Mail is read as `unghost run` reads it; every message counts as received."""
    from pipeline.fetch import read_archive  # noqa: PLC0415

    raws = read_archive(path, own_addresses=())
    first = list(islice(raws, 2))
    is_one = len(first) == 1 and path.is_file()
    for raw in chain(first, raws):
        name = path.name if is_one else Path(raw.source).name
        word = folder_label(path, raw.source)
        read = partial(_refuse, raw.problem) if raw.problem else partial(read_mail, raw)
        yield Shown(name, raw.source, {"label": word} if word else {}, read, raw.problem)


def folder_label(given: Path, source: str) -> str:
    """The label or kind that the nearest folder, or the mbox itself, is named for; empty when none is.

    Names are taken as people and mail programs write them: "Rejections", ".INBOX.job-alert", "offer.mbox".
    """
    whole = given.resolve()
    if given.is_dir():
        names = (whole.name, *Path(source).relative_to(given).parts[:-1])
    else:
        names = (whole.parent.name, "" if given.suffix.lower() == ".eml" else given.name)
    words = (re.sub(r"[ -]", "_", part.casefold()) for name in reversed(names) for part in reversed(name.split(".")))
    return next((known for word in words for known in (word, word.removesuffix("s")) if known in _WORDS), "")
