"""The models on this machine: the shipped one, the user's own, and which of them is in use.

The user's lie in one directory as ``ID.npz`` and ``ID.json``; a file ``current`` there names
the one in use, and is written last.  Without it the shipped one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.errors import CannotWriteError, ModelError
from pipeline.resources import shipped

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from pipeline.classify import Model
    from pipeline.records import Message, Prediction

SHIPPED = "shipped"
_REMEDY = "see to its rights and to room on the disk, or name another place (`UNGHOST_DATA`)"


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
        return self.load(self.in_use())

    def in_use(self) -> str:
        """The name of the current model."""
        pointer = self.directory / "current"
        return pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else SHIPPED

    def names(self) -> list[str]:
        """The names of all models, readable or not: the shipped one, then the user's by when they were fitted."""
        own = [path.stem for path in self.directory.glob("*.json")]
        return [SHIPPED, *sorted(own, key=lambda name: (self._trained_at(name), name))]

    def _trained_at(self, name: str) -> str:
        try:
            return str(self.manifest(name).get("trained_at", ""))
        except ModelError:
            return ""

    def manifest(self, name: str) -> dict[str, Any]:
        """What is written about a model; raises ModelError where it cannot be read."""
        from pipeline.classify.artifact import read_manifest  # noqa: PLC0415

        return read_manifest(*self._place(name))

    def load(self, name: str) -> Model:
        """A model; raises ModelError when it is none to be used."""
        from pipeline.classify.artifact import load_model  # noqa: PLC0415  a quiet run loads none

        return load_model(*self._place(name))

    def add(self, model: Model, notes: dict[str, Any]) -> None:
        """Put a model on the shelf, not in use yet."""
        from pipeline.classify.artifact import save_model  # noqa: PLC0415

        try:
            save_model(model, self.directory, model.model_id, notes)
        except OSError as error:
            raise CannotWriteError(
                f"No model can be kept in {self.directory} ({error.strerror or error}); {_REMEDY}."
            ) from error

    def use(self, name: str) -> None:
        """Use this model from now on."""
        beside, pointer = self.directory / "current.part", self.directory / "current"
        try:
            if name == SHIPPED:
                pointer.unlink(missing_ok=True)
            else:
                beside.write_text(name + "\n", encoding="utf-8")
                beside.replace(pointer)
        except OSError as error:
            raise CannotWriteError(f"{pointer} cannot be written ({error.strerror or error}); {_REMEDY}.") from error
        self.__dict__.pop("model", None)  # the next prediction loads it

    def _place(self, name: str) -> tuple[Traversable, str]:
        return (shipped("models"), SHIPPED) if name == SHIPPED else (self.directory, name)
