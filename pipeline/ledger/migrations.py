"""The schema as numbered functions, oldest first; a released one is never edited.

Tables are facts or derived.  Facts are appended and stay; ``applications`` and ``events``
are derived from them and may be deleted and made again.  Views are named for the
question they answer.  Times are UTC, ISO 8601.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from sqlite_utils import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("unghost")


@migrations()
def m001_create_facts(db: Database) -> None:
    """What was read, what was thought of it, and what the user said."""
    for statement in _FACTS.split(";\n\n"):
        db.execute(statement)


@migrations()
def m002_create_derived(db: Database) -> None:
    """Applications and what happened to them, made anew from the facts."""
    for statement in _DERIVED.split(";\n\n"):
        db.execute(statement)


@migrations()
def m003_create_outbox(db: Database) -> None:
    """Digests on their way, and what each of them said."""
    for statement in _OUTBOX.split(";\n\n"):
        db.execute(statement)


@migrations()
def m004_create_views(db: Database) -> None:
    """Questions one can ask in Datasette or sqlite-utils."""
    for name, select in VIEWS.items():
        db.create_view(name, select)


@migrations()
def m005_create_statements(db: Database) -> None:
    """What the user said of applications; one that takes another back has ``takes_back`` and no verb."""
    db.execute(_STATEMENTS)


@migrations()
def m006_keep_promises(db: Database) -> None:
    """By when whoever's turn it is said, or was asked, to answer; the fingerprint makes all be derived anew."""
    db.execute("ALTER TABLE applications ADD COLUMN promise TEXT")
    db.execute("DELETE FROM derivation")


@migrations()
def m007_keep_questions(db: Database) -> None:
    """Decided messages that may belong to one application or another, and the date of each round of interviews."""
    db.execute("ALTER TABLE applications ADD COLUMN questions TEXT NOT NULL DEFAULT '[]'")
    db.execute("ALTER TABLE applications ADD COLUMN interviews TEXT NOT NULL DEFAULT '[]'")
    db.execute("DELETE FROM derivation")


@migrations()
def m008_keep_replies(db: Database) -> None:
    """What was answered to a letter, what became of each line, and the secret by which an answer is known."""
    for statement in _REPLIES.split(";\n\n"):
        db.execute(statement)
    db.execute("INSERT INTO install (secret) VALUES (?)", [secrets.token_bytes(32)])
    db.execute("ALTER TABLE applications ADD COLUMN snoozed_until TEXT")
    db.execute("DELETE FROM derivation")


@migrations()
def m009_keep_what_was_learned(db: Database) -> None:
    """What a training changed; of earlier ones it is not known."""
    for name in ("n_right_before", "n_right", "n_broken", "n_relabelled"):
        db.execute(f"ALTER TABLE models ADD COLUMN {name} INTEGER")


@migrations()
def m010_keep_wishes(db: Database) -> None:
    """Drafts asked for by mail, and what became of each; those asked for before are not made."""
    db.execute(_WISHES)


@migrations()
def m011_keep_flaws(db: Database) -> None:
    """In what a model that is not used is worse, in numbers: those of earlier ones stand in their sentence."""
    for column in ("worse_in TEXT", "figure REAL", "figure_before REAL"):
        db.execute(f"ALTER TABLE models ADD COLUMN {column}")
    for row in list(db.query("SELECT model_id, reason FROM models WHERE reason <> ''")):
        words = row["reason"]
        measure = next((m for m, w in (("macro_f1", "F1"), ("accuracy", "accuracy")) if w in words), "corrections")
        numbers = [float(number) for number in re.findall(r"(?<![\w.-])\d+(?:\.\d+)?", words)]
        if len(numbers) > 1:
            flaw = (measure, numbers[0], numbers[-1], row["model_id"])
            db.execute("UPDATE models SET worse_in = ?, figure = ?, figure_before = ? WHERE model_id = ?", flaw)


