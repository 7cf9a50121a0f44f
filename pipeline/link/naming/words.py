"""The words of names: what tells one employer from another, and what is no part of a name or title."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from cleanco import basename

from pipeline.domains import registered_domain

if TYPE_CHECKING:
    from pipeline.link.naming.tables import Tables

_TOKEN = re.compile(r"[^\W_]+")
_KINDS_OF_FIRM = frozenset(
    [
        "group",
        "groupe",
        "grupo",
        "gruppe",
        "gruppo",
        "holding",
        "holdings",
        "company",
        "the",
        "and",
        "und",
        "et",
        "y",
        "e",
    ]
)
_ASIAN_FORMS = re.compile(
    r"^(?:株式会社|有限会社|合同会社|\(株\)|㈱|주식회사|㈜|\(주\))\s*|\s*(?:株式会社|有限会社|合同会社|㈱|주식회사|(?:股份|责任)?有限公司)$"
)
_DOMAIN_END = re.compile(r"(?<=\w\w)\.(?:[a-z]{2}|com|net|org|app|dev)$")  # Acme.io is Acme
_EDGES = " \t\n.,;:-–—|·•!\"'»«*_#/\\"  # noqa: RUF001  dashes are meant
_LOOSE_ENDS = re.compile(
    r"(?i)[\s,]+(?:for the|and|the|of|for|team|has|is|at|in|with|de|la|und|et|y|e|der|die|on|to|as|a|an|our)$"
)
_LEFT_OF_NUMBERS = re.compile(
    r"(?i)[\s,(\[#–-]*\(?\b(?:job|req(?:uisition)?|ref(?:erence)?|posting|kennziffer)\.?(?:[ -]?(?:id|no|nr|number|#))?[\s.:#-]*[\w/.-]*\d[\w/.-]*\)?"  # noqa: E501, RUF001
    r"|\s*\([^()]*\d[:.]\d\d[^()]*\)"  # a time
    r"|\s*[–#,(-]\s*(?!(?:19|20)\d\d\b)[A-Z]{0,4}[-_]?\d{4,}\)?$|^(?!(?:19|20)\d\d\b)(?:(?:JR|R|REQ)[-_]?)?\d{4,}[\s:–-]+"  # noqa: RUF001
    r"|\s*[–#,(-]\s*(?:19|20)\d\d-\d{3,6}\)?$|^(?:19|20)\d\d-\d{3,6}[\s:–-]+"  # noqa: RUF001
)
_TITLE_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_NUMBER = re.compile(r"[\d\W]*\d[\dA-Z\W_]*")
_DATED = re.compile(r"\b\d{1,4}[/.]\d{1,2}[/.]\d{2,4}\b")
_MAX_NAME, _MAX_TITLE, _MAX_TITLE_WORDS = 60, 110, 14


@lru_cache(maxsize=10_000)
def tokens(name: str) -> frozenset[str]:
    """The words of a name that tell it from others, folded; legal forms only if there is nothing else."""
    folded = _DOMAIN_END.sub("", name.casefold().replace("'s", ""))
    bare = frozenset(_TOKEN.findall(basename(folded) or folded))
    return (bare - _KINDS_OF_FIRM) or frozenset(_TOKEN.findall(folded))


@lru_cache(maxsize=10_000)
def squashed(name: str) -> str:
    """A name's telling words run together, with accents and umlauts made plain."""
    telling = tokens(name)
    return _plain("".join(word for word in _TOKEN.findall(name.casefold().replace("'s", "")) if word in telling))


@lru_cache(maxsize=10_000)
def run_together(name: str) -> str:
    """A name as a domain would write it: all its words but a legal form, with accents and umlauts made plain."""
    folded = name.casefold()
    return _plain("".join(_TOKEN.findall(basename(folded) or folded)))


def _plain(letters: str) -> str:
    if not letters.isascii():
        letters = "".join(c for c in unicodedata.normalize("NFKD", letters) if not unicodedata.combining(c))
    return (
        letters.replace("ae", "a")
        .replace("oe", "o")
        .replace("ue", "u")
        .replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")
        .replace("ł", "l")
        .replace("ø", "o")
    )


def has_legal_form(name: str) -> bool:
    """Whether a company's form stands at its end: "Acme Ltd"."""
    return 0 < len(basename(name)) < len(name.strip(_EDGES))


