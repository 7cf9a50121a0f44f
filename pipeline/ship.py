"""Fit the shipped model from the corpus: ``python -m pipeline.ship``, or ``make model``, in a checkout.

The same corpus and libraries give the same predictions.  The manifest keeps what the model card
says of them, and ``reliability.png`` shows how far the probabilities are to be believed.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.classify.artifact import save_model
from pipeline.classify.corpus import corpus_digest, read_corpus
from pipeline.classify.meanings import read_meanings
from pipeline.classify.training import count, fit
from pipeline.evaluate import Judged, evaluate, painter
from pipeline.shelf import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.classify.corpus import Example
    from pipeline.records import Prediction

CARD = ("intervals", "confusion", "calibration", "by")  # what the card says beyond the figures


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=Path("models"))
def ship(directory: Path) -> None:
    """Fit the model of the corpus in DIRECTORY and write it there."""
    import sklearn  # noqa: PLC0415

    corpus, meanings = read_corpus(directory / "corpus"), read_meanings(directory / "meanings.toml")
    fitted = fit(count(corpus, meanings), [1.0] * len(corpus), click.echo)
    notes = {
        "figures": fitted.figures,
        "corpus_sha256": corpus_digest(corpus),
        "meanings_sha256": meanings.digest(),
        "kinds_in_corpus": dict(sorted(Counter(example.kind.value for example in corpus).items())),
        "languages_in_corpus": dict(sorted(Counter(example.language for example in corpus).items())),
        "scikit_learn": sklearn.__version__,
    }
    figures = evaluate(_as_it_comes(corpus, fitted.held_out))
    save_model(fitted.model, directory, SHIPPED, notes | {"as_it_comes": {key: figures[key] for key in CARD}})
    (directory / "reliability.png").write_bytes(painter()(figures))


def _as_it_comes(corpus: Sequence[Example], held_out: Sequence[Prediction]) -> list[Judged]:
    """The messages that were not chosen to mislead, with what was said of them by a model that had not seen them."""
    return [
        Judged(
            example.message.key,
            example.message.subject,
            example.kind.label,
            example.kind,
            said,
            {"lang": example.language, "source": example.writer},
        )
        for example, said in zip(corpus, held_out, strict=True)
        if not example.is_hard
    ]


if __name__ == "__main__":
    ship()
