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
    from collections.abc import Iterator, Mapping

    Table = Mapping[str, Any]

_WHOLE_FILE = ""
# Tables with a key for each domain, language or word: further ones may be added, and ``false`` takes one out.
_LISTS = {
    "ats.toml": ("ats", "job_boards", "vendors", "agencies", "tenants"),
    "drafts.toml": (_WHOLE_FILE,),
    "names.toml": ("language",),
    "next_steps.toml": ("question",),
    "promises.toml": (_WHOLE_FILE, "*.numbers", "*.nth", "*.weekdays_also"),
    "providers.toml": (_WHOLE_FILE,),
}
_TYPES = {dict: "a table", list: "a list", str: "text", int: "a number", float: "a number"}


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
        like = _alike(shipped, value) if is_list and key not in shipped else shipped.get(key)
        if like is None:
            yield f"{here}: unknown key{_nearest(key, shipped)}"
        elif isinstance(value, dict) and isinstance(like, dict):
            like = _alike(shipped, value) if is_list else like
            yield from _problems(like, value, lists, here, f"{known_as}.{'*' if is_list else key}".lstrip("."))
        elif _TYPES.get(type(value)) != _TYPES[type(like)] and not (is_list and value is False):
            yield f"{here}: must be {_TYPES[type(like)]}"


def _alike(shipped: Table, value: object) -> Any:  # noqa: ANN401  whatever TOML holds
    """What an entry of such a table may look like: for a table, all the keys that any entry has."""
    tables = [entry for entry in shipped.values() if isinstance(entry, dict)]
    if tables and isinstance(value, dict):
        return {key: entry for table in tables for key, entry in table.items()}
    return next(iter(tables or shipped.values()), value)


def _nearest(key: str, shipped: Table) -> str:
    """``; did you mean 'x'?`` for the known key closest to this one."""
    match = difflib.get_close_matches(key, shipped, n=1, cutoff=0.5)
    return f"; did you mean {match[0]!r}?" if match else f"; known here: {', '.join(shipped)}"
