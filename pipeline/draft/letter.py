"""A letter about an application, made of what the ledger knows of it and nothing else."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from pipeline.draft.addressee import Addresses, correspondence_of
from pipeline.draft.book import filled
from pipeline.draft.kinds import Situation, fitting, refuse_untrue, warnings_about
from pipeline.draft.language import language_of
from pipeline.parse.text import clean_line
from pipeline.records import Direction, Kind, Stage, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from pipeline.draft.addressee import Correspondence
    from pipeline.draft.book import LetterBook, Tongue
    from pipeline.draft.kinds import DraftKind
    from pipeline.link.naming.tables import Tables
    from pipeline.records import Application, Message

# Longer lines than 78 characters, which the standard allows (RFC 5322 section 2.1.1): folded there, a long
# Message-ID would come out as an encoded word.
_WIRE = SMTP.clone(max_line_length=998)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}@[!-;=?-~]{1,250}>", re.ASCII)
_MAX_REFERENCES = 20
_ANSWERED = re.compile(r"^(?:(?:re|aw|antw|sv|rv|res|r|rif|ref)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_MAX_FACT = 150  # characters of a name or title


@dataclass(frozen=True, slots=True)
class DraftRules:
    """What letters are written by: wordings, tables of names, the user's clock and own addresses in lower case."""

    book: LetterBook
    tables: Tables
    zone: ZoneInfo
    own: Sequence[str]


@dataclass(frozen=True, slots=True)
class Drafted:
    """A letter ready to be read, changed and sent by the user.

    ``because`` says why it is of this kind; ``advice`` where to write when it has no addressee, and is empty
    otherwise; ``warnings`` what speaks against sending it.  ``answers`` is the key of the message it answers,
    ``person`` the name of whoever is behind it, empty where none is known.
    """

    kind: DraftKind
    because: str
    language: str
    letter: EmailMessage
    answers: str
    person: str
    advice: str
    warnings: tuple[str, ...]

    @property
    def octets(self) -> bytes:
        """The letter as it is put into a mailbox."""
        return self.letter.as_bytes(policy=_WIRE)

    @property
    def text(self) -> str:
        """What it says."""
        return str(self.letter.get_content())

    @property
    def to(self) -> str:
        """The address it goes to; empty where it has no addressee."""
        field = self.letter["To"]
        return field.addresses[0].addr_spec if field else ""


def draft_for(
    application: Application,
    messages: Iterable[Message],
    rules: DraftRules,
    now: datetime,
    kind: DraftKind | None = None,
) -> Drafted:
    """A letter of this kind, or of the one that fits, to whoever is behind ``application``.

    ``messages`` are those of its events.  The same letter has the same Message-ID all day.
    Raises NothingToDraftError where none fits, and UsageError where it would say what is not so.
    """
    situation = Situation(application, now, rules.zone)
    chosen, because = (kind, "you asked for it") if kind else fitting(situation)
    refuse_untrue(chosen, situation)
    newest = sorted(messages, key=lambda message: (message.date, message.key), reverse=True)
    sides = correspondence_of(application, newest, Addresses(rules.book, rules.tables, rules.own))
    language = _language(newest, rules)
    letter = _letter(chosen, situation, sides, rules.book, language)
    return Drafted(
        kind=chosen,
        because=because,
        language=language,
        letter=letter,
        answers=sides.parent.key if sides.parent else "",
        person=sides.person,
        advice="" if sides.to else _advice(application, sides),
        warnings=warnings_about(chosen, situation),
    )


def _language(newest: Sequence[Message], rules: DraftRules) -> str:
    """The language of what they wrote last, else of what one wrote oneself."""
    texts = [m.text for direction in (Direction.IN, Direction.OUT) for m in newest if m.direction is direction]
    found = language_of(texts, rules.tables.languages)
    return found if found in rules.book.tongues else rules.book.otherwise


def _letter(
    kind: DraftKind, situation: Situation, sides: Correspondence, book: LetterBook, language: str
) -> EmailMessage:
    tongue = book.tongues[language]
    wording, known = tongue.letters[kind], facts_of(situation, sides.person, tongue)
    letter = EmailMessage(policy=SMTP)
    if sides.sender:
        letter["From"] = HeaderAddress(_plain(sides.me), addr_spec=sides.sender)
    if sides.to:
        letter["To"] = HeaderAddress(_plain(sides.to.display_name), addr_spec=sides.to.addr_spec)
    letter["Date"] = format_datetime(situation.now.astimezone(situation.zone))
    letter["Subject"] = _plain(_subject(sides.parent, book.automatic) or filled(wording.subject, known))
    letter["Message-ID"] = _message_id(kind, situation, sides.sender)
    for name, value in _threading(sides.parent).items():
        letter[name] = value
    parts = (filled(tongue.greeting, known), filled(wording.text, known), f"{tongue.farewell}\n{sides.me}".strip())
    letter.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
    return letter


