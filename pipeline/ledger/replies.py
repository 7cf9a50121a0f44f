"""What the user answered to letters of ours, and what became of each line."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.ledger.codec import time_text
from pipeline.records import Outcome, Replied, ReplyLine, Told

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlite_utils import Database

    from pipeline.ledger.wishes import Wishes
    from pipeline.records import Message, Reply, Wish

COPY = "copy"  # why a message that counted already is refused

_WAITING = """
    SELECT l.id, l.line, r.letter, m.date,
           l.id - (SELECT min(id) FROM reply_lines WHERE message_id = l.message_id) AS position
    FROM reply_lines l JOIN replies r ON r.message_id = l.message_id JOIN messages m ON m.id = l.message_id
    WHERE l.outcome IS NULL ORDER BY m.date, m.id, l.id"""

# The last line carried out whose statement was not taken back, and whose correction is still its message's last.
_IN_FORCE = """
    SELECT l."order", l.statement_id, c.message_id FROM reply_lines l LEFT JOIN corrections c ON c.id = l.correction_id
    WHERE l.outcome IN ('done', 'note_cut') AND (l.statement_id IS NOT NULL OR c.id IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM statements WHERE takes_back = l.statement_id)
      AND (c.id IS NULL OR c.id = (SELECT max(id) FROM corrections WHERE message_id = c.message_id))
    ORDER BY l.obeyed_at DESC, l.id DESC"""

_REPLIED = """
    SELECT r.message_id, r.refused, m.date, m.rfc_message_id, l.line, l."order", l.outcome, l.statement_id
    FROM replies r JOIN messages m ON m.id = r.message_id LEFT JOIN reply_lines l ON l.message_id = r.message_id
    WHERE r.refused <> 'copy' ORDER BY m.date, m.id, l.id"""


class Replies:
    """The tables ``replies`` and ``reply_lines`` of one open ledger, and the secret of its tokens."""

    def __init__(self, db: Database, write: Callable[[], AbstractContextManager[None]], wishes: Wishes) -> None:
        self._db = db
        self._write = write
        self._wishes = wishes

    def secret(self) -> bytes:
        """The 32 random octets that were drawn when this ledger was made."""
        return bytes(next(self._db.query("SELECT secret FROM install"))["secret"])

    def record(self, message: Message, reply: Reply) -> None:
        """Write down what a recorded message is worth as a reply, with its lines.

        What comes twice, from Sent perhaps and with other header fields, counts once.
        """
        with self._write():
            message_id = next(self._db.query("SELECT id FROM messages WHERE key = ?", [message.key]))["id"]
            refused = COPY if message.message_id and self._has_counted(message.message_id) else reply.refused
            row = {"message_id": message_id, "letter": reply.letter, "refused": refused}
            self._db.table("replies").insert(row)
            lines = () if refused else reply.lines
            self._db.table("reply_lines").insert_all({"message_id": message_id, "line": line} for line in lines)

    def _has_counted(self, rfc_message_id: str) -> bool:
        query = (
            "SELECT 1 FROM replies r JOIN messages m ON m.id = r.message_id"
            " WHERE m.rfc_message_id = ? AND r.refused = ''"
        )
        return next(self._db.query(query, [rfc_message_id]), None) is not None

    def waiting(self) -> list[ReplyLine]:
        """The lines that are still to be carried out, in the order they were written."""
        return [
            ReplyLine(row["id"], row["letter"], datetime.fromisoformat(row["date"]), row["position"], row["line"])
            for row in self._db.query(_WAITING)
        ]

    def was_said(self, once: str) -> bool:
        """Whether what may be said once was said."""
        return next(self._db.query("SELECT 1 FROM reply_lines WHERE once = ?", [once]), None) is not None

    def settle(
        self,
        line: ReplyLine,
        outcome: Outcome,
        now: datetime,
        *,
        order: str = "",
        once: str = "",
        statement_id: int | None = None,
        correction_id: int | None = None,
    ) -> None:
        """Write down what became of a line, and which fact it made."""
        with self._write():
            self._db.execute(
                'UPDATE reply_lines SET outcome = ?, obeyed_at = ?, "order" = ?, once = ?, statement_id = ?,'
                " correction_id = ? WHERE id = ?",
                (outcome, time_text(now), order, once, statement_id, correction_id, line.line_id),
            )

    def last_in_force(self) -> tuple[str, int | None, int | None] | None:
        """The last order carried out that still holds, with its statement or the message it corrected."""
        row = next(self._db.query(_IN_FORCE), None)
        return (row["order"], row["statement_id"], row["message_id"]) if row else None

    def replied(self) -> list[Replied]:
        """What became of everything that claimed to answer a letter, by date; copies are left out."""
        found: dict[int, list[dict[str, Any]]] = {}
        for row in self._db.query(_REPLIED):
            found.setdefault(row["message_id"], []).append(row)
        wishes = self._wishes.all()
        settled = (rows for rows in found.values() if all(row["outcome"] or not row["line"] for row in rows))
        return [_replied(rows, wishes) for rows in settled]


def _replied(rows: list[dict[str, Any]], wishes: dict[int, Wish]) -> Replied:
    first = rows[0]
    told = tuple(
        Told(row["line"], row["order"], Outcome(row["outcome"]), wishes.get(row["statement_id"]))
        for row in rows
        if row["line"]
    )
    at = datetime.fromisoformat(first["date"])
    return Replied(first["message_id"], first["rfc_message_id"], at, first["refused"], told)
