"""unghost: which employers answered, which have gone silent, and what to do about it."""

__version__ = "0.1.0"
