"""What reads names for others: the tables, compiled when a message is first read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.link.naming.names import Names
    from pipeline.link.naming.tables import Tables
    from pipeline.records import Fact
    from pipeline.rulefile import RuleFile


@dataclass
class NameReader:
    """``ats.toml`` (who sends mail for others) and ``names.toml`` (how they write).

    Raises ConfigError at the first message when they are none we can use.
    """

    ats: RuleFile
    names: RuleFile

    @property
    def fingerprint(self) -> str:
        """Changes with what is read differently."""
        return f"{self.ats.fingerprint} {self.names.fingerprint}"

    @cached_property
    def tables(self) -> Tables:
        """Both files, compiled."""
        from pipeline.link.naming.tables import Tables  # noqa: PLC0415  a quiet run reads no names

        try:
            return Tables.of_rules(self.ats, self.names)
        except (AttributeError, LookupError, TypeError, ValueError, re.error) as error:
            problem = f"a pattern or word in it cannot be used ({error}); compare it with the shipped one"
            raise ConfigError(self.names.source, [problem]) from error

    def __call__(self, fact: Fact) -> Names:
        """The employer, role and requisition that a message names."""
        from pipeline.link.naming.names import find_names  # noqa: PLC0415  a quiet run reads no names

        return find_names(fact, self.tables)
