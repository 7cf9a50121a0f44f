"""A file of rules as we ship it, and what the user's own file of that name says instead.

What the user does not say is as shipped, so a file written for an earlier version goes on working.
"""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Table = Mapping[str, Any]

_WHOLE_FILE = ""
_WORD_LISTS = ("numbers", "nth", "weekdays_also", "months_also", "hours", "before_hour", "after_hour", "zones")
# Tables with a key for each domain, language or word: further ones may be added, and ``false`` takes one out.
_LISTS = {
    "ats.toml": ("ats", "job_boards", "vendors", "agencies", "tenants"),
    "drafts.toml": (_WHOLE_FILE,),
    "names.toml": ("language",),
    "next_steps.toml": ("question",),
    "promises.toml": (_WHOLE_FILE, *(f"*.{table}" for table in _WORD_LISTS)),
    "providers.toml": (_WHOLE_FILE,),
}
_TYPES = {dict: "a table", list: "a list", str: "text", int: "a number", float: "a number"}
_ITEMS = {dict: "tables", list: "lists", str: "text", int: "numbers", float: "numbers"}


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The shipped ``text`` of the file called ``name``; ``own`` is the user's, which lies at ``place``."""

    name: str
    text: str
    own: str = ""
    place: str = ""

    @property
    def source(self) -> str:
        """What to call it where something is wrong with it."""
        return self.place or self.name

    @property
    def fingerprint(self) -> str:
        """Changes with what it says."""
        return hashlib.sha256(f"{self.text}\0{self.own}".encode()).hexdigest()[:16]

    def table(self) -> dict[str, Any]:
        """The shipped table with what the user says instead.

        Raises ConfigError for what is no TOML, and naming each key of the user's that is unknown or of another type.
        """
        shipped, own = self._loaded(self.text), self._loaded(self.own)
        if problems := [*_problems(shipped, own, _LISTS.get(self.name, ()))]:
            raise ConfigError(self.source, problems)
        return _overlaid(shipped, own)

    def _loaded(self, text: str) -> dict[str, Any]:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(self.source, [f"cannot be read: {error}"]) from error


def _overlaid(shipped: Table, own: Table) -> dict[str, Any]:
    """Table by table and key by key; a list is one value."""
    said = {
        key: _overlaid(shipped[key], value) if isinstance(value, dict) and key in shipped else value
        for key, value in own.items()
    }
    return {key: value for key, value in {**shipped, **said}.items() if value is not False}


def _problems(
    shipped: Table, own: Table, lists: tuple[str, ...], place: str = _WHOLE_FILE, known_as: str = _WHOLE_FILE
) -> Iterator[str]:
    """What is wrong with a table at ``place``, which ``lists`` calls ``known_as``."""
    is_list = known_as in lists
    for key, value in own.items():
        here = f"{place}.{key}".lstrip(".")
        is_new = key not in shipped
        like = _alike(shipped, value) if is_list and is_new else shipped.get(key)
        if like is None or (is_new and (value is False or _is_misspelt(key, value, like, shipped))):
            yield f"{here}: unknown key{_nearest(key, shipped)}"
        elif isinstance(value, dict) and isinstance(like, dict):
            yield from (f"{here}.{needed}: is missing" for needed in _common(shipped) if is_new and needed not in value)
            like = _alike(shipped, value) if is_list else like
            yield from _problems(like, value, lists, here, f"{known_as}.{'*' if is_list else key}".lstrip("."))
        elif not _is_like(value, like) and not (is_list and value is False):
            yield f"{here}: must be {_type_of(like)}"


def _is_misspelt(key: str, value: object, like: object, shipped: Table) -> bool:
    """Whether a further key with such a value, no ``like`` of its neighbours, is nearly a known one that has such."""
    alike = [known for known, entry in shipped.items() if _is_like(value, entry)]
    return not _is_like(value, like) and bool(_near(key, alike))


def _is_like(value: object, like: object) -> bool:
    """Whether both are of one type, and the items too where they are lists."""
    if isinstance(value, list) and isinstance(like, list) and like:
        return all(_TYPES.get(type(item)) == _TYPES[type(like[0])] for item in value)
    return _TYPES.get(type(value)) == _TYPES[type(like)]


def _type_of(like: object) -> str:
    return f"a list of {_ITEMS[type(like[0])]}" if isinstance(like, list) and like else _TYPES[type(like)]


def _common(shipped: Table) -> list[str]:
    """The keys that all the tables in it have."""
    tables = [entry for entry in shipped.values() if isinstance(entry, dict)]
    return [key for key in tables[0] if all(key in table for table in tables)] if tables else []


def _alike(shipped: Table, value: object) -> Any:  # noqa: ANN401  whatever TOML holds
    """What an entry of such a table may look like: for a table, all the keys that any entry has."""
    tables = [entry for entry in shipped.values() if isinstance(entry, dict)]
    if tables and isinstance(value, dict):
        return {key: entry for table in tables for key, entry in table.items()}
    return next(iter(tables or shipped.values()), value)


def _nearest(key: str, shipped: Table) -> str:
    """``; did you mean 'x'?`` for the known key closest to this one; empty where none is close."""
    match = _near(key, shipped)
    return f"; did you mean {match[0]!r}?" if match else ""


def _near(key: str, known: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(key, known, n=1, cutoff=0.6)
