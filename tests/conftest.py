"""Fixtures all tests share: real servers, started once for each worker of pytest-xdist."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from servers import Dovecot, MailboxUser, SmtpSink, running_dovecot, running_sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as running:
        yield running


@pytest.fixture
def mailbox_user(dovecot: Dovecot) -> Callable[[], MailboxUser]:
    """Each call gives a mail user nobody else has."""
    return dovecot.new_user


@pytest.fixture(scope="session")
def smtp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpSink]:
    with running_sink(tmp_path_factory.mktemp("smtp")) as running:
        yield running


@pytest.fixture
def smtp_sink(smtp_server: SmtpSink) -> SmtpSink:
    """The SMTP server, with nothing received and nothing scripted."""
    smtp_server.reset()
    return smtp_server


@pytest.fixture
def deadline() -> float:
    """A deadline no test should reach."""
    return time.monotonic() + 120
