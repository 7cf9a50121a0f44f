"""What a sender's address says of whom it is from: its display name, its domain, its name at a system."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.link.naming.desks import PIECES, without_desks
from pipeline.link.naming.found import agree
from pipeline.link.naming.words import registered_name, run_together, squashed, trimmed

if TYPE_CHECKING:
    from pipeline.link.naming.source import Source
    from pipeline.link.naming.tables import Tables
    from pipeline.records import Address

_VIA = re.compile(r"(?i)\s+(?:via|through|über|powered by|door|por)\s+.*$")
_IN_BRACKETS = re.compile(r"^(?P<who>[^(]{2,60})\((?P<name>[^()]{2,60})\)$")
_PAIR = re.compile(r"\b(?-i:[A-ZÀ-Þ])[^\W\d_]* & [^\W\d_]+")
_SMALL = r"(?:\s(?:of|the|de|der|des|di|da|du|für|la|del))*[\s-]"
_IN_NAMES = frozenset({"of", "de", "da", "di"})  # "University of Y"
_MIN_TENANT = 5  # shorter ones are initials
_MIN_DOMAIN = 3


def from_display_name(address: Address, tables: Tables) -> tuple[str, str]:
    """(how, name): "Acme" from "Acme Talent Team", "Jane from Acme", "Jane (Acme)" or "Acme via Greenhouse"."""
    whole = _VIA.sub("", address.display_name.strip("\"' "))  # a person's or the employer's: "Jo via Lever"
    relay = tables.relay_of(address.domain)
    name = _without_brand(whole, tables.relays[relay]) if relay else whole
    if match := _IN_BRACKETS.match(name):
        return "display name", without_desks(match["name"], tables)
    match = tables.words.at.match(name)
    if match and _speaks_for(match["who"], name[match.end("who") : match.start("name")].strip(), address, tables):
        return "display name", without_desks(match["name"], tables)
    return _from_pieces(name, address, tables, is_told=name != whole)


def is_relayed(address: Address) -> bool:
    """Whether a display name says that somebody writes through a system: "Jo via Lever", "Jo (Acme)"."""
    return bool(_VIA.search(address.display_name) or _IN_BRACKETS.match(address.display_name))


def before_brackets(address: Address) -> str:
    """Who writes: "Jo Marsh" of "Jo Marsh (Acme)"; empty without brackets."""
    match = _IN_BRACKETS.match(address.display_name)
    return match["who"].strip() if match else ""


def _speaks_for(who: str, at: str, address: Address, tables: Tables) -> bool:
    """Whether "X at Y" is a person or a desk at Y, not a name that holds the word ("House of Tea")."""
    desk = not tables.words.departments.sub("", who).strip(" &,-")
    has_desk = bool(tables.words.desk.match(address.addr_spec)) and not tables.relay_of(address.domain)
    is_person = at.casefold() not in _IN_NAMES and not has_desk
    return desk or (is_person and len(who.split()) <= 2)  # noqa: PLR2004  a first and a last name


def _from_pieces(name: str, address: Address, tables: Tables, *, is_told: bool) -> tuple[str, str]:
    """The piece that is left without desks, or that the domain spells; a bare name says less."""
    pieces = [piece for piece in PIECES.split(name) if piece]
    domain = from_domain(address.domain, tables) or tenant_of(address, tables)
    label, domain = squashed(domain), run_together(domain)
    whole = next((piece for piece in (name, *pieces) if label and run_together(piece) in {label, domain}), "")
    if whole:  # the domain has the desk in it: "Harbour Talent"
        return "display name", trimmed(whole)
    for piece in pieces:
        if len(label) >= _MIN_DOMAIN and _is_of(without_desks(piece, tables), label, address):
            return "display name", without_desks(piece, tables)
    bare = [stripped for piece in pieces if (stripped := without_desks(piece, tables))]
    if (
        is_told
        or len(bare) < len(pieces)
        or any(stripped != trimmed(piece) for stripped, piece in zip(bare, pieces, strict=False))
    ):
        is_doubtful = bool(label) and len(bare) == 1 and bare[0].isascii() and len(bare[0].split()) == 1
        return ("display name of another domain" if is_doubtful else "display name"), bare[0] if bare else ""
    is_desk = bool(tables.words.desk.match(address.addr_spec)) and not tables.relay_of(address.domain)
    if not bare or not (is_desk or _may_be_a_firm(address, tables)):
        return "display name", ""
    return ("display name" if is_desk else "bare display name"), bare[0]


def _is_of(name: str, label: str, address: Address) -> bool:
    """Whether a domain spells the name, or holds a long word of it or its initials; a person's stands before the @."""
    if agree(squashed(name), label):
        return True
    words = [squashed(word) for word in name.split()]
    if any(len(word) >= _MIN_DOMAIN and word in address.addr_spec.partition("@")[0].casefold() for word in words):
        return False
    initials = "".join(word[:1] for word in words)
    return any(len(word) > _MIN_DOMAIN and word in label for word in words) or (
        len(initials) >= _MIN_DOMAIN and initials in label
    )


def _may_be_a_firm(address: Address, tables: Tables) -> bool:
    """Through a relay a bare name may be the employer's; from an address of one's own it is a person's."""
    return bool(tables.relay_of(address.domain)) or not address.domain


def _without_brand(name: str, brand: str) -> str:
    """Without the system's own name beside another: "Acme" of "Acme Workday"."""
    shorter = re.sub(rf"(?i)(?:^{re.escape(brand)}\b|\b{re.escape(brand)}$)", "", name).strip(" -|,")
    return shorter or name


def from_domain(domain: str, tables: Tables) -> str:
    """The name a company registered, with a capital; nothing for relays and mail providers."""
    if not domain or tables.relay_of(domain) or tables.is_provider(domain):
        return ""
    label = registered_name(domain)
    return label.replace("-", " ").title() if len(label) >= 2 else ""  # noqa: PLR2004


def tenant_of(address: Address, tables: Tables) -> str:
    """The employer's short name at a relay: in front of its domain, or of the @."""
    relay = tables.relay_of(address.domain)
    if not relay or relay in tables.boards:
        return ""
    hosts = address.domain.removesuffix(relay).strip(".").split(".")
    local = address.addr_spec.partition("@")[0].casefold() if tables.tenants.get(relay) == "local" else ""
    told = (
        part for part in (*reversed(hosts), local) if part and part not in tables.not_tenants and not part.isdigit()
    )
    return next((part.replace("-", " ").replace("_", " ").title() for part in told if len(part) >= _MIN_TENANT), "")


def in_full(name: str, source: Source) -> str:
    """The words that a domain abbreviates or runs together: "University of Carrow" of "uni-carrow", "Desk & Door"."""
    pieces = name.split()
    display = source.theirs[0].display_name if source.theirs else ""
    told = f"{display}\n{source.subject}\n{source.text}"
    if len(pieces) == 1:
        pairs = (match[0] for match in _PAIR.finditer(told))
        return next((pair for pair in pairs if run_together(pair.replace("&", "and")) == run_together(name)), name)
    if min(map(len, pieces), default=0) < _MIN_DOMAIN:
        return name
    words = _SMALL.join(rf"\b(?-i:[A-ZÀ-Þ]){re.escape(piece[1:])}\w*" for piece in pieces)
    found = re.search(f"(?i){words}", told)
    return found[0] if found and "\n" not in found[0] and found[0].casefold()[0] == name.casefold()[0] else name
