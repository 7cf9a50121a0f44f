"""What became of the user's replies, in words: at the top of the next digest, or at once in a letter of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from pipeline.digest.dates import date_words, day_and_time
from pipeline.digest.plain import name_of, printable, short
from pipeline.digest.render import headed
from pipeline.records import Draft, Outcome, Wished
from pipeline.replies import Refusal
from pipeline.replies.grammar import Act, understand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pipeline.digest.wording import Wording
    from pipeline.digest.words import Words
    from pipeline.records import Application, Replied, Told, Wish
    from pipeline.replies.grammar import Order

MAX_NOT_UNDERSTOOD = 5
MAX_QUOTED = 80
MAX_NOTED = 200  # characters of a note that are told: it stands in full with its application
_DONE = frozenset({Outcome.DONE, Outcome.NOTE_CUT, Outcome.DRAFT_STAYS})


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told of one reply."""

    at: datetime
    sentences: tuple[str, ...]


def keys_of(replied: Replied) -> frozenset[tuple[str, str]]:
    """Under what a letter remembers that it told the outcome, and those of its drafts that are no longer open."""
    wishes = (told.wish for told in replied.told if told.wish and told.wish.state is not Wished.OPEN)
    return frozenset({("", f"reply:{replied.message_id}"), *(("", f"draft:{wish.statement_id}") for wish in wishes)})


def untold(replied: Iterable[Replied], said: frozenset[tuple[str, str]]) -> list[Replied]:
    """Those of which no letter has told, and of the others the lines whose drafts were still to be made then."""
    found = []
    for one in replied:
        if ("", f"reply:{one.message_id}") in said:
            late = tuple(told for told in one.told if keys_of(replace(one, told=(told,))) - said)
            found += [replace(one, told=late)] if late else []
        else:
            found.append(one)
    return found


def answers(replied: Iterable[Replied], applications: Sequence[Application], words: Words) -> tuple[Answer, ...]:
    """What became of each reply that counted."""
    known = {application.number: application for application in applications}
    return tuple(Answer(one.at, _sentences(one.told, known, words)) for one in replied if one.told)


def ignored(replied: Iterable[Replied], words: Words) -> str:
    """How many messages looked like replies and did not count, and why; empty when there were none."""
    reasons = Counter(Refusal(one.refused) for one in replied if one.refused)
    n = sum(reasons.values())
    why = "; ".join(f"{words.number(count)} {words(f'refused.{reason}')}" for reason, count in reasons.items())
    return words("replies.ignored", n, why=why) if n else ""


def confirm(
    replied: Replied, applications: Sequence[Application], wording: Wording, now: datetime, token: str
) -> Draft:
    """A short letter that tells what became of one reply, itself to be answered."""
    words = wording.words
    [answer] = answers([replied], applications, words)
    n_done = sum(told.outcome in _DONE for told in replied.told)
    subject = words("replies.subject", n_done, all=words.number(len(replied.told)))
    letter = headed(subject, now, wording, f"reply-{replied.message_id}", token)
    if replied.rfc_message_id.isascii() and replied.rfc_message_id.isprintable() and replied.rfc_message_id:
        letter["In-Reply-To"] = letter["References"] = replied.rfc_message_id
    lines = [words("replies.from", moment=day_and_time(answer.at, wording.zone, words.dates)), ""]
    lines += [f"  - {printable(sentence)}" for sentence in answer.sentences]
    lines += ["", words("replies.take_back"), "", "-- ", token, ""]
    letter.set_content("\n".join(lines), cte="quoted-printable")
    return Draft(letter["Message-ID"], letter.as_bytes(), keys_of(replied))


def _sentences(told: Sequence[Told], known: Mapping[int, Application], words: Words) -> tuple[str, ...]:
    understood = [_sentence(one, known, words) for one in told if one.outcome is not Outcome.NOT_UNDERSTOOD]
    others = [one.line for one in told if one.outcome is Outcome.NOT_UNDERSTOOD]
    unclear = [words("replies.unclear", line=_quoted(line)) for line in others[:MAX_NOT_UNDERSTOOD]]
    n_more = len(others) - MAX_NOT_UNDERSTOOD
    return (*understood, *unclear, *([words("replies.more_unclear", n_more)] if n_more > 0 else []))


