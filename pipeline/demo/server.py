"""An IMAP and SMTP server in memory (mail-devel), on loopback, for as long as a ``with`` block lasts."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from pipeline.demo.story import ADDRESS
from pipeline.errors import NetworkError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.demo.story import StoryMessage

HOST = "127.0.0.1"
SENT = "Sent"
DRAFTS = "Drafts"
ATTEMPTS = 3
START_SECONDS = 30.0
STOP_SECONDS = 5.0
ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """A running server with one user, whose mailboxes are gone when it stops."""

    imap_port: int
    smtp_port: int
    user: str
    password: str


@contextmanager
def run_server(user: str = ADDRESS) -> Iterator[MailServer]:
    """The server, listening; stopped by its process id at the end of the block."""
    if find_spec("mail_devel") is None:
        raise UnavailableError("The demo needs a mail server in memory", "demo")
    with tempfile.TemporaryFile() as output:
        process, server = _start(user, output)
        try:
            yield server
        finally:
            _stop(process)


@contextmanager
def connect(server: MailServer, timeout: float = ANSWER_SECONDS) -> Iterator[IMAPClient]:
    """A logged-in IMAP connection; what goes wrong on it is a NetworkError."""
    try:
        with IMAPClient(HOST, port=server.imap_port, ssl=False, timeout=timeout) as client:
            client.normalise_times = False
            # Without this each APPEND waits 40 ms: imaplib ends a literal with a segment of its own.
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.login(server.user, server.password)
            yield client
    except (IMAPClientError, OSError) as error:
        raise NetworkError(f"The demo's mail server broke the conversation off ({error}); try again.") from error


def fill(server: MailServer, messages: Iterable[StoryMessage]) -> int:
    """How many messages were appended, each unseen and with its date as INTERNALDATE."""
    with connect(server) as client:
        client.create_folder(SENT)
        client.create_folder(DRAFTS)
    return append(server, messages)


def append(server: MailServer, messages: Iterable[StoryMessage]) -> int:
    """The same into mailboxes that are there."""
    n_appended = 0
    with connect(server) as client:
        for message in messages:
            client.append(message.mailbox, message.octets, msg_time=message.date)
            n_appended += 1
    return n_appended


def _start(user: str, output: IO[bytes]) -> tuple[subprocess.Popen[bytes], MailServer]:
    """The process, once it answers; another program may take a free port first, hence the attempts."""
    for _ in range(ATTEMPTS):
        server = MailServer(*_free_ports(), user=user, password=secrets.token_urlsafe(24))
        process = _launch(server, output)
        try:
            if _comes_up(process, server):
                return process, server
        except BaseException:
            _stop(process)
            raise
        _stop(process)
    raise NetworkError(f"The demo's mail server did not start ({_last_line(output)}); try again.")


def _launch(server: MailServer, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """The child process, told everything by its environment, so that no password shows in ``ps``."""
    told = {
        "MAIL_HOST": HOST,  # its default is every interface
        "MAIL_USER": server.user,
        "MAIL_PASSWORD": server.password,
        "MAIL_IMAP_PORT": str(server.imap_port),
        "MAIL_SMTP_PORT": str(server.smtp_port),
    }
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "mail_devel", "--no-http"],
        env={**os.environ, **told},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind((HOST, 0))
        second.bind((HOST, 0))
        return first.getsockname()[1], second.getsockname()[1]


def _comes_up(process: subprocess.Popen[bytes], server: MailServer) -> bool:
    """Whether the process came to answer before it died or its time was over."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(server):
            return True
        time.sleep(0.05)
    return False


def _answers(server: MailServer) -> bool:
    """Whether both ports are served, and by our child: only that one knows the password.

    mail-devel answers on IMAP only after its SMTP end is up, so the order matters.
    """
    try:
        with socket.create_connection((HOST, server.smtp_port), timeout=1), connect(server, timeout=1):
            return True
    except (OSError, NetworkError):
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process: kindly first, then not."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_line(output: IO[bytes]) -> str:
    output.seek(0)
    lines = output.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
