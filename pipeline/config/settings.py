"""The whole file as one typed value."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from pipeline.config.sections import (
    DigestSettings,
    LearnSettings,
    LedgerSettings,
    Me,
    Retention,
    RunSettings,
    SilenceSettings,
    TrainSettings,
)
from pipeline.config.servers import Account, Server
from pipeline.config.table import Section


class Settings(Section):
    """The whole file."""

    me: Me = Me()
    account: list[Account] = Field(default=[])
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
            raise ValueError("two accounts have the same name; give each its own")
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
