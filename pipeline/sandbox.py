"""Parse where it can do no harm: in a child process with little time, little memory and no secrets.

Hostile mail exists that keeps any parser busy for minutes or fills the memory.  Parent and
child speak in frames over pipes: a line of JSON with lengths, then octets; what comes back
is JSON, checked against the type it should be, and never unpickled.
"""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import IO, TYPE_CHECKING, Any, Self

from pipeline.errors import ParseFailure, SoftwareError
from pipeline.records import Direction, Message

if TYPE_CHECKING:
    from pipeline.records import RawMessage

WALL_SECONDS = 30.0
START_SECONDS = 30.0
CPU_SECONDS = 15
MEMORY_BYTES = 1_500_000_000
MAX_ANSWER = 64_000_000
_LENGTH = struct.Struct(">I")
_READY = b"ready"


class Sandbox:
    """One child process that parses one message after the other, and is replaced when it dies."""

    def __init__(self, wall_seconds: float = WALL_SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self._wall_seconds = wall_seconds
        self._memory_bytes = memory_bytes
        self._child: subprocess.Popen[bytes] | None = None

    def read(self, raw: RawMessage) -> Message:
        """The parsed message.

        Raises ParseFailure with the reason when it has no readable text, or cost too much.
        """
        answer = json.loads(self._ask(raw))
        if "failure" in answer:
            raise ParseFailure(answer["failure"])
        message: Message = _message_type().validate_python(answer["message"])
        return message

    def _ask(self, raw: RawMessage) -> bytes:
        child = self._child = self._child or self._start()
        question = {
            "length": len(raw.octets),
            "direction": raw.direction,
            "internaldate": raw.internaldate.isoformat() if raw.internaldate else None,
            "authserv_ids": raw.authserv_ids,
        }
        deadline = time.monotonic() + self._wall_seconds
        try:
            _write(child, json.dumps(question).encode() + b"\n" + raw.octets, deadline)
            (length,) = _LENGTH.unpack(_read(child, _LENGTH.size, deadline))
            return _read(child, length, deadline)
        except ParseFailure:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise ParseFailure("it broke the parser") from error

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        environment = {"PYTHONPATH": path, "PATH": os.defpath, "LANG": "C.UTF-8"}
        command = [sys.executable, "-P", "-m", "pipeline.sandbox", str(self._memory_bytes)]
        try:
            child = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise SoftwareError(f"The parser's process cannot be started: {error}.") from error
        # Only what a parser that works does with a message says anything about the message.
        try:
            _read(child, len(_READY), time.monotonic() + START_SECONDS)
        except ParseFailure as failure:
            child.kill()
            child.communicate()
            raise SoftwareError(
                "The parser's process ends as soon as it starts; is memory limited (ulimit -v) or full?"
            ) from failure
        return child

    def close(self) -> None:
        """End the child; the next message gets a new one."""
        if self._child:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _write(child: subprocess.Popen[bytes], octets: bytes, deadline: float) -> None:
    """Write without ever waiting longer than the deadline for the child to take it."""
    pipe = child.stdin.fileno()  # type: ignore[union-attr]
    os.set_blocking(pipe, False)
    view = memoryview(octets)
    while view:
        _, ready, _ = select.select([], [pipe], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise ParseFailure("it took too long to parse")
        view = view[os.write(pipe, view) :]


def _read(child: subprocess.Popen[bytes], n: int, deadline: float) -> bytes:
    pipe = child.stdout.fileno()  # type: ignore[union-attr]
    if n > MAX_ANSWER:
        raise ParseFailure("it made the parser say too much")
    found = bytearray()
    while len(found) < n:
        ready, _, _ = select.select([pipe], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise ParseFailure("it took too long to parse")
        chunk = os.read(pipe, n - len(found))
        if not chunk:
            raise ParseFailure("it took too much time or memory to parse")
        found += chunk
    return bytes(found)


@cache
def _message_type() -> Any:  # noqa: ANN401  a TypeAdapter, whose import a quiet run need not pay for
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(Message)


def _serve(stdin: IO[bytes], stdout: IO[bytes]) -> None:
    """In the child: say that it works, then answer one frame after the other until there are no more."""
    _message_type()
    stdout.write(_READY)
    stdout.flush()
    while line := stdin.readline():
        question = json.loads(line)
        _allow_more_cpu()
        answer = _answer(stdin.read(question["length"]), question)
        stdout.write(_LENGTH.pack(len(answer)) + answer)
        stdout.flush()


def _answer(octets: bytes, question: dict[str, Any]) -> bytes:
    from pipeline.parse import parse  # noqa: PLC0415  only the child needs the parsers

    when = datetime.fromisoformat(question["internaldate"]) if question["internaldate"] else None
    direction, authserv_ids = Direction(question["direction"]), question["authserv_ids"]
    try:
        message = parse(octets, direction=direction, internaldate=when, authserv_ids=authserv_ids)
        return b'{"message":%b}' % _message_type().dump_json(message)
    except ParseFailure as failure:
        return json.dumps({"failure": str(failure)}).encode()
    except MemoryError:
        return json.dumps({"failure": "it took too much memory to parse"}).encode()
    except Exception as error:  # noqa: BLE001  whatever one message does, the others are read
        return json.dumps({"failure": f"it broke the parser ({type(error).__name__})"}).encode()


def _allow_more_cpu() -> None:
    import resource  # noqa: PLC0415

    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))


def _limit(memory_bytes: int) -> None:
    """Address space capped, no files written, no core dumps; macOS refuses the first, and does without."""
    import resource  # noqa: PLC0415

    for limit, wanted in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(limit)[1]
        allowed = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (allowed, allowed))


if __name__ == "__main__":
    _limit(int(sys.argv[1]))
    _serve(sys.stdin.buffer, sys.stdout.buffer)
