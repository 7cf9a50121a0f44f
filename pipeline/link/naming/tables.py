"""The tables that names are read by: ``ats.toml`` (who sends mail for others) and ``names.toml`` (how they write)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.rulefile import RuleFile

# A capital, a digit, or a capital inside: "bioMed".  Letters without case count as capitals.
_WORD = r"(?:(?-i:[^\W\d_a-zß-öø-ÿāăąćčďęěğłńňőřśšťůűźżșț]|\d|[a-z]{1,4}[A-Z])[\w'&@+/-]*(?:\.\w+)*(?<!'s))"
_ROLE_FOLLOWS = (
    r"(?:the |our |an? )?(?:(?! for )[^\n.!?]){2,60}? (?:position|role|job|opening|vacancy|opportunity|post)\b"
)
_FOR = rf"for(?! {_ROLE_FOLLOWS})"  # "Teach for Riverton", but "Osprey for the Clerk role"
_SMALL = (
    rf"(?:(?:&|and|of|{_FOR}|de|la|du|des|del|della|di|do|da|der|die|und|et|y|e|und der|of the|i|og|och) (?:the )?)"
)
_LEGAL = r"(?:,? (?:Inc|LLC|LLP|Ltd|Co|Corp|S\.A|S\.p\.A)\b\.?)"
_PARTNERS = rf"(?:, {_WORD}){{1,3}},? (?:and|&|und|et) {_WORD}"  # Marsh, Oduya and Partners
_EMPLOYER = rf"(?<!\w)(?P<employer>(?>{_WORD}(?:{_PARTNERS})?(?: {_SMALL}?{_WORD}){{0,6}}{_LEGAL}?))"
_AFTER_EMPLOYER = r"(?!['’]s? (?-i:[A-Z]))(?! (?:{nouns}|application|internship|program)\b)"  # noqa: RUF001
# What a title is made of: a stop ends it unless a letter follows (Node.js) or it is an abbreviation's (Sr.).
_LETTER = r"(?:[^\n.!?;|\"«»]|\.(?=\w)|(?<=\b[SJ]r)\.)"
_TITLE = r"(?=[^\W_]|[(\[\"«„.'])[\"«„']?\s?(?<!\w)(?P<{name}>(?:(?!\b(?:the|our|your)\b)" + _LETTER + r"){{2,100}}?)"
_END = (
    r"(?=[\"»”']?\s*(?:$|[\n.!?;|\"»”]|,\s(?-i:[^\W\d_A-ZÀ-Þ])|,\s(?:and|we|I)\b|:\s"
    r"|\s[–—-]\s?(?-i:[a-z])|\s(?:{stops})\b))"  # noqa: RUF001  dashes are meant
)
_TEMPLATE = re.compile(r"\{(employer|role|job|end|noun)\}")


@dataclass(frozen=True, slots=True)
class Language:
    """The patterns of one language, and how to know it."""

    code: str
    marks: frozenset[str]
    script: re.Pattern[str] | None
    role: tuple[re.Pattern[str], ...]
    employer: tuple[re.Pattern[str], ...]
    client: tuple[re.Pattern[str], ...]
    of_agency: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The sets of words a name or a title is judged by."""

    occupation: re.Pattern[str]
    also_in_names: frozenset[str]
    departments: re.Pattern[str]
    desk_ends: re.Pattern[str]
    desk: re.Pattern[str]
    at: re.Pattern[str]
    gender: re.Pattern[str]
    lead: re.Pattern[str]
    tail: re.Pattern[str]
    house: re.Pattern[str]
    greeting: re.Pattern[str]
    applies: re.Pattern[str]
    withdraws: re.Pattern[str]
    empty: frozenset[str]
    not_names: frozenset[str]
    not_in_titles: frozenset[str]
    seldom_in_titles: frozenset[str]
    fields: frozenset[str]
    programmes: frozenset[str]
    job: re.Pattern[str]
    go_between: re.Pattern[str]
    agency: re.Pattern[str]
    described: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything a message's names are read by.

    ``sureness`` is the share of right ones by field and by how they are found, ``floor`` the
    least of it by field.
    """

    relays: Mapping[str, str]
    boards: frozenset[str]
    vendors: frozenset[str]
    tenants: Mapping[str, str]
    not_tenants: frozenset[str]
    brands: frozenset[str]
    providers: frozenset[str]
    languages: tuple[Language, ...]
    board_layouts: tuple[re.Pattern[str], ...]
    sent_layouts: tuple[re.Pattern[str], ...]
    numbers: tuple[re.Pattern[str], ...]
    numbers_in_subjects: tuple[re.Pattern[str], ...]
    words: Words
    sureness: Mapping[str, Mapping[str, float]]
    floor: Mapping[str, float]

    @classmethod
    def of_rules(cls, ats: RuleFile, names: RuleFile) -> Tables:
        """Read both; raises ConfigError, and re.error or the like for a value of ``names`` that cannot be used."""
        senders, table = ats.table(), names.table()
        relays = senders["ats"] | senders["job_boards"] | senders["vendors"]
        return cls(
            relays=relays,
            boards=frozenset(senders["job_boards"]),
            vendors=frozenset(senders["vendors"]),
            tenants=senders["tenants"],
            not_tenants=frozenset(senders["not_tenants"]["words"].split()),
            brands=frozenset(brand.casefold() for brand in relays.values()),
            providers=frozenset(senders["providers"]["domains"]),
            languages=tuple(_language(code, entry) for code, entry in table["language"].items()),
            board_layouts=tuple(_compiled(pattern) for pattern in table["boards"]["patterns"]),
            sent_layouts=tuple(_compiled(pattern) for pattern in table["boards"]["sent"]),
            numbers=_numbers(table["requisition"], "shapes"),
            numbers_in_subjects=_numbers(table["requisition"], "shapes", "shapes_in_subjects"),
            words=_words(table),
            sureness=table["sureness"],
            floor=table["floor"],
        )

    def relay_of(self, domain: str) -> str:
        """The known domain that mail from ``domain`` is sent through for others; empty when it is none."""
        labels = domain.split(".")
        parents = (".".join(labels[i:]) for i in range(len(labels)))
        return next((parent for parent in parents if parent in self.relays), "")

    def is_brand(self, name: str) -> bool:
        """Whether this is the name of such a system, not of an employer."""
        return name.casefold() in self.brands

    def is_provider(self, domain: str) -> bool:
        """Whether anybody can have an address there."""
        return domain in self.providers


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def _language(code: str, entry: Mapping[str, Any]) -> Language:
    def filled(match: re.Match[str]) -> str:
        nouns, stops = entry.get("nouns", "(?!)"), entry.get("stops", "(?!)")
        if match[1] == "employer":
            return _EMPLOYER + _AFTER_EMPLOYER.format(nouns=nouns)
        if match[1] == "end":
            return _END.format(stops=stops)
        return f"(?:{nouns})" if match[1] == "noun" else _TITLE.format(name=match[1])

    def patterns(key: str) -> tuple[re.Pattern[str], ...]:
        return tuple(_compiled(_TEMPLATE.sub(filled, pattern)) for pattern in entry.get(key, ()))

    script = entry.get("script")
    marks = frozenset(entry.get("marks", "").split())
    return Language(
        code,
        marks,
        re.compile(script) if script else None,
        role=patterns("role"),
        employer=patterns("employer"),
        client=patterns("client"),
        of_agency=patterns("of_agency"),
    )


def _numbers(table: Mapping[str, Any], *keys: str) -> tuple[re.Pattern[str], ...]:
    """The shapes, the plainest first, then any number behind a word for one."""
    behind = rf"\b{table['behind']}(?P<number>{table['number']})(?![\w/])"
    shapes = [f"(?P<number>{shape})" for key in keys for shape in table[key]]
    return tuple(_compiled(pattern) for pattern in (*shapes, behind))


def _words(table: Mapping[str, Any]) -> Words:
    occupations, scripts = table["occupations"]["words"].split(), table["occupations"]["scripts"]
    ends = _either(table["occupations"]["ends"].split())
    departments = table["departments"]
    return Words(
        occupation=_compiled(
            rf"(?<!\w)(?:\w{{3,}}(?:{ends})|(?:{_either(occupations)}))(?:s|in|n|e|a|/in|:in|\*in)?(?!\w)|{scripts}"
        ),
        also_in_names=frozenset(table["occupations"]["also_in_names"].split()),
        departments=_compiled(rf"(?<!\w)(?:{'|'.join(sorted(set(departments['words'].split()), reverse=True))})(?!\w)"),
        desk_ends=_compiled(rf"(?<=\w\w)(?:{departments['ends']})$"),
        desk=_compiled(rf"^{departments['desks']}(?![^\W_])"),
        at=_compiled(rf"^(?P<who>.+?) (?:{departments['at']}) (?P<name>\S.+)$"),
        gender=_compiled(table["title"]["gender"]),
        lead=_compiled(table["title"]["lead"]),
        tail=_compiled(table["title"]["tail"]),
        house=_compiled(table["title"]["house"]),
        greeting=_compiled(table["greeting"]["pattern"]),
        applies=_compiled(table["own_mail"]["applies"]),
        withdraws=_compiled("".join(line.strip() for line in table["own_mail"]["withdraws"].splitlines())),
        empty=frozenset(table["empty"]["words"].casefold().split()),
        not_names=frozenset((table["empty"]["words"] + table["empty"]["not_names"]).casefold().split()),
        not_in_titles=frozenset(table["empty"]["not_in_titles"].casefold().split()),
        seldom_in_titles=frozenset(table["empty"]["seldom_in_titles"].split()),
        fields=frozenset(table["empty"]["fields"].split()),
        programmes=frozenset(table["empty"]["programmes"].split()),
        job=_compiled(table["jobs"]["pattern"]),
        go_between=_compiled(table["go_betweens"]["pattern"]),
        agency=_compiled(table["agencies"]["pattern"]),
        described=_compiled(table["agencies"]["described"]),
    )


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))