def trimmed(name: str) -> str:
    """A name without the marks and small words that a pattern took along."""
    name = _ASIAN_FORMS.sub("", _LOOSE_ENDS.sub("", name.strip(_EDGES + "()[]")))
    return name.removesuffix("'s").strip(_EDGES)


def is_employer(name: str, tables: Tables) -> bool:
    """Whether this may be an employer's name: no system's, no role's, and not made of empty words."""
    if not 1 < len(name) <= _MAX_NAME or tables.is_brand(name) or "@" in name or (name[0].islower() and name.islower()):
        return False
    words = frozenset(_TOKEN.findall(name.casefold()))
    told = {word for word in words - tables.words.not_names if not word.isdigit()}
    return bool(told) and bool(tables.words.departments.sub("", " ".join(sorted(told))).strip())


def is_trade(name: str, tables: Tables) -> bool:
    """Whether a word for an occupation speaks against this being an employer's name."""
    found = tables.words.occupation.finditer(name)
    return any(match[0].casefold() not in tables.words.also_in_names for match in found)


def is_occupation(title: str, tables: Tables) -> bool:
    """Whether a word for an occupation stands in it."""
    return bool(tables.words.occupation.search(title))


def title_of(raw: str, tables: Tables) -> str:
    """A title without gender marks, numbers and quotes; empty when it can't be one."""
    title = tables.words.gender.sub(" ", raw[: 2 * _MAX_TITLE])
    title = tables.words.tail.sub("", tables.words.lead.sub("", title)).strip(_EDGES)
    title = " ".join(_LEFT_OF_NUMBERS.sub(" ", title).split())
    title = _balanced(_LOOSE_ENDS.sub("", _without_empty_end(title.strip(_EDGES), tables)).strip(_EDGES))
    n_words = len(_TOKEN.findall(title))
    is_short = 1 < len(title) <= _MAX_TITLE and 0 < n_words <= _MAX_TITLE_WORDS
    return title if is_short and not raw.rstrip().endswith("-") and _may_be_title(title, tables) else ""


def _without_empty_end(title: str, tables: Tables) -> str:
    """Without what a dash sets apart at the end and says nothing: "Clerk - update"."""
    head, dash, end = title.rpartition(" - ") if " - " in title else title.rpartition(" – ")  # noqa: RUF001  a dash is meant
    return head if dash and set(_TOKEN.findall(end.casefold())) <= tables.words.empty else title


def _may_be_title(title: str, tables: Tables) -> bool:
    """Whether nothing in it speaks against a title: no words of sentences, no house, no number, no bare field."""
    words = _TITLE_WORD.findall(title.casefold().removesuffix(" i"))
    vetoed = (
        tables.words.not_in_titles
        if _has_capitals(title)
        else tables.words.not_in_titles | tables.words.seldom_in_titles
    )
    if (
        vetoed & set(words)
        or "@" in title
        or _DATED.search(title)
        or tables.words.house.match(title)
        or _NUMBER.fullmatch(title)
    ):
        return False
    says_nothing = not set(words) - tables.words.not_names
    if says_nothing and (len(words) == 1 or not is_occupation(title, tables)):  # "Office Manager" is a title
        return False
    if not {word for word in words if not word.isdigit()} - tables.words.empty - tables.words.programmes:
        return False
    return words not in [[field] for field in tables.words.fields] and not all(word.isdigit() for word in words)


def _has_capitals(title: str) -> bool:
    """Whether its longer words begin with capitals."""
    return all(not word[0].islower() for word in _TOKEN.findall(title) if len(word) > 3)  # noqa: PLR2004  "of the"


def _balanced(title: str) -> str:
    """Without a bracket that has lost its other half."""
    for opening, closing in ("()", "[]"):
        if title.count(opening) > title.count(closing):
            title = title.rpartition(opening)[0] if not title.endswith(opening) else title[:-1]
        elif title.count(closing) > title.count(opening):
            title = title.rpartition(closing)[0]
    return title.strip(_EDGES)


def registered_name(domain: str) -> str:
    """The label of a domain that its owner chose: "acme" of "mail.acme.co.uk"."""
    return registered_domain(domain).split(".")[0]
