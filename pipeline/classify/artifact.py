"""Models on disk: arrays as npz, the rest as a JSON manifest; nothing in them can execute.

``NAME.npz`` holds ``words`` (UTF-8, one a line), ``meanings`` (UTF-8, a meaning and its word, a tab between them,
a line), ``pairs``, ``idf``, ``coef``, ``intercept``;
``NAME.json`` says what they are.  Anything unexpected is refused by name.
"""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from pipeline.classify.meanings import Meanings
from pipeline.classify.model import Model
from pipeline.classify.vocabulary import Vocabulary
from pipeline.errors import ModelError
from pipeline.records import Kind, Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

FORMAT = 3
MAX_BYTES = 50_000_000
_ARRAYS = {
    "words": "uint8", "meanings": "uint8", "pairs": "int32",
    "idf": "float32", "coef": "float32", "intercept": "float32",
}  # fmt: skip
_MANIFEST = ("format", "model_id", "kinds", "temperature", "thresholds", "sha256")


def read_manifest(directory: Traversable, name: str) -> dict[str, Any]:
    """The manifest of a model; raises ModelError if it is not one we know."""
    try:
        manifest = json.loads(directory.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"The manifest {name}.json cannot be read ({error}); run `unghost train`.") from error
    missing = [key for key in _MANIFEST if not isinstance(manifest, dict) or key not in manifest]
    if missing:
        raise ModelError(f"The manifest {name}.json lacks {', '.join(missing)}; run `unghost train`.")
    if manifest["format"] != FORMAT:
        raise ModelError(f"{name}.json has format {manifest['format']}, not {FORMAT}; run `unghost train`.")
    found: dict[str, Any] = manifest
    return found


def load_model(directory: Traversable, name: str) -> Model:
    """The model ``name`` in ``directory``.

    Raises ModelError when it is missing, altered, too large, or holds anything but the
    expected arrays: pickled objects are never loaded.
    """
    manifest = read_manifest(directory, name)
    try:
        octets = directory.joinpath(f"{name}.npz").read_bytes()
    except OSError as error:
        raise ModelError(f"The model {name}.npz cannot be read ({error}); run `unghost train`.") from error
    if len(octets) > MAX_BYTES or hashlib.sha256(octets).hexdigest() != manifest["sha256"]:
        raise ModelError(f"{name}.npz is not the file its manifest describes; run `unghost train`.")
    arrays = _arrays(octets, name)
    kinds, words = _kinds(manifest, name), _lines(arrays, "words", name)
    n_pairs = arrays["pairs"].size // 2
    n_terms = len(words) + n_pairs
    shapes = {"pairs": (n_pairs, 2), "idf": (n_terms,), "coef": (n_terms, len(kinds)), "intercept": (len(kinds),)}
    if any(arrays[key].shape != shape for key, shape in shapes.items()):
        raise ModelError(f"{name}.npz has arrays of shapes that do not fit together; run `unghost train`.")
    if len(set(words)) < len(words) or not ((arrays["pairs"] >= 0) & (arrays["pairs"] < len(words))).all():
        raise ModelError(f"{name}.npz has pairs of words it does not have, or a word twice; run `unghost train`.")
    return Model(
        model_id=manifest["model_id"],
        kinds=kinds,
        vocabulary=Vocabulary({word: row for row, word in enumerate(words)}, arrays["pairs"], _meanings(arrays, name)),
        idf=arrays["idf"],
        coef=arrays["coef"],
        intercept=arrays["intercept"],
        temperature=_temperature(manifest, name),
        thresholds=_thresholds(manifest, name),
    )


def _lines(arrays: Mapping[str, NDArray[Any]], key: str, name: str) -> list[str]:
    try:
        return str(arrays[key].tobytes(), "utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ModelError(f"{name}.npz has {key} that are no text ({error}); run `unghost train`.") from error


def _octets(lines: Iterable[str]) -> NDArray[np.uint8]:
    import numpy as np  # noqa: PLC0415

    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _meanings(arrays: Mapping[str, NDArray[Any]], name: str) -> Meanings:
    told = [line.split("\t") for line in _lines(arrays, "meanings", name) if line]
    if any(len(each) != 2 for each in told):  # noqa: PLR2004  a meaning and a word
        raise ModelError(f"{name}.npz has meanings other than a meaning and a word each; run `unghost train`.")
    return Meanings({word: meaning for meaning, word in told})


def _kinds(manifest: Mapping[str, Any], name: str) -> tuple[Kind, ...]:
    told = manifest["kinds"] if isinstance(manifest["kinds"], list) else [manifest["kinds"]]
    unknown = [str(kind) for kind in told if kind not in list(Kind)]
    if unknown:
        raise ModelError(f"{name}.json names kinds that do not exist: {', '.join(unknown)}; run `unghost train`.")
    return tuple(map(Kind, told))


def _temperature(manifest: Mapping[str, Any], name: str) -> float:
    told = manifest["temperature"]
    if not isinstance(told, int | float) or not told > 0:
        raise ModelError(f"{name}.json has a temperature of {told}, which is none; run `unghost train`.")
    return told


def _thresholds(manifest: Mapping[str, Any], name: str) -> dict[Label, float]:
    """One for each label, a probability."""
    told = manifest["thresholds"]
    if (
        not isinstance(told, dict)
        or set(told) != set(Label)
        or not all(_is_probability(value) for value in told.values())
    ):
        labels = ", ".join(Label)
        raise ModelError(
            f"{name}.json has thresholds other than a probability for each of {labels}; run `unghost train`."
        )
    return {label: told[label] for label in Label}


def _is_probability(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def _arrays(octets: bytes, name: str) -> dict[str, NDArray[Any]]:
    import numpy as np  # noqa: PLC0415  a quiet run loads no model

    try:
        with np.load(io.BytesIO(octets), allow_pickle=False) as archive:
            unexpected = set(archive.files) ^ set(_ARRAYS)
            if unexpected:
                names = ", ".join(sorted(unexpected))
                raise ModelError(f"{name}.npz has unexpected or missing arrays: {names}; run `unghost train`.")
            arrays = {key: archive[key] for key in _ARRAYS}
    except (ValueError, TypeError, OSError, EOFError, BadZipFile) as error:
        raise ModelError(f"{name}.npz is not a file of plain arrays ({error}); run `unghost train`.") from error
    wrong = [key for key, dtype in _ARRAYS.items() if arrays[key].dtype.name != dtype]
    if wrong:
        raise ModelError(f"{name}.npz has arrays of the wrong type: {', '.join(wrong)}; run `unghost train`.")
    return arrays


def save_model(model: Model, directory: Path, name: str, notes: Mapping[str, Any]) -> None:
    """Write a model and its manifest, with ``notes`` added: beside, then renamed, arrays first."""
    import numpy as np  # noqa: PLC0415

    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        words=_octets(model.vocabulary.words),
        meanings=_octets(f"{meaning}\t{word}" for word, meaning in model.vocabulary.meanings.entries.items()),
        pairs=model.vocabulary.pairs,
        idf=model.idf,
        coef=model.coef,
        intercept=model.intercept,
    )
    manifest = {
        "format": FORMAT,
        "model_id": model.model_id,
        "kinds": list(model.kinds),
        "temperature": model.temperature,
        "thresholds": dict(model.thresholds),
        "sha256": hashlib.sha256(buffer.getvalue()).hexdigest(),
        **notes,
    }
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _replace(directory / f"{name}.npz", buffer.getvalue())
    _replace(directory / f"{name}.json", (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())


def _replace(path: Path, octets: bytes) -> None:
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(octets)
    beside.chmod(0o600)
    beside.replace(path)
