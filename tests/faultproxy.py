"""A TCP proxy on loopback that breaks IMAP or SMTP in chosen ways; a fault is ``[CONNS@]KIND[:ARGS]``.

CONNS picks connections, counted from 1: "1" the first, "1-3", "2-", none = all.
Faults act on what the server says (s2c) unless the name says otherwise:

    cut:N               close after N octets from the server (FIN)
    rst:N               the same with a reset (RST)
    cuton:REGEX:N       close N octets after REGEX is first seen (N inside a literal)
    rston:REGEX:N       the same with a reset
    stall:N             after N octets send nothing more, keep the connection open
    stallon:REGEX:N     the same, N octets after REGEX
    slow:BPS            pass BPS octets a second, one at a time when BPS < 100
    slowon:REGEX:BPS    the same, from REGEX on
    strip:REGEX         remove what matches (STARTTLS from CAPABILITY)
    sub:REGEX:TEXT      replace it; escapes such as \\r\\n are understood
    once:REGEX:TEXT     replace the first one
    inject:REGEX:TEXT   send TEXT right after the line that matches (an untagged BYE)
    c2srston:REGEX:N    reset N octets after the client said REGEX
    c2sdrop:REGEX       pass the client's REGEX on, then drop the answer and reset:
                        the server did it, the client never hears so
    refuse              accept, then reset at once
    silent              accept, say nothing

With ``tls`` the proxy ends TLS itself and speaks plain to the server, so that REGEX sees the
protocol; without, the octets go through as they are. ``heard`` is all that clients said.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HOUR = 3600
_AFTER_N = {"cut", "rst", "stall"}
_AFTER_REGEX = {"cuton", "rston", "stallon"}


@dataclass
class Fault:
    kind: str
    first: int = 1
    last: int = 10**9
    n: float = 0
    regex: re.Pattern[bytes] = re.compile(b"")
    text: bytes = b""
    done: bool = False


def parse_fault(spec: str) -> Fault:
    match = re.fullmatch(r"(?:(\d+)(-?)(\d*)@)?(\w+)(?::(.*))?", spec, re.DOTALL)
    if not match:
        raise ValueError(f"no fault: {spec}")
    low, dash, high, kind, args = match.groups()
    first = int(low or 1)
    last = int(high) if high else first if low and not dash else 10**9
    fault = Fault(kind, first, last)
    if kind in _AFTER_N | {"slow"}:
        fault.n = float(args)
    elif kind in _AFTER_REGEX | {"slowon", "c2srston"}:
        regex, _, n = args.rpartition(":")
        fault.regex, fault.n = _compiled(regex), float(n)
    elif kind in {"strip", "c2sdrop"}:
        fault.regex = _compiled(args)
    elif kind in {"sub", "once", "inject"}:
        regex, _, text = args.partition(":")
        fault.regex, fault.text = _compiled(regex), text.encode().decode("unicode_escape").encode("latin-1")
    elif kind not in {"refuse", "silent"}:
        raise ValueError(f"no such fault: {kind}")
    return fault


def _compiled(regex: str) -> re.Pattern[bytes]:
    return re.compile(regex.encode(), re.DOTALL | re.IGNORECASE)


class GoneError(Exception):
    """The proxy ended this connection on purpose."""


@dataclass
class _Conversation:
    """One client's connection: the faults that apply to it, and what was seen of it."""

    number: int
    faults: list[Fault]
    writer: asyncio.StreamWriter
    muted: bool = False
    seen: bytes = b""
    seen_of_client: bytes = b""