def _quoted(line: str) -> str:
    line = printable(line)
    return f'"{line[:MAX_QUOTED]}..."' if len(line) > MAX_QUOTED else f'"{line}"'


def _sentence(told: Told, known: Mapping[int, Application], words: Words) -> str:
    said = short(told.order, MAX_NOTED)
    if told.outcome is not Outcome.DONE:
        return words(f"undone.{told.outcome}", order=said)
    if told.order.startswith("undo "):
        return words("replies.taken_back", order=said.removeprefix("undo "))
    order = understand(told.order)
    if order and told.wish:
        return _wish_words(told.wish, order, known, words)
    return _done_words(order, known, words) if order else words("replies.done", order=said)


def _done_words(order: Order, known: Mapping[int, Application], words: Words) -> str:
    """What holds now; an application is named with its employer, unless that is what was said."""
    if order.act is Act.LABEL:
        return words("done.label", message=str(order.number), kind=words(f"guesses.{order.value}"))
    if order.act is Act.MOVE:
        return words("done.move", message=str(order.number), place=_place_words(order.value, known, words))
    which = str(order.number)
    if order.act is not Act.EMPLOYER:  # with the brackets it cannot be taken for an order itself
        which = f"{which} ({_employer(order.number, known)})"
    if order.act in {Act.CLOSE, Act.ADVANCE}:
        return words(f"done.{order.value}", application=which)
    if order.act is Act.SNOOZE and order.value.endswith("d"):
        return words("done.snooze_days", int(order.value[:-1]), application=which)
    value = _date_words(order.value, words) if order.act in {Act.SNOOZE, Act.APPLIED} else order.value
    return words(f"done.{order.act}", application=which, value=short(value, MAX_NOTED))


def _wish_words(wish: Wish, order: Order, known: Mapping[int, Application], words: Words) -> str:
    """Where the draft lies and to whom it goes, or why there is none."""
    application = known.get(order.number)
    which = f"{order.number} ({short(name_of(application), MAX_QUOTED)})" if application else str(order.number)
    if wish.state is Wished.GONE:
        return words("undone.no_application", order=str(order))
    if wish.state is Wished.NOTHING:
        return words("drafts.nothing", application=which, reason=_reason_words(wish, words))
    if wish.state is not Wished.MADE:
        return words(f"drafts.{wish.state}", application=which)
    doubts = [*application.unsure, *application.questions] if application else []
    doubt = words("drafts.doubt", messages=", ".join(map(str, doubts))) if doubts else ""
    return f"{_place_of(wish, which, _employer(order.number, known), words)} {doubt}".rstrip()


def _place_of(wish: Wish, which: str, employer: str, words: Words) -> str:
    mailbox = short(wish.mailbox)
    if wish.to:
        return words("drafts.made", application=which, mailbox=mailbox, to=short(wish.to, MAX_QUOTED))
    whom = short(wish.person) or words("drafts.somebody", employer=employer)
    return words("drafts.unaddressed", application=which, mailbox=mailbox, whom=whom)


def _reason_words(wish: Wish, words: Words) -> str:
    if not wish.value:
        return words(f"unfit.{wish.reason}")
    if wish.value.isdecimal():
        return words(f"unfit.{wish.reason}", int(wish.value))
    return words(f"unfit.{wish.reason}", day=_date_words(wish.value, words))


def _date_words(value: str, words: Words) -> str:
    return date_words(date.fromisoformat(value), words.dates)


def _place_words(value: str, known: Mapping[int, Application], words: Words) -> str:
    if words.has(f"places.{value}"):
        return words(f"places.{value}")
    return f"{value} ({_employer(int(value), known)})"


def _employer(number: int, known: Mapping[int, Application]) -> str:
    return short(known[number].employer) if number in known else "?"
