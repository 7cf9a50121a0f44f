"""What a message promises about answering, and what it asks of the candidate, each with a date."""

from pipeline.link.promises.reader import PromiseReader

__all__ = ["PromiseReader"]
