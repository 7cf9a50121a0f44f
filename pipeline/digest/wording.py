"""For whom and how the digest is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pipeline.digest.steps import NextSteps


@dataclass(frozen=True, slots=True)
class Wording:
    """Who it is written to, on which clock, in which language, and with which suggestions.

    ``lists_closed`` is whether it tells of rejections and closed positions.
    """

    sender: str
    recipient: str
    zone: ZoneInfo
    next_steps: NextSteps
    language: str = "en"
    lists_closed: bool = True
