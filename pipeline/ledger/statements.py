"""What the user said of applications: appended like all facts, and taken back by saying so."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.ledger.codec import time_text
from pipeline.records import Statement, Verb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlite_utils import Database

_IN_FORCE = """
    SELECT * FROM statements s WHERE takes_back IS NULL
    AND NOT EXISTS (SELECT 1 FROM statements WHERE takes_back = s.id) ORDER BY id"""


class Statements:
    """The statements of one open ledger."""

    def __init__(self, db: Database, write: Callable[[], AbstractContextManager[None]]) -> None:
        self._db = db
        self._write = write

    def record(
        self,
        verb: Verb,
        now: datetime,
        *,
        about: Sequence[str] = (),
        messages: Sequence[str] = (),
        values: Mapping[str, str] | None = None,
    ) -> Statement:
        """Write down what the user says, and give it its number."""
        with self._write():
            self._insert(verb, now, about=list(about), messages=list(messages), values=dict(values or {}))
            return self.in_force()[-1]

    def in_force(self) -> list[Statement]:
        """What the user said and did not take back, in the order it was said."""
        return [_from_row(row) for row in self._db.query(_IN_FORCE)]

    def take_back(self, statement: Statement, now: datetime) -> None:
        """Write down that a statement holds no more."""
        with self._write():
            self._insert("", now, about=[], messages=[], values={}, takes_back=statement.statement_id)

    def _insert(self, verb: str, now: datetime, takes_back: int | None = None, **lists: object) -> None:
        row: dict[str, Any] = {name: json.dumps(value, ensure_ascii=False) for name, value in lists.items()}
        self._db.table("statements").insert(row | {"verb": verb, "stated_at": time_text(now), "takes_back": takes_back})


def _from_row(row: dict[str, Any]) -> Statement:
    return Statement(
        statement_id=row["id"],
        verb=Verb(row["verb"]),
        at=datetime.fromisoformat(row["stated_at"]),
        about=tuple(json.loads(row["about"])),
        messages=tuple(json.loads(row["messages"])),
        values=json.loads(row["values"]),
    )
