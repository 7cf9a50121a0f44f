"""What all tables of the file have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the file: every key is known, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
