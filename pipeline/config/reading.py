"""Where the file lies, and reading it: every problem is told at once, with the nearest right name."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import ValidationError

from pipeline.config.settings import SECTIONS, Settings
from pipeline.errors import ConfigError


def config_path() -> Path:
    """Where the user's configuration lies: ``UNGHOST_CONFIG``, else the platform's place."""
    chosen = os.environ.get("UNGHOST_CONFIG")
    return Path(chosen) if chosen else Path(platformdirs.user_config_dir("unghost", appauthor=False)) / "config.toml"


def data_directory() -> Path:
    """Where the ledger and the user's own models lie: ``UNGHOST_DATA``, else the platform's place."""
    chosen = os.environ.get("UNGHOST_DATA")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("unghost", appauthor=False))


def read_settings(path: Path) -> Settings:
    """The settings in the TOML file ``path``.

    Raises ConfigError with every problem found, each with its dotted key and, for an
    unknown key, the nearest right name.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(str(path), ["there is no such file; `unghost init` writes one"]) from error
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read ({error.strerror}); see to its rights"]) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(path), [f"cannot be read: {error}"]) from error
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise ConfigError(str(path), [_sentence(problem) for problem in error.errors()]) from None


def _sentence(problem: Any) -> str:  # noqa: ANN401  pydantic's ErrorDetails
    where = ".".join(str(part) for part in problem["loc"]) or "the file"
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key{_nearest(problem['loc'])}"
    if problem["type"] == "missing":
        return f"{where}: is missing"
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}"


def _nearest(loc: tuple[str | int, ...]) -> str:
    """``; did you mean 'x'?`` for the known key closest to the last part of ``loc``."""
    known = list(_fields_at(loc[:-1]))
    match = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.5)
    return f"; did you mean {match[0]!r}?" if match else f"; known here: {', '.join(known)}"


def _fields_at(loc: tuple[str | int, ...]) -> dict[str, Any]:
    return (SECTIONS[str(loc[0])] if loc else Settings).model_fields
