"""The door to matplotlib: figures in memory, with nothing of a screen, and as PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from pipeline.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

BLUE, RED, GREY = "#1f5fa8", "#c0392b", "#777777"


def figure_maker() -> Callable[..., Any]:
    """What makes a figure; raises UnavailableError where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415  an extra, and half a second of imports
    except ImportError as error:
        raise UnavailableError("A plot needs matplotlib", "plots") from error
    made: Callable[..., Any] = Figure
    return made


def png_of(figure: Any) -> bytes:  # noqa: ANN401  matplotlib's Figure
    """The figure as PNG: the same figure gives the same octets."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
