"""The table of next steps: for which situation, of which family, why, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.blanks import blanks_of
from pipeline.digest.steps.vocabulary import (
    BLANKS_OF_APPLICATIONS,
    BLANKS_OF_THE_SEARCH,
    DRAFTS,
    FAMILIES,
    LANGUAGES,
    OF_APPLICATIONS,
    OF_THE_SEARCH,
)
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.digest.steps.vocabulary import Value
    from pipeline.rulefile import RuleFile

    Vocabulary = Mapping[str, tuple[Value, ...]]

_KEYS = ("name", "family", "when", "draft")
_WORDS = ("reason", "wording")


@dataclass(frozen=True, slots=True)
class Words:
    """Why, and what to do, with their blanks; a thought that always fits needs no reason."""

    reason: str
    wording: str

    @property
    def blanks(self) -> set[str]:
        """What has to be known to say it."""
        return {name for text in (self.reason, self.wording) for name in blanks_of(text)}


@dataclass(frozen=True, slots=True)
class Advice:
    """One row of the table; ``when`` has the values that each condition may have, and all must hold."""

    name: str
    family: str
    when: Mapping[str, tuple[Value, ...]]
    draft: str
    words: Mapping[str, Words]

    def fits(self, facts: Mapping[str, Value]) -> bool:
        """Whether these facts are such a situation."""
        return all(key in facts and facts[key] in values for key, values in self.when.items())

    def words_in(self, language: str) -> Words:
        """The words in this language, else in English, else in whichever there is."""
        return self.words.get(language) or self.words.get("en") or next(iter(self.words.values()))


@dataclass(frozen=True, slots=True)
class NextSteps:
    """The whole table: ``steps`` for one application, ``general`` ones, and what to ask after an interview."""

    steps: tuple[Advice, ...]
    general: tuple[Advice, ...]
    question: Mapping[str, str]

    def question_in(self, language: str) -> str:
        """The question in this language, else in English, else in whichever there is; empty where there is none."""
        return self.question.get(language) or self.question.get("en") or next(iter(self.question.values()), "")


def read_steps(rules: RuleFile) -> NextSteps:
    """The table in a ``next_steps.toml``; raises ConfigError with every problem in it."""
    table = rules.table()
    problems = [*_problems_of_table(table)]
    if problems:
        raise ConfigError(rules.source, problems)
    steps, general = (tuple(map(_advice, table[name])) for name in _SORTS)
    return NextSteps(steps, general, table["question"])


# Of each sort of row: its conditions, and its blanks.
_SORTS: Mapping[str, tuple[Vocabulary, Sequence[str]]] = {
    "step": (OF_APPLICATIONS, BLANKS_OF_APPLICATIONS),
    "general": (OF_THE_SEARCH, BLANKS_OF_THE_SEARCH),
}


def _advice(row: Mapping[str, Any]) -> Advice:
    """A row in which there is no problem."""
    when = {key: tuple(_listed(values)) for key, values in row.get("when", {}).items()}
    words = {name: Words(row[name].get("reason", ""), row[name]["wording"]) for name in LANGUAGES if name in row}
    return Advice(row["name"], row["family"], when, row.get("draft", ""), words)


def _listed(values: Any) -> list[Any]:  # noqa: ANN401  what somebody wrote
    return values if isinstance(values, list) else [values]


def _problems_of_table(table: Mapping[str, Any]) -> Iterator[str]:
    names: set[str] = set()
    for sort in _SORTS:
        for n, row in enumerate(table[sort], 1):
            yield from (f"{sort} {n}: {problem}" for problem in _problems_of_row(row, sort))
            if str(row.get("name")) in names:
                yield f"{sort} {n}: there are two with the name {row['name']!r}"
            names.add(str(row.get("name")))
    if unknown := set(table["question"]) - set(LANGUAGES):
        yield f"question: unknown {', '.join(sorted(unknown))}; known: {', '.join(LANGUAGES)}"


def _problems_of_row(row: Mapping[str, Any], sort: str) -> Iterator[str]:
    conditions, blanks = _SORTS[sort]
    known = (*_KEYS, *LANGUAGES)
    yield from (f"unknown key {key!r}; known: {', '.join(known)}" for key in row if key not in known)
    name = row.get("name")
    if not isinstance(name, str) or not name or ":" in name:
        yield "name: is missing, or has a colon in it"
    if row.get("family") not in FAMILIES:
        yield f"family must be one of {', '.join(FAMILIES)}"
    if row.get("draft", DRAFTS[0]) not in DRAFTS:
        yield f"draft must be one of {', '.join(DRAFTS)}"
    when = row.get("when", {})
    yield from _problems_of_conditions(when, conditions)
    if sort == "general" and isinstance(when, dict) and len(when) > 1:
        yield "when: has one condition at most"
    if sort == "step" and not when:
        yield "when: is missing"
    yield from _problems_of_words(row, blanks if when else (), needs_reason=bool(when))


def _problems_of_conditions(when: Any, known: Vocabulary) -> Iterator[str]:  # noqa: ANN401  what somebody wrote
    if not isinstance(when, dict):
        yield 'when: is a table such as { wait = "silent", chases = 0 }'
        return
    for key, values in when.items():
        if key not in known:
            yield f"when: unknown condition {key!r}; known: {', '.join(known)}"
            continue
        for value in _listed(values):
            if isinstance(value, bool) or value not in known[key]:
                yield f"when: {key} must be one of {', '.join(map(str, known[key]))}, not {value!r}"


def _problems_of_words(row: Mapping[str, Any], blanks: Sequence[str], *, needs_reason: bool) -> Iterator[str]:
    given = [name for name in LANGUAGES if name in row]
    if not given:
        yield f"has no words; give them as {LANGUAGES[0]}.reason and {LANGUAGES[0]}.wording"
    for name in given:
        texts = row[name]
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            yield f"{name}: has a reason and a wording"
            continue
        yield from (f"unknown key '{name}.{key}'; known: {', '.join(_WORDS)}" for key in texts if key not in _WORDS)
        needed = _WORDS if needs_reason else _WORDS[1:]
        yield from (f"{name}.{key} is missing" for key in needed if not texts.get(key))
        yield from (f"{name}.{key}{problem}" for key, text in texts.items() for problem in _wrong_blanks(text, blanks))


def _wrong_blanks(text: str, known: Sequence[str]) -> list[str]:
    try:
        found = blanks_of(text)
    except ValueError as error:
        return [f" has a blank that cannot be filled in: {error}"]
    return [
        f" has a blank that cannot be filled in: {{{name}}}; known: {', '.join(known)}" for name in found - set(known)
    ]
