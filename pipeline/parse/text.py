"""Brings text from any sender into one plain form, without changing what it says."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 200_000
SIGNATURE_MARK = "-- "  # RFC 3676 section 4.3: its trailing space is part of it

_INVISIBLE = [
    *range(0x09),
    *range(0x0E, 0x20),
    *range(0x7F, 0x85),
    *range(0x86, 0xA0),
    0x00AD,  # soft hyphen
    0x034F,  # combining grapheme joiner, padding in newsletters
    0x061C,
    0x115F,
    0x1160,
    0x180E,
    *range(0x200B, 0x2010),  # zero width, left-to-right and right-to-left marks
    *range(0x202A, 0x202F),  # bidi embeddings and overrides
    *range(0x2060, 0x2070),  # word joiner, bidi isolates
    0x3164,
    0xFEFF,
    *range(0xFE00, 0xFE10),  # variation selectors
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),  # tag characters: invisible ASCII
]
_NEWLINES = [0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029]
_SPACES = [0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
_STRAIGHT = {"'": "\u2018\u2019\u201a\u201b\u2032", '"': "\u201c\u201d\u201e\u201f\u2033", "-": "\u2010\u2011"}
_TABLE: dict[int, str | None] = {
    **dict.fromkeys(_INVISIBLE),
    **dict.fromkeys(_NEWLINES, "\n"),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    **{ord(curly): straight for straight, curlies in _STRAIGHT.items() for curly in curlies},
}
# Where NFKC only changes the looks: ligatures, full-width forms, mathematical alphabets.  Elsewhere it
# makes m\u00b2 into m2, 1\u00bd into 11/2, and one character into eighteen (U+FDFA).
_LOOKS = re.compile("[\ufb00-\ufb06\uff01-\uff5e\U0001d400-\U0001d7ff]+")
_COMPOSABLE = re.compile("[\x00-\x7f]?[^\x00-\x7f]+")
# Composition sorts combining marks by insertion, quadratic in their run: 80,000 alternating ones took 3.4 s.
_MAX_COMPOSED = 2_000


def normalise(text: str) -> str:
    """Give ``text`` with plain quotes, spaces and line ends, without what the eye cannot see.

    Doing it twice changes nothing.  At most `MAX_CHARACTERS` are kept.
    """
    text = text[:MAX_CHARACTERS].replace("\r\n", "\n").translate(_TABLE)
    if not text.isascii():
        text = _COMPOSABLE.sub(_composed, _LOOKS.sub(_plain_looks, text))
    return "\n".join(_squeezed(text.split("\n")))[:MAX_CHARACTERS].strip()


def clean_line(text: str, limit: int = 1_000) -> str:
    """Give a header's value on one line, without control or bidi characters."""
    return " ".join(normalise(text[: 4 * limit]).split())[:limit].rstrip()


def _plain_looks(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def _composed(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", match[0]) if len(match[0]) <= _MAX_COMPOSED else match[0]


def _squeezed(lines: list[str]) -> list[str]:
    """Strip line ends and let no more than one empty line stand in a row."""
    kept: list[str] = []
    for line in lines:
        bare = line if line == SIGNATURE_MARK else line.rstrip()
        if bare or (kept and kept[-1]):
            kept.append(bare)
    return kept
