"""The tables of ``promises.toml`` as patterns: how each language says when, and who is to answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline.rulefile import RuleFile

PARTS = ("early", "mid", "late")
UNITS = ("workday", "hour", "day", "week", "month")
_NAMED_ALONE = ("week_after", "next_week", "this_week", "next_month", "this_month")
_NAMED_BY_PART = ("the_week", "the_month", "the_quarter", "the_year")
_SLOTS = {"day": r"(?P<day>\d{1,2})", "year": r"(?P<year>(?:19|20)\d\d)"}
_NAME = re.compile(r"\{([a-z_]+)\}")
_NOTHING = "(?!)"
_TIMES = {"hour": "hours", "before": "before_hour", "after": "after_hour"}
_TIMES = {"hour": "hours", "before": "before_hour", "after": "after_hour"}
_ABBREVIATED = 4  # letters of the name of a time zone


class Anchor(StrEnum):
    """What a sentence may say that a date can belong to; the names of lists in ``promises.toml``."""

    ANSWERS = "answers"
    TAKES = "takes"
    SILENCE = "silence"
    ASKS = "asks"
    ALLOWS = "allows"
    LAPSES = "lapses"


@dataclass(frozen=True, slots=True, eq=False)
class Tongue:
    """One language: its patterns, and what its names of numbers, months and weekdays stand for.

    ``dates`` are (rule, pattern); ``words`` are the other patterns by what they are for.
    """

    language: str
    common: frozenset[str]
    values: Mapping[str, Mapping[str, int]]
    dates: tuple[tuple[str, re.Pattern[str]], ...]
    anchors: tuple[tuple[Anchor, re.Pattern[str]], ...]
    words: Mapping[str, re.Pattern[str]]
    zones: Mapping[str, ZoneInfo]


@dataclass(frozen=True, slots=True, eq=False)
class Phrasebook:
    """Every language of ``promises.toml``."""

    tongues: tuple[Tongue, ...]

    @classmethod
    def of_rules(cls, rules: RuleFile) -> Phrasebook:
        """Read the tables; raises ConfigError with the first thing that is wrong with them."""
        tables = rules.table()
        try:
            return cls(tuple(_tongue(language, table) for language, table in tables.items()))
        except (re.error, KeyError, TypeError, AttributeError, ValueError) as error:
            problem = f"cannot be read ({error!r}); compare it with the shipped one"
            raise ConfigError(rules.source, [problem]) from error


def _tongue(language: str, table: dict[str, Any]) -> Tongue:
    values = {"number": table["numbers"], "nth": table["nth"], **_calendar_names(language)}
    values["weekday"] |= table["weekdays_also"]
    values["month"] |= table.get("months_also", {})
    values |= {name: table.get(key, {}) for name, key in _TIMES.items()}
    zones = {name.lower(): ZoneInfo(key) for key, names in table.get("zones", {}).items() for name in names}
    names = {slot: [f"(?P<{slot}>{_any_name(values[slot])})"] for slot in ("month", "weekday", "nth")}
    lists = {
        **table,
        **names,
        **{slot: [pattern] for slot, pattern in _SLOTS.items()},
        "any_weekday": [_any_name(values["weekday"])],
        "number": [rf"\d{{1,3}}|{_any_name(values['number'])}"],
        "zone": [_any_zone(zones)],
        **{name: [_any_name(values[name])] if values[name] else [] for name in ("before", "after", "hour")},
        "gap": [_gap(table["negation"])],
    }
    return Tongue(
        language,
        frozenset(table["common"].split()),
        values,
        tuple((rule, _whole_words(_filled(pattern, lists))) for rule, pattern in _date_rules(table)),
        tuple((anchor, _whole_words(_filled(f"{{{anchor}}}", lists))) for anchor in Anchor),
        {name: re.compile(_filled(pattern, lists), re.IGNORECASE) for name, pattern in _SURROUNDINGS.items()},
        zones,
    )


def _calendar_names(language: str) -> dict[str, dict[str, int]]:
    """The names of months (1 to 12) and weekdays (0 to 6) in a language, in lower case."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415  only where there is mail to read

    try:
        locale = Locale(language)
    except UnknownLocaleError as error:
        raise ValueError(str(error)) from error
    names = [*locale.months["format"]["abbreviated"].items(), *locale.months["format"]["wide"].items()]
    return {
        "month": {name.lower().rstrip("."): number for number, name in names},
        "weekday": {name.lower(): number for number, name in locale.days["format"]["wide"].items()},
    }


