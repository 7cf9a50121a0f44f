"""The days and times of a text that stand together.

A time belongs to the day in front of it, or to one that stands closer behind it; and in a line without a day, to that
of a line next to it ("Date: ...", "Time: ..."), or of the heading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.link.promises.clocks import find_clocks, in_the_afternoon
from pipeline.link.promises.days import find_days
from pipeline.link.promises.sentences import read_sentences

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from pipeline.link.promises.clocks import Clock
    from pipeline.link.promises.dates import Written
    from pipeline.link.promises.days import Named
    from pipeline.link.promises.phrasebook import Phrasebook, Tongue

    Pair = tuple[dt.date, Clock]

_BEHIND, _BEFORE = 45, 22  # characters between a day and a time behind it, and one in front of it
_CLAUSE_END = re.compile(r"[,;:/()]|\b(?:and|und|et|y|e|en)\b", re.IGNORECASE)
_LINES = 3  # between a day on a line, and a time on another


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence with the days and times it names, in the language in which it names most."""

    sentence: str
    tongue: Tongue
    days: Sequence[Named]
    clocks: Sequence[Clock]

    @property
    def named(self) -> list[tuple[int, int]]:
        """Where its days and times stand, in their order."""
        places = [(day.start, day.end) for day in self.days]
        return sorted([*places, *((clock.start, clock.end) for clock in self.clocks if counts(clock))])

    def says(self, words: str) -> bool:
        """Whether it has one of the phrases that are in the phrasebook for this."""
        return bool(self.tongue.words[words].search(self.sentence))


def read_lines(text: str, phrasebook: Phrasebook, written: Written) -> Iterator[Line]:
    """The sentences of a text, each in one language."""
    for sentence, likely, others in read_sentences(text, phrasebook):
        if sentence:
            first = [_line(sentence, tongue, written) for tongue in likely]
            is_read = any(line.days and line.clocks for line in first)
            rest = [] if is_read else [_line(sentence, tongue, written) for tongue in others]
            yield max([*first, *rest], key=_n_read)


def _line(sentence: str, tongue: Tongue, written: Written) -> Line:
    days = find_days(sentence, tongue, written)
    clocks = find_clocks(sentence, tongue, [(day.start, day.end) for day in days])
    return Line(sentence, tongue, days, clocks)


def _n_read(line: Line) -> tuple[bool, int]:
    """Whether it names a day and a time, and how many characters of it do."""
    return bool(line.days and line.clocks), sum(end - start for start, end in line.named)


def lone_day(line: Line) -> dt.date | None:
    """The one day a line names without a time."""
    is_alone = len(line.days) == 1 and not any(map(counts, line.clocks)) and _is_on(line.days[0], line)
    return line.days[0].day if is_alone and not line.says("elsewhere") else None


def lone_days(lines: Sequence[Line], heading: dt.date | None) -> list[dt.date | None]:
    """For each line the day its times are of where it names none itself; ``heading`` where no line near names one."""
    lone: list[dt.date | None] = []
    above, left = None, 0
    for n, line in enumerate(lines):
        below = lone_day(lines[n + 1]) if n + 1 < len(lines) else None
        lone.append((above if left else None) or below or heading)
        if line.days:
            above, left = lone_day(line), _LINES
        else:
            left = _LINES if left and line.clocks else max(0, left - 1)
    return lone


def pairs(line: Line, lone: dt.date | None) -> list[Pair]:
    """The days of a sentence with their times; of one that is moved, where it is moved to."""
    if line.says("elsewhere"):
        return []
    if not line.days:
        first = next((clock for clock in line.clocks if counts(clock) and not _is_barred(clock, line)), None)
        return [(lone, first)] if lone and first and _is_led_up_to(first, line) else []
    last = len(line.days) - 1 if line.says("moved") else 0
    days = ((n, day) for n, day in enumerate(line.days) if n >= last and _is_on(day, line))
    return [(day.day, clock) for n, day in days if day.day for clock in _before(n, line) or _behind(n, line)]


