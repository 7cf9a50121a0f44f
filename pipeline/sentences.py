"""Where a sentence goes on: behind a full stop ("Dr. Smith", "am 2. Dezember", "z. B."), and in the next line."""

from __future__ import annotations

import re

_LOWER = "".join(filter(str.islower, map(chr, range(0x530))))  # Latin, Greek, Cyrillic


def _behind(*words: str) -> str:
    """A pattern for the place behind one of these, a full stop and a space; of one length, as looking back needs."""
    return rf"(?<=\b(?i:{'|'.join(words)})\.\s)"


_DAY, _DAYS = _behind(r"\d"), _behind(r"\d\d")
_INITIALS = _behind(r"\w\.\w")
_MONTHS = "Jan|Jän|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Oct|Nov|Dez|Dec|Mar|May"
_OPENERS = "We|You|I|It|The|This|If|Please|Unfortunately|Wir|Sie|Ich|Es|Leider|Bitte|Nous|Vous|Je|Il"
_GOING_ON = (
    rf"(?:{_DAY}|{_DAYS})(?:[{_LOWER}\d]|{_MONTHS})",
    rf"(?:{_behind('kl', 'ca', 'no')}|{_behind('tel', 'ext', 'art', 'abs')})\d",
    _behind("dr", "mr", "ms", "st", "sr", "nr"),
    _behind("mrs", "mme", "sra", "dra", "sig", "ing", "mgr", "bzw", "ggf", "vgl", r"e\.g", r"i\.e", r"z\.b", r"u\.a"),
    _behind("prof", "dott", "inkl", "evtl"),
    _behind("approx"),
    rf"{_INITIALS}(?:[{_LOWER}]|Eastern|Central|Mountain|Pacific|[A-Z]{{2,4}}\b)",  # "10 a.m. on Friday", "10 a.m. EST"
    rf"(?<=(?<![\w.])[^\W\d_]\.\s)(?!(?:{_OPENERS})\b)",  # an initial, or half of "z. B."; not "option B. We chose it"
)

# For a pattern: matches where a sentence goes on, behind a full stop and one space.
GOES_ON = f"(?:{'|'.join(_GOING_ON)})"

STOPS = ".!?؟。！？।"  # noqa: RUF001  full-width marks are meant
_POINT = rf"\d{{1,2}}[.)]\s(?!{_MONTHS})"  # of a list

# For a pattern: matches behind the end of a line that a mail program wrapped (RFC 3676 section 4.2 asks for at most
# 78 columns, and some use more): it is of some length and ends in no stop, and no point of a list comes next.
WRAPPED = rf"(?:(?<=[^\n]{{39}}[^\n:…{STOPS}]\n)(?<![^\n]{{140}}\n)(?!{_POINT})(?=[^\W_]|[\"'(]))"
_WRAP = re.compile(rf"\n{WRAPPED}")


def unwrapped(text: str) -> str:
    """The text with the lines joined that a mail program wrapped."""
    return _WRAP.sub(" ", text)