def _any_name(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


def _any_zone(names: Iterable[str]) -> str:
    """Abbreviations count in capitals only: "14h et", "um 14 Uhr ist"; a single word, at the end of what is said."""
    names = list(names)
    ways = {
        r"(?-i:{})": [name.upper() for name in names if len(name) <= _ABBREVIATED],
        r"(?:{})(?=\s*(?:[.,;)]|$))": [name for name in names if len(name) > _ABBREVIATED and " " not in name],
        "{}": [name for name in names if " " in name],
    }
    return "|".join(way.format(_any_name(found)) for way, found in ways.items() if found) or _NOTHING


def _gap(negation: Iterable[str]) -> str:
    return rf"\s*(?:(?!(?:{'|'.join(negation)})\s)[^\s;!?]{{1,30}}\s+){{0,10}}?"


def _filled(pattern: str, lists: Mapping[str, Any]) -> str:
    """The pattern with every name in braces replaced by its list; a list may name others."""

    def phrases(match: re.Match[str]) -> str:
        found = lists.get(match[1], ())
        return f"(?:{'|'.join(_filled(phrase, lists) for phrase in found) if found else _NOTHING})"

    return _NAME.sub(phrases, pattern)


def _whole_words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)


_WEEKDAY_FIRST = r"(?:(?P<stated>{any_weekday})[.,]*\s+(?:{article}\s+)?)?"
_PART = "(?:" + "|".join(f"(?P<{part}>{{{part}}})" for part in PARTS) + ")"
_ALONE = "|".join(f"(?P<{period}>{{{period}}})" for period in _NAMED_ALONE)
_BY_PART = "|".join(f"(?P<{period}>{{{period}}})" for period in _NAMED_BY_PART)
_UNIT = "(?:" + "|".join(f"(?P<in_{unit}>{{{unit}_unit}})" for unit in UNITS) + ")"
_ANY_UNIT = "(?:" + "|".join(f"{{{unit}_unit}}" for unit in UNITS) + ")"
_RANGE = r"(?P<low>{number})(?:(?:\s?-\s?|\s{or}\s(?:{about}\s)?)(?P<high>{number}))?"
_AMOUNT = rf"(?:{_RANGE}|(?P<few>{{few}})|(?P<couple>{{couple}}))[\s-]"
_NO_AMOUNT = "(?(coming)|(?!))"  # only "in the coming days" needs none
_YEARLESS = r"(?<=/\d)|(?<=/\d\d)|(?:(?<=[.][1-9])|(?<=[.]0[1-9])|(?<=[.]1[0-2]))[.]"  # else a time of day, or a range
_RULES = {
    "iso": _WEEKDAY_FIRST + r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)",
    "numeric": _WEEKDAY_FIRST + r"(?<![\d/.-])(?P<a>\d{1,2})(?P<by>[./-])(?P<b>\d{1,2})"
    rf"(?:(?P=by)(?P<year>20\d\d|\d\d)|{_YEARLESS})(?![/-]?\d)",
    "week_number": r"{week_number}\s?(?P<week>\d{1,2})",
    "weekday": r"(?:(?P<next>{next})\s|{this}\s)?{weekday}(?!\s{not_weekday})(?:\s{weekday_tail})?"
    rf"(?:,?\s(?:[\w']{{1,3}}\s){{0,2}}(?:{_ALONE}))?",
    "weekday_day": r"(?:{this}\s)?{weekday}[.,]*\s+(?:{article}\s+)?{day}(?:st|nd|rd|th|er|º|[.](?!\d))?"
    r"(?!\d|[:/-]\d|[.]\d|\s?(?:{hour_word}|{am}|{pm})(?!\w))",
    "part": rf"{_PART}[\s-]?(?:{{month}}(?:\s{{year}})?|{_ALONE}|{_BY_PART})",
    "whole": rf"{_ALONE}|{{in_month}}\s{{month}}(?:\s{{year}})?",
    "quarter": r"(?:{late}\s)?(?:the\s)?q(?P<quarter>[1-4])(?:,?\s{year})?",
    "today": "{today}",
    "tomorrow": "{tomorrow}",
    "overmorrow": "{overmorrow}",
    "span": rf"(?:(?:(?P<coming>{{coming}})|(?P<within>{{within}}))\s)?(?:{{about}}\s){{0,3}}"
    rf"(?:{_AMOUNT}|{_NO_AMOUNT}){_UNIT}(?:\s{{or}}\s(?P<tail>{{number}})(?!\s{_ANY_UNIT}))?",
}