def facts_of(situation: Situation, person: str, tongue: Tongue) -> dict[str, str]:
    """What is known, by the name of its blank, in words of the letter's language."""
    application, stage = situation.application, situation.application.stage
    broken, pending, asked_by = situation.broken, situation.pending, situation.promise_of(Turn.USER)
    is_due = asked_by and asked_by.by >= situation.today and stage is Stage.OFFER
    moments = {
        "applied": application.applied_at,
        "interview": situation.interview_at,
        "asked": max(situation.asked, default=None),
        "answered": situation.last([Kind.REJECTION, Kind.POSITION_CLOSED]) if stage.is_closed else None,
        "offered": situation.last([Kind.OFFER]),
    }
    promises = {
        "promised": broken,
        "expected": None if pending and pending.implies_no else pending,
        "due": asked_by if is_due else None,
    }
    days = {name: at.astimezone(situation.zone).date() for name, at in moments.items() if at}
    days |= {name: promise.by for name, promise in promises.items() if promise}
    words = {"person": person, "role": application.role, "employer": application.employer}
    known = {name: clean_line(text, _MAX_FACT) for name, text in words.items()}
    known |= {name: day_in_words(day, situation.today, tongue) for name, day in days.items()}
    return {name: text for name, text in known.items() if text}


def day_in_words(day: date, today: date, tongue: Tongue) -> str:
    """A day such as "5 March" as the language writes it inside a sentence; with its year when that is another one."""
    from babel.dates import format_date, format_skeleton  # noqa: PLC0415  only a letter needs the locale data

    is_this_year = day.year == today.year
    words = (
        format_skeleton("MMMMd", day, locale=tongue.locale) if is_this_year else format_date(day, "long", tongue.locale)
    )
    return re.sub(r"^1(?=\D)", tongue.first_day, str(words)) if day.day == 1 else str(words)


def _subject(parent: Message | None, automatic: re.Pattern[str]) -> str:
    """The subject of the thread with one "Re: " before it (RFC 5322 section 3.6.5); empty without one.

    What a program has put before it ("Automatic reply:") is left out: a person writes the answer.
    """
    bare, before = clean_line(parent.subject) if parent else "", None
    while bare != before:
        before, bare = bare, automatic.sub("", _ANSWERED.sub("", bare), count=1)
    return f"Re: {bare}" if bare else ""


def _plain(words: str) -> str:
    """Words of a header in which nothing passes for an encoded word (RFC 2047 section 2), whatever it would hide."""
    return words.replace("=?", "= ?")


def _threading(parent: Message | None) -> Mapping[str, str]:
    """The fields that put an answer into its thread (RFC 5322 section 3.6.4)."""
    if parent is None or not _MESSAGE_ID.fullmatch(parent.message_id):
        return {}
    before = parent.references or (parent.in_reply_to,)
    thread = [each for each in dict.fromkeys([*before, parent.message_id]) if _MESSAGE_ID.fullmatch(each)]
    kept = thread if len(thread) <= _MAX_REFERENCES else [thread[0], *thread[1 - _MAX_REFERENCES :]]
    return {"In-Reply-To": parent.message_id, "References": " ".join(kept)}


def _message_id(kind: DraftKind, situation: Situation, sender: str) -> str:
    """The same all day; in the sender's own domain, so that nothing in the letter names unghost."""
    identity = hashlib.sha256(f"{situation.application.key} {kind} {situation.today}".encode()).hexdigest()[:32]
    return f"<{identity}@{sender.rpartition('@')[2] or 'localhost'}>"


def _advice(application: Application, sides: Correspondence) -> str:
    """Where to write, as there is no address that anybody reads."""
    whom = sides.person or f"the person who hires at {clean_line(application.employer, _MAX_FACT) or 'the employer'}"
    return (
        f"No address is known that somebody reads, so the letter has no addressee. Look for {whom} on LinkedIn, "
        "for a contact on the posting or the careers page, or call and ask whom to write to."
    )
