"""The models on this machine: the shipped one, the user's own, and which of them is in use.

The user's lie in one directory as ``ID.npz`` and ``ID.json``; a file ``current`` there names
the one in use, and is written last.  Without it the shipped one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.errors import ModelError
from pipeline.resources import shipped

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from pipeline.classify import Model
    from pipeline.records import Message, Prediction

SHIPPED = "shipped"


@dataclass
class Shelf:
    """The shelf at ``directory``; calling it predicts with the current model, loaded when first needed."""

    directory: Path

    def __call__(self, message: Message) -> Prediction:
        """What the current model makes of a message; raises ModelError when there is none to be used."""
        return self.model.predict(message)

    @cached_property
    def model(self) -> Model:
        """The current model."""
        from pipeline.classify.artifact import load_model  # noqa: PLC0415  a quiet run loads none

        return load_model(*self._current())

    def figures(self) -> dict[str, Any]:
        """What was measured of the current model when it was fitted; nothing where it cannot be read."""
        from pipeline.classify.artifact import read_manifest  # noqa: PLC0415

        try:
            figures: dict[str, Any] = read_manifest(*self._current()).get("figures", {})
        except ModelError:
            return {}  # training is the remedy, so it must not need what it replaces
        return figures

    def add(self, model: Model, notes: dict[str, Any]) -> None:
        """Put a model on the shelf, not in use yet."""
        from pipeline.classify.artifact import save_model  # noqa: PLC0415

        save_model(model, self.directory, model.model_id, notes)

    def use(self, model_id: str) -> None:
        """Use this model from now on."""
        beside = self.directory / "current.part"
        beside.write_text(model_id + "\n", encoding="utf-8")
        beside.replace(self.directory / "current")

    def _current(self) -> tuple[Traversable, str]:
        pointer = self.directory / "current"
        if pointer.is_file():
            return self.directory, pointer.read_text(encoding="utf-8").strip()
        return shipped("models"), SHIPPED
