"""Who the employer is: asked of everything in a message that may say it; the sender's domain alone says least."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.link.naming.desks import SIGNATURE_LINES, signatures
from pipeline.link.naming.found import BY_SENDER, IN_WORDS, Found, agree, best_of
from pipeline.link.naming.parts import leftovers
from pipeline.link.naming.sender import before_brackets, from_display_name, from_domain, in_full, is_relayed, tenant_of
from pipeline.link.naming.words import (
    is_employer,
    is_occupation,
    is_trade,
    run_together,
    squashed,
    tokens,
    trimmed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.link.naming.source import Source
    from pipeline.link.naming.tables import Tables
    from pipeline.records import Fact

_RUN = re.compile(r"[^\W_][\w'&+-]*")
_LABELS = (
    "company|employer|organi[sz]ation|client|unternehmen|firma|arbeitgeber|entreprise|société|employeur|empresa|azienda"
    "|bedrijf|werkgever|opdrachtgever|pracodawca|företag|virksomhed|企業名|会社名|公司|公司名称|单位|회사명|חברה|الشركة"
)
_LABEL = re.compile(rf"(?im)^[ \t•*-]{{0,8}}(?:{_LABELS})(?: name)?\s?[:\uff1a]\s*(?P<employer>[^\n,;]{{2,60}})$")
_OF = re.compile(r"([^\W\d_]+) (?:de|di|da|do|du|des|del|della|dei|of)(?: la| el| los| las)? $")
_IN_ONE_WORD = frozenset({"domain", "tenant", "reply-to"})
_SURE = 0.7
_MAX_OF = 60  # characters
_LOCAL = re.compile(r"[._-]")  # between a person's first and last name in an address
_NOT_LATIN = re.compile(r"[\u0370-\u1dff\u2e80-\uffef]")
_MAX_PATTERN_HITS = 6
_MAX_RUN = 5
_MIN_DOMAIN = 3


def employer_in(fact: Fact, source: Source, tables: Tables) -> Found:
    """The employer, in the words of the source that is surest."""
    found = _as_written(_without_go_between(employers_said(fact, source, tables), source, tables))
    return best_of([*found, *_spelled_out(found, source, tables)], tables.floor["employer"], _key)


def _without_go_between(found: list[Found], source: Source, tables: Tables) -> list[Found]:
    """Without the names of a sender who writes for somebody else: a job site, a test, an agent for a client."""
    senders = [one for one in found if one.how in BY_SENDER]
    others = [one for one in found if one.how in IN_WORDS and not _is_one_of(one, senders)]
    says_so = any(one.how == "client" for one in others) or is_by_agent(source, tables)
    if others and (says_so or any(tables.words.go_between.search(one.value) for one in senders)):
        return [one for one in found if not _is_one_of(one, senders)]
    return found


def is_by_agent(source: Source, tables: Tables) -> bool:
    """Whether the sender looks for people on behalf of clients."""
    names = "\n".join(address.display_name for address in source.theirs[:1])
    return bool(tables.words.agency.search(f"{names}\n{source.text}"))


def _is_one_of(one: Found, others: list[Found]) -> bool:
    return any(agree(_key(one.value), _key(other.value)) for other in others)


def _as_written(found: list[Found]) -> list[Found]:
    """Without the Latin letters of a domain where the message has the name in its own script."""
    has_own = any(
        one.sureness >= _SURE and one.how not in _IN_ONE_WORD and _NOT_LATIN.search(one.value) for one in found
    )
    return [one for one in found if not (has_own and one.how in _IN_ONE_WORD and one.value.isascii())]


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
    yield from (("client", name) for name in _by_patterns(source.subject, source, tables, "client"))
    yield from (("subject", name) for name in _by_patterns(source.subject, source, tables))
    for address in source.theirs[:1]:
        how, name = from_display_name(address, tables)
        if how == "bare display name" and _has_signed(name, source.text):
            continue
        if is_relayed(address) and how == "bare display name" and " " in name:
            how = "display name of another domain"  # "Jo Marsh via Lever" may be a person
        yield ("forwarded" if source.is_forwarded else how), name
    yield from (("label", trimmed(match["employer"])) for match in _LABEL.finditer(source.lines))
    yield from (("client", name) for name in _by_patterns(source.text, source, tables, "client"))
    if is_by_agent(source, tables):
        named = _by_patterns(source.text, source, tables, "of_agency")
        yield from (("client", name) for name in named if " " in name or name in source.subject)  # "Jo asked ..."
    yield from (("text", name) for name in _by_patterns(source.text, source, tables))
    yield from (("signature", name) for name in signatures(source.text, tables))
    for name, is_shorter in leftovers(source.subject, tables):
        if not any(pattern.search(name) for pattern in tables.numbers):
            yield ("subject remainder" if is_shorter else "subject part"), name
    for event in fact.calendar[:1]:
        yield from (("calendar", name) for name in _by_patterns(event.summary, source, tables))
        yield "calendar", from_domain(event.organizer.rpartition("@")[2].casefold(), tables)
    for address in source.theirs[1:2]:
        yield "reply-to", from_display_name(address, tables)[1]
        yield "reply-to", from_domain(address.domain, tables)
    for address in source.theirs[:1]:
        yield "domain", in_full(from_domain(address.domain, tables), source)
        yield "tenant", tenant_of(address, tables)


def _on_boards(source: Source, tables: Tables) -> Iterator[str]:
    layouts = (*tables.sent_layouts, *(tables.board_layouts if _is_board_mail(source, tables) else ()))
    for pattern in layouts:
        for text in (source.subject, source.lines[:600]):
            match = pattern.search(text)
            if match and "employer" in pattern.groupindex:
                yield trimmed(match["employer"])


def _is_board_mail(source: Source, tables: Tables) -> bool:
    """Layouts of boards are believed of boards, and where no sender is known."""
    domains = [address.domain for address in source.theirs[:1] if address.domain]
    return (
        not domains
        or any(tables.relay_of(domain) in tables.boards for domain in domains)
        or "sent to" in source.subject
    )


def _by_patterns(text: str, source: Source, tables: Tables, key: str = "employer") -> Iterator[str]:
    """The names that the patterns of the message's languages find; each pattern's first few."""
    for language in source.languages:
        for pattern in getattr(language, key):
            for n, match in enumerate(pattern.finditer(text)):
                if n == _MAX_PATTERN_HITS:
                    break
                if (
                    of := _OF.search(text, max(0, match.start("employer") - _MAX_OF), match.start("employer"))
                ) and is_occupation(of[1], tables):
                    continue  # "Analista de Riesgos"
                yield _cut(match["employer"], tables)


def _cut(name: str, tables: Tables) -> str:
    """A name without a desk at its end, or the title it is followed by: "Acme for Data Engineer"."""
    head, _, title = name.partition(" for ")
    if title and is_occupation(title, tables):
        name = head
    return trimmed(tables.words.departments.sub("", name) if _ends_in_desk(name, tables) else name)


def _ends_in_desk(name: str, tables: Tables) -> bool:
    last = name.rsplit(maxsplit=1)[-1] if name.split() else ""
    return bool(tables.words.departments.fullmatch(last))


def _has_signed(name: str, text: str) -> bool:
    """Whether the first of several words of a name is a line at the end: a person's."""
    lines = {line.strip(" ,.-").casefold() for line in text.rstrip().split("\n")[-SIGNATURE_LINES:]}
    first, *others = name.casefold().split() or [""]
    return bool(others) and first in lines


def _spelled_out(found: list[Found], source: Source, tables: Tables) -> Iterator[Found]:
    """The name of a domain or tenant as the message writes it: words that run together to the same letters."""
    labels = {run_together(one.value) for one in found if one.how in _IN_ONE_WORD and "&" not in one.value}
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
    """Whether an address is made of this name, or has it before an employer's in brackets: a person's."""
    if not source.theirs or len(name.split()) == 1:
        return False
    words = {squashed(word) for word in name.split()}
    local = set(_LOCAL.split(source.theirs[0].addr_spec.partition("@")[0].casefold()))
    return words <= local or (name == before_brackets(source.theirs[0]) and not words.isdisjoint(local))


def _is_reader(name: str, source: Source) -> bool:
    """Whether this is the applicant's own name."""
    words = re.findall(r"[^\W\d_]+", name.casefold())
    return bool(words) and (source.readers.issuperset(words) or (words[0] in source.greeted and len(words) <= 3))  # noqa: PLR2004  a name
