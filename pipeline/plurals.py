"""How many there are of something, in the English that the commands speak.

The digest's sentences have the forms of their own language: ``pipeline/digest/words.py``.
"""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """``1 message`` or ``2 messages``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
