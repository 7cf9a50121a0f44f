"""Between records and rows: times as UTC ISO 8601, tuples as JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pipeline.records import (
    Address,
    Application,
    Authentication,
    CalendarEvent,
    Direction,
    Event,
    Evidence,
    Fact,
    Flaw,
    Kind,
    Label,
    Learned,
    Measure,
    Message,
    Prediction,
    Promise,
    Question,
    Stage,
    Turn,
    Unsure,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Row = dict[str, Any]


def time_text(moment: datetime) -> str:
    """``moment`` (aware) as UTC ISO 8601 to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def optional_time_text(moment: datetime | None) -> str | None:
    """The same, where there may be none."""
    return time_text(moment) if moment else None


def optional_time(text: str | None) -> datetime | None:
    """The reverse of ``optional_time_text``."""
    return datetime.fromisoformat(text) if text else None


def message_row(message: Message, now: datetime) -> Row:
    """The row of ``messages``, without its id."""
    return {
        "key": message.key,
        "rfc_message_id": message.message_id,
        "in_reply_to": message.in_reply_to,
        "references": json.dumps(message.references),
        "date": time_text(message.date),
        "direction": message.direction,
        "from_name": message.from_.display_name,
        "from_addr": message.from_.addr_spec,
        "reply_to": _addresses_json(message.reply_to),
        "to": _addresses_json(message.to),
        "subject": message.subject,
        "text": message.text,
        "calendar": json.dumps([_event_dict(event) for event in message.calendar]),
        "hosts": json.dumps(message.hosts),
        "list_id": message.list_id,
        "auto_submitted": message.auto_submitted,
        "bulk": int(message.bulk),
        "authentication": message.authentication,
        "recorded_at": time_text(now),
    }


def message_from_row(row: Row) -> Message:
    """A recorded message; what was quoted in it is not kept, and forgotten text is empty."""
    return Message(
        key=row["key"],
        message_id=row["rfc_message_id"],
        in_reply_to=row["in_reply_to"],
        references=tuple(json.loads(row["references"])),
        date=datetime.fromisoformat(row["date"]),
        from_=Address(row["from_name"], row["from_addr"]),
        reply_to=_addresses(row["reply_to"]),
        to=_addresses(row["to"]),
        subject=row["subject"],
        text=row["text"] or "",
        quoted="",
        calendar=_calendar(row["calendar"]),
        hosts=tuple(json.loads(row["hosts"])),
        list_id=row["list_id"],
        auto_submitted=row["auto_submitted"],
        bulk=bool(row["bulk"]),
        direction=Direction(row["direction"]),
        authentication=Authentication(row["authentication"]),
    )


def prediction_row(message_id: int, prediction: Prediction, now: datetime) -> Row:
    """The row of ``predictions``."""
    return {
        "message_id": message_id,
        "model_id": prediction.model_id,
        "kind": prediction.kind,
        "label": prediction.label,
        "proba": json.dumps({label: round(p, 4) for label, p in prediction.proba.items()}),
        "decided": int(prediction.decided),
        "evidence": json.dumps([[e.sentence, round(e.weight, 3)] for e in prediction.evidence], ensure_ascii=False),
        "predicted_at": time_text(now),
    }


def fact_from_row(row: Row) -> Fact:
    """A message joined with what is believed about it (see ``Facts.linkable``)."""
    return Fact(
        message_id=row["id"],
        key=row["key"],
        rfc_message_id=row["rfc_message_id"],
        thread=tuple(dict.fromkeys([*json.loads(row["references"]), *filter(None, [row["in_reply_to"]])])),
        date=datetime.fromisoformat(row["date"]),
        direction=Direction(row["direction"]),
        from_=Address(row["from_name"], row["from_addr"]),
        reply_to=_addresses(row["reply_to"]),
        to=_addresses(row["to"]),
        subject=row["subject"],
        text=row["text"] or "",
        calendar=_calendar(row["calendar"]),
        kind=Kind(row["kind"]) if row["kind"] else None,
        guess=Kind(row["predicted_kind"] or Kind.OTHER),
        stake=1 - json.loads(row["proba"])[Label.NONE] if row["proba"] else 0.0,
        corrected=row["corrected_kind"] is not None,
        unproven=Authentication(row["authentication"]).failed,
    )


def learned_from_row(row: Row) -> Learned:
    """What a training came to (see ``Facts.last_training``)."""
    measure, figure, before = (row[name] for name in ("worse_in", "figure", "figure_before"))
    return Learned(
        model_id=row["model_id"],
        n_corrections=row["n_corrections"],
        n_right_before=row["n_right_before"],
        n_right=row["n_right"],
        n_broken=row["n_broken"],
        n_relabelled=row["n_relabelled"],
        promoted=bool(row["promoted"]),
        flaw=Flaw(Measure(measure), figure, before) if measure else None,
    )


