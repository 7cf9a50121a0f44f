"""What a run did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.errors import UnghostError


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did, in counts and sentences; safe to print and to log.

    ``failures`` are the accounts that could not be read and the letters that could not be
    sent; everything else was done all the same.
    """

    n_new: int = 0
    n_unreadable: int = 0
    n_unsure: int = 0
    notices: tuple[str, ...] = ()
    failures: tuple[UnghostError, ...] = field(default=())
