"""Open the ledger: one SQLite file, private, in WAL mode, of a schema we know, locked by one run at a time."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pipeline.errors import CannotWriteError, LockedError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def _without_numpy() -> Iterator[None]:
    """Keep sqlite_utils from importing numpy, whose types it would learn to store.

    A quiet run has no use for them, and they cost 130 of 217 ms of its imports
    (`python -X importtime -c 'import sqlite_utils'`).
    """
    absent = object()
    before = sys.modules.get("numpy", absent)
    if before is absent:
        sys.modules["numpy"] = None  # type: ignore[assignment]  # the documented way to make an import fail
    try:
        yield
    finally:
        if before is absent:
            del sys.modules["numpy"]


with _without_numpy():
    import sqlite_utils

from pipeline.ledger.migrations import migrations  # noqa: E402  needs sqlite_utils

_REMEDY = "see to its rights and to room on the disk, or name another place (`UNGHOST_DATA`, `[ledger] path`)"


@contextmanager
def lock(path: Path, wait: float = 0) -> Iterator[None]:
    """Hold the ledger at ``path`` for this process; a lock dies with its process.

    Raises LockedError when another still holds it after ``wait`` seconds.
    """
    held = FileLock(f"{path}.lock", timeout=wait, mode=0o600, fallback_to_soft=False)
    try:
        held.acquire()
    except Timeout as error:
        raise LockedError(f"Another unghost is at work on {path}; try again when it has finished.") from error
    except OSError as error:
        raise CannotWriteError(f"{path}.lock cannot be written ({error.strerror or error}); {_REMEDY}.") from error
    try:
        yield
    finally:
        held.release()


def connect(path: Path) -> sqlite_utils.Database:
    """The database at ``path``, created and migrated when need be.

    Raises CannotWriteError or SchemaError.
    """
    with explained(path):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        db = sqlite_utils.Database(sqlite3.connect(path, timeout=10), execute_plugins=False)
        _refuse_newer_schema(db, path)
        db.enable_wal()
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")  # forgotten text is overwritten, not only unlinked
        if migrations.pending(db):
            migrations.apply(db)
    return db


def _refuse_newer_schema(db: sqlite_utils.Database, path: Path) -> None:
    """Stop before touching a ledger that a newer unghost has migrated; sqlite-utils would ignore that."""
    known = {migration.name for migration in migrations._migrations}  # noqa: SLF001  no public list of all
    newer = {migration.name for migration in migrations.applied(db)} - known
    if newer:
        raise SchemaError(
            f"{path} was written by a newer unghost ({', '.join(sorted(newer))}); please upgrade unghost."
        )


@contextmanager
def transaction(db: sqlite_utils.Database, path: Path) -> Iterator[None]:
    """All of it or nothing.

    BEGIN IMMEDIATE, since sqlite-utils' own ``atomic`` begins deferred: then a second
    writer fails at once with "database is locked", whatever the busy timeout.
    """
    with explained(path):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            db.rollback()
            raise
        db.commit()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's failures into ours, each with its remedy."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise LockedError(f"{path} is locked by another program; close it and try again.") from error
        raise CannotWriteError(f"{path} cannot be written ({error}), and nothing was half done; {_REMEDY}.") from error
    except sqlite3.DatabaseError as error:
        raise CannotWriteError(f"{path} is not a ledger, or damaged ({error}); restore it from a backup.") from error
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written ({error.strerror or error}); {_REMEDY}.") from error
