"""The user's own files: settings, tables and the ledger."""

from __future__ import annotations

import tempfile
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings, config_path, data_directory, read_settings
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger, open_ledger
from pipeline.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click


def settings_of(ctx: click.Context, *, needed: bool = True) -> Settings:
    """The user's settings; with ``needed=False``, defaults where there is no configuration."""
    try:
        return read_settings(ctx.obj or config_path())
    except ConfigError as error:
        if needed or ctx.obj or not isinstance(error.__cause__, FileNotFoundError):
            raise
        return Settings()


def data_file(ctx: click.Context, name: str) -> str:
    """The text of a table such as ``ats.toml``: the user's own, beside the configuration, else the shipped one."""
    own = (ctx.obj or config_path()).parent / name
    if not own.is_file():
        return shipped("config", name).read_text(encoding="utf-8")
    try:
        text = own.read_text(encoding="utf-8")
        tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(own), [f"cannot be read: {error}"]) from error
    return text


def ledger_path(settings: Settings) -> Path:
    """Where the user's ledger lies."""
    return settings.ledger.path.expanduser() if settings.ledger.path else data_directory() / "ledger.db"


@contextmanager
def ledger_of(settings: Settings, *, throwaway: bool = False) -> Iterator[Ledger]:
    """The user's ledger, locked; or a copy of it that is thrown away afterwards."""
    path = ledger_path(settings)
    if not throwaway:
        with open_ledger(path) as ledger:
            yield ledger
        return
    with tempfile.TemporaryDirectory(prefix="unghost-") as directory:
        copy = Path(directory) / "ledger.db"
        if path.exists():
            with open_ledger(path) as ledger:
                ledger.copy_to(copy)
        with open_ledger(copy) as trial:
            yield trial
