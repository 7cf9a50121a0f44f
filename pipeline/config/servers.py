"""The servers one logs in to, and where the secrets come from."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.config.table import Section

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Security = Literal["tls", "starttls", "none"]


class Secret(Section):
    """Where a password or token comes from: exactly one of these."""

    password_command: list[str] | str | None = None
    """A command whose first line of output is the password, e.g. ["pass", "show", "mail"]."""
    password_file: Path | None = None
    """A file whose first line is the password; refused if others can read it."""
    password_env: str | None = None
    """The name of an environment variable."""
    password_keyring: bool = False
    """Ask the desktop's keyring for service "unghost" (needs the extra "keyring")."""
    token_command: list[str] | str | None = None
    """A command that prints an OAuth2 access token (XOAUTH2), e.g. ["oama", "access", "me@example.com"]."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in Secret.model_fields if getattr(self, name)]
        if len(given) != 1:
            choices = ", ".join(Secret.model_fields)
            found = f"found {' and '.join(given)}" if given else "found none"
            raise ValueError(f"needs exactly one of {choices}; {found}")
        return self


class Server(Secret):
    """A server one logs in to."""

    host: str
    """The server's name."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Its port; by default the standard one for `security`."""
    security: Security = "tls"
    """"tls" from the first byte, "starttls" (mandatory, never optional), or "none" (only to this machine)."""
    user: str
    """The login name, usually the mail address."""
    ca_file: Path | None = None
    """A file with the authority to trust in place of the system's, e.g. for a bridge on this machine."""
    timeout: float = Field(default=60, gt=0)
    """Seconds to wait for the server to say anything."""

    @model_validator(mode="after")
    def _plain_text_stays_here(self) -> Self:
        if self.security == "none" and self.host not in LOOPBACK:
            raise ValueError('security = "none" would send the password in plain text; use "tls" or "starttls"')
        return self


class Account(Server):
    """A mailbox account to read."""

    name: str
    """Your word for this account, e.g. "home"."""
    mailboxes: list[str] = Field(default=["INBOX"], min_length=1)
    """The mailboxes to read."""
    sent: str = "auto"
    """The mailbox with your own sent mail: "auto" finds it (RFC 6154), "" reads none."""
    drafts: str = Field(default="auto", min_length=1)
    """The mailbox drafts are put into that you ask for: "auto" finds it (RFC 6154)."""
    since: date | None = None
    """Messages that arrived before this day are not fetched; by default everything is."""
    authserv_id: str = ""
    """The name under which your provider says who sent a message (RFC 8601), e.g. "mx.example.net"."""
    max_bytes: int = Field(default=8_000_000, ge=100_000)
    """Of a message larger than this only the beginning is fetched."""