@migrations()
def m012_keep_openings(db: Database) -> None:
    """Messages of which the user has to say whether they open an application."""
    db.execute("CREATE TABLE openings (message_id INTEGER PRIMARY KEY REFERENCES messages (id)) STRICT")
    db.execute("DELETE FROM derivation")


@migrations()
def m013_keep_who_was_proven(db: Database) -> None:
    """What the provider said of a message's sender; of earlier messages it is not known."""
    db.execute("ALTER TABLE messages ADD COLUMN authentication TEXT NOT NULL DEFAULT ''")
    db["what_is_each_message"].drop()
    db.create_view("what_is_each_message", _UNLESS_UNPROVEN)


@migrations()
def m014_believe_nothing_unproven(db: Database) -> None:
    """Whatever can change an application is asked about where its sender failed, a receipt too."""
    db["what_is_each_message"].drop()
    db.create_view("what_is_each_message", _UNLESS_IT_CHANGES_NOTHING)
    db.execute("DELETE FROM derivation")


@migrations()
def m015_know_whose_turn_it_is_now(db: Database) -> None:
    """Once the day of an interview is past the employer owes the answer; until then nobody, unless you were asked."""
    for name, turn in (("who_owes_an_answer", "employer"), ("where_is_it_my_turn", "user")):
        db[name].drop()
        db.create_view(name, f"{_TURN_NOW} WHERE turn = '{turn}' ORDER BY turn_since")


_FACTS = """
CREATE TABLE mailboxes (
  account TEXT NOT NULL, mailbox TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL, last_uid INTEGER NOT NULL,
  since TEXT NOT NULL, complete_at TEXT,
  PRIMARY KEY (account, mailbox)
) STRICT;

CREATE TABLE messages (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
  rfc_message_id TEXT NOT NULL, in_reply_to TEXT NOT NULL, "references" TEXT NOT NULL,
  date TEXT NOT NULL, direction TEXT NOT NULL,
  from_name TEXT NOT NULL, from_addr TEXT NOT NULL, reply_to TEXT NOT NULL, "to" TEXT NOT NULL,
  subject TEXT NOT NULL, text TEXT, calendar TEXT NOT NULL, hosts TEXT NOT NULL,
  list_id TEXT NOT NULL, auto_submitted TEXT NOT NULL, bulk INTEGER NOT NULL,
  recorded_at TEXT NOT NULL
) STRICT;

CREATE INDEX messages_rfc_message_id ON messages (rfc_message_id);

CREATE INDEX messages_with_text ON messages (recorded_at) WHERE text IS NOT NULL;

CREATE TABLE locations (
  account TEXT NOT NULL, mailbox TEXT NOT NULL, uidvalidity INTEGER NOT NULL, uid INTEGER NOT NULL,
  message_id INTEGER NOT NULL REFERENCES messages (id),
  PRIMARY KEY (account, mailbox, uidvalidity, uid)
) STRICT;

CREATE TABLE unreadable (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, place TEXT NOT NULL,
  reason TEXT NOT NULL, recorded_at TEXT NOT NULL
) STRICT;

CREATE TABLE predictions (
  message_id INTEGER NOT NULL REFERENCES messages (id), model_id TEXT NOT NULL,
  kind TEXT NOT NULL, label TEXT NOT NULL, proba TEXT NOT NULL, decided INTEGER NOT NULL,
  evidence TEXT NOT NULL, predicted_at TEXT NOT NULL,
  PRIMARY KEY (message_id, model_id)
) STRICT;

CREATE TABLE corrections (
  id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL REFERENCES messages (id),
  kind TEXT, source TEXT NOT NULL, corrected_at TEXT NOT NULL
) STRICT;

CREATE INDEX corrections_message_id ON corrections (message_id);

CREATE TABLE models (
  model_id TEXT PRIMARY KEY, trained_at TEXT NOT NULL, n_examples INTEGER NOT NULL,
  n_corrections INTEGER NOT NULL, promoted INTEGER NOT NULL, reason TEXT NOT NULL
) STRICT;

CREATE TABLE numbers (
  number INTEGER PRIMARY KEY, application_key TEXT NOT NULL UNIQUE
) STRICT
"""

