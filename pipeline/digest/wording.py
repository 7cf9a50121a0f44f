"""The words of the digest that are data: next steps by situation, and thoughts in turn."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError
from pipeline.records import Stage, Wait

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pipeline.records import Silence

WAITS = (Wait.SILENT, Wait.GHOSTED, Wait.OVERDUE)
FAMILIES = ("reflect", "networking", "proactive", "feedback", "develop", "kind", "options")


@dataclass(frozen=True, slots=True)
class Step:
    """One suggestion: the situation it fits, its family, why, and in which words."""

    wait: str
    stage: str
    family: str
    reason: str
    wording: str


@dataclass(frozen=True, slots=True)
class Thought:
    """A general thought of one family."""

    family: str
    wording: str


@dataclass(frozen=True, slots=True)
class Wording:
    """The user's name for things: who it is written to, on which clock, and with which suggestions."""

    sender: str
    recipients: tuple[str, ...]
    zone: ZoneInfo
    steps: tuple[Step, ...]
    thoughts: tuple[Thought, ...]

    @property
    def reader(self) -> str:
        """The first of those it is written to, who answers it; empty where nobody is known."""
        return next(iter(self.recipients), "")


def read_steps(text: str, source: str) -> tuple[tuple[Step, ...], tuple[Thought, ...]]:
    """The steps and thoughts of a ``next_steps.toml``; raises ConfigError with every problem in it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(source, [f"cannot be read: {error}"]) from error
    problems: list[str] = []
    if any(not isinstance(row, dict) for name in ("step", "thought") for row in _rows(table, name)):
        raise ConfigError(source, ["[[step]] and [[thought]] are lists of tables; see the shipped file"])
    steps = tuple(_entry(Step, row, f"step {n}", problems) for n, row in enumerate(_rows(table, "step"), 1))
    thoughts = tuple(_entry(Thought, row, f"thought {n}", problems) for n, row in enumerate(_rows(table, "thought"), 1))
    if problems:
        raise ConfigError(source, problems)
    return steps, thoughts


def _rows(table: dict[str, Any], name: str) -> list[Any]:
    rows = table.get(name, [])
    return rows if isinstance(rows, list) else [rows]


def step_for(silence: Silence, steps: tuple[Step, ...], since: str, turn: int) -> Step | None:
    """One step that fits, its blanks filled in; None when nothing does.

    The entries for the stage come before those for every stage; of several, ``turn`` takes
    one after the other, so that a digest does not say the same thing to each line.
    """
    application = silence.application
    fitting = [s for s in steps if s.wait == silence.wait and s.stage == application.stage]
    fitting = fitting or [s for s in steps if s.wait == silence.wait and not s.stage]
    if not fitting:
        return None
    step = fitting[turn % len(fitting)]
    blanks = {
        "employer": application.employer,
        "role": application.role or "your application",
        "days": str(silence.elapsed.days),
        "since": since,
        "stage": application.stage.value,
    }
    return Step(step.wait, step.stage, step.family, step.reason.format_map(blanks), step.wording.format_map(blanks))


def _entry(kind: Any, row: dict[str, Any], place: str, problems: list[str]) -> Any:  # noqa: ANN401  Step or Thought
    known = tuple(kind.__slots__)
    values = {key: str(row.get(key, "")) for key in known}
    problems += [f"{place}: unknown key {key!r}; known: {', '.join(known)}" for key in row if key not in known]
    problems += [f"{place}: {key} is missing" for key in known if not values[key] and key != "stage"]
    if kind is Step and (values["wait"] not in WAITS or values["stage"] not in {"", *Stage}):
        problems.append(f"{place}: wait must be one of {', '.join(WAITS)}, stage one of {', '.join(Stage)}")
    if values["family"] not in FAMILIES:
        problems.append(f"{place}: family must be one of {', '.join(FAMILIES)}")
    problems += [f"{place}: {problem}" for problem in _blank_problems(values)]
    return kind(**values)


def _blank_problems(values: dict[str, str]) -> list[str]:
    blanks = dict.fromkeys(("employer", "role", "days", "since", "stage"), "x")
    found = []
    for key in ("reason", "wording"):
        try:
            values.get(key, "").format_map(blanks)
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            found.append(f"{key} has a blank that cannot be filled in: {error}; known: {', '.join(blanks)}")
    return found
