"""Applications and their events: derived from the facts, replaced as a whole, numbered for good."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.ledger.codec import application_from_row, application_row, event_from_row, event_rows, question_from_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from sqlite_utils import Database

    from pipeline.records import Application, Event, Question

_NUMBERS = """
    SELECT n.number, n.application_key, coalesce(m.id, -s.id) AS message_id
    FROM numbers n LEFT JOIN messages m ON m.key = n.application_key
    LEFT JOIN statements s ON 'statement ' || s.id = n.application_key"""

# In the order they were said: of two about a message the later holds.
_MOVES = """
    SELECT m.id, m.key != coalesce(s.about ->> '$[0]', s.messages ->> '$[0]') AS is_elsewhere
    FROM statements s, json_each(s.messages) j JOIN messages m ON m.key = j.value WHERE s.verb = 'move'
    AND NOT EXISTS (SELECT 1 FROM statements WHERE takes_back = s.id) ORDER BY s.id"""

_HOLDERS = """
    SELECT coalesce(m.key, 'statement ' || s.id) AS key, e.application_key
    FROM events e LEFT JOIN messages m ON m.id = e.message_id LEFT JOIN statements s ON s.id = -e.message_id"""

_NOTES = """
    SELECT about, stated_at FROM statements s WHERE verb = 'note'
    AND NOT EXISTS (SELECT 1 FROM statements WHERE takes_back = s.id) ORDER BY stated_at, id"""


class Derived:
    """The derived tables of one open ledger."""

    def __init__(self, db: Database, write: Callable[[], AbstractContextManager[None]]) -> None:
        self._db = db
        self._write = write

    def derived_from(self) -> str:
        """What the present applications were derived from; empty when there are none yet."""
        row = next(self._db.query("SELECT derived_from FROM derivation"), None)
        return str(row["derived_from"]) if row else ""

    def forget(self) -> None:
        """Have the applications derived anew, though nothing they are derived from has changed."""
        with self._write():
            self._db.execute("DELETE FROM derivation")

    def replace(self, applications: Sequence[Application], derived_from: str, openings: Iterable[int] = ()) -> None:
        """Put these applications in the place of all others, and note what they were derived from.

        ``openings`` are the messages of which the user has to say whether they open one.

        The whole is derived each time: what a run has to look at is a few hundred rows, and
        so a rebuild cannot differ from what grew day by day.  Numbers are facts: an application
        keeps its own, and the key it was given with, though an older message of it be read later.
        """
        with self._write():
            applications = self._numbered(applications)
            self._db.execute("DELETE FROM events")
            self._db.execute("DELETE FROM applications")
            self._db.table("applications").insert_all(application_row(a) for a in applications)
            self._db.table("events").insert_all(row for a in applications for row in event_rows(a))
            self._db.execute("DELETE FROM openings")
            self._db.table("openings").insert_all({"message_id": message_id} for message_id in openings)
            self._db.execute("DELETE FROM derivation")
            self._db.table("derivation").insert({"derived_from": derived_from})

    def _numbered(self, applications: Iterable[Application]) -> list[Application]:
        """With the number and key that they, or one of their messages, were given first, else with new ones.

        A message that the user moved to another application takes no number along.
        """
        given = list(self._db.query(_NUMBERS))
        by_key = {row["application_key"]: (row["number"], row["application_key"]) for row in given}
        by_message = {row["message_id"]: by_key[row["application_key"]] for row in given}
        moved = {row["id"]: row["is_elsewhere"] for row in self._db.query(_MOVES)}
        taken: set[int] = set()
        numbered = []
        for application in applications:
            own = {by_message.get(event.message_id) for event in application.events if not moved.get(event.message_id)}
            own.add(by_key.get(application.key))
            free = sorted(pair for pair in own if pair and pair[0] not in taken)
            number, key = free[0] if free else (self._new_number(application.key), application.key)
            taken.add(number)
            numbered.append(replace(application, number=number, key=key))
        return numbered

    def _new_number(self, key: str) -> int:
        return int(self._db.execute("INSERT INTO numbers (application_key) VALUES (?)", (key,)).lastrowid or 0)

    def applications(self) -> list[Application]:
        """All applications with their events, by number."""
        events: dict[str, list[Event]] = defaultdict(list)
        for row in self._db.query("SELECT * FROM events ORDER BY at, message_id"):
            events[row["application_key"]].append(event_from_row(row))
        rows = self._db.query("SELECT * FROM applications ORDER BY number")
        return [application_from_row(row, tuple(events[row["key"]])) for row in rows]

    def holder(self, key: str) -> Application | None:
        """The application that the key of a message, or of a statement that opened one, stands for."""
        found = {application.key: application for application in self.applications()}
        return found.get(key) or found.get(self._holders().get(key, ""))

    def _holders(self) -> dict[str, str]:
        """The key of the application that holds each message, or added application, by its own key."""
        return {row["key"]: row["application_key"] for row in self._db.query(_HOLDERS)}

    def noted(self) -> dict[str, datetime]:
        """When the user last noted something of each application, by its key."""
        holders, found = self._holders(), {}
        for row in self._db.query(_NOTES):
            for key in json.loads(row["about"]):
                found[holders.get(key, key)] = datetime.fromisoformat(row["stated_at"])
        return found

    def questions(self, applications: Iterable[Application]) -> list[Question]:
        """The messages that may belong to one or another of ``applications``, or open one, newest first."""
        candidates: dict[int, list[Application]] = defaultdict(list)
        for application in applications:
            for message_id in application.questions:
                candidates[message_id].append(application)
        rows = self._db.query(
            "SELECT id, date, from_name, from_addr, subject FROM messages"
            " WHERE id IN (SELECT value FROM applications, json_each(applications.questions))"
            " OR id IN (SELECT message_id FROM openings)"
            " ORDER BY date DESC, id DESC"
        )
        return [question_from_row(row, tuple(candidates[row["id"]])) for row in rows]
