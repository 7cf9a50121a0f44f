"""Which employer and which role a message speaks of; the sender's domain is the last thing to ask.

In one audited mailbox the sender's domain was the employer's in none of 237 messages: the
mail comes from applicant tracking systems.  So the name is looked for in the subject, the
display name, the body and the signature, in that order, and in the domain only at the end.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.records import Address, Fact


@dataclass(frozen=True, slots=True)
class Senders:
    """The tables of ``ats.toml``: who sends mail in an employer's name."""

    relays: Mapping[str, str]
    providers: frozenset[str]

    @classmethod
    def from_toml(cls, text: str) -> Senders:
        """Read the tables; raises tomllib.TOMLDecodeError."""
        table = tomllib.loads(text)
        relays = table.get("ats", {}) | table.get("job_boards", {}) | table.get("vendors", {})
        return cls(relays, frozenset(table.get("providers", {}).get("domains", ())))

    def is_relay(self, domain: str) -> bool:
        """Whether mail from this domain is sent for others."""
        return any(domain == known or domain.endswith("." + known) for known in self.relays)

    def is_brand(self, name: str) -> bool:
        """Whether this is the name of such a system, not of an employer."""
        return name.casefold() in {brand.casefold() for brand in self.relays.values()}

    def is_provider(self, domain: str) -> bool:
        """Whether anybody can have an address there."""
        return domain in self.providers


# A name: capitalised words, digits and joiners, up to six of them.
_WORD = r"(?:[^\W\d_a-zß-öø-ÿ][\w'&.+-]*|[A-Z0-9][\w'&.+-]*|[a-z]+[A-Z]\w*)"
_NAME = rf"({_WORD}(?: (?:{_WORD}|&|and|of|the|for|de|la|du|der|und|et|y|e)){{0,5}})"
_END = r"(?= (?:and|is|was|has|have|team|for the)\b|[,.!?:;)(\n|–—-]|\s-\s|$)"  # noqa: RUF001  dashes are meant
_AT = r"(?:at|to|with|in|bei(?: der| dem)?|chez|en|na|no|da|do|bij|presso|w|hos)"

_SUBJECT_EMPLOYER = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?i:thank you for (?:applying|your application|your interest|interviewing|your submission)),? (?i:{_AT}) {_NAME}",
        rf"(?i:interest in|interview (?:with|at)|applying (?:to|at)|application (?:to|at|with)) {_NAME}",
        rf"(?i:bewerbung|candidature|candidatura|sollicitatie|aplikacja)\b.{{0,80}}? (?i:bei|chez|en|na|bij|presso|w) {_NAME}",
        rf"(?i:application|role|position|opportunity|interview)\b.{{0,80}}? (?i:at|with) {_NAME}",
        rf"^{_NAME}(?: \||:| -| –) .*(?i:application|interview|bewerbung|candidature|assessment|role|position)",  # noqa: RUF001
        rf"(?i:application|interview|candidature|bewerbung).* (?:\||-|–) {_NAME}$",  # noqa: RUF001
        rf"(?i:your) {_NAME} (?i:application|interview)",
        rf"(?i:was sent to) {_NAME}",
    )
)
_BODY_EMPLOYER = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?i:thank you|thanks) (?i:for|so much for) (?i:applying|your application|your interest|your recent application)"
        rf"[^.\n]{{0,120}}? (?i:at|to|with|in|joining) (?i:the )?{_NAME}{_END}",
        rf"(?i:your (?:application|interest|candidacy)|applied|applying|position|role|opportunity|interview|career)\b"
        rf"[^.\n]{{0,90}}? (?i:at|with|to|in) (?i:the )?{_NAME}{_END}",
        rf"(?i:bewerbung|interesse|stelle|position)\b[^.\n]{{0,90}}? (?i:bei(?: der| dem)?|an der|in der) {_NAME}{_END}",
        rf"(?i:candidature|candidatura|intérêt|interés|interesse|vaga|poste)\b[^.\n]{{0,90}}? (?i:chez|en|na|no|da|a|presso|pour) {_NAME}{_END}",
    )
)
_SIGNATURE = re.compile(
    rf"(?m)^\W*(?i:the )?{_NAME} (?i:(?:talent|recruit\w*|hiring|people|hr|careers?|human resources|acquisition)\b.{{0,30}}|team\W*)$"
)
_DEPARTMENT = re.compile(
    r"(?i)\b(?:talent|recruit\w*|hiring|careers?|people|jobs?|hr|human resources|acquisition|team|"
    r"no-?reply|notifications?|personal(?:abteilung)?|bewerbermanagement|candidates?|applications?|operations)\b.*$"
)
_DESK = re.compile(r"(?i)(?:jobs?|careers?|hr|recruit\w*|talent|hiring|people|no-?reply|donotreply|bewerbung\w*|karriere|rh|emploi)\b")
_VIA = re.compile(r"(?i)\s+(?:via|through|über|powered by)\s+.*$")
_PERSON_AT = re.compile(r"(?i)^.+?(?: (?:at|from|von|de chez|@) |\s*[(|])\s*(.+?)\)?$")
# A title begins with a capital or a digit, as titles do, and ends where the sentence goes on.
_TITLE = r"[\"']?([A-Z0-9ÄÖÜÉ][^\"'\n.:;!?|]{2,70}?)[\"']?"
_TITLE_END = r"(?=,? (?i:position|role|job|opening|vacancy|post|at|with|in our|here|and we|has|was|on our|bei|chez)\b|[\"'.:;!?|\n]| - | \(|,|$)"
_ROLE = tuple(
    re.compile(pattern + _TITLE + _TITLE_END)
    for pattern in (
        r"(?i:\b(?:application|applying|applied|interest|interview|candidacy|considered|consideration|interviewing)\b[^.\n]{0,60}?"
        r"\bfor (?:the |our |an? )?(?:(?:open )?(?:position|role|post|job|vacancy)(?: of| as|:)? )?(?:an? |the )?)",
        r"(?i:\b(?:position|role|post|vacancy|job)(?: of| as| title|:|:? is):? )",
        r"(?i:\bapplication(?: received| status| update)?(?::| -|,) )",
        r"(?i:\bbewerbung(?: um die stelle)?(?: als| für die (?:stelle|position)(?: als)?| auf die stelle(?: als)?:?) )",
        r"(?i:\b(?:stelle|position)(?: als|:) )",
        r"(?i:\bcandidature (?:au poste de|pour le poste (?:de |d')) ?)",
        r"(?i:\b(?:vaga|puesto|posición|vacature|stanowisko) (?:de |para |van )?)",
    )
) + (re.compile(r"\b(?i:our|the) ([A-Z][\w/&+-]*(?: [A-Z][\w/&+-]*){0,5}) (?i:position|role|opening|vacancy|job)\b"),)

