"""Find the files we ship: in the wheel under ``pipeline/_data``, in a checkout beside ``pipeline``."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def shipped(*parts: str) -> Traversable:
    """The shipped file or folder at e.g. ``("config", "ats.toml")``."""
    installed = files("pipeline") / "_data"
    root: Traversable = installed if installed.is_dir() else Path(__file__).parent.parent
    return root.joinpath(*parts)
