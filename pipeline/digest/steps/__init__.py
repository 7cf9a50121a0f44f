"""One fitting step at a time: what an application, or the whole search, is like, and what to do about it."""

from pipeline.digest.steps.choose import Step, Told, general_steps, mark_of, step_for
from pipeline.digest.steps.situation import Situation, situation_of
from pipeline.digest.steps.table import NextSteps, read_steps
from pipeline.digest.steps.vocabulary import FAMILIES

__all__ = [
    "FAMILIES",
    "NextSteps",
    "Situation",
    "Step",
    "Told",
    "general_steps",
    "mark_of",
    "read_steps",
    "situation_of",
    "step_for",
]
