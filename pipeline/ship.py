"""Fit the shipped model from the corpus: ``python -m pipeline.ship``, or ``make model``, in a checkout.

The same corpus and libraries give the same predictions.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from pipeline.classify.artifact import save_model
from pipeline.classify.corpus import corpus_digest, read_corpus
from pipeline.classify.training import fit
from pipeline.shelf import SHIPPED


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=Path("models"))
def ship(directory: Path) -> None:
    """Fit the model of the corpus in DIRECTORY and write it there."""
    import sklearn  # noqa: PLC0415

    corpus = read_corpus(directory / "corpus")
    fitted = fit(corpus, [1.0] * len(corpus), click.echo)
    notes = {
        "figures": fitted.figures,
        "corpus_sha256": corpus_digest(corpus),
        "kinds_in_corpus": dict(sorted(Counter(example.kind.value for example in corpus).items())),
        "languages_in_corpus": dict(sorted(Counter(example.language for example in corpus).items())),
        "scikit_learn": sklearn.__version__,
    }
    save_model(fitted.model, directory, SHIPPED, notes)


if __name__ == "__main__":
    ship()
