"""Which employer and which role a message speaks of; the sender's domain is the last thing to ask.

In one audited mailbox the sender's domain was the employer's in none of 237 messages: the
mail comes from applicant tracking systems.  So the name is looked for in the subject, the
display name, the body and the signature, in that order, and in the domain only at the end.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from pipeline.link import phrases
from pipeline.records import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.records import Address, Fact


@dataclass(frozen=True, slots=True)
class Senders:
    """The tables of ``ats.toml``: who sends mail in an employer's name.

    ``fingerprint`` changes with the text they were read from.
    """

    relays: Mapping[str, str]
    providers: frozenset[str]
    fingerprint: str

    @classmethod
    def from_toml(cls, text: str) -> Senders:
        """Read the tables; raises tomllib.TOMLDecodeError."""
        table = tomllib.loads(text)
        relays = table.get("ats", {}) | table.get("job_boards", {}) | table.get("vendors", {})
        fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
        return cls(relays, frozenset(table.get("providers", {}).get("domains", ())), fingerprint)

    def is_relay(self, domain: str) -> bool:
        """Whether mail from this domain is sent for others."""
        return any(domain == known or domain.endswith("." + known) for known in self.relays)

    def is_brand(self, name: str) -> bool:
        """Whether this is the name of such a system, not of an employer."""
        return name.casefold() in {brand.casefold() for brand in self.relays.values()}

    def is_provider(self, domain: str) -> bool:
        """Whether anybody can have an address there."""
        return domain in self.providers


_TOKEN = re.compile(r"[^\W_]+")
_MAX_TEXT = 2_000


@lru_cache(maxsize=10_000)
def tokens(name: str) -> frozenset[str]:
    """The words of a name that tell it from others, folded; legal forms only if there is nothing else."""
    found = frozenset(_TOKEN.findall(name.casefold().replace("'s", "")))
    return (found - phrases.LEGAL_FORMS) or found


@lru_cache(maxsize=10_000)
def squashed(name: str) -> str:
    """A name as a domain would write it: its telling words run together."""
    words = [word for word in _TOKEN.findall(name.casefold().replace("'s", "")) if word in tokens(name)]
    return "".join(words)


def employer_of(fact: Fact, senders: Senders) -> str:
    """The employer's name as the message writes it; empty when it does not say."""
    return next((name for name in _employer_candidates(fact, senders) if _is_name(name, senders)), "")


def role_of(fact: Fact, employer: str) -> str:
    """The role's title as the message writes it; empty when it does not say, or only names the employer."""
    text = fact.text[:_MAX_TEXT].replace("\n", " ")
    reader = frozenset[str]().union(*(tokens(address.display_name) for address in fact.to))
    for source in (fact.subject, text):
        for pattern in phrases.ROLE:
            for match in pattern.finditer(source):
                title = match[1].strip(" -–*_()")  # noqa: RUF001  a dash is meant
                if tokens(title) - phrases.NOT_NAMES and not tokens(title) <= tokens(employer) | reader:
                    return title
    return ""


def _employer_candidates(fact: Fact, senders: Senders) -> Iterator[str]:
    for pattern in phrases.SUBJECT_EMPLOYER:
        yield from (_trimmed(match[1]) for match in pattern.finditer(fact.subject))
    theirs = fact.to if fact.direction is Direction.OUT else (fact.from_, *fact.reply_to)
    yield from (_from_display_name(address, senders) for address in theirs[:1])
    text = fact.text[:_MAX_TEXT]
    for pattern in phrases.BODY_EMPLOYER:
        yield from (_trimmed(match[1]) for match in pattern.finditer(text))
    # Through a relay a bare name of several words may be a person's, so the text is asked first.
    if senders.is_relay(fact.from_.domain):
        yield phrases.VIA.sub("", fact.from_.display_name.strip("\"' "))
    yield from (_trimmed(match[1]) for match in phrases.SIGNATURE.finditer(text))
    yield from (_from_domain(address.domain, senders) for address in theirs)


def _from_display_name(address: Address, senders: Senders) -> str:
    """``Acme`` from "Acme Talent Team", "Jane from Acme" or "Acme via Greenhouse"; else, through a relay, the name."""
    name = phrases.VIA.sub("", address.display_name.strip("\"' "))
    is_desk = bool(phrases.DESK.match(address.addr_spec))
    at = phrases.PERSON_AT.match(name)
    if at:
        return _trimmed(phrases.DEPARTMENT.sub("", at[1]))
    without = phrases.DEPARTMENT.sub("", name)
    if without != name:
        return _trimmed(without)
    # A bare name is an employer's only where no person writes.
    return name if is_desk or (senders.is_relay(address.domain) and " " not in name) else ""


def _from_domain(domain: str, senders: Senders) -> str:
    """The name a company registered, with a capital; nothing for relays and mail providers."""
    if not domain or senders.is_relay(domain) or senders.is_provider(domain):
        return ""
    label = (_suffixes().privatesuffix(domain) or domain).split(".")[0]
    return label.replace("-", " ").title() if label else ""


@cache
def _suffixes():  # type: ignore[no-untyped-def]  # noqa: ANN202  the library has no types
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415

    return PublicSuffixList()


def _trimmed(name: str) -> str:
    name = re.sub(r"(?i)[\s,]+(?:for the|and|the|of|for|team|has|is|at|in|with)$", "", name.strip(" .,-–|:"))  # noqa: RUF001
    return name.removesuffix("'s").strip()


def _is_name(name: str, senders: Senders) -> bool:
    if phrases.OCCUPATION.search(name):
        return False
    return 1 < len(name) <= 60 and not senders.is_brand(name) and bool(tokens(name) - phrases.NOT_NAMES)  # noqa: PLR2004
