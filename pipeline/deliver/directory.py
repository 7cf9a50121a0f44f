"""Write a letter into a directory: a Maildir, where mail programs find it, or any other, as .eml."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from pipeline.errors import CannotWriteError
from pipeline.records import Sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.deliver.way import Envelope
    from pipeline.records import Letter


def put_in_directory(
    directory: Path,
    envelope: Envelope,  # noqa: ARG001  no way goes without one
    letter: Letter,
    before: Callable[[], None],
) -> tuple[Sending, str]:
    """SENT when the file is there for good, UNKNOWN when it may not have got its name.

    It is written beside, forced to the disk, then renamed; its name follows from the Message-ID, so the
    same letter is never there twice.  Only the user can read it.  Raises CannotWriteError.
    """
    beside, final = _places(directory, letter)
    is_maildir = final.parent != directory
    octets = letter.octets.replace(b"\r\n", b"\n") if is_maildir else letter.octets  # as each is read elsewhere
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(beside, octets)
    except OSError as error:
        raise CannotWriteError(
            f"digest.directory: {beside} cannot be written ({error.strerror}); name another directory."
        ) from error
    before()
    try:
        beside.replace(final)
        _sync(final.parent)
    except OSError as error:
        return Sending.UNKNOWN, f"{final} cannot be written: {error.strerror}"
    return Sending.SENT, ""


def is_in_directory(directory: Path, letter: Letter) -> bool:
    """Whether the letter lies there; in a Maildir a mail program may have moved it and added its flags."""
    _, final = _places(directory, letter)
    return any(
        found.name.startswith(final.name)
        for place in {final.parent, directory / "cur"}
        if place.is_dir()
        for found in place.iterdir()
    )


def check_directory(directory: Path) -> None:
    """Raise CannotWriteError when no file could be made there, now or once it is made itself."""
    nearest = next(each for each in (directory, *directory.parents) if each.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        raise CannotWriteError(f"digest.directory: nothing can be written into {nearest}; name another directory.")


def _places(directory: Path, letter: Letter) -> tuple[Path, Path]:
    """Where the letter is written first, and where it is to lie: ``tmp`` and ``new`` of a Maildir."""
    # Not the Message-ID itself: its token shows that whoever answers has read the letter, and names are seen by others.
    name = f"{letter.period}.{hashlib.sha256(letter.rfc_message_id.encode()).hexdigest()[:24]}"
    if (directory / "new").is_dir() and (directory / "tmp").is_dir():
        return directory / "tmp" / f"{name}.unghost", directory / "new" / f"{name}.unghost"
    return directory / f".{name}.part", directory / f"{name}.eml"


def _write(path: Path, octets: bytes) -> None:
    path.unlink(missing_ok=True)  # what a killed run left
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    """Make the new name last through a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
