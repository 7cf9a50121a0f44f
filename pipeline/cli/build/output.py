"""What commands print and write beside sentences and tables: progress and files."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.errors import CannotWriteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NO_APPLICATIONS = "There are no applications yet: `unghost run` reads your mail, and `unghost add` adds one."


@contextmanager
def progress_bar(*, wanted: bool) -> Iterator[Callable[[str, int], None]]:
    """A counter of messages read, on a terminal only."""
    if not wanted:
        yield lambda _mailbox, _n: None
        return
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn())
    with Progress(*columns, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def advance(mailbox: str, n: int) -> None:
            if mailbox not in tasks:
                tasks[mailbox] = bar.add_task(mailbox, total=None)
            bar.advance(tasks[mailbox], n)

        yield advance


def save(path: Path, octets: bytes) -> None:
    """Write a file; raises CannotWriteError."""
    try:
        path.write_bytes(octets)
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written ({error.strerror}); name another file.") from error


def save_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; raises CannotWriteError."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written ({error.strerror}); name another file.") from error
