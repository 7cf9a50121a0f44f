"""One typed table of settings, read from TOML; unknown and missing keys are reported all at once."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from datetime import date  # noqa: TC003  pydantic needs it at run time
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipeline.errors import ConfigError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Security = Literal["tls", "starttls", "none"]

MAX_ADDRESS = 254  # RFC 5321 section 4.5.3.1.3, without its brackets
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"  # RFC 5322 section 3.2.3


def _address(value: str) -> str:
    """An addr-spec (RFC 5322 section 3.4.1) that every server takes: plain ASCII, nothing around it."""
    if not is_address(value):
        raise ValueError(f"{value!r} is no plain mail address; write one like 'you@example.com'")
    return value


def is_address(value: str) -> bool:
    """Whether this is an addr-spec (RFC 5322 section 3.4.1) with no comment, no quotes and nothing around it.

    Nor may it look like an encoded word (RFC 2047), which some would read as another address.
    """
    return (
        len(value) <= MAX_ADDRESS
        and "=?" not in value
        and bool(re.fullmatch(f"{_ATOM}(?:\\.{_ATOM})*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", value))
    )


class Section(BaseModel):
    """A table of the file: every key is known, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


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
    max_bytes: int = Field(default=8_000_000, ge=100_000)
    """Of a message larger than this only the beginning is fetched."""


class Me(Section):
    """The owner of the mailbox."""

    addresses: list[str] = []
    """Your own addresses: mail from them is yours."""
    timezone: str = "UTC"
    """Your time zone, e.g. "Europe/Berlin": when the digest is due, and how dates are shown."""
    country: str = ""
    """Your country, or a part of it, e.g. "DE" or "DE-BY" (ISO 3166): its holidays are no working days."""

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, value: list[str]) -> list[str]:
        return [_address(each) for each in value]

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is no time zone; write one like 'Europe/Berlin'") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)


class DigestSettings(Section):
    """When the weekly digest comes, to whom, and how."""

    to: list[str] | str | None = None
    """Where it goes, one address or several: nothing is ever sent to any other. By default your first address."""
    via: Literal["smtp", "imap", "sendmail", "file"] | None = None
    """How: "smtp", "imap" (into INBOX of the first account), "sendmail" or "file"; see below for the default."""
    sendmail: Path = Path("/usr/sbin/sendmail")
    """For "sendmail": the program; Postfix, Exim, OpenSMTPD and msmtp have one."""
    directory: Path | None = None
    """For "file": where it is written, as .eml, or into `new` where it is a Maildir."""
    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "monday"
    """The day of the week."""
    hour: int = Field(default=8, ge=0, le=23)
    """The hour from which on it is due; a missed one is sent at the next run."""
    confirm: bool = False
    """Whether an answer to it is answered at once; by default the next digest says what became of it."""
    reply_days: int = Field(default=60, ge=1, le=3650)
    """Days for which a digest can be answered."""
    quiet_weeks: bool = True
    """Whether a week with nothing new gets its two lines as well; with false it gets no mail."""
    closed: bool = True
    """Whether rejections and closed positions are told; with false `unghost list --closed` has them."""
    language: str = Field(default="en", pattern="^[a-z]{2,3}$")
    """The language it is written in: "en", "de", or another one whose `words.<language>.toml` lies beside this file."""

    @field_validator("to")
    @classmethod
    def _are_addresses(cls, value: list[str] | str | None) -> list[str] | str | None:
        if value == []:
            raise ValueError("is empty; leave it out for your first address")
        return (
            [_address(each) for each in dict.fromkeys(value)] if isinstance(value, list) else value and _address(value)
        )


