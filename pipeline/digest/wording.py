"""For whom and how the digest is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.workdays import Workdays

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pipeline.digest.steps.table import NextSteps
    from pipeline.digest.words import Words


@dataclass(frozen=True, slots=True)
class Wording:
    """Who it is written to, on which clock, with which suggestions, and in which words.

    ``workdays`` are the days on which a follow-up may be suggested.
    ``lists_closed`` is whether it tells of rejections and closed positions.
    """

    sender: str
    recipients: tuple[str, ...]
    zone: ZoneInfo
    next_steps: NextSteps
    words: Words
    workdays: Workdays = Workdays()  # noqa: RUF009  a frozen value
    lists_closed: bool = True

    @property
    def language(self) -> str:
        """The language of all of it."""
        return self.words.language

    @property
    def reader(self) -> str:
        """The first of those it is written to, who answers it; empty where nobody is known."""
        return next(iter(self.recipients), "")
