"""Hand one letter to a submission server (RFC 6409), over TLS, to one recipient: the user."""

from __future__ import annotations

import re
import smtplib
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from pipeline.connect import connection_failure, no_starttls, read_secret, refuse_controls, server_words, tls_context
from pipeline.errors import LoginError, NetworkError
from pipeline.records import Sending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.config import Server
    from pipeline.connect import Credential

_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_TEMPORARY, _PERMANENT = 400, 500  # RFC 5321 section 4.2.1


def send_by_smtp(
    server: Server, sender: str, recipient: str, octets: bytes, before_data: Callable[[], None]
) -> tuple[Sending, str]:
    """What became of the letter, with the server's words where it was not sent.

    ``before_data`` is called when the recipient is accepted and the octets are about to go.

    SENT, NEW (not taken, try again), FAILED (refused for good) or UNKNOWN (the connection
    ended after the last dot, before the answer).  Raises an UnghostError when the server
    cannot be reached, trusted or logged in to: then nothing was sent.
    """
    refuse_controls({"sender": sender, "recipient": recipient}, "smtp")
    with _connected(server) as smtp:
        return _submit(smtp, sender, recipient, octets, before_data)


def check_login(server: Server) -> None:
    """Log in and out again; raises as ``send_by_smtp`` does."""
    with _connected(server):
        pass


@contextmanager
def _connected(server: Server) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted, or to this machine, and logged in."""
    secret = read_secret(server)
    try:
        smtp = _connect(server)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise _explained(error, server) from error
    with closing(smtp):
        try:
            if server.security == "starttls":
                _start_tls(smtp, server)
            _log_in(smtp, server, secret)
        except (OSError, smtplib.SMTPException) as error:
            raise _explained(error, server) from error
        yield smtp


def _connect(server: Server) -> smtplib.SMTP:
    port = server.port or _PORTS[server.security]
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, port, timeout=server.timeout, context=tls_context(server.ca_file))
    return smtplib.SMTP(server.host, port, timeout=server.timeout)


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
        raise LoginError(
            f"{server.host}: login as {server.user} was refused ({words}); check `user` and the password"
        ) from None


def _submit(
    smtp: smtplib.SMTP, sender: str, recipient: str, octets: bytes, before_data: Callable[[], None]
) -> tuple[Sending, str]:
    """MAIL, RCPT and DATA one by one, to know whether the last dot was passed when something breaks.

    Before it the server must not keep anything (RFC 5321 section 4.2.5): the letter is NEW
    again.  After it a lost connection says nothing, in the very same words either way.
    """
    try:
        for command, argument in ((smtp.mail, sender), (smtp.rcpt, recipient), (smtp.docmd, "DATA")):
            code, words = command(argument)
            if code >= _TEMPORARY:
                return _refusal(code, words)
        before_data()
        smtp.send(_with_dots_doubled(octets))
    except (OSError, smtplib.SMTPException) as error:
        return Sending.NEW, server_words(str(error))
    except UnicodeError:
        return Sending.FAILED, "the address is not plain ASCII"
    try:
        smtp.send(b".\r\n")
        code, words = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Sending.UNKNOWN, server_words(str(error))
    return _refusal(code, words) if code >= _TEMPORARY else (Sending.SENT, "")


def _with_dots_doubled(octets: bytes) -> bytes:
    """RFC 5321 section 4.5.2; the letter's lines end in CRLF already."""
    return re.sub(rb"(?m)^\.", b"..", octets if octets.endswith(b"\r\n") else octets + b"\r\n")


def _refusal(code: int, words: bytes | str) -> tuple[Sending, str]:
    state = Sending.FAILED if code >= _PERMANENT else Sending.NEW
    return state, f"{code} {server_words(words)}"


def _explained(error: OSError | smtplib.SMTPException | UnicodeError, server: Server) -> Exception:
    if isinstance(error, smtplib.SMTPException):  # an OSError as well
        return NetworkError(f"{server.host}: {server_words(str(error)) or 'the server broke off'}")
    return connection_failure(error, server)
