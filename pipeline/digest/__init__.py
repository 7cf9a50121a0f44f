"""The weekly e-mail: when it is due, what is worth saying, and how it is written."""

from pipeline.digest.compose import compose
from pipeline.digest.contents import Digest, Picture
from pipeline.digest.render import LIST_ID, answers_digest, is_own_digest, render
from pipeline.digest.replied import confirm, untold
from pipeline.digest.schedule import Schedule, due_period
from pipeline.digest.wording import Wording

__all__ = [
    "LIST_ID",
    "Digest",
    "Picture",
    "Schedule",
    "Wording",
    "answers_digest",
    "compose",
    "confirm",
    "due_period",
    "is_own_digest",
    "render",
    "untold",
]
