"""Through whom an application went, as far as its first message tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.records import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.records import Application, Fact
    from pipeline.rulefile import RuleFile


class Channel(StrEnum):
    """An agency that is in no table counts as direct: its mail looks like an employer's."""

    DIRECT = "direct"
    ATS = "applicant tracking system"
    JOB_BOARD = "job board"
    AGENCY = "agency"
    UNKNOWN = "unknown"


_TABLES = {"ats": Channel.ATS, "job_boards": Channel.JOB_BOARD, "agencies": Channel.AGENCY, "vendors": Channel.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Channels:
    """The domains of ``ats.toml`` and what they are."""

    domains: Mapping[str, Channel]

    @classmethod
    def of_rules(cls, rules: RuleFile) -> Channels:
        """Read the tables; raises ConfigError."""
        tables = rules.table()
        return cls({domain: channel for name, channel in _TABLES.items() for domain in tables.get(name, {})})

    def of(self, application: Application, facts: Mapping[int, Fact]) -> Channel:
        """The channel of the first message, among ``facts`` by their numbers; unknown where there is none."""
        first = next((facts[event.message_id] for event in application.events if event.message_id in facts), None)
        if first is None:
            return Channel.UNKNOWN
        other = first.from_ if first.direction is Direction.IN else next(iter(first.to), first.from_)
        return self._of_domain(other.domain)

    def _of_domain(self, domain: str) -> Channel:
        """Of the nearest parent that is known."""
        labels = domain.split(".")
        parents = (".".join(labels[n:]) for n in range(len(labels)))
        return next((self.domains[parent] for parent in parents if parent in self.domains), Channel.DIRECT)
