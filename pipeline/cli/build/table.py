"""Tables for people: as wide as the terminal, with no word broken that could stay whole."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.measure import Measurement
    from rich.table import Table

BAR = (4, 30)  # characters; how long a bar of 1 is
PIPE = 120  # characters, where neither a terminal nor COLUMNS says how many there are
AMPLE = 1000  # characters; no cell wants more
NARROW = 12  # characters; a column that may wrap is no narrower, however narrow the terminal


@dataclass(frozen=True, slots=True)
class Bar:
    """A share of 1, drawn as long as there is room for."""

    share: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As many signs of its column as it has a share."""
        yield "#" * round(options.max_width * self.share)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """How wide the bar of 1 may be."""
        from rich.measure import Measurement  # noqa: PLC0415  a quiet run has no tables

        return Measurement(*BAR)


def echo_table(columns: Sequence[str], rows: Iterable[Sequence[str | Bar]], wraps: Collection[str] = ()) -> None:
    """Print a table that fits the terminal, or COLUMNS; only the columns in ``wraps`` take several lines, at words.

    Where that is not enough the columns stand nearer to each other, then longer words in ``wraps`` are broken.
    """
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(width=shutil.get_terminal_size((PIPE, 24)).columns)
    cells = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in (columns, *rows)]
    table = _laid_out(cells, [name in wraps for name in columns], console)
    with console.capture() as printed:  # rich would end the program on a closed pipe
        console.print(table)
    click.echo(printed.get(), nl=False)


def _laid_out(cells: Sequence[Sequence[RenderableType]], wraps: Sequence[bool], console: Console) -> Table:
    """The table, its columns set to widths at which it fits; where it cannot, the console is made wider."""
    from rich.table import Table  # noqa: PLC0415

    widths, gap = _widths(cells, wraps, console)
    console.width = max(console.width, sum(widths) + gap * len(widths))
    table = Table(box=None, padding=(0, gap, 0, 0), header_style="bold")
    for name, width in zip(cells[0], widths, strict=True):
        table.add_column(name, width=width, overflow="fold")
    for row in cells[1:]:
        table.add_row(*row)
    return table


def _widths(
    cells: Sequence[Sequence[RenderableType]], wraps: Sequence[bool], console: Console
) -> tuple[list[int], int]:
    """The width of each column, and of the gap behind it."""
    from rich.measure import Measurement  # noqa: PLC0415

    columns = list(zip(*cells, strict=True))
    ample = console.options.update(max_width=AMPLE)
    measured = [[Measurement.get(console, ample, cell) for cell in column] for column in columns]
    widest = [max(each.maximum for each in column) for column in measured]
    whole = [BAR[0] if isinstance(column[-1], Bar) else most for column, most in zip(columns, widest, strict=True)]
    longest = [max(each.minimum for each in column) for column in measured]  # word
    at_words = [word if wrap else most for wrap, word, most in zip(wraps, longest, whole, strict=True)]
    broken = [min(NARROW, most) if wrap else most for wrap, most in zip(wraps, at_words, strict=True)]
    gap = 2 if sum(at_words) + 2 * len(at_words) <= console.width else 1
    room = console.width - gap * len(widest)
    for least in (whole, at_words, broken):
        widest = _narrowed(widest, least, room)
    return widest, gap


def _narrowed(widths: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Columns that fit into ``room`` together: the widest give way first, none below its ``least``."""
    found = list(widths)
    while sum(found) > room and (wide := [at for at, width in enumerate(found) if width > least[at]]):
        found[max(wide, key=found.__getitem__)] -= 1
    return found
