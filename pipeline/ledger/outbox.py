"""The outbox: a digest is committed before anything connects, and its state after every step."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.ledger.codec import time_text
from pipeline.records import Letter, Sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlite_utils import Database

    from pipeline.records import Draft


# A letter that confirms a reply has the name of that message.
_LETTERS = """
    SELECT id AS digest_id, period, rfc_message_id, octets, state,
           (SELECT date FROM messages WHERE digests.period = 'reply-' || messages.id) AS replied_at
    FROM digests"""


class Outbox:
    """The tables ``digests`` and ``said`` of one open ledger."""

    def __init__(self, db: Database, write: Callable[[], AbstractContextManager[None]]) -> None:
        self._db = db
        self._write = write

    def has(self, period: str) -> bool:
        """Whether the digest of this period has been written, sent or not."""
        return next(self._db.query("SELECT 1 FROM digests WHERE period = ?", [period]), None) is not None

    def put(self, period: str, draft: Draft, now: datetime) -> None:
        """Commit a digest and what it says, ready to be sent."""
        with self._write():
            self._db.table("digests").insert(_row(period, draft.rfc_message_id, draft.octets, Sending.NEW, now))
            digest_id = self._db.execute("SELECT last_insert_rowid()").fetchone()[0]
            claims = ({"digest_id": digest_id, "application_key": key, "what": what} for key, what in draft.said)
            self._db.table("said").insert_all(claims)

    def skip(self, period: str, now: datetime) -> None:
        """Write down that this period has no digest, because there was nothing to say."""
        with self._write():
            self._db.table("digests").insert(_row(period, f"none for {period}", b"", Sending.SKIPPED, now))

    def withdraw_unsent(self, now: datetime) -> None:
        """Give up letters that were never taken: what they say comes in the next one."""
        with self._write():
            self._db.execute(
                "UPDATE digests SET state = 'failed', error = 'a newer one took its place', changed_at = ?"
                " WHERE state = 'new'",
                (time_text(now),),
            )

    def unknown_since(self, moment: datetime) -> list[Letter]:
        """Letters of which nobody knew, at that moment or later, whether they arrived."""
        return self._letters("state = 'unknown' AND changed_at >= ?", time_text(moment))

    def unfinished(self) -> list[Letter]:
        """Digests that are new, or whose sending was interrupted, oldest first."""
        return self._letters("state IN ('new', 'sending')")

    def _letters(self, which: str, *parameters: str | int) -> list[Letter]:
        rows = self._db.query(f"{_LETTERS} WHERE {which} ORDER BY id", parameters)
        return [Letter(**row | {"state": Sending(row["state"]), "replied_at": _moment(row)}) for row in rows]

    def mark(self, digest_id: int, state: Sending, now: datetime, error: str = "") -> None:
        """Commit how far the sending of a digest has got."""
        with self._write():
            self._db.execute(
                "UPDATE digests SET state = ?, error = ?, changed_at = ?, attempts = attempts + ? WHERE id = ?",
                (state, error, time_text(now), int(state is Sending.SENDING), digest_id),
            )

    def find(self, digest_id: int) -> Letter | None:
        """The digest of this number; none where there was nothing to say."""
        return next(iter(self._letters("id = ? AND state <> 'skipped'", digest_id)), None)

    def latest(self, n: int) -> list[Letter]:
        """The last ``n`` digests, the newest first."""
        return self._letters("id IN (SELECT id FROM digests WHERE state <> 'skipped' ORDER BY id DESC LIMIT ?)", n)[
            ::-1
        ]

    def last_sent(self) -> str:
        """The Message-ID of the newest digest that was sent, "" before the first."""
        found = self._letters("id = (SELECT max(id) FROM digests WHERE state = 'sent' AND period NOT LIKE 'reply-%')")
        return found[0].rfc_message_id if found else ""

    def said(self, until: datetime | None = None) -> frozenset[tuple[str, str]]:
        """Everything earlier digests, or those written before ``until``, have said, as (application key, what).

        One that was refused has said nothing, and one of which nobody knows may not have.
        """
        rows = self._db.query(
            "SELECT application_key, what FROM said JOIN digests d ON d.id = digest_id"
            " WHERE d.state NOT IN ('failed', 'unknown') AND (? IS NULL OR d.created_at < ?)",
            [until and time_text(until)] * 2,
        )
        return frozenset((row["application_key"], row["what"]) for row in rows)

    def letters(self) -> dict[str, datetime]:
        """When each letter was written, by its name."""
        rows = self._db.query("SELECT period, created_at FROM digests")
        return {row["period"]: datetime.fromisoformat(row["created_at"]) for row in rows}

    def last_created_at(self) -> datetime | None:
        """When the newest digest was written; one that was skipped does not count."""
        row = next(self._db.query("SELECT max(created_at) AS at FROM digests WHERE state <> 'skipped'"))
        return datetime.fromisoformat(row["at"]) if row["at"] else None


def _moment(row: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(row["replied_at"]) if row["replied_at"] else None


def _row(period: str, rfc_message_id: str, octets: bytes, state: Sending, now: datetime) -> dict[str, Any]:
    at = time_text(now)
    return {
        "period": period,
        "rfc_message_id": rfc_message_id,
        "octets": octets,
        "state": state,
        "attempts": 0,
        "error": "",
        "created_at": at,
        "changed_at": at,
    }