def _date_rules(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _RULES.items()
    yield from (("written", _WEEKDAY_FIRST + phrase) for phrase in table["dates"])
    yield from (("month_day", phrase) for phrase in table["month_day"])
    yield from (("nth_week", phrase) for phrase in table["nth_week"])


_HOUR, _MINUTE = r"(?:[01]?\d|2[0-3]|{hour})", r"(?:[:.]|\s?[hu]\s?|(?=\d\d\s?{{hour_word}}))(?P<{}>[0-5]\d)"
_HALF_OR_UNIT = r"(?:\s?(?:(?P<{0}am>{{am}})|(?P<{0}pm>{{pm}})|(?P<{0}unit>{{hour_word}}){1})(?!\w))*"
_AFTER = r"(?:\s(?P<after>{after})(?!\w))?"
_TIME = (
    rf"(?:(?P<lead>{{clock}})\s)?(?:(?P<noon>{{noon}})"
    rf"|(?:(?P<before>{{before}})\s)?(?P<hour>{_HOUR})(?:{_MINUTE.format('minute')})?{_AFTER}"
    + _HALF_OR_UNIT.format("", r"(?:\s(?P<late_minute>[0-5]\d)(?!\s?[:.h]\d))?")
    + rf"(?:\s?{{until}}\s?(?:{{about}}\s)?(?P<until>{_HOUR})(?:{_MINUTE.format('until_minute')})?"
    + _HALF_OR_UNIT.format("until_", "")
    + ")?)"
)
_OFFSET = r"(?:utc|gmt)\s?(?P<sign>[+-])\s?(?P<hours>0?\d|1[0-4])(?::?(?P<minutes>[0-5]\d))?(?!\d)"
_IN_ZONE = rf"(?:[\s,(]*(?:{_OFFSET}|(?P<zone>{{zone}})(?!\s?[+-]\d))(?!\w))?"

# What a sentence says of a talk, wherever in it.
_SAID = (
    *("talk", "offered", "or_else", "called_off", "conditional", "moved", "postponed"),
    *("elsewhere", "beside", "refusing"),
)
# What is looked for right before a date ends there; what is looked for right behind one begins there.
_SURROUNDINGS = {
    "lead": r"(?<!\w)(?:(?P<not_due>{not_due})|(?P<due>{due}))(?:[\s,:(]+{filler})*[\s,:(]*$",
    "week_of": r"(?<!\w){week_of}\s*$",
    "at_latest": r"[\s,]*{at_latest}(?!\w)",
    "clock": r"[\s,]*(?:{clock}\s)?\d{1,2}(?:[:.h]\d\d|\s?(?:[ap]\.?m|uhr|h|uur)\b)|[\s,]*{clock}\s\d",
    "since": r"[\s,]*{since}(?!\w)",
    "arrival": r"\s+{arrival}(?!\w)",
    "event": r"(?<!\w){event}(?!\w)",
    "refused": r"(?<!\w){refused}(?!\w)",
    "unsuccessful": r"(?<!\w){unsuccessful}(?!\w)",
    "clause": r"[,;:()]|\s-\s",
    "time": rf"(?<![\w:.,/€$£+-]){_TIME}(?![\w%€$£]|[:.,/]\d|\s?[%€$£]){_IN_ZONE}",
    "set_for": r"(?<!\w){set_for}[\s,:(]*$",
    "onto": r"(?<!\w){onto}(?:\s{article})?[\s,:(]*$",
    "instead_of": r"(?<!\w){instead_of}[\s,:(]*$",
    "between": r"(?<!\w){between}\s$",
    "up_to": r"(?<!\w){no_start}[\s,]*$",
    "no_start": r"(?<!\w){no_start}(?!\w)",
    "part_of_day": r"(?<!\w)(?:{am}|{pm}|{clock})(?!\w)",
    "through": r"[\s.]*(?:{through}|-)[\s]*(?:{article}\s)?",
    "apposed": r"[\s,(]*(?:{article}\s)?",
    "negated": r"(?<!\w)(?:{negation})(?!\w)",
    "zone_behind": r"[\s,(]*({zone})(?!\w)",
    "not_coming": r"(?<!\w){not_coming}\s$",
    "gone_by": r"\s{not_coming}(?!\w)",
    "late": r"(?<!\w){pm}(?!\w)",
    "label": r"\W*(?:[^\W\d]+(?:(?:[\s/-]\w+){0,3}\s?[:.-]+)?\s*)?",
    "thanked": r"(?<!\w){thanks}(?:(?!\s{and}\s)[^;:!?,]|, (?:dass|que|for|für|pour)\s)*$",
    **{name: rf"(?<!\w){{{name}}}(?!\w)" for name in _SAID},
}
