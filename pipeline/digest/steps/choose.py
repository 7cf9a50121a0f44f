"""Choose: at most one step for each application and three general ones, in turn, and none twice running.

What was suggested is in what earlier digests said, as ``step:DAY:NAME``, so the days tell their order; a
general one has the state of the search behind it, and comes again when that has changed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.digest.steps.search import findings
from pipeline.digest.steps.vocabulary import CHASES
from pipeline.silence import MAX_CHASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from pipeline.digest.steps.search import Finding
    from pipeline.digest.steps.situation import Situation
    from pipeline.digest.steps.table import Advice, NextSteps
    from pipeline.records import Application, Silence

MAX_GENERAL = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One suggestion in words.

    ``reason`` is a fact of the user's own ledger, and empty for a thought that always fits.  ``draft`` is the
    kind of letter `unghost draft` has for it, ``on`` the working day to send that, and ``state`` what the fact was.
    """

    name: str
    family: str
    reason: str
    wording: str
    draft: str = ""
    on: date | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What earlier digests suggested, by application key ("" for the general ones): the last day of each step.

    ``times`` is how often each was suggested, and ``states`` are the (name, state) of general steps.
    """

    days: Mapping[str, Mapping[str, str]]
    times: Mapping[tuple[str, str], int]
    states: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, said: Iterable[tuple[str, str]]) -> Told:
        """What is remembered of it in what was said."""
        days: defaultdict[str, dict[str, str]] = defaultdict(dict)
        times: Counter[tuple[str, str]] = Counter()
        states: set[tuple[str, str]] = set()
        for key, what in said:
            if what.startswith("step:"):
                _, day, name, *state = what.split(":", 3)
                days[key][name] = max(day, days[key].get(name, ""))
                times[key, name] += 1
                states.update((name, one) for one in state)
        return cls(days, times, frozenset(states))

    def last(self, key: str) -> set[str]:
        """The steps that were suggested last."""
        days = self.days.get(key, {})
        return {name for name, day in days.items() if day == max(days.values())}

    def day(self, key: str, name: str) -> str:
        """When this one was suggested last; empty for never, which is earlier than any day."""
        return self.days.get(key, {}).get(name, "")


def mark_of(step: Step, today: date) -> str:
    """How it is remembered that this was suggested."""
    return f"step:{today.isoformat()}:{step.name}{f':{step.state}' if step.state else ''}"


def step_for(situation: Situation, table: NextSteps, told: Told, used: Counter[str], language: str) -> Step | None:
    """The step that fits an application best; None when none does.

    The more conditions a row has, the better it fits; of equals comes first what was not suggested to this
    application yet, then what is least in ``used``: this digest's own.  What has no draft is used once.
    """
    key, chases = situation.application.key, {advice.name for advice in table.steps if advice.draft in CHASES}
    may_chase = situation.may_chase and sum(told.times.get((key, name), 0) for name in chases) < MAX_CHASES
    fitting = [
        advice
        for advice in table.steps
        if advice.fits(situation.facts)
        and advice.name not in told.last(key)
        and (may_chase or advice.name not in chases)
        and (advice.draft or not used[advice.name])
        and advice.words_in(language).blanks <= set(situation.blanks)
    ]
    if not fitting:
        return None
    best = min(fitting, key=lambda advice: (-len(advice.when), told.day(key, advice.name), used[advice.name]))
    return _filled(best, situation.blanks, language, situation.send_on if best.name in chases else None)


def general_steps(
    applications: Sequence[Application],
    silences: Sequence[Silence],
    table: NextSteps,
    told: Told,
    now: datetime,
    language: str,
) -> tuple[Step, ...]:
    """At most three: what the search as a whole gives reason for, and one that always fits.

    A reason is given once, until its numbers change.
    """
    found = {(one.condition, one.value): one for one in findings(applications, silences, now)}
    candidates = [
        (advice, one)
        for advice in table.general
        if advice.name not in told.last("")
        and (one := _cause(advice, found))
        and (advice.name, one.state) not in told.states
        and advice.words_in(language).blanks <= set(one.blanks)
    ]
    candidates.sort(key=lambda pair: told.day("", pair[0].name))
    chosen = [_filled(advice, one.blanks, language, state=one.state) for advice, one in candidates]
    always = [advice for advice in table.general if not advice.when and advice.name not in told.last("")]
    thought = min(always, key=lambda advice: told.day("", advice.name), default=None)
    thoughts = [_filled(thought, {}, language)] if thought else []
    return (*chosen[: MAX_GENERAL - len(thoughts)], *thoughts)


def _cause(advice: Advice, found: Mapping[tuple[str, str], Finding]) -> Finding | None:
    """The first finding that is what the row speaks of."""
    wanted = ((key, str(value)) for key, values in advice.when.items() for value in values)
    return next((found[each] for each in wanted if each in found), None)


def _filled(advice: Advice, blanks: Mapping[str, str], language: str, on: date | None = None, state: str = "") -> Step:
    words = advice.words_in(language)
    reason, wording = words.reason.format_map(blanks), words.wording.format_map(blanks)
    return Step(advice.name, advice.family, reason, wording, advice.draft, on, state)
