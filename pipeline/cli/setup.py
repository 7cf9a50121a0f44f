"""Set-up: connect a mailbox, or see the demo first."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import click

from pipeline.cli.build import rule_file
from pipeline.cli.doctor import examine
from pipeline.config import config_path, local_zone, read_settings
from pipeline.errors import CannotWriteError, ConfigError, UsageError
from pipeline.resources import shipped

NO_SMTP = "none"


@click.command("init")
@click.option("--address", help="Your mail address.")
@click.option("--host", help="The IMAP server; proposed by the address.")
@click.option(
    "--smtp-host", help="The submission server for the digest, proposed by the address; none: it is put into INBOX."
)
@click.option("--user", help="The login name; usually the address.")
@click.option("--password-command", help="A command that prints the password, e.g. 'pass show mail'.")
@click.option("--timezone", help="Your time zone, e.g. Europe/Berlin.")
@click.option("--no-input", is_flag=True, help="Ask nothing; take what is proposed.")
@click.option("--no-test", is_flag=True, help="Do not try to log in.")
@click.option("--force", is_flag=True, help="Replace an existing configuration.")
@click.pass_context
def init_command(
    ctx: click.Context, /, address: str | None, *, no_input: bool, no_test: bool, force: bool, **given: str
) -> None:
    """Connect your mailbox: ask, write a configuration, log in.

    The password itself is not asked for and not stored: you say which command prints it.
    Without one it is read from a file beside the configuration that only you can read.
    """
    path = ctx.obj or config_path()
    if path.exists() and not force:
        raise UsageError(f"{path} exists already; edit it, or use --force to replace it.")
    address = _address(address, ask=not no_input)
    provider = _provider(ctx, address.partition("@")[2].lower())
    answers = _answers(address, provider, given, ask=not no_input)
    _write(path, _filled_in(answers, path, provider))
    click.echo(f"Written: {path}")
    if note := provider.get("note"):
        click.echo(f"Note: {note}")
    click.echo(_where_it_comes(answers))
    if not answers["password_command"]:
        click.echo(f"Now put the password into {_password_file(path)} (chmod 600), then run `unghost doctor`.")
    elif not no_test:
        ctx.exit(examine(ctx, read_settings(path)))


def _address(given: str | None, *, ask: bool) -> str:
    """The address given or asked for; refused when it is none."""
    if not given and not ask:
        raise UsageError("--no-input needs to know the mailbox: --address you@example.com.")
    address: str = given or click.prompt("Your mail address")
    if not re.fullmatch(r"[^\s@]+@[^\s@]+", address):
        raise UsageError(f"{address!r} is no mail address; write one like you@example.com.")
    return address


def _provider(ctx: click.Context, domain: str) -> dict[str, Any]:
    """The row of the provider table for this domain; empty when it is not there."""
    table: dict[str, dict[str, Any]] = rule_file(ctx, "providers.toml").table()
    return next((row for name, row in table.items() if domain in (name, *row.get("same", ()))), {})


def _answers(address: str, provider: dict[str, Any], given: dict[str, str], *, ask: bool) -> dict[str, str]:
    """What the user said, or what is proposed."""
    domain = address.partition("@")[2].lower()
    proposed = {
        "host": provider.get("imap", f"imap.{domain}"),
        "smtp_host": provider.get("smtp", f"smtp.{domain}"),
        "user": address,
        "password_command": "",
        "timezone": local_zone(),
    }
    questions = {
        "host": "IMAP server",
        "smtp_host": f"Submission (SMTP) server for the digest ({NO_SMTP}: it is put into INBOX)",
        "user": "Login name",
        "password_command": "Command that prints the password (empty: read it from a file)",
        "timezone": "Time zone",
    }
    answers = {"address": address}
    for name, proposal in proposed.items():
        if given.get(name) or not ask:
            answers[name] = given.get(name) or proposal
        else:
            answers[name] = click.prompt(questions[name], default=proposal, show_default=bool(proposal))
    return answers


def _where_it_comes(answers: dict[str, str]) -> str:
    if answers["smtp_host"] == NO_SMTP:
        return "The digest will be put into your INBOX, unread; no server is asked to send anything."
    return f"The digest will go to {answers['address']} through {answers['smtp_host']}."


def _filled_in(answers: dict[str, str], path: Path, provider: dict[str, Any]) -> str:
    """The commented example with the answers in the place of its example values."""
    text = shipped("config", "unghost.example.toml").read_text(encoding="utf-8")
    account, smtp = text.split("[smtp]", 1)
    secret = _secret_line(answers["password_command"], path)
    example = 'password_command = ["pass", "show", "mail"]'
    replacements = {
        'addresses = ["you@example.com"]': f"addresses = [{_quoted(answers['address'])}]",
        'timezone = "Europe/Berlin"': f"timezone = {_quoted(answers['timezone'])}",
        'host = "imap.example.com"': f"host = {_quoted(answers['host'])}",
        '\nuser = "you@example.com"': f"\nuser = {_quoted(answers['user'])}",
        f"\n{example}": f"\n{secret}",
    }
    for old, new in replacements.items():
        account = account.replace(old, new)
    smtp = smtp.replace('host = "smtp.example.com"', f"host = {_quoted(answers['smtp_host'])}")
    smtp = smtp.replace('\nuser = "you@example.com"', f"\nuser = {_quoted(answers['user'])}")
    smtp = smtp.replace(f"\n{example}", f"\n{secret}")
    account = _with_server(account, provider, "imap")
    if answers["smtp_host"] == NO_SMTP:
        return f"{account}# [smtp]\n\n[digest]{smtp.partition('[digest]')[2]}"
    return f"{account}[smtp]{_with_server(smtp, provider, 'smtp')}"


def _with_server(text: str, provider: dict[str, Any], way: str) -> str:
    """The provider's own security and port, where they differ from the usual."""
    security = provider.get(f"{way}_security")
    port = provider.get(f"{way}_port")
    if security:
        text = text.replace('\nsecurity = "tls"', f'\nsecurity = "{security}"', 1)
    if port:
        text = text.replace("\n# port = ", f"\nport = {port}\n# port = ", 1)
    return text


