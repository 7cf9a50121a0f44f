"""Values for tests: everything has a default, so that a test states only what matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from zoneinfo import ZoneInfo

from pipeline.digest.schedule import Schedule
from pipeline.digest.steps.table import read_steps
from pipeline.digest.wording import Wording
from pipeline.digest.words import read_words
from pipeline.link.naming import NameReader
from pipeline.link.promises import PromiseReader
from pipeline.records import (
    Address,
    Application,
    CalendarEvent,
    Direction,
    Event,
    Evidence,
    Fact,
    Kind,
    Label,
    Message,
    Prediction,
    Stage,
    Turn,
    Wait,
)
from pipeline.resources import shipped
from pipeline.rulefile import RuleFile
from pipeline.run import Rules
from pipeline.silence import Calendar, Patience
from pipeline.workdays import Workdays

NOW = datetime(2026, 3, 2, 7, 5, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
ME = Address("Dana Whitlock", "dana@whitlock.example")
NOBODY = Address("", "")
BERLIN = ZoneInfo("Europe/Berlin")


def as_shipped(name):
    """A file of rules nobody has changed."""
    return RuleFile(name, shipped("config", name).read_text(encoding="utf-8"))


NAMES = NameReader(as_shipped("ats.toml"), as_shipped("names.toml"))
PROMISES = PromiseReader(as_shipped("promises.toml"))
NEXT_STEPS = read_steps(as_shipped("next_steps.toml"))
CALENDAR = Calendar(Workdays(), BERLIN)
PATIENCE = Patience(CALENDAR)
FIXED = Patience(CALENDAR, fixed={Wait.GHOSTED: 45, Wait.SILENT: 21, Wait.OVERDUE: 10})
ENGLISH, GERMAN = (
    read_words(shipped("config", f"words.{language}.toml").read_text(encoding="utf-8"), "words", language)
    for language in ("en", "de")
)
WORDING = Wording("unghost@whitlock.example", (ME.addr_spec,), BERLIN, NEXT_STEPS, ENGLISH)
RULES = Rules(
    NAMES,
    PROMISES,
    PATIENCE,
    Schedule(0, 8, BERLIN),
    WORDING,
    retention=30 * DAY,
    own_addresses=frozenset({ME.addr_spec}),
    wanted=(("home", "INBOX"),),
    reply_lifetime=60 * DAY,
    confirms=False,
    taught={},
)

_numbers = count(1)


def a_message(**changes: object) -> Message:
    number = next(_numbers)
    message = Message(
        key=f"key-{number:06}",
        message_id=f"<{number}@brightwater.example>",
        in_reply_to="",
        references=(),
        date=NOW - DAY,
        from_=Address("Brightwater Talent Team", "no-reply@us.greenhouse-mail.io"),
        reply_to=(),
        to=(ME,),
        subject="Your application to Brightwater",
        text="Thank you for applying to Brightwater. We have received your application.",
        quoted="",
        calendar=(),
        hosts=(),
        list_id="",
        auto_submitted="",
        bulk=False,
        direction=Direction.IN,
    )
    return replace(message, **changes)


def a_prediction(kind: Kind = Kind.ACKNOWLEDGEMENT, confidence: float = 0.99, *, decided: bool = True) -> Prediction:
    rest = (1 - confidence) / 2
    proba = {label: confidence if label is kind.label else rest for label in Label}
    return Prediction(kind, kind.label, proba, decided, (Evidence("We have received it.", 1.5),), "model-1")


def a_fact(kind: Kind | None = Kind.ACKNOWLEDGEMENT, **changes: object) -> Fact:
    number = next(_numbers)
    fact = Fact(
        message_id=number,
        key=f"key-{number:06}",
        rfc_message_id=f"<{number}@brightwater.example>",
        thread=(),
        date=NOW - 30 * DAY,
        direction=Direction.IN,
        from_=Address("Brightwater Talent Team", "no-reply@us.greenhouse-mail.io"),
        reply_to=(),
        to=(ME,),
        subject="Your application to Brightwater",
        text="",
        calendar=(),
        kind=kind,
        guess=kind or Kind.REJECTION,
        stake=0.6,
        corrected=False,
    )
    return replace(fact, **changes)


def a_calendar_event(start: datetime, **changes: object) -> CalendarEvent:
    event = CalendarEvent(
        "uid-1", "REQUEST", 0, "Interview", "jo@brightwater.example", "Video", start, start + DAY / 24
    )
    return replace(event, **changes)


def an_application(**changes: object) -> Application:
    number = next(_numbers)
    since = NOW - 30 * DAY
    application = Application(
        key=f"application-{number}",
        employer="Brightwater",
        role="Data Analyst",
        applied_at=since,
        stage=Stage.APPLIED,
        turn=Turn.EMPLOYER,
        turn_since=since,
        turn_message_id=number,
        interview_at=None,
        last_message_at=since,
        contact=Address("", "no-reply@us.greenhouse-mail.io"),
        events=(Event(number, since, Direction.IN, Kind.ACKNOWLEDGEMENT, "opened"),),
        number=number,
    )
    return replace(application, **changes)


def octets_of(subject: str, text: str, **headers: str) -> bytes:
    """A message as it travels; ``from_``, ``to``, ``date``, ``message_id``, ``in_reply_to`` set those fields."""
    number = next(_numbers)
    fields = {
        "from_": "Brightwater Talent Team <no-reply@us.greenhouse-mail.io>",
        "to": "Dana Whitlock <dana@whitlock.example>",
        "date": "Sun, 01 Mar 2026 09:00:00 +0100",
        "message_id": f"<{number}@mail.example>",
        **headers,
    }
    mail = EmailMessage(policy=SMTP)
    for name, value in fields.items():
        mail[name.rstrip("_").replace("_", "-").title()] = value
    mail["Subject"] = subject
    mail.set_content(text)
    return mail.as_bytes()
