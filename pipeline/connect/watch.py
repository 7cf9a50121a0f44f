"""A clock beside the connection: ends what takes too long, though the socket never falls silent."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Watch:
    """Shuts one connection down when a command outlives its limit.

    A socket's timeout starts anew with every byte: at 50 bytes/s a timeout of 4 s had not
    fired after 25 s, and one message of 8 MB would take two days.  ``fired`` tells
    a connection we ended from one that broke.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.fired = False

    def guard(self, connected: socket.socket) -> None:
        """Watch over ``connected`` from now on.

        What is kept is a duplicate of the descriptor: it stays the same connection when TLS
        wraps the first one, it cannot be mistaken for a file opened later under the old
        number, and shutting it down leaves the TLS object alone (``SSLSocket.shutdown``
        forgets the session, after which a send would go out in plain text).
        """
        self.release()
        with self._lock:
            self._socket = connected.dup()
        if self.fired:
            self._shut()

    def release(self) -> None:
        """Forget the connection; the duplicate would keep it half open."""
        with self._lock:
            if self._socket:
                self._socket.close()
            self._socket = None

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Shut the connection down when the block is not through after ``seconds``."""
        self.fired = False
        # A thread for each command costs 0.1 ms; there are two commands to 200 messages.
        timer = threading.Timer(seconds, self._fire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _fire(self) -> None:
        self.fired = True
        self._shut()

    def _shut(self) -> None:
        with self._lock, suppress(OSError):
            if self._socket:
                self._socket.shutdown(socket.SHUT_RDWR)
