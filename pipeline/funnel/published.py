"""What others have published about the same things, from ``published.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.rulefile import RuleFile


class Compared(StrEnum):
    """What is compared; shares are from 0 to 1."""

    UNANSWERED = "unanswered"
    UNANSWERED_AFTER_INTERVIEW = "unanswered_after_interview"
    DAYS_TO_FIRST_ANSWER = "days_to_first_answer"


@dataclass(frozen=True, slots=True)
class Published:
    """Somebody's figure, from ``low`` to ``high``, with who says so, of whom, and why it may not be yours."""

    measure: Compared
    low: float
    high: float
    of: str
    source: str
    caveat: str


def read_published(rules: RuleFile) -> tuple[Published, ...]:
    """The figures of a ``published.toml``; raises ConfigError naming the first that is none."""
    rows = rules.table().get("figure", [])
    found = []
    for number, row in enumerate(rows, 1):
        try:
            words = (str(row[name]) for name in ("of", "source", "caveat"))
            found.append(Published(Compared(row["measure"]), float(row["low"]), float(row["high"]), *words))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            needed = f"measure ({', '.join(Compared)}), low, high, of, source and caveat"
            raise ConfigError(rules.source, [f"figure {number} needs {needed}"]) from error
    return tuple(found)
