"""One logged-in IMAP connection: opened over TLS, watched by a clock, and made anew when it breaks."""

from __future__ import annotations

import imaplib
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from imapclient import IMAPClient, SocketTimeout
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from pipeline.connect import Watch, no_starttls, read_secret, refuse_controls, tls_context
from pipeline.errors import DeadlineError, LoginError, NetworkError
from pipeline.fetch.answers import LIBRARY_FAILURES, BrokenError, failure

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from pipeline.config import Account
    from pipeline.connect import Credential

T = TypeVar("T")

# A command may take this many timeouts in all: 8 MB in 300 s is 27 kB/s.
COMMAND_TIMEOUTS = 5
ATTEMPTS = 3
# A goodbye is a courtesy: not worth waiting for, and owed even when the run's time is over.
LOGOUT_SECONDS = 5.0
# No batch is larger than 8 MB, no message asked for whole than `max_bytes`; sizes are
# estimates on some servers.  Beyond this the announced size is a lie: imaplib would
# allocate it, and wait for it.
MAX_LITERAL = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Examined:
    """What EXAMINE said of a mailbox (RFC 9051 section 6.3.3)."""

    name: str
    uidvalidity: int
    uidnext: int
    exists: int


class _Wire(imaplib.IMAP4):
    """imaplib on a socket the watch knows of before the server's first byte."""

    def __init__(self, account: Account, port: int, context: ssl.SSLContext | None, watch: Watch) -> None:
        self._timeout, self._context, self._watch = account.timeout, context, watch
        super().__init__(account.host, port)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:  # noqa: ARG002  imaplib's signature
        try:
            connected = socket.create_connection((self.host, self.port), timeout=self._timeout)
        except UnicodeError as error:  # what the IDNA codec makes of "mail..example.org"
            raise socket.gaierror(socket.EAI_NONAME, "not a host name") from error
        try:
            self._watch.guard(connected)
            return self._context.wrap_socket(connected, server_hostname=self.host) if self._context else connected
        except BaseException:
            connected.close()
            raise

    def read(self, size: int) -> bytes:
        if size > MAX_LITERAL:
            raise self.abort(f"literal of {size} octets")
        return super().read(size)


class _Client(IMAPClient):  # type: ignore[misc]  # imapclient has no types
    """IMAPClient on our wire."""

    def __init__(self, account: Account, context: ssl.SSLContext | None, watch: Watch) -> None:
        self._account, self._watch = account, watch
        implicit = account.security == "tls"
        super().__init__(
            account.host,
            account.port or (993 if implicit else 143),
            ssl=implicit,
            ssl_context=context,
            timeout=SocketTimeout(connect=account.timeout, read=account.timeout),
        )
        # IMAPClient sets 5, which formats every octet with %r for a log nobody reads: 20,000
        # messages cost 4.7 s of CPU with it and 0.63 s without (and 56 MB against 33).
        self._imap.debug = 0
        # The default turns INTERNALDATE into the machine's local time, and naive.
        self.normalise_times = False

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802  imapclient's name
        return _Wire(self._account, self.port, self.ssl_context if self.ssl else None, self._watch)


