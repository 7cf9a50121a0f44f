"""What a message promises about answering, what it asks of the candidate, and when one is to talk."""

from pipeline.link.promises.reader import PromiseReader

__all__ = ["PromiseReader"]