def unsure_from_row(row: Row) -> Unsure:
    """An undecided message with its guess (see ``Facts.unsure``)."""
    proba = json.loads(row["proba"])
    return Unsure(
        message_id=row["id"],
        date=datetime.fromisoformat(row["date"]),
        from_=Address(row["from_name"], row["from_addr"]),
        subject=row["subject"],
        guess=Kind(row["predicted_kind"]),
        confidence=proba[row["predicted_label"]],
        stake=1 - proba[Label.NONE],
        evidence=tuple(Evidence(sentence, weight) for sentence, weight in json.loads(row["evidence"])),
        authentication=Authentication(row["authentication"]),
    )


def application_row(application: Application) -> Row:
    """The row of ``applications``."""
    return {
        "key": application.key,
        "number": application.number,
        "employer": application.employer,
        "role": application.role,
        "applied_at": optional_time_text(application.applied_at),
        "stage": application.stage,
        "turn": application.turn,
        "turn_since": time_text(application.turn_since),
        "turn_message_id": application.turn_message_id,
        "interview_at": optional_time_text(application.interview_at),
        "interviews": json.dumps([time_text(start) for start in application.interviews]),
        "last_message_at": time_text(application.last_message_at),
        "contact_name": application.contact.display_name,
        "contact_addr": application.contact.addr_spec,
        "unsure": json.dumps(application.unsure),
        "questions": json.dumps(application.questions),
        "promise": _promise_json(application.promise),
        "snoozed_until": application.snoozed_until.isoformat() if application.snoozed_until else None,
    }


def event_rows(application: Application) -> Iterable[Row]:
    """The rows of ``events`` for one application."""
    for event in application.events:
        yield {
            "application_key": application.key,
            "message_id": event.message_id,
            "at": time_text(event.at),
            "direction": event.direction,
            "kind": event.kind,
            "link": event.link,
        }


def application_from_row(row: Row, events: tuple[Event, ...]) -> Application:
    """The reverse of ``application_row``."""
    return Application(
        key=row["key"],
        employer=row["employer"],
        role=row["role"],
        applied_at=optional_time(row["applied_at"]),
        stage=Stage(row["stage"]),
        turn=Turn(row["turn"]),
        turn_since=datetime.fromisoformat(row["turn_since"]),
        turn_message_id=row["turn_message_id"],
        interview_at=optional_time(row["interview_at"]),
        interviews=tuple(map(datetime.fromisoformat, json.loads(row["interviews"]))),
        last_message_at=datetime.fromisoformat(row["last_message_at"]),
        contact=Address(row["contact_name"], row["contact_addr"]),
        events=events,
        unsure=tuple(json.loads(row["unsure"])),
        questions=tuple(json.loads(row["questions"])),
        promise=_promise(row["promise"]),
        snoozed_until=date.fromisoformat(row["snoozed_until"]) if row["snoozed_until"] else None,
        number=row["number"],
    )


def question_from_row(row: Row, applications: tuple[Application, ...]) -> Question:
    """A message that may belong to one of ``applications`` (see ``Derived.questions``)."""
    from_ = Address(row["from_name"], row["from_addr"])
    return Question(row["id"], datetime.fromisoformat(row["date"]), from_, row["subject"], applications)


def event_from_row(row: Row) -> Event:
    """The reverse of ``event_rows``."""
    return Event(
        message_id=row["message_id"],
        at=datetime.fromisoformat(row["at"]),
        direction=Direction(row["direction"]),
        kind=Kind(row["kind"]) if row["kind"] else None,
        link=row["link"],
    )


def _promise_json(promise: Promise | None) -> str | None:
    if promise is None:
        return None
    return json.dumps([promise.by.isoformat(), promise.who, promise.sentence, promise.implies_no], ensure_ascii=False)


def _promise(text: str | None) -> Promise | None:
    if text is None:
        return None
    by, who, sentence, implies_no = json.loads(text)
    return Promise(date.fromisoformat(by), Turn(who), sentence, implies_no)


def _addresses_json(addresses: Iterable[Address]) -> str:
    return json.dumps([[a.display_name, a.addr_spec] for a in addresses], ensure_ascii=False)


def _addresses(text: str) -> tuple[Address, ...]:
    return tuple(Address(name, spec) for name, spec in json.loads(text))


def _event_dict(event: CalendarEvent) -> Mapping[str, Any]:
    fields = {name: getattr(event, name) for name in CalendarEvent.__slots__}
    return fields | {"start": optional_time_text(event.start), "end": optional_time_text(event.end)}


def _calendar(text: str) -> tuple[CalendarEvent, ...]:
    events = json.loads(text)
    return tuple(
        CalendarEvent(**(event | {"start": optional_time(event["start"]), "end": optional_time(event["end"])}))
        for event in events
    )
