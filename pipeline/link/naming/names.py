"""What one message names: employer, role and requisition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.link.naming.employer import employer_in, is_by_agent
from pipeline.link.naming.found import NOTHING, Found
from pipeline.link.naming.role import requisition_in, role_in
from pipeline.link.naming.sender import is_relayed
from pipeline.link.naming.source import source_of
from pipeline.link.naming.words import is_occupation
from pipeline.records import Direction

if TYPE_CHECKING:
    from pipeline.link.naming.source import Source
    from pipeline.link.naming.tables import Tables
    from pipeline.records import Address, Fact

_BEGINNING = 1_000  # characters of own mail in which a withdrawal is looked for


@dataclass(frozen=True, slots=True)
class Names:
    """What one message names; a Found without value where it does not say.

    ``person`` is the address on the employer's side that somebody reads, empty for desks and systems.
    ``client`` is whom an agent writes for: a name, or a description in small letters ("family firm in the north").
    ``is_of_job`` where it comes through a system that hires, names an occupation, or has a word of jobs in it.
    ``by_vendor`` where a company sends it that tests or meets people for employers.
    Own mail ``applies`` for a job, or ``withdraws`` an application.
    """

    employer: Found
    role: Found
    requisition: Found
    person: str = ""
    client: str = ""
    is_of_job: bool = False
    by_vendor: bool = False
    applies: bool = False
    withdraws: bool = False


NAMELESS = Names(NOTHING, NOTHING, NOTHING)


def find_names(fact: Fact, tables: Tables) -> Names:
    """The employer, role and requisition of a message."""
    source = source_of(fact, tables)
    employer = employer_in(fact, source, tables)
    is_own = fact.direction is Direction.OUT
    role = role_in(fact, source, employer.value, tables)
    return Names(
        employer=employer,
        role=role,
        requisition=requisition_in(source, tables),
        person=_person(fact, tables),
        client="" if is_own else _client(employer, source, tables),
        is_of_job=_is_of_job(role.value, source, tables),
        by_vendor=any(tables.relay_of(address.domain) in tables.vendors for address in source.theirs[:1]),
        applies=is_own and bool(tables.words.applies.search(fact.subject)),
        withdraws=is_own and bool(tables.words.withdraws.search(f"{fact.subject}\n{fact.text[:_BEGINNING]}")),
    )


def _is_of_job(role: str, source: Source, tables: Tables) -> bool:
    senders = " ".join(f"{address.display_name} {address.addr_spec}" for address in source.theirs)
    return (
        is_occupation(role, tables)
        or any(tables.relay_of(address.domain) for address in source.theirs)
        or bool(tables.words.job.search(f"{senders}\n{source.subject}\n{source.text}"))
    )


def _client(employer: Found, source: Source, tables: Tables) -> str:
    """Whom an agent writes for, as far as they say."""
    if not is_by_agent(source, tables):
        return ""
    described = tables.words.described.search(source.text)
    return employer.value if employer.is_in_words else described["client"].lower() if described else ""


def _person(fact: Fact, tables: Tables) -> str:
    """Whom an answer would reach, when that is one person."""
    theirs = fact.to if fact.direction is Direction.OUT else (*fact.reply_to, fact.from_)
    return next((person for address in theirs if (person := _who(address, tables))), "")


def _who(address: Address, tables: Tables) -> str:
    """The address of a person; behind a system, where many have one address, with the name; empty for a desk."""
    if tables.relay_of(address.domain):
        return f"{address.display_name} <{address.addr_spec}>".casefold() if is_relayed(address) else ""
    is_somebody = address.domain and not address.addr_spec.startswith("@")
    return address.addr_spec.casefold() if is_somebody and not tables.words.desk.match(address.addr_spec) else ""