class Connection:
    """A conversation with one account's server; ``ask`` is the only way to speak.

    It connects when first asked, and again when it broke; the mailbox examined last is then
    examined again, and must be the same one.
    """

    def __init__(self, account: Account, *, deadline: float) -> None:
        refuse_controls({"user": account.user, "host": account.host}, f"account {account.name}")
        self._account, self._deadline = account, deadline
        self._watch = Watch()
        self._context = None if account.security == "none" else tls_context(account.ca_file)
        self._credential: Credential | None = None
        self._client: Any = None
        self._examined: Examined | None = None

    def ask(self, command: Callable[[Any], T]) -> T:
        """What ``command`` gives, asked once of a connection that is open.

        Raises NoError when the server refuses, BrokenError when the connection breaks,
        DeadlineError when the run's time is over.
        """
        if self._client is None:
            self._connect_patiently()
        with self._watched():
            return command(self._client)

    def ask_patiently(self, command: Callable[[Any], T]) -> T:
        """Like ``ask``, but over a new connection when one breaks, three times in all."""
        answer: T = self._retrying()(self.ask, command)
        return answer

    def examine(self, mailbox: str) -> Examined:
        """Open ``mailbox`` read-only (EXAMINE, RFC 9051 section 6.3.3): no flag can change."""
        self._examined = None
        self._examined = self.ask_patiently(lambda client: _examined(client, mailbox, self._account.host))
        return self._examined

    @property
    def examined(self) -> Examined | None:
        """The mailbox that is open."""
        return self._examined

    def close(self, *, politely: bool = True) -> None:
        """Close the socket, after a LOGOUT if ``politely``; never raises for the network's sake."""
        if self._client is not None and politely:
            with suppress(NetworkError, DeadlineError), self._watched(LOGOUT_SECONDS):
                self._client.logout()
        self._drop()

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(BrokenError),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=0.5, max=8),
            sleep=lambda seconds: time.sleep(max(0.0, min(seconds, self._left()))),
            reraise=True,
        )

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    @contextmanager
    def _watched(self, seconds: float | None = None) -> Iterator[None]:
        """Bound the block by the clock, and let only our own errors out of it."""
        if seconds is None and self._left() <= 0:
            raise self._too_late()
        limit = seconds or min(COMMAND_TIMEOUTS * self._account.timeout, self._left())
        try:
            with self._watch.limit(limit):
                yield
        except LIBRARY_FAILURES as error:
            # ``from None``: imaplib's texts quote mail, and would be printed with a traceback.
            raise self._failure(error, limit) from None

    def _failure(self, error: Exception, limit: float) -> Exception:
        bye = b""
        if self._client is not None:
            bye = (self._client._imap.untagged_responses.get("BYE") or [b""])[-1]  # noqa: SLF001  no public way
        secret = self._credential.value if self._credential else ""
        translated = failure(error, self._account, bye, secret)
        if isinstance(translated, BrokenError):
            self._drop()
        if not self._watch.fired:
            return translated
        self._drop()
        if self._left() <= 0:
            return self._too_late()
        return BrokenError(f"{self._account.host}: a command was not answered in full after {limit:g} s")

    def _too_late(self) -> DeadlineError:
        return DeadlineError(f"{self._account.host}: the time for this run is over; the next one goes on from there")

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*LIBRARY_FAILURES):
                client.shutdown()
        self._watch.release()

    def _connect_patiently(self) -> None:
        try:
            self._retrying()(self._connect)
        except BrokenError as error:
            # No longer a BrokenError: whoever retries those would try three times three.
            raise NetworkError(str(error)) from error

    def _connect(self) -> None:
        # Asked for once: a password store may want its owner each time.
        self._credential = self._credential or read_secret(self._account)
        try:
            with self._watched():
                self._client = _Client(self._account, self._context, self._watch)
            self._secure()
            with self._watched():
                _log_in(self._client, self._account, self._credential)
            self._examine_again()
        except BaseException:
            self._drop()
            raise

    def _secure(self) -> None:
        """Refuse a session that began logged in, then STARTTLS if that is the setting.

        With PREAUTH one could not say STARTTLS any more, and would go on in plain text
        (RFC 9051 section 6.2.1); what was said before TLS is forgotten, as it
        may have been said by somebody in between (RFC 9051 section 11.1).
        """
        imap = self._client._imap  # noqa: SLF001  no public way to either
        if imap.state != "NONAUTH":
            raise LoginError(
                f"{self._account.host}: the server claims that we are logged in already (PREAUTH); "
                "check `host` and `port`"
            )
        if self._account.security != "starttls":
            return
        with self._watched():
            offered = self._client.has_capability("STARTTLS")
        if not offered:
            raise no_starttls(self._account)
        with self._watched():
            self._client.starttls(ssl_context=self._context)
        imap.untagged_responses.clear()

    def _examine_again(self) -> None:
        if self._examined is None:
            return
        before = self._examined
        with self._watched():
            now = _examined(self._client, before.name, self._account.host)
        if now.uidvalidity != before.uidvalidity:
            raise NetworkError(
                f"{self._account.host}: {before.name} was rebuilt while it was read; the next run reads it anew"
            )


def _examined(client: Any, mailbox: str, host: str) -> Examined:  # noqa: ANN401  imapclient has no types
    answer = client.select_folder(mailbox, readonly=True)
    uidvalidity = answer.get(b"UIDVALIDITY")
    if not uidvalidity:
        # Without it no UID means anything on the next day (RFC 9051 section 2.3.1.1).
        raise NetworkError(f"{host}: {mailbox} has no UIDVALIDITY just now; the next run tries again")
    return Examined(mailbox, uidvalidity, answer.get(b"UIDNEXT", 0), answer.get(b"EXISTS", 0))


def _log_in(client: Any, account: Account, credential: Credential) -> None:  # noqa: ANN401  imapclient has no types
    if credential.is_token:
        client.oauth2_login(account.user, credential.value)
    elif account.user.isascii() and credential.value.isascii():
        # imaplib quotes the password but not the name, which may hold a blank.
        quoted = account.user.replace("\\", "\\\\").replace('"', '\\"')
        client.login(f'"{quoted}"', credential.value)
    elif client.has_capability("AUTH=PLAIN"):
        # LOGIN is for ASCII; PLAIN is UTF-8 (RFC 4616 section 2).
        client.plain_login(account.user, credential.value)
    else:
        raise LoginError(
            f"{account.host}: the server takes no name or password with letters beyond ASCII; "
            "ask your provider for an app password"
        )
