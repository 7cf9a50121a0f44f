"""Run another program without a shell, for so long and no longer."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def output_of(
    words: Sequence[str], seconds: float, stdin: IO[bytes] | int = subprocess.DEVNULL
) -> tuple[bytes, bytes, int]:
    """What the program wrote to stdout and stderr, and its status.

    Raises OSError or ValueError when it cannot be run, and TimeoutExpired after ``seconds``.
    """
    # A session of its own, so that a time-out ends what the program started as well:
    # ``subprocess.run`` kills the child only, then waits for whoever still holds the pipe.
    with subprocess.Popen(
        words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        return stdout, stderr, process.returncode
