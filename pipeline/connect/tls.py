"""The one TLS context: the server's certificate is always verified, and nothing can switch that off."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """A context that checks chain and host name (RFC 9051 section 11.1, RFC 9525) over TLS 1.2 or newer.

    With ``ca_file``, the authorities in it are trusted in place of the system's: this is
    how a self-signed bridge on this machine is pinned.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca_file.expanduser()) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        reason = (
            error.strerror
            if not isinstance(error, ssl.SSLError)
            else "holds no certificate in PEM form; name a file that does"
        )
        raise ConfigError("ca_file", [f"{ca_file}: {reason}"]) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
