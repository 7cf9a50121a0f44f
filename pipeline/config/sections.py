"""The tables about the user, the digest, silence and the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from pipeline.config.address import checked_address
from pipeline.config.table import Section

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Me(Section):
    """The owner of the mailbox."""

    addresses: list[str] = Field(default=[])
    """Your own addresses: mail from them is yours."""
    timezone: str = "UTC"
    """Your time zone, e.g. "Europe/Berlin": when the digest is due, and how dates are shown."""
    country: str = ""
    """Your country, or a part of it, e.g. "DE" or "DE-BY" (ISO 3166): its holidays are no working days."""

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, value: list[str]) -> list[str]:
        return [checked_address(each) for each in value]

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
        if isinstance(value, list):
            return [checked_address(each) for each in dict.fromkeys(value)]
        return value and checked_address(value)


class SilenceSettings(Section):
    """From which odds of an answer within a week a silence is called what."""

    silent_below_weekly: float = Field(default=0.03, gt=0, lt=1)
    """Gone silent, worth one follow-up: the probability of an answer in the next five working days is below this."""
    ghosted_below_weekly: float = Field(default=0.008, gt=0, lt=1)
    """Hardly an answer to be expected any more: it is below this."""
    overdue_days: int | None = Field(default=None, ge=1, le=3650)
    """Your own number of days for "overdue", in place of when most of those who answer have answered."""
    silent_days: int | None = Field(default=None, ge=1, le=3650)
    """Your own number of days for "silent", in place of the odds."""
    ghosted_days: int | None = Field(default=None, ge=1, le=3650)
    """Your own number of days for "ghosted", in place of the odds."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ghosted_below_weekly >= self.silent_below_weekly:
            raise ValueError("must fall: silent_below_weekly > ghosted_below_weekly")
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
            raise ValueError("the same mailbox cannot teach two labels; name one for each")
        if any(name.upper() == "INBOX" for name in names.values()):
            raise ValueError("INBOX teaches nothing, since all mail arrives there; name a mailbox you move mail into")
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
