"""Facts: what was read, predicted and corrected. Appended, never edited; only text is ever forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.ledger.codec import (
    fact_from_row,
    learned_from_row,
    message_from_row,
    message_row,
    optional_time,
    prediction_row,
    time_text,
    unsure_from_row,
)
from pipeline.records import Coverage, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlite_utils import Database

    from pipeline.records import Fact, Learned, MailboxState, Message, MessageUID, Prediction, RawMessage, Unsure

# Messages of these kinds never change an application; the rest, all unsure ones, all own
# mail, every reply and whatever the user moved can; what the user answers to a digest cannot.
_LINKABLE = """
    SELECT m.*, w.predicted_kind, w.proba, w.corrected_kind, w.kind
    FROM messages m JOIN what_is_each_message w ON w.id = m.id
    WHERE instr(m.list_id || m.in_reply_to || m."references", 'digest.unghost.localhost') = 0
       AND m.id NOT IN (SELECT message_id FROM replies WHERE refused <> 'stranger')
       AND (m.direction = 'out' OR (w.kind IS NULL AND w.predicted_kind IS NOT NULL)
       OR w.kind NOT IN ('job_alert', 'outreach', 'other')
       OR (w.kind = 'other' AND (m.in_reply_to <> '' OR m."references" <> '[]'))
       OR m.key IN (SELECT value FROM statements, json_each(statements.messages)))
    ORDER BY m.date, m.key"""


class Facts:
    """The fact tables of one open ledger."""

    def __init__(self, db: Database, write: Callable[[], AbstractContextManager[None]]) -> None:
        self._db = db
        self._write = write

    def last_uid(self, state: MailboxState) -> int:
        """The highest UID up to which this mailbox is recorded; 0 where it has to be read from its beginning.

        That is so when it is new or was renumbered, and when ``since`` was moved back.
        """
        row = self._mailbox(state)
        if row is None or self.was_renumbered(state) or (row["since"] and state.since < row["since"]):
            return 0
        return int(row["last_uid"])

    def was_renumbered(self, state: MailboxState) -> bool:
        """Whether the UIDs recorded of this mailbox mean nothing any more.

        Its server gave it a new UIDVALIDITY, or kept it and promises UIDs that were given before.
        """
        row = self._mailbox(state)
        return row is not None and (row["uidvalidity"] != state.uidvalidity or 0 < state.uidnext <= row["last_uid"])

    def record_begun(self, state: MailboxState) -> None:
        """Write down that this mailbox is being read, and from where on."""
        row, last_uid = self._mailbox(state), self.last_uid(state)
        if row and (row["uidvalidity"], row["last_uid"], row["since"]) == (state.uidvalidity, last_uid, state.since):
            return
        with self._write():
            self._db.execute(
                "INSERT INTO mailboxes (account, mailbox, uidvalidity, last_uid, since) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET uidvalidity = excluded.uidvalidity, last_uid = excluded.last_uid,"
                " since = excluded.since, complete_at = iif(excluded.last_uid, complete_at, NULL)",
                (state.account, state.name, state.uidvalidity, last_uid, state.since),
            )

    def _mailbox(self, state: MailboxState) -> dict[str, Any] | None:
        return self._one("SELECT * FROM mailboxes WHERE account = ? AND mailbox = ?", state.account, state.name)

    def knows(self, key: str) -> bool:
        """Whether a message with this content key is recorded, or could not be read before."""
        return bool(
            self._one("SELECT 1 FROM messages WHERE key = ?", key)
            or self._one("SELECT 1 FROM unreadable WHERE key = ?", key)
        )

    def record(self, raw: RawMessage, message: Message, prediction: Prediction | None, now: datetime) -> None:
        """Write a new message, what it was taken for, where it lies, and the cursor: all or nothing."""
        with self._write():
            self._db.table("messages").insert(message_row(message, now))
            message_id = self._db.execute("SELECT last_insert_rowid()").fetchone()[0]
            if prediction:
                self._db.table("predictions").insert(prediction_row(message_id, prediction, now))
            self._advance(raw.uid, message.key)

    def record_unreadable(self, raw: RawMessage, key: str, reason: str, now: datetime) -> None:
        """Write down that a message could not be read, and go on behind it."""
        uid = raw.uid
        place = f"{uid.account}/{uid.mailbox};UIDVALIDITY={uid.uidvalidity};UID={uid.uid}" if uid else raw.source
        row = {"key": key, "place": place, "reason": reason, "recorded_at": time_text(now)}
        with self._write():
            self._db.table("unreadable").insert(row, ignore=True)
            self._advance(raw.uid, "")

    def record_seen_again(self, raw: RawMessage, key: str) -> None:
        """Write down a further place of a known message."""
        if raw.uid:
            with self._write():
                self._advance(raw.uid, key)

    def moved(self, uid: MessageUID, key: str, now: datetime) -> tuple[int, Kind] | None:
        """The number of a judged message that was put where ``uid`` says, and what it was taken for.

        None unless an earlier run saw it elsewhere, and none saw it there: what arrives there, or there and
        elsewhere at once, a filter may have put there.
        """
        row = self._one(
            "SELECT id, predicted_kind FROM what_is_each_message JOIN messages USING (id)"
            " WHERE key = ? AND recorded_at < ? AND predicted_kind IS NOT NULL"
            " AND id NOT IN (SELECT message_id FROM locations WHERE account = ? AND mailbox = ?)",
            key,
            time_text(now),
            uid.account,
            uid.mailbox,
        )
        return (row["id"], Kind(row["predicted_kind"])) if row else None

    def _advance(self, uid: MessageUID | None, key: str) -> None:
        if uid is None:
            return
        self._db.execute(
            "INSERT OR REPLACE INTO locations SELECT ?, ?, ?, ?, id FROM messages WHERE key = ?",
            (uid.account, uid.mailbox, uid.uidvalidity, uid.uid, key),
        )
        self._db.execute(
            "UPDATE mailboxes SET last_uid = ? WHERE account = ? AND mailbox = ? AND uidvalidity = ?",
            (uid.uid, uid.account, uid.mailbox, uid.uidvalidity),
        )

    def record_complete(self, state: MailboxState, now: datetime) -> None:
        """Write down that everything in this mailbox up to ``now`` has been read."""
        with self._write():
            self._db.execute(
                "UPDATE mailboxes SET complete_at = ? WHERE account = ? AND mailbox = ?",
                (time_text(now), state.account, state.name),
            )

    def record_correction(self, message_id: int, kind: Kind | None, source: str, now: datetime) -> int:
        """Write down what the user says a message is, and number it; None takes an earlier correction back."""
        row = {"message_id": message_id, "kind": kind, "source": source, "corrected_at": time_text(now)}
        with self._write():
            self._db.table("corrections").insert(row)
            return int(self._db.execute("SELECT last_insert_rowid()").fetchone()[0])

    def last_correction(self) -> tuple[int, datetime] | None:
        """The message whose correction was said last of those that hold, and when; None where none holds."""
        row = self._one(
            "SELECT message_id, corrected_at FROM corrections c WHERE kind IS NOT NULL"
            " AND id = (SELECT max(id) FROM corrections WHERE message_id = c.message_id) ORDER BY id DESC"
        )
        return (row["message_id"], datetime.fromisoformat(row["corrected_at"])) if row else None

    def record_model(self, row: dict[str, Any]) -> None:
        """Write down a training: the fields of the table ``models``."""
        with self._write():
            self._db.table("models").upsert(row, pk="model_id")

    def last_training(self) -> Learned | None:
        """What the newest training on corrections came to; None where there was none that is known of."""
        row = self._one(
            "SELECT model_id, n_corrections, n_right_before, n_right, n_broken, n_relabelled, promoted,"
            " worse_in, figure, figure_before FROM models"
            " WHERE n_right IS NOT NULL AND n_corrections > 0 ORDER BY trained_at DESC, rowid DESC LIMIT 1"
        )
        return learned_from_row(row) if row else None

    def linkable(self) -> list[Fact]:
        """The messages that can speak of an application, in order of their date."""
        return [fact_from_row(row) for row in self._db.query(_LINKABLE)]

    def message(self, message_id: int) -> tuple[Message, dict[str, Any]] | None:
        """A recorded message and its row of ``what_is_each_message`` with the evidence."""
        row = self._one("SELECT * FROM messages WHERE id = ?", message_id)
        if row is None:
            return None
        belief = self._one(
            "SELECT w.*, p.evidence, p.model_id FROM what_is_each_message w LEFT JOIN predictions p"
            " ON p.message_id = w.id WHERE w.id = ? ORDER BY p.predicted_at DESC, p.rowid DESC",
            message_id,
        )
        return message_from_row(row), belief or {}

    def accounts_of(self, key: str) -> list[str]:
        """The accounts in which the message of this content key lies, or lay."""
        rows = self._db.query(
            "SELECT DISTINCT l.account FROM locations l JOIN messages m ON m.id = l.message_id WHERE m.key = ?"
            " ORDER BY l.account",
            (key,),
        )
        return [row["account"] for row in rows]

    def unsure(self) -> list[Unsure]:
        """The undecided messages, newest first."""
        rows = self._db.query(
            "SELECT w.id, w.date, m.from_name, w.from_addr, w.subject, w.predicted_kind, w.predicted_label, w.proba,"
            " m.authentication,"
            " p.evidence FROM what_is_unsure w JOIN messages m ON m.id = w.id JOIN predictions p ON p.message_id = w.id"
            " GROUP BY w.id HAVING p.rowid = max(p.rowid) ORDER BY w.date DESC"
        )
        return [unsure_from_row(row) for row in rows]

    def least_sure(self) -> list[Unsure]:
        """The messages the model decided and the user did not, the least sure of its decisions first."""
        rows = self._db.query(
            "SELECT w.id, w.date, m.from_name, w.from_addr, w.subject, w.predicted_kind, w.predicted_label, w.proba,"
            " m.authentication,"
            " (SELECT evidence FROM predictions WHERE message_id = w.id ORDER BY predicted_at DESC, rowid DESC LIMIT 1)"
            " AS evidence FROM what_is_each_message w JOIN messages m ON m.id = w.id"
            " WHERE w.decided AND w.corrected_kind IS NULL AND m.text IS NOT NULL"
            " ORDER BY json_extract(w.proba, '$.' || w.predicted_label), w.date DESC"
        )
        return [unsure_from_row(row) for row in rows]

    def to_predict_anew(self, left: str = "") -> Iterator[tuple[int, Message]]:
        """The uncorrected messages that are undecided, or were last judged by the model ``left``, and their numbers."""
        rows = self._db.query(
            "SELECT m.* FROM messages m JOIN what_is_each_message w ON w.id = m.id WHERE m.text IS NOT NULL"
            " AND w.corrected_kind IS NULL AND w.predicted_kind IS NOT NULL AND (w.kind IS NULL OR ? = (SELECT model_id"
            " FROM predictions WHERE message_id = m.id ORDER BY predicted_at DESC, rowid DESC LIMIT 1))",
            (left,),
        )
        for row in rows:
            yield row["id"], message_from_row(row)

    def record_predictions(self, predictions: Iterable[tuple[int, Prediction]], now: datetime) -> None:
        """Write down what a further model makes of known messages; said again, it counts from ``now``."""
        with self._write():
            rows = [prediction_row(message_id, prediction, now) for message_id, prediction in predictions]
            self._db.table("predictions").insert_all(rows, replace=True)

    def n_corrections_since_training(self) -> int:
        """How many corrected messages there are to learn from that no training has seen."""
        row = self._one(
            "SELECT count(*) AS n FROM corrections c JOIN messages m ON m.id = c.message_id"
            " WHERE c.kind IS NOT NULL AND m.text IS NOT NULL"
            " AND c.id = (SELECT max(id) FROM corrections WHERE message_id = c.message_id)"
            " AND c.corrected_at > coalesce((SELECT max(trained_at) FROM models), '')"
        )
        return row["n"] if row else 0

    def corrected_messages(self) -> Iterator[tuple[Message, Kind]]:
        """Each corrected message whose text is still known, with what the user says it is."""
        rows = self._db.query(
            "SELECT m.*, w.corrected_kind FROM messages m JOIN what_is_each_message w ON w.id = m.id"
            " WHERE w.corrected_kind IS NOT NULL AND m.text IS NOT NULL ORDER BY m.id"
        )
        for row in rows:
            yield message_from_row(row), Kind(row["corrected_kind"])

    def corrected_numbers(self) -> list[int]:
        """The numbers of the messages whose correction holds."""
        rows = self._db.query("SELECT id FROM what_is_each_message WHERE corrected_kind IS NOT NULL ORDER BY id")
        return [row["id"] for row in rows]

    def coverage(self, wanted: Sequence[tuple[str, str]]) -> list[Coverage]:
        """When each of the ``wanted`` mailboxes (account, name) was last read to its end; None for never.

        Mailboxes that are not to be read any more say nothing.
        """
        rows = self._db.query(
            "SELECT b.account, b.mailbox, b.complete_at, count(l.uid) AS n FROM mailboxes b LEFT JOIN locations l"
            " ON l.account = b.account AND l.mailbox = b.mailbox AND l.uidvalidity = b.uidvalidity"
            " GROUP BY b.account, b.mailbox"
        )
        found = {(r["account"], r["mailbox"]): (optional_time(r["complete_at"]), r["n"]) for r in rows}
        return [Coverage(account, name, *found.get((account, name), (None, 0))) for account, name in wanted]

    def counts(self) -> dict[str, int]:
        """How many messages, unreadable ones, unsure ones and corrections there are."""
        tables = {
            "messages": "messages",
            "unreadable": "unreadable",
            "unsure": "what_is_unsure",
            "corrections": "corrections",
        }
        return {name: self._one(f"SELECT count(*) AS n FROM {table}")["n"] for name, table in tables.items()}  # type: ignore[index]  # noqa: S608

    def extent(self) -> str:
        """How far the facts reach: the same as long as nothing was added."""
        tables = ("messages", "predictions", "corrections", "statements")
        return " ".join(str(self._one(f"SELECT max(rowid) AS n FROM {table}")["n"]) for table in tables)  # type: ignore[index]  # noqa: S608

    def unreadable_reasons(self) -> list[tuple[str, int]]:
        """Why messages could not be read, and how many each, most frequent first."""
        rows = self._db.query("SELECT reason, count(*) AS n FROM unreadable GROUP BY reason ORDER BY n DESC LIMIT 10")
        return [(row["reason"], row["n"]) for row in rows]

    def forget_text(self, recorded_before: datetime) -> int:
        """Erase the text of messages that have to do with no application and are not corrected; how many.

        What the sentences that decided were goes with it, and what nobody understood in a reply.
        """
        with self._write():
            n_erased = self._db.execute(
                "UPDATE messages SET text = NULL WHERE text IS NOT NULL AND recorded_at < ?"
                " AND id NOT IN (SELECT message_id FROM events) AND id NOT IN (SELECT message_id FROM corrections)"
                " AND id NOT IN (SELECT value FROM applications, json_each(applications.unsure))"
                " AND id NOT IN (SELECT value FROM applications, json_each(applications.questions))"
                " AND id NOT IN (SELECT message_id FROM openings)",
                (time_text(recorded_before),),
            ).rowcount
            if n_erased:
                self._db.execute(
                    "UPDATE predictions SET evidence = '[]'"
                    " WHERE message_id IN (SELECT id FROM messages WHERE text IS NULL)"
                )
                self._db.execute(
                    "UPDATE reply_lines SET line = '' WHERE outcome = 'not_understood'"
                    " AND message_id IN (SELECT id FROM messages WHERE text IS NULL)"
                )
        return n_erased

    def _one(self, query: str, *parameters: object) -> dict[str, Any] | None:
        return next(iter(self._db.query(query, parameters)), None)
