"""The adapters of a run: mail on servers or on disk, the models, and training when it is due."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from pipeline.config import data_directory
from pipeline.records import Direction, MailboxState
from pipeline.run import Adapters
from pipeline.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from pipeline.config import Settings
    from pipeline.errors import UnghostError
    from pipeline.ledger import Ledger
    from pipeline.records import RawMessage
    from pipeline.run import Source
    from pipeline.sandbox import Sandbox


def shelf() -> Shelf:
    """The models on this machine."""
    return Shelf(data_directory() / "models")


@dataclass(frozen=True)
class Archive:
    """Mail on disk as a source: read whole each time, since a file has no cursor."""

    path: Path
    own_addresses: Sequence[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def mailboxes(self) -> Iterator[MailboxState]:
        """The path as one mailbox."""
        name = str(self.path.resolve()).encode("utf-8", "replace").decode()
        yield MailboxState("archive", name, 0, 0, Direction.IN)

    def fetch_since(self, state: MailboxState, last_uid: int) -> Iterator[Sequence[RawMessage]]:  # noqa: ARG002
        """Every message, one by one; known ones are recognised by their content."""
        from pipeline.fetch import read_archive  # noqa: PLC0415

        for raw in read_archive(self.path, self.own_addresses):
            # A file's name may hold octets that no text can.
            yield [replace(raw, source=raw.source.encode("utf-8", "replace").decode())]


def sources_of(settings: Settings) -> list[Source]:
    """The accounts, not yet connected; they share the run's deadline."""
    from pipeline.fetch import ImapAccount  # noqa: PLC0415

    deadline = time.monotonic() + settings.run.deadline
    also = list(settings.learn.mailboxes.values())
    return [ImapAccount(account, deadline=deadline, also=also) for account in settings.account]


def hands_of(
    sandbox: Sandbox,
    deliver: Callable[..., list[UnghostError]] | None,
    progress: Any,  # noqa: ANN401
    train_after: int = 0,
    draft: Callable[[Ledger, datetime], list[UnghostError]] | None = None,
) -> Adapters:
    """The adapters of a run, which trains after so many new corrections; 0: never."""
    models = shelf()
    train = partial(_train_when_due, models, train_after) if train_after else None
    return Adapters(sandbox.read, models, deliver, progress, train, draft)


def _train_when_due(models: Shelf, after: int, ledger: Ledger, now: datetime) -> str | None:
    """Train if that many corrections have come since the last time; what came of it."""
    if ledger.facts.n_corrections_since_training() < after:
        return None
    from pipeline.train import train  # noqa: PLC0415  scikit-learn, only when it is due

    training = train(ledger, models, now, lambda _: None, force=False)
    return str(training) if training else None
