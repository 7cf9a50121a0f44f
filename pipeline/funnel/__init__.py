"""What became of the applications: how many came how far, how long the first answer took, and how others fared."""

from pipeline.funnel.channel import Channels
from pipeline.funnel.course import first_answer
from pipeline.funnel.figures import Funnel, funnel_of
from pipeline.funnel.gates import Gate, Passage, gap, gates_of, passages
from pipeline.funnel.published import Published, read_published

__all__ = [
    "Channels",
    "Funnel",
    "Gate",
    "Passage",
    "Published",
    "first_answer",
    "funnel_of",
    "gap",
    "gates_of",
    "passages",
    "read_published",
]
