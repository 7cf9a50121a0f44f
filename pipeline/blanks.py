"""The blanks of a sentence: names in braces that are filled in."""

from __future__ import annotations

from string import Formatter


def blanks_of(sentence: str) -> set[str]:
    """Their names; raises ValueError for a brace that is not closed, and for what is no plain name ("{role!r}")."""
    found = set()
    for _, name, spec, conversion in Formatter().parse(sentence):
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise ValueError(f"{{{name}}} is to be a plain name")
        found.add(name)
    return found
