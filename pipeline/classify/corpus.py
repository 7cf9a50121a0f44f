"""Read the corpus: mail written by us, one JSON object a line, with its kind and where it belongs on the grid."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from pipeline.classify.features import hosts_of
from pipeline.errors import InputError
from pipeline.parse.quotes import split
from pipeline.parse.text import normalise
from pipeline.records import Address, Direction, Kind, Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.resources.abc import Traversable


@dataclass(frozen=True, slots=True)
class Example:
    """A message whose kind is known (a machine-learning *example*).

    ``group`` holds together what must not be split between training and testing: what one
    writer wrote in one go, and both halves of a contrast pair.  ``is_hard`` marks those halves,
    and the hard cases: mail chosen to mislead, far more of it than a mailbox has.
    """

    message: Message
    kind: Kind
    group: str
    language: str = ""
    writer: str = ""
    is_hard: bool = False


def read_corpus(directory: Traversable) -> list[Example]:
    """Every example of the ``.jsonl`` files in ``directory``, in the order of their names.

    Raises InputError naming the file and line that is not an example.
    """
    examples = []
    for file in sorted((f for f in directory.iterdir() if f.name.endswith(".jsonl")), key=lambda f: f.name):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                row = json.loads(line)
                examples.append(_example(row))
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"{file.name}, line {number} is no example ({error!r}); mend it, or install unghost anew"
                ) from error
    return examples


def _example(row: Mapping[str, Any]) -> Example:
    return Example(
        message=message_of(row),
        kind=Kind(row["kind"]),
        group=_group(row),
        language=row["lang"].partition("-")[0],
        writer=row["id"].rpartition("-")[0],
        is_hard=bool(row["pair"] or row["case"]),
    )


def message_of(row: Mapping[str, Any]) -> Message:
    """A message from the fields ``subject``, ``from`` and ``body``, through the same cleaning as real mail.

    ``date`` may be there too (ISO 8601 with a zone); without it the message is of 1970.
    """
    display_name, addr_spec = parseaddr(row.get("from") or "")
    text, quoted = split(normalise(row["body"]))
    return Message(
        key=hashlib.sha256(json.dumps([row["subject"], row.get("from"), row["body"]]).encode()).hexdigest(),
        message_id="",
        in_reply_to="",
        references=(),
        date=_date(row.get("date")),
        from_=Address(display_name, addr_spec),
        reply_to=(),
        to=(),
        subject=normalise(row["subject"]),
        text=text,
        quoted=quoted,
        calendar=(),
        hosts=hosts_of(text),
        list_id="",
        auto_submitted="",
        bulk=False,
        direction=Direction.IN,
    )


def _date(text: Any) -> datetime:  # noqa: ANN401  whatever a row holds
    try:
        date = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return datetime.fromtimestamp(0, UTC)
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def corpus_digest(examples: Iterable[Example]) -> str:
    """A SHA-256 over the examples: two models of one digest were fitted on the same mail."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(f"{example.message.key} {example.kind}\n".encode())
    return digest.hexdigest()


def _group(row: Mapping[str, Any]) -> str:
    """The contrast pair, else the ten messages its writer wrote in one go."""
    writer, _, number = row["id"].rpartition("-")
    return f"{writer}:{row['pair']}" if row["pair"] else f"{writer}/{int(number) // 10}"
