"""Hand a letter to a sendmail-compatible program on this machine: Postfix, Exim, OpenSMTPD, msmtp, nullmailer."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import TYPE_CHECKING

from pipeline.connect import output_of, refuse_controls, server_words
from pipeline.errors import ConfigError
from pipeline.records import Sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.deliver.way import Envelope
    from pipeline.records import Letter

SECONDS = 300.0  # msmtp talks to the server itself, and waits as long as that does


def send_by_sendmail(
    program: Path, envelope: Envelope, letter: Letter, before: Callable[[], None], *, seconds: float = SECONDS
) -> tuple[Sending, str]:
    """What became of the letter, by the program's status (sysexits.h).

    SENT (0: it has it, and answers for it from now on), NEW (75, EX_TEMPFAIL), FAILED (any other) or
    UNKNOWN (killed, or no end after ``seconds``).  Raises ConfigError when there is no such program.
    """
    check_program(program)
    addresses = {"sender": envelope.sender} | {f"to[{n}]": each for n, each in enumerate(envelope.recipients)}
    refuse_controls(addresses, "sendmail")
    if dashed := [address for address in addresses.values() if address.startswith("-")]:
        raise ConfigError("sendmail", [f"{dashed[0]!r} would be taken for an option; use another address"])
    # A file, not a pipe: were this run killed while it fills a pipe, the program would send the first half.
    with tempfile.TemporaryFile() as file:
        file.write(letter.octets.replace(b"\r\n", b"\n"))  # it reads lines as this machine ends them
        file.flush()
        file.seek(0)
        before()
        try:
            words = [str(program), "-i", "-f", envelope.sender, *envelope.recipients]
            stdout, stderr, status = output_of(words, seconds, file)
        except subprocess.TimeoutExpired:
            return Sending.UNKNOWN, f"{program.name} came to no end in {seconds:g} s"
        except OSError as error:
            return Sending.NEW, f"{program} cannot be run: {error.strerror}"
    return _outcome(program, status, server_words(stderr or stdout))


def check_program(program: Path) -> None:
    """Raise ConfigError unless there is a program of this name."""
    if not program.is_file() or not os.access(program, os.X_OK):
        raise ConfigError("digest.sendmail", [f"there is no program {program}; install it, or name another"])


def _outcome(program: Path, status: int, words: str) -> tuple[Sending, str]:
    told = f"{program.name} ended with status {status}" + (f": {words}" if words else "")
    if status == os.EX_OK:
        return Sending.SENT, ""
    if status == os.EX_TEMPFAIL:
        return Sending.NEW, told
    return (Sending.UNKNOWN if status < 0 else Sending.FAILED), told  # below 0: killed by that signal