def _secret_line(command: str, path: Path) -> str:
    if command:
        return f"password_command = {_quoted(command)}"
    return f"password_file = {_quoted(str(_password_file(path)))}"


def _password_file(path: Path) -> Path:
    return path.resolve().with_name("password")


def _quoted(value: str) -> str:
    """A TOML basic string."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write(path: Path, text: str) -> None:
    """Write beside, then rename if it can be read; for nobody's eyes but the user's."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_name(path.name + ".part")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        _refuse_unreadable(beside)
        beside.replace(path)
    except OSError as error:
        raise CannotWriteError(
            f"{path} cannot be written ({error.strerror}); `unghost --config FILE init` writes another."
        ) from error


def _refuse_unreadable(path: Path) -> None:
    """Raise UsageError, and remove the file, when what was answered makes no configuration."""
    try:
        read_settings(path)
    except ConfigError as error:
        path.unlink()
        raise UsageError(f"Nothing was written: {'; '.join(error.problems)}.") from error


@click.command("demo")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("unghost-demo"),
    show_default=True,
    help="Where to leave the digest and the ledger.",
)
def demo_command(directory: Path) -> None:
    """See a digest made of an invented job search.

    Starts a mail server in memory on this machine, fills it, runs `unghost run` against it
    with the clock stopped, lets it send its digest, and fetches that back. Then it plays a
    month: three more weeks, in which the digest is answered. No account and no network
    are needed.
    """
    from pipeline.demo import run_demo  # noqa: PLC0415

    result = run_demo(directory, say=click.echo)
    click.echo(f"\n{result.text}")
    for week in result.weeks:
        click.echo(f"{week}\n")
    click.echo(f"The drafts:  {result.n_drafts}, in the mailbox that is gone now; nothing was sent to anybody else.")
    click.echo(f"The digest:  {result.digest_html}")
    click.echo(f"The ledger:  {result.ledger}")
    look = f"UNGHOST_DATA={result.directory} unghost --config {result.config} list --now {result.now.isoformat()}"
    click.echo(f"Look around: {look}")