@dataclass
class FaultProxy:
    upstream: tuple[str, int]
    faults: Sequence[str] = ()
    tls: tuple[Path, Path] | None = None
    port: int = 0
    connections: int = 0
    fired: list[tuple[int, str]] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)
    said: int = 0

    def __post_init__(self) -> None:
        self._parsed = [parse_fault(spec) for spec in self.faults]
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        context = None
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        await asyncio.sleep(0)  # what was accepted just now has a task from here on
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=0.3)  # most end with their client
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self.connections += 1
        mine = [replace(fault) for fault in self._parsed if fault.first <= self.connections <= fault.last]
        talk = _Conversation(self.connections, mine, writer)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError, GoneError):
                await self._greet(talk)
                await self._pass_on(talk, reader)
        finally:
            await _closed(writer)
            self._tasks.discard(task)

    async def _greet(self, talk: _Conversation) -> None:
        kinds = {fault.kind for fault in talk.faults}
        if "refuse" in kinds:
            self._end(talk, "refuse", reset=True)
        if "silent" in kinds:
            self.fired.append((talk.number, "silent"))
            await asyncio.sleep(HOUR)

    async def _pass_on(self, talk: _Conversation, reader: asyncio.StreamReader) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self.upstream)
        both = [
            asyncio.ensure_future(self._from_client(talk, reader, server_writer)),
            asyncio.ensure_future(self._from_server(talk, server_reader)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            await _closed(server_writer)

    async def _from_client(
        self, talk: _Conversation, reader: asyncio.StreamReader, server: asyncio.StreamWriter
    ) -> None:
        while chunk := await reader.read(65536):
            self.heard += chunk
            talk.seen_of_client = (talk.seen_of_client + chunk)[-200_000:]
            for fault in talk.faults:
                match = fault.kind.startswith("c2s") and fault.regex.search(talk.seen_of_client)
                if not match:
                    continue
                beyond = len(talk.seen_of_client) - match.end() - int(fault.n)
                if fault.kind == "c2sdrop" or beyond >= 0:
                    talk.muted = fault.kind == "c2sdrop"
                    server.write(chunk if talk.muted else chunk[: max(0, len(chunk) - beyond)])
                    await server.drain()
                    await asyncio.sleep(0.5 if talk.muted else 0)  # let the server act on it
                    self._end(talk, fault.kind, reset=True)
            server.write(chunk)
            await server.drain()

    async def _from_server(self, talk: _Conversation, reader: asyncio.StreamReader) -> None:
        while chunk := await reader.read(65536):
            if talk.muted:
                continue
            chunk = self._altered(talk, chunk)
            before = len(talk.seen)
            talk.seen += chunk
            stop, kind = self._stop(talk, before, len(chunk))
            await self._write(talk, chunk[:stop], before)
            self.said += stop
            if kind.startswith("stall"):
                self.fired.append((talk.number, kind))
                await asyncio.sleep(HOUR)
            if kind:
                await asyncio.sleep(0.05)
                self._end(talk, kind, reset=kind.startswith("rst"))

    def _altered(self, talk: _Conversation, chunk: bytes) -> bytes:
        for fault in talk.faults:
            if fault.kind in {"strip", "sub"}:
                chunk, n = fault.regex.subn(lambda _, text=fault.text: text, chunk)
                self.fired += [(talk.number, fault.kind)] * bool(n)
            elif fault.kind == "once" and not fault.done:
                chunk, n = fault.regex.subn(lambda _, text=fault.text: text, chunk, count=1)
                fault.done = bool(n)
                self.fired += [(talk.number, fault.kind)] * n
            elif fault.kind == "inject" and not fault.done and (match := fault.regex.search(chunk)):
                end = chunk.find(b"\r\n", match.end())
                cut = len(chunk) if end < 0 else end + 2
                chunk = chunk[:cut] + fault.text + chunk[cut:]
                fault.done = True
                self.fired.append((talk.number, "inject"))
        return chunk

    @staticmethod
    def _stop(talk: _Conversation, before: int, size: int) -> tuple[int, str]:
        """How much of the chunk passes, and the kind of the fault that ends it."""
        stop, kind = size, ""
        for fault in talk.faults:
            at = None
            if fault.kind in _AFTER_N:
                at = int(fault.n)
            elif fault.kind in _AFTER_REGEX and (match := fault.regex.search(talk.seen)):
                at = match.end() + int(fault.n)
            if at is not None and at <= before + size and at - before <= stop:
                stop, kind = max(0, at - before), fault.kind
        return stop, kind

    @staticmethod
    async def _write(talk: _Conversation, chunk: bytes, before: int) -> None:
        at, rate = len(chunk), 0.0
        for fault in talk.faults:
            if fault.kind == "slow":
                at, rate = 0, fault.n
            elif fault.kind == "slowon" and (match := fault.regex.search(talk.seen)):
                at, rate = max(0, match.end() - before), fault.n
        talk.writer.write(chunk[:at])
        await talk.writer.drain()
        step = 1 if rate < 100 else int(rate // 10)
        for start in range(at, len(chunk), step):
            talk.writer.write(chunk[start : start + step])
            await talk.writer.drain()
            await asyncio.sleep(step / rate)

    def _end(self, talk: _Conversation, kind: str, *, reset: bool) -> None:
        self.fired.append((talk.number, kind))
        if reset:
            connected = talk.writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            talk.writer.transport.abort()
        raise GoneError


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
        await asyncio.wait_for(writer.wait_closed(), 1)


@contextlib.contextmanager
def fault_proxy(port: int, *faults: str, tls: tuple[Path, Path] | None = None) -> Iterator[FaultProxy]:
    """A proxy in front of 127.0.0.1:``port``, in a thread of its own."""
    proxy = FaultProxy(("127.0.0.1", port), faults, tls)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="faultproxy", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(proxy.start(), loop).result(10)
        try:
            yield proxy
        finally:
            asyncio.run_coroutine_threadsafe(proxy.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
