"""The words in which ``next_steps.toml`` may speak of a situation, and the blanks it may leave."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.funnel.gates import Gate
from pipeline.records import Stage, Turn, Wait

if TYPE_CHECKING:
    from collections.abc import Mapping

FAMILIES = ("reflect", "networking", "proactive", "feedback", "develop", "kind", "options")
LANGUAGES = ("en", "de")

# The letters `unghost draft` writes; the first three ask for an answer.
CHASES = ("follow_up", "last_follow_up", "promise_passed")
DRAFTS = (*CHASES, "thank_you", "feedback", "closing", "offer_deadline")


class Chance(StrEnum):
    """The odds of an answer, in words: under 1 in 20, under 1 in 5, or better."""

    SLIM = "slim"
    LOW = "low"
    FAIR = "fair"


class Meeting(StrEnum):
    """When the interview is or was: by tomorrow, within the week, since yesterday, within the last week."""

    TOMORROW = "tomorrow"
    SOON = "soon"
    YESTERDAY = "yesterday"
    RECENT = "recent"


class Due(StrEnum):
    """The day by which the user was asked to answer: within three days, or over."""

    NEAR = "near"
    PASSED = "passed"


class Search(StrEnum):
    """What the whole search is like."""

    NOTHING_OPEN = "nothing open"
    ONE_CONVERSATION = "one conversation"
    NO_ANSWERS = "no answers"
    MANY_REJECTIONS = "many rejections"


Value = str | int

# By condition: the values it may have.
OF_APPLICATIONS: Mapping[str, tuple[Value, ...]] = {
    "stage": tuple(Stage),
    "wait": (Wait.WAITING, Wait.OVERDUE, Wait.SILENT, Wait.GHOSTED),
    "turn": tuple(Turn),
    "odds": tuple(Chance),
    "chases": (0, 1, 2),
    "promise": ("broken",),
    "interview": tuple(Meeting),
    "deadline": tuple(Due),
    "reached": tuple(Gate),
    "contact": ("close",),
}
OF_THE_SEARCH: Mapping[str, tuple[Value, ...]] = {
    "search": tuple(Search),
    "rejections_after": tuple(Gate),
    "gap": tuple(Gate),
}

BLANKS_OF_APPLICATIONS = (
    "employer",
    "role",
    "days",
    "since",
    "odds",
    "asked",
    "promised",
    "interview",
    "due",
    "send",
)
BLANKS_OF_THE_SEARCH = ("n", "total", "days", "employer", "passed", "n_before", "passed_before")
