"""What a message promises about answering, and what it asks of the candidate, each with a date."""

from pipeline.link.promises.phrasebook import Phrasebook
from pipeline.link.promises.reader import PromiseReader
from pipeline.link.promises.reading import find_promises

__all__ = ["Phrasebook", "PromiseReader", "find_promises"]
