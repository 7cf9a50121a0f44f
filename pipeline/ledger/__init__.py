"""The ledger: the only door to SQLite. Facts are appended, applications derived, digests posted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from pipeline.ledger.connection import connect, explained, lock, transaction
from pipeline.ledger.derived import Derived
from pipeline.ledger.facts import Facts
from pipeline.ledger.outbox import Outbox
from pipeline.ledger.replies import Replies
from pipeline.ledger.statements import Statements
from pipeline.ledger.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = ["Ledger", "Outbox", "open_ledger"]


class Ledger:
    """One open ledger, by subject: ``facts``, ``statements``, ``replies``, ``wishes``, ``derived``, ``outbox``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = connect(path)
        self._is_writing = False
        self.facts = Facts(self._db, self._write)
        self.statements = Statements(self._db, self._write)
        self.wishes = Wishes(self._db, self._write)
        self.replies = Replies(self._db, self._write, self.wishes)
        self.derived = Derived(self._db, self._write)
        self.outbox = Outbox(self._db, self._write)

    def together(self) -> AbstractContextManager[None]:
        """A transaction in which several writes are one."""
        return self._write()

    @contextmanager
    def _write(self) -> Iterator[None]:
        if self._is_writing:  # a part of what is written together
            yield
            return
        self._is_writing = True
        try:
            with transaction(self._db, self.path):
                yield
        finally:
            self._is_writing = False

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of the ledger to ``path``, which must not exist."""
        with explained(path):
            self._db.execute("VACUUM INTO ?", (str(path),))
            path.chmod(0o600)

    def check(self) -> list[str]:
        """What SQLite finds wrong with the file; empty when it is sound."""
        with explained(self.path):
            integrity = [row[0] for row in self._db.execute("PRAGMA integrity_check") if row[0] != "ok"]
            orphans = [f"{row[0]}: row {row[1]} points nowhere" for row in self._db.execute("PRAGMA foreign_key_check")]
        return integrity + orphans

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@contextmanager
def open_ledger(path: Path, wait: float = 0) -> Iterator[Ledger]:
    """The ledger at ``path``, locked while open; raises LockedError when another run has it for ``wait`` seconds."""
    with explained(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock(path, wait), Ledger(path) as ledger:
        yield ledger
