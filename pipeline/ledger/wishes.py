"""Drafts the user asked for by mail: each is kept until it lies among the drafts, or is written anew."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipeline.ledger.codec import time_text
from pipeline.records import Wish, Wished

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlite_utils import Database

# A wish that was taken back before it was fulfilled is none any more.
_WISHES = """
    SELECT w.*, s.about, EXISTS (SELECT 1 FROM statements WHERE takes_back = s.id) AS is_taken_back
    FROM wishes w JOIN statements s ON s.id = w.statement_id ORDER BY w.statement_id"""


class Wishes:
    """The table ``wishes`` of one open ledger."""

    def __init__(self, db: Database, write: Callable[[], AbstractContextManager[None]]) -> None:
        self._db = db
        self._write = write

    def record(self, statement_id: int, now: datetime) -> None:
        """Write down that a statement asks for a draft."""
        with self._write():
            self._db.table("wishes").insert({"statement_id": statement_id, "changed_at": time_text(now)})

    def all(self) -> dict[int, Wish]:
        """Every wish with what became of it, by the number of its statement."""
        return {row["statement_id"]: _from_row(row) for row in self._db.query(_WISHES)}

    def open(self) -> list[Wish]:
        """Those that are still to be fulfilled, in the order they were said."""
        return [wish for wish in self.all().values() if wish.state is Wished.OPEN]

    def update(self, wish: Wish, now: datetime) -> None:
        """Write down how far a wish has got."""
        row = {name: value for name, value in asdict(wish).items() if name != "about"}
        with self._write():
            self._db.table("wishes").upsert(row | {"changed_at": time_text(now)}, pk="statement_id")


def _from_row(row: dict[str, Any]) -> Wish:
    state, (about, *_) = Wished(row["state"]), json.loads(row["about"])
    names = ("rfc_message_id", "letter", "answers", "to", "person", "mailbox", "reason", "value")
    is_void = state is Wished.OPEN and row["is_taken_back"]
    fields = {name: row[name] for name in names}
    return Wish(row["statement_id"], about, Wished.TAKEN_BACK if is_void else state, **fields)
