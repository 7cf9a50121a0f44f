"""What became of the user's replies, in words: at the top of the next digest, or at once in a letter of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipeline.digest.dates import date_words, day_and_time
from pipeline.digest.render import GUESS_WORDS, headed, printable
from pipeline.records import Draft, Kind, Outcome, Stage
from pipeline.replies import Refusal
from pipeline.replies.grammar import Act, understand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from pipeline.digest.wording import Wording
    from pipeline.records import Application, Replied, Told
    from pipeline.replies.grammar import Order

MAX_NOT_UNDERSTOOD = 5
MAX_QUOTED = 80

_CLOSED = {
    Stage.REJECTED: "is rejected now",
    Stage.WITHDRAWN: "is closed, by your wish",
    Stage.ACCEPTED: "is accepted: congratulations",
    Stage.POSITION_CLOSED: "is closed: there is no such post any more",
    Stage.GHOSTED: "is closed: no answer is expected any more",
}
_ADVANCED = {
    Stage.INTERVIEW: "is at the interview now",
    Stage.ASSESSMENT: "is at the assessment now",
    Stage.OFFER: "has an offer now",
}
_OTHERWISE = {
    Outcome.REPEATED: "was answered to that letter before, and counts once",
    Outcome.SO_ALREADY: "it is so already",
    Outcome.NO_MESSAGE: "there is no such message",
    Outcome.NO_APPLICATION: "there is no such application",
    Outcome.NOTHING_TO_UNDO: "there is nothing to take back",
}
_REFUSED = {
    Refusal.STRANGER: "not from an address of yours",
    Refusal.AUTOMATIC: "sent by a program or a list",
    Refusal.ELSEWHERE: "addressed to somebody else",
    Refusal.FORWARDED: "forwarded",
    Refusal.TOKEN: "without a letter's token",
    Refusal.EXPIRED: "to a letter that is too old",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told of one reply."""

    at: datetime
    sentences: tuple[str, ...]


def key_of(replied: Replied) -> tuple[str, str]:
    """Under what a letter remembers that it told the outcome."""
    return ("", f"reply:{replied.message_id}")


def untold(replied: Iterable[Replied], said: frozenset[tuple[str, str]]) -> list[Replied]:
    """Those of which no letter has told."""
    return [one for one in replied if key_of(one) not in said]


def answers(replied: Iterable[Replied], applications: Sequence[Application]) -> tuple[Answer, ...]:
    """What became of each reply that counted."""
    names = {application.number: application.employer for application in applications}
    return tuple(Answer(one.at, _sentences(one.told, names)) for one in replied if one.told)


def ignored(replied: Iterable[Replied]) -> str:
    """How many messages looked like replies and did not count, and why; empty when there were none."""
    reasons = Counter(_REFUSED[Refusal(one.refused)] for one in replied if one.refused)
    n = sum(reasons.values())
    why = "; ".join(f"{count} {reason}" for reason, count in reasons.items())
    return f"{n} message{'s' if n > 1 else ''} that looked like a reply changed nothing: {why}." if n else ""


def confirm(
    replied: Replied, applications: Sequence[Application], wording: Wording, now: datetime, token: str
) -> Draft:
    """A short letter that tells what became of one reply, itself to be answered."""
    [answer] = answers([replied], applications)
    n_done = sum(told.outcome is Outcome.DONE for told in replied.told)
    letter = headed(
        f"Your reply: {n_done} of {len(replied.told)} done", now, wording, f"reply-{replied.message_id}", token
    )
    if replied.rfc_message_id.isascii() and replied.rfc_message_id.isprintable() and replied.rfc_message_id:
        letter["In-Reply-To"] = letter["References"] = replied.rfc_message_id
    lines = [f"From your reply of {day_and_time(answer.at, wording.zone)}:", ""]
    lines += [f"  - {printable(sentence)}" for sentence in answer.sentences]
    lines += ["", 'To take the last of it back, answer with the line "undo".', "", "-- ", token, ""]
    letter.set_content("\n".join(lines), cte="quoted-printable")
    return Draft(letter["Message-ID"], letter.as_bytes(), frozenset({key_of(replied)}))


def _sentences(told: Sequence[Told], names: Mapping[int, str]) -> tuple[str, ...]:
    understood = [_sentence(one, names) for one in told if one.outcome is not Outcome.NOT_UNDERSTOOD]
    others = [one.line for one in told if one.outcome is Outcome.NOT_UNDERSTOOD]
    unclear = [f"Not understood: {_quoted(line)}." for line in others[:MAX_NOT_UNDERSTOOD]]
    n_more = len(others) - MAX_NOT_UNDERSTOOD
    return (*understood, *unclear, *([f"Not understood: {n_more} lines more."] if n_more > 0 else []))


def _quoted(line: str) -> str:
    line = printable(line)
    return f'"{line[:MAX_QUOTED]}..."' if len(line) > MAX_QUOTED else f'"{line}"'


def _sentence(told: Told, names: Mapping[int, str]) -> str:
    if told.outcome is not Outcome.DONE:
        return f"{told.order}: {_OTHERWISE[told.outcome]}."
    if told.order.startswith("undo "):
        return f"Taken back: {told.order.removeprefix('undo ')}."
    order = understand(told.order)
    return f"{_done_words(order, names)}." if order else f"{told.order}: done."


def _done_words(order: Order, names: Mapping[int, str]) -> str:
    """What holds now; an application is named with its employer, unless that is what was said."""
    if order.act is Act.LABEL:
        return f"Message {order.number} is {GUESS_WORDS[Kind(order.value)]} now"
    if order.act is Act.MOVE:
        return f"Message {order.number} belongs to {_place_words(order.value, names)} now"
    name = "" if order.act is Act.EMPLOYER else names.get(order.number, "")
    return f"{order.number}{f' ({name})' if name else ''} {_IS_NOW[order.act](order.value)}"


def _span_words(value: str) -> str:
    return f"for {value[:-1]} days" if value.endswith("d") else f"until {_date_words(value)}"


def _date_words(value: str) -> str:
    return date_words(date.fromisoformat(value))


def _place_words(value: str, names: Mapping[int, str]) -> str:
    places = {"new": "an application of its own", "nowhere": "no application"}
    return places.get(value) or f"{value} ({names.get(int(value), '')})"


_IS_NOW: Mapping[Act, Callable[[str], str]] = {
    Act.CLOSE: lambda value: _CLOSED[Stage(value)],
    Act.ADVANCE: lambda value: _ADVANCED[Stage(value)],
    Act.NOT_REJECTED: lambda _: "is open again",
    Act.REOPEN: lambda _: "is open again",
    Act.SNOOZE: lambda value: f"is left alone {_span_words(value)}",
    Act.EMPLOYER: lambda value: f"is {value} now",
    Act.ROLE: lambda value: f"is for {value} now",
    Act.APPLIED: lambda value: f"was applied for on {_date_words(value)}",
    Act.DRAFT: lambda _: "is to have a draft",
}
