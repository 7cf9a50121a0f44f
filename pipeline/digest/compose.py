"""Choose what is worth saying: what moved, whose turn it is, who has gone silent, what to check, and what to do.

Everything said is remembered as (application key, what), and nothing is said again unless
its state has changed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.digest.calendar import appointments
from pipeline.digest.contents import MAX_FULL, MAX_LISTED, MAX_MOVED, MAX_NAMED, Digest, Figure, Section
from pipeline.digest.replied import answers, ignored, keys_of, untold
from pipeline.digest.sections import decided, meetings, still_your_turn, waits, withheld, your_turn
from pipeline.digest.steps.choose import Told, general_steps, mark_of, step_for
from pipeline.digest.steps.situation import Situation, situation_of
from pipeline.digest.steps.vocabulary import Meeting
from pipeline.funnel.course import Step as Reached, furthest, has_reached, wait_for_answer
from pipeline.funnel.delay import middle_of
from pipeline.records import Label, Stage, Turn, Unsure, Wait
from pipeline.silence import Calendar, read_until, turn_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from pipeline.digest.contents import Item, Picture
    from pipeline.digest.steps.choose import Step
    from pipeline.digest.wording import Wording
    from pipeline.records import Application, Learned, Question, Silence

    Sections = dict[str, Section]

_COUNTED = ("silent", "overdue", "closed")
LONG_IMPORT = 2 * MAX_LISTED  # more waits and endings than this in a first digest are counted, not listed


def compose(picture: Picture, wording: Wording, now: datetime) -> Digest:
    """What is worth saying at ``now``.

    What a list is too long for is left for the next digest; only the first one, after a long
    import perhaps, counts as having said it all.
    """
    calendar = Calendar(picture.workdays, wording.zone)
    situations = _situations(picture, wording, calendar, now)
    found = _sections(picture, wording, situations, calendar, now)
    is_long = picture.previous_at is None and sum(found[name].n for name in _COUNTED) > LONG_IMPORT
    sections = _with_steps(_what_matters(found) if is_long else found, situations, wording, Told.of(picture.said))
    sections |= {"interviewed": _worth_asking(sections["interviewed"])}
    replied = untold(picture.replied, picture.said)
    just_moved = {item.application.key for item in (*found["moved"].items, *found["moved"].rest)}
    digest = Digest(
        **sections,
        written_at=now,
        answers=answers(replied, picture.applications, wording.words),
        ignored=ignored(replied, wording.words),
        summary=_standings(picture, now) if is_long else (),
        still=_section(still_your_turn(picture, situations, just_moved, wording.zone, now), MAX_NAMED),
        question=wording.next_steps.question_in(wording.language),
        check=tuple([u for u in _most_telling(picture) if ("", _asks(u)) not in picture.said][:MAX_LISTED]),
        whose=tuple([q for q in picture.questions if ("", _asks(q)) not in picture.said][:MAX_LISTED]),
        figures=_figures(picture),
        median_days=_median_days(picture, now),
        general=_general(picture, wording, now),
        learned=_newly_learned(picture),
        coverage=tuple(picture.coverage),
        n_unreadable=picture.n_unreadable,
        dates=appointments(picture.applications, _listed(sections), picture.said, wording, now),
        n_open=sum(not application.stage.is_closed for application in picture.applications),
        said=frozenset(),
    )
    if digest.is_quiet:
        return replace(digest, general=())
    passed_over = found if picture.previous_at is None else {}
    said = _said(digest, sections, passed_over, now.astimezone(wording.zone).date())
    return replace(digest, said=frozenset(said).union(*map(keys_of, replied)))


def _situations(picture: Picture, wording: Wording, calendar: Calendar, now: datetime) -> dict[str, Situation]:
    """What each application is like, by its key."""
    claims = {silence.application.key: silence for silence in picture.silences}
    of = picture.applications
    return {a.key: situation_of(a, claims.get(a.key), calendar, now, wording.words) for a in of}


def _sections(
    picture: Picture, wording: Wording, situations: Mapping[str, Situation], calendar: Calendar, now: datetime
) -> Sections:
    """What is new, by the fields of the digest."""
    moved = decided(picture, Label.INVITATION, now)
    just_moved = {item.application.key for item in moved}
    ahead = meetings(picture, situations, Meeting.TOMORROW, Meeting.SOON)
    return {
        "moved": _section(moved, MAX_MOVED),
        "ahead": _section([item for item in ahead if item.application.key not in just_moved]),
        "your_turn": _section(your_turn(picture, situations, just_moved, now)),
        "interviewed": _section(meetings(picture, situations, Meeting.YESTERDAY, Meeting.RECENT)),
        "silent": _section(waits(picture, (Wait.SILENT, Wait.GHOSTED), calendar, now)),
        "overdue": _section(waits(picture, (Wait.OVERDUE,), calendar, now)),
        "closed": _section(decided(picture, Label.REJECTION, now) if wording.lists_closed else []),
        "withheld": _section(withheld(picture)),
    }


def _section(items: Sequence[Item], most: int = MAX_LISTED) -> Section:
    return Section(tuple(items[:most]), tuple(items[most:]))


def _what_matters(sections: Sections) -> Sections:
    """Of what a long import brought to light: what is to come, and where something can still be done."""
    silent = [item for item in sections["silent"].items if item.silence and item.silence.wait is Wait.SILENT]
    none = dict.fromkeys(("overdue", "closed", "withheld"), Section())
    return sections | none | {"silent": Section(tuple(silent))}


def _with_steps(sections: Sections, situations: Mapping[str, Situation], wording: Wording, told: Told) -> Sections:
    """The same with one step for each application that is told in full, where it stands first."""
    used: Counter[str] = Counter()
    steps: dict[str, Step | None] = {}
    found = {}
    for name, section in sections.items():
        items = []
        for n, item in enumerate(section.items):
            key, step = item.application.key, None
            if key not in steps and name != "withheld" and n < MAX_FULL:
                step = steps[key] = step_for(situations[key], wording.next_steps, told, used, wording.language)
                used.update([step.name] if step else [])
            items.append(replace(item, step=step))
        found[name] = replace(section, items=tuple(items))
    return found


def _worth_asking(section: Section) -> Section:
    """Without the interviews of which the user has noted something, unless there is a step to take."""
    items = tuple(item for item in section.items if item.step or not item.is_noted)
    return Section(items, tuple(item for item in section.rest if not item.is_noted))


def _listed(sections: Sections) -> list[Silence]:
    """The waits that are told, without the silent ones whose step is not to ask: the calendar says nothing else."""
    silent = [item for item in sections["silent"].items if item.step is None or item.step.on]
    return [item.silence for item in (*silent, *sections["overdue"].items) if item.silence]


def _general(picture: Picture, wording: Wording, now: datetime) -> tuple[Step, ...]:
    told = Told.of(picture.said)
    return general_steps(picture.applications, picture.silences, wording.next_steps, told, now, wording.language)


def _newly_learned(picture: Picture) -> Learned | None:
    """What the newest training came to, unless it was told."""
    learned = picture.learned
    return learned if learned and ("", f"model:{learned.model_id}") not in picture.said else None


def _said(digest: Digest, sections: Sections, passed_over: Sections, today: date) -> Iterator[tuple[str, str]]:
    """What it says, as (application key, what), and what counts as said with it; no invitation is passed over."""
    for section in sections.values():
        for item in section.items:
            yield item.application.key, item.what
            if item.step:
                yield item.application.key, mark_of(item.step, today)
    for name, section in passed_over.items():
        if name != "moved":
            yield from ((item.application.key, item.what) for item in (*section.items, *section.rest))
    yield from (("", _asks(unsure)) for unsure in digest.check)
    yield from (("", _asks(question)) for question in digest.whose)
    yield from (("", mark_of(step, today)) for step in digest.general)
    yield from ((date.application.key, date.what) for date in digest.dates)
    if digest.learned:
        yield "", f"model:{digest.learned.model_id}"


def _asks(about: Unsure | Question) -> str:
    """How it is remembered that this was asked."""
    return f"{'unsure' if isinstance(about, Unsure) else 'whose'}:{about.message_id}"


def _most_telling(picture: Picture) -> list[Unsure]:
    """The undecided messages, first those whose answer changes most.

    First come those that keep a claim about an application from being made, then those
    that are most likely an invitation or a rejection.
    """
    doubts = {message_id for application in picture.applications for message_id in application.unsure}
    return sorted(picture.unsure, key=lambda u: (u.message_id not in doubts, -u.stake))


def _standings(picture: Picture, now: datetime) -> tuple[Figure, ...]:
    """How many applications stand where; each is counted once."""
    claims = {silence.application.key: silence.wait for silence in picture.silences}
    counts = Counter(_standing(a, claims.get(a.key), now) for a in picture.applications)
    total = len(picture.applications)
    return tuple(Figure(name, counts[name], counts[name] / total) for name in STANDINGS if counts[name])


_WAITS = {
    Wait.WAITING: "waiting",
    Wait.OVERDUE: "slower than most",
    Wait.SILENT: "gone quiet",
    Wait.GHOSTED: "gone quiet",
    Wait.WITHHELD: "can't tell",
}
_TURNS = {Turn.USER: "your turn", Turn.EMPLOYER: "waiting", Turn.NOBODY: "on hold"}
STANDINGS = ("your turn", "waiting", "slower than most", "gone quiet", "can't tell", "on hold", "closed")


def _standing(application: Application, wait: Wait | None, now: datetime) -> str:
    if application.stage.is_closed:
        return "closed"
    return _WAITS[wait] if wait else _TURNS[turn_at(application, now)[0]]


def _figures(picture: Picture) -> tuple[Figure, ...]:
    """The funnel as `unghost stats` counts it, with how many said no and how many are silent."""
    total, reached = len(picture.applications), [furthest(a) for a in picture.applications]
    silent = sum(s.wait in {Wait.SILENT, Wait.GHOSTED} for s in picture.silences)
    counts: Mapping[str, int] = {
        "applications": total,
        "answered": sum(has_reached(Reached.ANSWERED, each) for each in reached),
        "interviews": sum(has_reached(Reached.INTERVIEW, each) for each in reached),
        "rejections": sum(a.stage in {Stage.REJECTED, Stage.POSITION_CLOSED} for a in picture.applications),
        "gone quiet": silent,
    }
    return tuple(Figure(name, n, n / total if total else 0.0) for name, n in counts.items())


def _median_days(picture: Picture, now: datetime) -> float | None:
    """By how many days half of the answers have come that come at all; None where they are too few to say."""
    until = read_until(picture.coverage, now)
    return middle_of([wait for a in picture.applications if (wait := wait_for_answer(a, until))])
