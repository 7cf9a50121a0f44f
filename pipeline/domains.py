"""The domain one registers, by the public suffix list (publicsuffix.org, as shipped with its library: offline)."""

from __future__ import annotations

from functools import cache
from typing import Any


def registered_domain(domain: str) -> str:
    """The part somebody registered, "acme.co.uk" of "mail.acme.co.uk": whoever has it can make any number below."""
    return str(_suffixes().privatesuffix(domain) or domain)


@cache
def _suffixes() -> Any:  # noqa: ANN401  the library has no types
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  a table of ten thousand rows

    return PublicSuffixList()
