"""The group of all commands, what they share, and the one place where failures become exit codes."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import click

from pipeline import __version__
from pipeline.errors import CannotWriteError, SoftwareError, UnghostError

# By group, in the order of the help: the command and the module it is loaded from when needed.
COMMANDS = {
    "Every day": {
        "run": "pipeline.cli.daily",
        "digest": "pipeline.cli.digest",
        "list": "pipeline.cli.views",
        "show": "pipeline.cli.timeline",
        "stats": "pipeline.cli.stats",
        "odds": "pipeline.cli.odds",
        "draft": "pipeline.cli.drafts",
    },
    "The ledger": {
        "add": "pipeline.cli.applications",
        "edit": "pipeline.cli.applications",
        "merge": "pipeline.cli.applications",
        "split": "pipeline.cli.applications",
        "move": "pipeline.cli.applications",
        "alias": "pipeline.cli.applications",
        "close": "pipeline.cli.applications",
        "reopen": "pipeline.cli.applications",
        "note": "pipeline.cli.applications",
        "snooze": "pipeline.cli.applications",
        "undo": "pipeline.cli.undo",
        "rebuild": "pipeline.cli.rebuild",
    },
    "Learning": {
        "label": "pipeline.cli.learning",
        "review": "pipeline.cli.review",
        "train": "pipeline.cli.learning",
        "models": "pipeline.cli.models",
        "explain": "pipeline.cli.judging",
        "evaluate": "pipeline.cli.judging",
    },
    "Set-up": {"init": "pipeline.cli.setup", "doctor": "pipeline.cli.doctor", "demo": "pipeline.cli.setup"},
}


class Commands(click.Group):
    """Loads a command's module only when it is called: a quiet run imports nothing for the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Every command, in the order of the help."""
        return [name for group in COMMANDS.values() for name in group]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of this name."""
        module = next((group[cmd_name] for group in COMMANDS.values() if cmd_name in group), None)
        return getattr(importlib.import_module(module), f"{cmd_name}_command") if module else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command meant; for a misspelt one the error names the nearest, though none is loaded."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            known = self.list_commands(ctx)
            raise click.NoSuchCommand(error.command_name, possibilities=known, ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  click's own
        """Run the command; a reader that has seen enough (`| head`) is no failure, which click says it is."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their first sentence, by group."""
        for title, group in COMMANDS.items():
            rows = [(name, self._short_help(ctx, name)) for name in group]
            with formatter.section(title):
                formatter.write_dl(rows)

    def _short_help(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=100) if command else ""


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "UNGHOST"})
@click.version_option(__version__, prog_name="unghost")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The configuration to use instead of the one in its usual place.",
)
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """Reads your mailbox, keeps a ledger of your job applications, and tells you weekly who has gone silent.

    Start with `unghost demo` to see a digest without any account, then `unghost init` to
    connect your mailbox, and `unghost run` from cron. Nothing leaves your machine but the
    digest and confirmations, to you, and drafts into your own mailbox.
    """
    ctx.obj = config
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def main() -> NoReturn:
    """Run the command line; every failure is one sentence on stderr and its documented exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        code = cli.main(standalone_mode=False)
    except UnghostError as failure:
        click.echo(f"unghost: {failure}", err=True)
        sys.exit(failure.exit_code)
    except click.ClickException as failure:
        failure.show()
        sys.exit(failure.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("unghost: stopped; nothing is lost.", err=True)
        sys.exit(130)
    except PermissionError as error:
        from pipeline.digest.plain import printable  # noqa: PLC0415  the group itself loads no more than it needs

        place = printable(str(error.filename or "A file"))
        click.echo(f"unghost: {place} is not open to you ({error.strerror}); see to its rights.", err=True)
        sys.exit(CannotWriteError.exit_code)
    except Exception as error:  # noqa: BLE001  its text may quote mail, so only its name and place are told
        click.echo(f"unghost: {SoftwareError(_place_of(error))}", err=True)
        sys.exit(SoftwareError.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _place_of(error: Exception) -> str:
    if os.environ.get("UNGHOST_DEBUG"):
        raise error
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
    return f"Something that cannot happen did ({place}); please report it. UNGHOST_DEBUG=1 shows everything."


def exit_for(failures: Any) -> None:  # noqa: ANN401  a sequence of UnghostErrors
    """Tell each failure; exit with the code of the first."""
    for failure in failures:
        click.echo(f"unghost: {failure}", err=True)
    if failures:
        sys.exit(failures[0].exit_code)
