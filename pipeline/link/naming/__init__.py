"""Which employer, role and requisition a message speaks of, each with how it was found and how sure that is.

In one audited mailbox the sender's domain was the employer's in none of 237 messages: the mail
comes from applicant tracking systems.  So every part of a message is asked, what agrees is
believed, and where nothing is sure enough nothing is said.  The phrases are in ``config/names.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.link.naming.employer import employer_in
from pipeline.link.naming.found import Found
from pipeline.link.naming.role import requisition_in, role_in
from pipeline.link.naming.source import source_of
from pipeline.link.naming.tables import Tables
from pipeline.link.naming.words import squashed, tokens

if TYPE_CHECKING:
    from pipeline.records import Fact

__all__ = ["Found", "Names", "Tables", "employer_of", "names_of", "role_of", "squashed", "tokens"]


@dataclass(frozen=True, slots=True)
class Names:
    """What one message names."""

    employer: Found
    role: Found
    requisition: Found


def names_of(fact: Fact, tables: Tables) -> Names:
    """The employer, role and requisition of a message; a Found without value where it does not say."""
    source = source_of(fact, tables)
    employer = employer_in(fact, source, tables)
    return Names(employer, role_in(fact, source, employer.value, tables), requisition_in(source, tables))


def employer_of(fact: Fact, tables: Tables) -> str:
    """The employer's name as the message writes it; empty when it does not say."""
    return names_of(fact, tables).employer.value


def role_of(fact: Fact, employer: str, tables: Tables) -> str:
    """The role's title as the message writes it; empty when it does not say, or only names the employer."""
    return role_in(fact, source_of(fact, tables), employer, tables).value
