"""Which kind of letter fits an application as it stands, and what speaks against one that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.errors import NothingToDraftError, UsageError
from pipeline.plurals import counted
from pipeline.records import Direction, Kind, Stage, Turn
from pipeline.silence import MAX_CHASES, days_between, letters_since, questions_of, turn_at
from pipeline.silence.questions import THANKS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from pipeline.records import Application, Promise

# A question sooner than this after applying, or after the last question, seldom helps.
EARLY = timedelta(days=7)
# After so long without an answer a farewell helps more than a question.
LONG = timedelta(days=90)


class Unfit(StrEnum):
    """Why no letter fits."""

    CLOSED = "closed"
    YOUR_TURN = "your_turn"
    NOBODY = "nobody"
    ENOUGH = "enough"
    PROMISED = "promised"
    WRITTEN = "written"


class DraftKind(StrEnum):
    """What a letter is for."""

    FOLLOW_UP = "follow_up"
    LAST_FOLLOW_UP = "last_follow_up"
    PROMISE_PASSED = "promise_passed"
    THANK_YOU = "thank_you"
    FEEDBACK = "feedback"
    CLOSING = "closing"
    OFFER_DEADLINE = "offer_deadline"

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return _WORDS[self]


_WORDS = {
    DraftKind.FOLLOW_UP: "a question how things stand",
    DraftKind.LAST_FOLLOW_UP: "a last question how things stand",
    DraftKind.PROMISE_PASSED: "a reminder of a day that has passed",
    DraftKind.THANK_YOU: "thanks for an interview",
    DraftKind.FEEDBACK: "a request for feedback",
    DraftKind.CLOSING: "a farewell",
    DraftKind.OFFER_DEADLINE: "a question about an offer",
}
CHASES = frozenset({DraftKind.FOLLOW_UP, DraftKind.LAST_FOLLOW_UP, DraftKind.PROMISE_PASSED})


@dataclass(frozen=True, slots=True)
class Situation:
    """An application at one moment, as a letter about it sees it."""

    application: Application
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The day on the user's clock."""
        return self.now.astimezone(self.zone).date()

    @property
    def turn(self) -> Turn:
        """Whose turn it is now."""
        return turn_at(self.application, self.now)[0]

    @property
    def since(self) -> datetime:
        """Since when it is."""
        return turn_at(self.application, self.now)[1]

    @property
    def interview_at(self) -> datetime | None:
        """When the last interview was that is past; None where none is known."""
        known = (*self.application.interviews, self.application.interview_at)
        return max((at for at in known if at and at <= self.now), default=None)

    @property
    def days(self) -> int:
        """For how many days it has been."""
        return days_between(self.since, self.now, self.zone)

    @property
    def written(self) -> tuple[datetime, ...]:
        """When the user wrote since the turn last changed."""
        return letters_since(self.application, self.since)

    @property
    def asked(self) -> tuple[datetime, ...]:
        """When the user asked since the turn last changed; thanks for an interview are no question."""
        return questions_of(self.application, self.since)

    def promise_of(self, who: Turn) -> Promise | None:
        """What holds of the day that was given to ``who``, who has the turn."""
        promise = self.application.promise
        holds = promise and promise.who is who is self.turn and self.since == self.application.turn_since
        return promise if holds else None

    @property
    def broken(self) -> Promise | None:
        """The employer's promise to answer, when its day is over."""
        promise = self.promise_of(Turn.EMPLOYER)
        return promise if promise and promise.by < self.today and not promise.implies_no else None

    @property
    def pending(self) -> Promise | None:
        """The employer's promise to answer, while its day is to come."""
        promise = self.promise_of(Turn.EMPLOYER)
        return promise if promise and promise.by >= self.today else None

    def last(self, kinds: Iterable[Kind]) -> datetime | None:
        """When a message of theirs was last one of ``kinds``."""
        wanted = frozenset(kinds)
        found = (e.at for e in self.application.events if e.direction is Direction.IN and e.kind in wanted)
        return max(found, default=None)


def fitting(situation: Situation) -> tuple[DraftKind, str]:
    """The kind that fits, and why; raises NothingToDraftError, with the reason, where none does."""
    stage = situation.application.stage
    if stage is Stage.GHOSTED:
        return _unless_written(situation, DraftKind.CLOSING, "you gave up waiting for them")
    if stage is Stage.REJECTED:
        return _unless_written(situation, DraftKind.FEEDBACK, "they said no, and you may ask why")
    if stage.is_closed:
        raise _nothing(situation, Unfit.CLOSED, f"it is {_closed(situation)}")
    if situation.turn is Turn.USER and stage is Stage.OFFER:
        return DraftKind.OFFER_DEADLINE, "they made you an offer"
    if situation.turn is Turn.USER:
        raise _nothing(situation, Unfit.YOUR_TURN, "it is your turn: answer their message in your mail program")
    if situation.turn is Turn.NOBODY:
        raise _nothing(situation, Unfit.NOBODY, "nobody owes an answer just now")
    return _while_they_owe(situation)


