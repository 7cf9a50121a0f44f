"""What the operating system, OpenSSL and servers say, turned into our errors: a sentence and a remedy."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from pipeline.errors import CertificateError, ConfigError, NetworkError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.config import Server

# Enough for Gmail's longest refusal (151 characters), too little to carry a message.
MAX_WORDS = 200

_CLOCK = "check this machine's clock; if it is right, the provider must renew the certificate"
_TRUST = "if you trust that authority, put its certificate into a file and name it in `ca_file`"
_NAME = "set `host` to the name the certificate was made for"

# OpenSSL's X509_V_ERR_* codes (x509_vfy.h): what is wrong with the certificate, and the remedy.
_CERTIFICATES = {
    9: ("is not valid yet", _CLOCK),
    10: ("has expired", _CLOCK),
    18: ("is signed by itself, not by a known authority", _TRUST),
    19: ("is signed by an unknown authority", _TRUST),
    20: ("is signed by an unknown authority", _TRUST),
    21: ("is signed by an unknown authority", _TRUST),
    62: ("is for another name", _NAME),
    64: ("is for another address", _NAME),
}

_REACHED = "check `host` and `port`, or try again later"

# OpenSSL's reasons when the other side talks, but not TLS as we want it.
_TLS_REASONS = {
    "WRONG_VERSION_NUMBER": "does not speak TLS on this port; check `port` and `security`",
    "HTTP_REQUEST": "does not speak TLS on this port; check `port` and `security`",
    "UNSUPPORTED_PROTOCOL": "offers only TLS older than 1.2; ask your provider for a newer server",
    "TLSV1_ALERT_PROTOCOL_VERSION": "offers only TLS older than 1.2; ask your provider for a newer server",
}


def connection_failure(error: OSError | UnicodeError, server: Server) -> CertificateError | NetworkError:
    """What went wrong on the way to ``server``, in our words; never raises."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate_failure(error, server)
    if isinstance(error, ssl.SSLError):
        reason = _TLS_REASONS.get(
            getattr(error, "reason", None) or "", "broke off the TLS conversation; try again later"
        )
        return NetworkError(f"{server.host}: the server {reason}")
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return NetworkError(f"{server.host}: no such host is known here; check `host`, or the network is down")
    if isinstance(error, TimeoutError):
        return NetworkError(f"{server.host}: the server said nothing for {server.timeout:g} s; {_REACHED}")
    reason = error.strerror or "the connection was lost"
    return NetworkError(f"{server.host}: {reason[:1].lower()}{reason[1:]}; {_REACHED}")


def _certificate_failure(error: ssl.SSLCertVerificationError, server: Server) -> CertificateError:
    words = server_words(error.verify_message or "was not accepted")
    fault, remedy = _CERTIFICATES.get(error.verify_code, (f"is not good ({words})", _TRUST))
    return CertificateError(f"{server.host}: the server's certificate {fault}, so the password was not sent; {remedy}")


def no_starttls(server: Server) -> RefusedError:
    """STARTTLS was asked for and is not to be had: an attacker in between looks just like that."""
    return RefusedError(
        f"{server.host}: the server offers no STARTTLS, so the password was not sent; "
        'use `security = "tls"` or another network'
    )


def server_words(words: str | bytes, secret: str = "") -> str:
    """The server's own words made safe to show: printable, on one line, short, without ``secret``."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    if secret:
        text = text.replace(secret, "***")
    # Bidirectional controls and escapes are not printable either.
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"


def refuse_controls(values: Mapping[str, str], source: str) -> None:
    """Raise ConfigError for each value that holds a control character.

    A line break inside a name would end the command and start another of somebody's
    choice (CVE-2025-15366 in imaplib, PYSEC-2026-2338 in SMTP).
    """
    problems = [
        f"{key}: holds a control character; write it anew" for key, value in values.items() if has_controls(value)
    ]
    if problems:
        raise ConfigError(source, problems)


def has_controls(value: str) -> bool:
    """Whether ``value`` holds a character of C0 or C1, or DEL."""
    return any(char < " " or "\x7f" <= char <= "\x9f" for char in value)
