"""What reads names for others: the tables, compiled when a message is first read."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.link.naming.names import Names
    from pipeline.link.naming.tables import Tables
    from pipeline.records import Fact


@dataclass
class NameReader:
    """``ats.toml`` (who sends mail for others) and ``names.toml`` (how they write), as texts.

    Raises ConfigError at the first message when they are none we can use.
    """

    ats: str
    names: str

    @property
    def fingerprint(self) -> str:
        """Changes with what is read differently."""
        return hashlib.sha256(f"{self.ats}\0{self.names}".encode()).hexdigest()[:16]

    @cached_property
    def tables(self) -> Tables:
        """Both texts, compiled."""
        from pipeline.link.naming.tables import Tables  # noqa: PLC0415  a quiet run reads no names

        try:
            return Tables.from_toml(self.ats, self.names)
        except (AttributeError, LookupError, TypeError, ValueError, re.error) as error:
            sentence = "one has not the shape of the shipped one; start from a copy of that"
            raise ConfigError("ats.toml, names.toml", [sentence]) from error

    def __call__(self, fact: Fact) -> Names:
        """The employer, role and requisition that a message names."""
        from pipeline.link.naming.names import find_names  # noqa: PLC0415  a quiet run reads no names

        return find_names(fact, self.tables)