def _while_they_owe(situation: Situation) -> tuple[DraftKind, str]:
    at, n_asked = situation.interview_at, len(situation.asked)
    if at and situation.since == at and situation.now - at <= THANKS and not situation.written:
        return DraftKind.THANK_YOU, f"the interview was {_ago(situation, at)}"
    if n_asked > MAX_CHASES or any(asked > situation.since + LONG for asked in situation.asked):
        words = f"you have written {counted(n_asked, 'time')} without an answer, so let it rest"
        raise _nothing(situation, Unfit.ENOUGH, words, str(n_asked))
    if situation.pending:
        day = situation.pending.by.isoformat()
        raise _nothing(situation, Unfit.PROMISED, f"they said they would answer by {day}", day)
    return _farewell(situation) or _question(situation)


def _farewell(situation: Situation) -> tuple[DraftKind, str] | None:
    """A farewell, where a question would be one too many."""
    n_asked, days, promise = len(situation.asked), situation.days, situation.promise_of(Turn.EMPLOYER)
    if n_asked == MAX_CHASES:
        return DraftKind.CLOSING, f"you have asked {counted(n_asked, 'time')} without an answer"
    if promise and promise.implies_no:
        return DraftKind.CLOSING, f"they said that silence until {promise.by.isoformat()} means a no"
    if days > LONG.days:
        return DraftKind.CLOSING, f"they have owed an answer for {counted(days, 'day')}"
    return None


def _question(situation: Situation) -> tuple[DraftKind, str]:
    broken = situation.broken
    if broken and not any(asked.astimezone(situation.zone).date() > broken.by for asked in situation.asked):
        return DraftKind.PROMISE_PASSED, f"they said they would answer by {broken.by.isoformat()}"
    if situation.asked:
        return DraftKind.LAST_FOLLOW_UP, "you have asked once without an answer"
    return (
        DraftKind.FOLLOW_UP,
        f"they have owed an answer for {counted(situation.days, 'day')}, and you have not asked yet",
    )


def _ago(situation: Situation, at: datetime) -> str:
    days = days_between(at, situation.now, situation.zone)
    return ("today", "yesterday")[days] if days < 2 else f"{days} days ago"  # noqa: PLR2004  two have a name


def _closed(situation: Situation) -> str:
    """How it ended, and how to open it again."""
    application = situation.application
    return f"{application.stage.replace('_', ' ')} (`unghost reopen {application.number}` opens it)"


def _unless_written(situation: Situation, kind: DraftKind, why: str) -> tuple[DraftKind, str]:
    if situation.written:
        raise _nothing(situation, Unfit.WRITTEN, "you have written since")
    return kind, why


def _nothing(situation: Situation, reason: Unfit, why: str, value: str = "") -> NothingToDraftError:
    number = situation.application.number
    remedy = (
        "" if reason in {Unfit.CLOSED, Unfit.YOUR_TURN} else f"; `unghost draft {number} --kind` writes one you name"
    )
    sentence = f"No letter fits application {number}: {why}{remedy}."
    return NothingToDraftError(sentence, reason, value)


def refuse_untrue(kind: DraftKind, situation: Situation) -> None:
    """Raise UsageError where a letter of this kind would say what the ledger does not know."""
    problem = _untrue(kind, situation)
    if problem:
        number = situation.application.number
        raise UsageError(
            f"{kind.words.capitalize()} would not be true for application {number}: {problem}; "
            "without --kind the letter that fits is written."
        )


def _untrue(kind: DraftKind, situation: Situation) -> str:
    stage = situation.application.stage
    is_refused = stage in {Stage.REJECTED, Stage.POSITION_CLOSED}
    if kind is DraftKind.FEEDBACK:
        return "" if is_refused else "they have not said no"
    if stage.is_closed and not (kind is DraftKind.CLOSING and stage is Stage.GHOSTED):
        return f"it is {_closed(situation)}"
    if kind is DraftKind.PROMISE_PASSED and not situation.broken:
        return "no day has passed by which they wanted to answer"
    if kind is DraftKind.OFFER_DEADLINE and stage is not Stage.OFFER:
        return "there is no offer"
    return _untrue_thanks(situation) if kind is DraftKind.THANK_YOU else ""


def _untrue_thanks(situation: Situation) -> str:
    if situation.interview_at:
        return ""
    if situation.application.interview_at:
        return "the interview is still to come"
    return "" if situation.last([Kind.INTERVIEW]) else "there was no interview"


def warnings_about(kind: DraftKind, situation: Situation) -> tuple[str, ...]:
    """What the user should know before sending it."""
    n_asked, last = len(situation.asked), max([situation.since, *situation.asked])
    doubts = [*situation.application.unsure, *situation.application.questions]
    found = []
    if kind in CHASES and n_asked >= MAX_CHASES:
        found.append(f"You have asked {n_asked} times already; a further letter seldom helps.")
    elif kind in CHASES and situation.now - last < EARLY:
        found.append(
            f"It is early: the last word is {counted(days_between(last, situation.now, situation.zone), 'day')} old."
        )
    if kind in CHASES and situation.turn is not Turn.EMPLOYER:
        found.append("By the ledger they owe you no answer just now.")
    if doubts:
        found.append(f"Message {', '.join(map(str, doubts))} may be their answer; see `unghost show`.")
    return tuple(found)
