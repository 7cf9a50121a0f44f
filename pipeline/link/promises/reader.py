"""What reads the days of messages for others: the tables and the calendar, compiled when one is first read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.records import Appointment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from pipeline.link.promises.phrasebook import Phrasebook
    from pipeline.records import Promise
    from pipeline.rulefile import RuleFile
    from pipeline.workdays import Workdays

_UNDATED = datetime.fromtimestamp(0, UTC)


@dataclass
class PromiseReader:
    """``promises.toml``, and the user's country and time zone; raises ConfigError when one is none we can use."""

    rules: RuleFile
    country: str = ""
    zone: tzinfo = UTC

    @property
    def fingerprint(self) -> str:
        """Changes with what is read differently."""
        return f"{self.country} {self.zone} {self.rules.fingerprint}"

    @cached_property
    def _phrasebook(self) -> Phrasebook:
        from pipeline.link.promises.phrasebook import Phrasebook  # noqa: PLC0415  a quiet run reads no promises

        return Phrasebook.of_rules(self.rules)

    def __call__(self, text: str, sent: datetime) -> tuple[Promise, ...]:
        """The promises of a text sent at that time; none where no one knows when it was sent."""
        from pipeline.link.promises.reading import find_promises  # noqa: PLC0415  a quiet run reads no promises

        return () if sent <= _UNDATED else find_promises(text, sent, self._phrasebook, self._workdays)

    def appointment(self, subject: str, text: str, sent: datetime) -> Appointment:
        """When a message sent at that time says that one is to talk; a time without a zone is the user's."""
        from pipeline.link.promises.appointments import find_appointment  # noqa: PLC0415

        if sent <= _UNDATED:
            return Appointment()
        return find_appointment(subject, text, sent.astimezone(self.zone), self._phrasebook, self._workdays)

    def choice(self, offered: Sequence[datetime], text: str, sent: datetime) -> datetime | None:
        """Which of the moments that were ``offered`` the user's own text takes up; None where that is not clear."""
        from pipeline.link.promises.appointments import find_choice  # noqa: PLC0415

        if sent <= _UNDATED:
            return None
        return find_choice(offered, text, sent.astimezone(self.zone), self._phrasebook, self._workdays)

    @property
    def _workdays(self) -> Workdays:
        from pipeline.workdays import Workdays  # noqa: PLC0415

        return Workdays(self.country)