def counts(clock: Clock) -> bool:
    """Whether it is surely a time of day."""
    return clock.is_led or not clock.is_bare


def is_beside(clock: Clock, line: Line) -> bool:
    """Whether a time is one to be there by, or at which something ends."""
    before = line.sentence[max(0, clock.start - _BEHIND) : clock.start]
    return bool(line.tongue.words["beside"].search(line.tongue.words["clause"].split(before)[-1]))


def _is_led_up_to(clock: Clock, line: Line) -> bool:
    """Whether a line begins with this time or a word for it, or speaks of a talk before."""
    before, words = line.sentence[: clock.start], line.tongue.words
    is_talk = words["talk"].search(before) and not line.says("conditional")
    return bool(is_talk or before.rstrip().endswith(":") or words["label"].fullmatch(before))


def _is_on(day: Named, line: Line) -> bool:
    """Whether a talk may be on this day: it is no limit, not past, not denied, and no other takes its place."""
    before, words = line.sentence[: day.start], line.tongue.words
    clause = words["clause"].split(before)[-1] + _CLAUSE_END.split(line.sentence[day.end :])[0]
    is_denied = words["negated"].search(clause)
    is_left = words["instead_of"].search(before) or (line.says("postponed") and not words["onto"].search(before))
    return not (day.is_limit or is_denied or is_left or words["thanked"].search(before))


def _before(n: int, line: Line) -> list[Clock]:
    """The time right in front of a day, with the zone behind the day."""
    day = line.days[n]
    zone = line.tongue.words["zone_behind"].match(line.sentence, day.end)
    told = line.tongue.zones[zone[1].lower()] if zone else None
    near = (clock for clock in line.clocks if _leads(clock, n, line) and not _is_barred(clock, line))
    return [replace(clock, zone=clock.zone or told) for clock in near][-1:]


def _behind(n: int, line: Line) -> list[Clock]:
    """The times behind a day, up to the next one."""
    day, others = line.days[n], line.days[n + 1 :]
    end = others[0].start if others else len(line.sentence)
    between = (clock for clock in line.clocks if day.end <= clock.start < end and counts(clock))
    found = [clock for clock in between if not (others and _leads(clock, n + 1, line))]
    if not found or not _belongs(found[0], day, line):
        return []
    return [replace(clock, time=_as_said(clock, day, line)) for clock in found]


def _leads(clock: Clock, n: int, line: Line) -> bool:
    """Whether a time stands right in front of a day, and not behind the day before it."""
    start = line.days[n - 1].end if n else 0
    between = line.sentence[clock.end : line.days[n].start]
    is_near = start <= clock.start and 0 <= line.days[n].start - clock.end <= _BEFORE and counts(clock)
    return is_near and (not n or (clock.start - start > len(between) and not _CLAUSE_END.search(between)))


def _is_barred(clock: Clock, line: Line) -> bool:
    """Whether it is a time by which, not at which, or one that another takes the place of."""
    before, words = line.sentence[: clock.start], line.tongue.words
    lead = words["lead"].search(before)
    is_lead = bool(lead and lead["due"]) and not words["set_for"].search(before)
    return is_lead or bool(words["up_to"].search(before) or words["instead_of"].search(before))


def _belongs(clock: Clock, day: Named, line: Line) -> bool:
    """Whether a day and a time behind it stand together."""
    between = line.sentence[day.end : clock.start]
    if clock.is_bare and line.tongue.words["part_of_day"].sub("", between).strip(" ,(-"):
        return False
    return len(between) <= _BEHIND and not line.tongue.words["no_start"].search(between)


def _as_said(clock: Clock, day: Named, line: Line) -> dt.time:
    """The time, in the afternoon where that is said in front of it."""
    is_late = line.tongue.words["late"].search(line.sentence, day.start, clock.start)
    return in_the_afternoon(clock.time) if is_late else clock.time
