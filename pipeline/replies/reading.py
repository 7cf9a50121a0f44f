"""Whether a message is an answer of the user's own to a letter of ours, and which of its lines are theirs.

From says nothing about who wrote a message, so a token has to come with it; and since a token may be
quoted by others, or forwarded, From has to be the user's.  What fails in anything is refused whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile, islice
from typing import TYPE_CHECKING

from pipeline.parse.quotes import own_lines, says_forward
from pipeline.records import Authentication, Reply
from pipeline.replies.grammar import MAX_LINE, MAX_NOTE, begins_note, understand
from pipeline.replies.tokens import letter_of, tokens_in, without_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from pipeline.records import Message

MAX_LINES = 50
_ENOUGH = MAX_LINE + MAX_NOTE  # characters of a note that are kept: so many that one which is too long is seen to be

# What people write around what they want; alone on a line it asks for nothing.
_COURTESY = re.compile(
    r"(?:hi|hey|hello|dear|hallo|guten (?:tag|morgen|abend)|moin|servus)(?: unghost| zusammen| all)?"
    r"|thanks|thank you(?: very much| so much| in advance)?|cheers|please|danke(?: schön| sehr)?|vielen dank|bitte|ref"
    r"|(?P<end>(?:with )?(?:best|kind|warm)(?: regards| wishes)?|regards|sincerely|gruß|grüße|lg|vg|mfg"
    r"|(?:viele|liebe|beste|schöne|freundliche) grüße|mit (?:freundlichen|besten) grüßen)",
    re.IGNORECASE,
)
# So long is a line behind which a mail program may have broken a longer one (RFC 5322 section 2.1.1).
_MAY_BE_BROKEN = range(60, 81)
_MAX_NAME_WORDS = 3


class Refusal(StrEnum):
    """Why nothing in a message that has something like a token counts."""

    STRANGER = "stranger"
    UNPROVEN = "unproven"
    AUTOMATIC = "automatic"
    ELSEWHERE = "elsewhere"
    FORWARDED = "forwarded"
    TOKEN = "token"  # noqa: S105  the word, no secret
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Desk:
    """What a reply is held against: the secret, whose addresses count, and when each letter was written.

    ``own`` are the addresses replies are taken from, ``ours`` those they may be sent to; in lower case.
    """

    secret: bytes
    own: frozenset[str]
    ours: frozenset[str]
    letters: Mapping[str, datetime]
    lifetime: timedelta
    now: datetime


def read_reply(message: Message, ask: Callable[[], Desk]) -> Reply | None:
    """What a message is worth as a reply; None, without asking for a desk, when nothing in it looks like a token."""
    tokens = tokens_in(message)
    if not tokens:
        return None
    desk = ask()
    letters = [letter for token in tokens if (letter := letter_of(desk.secret, token)) in desk.letters]
    valid = [letter for letter in letters if desk.now - desk.letters[letter] <= desk.lifetime]
    refused = _refusal(message, desk) or (Refusal.TOKEN if not letters else Refusal.EXPIRED if not valid else "")
    if refused:
        return Reply("", refused)
    return Reply(valid[0], "", tuple(_lines(_unsigned(message))))


def _refusal(message: Message, desk: Desk) -> Refusal | None:
    """What its header fields have against it, whatever token it has."""
    if not message.one_author or message.from_.addr_spec.lower() not in desk.own:
        return Refusal.STRANGER
    if message.authentication not in {Authentication.UNASKED, Authentication.PASSED}:
        return Refusal.UNPROVEN
    if message.auto_submitted not in {"", "no"} or message.list_id or message.bulk:
        return Refusal.AUTOMATIC
    if not message.to or any(address.addr_spec.lower() not in desk.ours for address in message.to):
        return Refusal.ELSEWHERE
    return Refusal.FORWARDED if says_forward(message.subject) else None


def _unsigned(message: Message) -> list[str]:
    """The writer's own lines, with an empty one where they wrote just their name below the others."""
    lines = [" ".join(without_tokens(line).split()) for line in own_lines(message.text)]
    name = message.from_.display_name.casefold().split()
    names = {" ".join(name), *name[:1]} - {""}
    ends = [*(not _is_filled(line) for line in lines[1:]), True]
    return ["" if end and _bare(line).casefold() in names else line for line, end in zip(lines, ends, strict=False)]


def _lines(own: Sequence[str]) -> Iterator[str]:
    """The lines that ask for something, or may have been meant to.

    Courtesies are left out, and what follows a closing one unless it is understood: that is a name.
    """
    is_signature = False
    for line in islice(_joined(own), MAX_LINES):
        courtesy = _courtesy(line)
        if courtesy:
            is_signature = is_signature or bool(courtesy["end"])
        elif not is_signature or understand(line):
            yield line


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """The lines with letters or digits in them, cut where they are too long for what they are; a note on one line.

    Mail programs break long lines, so what follows a note belongs to it, up to an empty line, a courtesy or an order.
    Where it has no words yet they may stand below empty lines: a link opens a mail with nothing but its beginning.
    """
    note = ""
    for at, line in enumerate(lines):
        is_filled = _is_filled(line)
        if note and is_filled and not _ends_note(lines, at):
            note = f"{note} {line}"[:_ENOUGH]
            continue
        if note and (is_filled or understand(note)):
            yield note
            note = ""
        if is_filled and begins_note(line):
            note = line[:_ENOUGH]
        elif is_filled:
            yield line[: MAX_LINE + 1]
    if note:
        yield note


def _ends_note(lines: Sequence[str], at: int) -> bool:
    """Whether a line below a note is no part of it: an order, or a courtesy with nothing of the paragraph below it.

    An order right below a line that may have been broken may be the rest of that.
    """
    if _is_order(lines[at]):
        return len(lines[at - 1]) not in _MAY_BE_BROKEN or not _is_filled(lines[at - 1])
    if not _courtesy(lines[at]):
        return False
    below, further, *_ = *dropwhile(_courtesy, lines[at + 1 : at + 4]), "", ""
    return _is_over(below) or (_is_like_name(below) and _is_over(further))


def _is_over(line: str) -> bool:
    return not _is_filled(line) or _is_order(line)


def _is_order(line: str) -> bool:
    return begins_note(line) or understand(line) is not None


def _is_filled(line: str) -> bool:
    return any(map(str.isalnum, line))


def _is_like_name(line: str) -> bool:
    words = line.split()
    return len(words) <= _MAX_NAME_WORDS and line == _bare(line) and all(word[0].isupper() for word in words)


def _courtesy(line: str) -> re.Match[str] | None:
    return _COURTESY.fullmatch(_bare(line))


def _bare(line: str) -> str:
    return line.rstrip(" .,!:;")
