"""The fixed sentences of the digest in one language, from ``words.<language>.toml``; no other module has any."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pipeline.blanks import blanks_of
from pipeline.digest.dates import DateForm
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set as AbstractSet

FORMS = ("zero", "one", "two", "few", "many", "other")  # of CLDR; "other" is what every language has


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences by dotted key, each in the forms that depend on a number; how dates are written."""

    language: str
    sentences: Mapping[str, Mapping[str, str]]

    @property
    def dates(self) -> DateForm:
        """How this language writes dates."""
        return DateForm(*(self.sentences[f"dates.{name}"]["other"] for name in ("locale", "day", "moment")))

    def __call__(self, key: str, n: int | None = None, **blanks: str) -> str:
        """The sentence in the form for ``n``, its blanks filled in."""
        forms = self.sentences[key]
        if n is None:
            return forms["other"].format_map(blanks)
        form = forms.get(self._form(n), forms["other"]) if len(forms) > 1 else forms["other"]
        return form.format_map({"n": self.number(n), **blanks})

    def has(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self.sentences

    def number(self, n: float) -> str:
        """A whole number such as ``1,204`` or ``1.204``."""
        from babel.numbers import format_decimal  # noqa: PLC0415  only a digest needs the locale data

        return str(format_decimal(round(n), locale=self.dates.locale))

    def month(self, month: str) -> str:
        """A month such as ``Mar 2026``, of ``2026-03``; it stays on one line."""
        from babel.dates import format_date  # noqa: PLC0415

        pattern = self.sentences["dates.month"]["other"]
        return str(format_date(date.fromisoformat(f"{month}-01"), pattern, self.dates.locale)).replace(" ", "\xa0")

    def figure(self, value: float) -> str:
        """A number such as ``0.785`` or ``0,785``, to three decimal places."""
        from babel.numbers import format_decimal  # noqa: PLC0415

        return str(format_decimal(value, locale=self.dates.locale))

    def percent(self, share: float) -> str:
        """A share of 1 such as ``71%``; in German with the space before the sign."""
        from babel.numbers import format_percent  # noqa: PLC0415

        return str(format_percent(share, locale=self.dates.locale))

    def _form(self, n: int) -> str:
        from babel import Locale  # noqa: PLC0415

        return str(Locale.parse(self.dates.locale).plural_form(n))


def read_words(
    text: str, source: str, language: str, *, model: Words | None = None, base: Words | None = None
) -> Words:
    """The sentences of a ``words.<language>.toml``; raises ConfigError with every problem in it.

    What is missing is taken from ``base``.  With a ``model``, the sentences must be those of the model, with no
    other blanks, and the locale one that Babel knows.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(source, [f"cannot be read: {error}"]) from error
    problems: list[str] = []
    found = dict(_sentences(table, problems))
    words = Words(language, {**(base.sentences if base else {}), **found})
    if model:
        problems += [f"{key}: is missing" for key in model.sentences if not words.has(key)]
        problems += _differences(found, model)
    if problems:
        raise ConfigError(source, problems)
    return words


def _sentences(table: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every sentence with its dotted key; a plain one has the form ``other`` only."""
    for group, rows in table.items():
        if not isinstance(rows, dict):
            problems.append(f"{group}: is no table of sentences")
            continue
        for name, value in rows.items():
            forms = {"other": value} if isinstance(value, str) else value
            if _is_sentence(forms):
                yield f"{group}.{name}", forms
            else:
                problems.append(f"{group}.{name}: is neither text nor a table of {', '.join(FORMS)} with other in it")


def _is_sentence(forms: Any) -> bool:  # noqa: ANN401  whatever TOML holds
    return (
        isinstance(forms, dict)
        and "other" in forms
        and all(form in FORMS and isinstance(text, str) for form, text in forms.items())
    )


def _differences(found: Mapping[str, Mapping[str, str]], model: Words) -> Iterator[str]:
    """What a sentence says that it cannot."""
    for key, forms in found.items():
        if not model.has(key):
            yield f"{key}: unknown key"
            continue
        known = {"n"}.union(*map(blanks_of, model.sentences[key].values()))
        yield from (f"{key}: {problem}" for text in forms.values() for problem in _wrong_blanks(text, known))
    if "dates.locale" in found:
        yield from _locale_problems(found["dates.locale"]["other"])


def _wrong_blanks(text: str, known: AbstractSet[str]) -> Iterator[str]:
    try:
        unknown = blanks_of(text) - known
    except ValueError:
        yield "has a brace that is no blank"
        return
    if unknown:
        yield f"has the unknown blank {{{min(unknown)}}}; known: {', '.join(sorted(known))}"


def _locale_problems(locale: str) -> Iterator[str]:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415

    try:
        Locale.parse(locale)
    except (UnknownLocaleError, ValueError):
        yield f"dates.locale: {locale!r} is no locale; write one like en_GB"