_OCCUPATION = re.compile(
    r"(?i)\b(?:engineer|developer|analyst|scientist|intern(?:ship)?|manager|assistant|specialist|coordinator|technician|"
    r"designer|consultant|officer|nurse|teacher|administrator|representative|associate)s?\b"
)
_LEGAL_FORMS = frozenset(
    "inc incorporated llc llp ltd limited plc corp corporation co company gmbh ag se kg kgaa ohg ug mbh sa sas sarl srl"
    " spa bv nv ab as asa oy oyj aps sl sp zoo pty pte pvt group holding holdings the and und et y e".split()
)
_NOT_A_NAME = frozenset(
    "you your our us we this the a an it all future thank thanks dear hello hi regards sincerely best team applicant"
    " candidate application position role job opportunity interview next monday tuesday wednesday thursday friday"
    " january february march april may june july august september october november december".split()
)
_TOKEN = re.compile(r"[^\W_]+")
_MAX_TEXT = 2_000


def tokens(name: str) -> frozenset[str]:
    """The words of a name that tell it from others, folded; legal forms only if there is nothing else."""
    found = frozenset(_TOKEN.findall(name.casefold().replace("'s", "")))
    return (found - _LEGAL_FORMS) or found


def employer_of(fact: Fact, senders: Senders) -> str:
    """The employer's name as the message writes it; empty when it does not say."""
    return next((name for name in _employer_candidates(fact, senders) if _is_name(name, senders)), "")


def role_of(fact: Fact, employer: str) -> str:
    """The role's title as the message writes it; empty when it does not say, or only names the employer."""
    text = fact.text[:_MAX_TEXT].replace("\n", " ")
    for source in (fact.subject, text):
        for pattern in _ROLE:
            for match in pattern.finditer(source):
                title = match[1].strip(" -–")  # noqa: RUF001  a dash is meant
                if tokens(title) - _NOT_A_NAME and not tokens(title) <= tokens(employer):
                    return title
    return ""


def _employer_candidates(fact: Fact, senders: Senders) -> Iterator[str]:
    for pattern in _SUBJECT_EMPLOYER:
        yield from (_trimmed(match[1]) for match in pattern.finditer(fact.subject))
    yield _from_display_name(fact.from_, senders)
    text = fact.text[:_MAX_TEXT]
    for pattern in _BODY_EMPLOYER:
        yield from (_trimmed(match[1]) for match in pattern.finditer(text))
    yield from (_trimmed(match[1]) for match in _SIGNATURE.finditer(text))
    for address in (fact.from_, *fact.reply_to):
        yield _from_domain(address.domain, senders)


def _from_display_name(address: Address, senders: Senders) -> str:
    """``Acme`` from "Acme Talent Team", "Jane from Acme" or "Acme via Greenhouse"; else, through a relay, the name."""
    name = _VIA.sub("", address.display_name.strip("\"' "))
    is_desk = bool(_DESK.match(address.addr_spec))
    at = _PERSON_AT.match(name)
    if at:
        return _trimmed(_DEPARTMENT.sub("", at[1]))
    without = _DEPARTMENT.sub("", name)
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
    if _OCCUPATION.search(name):
        return False
    return 1 < len(name) <= 60 and not senders.is_brand(name) and bool(tokens(name) - _NOT_A_NAME)  # noqa: PLR2004