_DERIVED = """
CREATE TABLE applications (
  key TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, employer TEXT NOT NULL, role TEXT NOT NULL,
  applied_at TEXT, stage TEXT NOT NULL, turn TEXT NOT NULL, turn_since TEXT NOT NULL,
  turn_message_id INTEGER NOT NULL, interview_at TEXT, last_message_at TEXT NOT NULL,
  contact_name TEXT NOT NULL, contact_addr TEXT NOT NULL, unsure TEXT NOT NULL
) STRICT;

CREATE TABLE events (
  application_key TEXT NOT NULL REFERENCES applications (key), message_id INTEGER NOT NULL,
  at TEXT NOT NULL, direction TEXT NOT NULL, kind TEXT, link TEXT NOT NULL,
  PRIMARY KEY (application_key, message_id)
) STRICT;

CREATE INDEX events_message_id ON events (message_id);

CREATE TABLE derivation (derived_from TEXT NOT NULL) STRICT
"""

_STATEMENTS = """
CREATE TABLE statements (
  id INTEGER PRIMARY KEY, verb TEXT NOT NULL, about TEXT NOT NULL, messages TEXT NOT NULL,
  "values" TEXT NOT NULL, stated_at TEXT NOT NULL, takes_back INTEGER REFERENCES statements (id)
) STRICT
"""

_REPLIES = """
CREATE TABLE install (secret BLOB NOT NULL) STRICT;

CREATE TABLE replies (
  message_id INTEGER PRIMARY KEY REFERENCES messages (id), letter TEXT NOT NULL, refused TEXT NOT NULL
) STRICT;

CREATE TABLE reply_lines (
  id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL REFERENCES replies (message_id), line TEXT NOT NULL,
  "order" TEXT NOT NULL DEFAULT '', once TEXT NOT NULL DEFAULT '', outcome TEXT, obeyed_at TEXT,
  statement_id INTEGER REFERENCES statements (id), correction_id INTEGER REFERENCES corrections (id)
) STRICT;

CREATE INDEX reply_lines_once ON reply_lines (once)
"""

_WISHES = """
CREATE TABLE wishes (
  statement_id INTEGER PRIMARY KEY REFERENCES statements (id), state TEXT NOT NULL DEFAULT 'open',
  rfc_message_id TEXT NOT NULL DEFAULT '', letter BLOB NOT NULL DEFAULT x'', answers TEXT NOT NULL DEFAULT '',
  "to" TEXT NOT NULL DEFAULT '', person TEXT NOT NULL DEFAULT '', mailbox TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '', value TEXT NOT NULL DEFAULT '', changed_at TEXT NOT NULL
) STRICT
"""

_OUTBOX = """
CREATE TABLE digests (
  id INTEGER PRIMARY KEY, period TEXT NOT NULL UNIQUE, rfc_message_id TEXT NOT NULL UNIQUE,
  octets BLOB NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, error TEXT NOT NULL,
  created_at TEXT NOT NULL, changed_at TEXT NOT NULL
) STRICT;

CREATE TABLE said (
  digest_id INTEGER NOT NULL REFERENCES digests (id), application_key TEXT NOT NULL, what TEXT NOT NULL,
  PRIMARY KEY (digest_id, application_key, what)
) STRICT
"""

