"""The options several commands share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import click

from pipeline.workdays import FIRST_YEAR, LAST_YEAR

LAST_NUMBER = 2**63 - 1  # SQLite's


class Moment(click.ParamType[datetime]):
    """A point in time with its zone, such as 2026-03-02T08:05:00+01:00, or "now"."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """An aware datetime; fails with an example."""
        if value == "now":
            return datetime.now(UTC)
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; write one like 2026-03-02T08:05:00+01:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no time zone; write one like 2026-03-02T08:05:00+01:00", param, ctx)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            self.fail(f"{value!r} is not between {FIRST_YEAR} and {LAST_YEAR}", param, ctx)
        return moment


class Day(click.ParamType[date]):
    """A day such as 2026-03-02."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:  # noqa: ANN401
        """A date; fails with an example."""
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day; write one like 2026-03-02", param, ctx)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail(f"{value!r} is not between {FIRST_YEAR} and {LAST_YEAR}", param, ctx)
        return day


class Number(click.ParamType[int]):
    """What an application, a message or a digest is called by; ``where`` says where they are told."""

    name = "number"

    def __init__(self, where: str) -> None:
        self.where = where

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401
        """A number of SQLite's from 1 on; fails with the place where they are told."""
        digits = str(value)
        is_short = len(digits) <= len(str(LAST_NUMBER))  # int() refuses thousands of them
        if not is_short or not digits.isdecimal() or not 1 <= int(digits) <= LAST_NUMBER:
            self.fail(f"{value!r} is no such number; {self.where}", param, ctx)
        return int(value)


APPLICATION = Number("`unghost list` tells those of applications")
MESSAGE = Number("`unghost show` and the digest tell those of messages")

now_option = click.option(
    "--now", type=Moment(), default=lambda: datetime.now(UTC), help="Pretend it is this time.", show_default=False
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
