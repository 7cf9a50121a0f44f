"""The frozen values that travel between rooms, by subject; no value here has an effect."""

from pipeline.records.applications import Application, Event, Promise, Question, Stage, Turn
from pipeline.records.facts import Fact, Statement, Verb
from pipeline.records.labels import KIND_OF_LABEL, LABEL_OF_KIND, Evidence, Kind, Label, Learned, Prediction, Unsure
from pipeline.records.letters import Draft, Letter, Outcome, Replied, Reply, ReplyLine, Sending, Told
from pipeline.records.messages import (
    Address,
    Authentication,
    CalendarEvent,
    Coverage,
    Direction,
    MailboxState,
    Message,
    MessageUID,
    RawMessage,
)
from pipeline.records.silences import Grounds, Silence, Wait
from pipeline.records.summary import Summary

__all__ = [
    "KIND_OF_LABEL",
    "LABEL_OF_KIND",
    "Address",
    "Application",
    "Authentication",
    "CalendarEvent",
    "Coverage",
    "Direction",
    "Draft",
    "Event",
    "Evidence",
    "Fact",
    "Grounds",
    "Kind",
    "Label",
    "Learned",
    "Letter",
    "MailboxState",
    "Message",
    "MessageUID",
    "Outcome",
    "Prediction",
    "Promise",
    "Question",
    "RawMessage",
    "Replied",
    "Reply",
    "ReplyLine",
    "Sending",
    "Silence",
    "Stage",
    "Statement",
    "Summary",
    "Told",
    "Turn",
    "Unsure",
    "Verb",
    "Wait",
]
