"""What reads promises for others: the tables and the calendar, compiled when a message is first read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.link.promises.phrasebook import Phrasebook
from pipeline.link.promises.reading import find_promises
from pipeline.workdays import Workdays

if TYPE_CHECKING:
    from pipeline.records import Promise

_UNDATED = datetime.fromtimestamp(0, UTC)


@dataclass
class PromiseReader:
    """``promises.toml`` as ``text``, and the user's country; raises ConfigError when either is none we can use."""

    text: str
    country: str = ""

    @property
    def fingerprint(self) -> str:
        """Changes with what is read differently."""
        return hashlib.sha256(f"{self.country} {self.text}".encode()).hexdigest()[:16]

    @cached_property
    def _phrasebook(self) -> Phrasebook:
        return Phrasebook.from_toml(self.text)

    def __call__(self, text: str, sent: datetime) -> tuple[Promise, ...]:
        """The promises of a text sent at that time; none where no one knows when it was sent."""
        if sent <= _UNDATED:
            return ()
        return find_promises(text, sent, self._phrasebook, Workdays(self.country))