VIEWS = {
    "what_is_each_message": """
        SELECT m.id, m.date, m.direction, m.from_addr, m.subject, p.kind AS predicted_kind, p.label AS predicted_label,
               p.proba, p.decided, c.kind AS corrected_kind,
               CASE WHEN c.kind IS NOT NULL THEN c.kind WHEN p.decided THEN p.kind END AS kind
        FROM messages m
        LEFT JOIN predictions p ON p.rowid = (
          SELECT rowid FROM predictions WHERE message_id = m.id ORDER BY predicted_at DESC, rowid DESC LIMIT 1)
        LEFT JOIN corrections c ON c.id = (SELECT max(id) FROM corrections WHERE message_id = m.id)""",
    "what_is_unsure": """
        SELECT * FROM what_is_each_message WHERE kind IS NULL AND predicted_kind IS NOT NULL""",
    "who_owes_an_answer": """
        SELECT number, employer, role, stage, turn_since FROM applications
        WHERE turn = 'employer' ORDER BY turn_since""",
    "where_is_it_my_turn": """
        SELECT number, employer, role, stage, turn_since FROM applications
        WHERE turn = 'user' ORDER BY turn_since""",
    "how_far_did_they_come": """
        SELECT stage, count(*) AS applications FROM applications GROUP BY stage""",
    "what_could_not_be_read": """
        SELECT place, reason, recorded_at FROM unreadable""",
    "where_was_i_read": """
        SELECT account, mailbox, complete_at FROM mailboxes""",
}

# An invitation or rejection whose sender failed is not decided, however sure the model was.
_UNLESS_UNPROVEN = """
    SELECT id, date, direction, from_addr, subject, predicted_kind, predicted_label, proba, decided, corrected_kind,
           coalesce(corrected_kind, iif(decided, predicted_kind, NULL)) AS kind
    FROM (
      SELECT m.id, m.date, m.direction, m.from_addr, m.subject, p.kind AS predicted_kind, p.label AS predicted_label,
             p.proba, c.kind AS corrected_kind,
             p.decided AND (p.label = 'none' OR m.authentication IN ('', 'passed', 'absent')) AS decided
      FROM messages m
      LEFT JOIN predictions p ON p.rowid = (
        SELECT rowid FROM predictions WHERE message_id = m.id ORDER BY predicted_at DESC, rowid DESC LIMIT 1)
      LEFT JOIN corrections c ON c.id = (SELECT max(id) FROM corrections WHERE message_id = m.id))"""

_UNLESS_IT_CHANGES_NOTHING = """
    SELECT id, date, direction, from_addr, subject, predicted_kind, predicted_label, proba, decided, corrected_kind,
           coalesce(corrected_kind, iif(decided, predicted_kind, NULL)) AS kind
    FROM (SELECT m.id, m.date, m.direction, m.from_addr, m.subject, p.kind AS predicted_kind,
             p.label AS predicted_label, p.proba, c.kind AS corrected_kind, p.decided AND (
               p.kind IN ('job_alert', 'outreach', 'other') OR m.authentication IN ('', 'passed', 'absent')) AS decided
      FROM messages m
      LEFT JOIN predictions p ON p.rowid = (
        SELECT rowid FROM predictions WHERE message_id = m.id ORDER BY predicted_at DESC, rowid DESC LIMIT 1)
      LEFT JOIN corrections c ON c.id = (SELECT max(id) FROM corrections WHERE message_id = m.id))"""

# As silence.turn_at has it.
_TURN_NOW = """
    SELECT number, employer, role, stage, turn_since
    FROM (
      SELECT number, employer, role, stage, CASE
          WHEN is_past AND may_move THEN 'employer'
          WHEN may_move AND NOT (turn = 'user' AND is_asked) THEN 'nobody'
          ELSE turn END AS turn,
        iif(may_move AND is_past, interview_at, turn_since) AS turn_since
      FROM (
        SELECT *, julianday(interview_at) <= julianday('now') AS is_past,
               coalesce(json_extract(promise, '$[1]') = 'user', 0) OR EXISTS (
                 SELECT 1 FROM events WHERE application_key = key AND message_id = turn_message_id
                 AND kind IN ('action_needed', 'assessment', 'offer')) AS is_asked,
               interview_at IS NOT NULL AND julianday(interview_at) > julianday(turn_since)
               AND stage NOT IN ('rejected', 'position_closed', 'withdrawn', 'accepted', 'ghosted') AS may_move
        FROM applications))"""
