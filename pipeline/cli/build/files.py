"""The user's own files: settings, tables and the ledger."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings, config_path, data_directory, local_zone, read_settings
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger, open_ledger
from pipeline.resources import shipped
from pipeline.rulefile import RuleFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click


def settings_of(ctx: click.Context, *, needed: bool = True) -> Settings:
    """The user's settings; with ``needed=False``, defaults where there is no configuration, on this machine's clock."""
    try:
        return read_settings(ctx.obj or config_path())
    except ConfigError as error:
        if needed or ctx.obj or not isinstance(error.__cause__, FileNotFoundError):
            raise
        return Settings.model_validate({"me": {"timezone": local_zone()}})


def rule_file(ctx: click.Context, name: str) -> RuleFile:
    """A file of rules such as ``ats.toml``, with the user's own beside the configuration; raises ConfigError."""
    text, own = shipped("config", name).read_text(encoding="utf-8"), own_file(ctx, name)
    if not own.is_file():
        return RuleFile(name, text)
    rules = RuleFile(name, text, own_text(own), str(own))
    rules.table()  # what is wrong with it is told whether or not it is needed this time
    return rules


def own_file(ctx: click.Context, name: str) -> Path:
    """Where the user's own file of this name would lie: beside the configuration."""
    path: Path = ctx.obj or config_path()
    return path.parent / name


def own_text(path: Path) -> str:
    """What the user's own file says; raises ConfigError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"cannot be read: {error}"]) from error


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
