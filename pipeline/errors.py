"""Every failure, its sentence and its exit code (sysexits.h where one fits).

UnghostError                    1
+- UsageError                   2   an option or argument makes no sense
|  +- NothingToDraftError           no letter fits an application as it stands
+- InputError                  65   a file given to us cannot be read as what it should be
+- UnavailableError            69   something optional is not installed
+- SoftwareError               70   we broke a promise of our own
+- CannotWriteError            73   a file or the ledger cannot be written (disk full, permissions)
+- DeliveryError               74   a digest was refused for good, or nobody knows whether it arrived
+- TemporaryError              75   try again later: nothing is lost
|  +- NetworkError                  the server is unreachable, slow or broke off
|  +- DeadlineError                 the run's time is over; the next one goes on from here
|  +- LockedError                   another run holds the ledger
+- RefusedError                77   the server refused the login, or its certificate was not good
|  +- LoginError
|  +- CertificateError
|  +- SecretError                   the password cannot be had, or others can read it
+- ConfigError                 78   the configuration is wrong; all its problems are listed
|  +- MailboxMissingError           a mailbox named there does not exist
+- SchemaError                 78   the ledger was written by a newer unghost
+- ModelError                  78   the model file is not one we accept
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class UnghostError(Exception):
    """Base of all failures; never raised itself. ``str()`` is one sentence and the remedy."""

    exit_code = 1


class UsageError(UnghostError):
    """An option or an argument makes no sense."""

    exit_code = 2


class NothingToDraftError(UsageError):
    """No letter fits an application; ``reason`` says why in a word, ``value`` the number or day that is part of it."""

    def __init__(self, sentence: str, reason: str, value: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.value = value


class InputError(UnghostError):
    """A file or path given by the user cannot be read as what it should be."""

    exit_code = 65


class UnavailableError(UnghostError):
    """Something optional that was asked for is not installed."""

    exit_code = 69

    def __init__(self, need: str, extra: str) -> None:
        spec = f"'unghost[{extra}]'"
        super().__init__(f"{need}; run `pip install {spec}`, or with pipx `pipx inject unghost {spec}`.")


class SoftwareError(UnghostError):
    """Something that cannot happen did; please report it."""

    exit_code = 70


class CannotWriteError(UnghostError):
    """A file cannot be written: disk full, read-only or not ours."""

    exit_code = 73


class DeliveryError(UnghostError):
    """A digest was refused for good, or nobody can say whether it arrived."""

    exit_code = 74


class TemporaryError(UnghostError):
    """Worth trying again later; nothing was lost."""

    exit_code = 75


class NetworkError(TemporaryError):
    """A server is unreachable, too slow, or broke the conversation off."""


class DeadlineError(TemporaryError):
    """The time set for the run is over."""


class LockedError(TemporaryError):
    """Another unghost is at work on this ledger."""


class RefusedError(UnghostError):
    """A server said no, or could not prove who it is."""

    exit_code = 77


class LoginError(RefusedError):
    """The server refused the name or the password."""


class CertificateError(RefusedError):
    """The server's certificate is expired, for another name, or by an unknown authority."""


class SecretError(RefusedError):
    """A password or token cannot be had, or lies where others can read it."""


class ConfigError(UnghostError):
    """The configuration is wrong; lists every problem at once."""

    exit_code = 78

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__(source, problems)
        self.source = source
        self.problems = tuple(problems)

    def __str__(self) -> str:
        """One line for a single problem, a list for more."""
        if len(self.problems) == 1:
            return f"{self.source}: {self.problems[0]}"
        return f"{self.source}: {len(self.problems)} problems" + "".join(f"\n  - {p}" for p in self.problems)


class MailboxMissingError(ConfigError):
    """A mailbox named in the configuration does not exist on the server."""


class SchemaError(UnghostError):
    """The ledger was written by a newer unghost."""

    exit_code = 78


class ModelError(UnghostError):
    """The model file is not one we accept; says what was unexpected."""

    exit_code = 78


class ParseFailure(Exception):  # noqa: N818  a value passed between rooms, never an exit
    """One message cannot be read; becomes a row in ``unreadable``, never the end of a run."""
