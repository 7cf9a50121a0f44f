"""Rows as CSV (RFC 4180) that a spreadsheet takes for text, numbers and dates, never for formulas."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# What OWASP's page on CSV injection and ASVS 1.2.10 name, the wide forms some spreadsheets take for the same, and
# such a text behind apostrophes, so that the one put before it can be told from its own.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]")


def csv_of(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """The ``columns`` of ``rows`` under their names; what is None is empty, and a list stands in one cell."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return sheet.getvalue()


def _cell(value: Any) -> Any:  # noqa: ANN401  a number stays one
    if isinstance(value, list):
        return " ".join(map(str, value))
    return harmless(value) if isinstance(value, str) else value


def harmless(text: str) -> str:
    """``text``, after an apostrophe where it would begin a formula: without that apostrophe it is the same."""
    return f"'{text}" if _FORMULA.match(text) else text
