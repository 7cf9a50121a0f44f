"""What the user's own mail provider found out about who sent a message (Authentication-Results, RFC 8601).

Anybody can write such a field, and every server on the way may.  Believed are the topmost ones that have the
name (authserv-id) of the user's provider: a server adds its fields above what was there (section 4.1), one for
each of its checks perhaps, and is to remove what comes from outside under its name (section 5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.domains import registered_domain
from pipeline.records import Authentication

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from email.message import Message as Part

MAX_FIELDS = 50
_RESULTS, _RECEIVED = "authentication-results", "received"
MAX_DOMAIN = 253  # RFC 1035 section 2.3.4, as text

# A string without an end takes the rest, so that no octet is looked at twice.
_QUOTED = r'"((?:[^"\\]|\\.)*)(?:"|(\\?\Z))'
_STRING = re.compile(_QUOTED, re.DOTALL)
_TOKEN = re.compile(rf'{_QUOTED}|\s+|[^\s()";=\\]+|.', re.DOTALL)
# What is behind "=": up to white space, ";" or a comment, for the local part of an address may hold a "=" or a string.
_VALUE = re.compile(rf'(?:{_QUOTED}|[^\s()";]+)+|\s+|.', re.DOTALL)
_IN_COMMENT = re.compile(r"\\.|[^()\\]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Result:
    """What one method came to (section 2.2, resinfo), with its properties such as ``header.d``; in lower case."""

    method: str
    result: str
    properties: dict[str, str]


def authentication_of(tree: Part, authserv_ids: Collection[str], domain: str) -> Authentication:
    """What the provider with one of these names says of a message whose only author is at ``domain``.

    ``domain`` is empty where it is not clear who the author is: nothing proves that.
    """
    if not authserv_ids:
        return Authentication.UNASKED
    wanted = {authserv_id.casefold() for authserv_id in authserv_ids}
    told = [_results(clauses[1:]) for clauses in _topmost(tree, wanted)]
    return _verdict(_first_told(told), domain) if told else Authentication.ABSENT


def topmost_id(tree: Part) -> str:
    """The name of the server that wrote the topmost field; empty where there is none that can be read."""
    return next((_authserv_id(_clauses(value)) for value in _fields(tree)), "")


def _topmost(tree: Part, wanted: Collection[str]) -> Iterator[list[list[str]]]:
    """The clauses of the topmost fields of these names, up to where another server has written something."""
    found = False
    fields = (field for field in tree.items() if field[0].lower() in {_RESULTS, _RECEIVED})
    for name, value in islice(fields, MAX_FIELDS):
        clauses = _clauses(str(value)) if name.lower() == _RESULTS else None
        if clauses and _authserv_id(clauses) in wanted:
            found = True
            yield clauses
        elif found:
            return


def _first_told(told: Iterable[Iterable[_Result]]) -> list[_Result]:
    """All results, but of a method only those of the topmost field that tells of it."""
    found: list[_Result] = []
    for results in told:
        known = {each.method for each in found}
        found += [each for each in results if each.method not in known]
    return found


def _fields(tree: Part) -> Iterator[str]:
    return (str(value) for value in islice(tree.get_all(_RESULTS, []), MAX_FIELDS))


def _clauses(value: str) -> list[list[str]]:
    """The tokens between the semicolons, without comments (RFC 5322 section 3.2.2); strings without their quotes."""
    clauses: list[list[str]] = [[]]
    for token in _tokens(value):
        if token == ";":  # noqa: S105  a token of the grammar
            clauses.append([])
        else:
            clauses[-1].append(_unquoted(token))
    return clauses


def _unquoted(token: str) -> str:
    """The text of each string in it; one without an end stays, quote and all."""

    def text(string: re.Match[str]) -> str:
        return re.sub(r"(?s)\\(.)", r"\1", string[1]) if string[2] is None else string[0]

    return _STRING.sub(text, token)


def _tokens(value: str) -> Iterator[str]:
    at = depth = 0
    outside = _TOKEN
    while match := (_IN_COMMENT if depth else outside).match(value, at):
        at, token = match.end(), match[0]
        if token in {"(", ")"}:
            depth = max(0, depth + {"(": 1, ")": -1}[token])
        elif not depth and not token.isspace():
            outside = _VALUE if token == "=" and outside is _TOKEN else _TOKEN  # noqa: S105  a token of the grammar
            yield token


def _authserv_id(clauses: list[list[str]]) -> str:
    """The name of the server, which may have a version behind it; empty where something else is there."""
    name, *version = clauses[0] or [""]
    return name.casefold() if not version or (len(version) == 1 and version[0].isdigit()) else ""


def _results(clauses: Iterable[list[str]]) -> Iterator[_Result]:
    for clause in clauses:
        pairs = list(_pairs(clause))
        if pairs:
            (method, result), *properties = pairs
            yield _Result(method.partition("/")[0], result, dict(reversed(properties)))


def _pairs(clause: list[str]) -> Iterator[tuple[str, str]]:
    """Each ``name = value`` in lower case; a name may be in pieces ("header . d"), and what is no pair is left out."""
    name = ""
    tokens = iter(clause)
    for token in tokens:
        if token != "=":  # noqa: S105  a token of the grammar
            name += token
        elif name:
            value = next(tokens, "=")
            if value != "=":
                yield name.casefold(), value.casefold()
            name = ""


def _verdict(results: list[_Result], domain: str) -> Authentication:
    if any(each.method == "dmarc" and each.result == "fail" for each in results):
        return Authentication.DMARC_FAILED
    passed = (each for each in results if each.result == "pass")
    return Authentication.PASSED if any(_proves(each, domain) for each in passed) else Authentication.UNALIGNED


def _proves(passed: _Result, domain: str) -> bool:
    """Whether this is about the author's domain, in DMARC's relaxed way (RFC 7489 section 3.1)."""
    if passed.method == "dmarc":
        return _is_aligned(passed.properties.get("header.from", domain), domain)
    if passed.method == "dkim":
        signer = passed.properties.get("header.d") or passed.properties.get("header.i", "")
        return _is_aligned(signer, domain)
    return passed.method == "spf" and _is_aligned(passed.properties.get("smtp.mailfrom", ""), domain)


def _is_aligned(told: str, domain: str) -> bool:
    """Whether an address or domain has the same registered domain."""
    told, domain = (_ascii(each.rpartition("@")[2].strip(".")) for each in (told, domain))
    return bool(told and domain) and registered_domain(told) == registered_domain(domain)


def _ascii(domain: str) -> str:
    """A domain as the DNS has it (RFC 5890); empty where it can be none, as with the "=" of a local part."""
    if len(domain) > MAX_DOMAIN or "=" in domain:
        return ""
    try:
        return domain.casefold().encode("idna").decode()
    except UnicodeError:
        return ""
