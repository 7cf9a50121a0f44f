"""Where a password or token comes from: a command, a file, the environment or the desktop's keyring."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.connect.failures import has_controls, server_words
from pipeline.connect.program import output_of
from pipeline.errors import SecretError, UnavailableError

if TYPE_CHECKING:
    from types import ModuleType

    from pipeline.config import Server

# A password store that waits for somebody to type waits for ever under cron.
COMMAND_SECONDS = 30.0

# No password or token is longer: a Microsoft token has about 2 kB.
MAX_SECRET = 64 * 1024


@dataclass(frozen=True, slots=True)
class Credential:
    """A password or an OAuth2 access token; its value shows up in no ``repr``."""

    value: str = field(repr=False)
    is_token: bool = False


def read_secret(server: Server, *, command_seconds: float = COMMAND_SECONDS) -> Credential:
    """The password or token for ``server``, from the one place its settings name.

    Raises SecretError, whose sentence holds the remedy and never the secret, or
    UnavailableError when the keyring's library is not installed.
    """
    if server.token_command:
        return Credential(_from_command("token_command", server.token_command, command_seconds), is_token=True)
    if server.password_command:
        return Credential(_from_command("password_command", server.password_command, command_seconds))
    if server.password_file:
        return Credential(_from_file(server.password_file.expanduser()))
    if server.password_env:
        return Credential(_from_environment(server.password_env))
    return Credential(_from_keyring(server))


def _first_line(octets: bytes, source: str) -> str:
    """The first line, as ``pass`` and its like mean it; spaces are part of a password."""
    try:
        line = octets.partition(b"\n")[0].removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        # ``from None``: the cause holds the octets.
        raise SecretError(
            f"{source}: the first line is not UTF-8; it is to hold the password and nothing else"
        ) from None
    if not line:
        raise SecretError(f"{source}: the first line is empty; the password belongs there")
    if len(line) > MAX_SECRET or has_controls(line):
        raise SecretError(
            f"{source}: the first line is no password, since it is too long or holds control characters; "
            "it is to hold the password and nothing else"
        )
    return line


def _from_command(key: str, command: list[str] | str, seconds: float) -> str:
    """The first line ``command`` prints; it is run without a shell, and with nothing to read from."""
    try:
        words = shlex.split(command) if isinstance(command, str) else command
        stdout, stderr, status = output_of(words, seconds)
    except subprocess.TimeoutExpired:
        raise SecretError(
            f"{key}: no end after {seconds:g} s; does it wait for a passphrase? unlock its store before the run"
        ) from None
    except (OSError, ValueError, IndexError) as error:
        raise SecretError(f"{key}: cannot be run: {error}; give the program's full path") from error
    if status:
        secret = stdout.partition(b"\n")[0].decode("utf-8", "replace").strip()
        words_of_it = server_words(stderr, secret) or "it said nothing on stderr"
        raise SecretError(f"{key}: ended with status {status}: {words_of_it}; try it in a shell under `env -i`")
    return _first_line(stdout, key)


def _from_file(path: Path) -> str:
    source = f"password_file {path}"
    try:
        # O_NOFOLLOW: who can plant a link could have us send any file's first line.
        # O_NONBLOCK: a FIFO without a writer would block the open itself.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise SecretError(f"{source}: is a symbolic link; name the file itself") from error
        remedy = f"write the password into it, for you alone: `chmod 600 {shlex.quote(str(path))}`"
        raise SecretError(f"{source}: cannot be read ({error.strerror}); {remedy}") from error
    try:
        _refuse_shared(os.fstat(descriptor), path, source)
        return _first_line(os.read(descriptor, MAX_SECRET), source)
    finally:
        os.close(descriptor)


def _refuse_shared(status: os.stat_result, path: Path, source: str) -> None:
    """Raise SecretError unless the file is a plain one of ours that nobody else can read."""
    if not stat.S_ISREG(status.st_mode):
        raise SecretError(f"{source}: is not a plain file; name one that holds the password")
    # systemd hands credentials over (LoadCredential=) as root's files with an ACL for
    # us, which shows as a group's bit: systemd.exec(5). The directory is the guard.
    handed_over = os.environ.get("CREDENTIALS_DIRECTORY")
    if handed_over and path.parent == Path(handed_over):
        return
    if status.st_uid != os.geteuid():
        raise SecretError(f"{source}: belongs to another user; `chown` it to the one who runs unghost")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.S_IMODE(status.st_mode)
        raise SecretError(f"{source}: its mode {mode:04o} lets others in; run `chmod 600 {shlex.quote(str(path))}`")


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise SecretError(
            f"password_env: {name} is not set; cron and systemd do not read your shell's files, "
            "so set it in the crontab or the unit, or use `password_command`"
        )
    return _first_line(os.fsencode(value), f"password_env {name}")


def _from_keyring(server: Server) -> str:
    keyring = _import_keyring()
    backend = keyring.get_keyring()
    # With keyrings.alt installed, keyring falls back to files in base64 without a word.
    backends = [backend, *getattr(backend, "backends", ())]
    if any(type(each).__module__.startswith("keyrings.alt") for each in backends):
        raise SecretError("password_keyring: keyrings.alt keeps passwords in plain text; uninstall it")
    try:
        value = keyring.get_password("unghost", server.user)
    except Exception as error:
        # Each backend raises its own; NoKeyringError and InitError are the usual ones.
        reason = f"{type(error).__name__}: {server_words(str(error))}"
        raise SecretError(
            f"password_keyring: cannot be asked ({reason}); it needs an unlocked desktop session, "
            "so without one use `password_command`"
        ) from error
    if value is None:
        user = shlex.quote(server.user)
        raise SecretError(f"password_keyring: holds no such password; store it with `keyring set unghost {user}`")
    return _first_line(str(value).encode(), "password_keyring")


def _import_keyring() -> ModuleType:
    bus = Path(f"/run/user/{os.getuid()}/bus")
    # Under cron there is no address of the session's bus, and XDG_RUNTIME_DIR alone does
    # not do: keyring then finds no backend (tried with 25.7). It must be set before the import.
    if sys.platform == "linux" and bus.is_socket():
        os.environ.setdefault("DBUS_SESSION_BUS_ADDRESS", f"unix:path={bus}")
    try:
        import keyring  # noqa: PLC0415  60 ms, and most people have no need of it
    except ImportError as error:
        raise UnavailableError("password_keyring: the library for it is not installed", "keyring") from error
    return keyring  # type: ignore[no-any-return,unused-ignore]
