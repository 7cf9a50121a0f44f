"""Hand a letter to a submission server (RFC 6409), over TLS, in one transaction for all recipients or none."""

from __future__ import annotations

import re
import smtplib
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING

from pipeline.connect import (
    Watch,
    connection_failure,
    no_starttls,
    read_secret,
    refuse_controls,
    server_words,
    tls_context,
)
from pipeline.errors import LoginError, NetworkError
from pipeline.records import Sending

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterator

    from pipeline.config import Server
    from pipeline.connect import Credential
    from pipeline.deliver.way import Envelope
    from pipeline.records import Letter

_PORTS = {"tls": 465, "starttls": 587, "none": 25}
# A server that says something now and then would keep us for ever: this many timeouts for all of it.
CONVERSATION_TIMEOUTS = 10
# The classes of reply codes (RFC 5321 section 4.2.1), and the one that asks for the octets.
_DONE, _GO_ON, _PERMANENT = range(200, 300), 354, range(500, 600)
_TEMPORARY = range(400, 500)


class _Smtp(smtplib.SMTP):
    """smtplib on a socket the watch knows of before the server's first octet."""

    def __init__(self, server: Server, watch: Watch) -> None:
        self._watch = watch
        super().__init__(server.host, server.port or _PORTS[server.security], timeout=server.timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # not in typeshed
        self._watch.guard(connected)
        return connected


class _SmtpOverTls(smtplib.SMTP_SSL, _Smtp):
    """The same with TLS from the first octet (RFC 8314)."""

    def __init__(self, server: Server, watch: Watch, context: ssl.SSLContext) -> None:
        self._watch = watch
        port = server.port or _PORTS["tls"]
        smtplib.SMTP_SSL.__init__(self, server.host, port, timeout=server.timeout, context=context)


def send_by_smtp(server: Server, envelope: Envelope, letter: Letter, before: Callable[[], None]) -> tuple[Sending, str]:
    """What became of the letter, with the server's words where it was not sent.

    ``before`` is called when every recipient is accepted and the octets are about to go.

    SENT, NEW (not taken, try again), FAILED (refused for good) or UNKNOWN (the connection
    ended after the last dot, before the answer).  Raises an UnghostError when the server
    cannot be reached, trusted or logged in to: then nothing was sent.
    """
    addresses = {"sender": envelope.sender} | {f"to[{n}]": each for n, each in enumerate(envelope.recipients)}
    refuse_controls(addresses, "smtp")
    with _connected(server) as smtp:
        outcome = _submit(smtp, envelope, letter.octets, before)
        with suppress(OSError, smtplib.SMTPException):  # a courtesy; a broken connection is closed already
            smtp.quit()
        return outcome


def check_login(server: Server) -> None:
    """Log in and out again; raises as ``send_by_smtp`` does."""
    with _connected(server) as smtp, suppress(OSError, smtplib.SMTPException):
        smtp.quit()


@contextmanager
def _connected(server: Server) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted, or to this machine, and logged in; ended by the clock if need be."""
    secret = read_secret(server)
    watch = Watch()
    with ExitStack() as stack:
        stack.callback(watch.release)
        stack.enter_context(watch.limit(CONVERSATION_TIMEOUTS * server.timeout))
        try:
            smtp = stack.enter_context(closing(_connect(server, watch)))
            if server.security == "starttls":
                _start_tls(smtp, server)
            _log_in(smtp, server, secret)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise _explained(error, server) from error
        yield smtp


def _connect(server: Server, watch: Watch) -> smtplib.SMTP:
    if server.security == "tls":
        return _SmtpOverTls(server, watch, tls_context(server.ca_file))
    return _Smtp(server, watch)


def _start_tls(smtp: smtplib.SMTP, server: Server) -> None:
    """RFC 3207; an offer that is missing looks just like an attacker who removed it."""
    smtp.ehlo()
    if not smtp.has_extn("starttls"):
        raise no_starttls(server)
    smtp.starttls(context=tls_context(server.ca_file))
    smtp.ehlo()


def _log_in(smtp: smtplib.SMTP, server: Server, secret: Credential) -> None:
    try:
        if secret.is_token:
            smtp.ehlo()
            smtp.auth("XOAUTH2", lambda _=None: f"user={server.user}\x01auth=Bearer {secret.value}\x01\x01")
        else:
            smtp.login(server.user, secret.value)
    except smtplib.SMTPAuthenticationError as error:
        words = server_words(error.smtp_error, secret.value)
        if error.smtp_code not in _PERMANENT:  # 454: "temporary authentication failure" (RFC 4954 section 6)
            raise NetworkError(
                f"{server.host}: login as {server.user} is not possible now ({words}); try again later"
            ) from None
        raise LoginError(
            f"{server.host}: login as {server.user} was refused ({words}); check `user` and the password"
        ) from None


def _submit(smtp: smtplib.SMTP, envelope: Envelope, octets: bytes, before: Callable[[], None]) -> tuple[Sending, str]:
    """MAIL, RCPT, DATA and the dot one by one, to know whether the last was passed when something breaks.

    Before it the server must not keep anything (RFC 5321 section 4.2.5): the letter is NEW
    again.  After it a lost connection says nothing, in the very same words either way.
    """
    try:
        if refusal := _refused(smtp, envelope):
            return refusal
        before()
        smtp.send(_with_dots_doubled(octets))
        smtp.send(b".\r\n")
    except (OSError, smtplib.SMTPException) as error:
        return Sending.NEW, server_words(str(error))
    try:
        code, words = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Sending.UNKNOWN, server_words(str(error))
    if code in _DONE:
        return Sending.SENT, ""
    return _refusal(code, words) if code in _TEMPORARY or code in _PERMANENT else (Sending.UNKNOWN, "no answer of SMTP")


def _refused(smtp: smtplib.SMTP, envelope: Envelope) -> tuple[Sending, str] | None:
    """The first refusal on the way to DATA: one recipient refused, and nobody gets anything."""
    commands = [(smtp.mail, envelope.sender), *((smtp.rcpt, address) for address in envelope.recipients)]
    for command, address in commands:
        code, words = command(address)
        if code not in _DONE:
            return _refusal(code, words)
    code, words = smtp.docmd("DATA")
    return None if code == _GO_ON else _refusal(code, words)


def _with_dots_doubled(octets: bytes) -> bytes:
    """RFC 5321 section 4.5.2; the letter's lines end in CRLF already."""
    return re.sub(rb"(?m)^\.", b"..", octets if octets.endswith(b"\r\n") else octets + b"\r\n")


def _refusal(code: int, words: bytes | str) -> tuple[Sending, str]:
    state = Sending.FAILED if code in _PERMANENT else Sending.NEW
    return state, f"{code} {server_words(words)}"


def _explained(error: OSError | smtplib.SMTPException | UnicodeError, server: Server) -> Exception:
    if isinstance(error, smtplib.SMTPException):  # an OSError as well
        return NetworkError(f"{server.host}: {server_words(str(error)) or 'the server broke off'}; try again later")
    return connection_failure(error, server)
