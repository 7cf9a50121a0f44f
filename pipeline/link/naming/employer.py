"""Who the employer is: asked of everything in a message that may say it; the sender's domain alone says least."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.link.naming.desks import PIECES, SIGNATURE_LINES, signatures, without_desks
from pipeline.link.naming.found import Found, agree, best_of
from pipeline.link.naming.parts import leftovers
from pipeline.link.naming.words import (
    is_employer,
    is_trade,
    registered_name,
    run_together,
    squashed,
    tokens,
    trimmed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.link.naming.source import Source
    from pipeline.link.naming.tables import Tables
    from pipeline.records import Address, Fact

_VIA = re.compile(r"(?i)\s+(?:via|through|über|powered by|door|por)\s+.*$")
_IN_BRACKETS = re.compile(r"^[^(]{2,60}\((?P<name>[^()]{2,60})\)$")
_RUN = re.compile(r"[^\W_][\w'&+-]*")
_IN_NAMES = frozenset({"of", "de", "da", "di"})  # "University of Y"
_LOCAL = re.compile(r"[._-]")  # between a person's first and last name in an address
_MAX_PATTERN_HITS = 6
_MAX_RUN = 5
_MIN_DOMAIN = 3
_MIN_TENANT = 5  # shorter ones are initials


def employer_in(fact: Fact, source: Source, tables: Tables) -> Found:
    """The employer, in the words of the source that is surest."""
    found = employers_said(fact, source, tables)
    return best_of([*found, *_spelled_out(found, source, tables)], tables.floor["employer"], _key)


def _key(name: str) -> str:
    return squashed(name).removeprefix("the")  # a domain has it run together: "theacme"


def employers_said(fact: Fact, source: Source, tables: Tables) -> list[Found]:
    """Every name that may be an employer's, by each source on its own."""
    return [
        Found(name, how, tables.sureness["employer"][how])
        for how, name in _named(fact, source, tables)
        if is_employer(name, tables)
        and not is_trade(name, tables)
        and not _is_reader(name, source)
        and not _is_sender(name, source, tables)
        and not _is_writer(name, source)
    ]


def _named(fact: Fact, source: Source, tables: Tables) -> Iterator[tuple[str, str]]:
    """Every (how, name) in the message, not judged yet."""
    yield from (("job board", name) for name in _on_boards(source, tables))
    yield from (("subject", name) for name in _by_patterns(source.subject, source, tables))
    for address in source.theirs[:1]:
        how, name = from_display_name(address, tables)
        if how == "bare display name" and _has_signed(name, source.text):
            continue
        if is_relayed(address) and how == "bare display name" and " " in name:
            how = "display name of another domain"  # "Jo Marsh via Lever" may be a person
        yield ("forwarded" if source.is_forwarded else how), name
    yield from (("text", name) for name in _by_patterns(source.text, source, tables))
    yield from (("signature", name) for name in signatures(source.text, tables))
    for name, is_shorter in leftovers(source.subject, tables):
        yield ("subject remainder" if is_shorter else "subject part"), name
    for event in fact.calendar[:1]:
        yield from (("calendar", name) for name in _by_patterns(event.summary, source, tables))
        yield "calendar", _from_domain(event.organizer.rpartition("@")[2].casefold(), tables)
    for address in source.theirs[1:2]:
        yield "reply-to", from_display_name(address, tables)[1]
        yield "reply-to", _from_domain(address.domain, tables)
    for address in source.theirs[:1]:
        yield "domain", _from_domain(address.domain, tables)
        yield "tenant", _tenant(address, tables)


def _on_boards(source: Source, tables: Tables) -> Iterator[str]:
    for pattern in tables.board_layouts:
        for text in (source.subject, source.lines[:600]):
            match = pattern.search(text)
            if match and "employer" in pattern.groupindex and _is_board_mail(source, tables):
                yield trimmed(match["employer"])


def _is_board_mail(source: Source, tables: Tables) -> bool:
    """Layouts of boards are believed of boards, and where no sender is known."""
    domains = [address.domain for address in source.theirs[:1] if address.domain]
    return (
        not domains
        or any(tables.relay_of(domain) in tables.boards for domain in domains)
        or "sent to" in source.subject
    )


