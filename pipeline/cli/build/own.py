"""The user's own tables beside the configuration, each read as the commands that need it would."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from pipeline.cli.build.files import own_file, rule_file
from pipeline.cli.build.rules import names_of, promises_of, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import click

    from pipeline.config import Settings


def own_tables(ctx: click.Context, settings: Settings) -> Iterator[tuple[str, Callable[[], object]]]:
    """The name of each, and what reads it or raises ConfigError."""
    from pipeline.digest.steps.table import read_steps  # noqa: PLC0415  a quiet run checks nothing
    from pipeline.draft.book import read_letters  # noqa: PLC0415
    from pipeline.funnel.published import read_published  # noqa: PLC0415

    readers: dict[str, Callable[[], object]] = {
        "ats.toml": lambda: names_of(ctx).tables,
        "drafts.toml": lambda: read_letters(rule_file(ctx, "drafts.toml")),
        "names.toml": lambda: names_of(ctx).tables,
        "next_steps.toml": lambda: read_steps(rule_file(ctx, "next_steps.toml")),
        "promises.toml": lambda: promises_of(ctx, settings)("", datetime.now(UTC)),
        "providers.toml": lambda: rule_file(ctx, "providers.toml"),
        "published.toml": lambda: read_published(rule_file(ctx, "published.toml")),
    }
    for path in sorted(own_file(ctx, "words.en.toml").parent.glob("*.toml")):
        if path.name in readers:
            yield path.name, readers[path.name]
        elif path.name.startswith("words."):
            yield path.name, partial(words_of, ctx, path.stem.removeprefix("words."))
