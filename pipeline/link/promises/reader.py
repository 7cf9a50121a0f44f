"""What reads promises for others: the tables and the calendar, compiled when a message is first read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.link.promises.phrasebook import Phrasebook
    from pipeline.records import Promise
    from pipeline.rulefile import RuleFile

_UNDATED = datetime.fromtimestamp(0, UTC)


@dataclass
class PromiseReader:
    """``promises.toml``, and the user's country; raises ConfigError when either is none we can use."""

    rules: RuleFile
    country: str = ""

    @property
    def fingerprint(self) -> str:
        """Changes with what is read differently."""
        return f"{self.country} {self.rules.fingerprint}"

    @cached_property
    def _phrasebook(self) -> Phrasebook:
        from pipeline.link.promises.phrasebook import Phrasebook  # noqa: PLC0415  a quiet run reads no promises

        return Phrasebook.of_rules(self.rules)

    def __call__(self, text: str, sent: datetime) -> tuple[Promise, ...]:
        """The promises of a text sent at that time; none where no one knows when it was sent."""
        from pipeline.link.promises.reading import find_promises  # noqa: PLC0415  a quiet run reads no promises
        from pipeline.workdays import Workdays  # noqa: PLC0415

        if sent <= _UNDATED:
            return ()
        return find_promises(text, sent, self._phrasebook, Workdays(self.country))