class SilenceSettings(Section):
    """From which odds of still hearing back a silence is called what."""

    silent_below: float = Field(default=0.15, gt=0, lt=1)
    """Gone silent, worth one follow-up: the probability that an answer still comes is below this."""
    ghosted_below: float = Field(default=0.05, gt=0, lt=1)
    """Hardly an answer to be expected any more: it is below this."""
    overdue_days: int | None = Field(default=None, ge=1, le=3650)
    """Your own number of days for "overdue", in place of when most of those who answer have answered."""
    silent_days: int | None = Field(default=None, ge=1, le=3650)
    """Your own number of days for "silent", in place of the odds."""
    ghosted_days: int | None = Field(default=None, ge=1, le=3650)
    """Your own number of days for "ghosted", in place of the odds."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ghosted_below >= self.silent_below:
            raise ValueError("must fall: silent_below > ghosted_below")
        given = [days for days in (self.overdue_days, self.silent_days, self.ghosted_days) if days is not None]
        if given != sorted(set(given)):
            raise ValueError("must rise: overdue_days < silent_days < ghosted_days")
        return self


class Retention(Section):
    """How long text that is none of our business is kept."""

    days: int = Field(default=30, ge=0, le=3650)
    """Days for which the text of a message that belongs to no application is kept."""


class TrainSettings(Section):
    """When the model learns from your corrections by itself."""

    after: int = Field(default=5, ge=0)
    """So many new corrections make the next run fit the model anew; 0 leaves it to `unghost train`."""


class LearnSettings(Section):
    """What it means that you move a message into a mailbox; it is read like the others, and never written."""

    invitation: str = ""
    """What you move into this mailbox, e.g. "Jobs/Invitations", is an invitation."""
    rejection: str = ""
    """What you move into this one is a rejection."""
    none: str = ""
    """What you move into this one is neither."""

    @model_validator(mode="after")
    def _mailboxes_differ(self) -> Self:
        names = self.mailboxes
        if len(set(names.values())) != len(names):
            raise ValueError("the same mailbox cannot teach two labels")
        if any(name.upper() == "INBOX" for name in names.values()):
            raise ValueError("INBOX teaches nothing, since all mail arrives there")
        return self

    @property
    def mailboxes(self) -> dict[str, str]:
        """The mailbox of each label that has one."""
        return {label: name for label in LearnSettings.model_fields if (name := getattr(self, label))}


class RunSettings(Section):
    """Limits of one run."""

    deadline: float = Field(default=900, gt=0)
    """Seconds after which a run stops reading; the next one goes on from there."""


class LedgerSettings(Section):
    """Where the ledger lies."""

    path: Path | None = None
    """The SQLite file; by default `ledger.db` in the data directory."""


class Settings(Section):
    """The whole file."""

    me: Me = Me()
    account: list[Account] = []
    smtp: Server | None = None
    digest: DigestSettings = DigestSettings()
    silence: SilenceSettings = SilenceSettings()
    retention: Retention = Retention()
    train: TrainSettings = TrainSettings()
    learn: LearnSettings = LearnSettings()
    run: RunSettings = RunSettings()
    ledger: LedgerSettings = LedgerSettings()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [account.name for account in self.account]
        if len(set(names)) != len(names):
            raise ValueError("two accounts have the same name")
        if (self.account or self.smtp) and not self.me.addresses:
            raise ValueError("me.addresses is missing: your own mail address, or several")
        return self

    @model_validator(mode="after")
    def _way_is_open(self) -> Self:
        needed = {"smtp": self.smtp, "imap": self.account, "file": self.digest.directory}
        if self.digest.via and not needed.get(self.digest.via, True):
            missing = {"smtp": "an [smtp]", "imap": "an [[account]]", "file": "digest.directory"}[self.digest.via]
            raise ValueError(f'digest.via = "{self.digest.via}" needs {missing}')
        strangers = sorted({to.lower() for to in self.digest_to} - {own.lower() for own in self.me.addresses})
        if self.digest_via == "imap" and strangers:
            raise ValueError(f"digest.to: {strangers[0]} has another INBOX than yours; reaching it needs an [smtp]")
        return self

    @property
    def digest_to(self) -> tuple[str, ...]:
        """The only addresses anything is ever sent to; empty where no address is known."""
        to = self.digest.to or self.me.addresses[:1]
        return (to,) if isinstance(to, str) else tuple(to)

    @property
    def digest_via(self) -> str:
        """How the digest gets to its reader; "" where there is no way."""
        return self.digest.via or ("smtp" if self.smtp else "imap" if self.account else "")


def config_path() -> Path:
    """Where the user's configuration lies: ``UNGHOST_CONFIG``, else the platform's place."""
    chosen = os.environ.get("UNGHOST_CONFIG")
    return Path(chosen) if chosen else Path(platformdirs.user_config_dir("unghost", appauthor=False)) / "config.toml"


def data_directory() -> Path:
    """Where the ledger and the user's own models lie: ``UNGHOST_DATA``, else the platform's place."""
    chosen = os.environ.get("UNGHOST_DATA")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("unghost", appauthor=False))


def read_settings(path: Path) -> Settings:
    """The settings in the TOML file ``path``.

    Raises ConfigError with every problem found, each with its dotted key and, for an
    unknown key, the nearest right name.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(str(path), ["there is no such file; `unghost init` writes one"]) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(path), [f"cannot be read: {error}"]) from error
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise ConfigError(str(path), [_sentence(problem) for problem in error.errors()]) from None


def _sentence(problem: Any) -> str:  # noqa: ANN401  pydantic's ErrorDetails
    where = ".".join(str(part) for part in problem["loc"]) or "the file"
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key{_nearest(problem['loc'])}"
    if problem["type"] == "missing":
        return f"{where}: is missing"
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}"


def _nearest(loc: tuple[str | int, ...]) -> str:
    """``; did you mean 'x'?`` for the known key closest to the last part of ``loc``."""
    known = list(_fields_at(loc[:-1]))
    match = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.5)
    return f"; did you mean {match[0]!r}?" if match else f"; known here: {', '.join(known)}"


SECTIONS: dict[str, type[Section]] = {
    "me": Me,
    "account": Account,
    "smtp": Server,
    "digest": DigestSettings,
    "silence": SilenceSettings,
    "retention": Retention,
    "train": TrainSettings,
    "learn": LearnSettings,
    "run": RunSettings,
    "ledger": LedgerSettings,
}


def _fields_at(loc: tuple[str | int, ...]) -> dict[str, Any]:
    return (SECTIONS[str(loc[0])] if loc else Settings).model_fields