def _by_patterns(text: str, source: Source, tables: Tables) -> Iterator[str]:
    """The names that the patterns of the message's languages find; each pattern's first few."""
    for language in source.languages:
        for pattern in language.employer:
            for n, match in enumerate(pattern.finditer(text)):
                if n == _MAX_PATTERN_HITS:
                    break
                name = trimmed(
                    tables.words.departments.sub("", match["employer"])
                    if _ends_in_desk(match["employer"], tables)
                    else match["employer"]
                )
                yield name


def _ends_in_desk(name: str, tables: Tables) -> bool:
    last = name.rsplit(maxsplit=1)[-1] if name.split() else ""
    return bool(tables.words.departments.fullmatch(last))


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


def _has_signed(name: str, text: str) -> bool:
    """Whether the first of several words of a name is a line at the end: a person's."""
    lines = {line.strip(" ,.-").casefold() for line in text.rstrip().split("\n")[-SIGNATURE_LINES:]}
    first, *others = name.casefold().split() or [""]
    return bool(others) and first in lines


def _speaks_for(who: str, at: str, address: Address, tables: Tables) -> bool:
    """Whether "X at Y" is a person or a desk at Y, not a name that holds the word ("House of Tea")."""
    desk = not tables.words.departments.sub("", who).strip(" &,-")
    has_desk = bool(tables.words.desk.match(address.addr_spec)) and not tables.relay_of(address.domain)
    is_person = at.casefold() not in _IN_NAMES and not has_desk
    return desk or (is_person and len(who.split()) <= 2)  # noqa: PLR2004  a first and a last name


def _from_pieces(name: str, address: Address, tables: Tables, *, is_told: bool) -> tuple[str, str]:
    """The piece that is left without desks, or that the domain spells; a bare name says less."""
    pieces = [piece for piece in PIECES.split(name) if piece]
    domain = _from_domain(address.domain, tables) or _tenant(address, tables)
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


def _from_domain(domain: str, tables: Tables) -> str:
    """The name a company registered, with a capital; nothing for relays and mail providers."""
    if not domain or tables.relay_of(domain) or tables.is_provider(domain):
        return ""
    label = registered_name(domain)
    return label.replace("-", " ").title() if len(label) >= 2 else ""  # noqa: PLR2004


def _tenant(address: Address, tables: Tables) -> str:
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


def _spelled_out(found: list[Found], source: Source, tables: Tables) -> Iterator[Found]:
    """The name of a domain or tenant as the message writes it: words that run together to the same letters."""
    labels = {run_together(one.value) for one in found if one.how in {"domain", "tenant", "reply-to"}}
    display = source.theirs[0].display_name if source.theirs else ""
    words = _RUN.findall(f"{source.subject} \n {display} \n {source.text}")[:600]
    for label in labels:
        name = _run_of_words(words, label)
        if name and is_employer(name, tables):
            yield Found(name, "spelled out", tables.sureness["employer"]["spelled out"])


def _run_of_words(words: list[str], label: str) -> str:
    """The longest run of words, the first with a capital, whose letters begin ``label`` or are it."""
    best = ""
    for at, word in enumerate(words):
        if not label.startswith(run_together(word)[:_MIN_DOMAIN]) or not word[:1].isupper():
            continue
        for n in range(1, _MAX_RUN + 1):
            run = " ".join(words[at : at + n])
            letters = run_together(run)
            if not letters or not label.startswith(letters):
                break
            if (
                2 * len(letters) >= len(label)
                and len(letters) >= _MIN_DOMAIN
                and len(letters) > len(run_together(best))
            ):
                best = run
    return best


def _is_sender(name: str, source: Source, tables: Tables) -> bool:
    """Whether this is the system that sends for others, with a word more: "SHL Online"."""
    relays = {tables.relay_of(address.domain) for address in source.theirs[:1]} - {""}
    return any(tokens(tables.relays[relay]) <= tokens(name) for relay in relays)


def _is_writer(name: str, source: Source) -> bool:
    """Whether an address is made of this name: a person's."""
    words = [squashed(word) for word in name.split()]
    local = source.theirs[0].addr_spec.partition("@")[0].casefold() if source.theirs else ""
    return len(words) > 1 and set(words) <= set(_LOCAL.split(local))


def _is_reader(name: str, source: Source) -> bool:
    """Whether this is the applicant's own name."""
    words = re.findall(r"[^\W\d_]+", name.casefold())
    return bool(words) and (source.readers.issuperset(words) or (words[0] in source.greeted and len(words) <= 3))  # noqa: PLR2004  a name
