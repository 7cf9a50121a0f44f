"""How many receipts open an application, and how many are asked about: python tests/openings_score.py.

Each message of the corpus is judged by a model that had not seen it (cross-validation, as for the shipped figures),
and linked by itself.  Counted are those taken, and decided, for an acknowledgement: of a job, and of anything else.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from factories import NAMES, a_fact

from pipeline.classify.corpus import read_corpus
from pipeline.classify.training import count, fit
from pipeline.link.applications import link
from pipeline.records import Kind
from pipeline.resources import shipped

OF_NO_JOB = {Kind.OTHER, Kind.JOB_ALERT, Kind.OUTREACH}


def outcome(message, kind: Kind) -> str:
    """What becomes of the message where nothing came before it."""
    fact = a_fact(
        kind, subject=message.subject, text=message.text, from_=message.from_, to=(), calendar=message.calendar
    )
    found = link([fact], NAMES)
    return "opens one" if found.applications else "is asked about" if found.openings else "opens nothing"


def main() -> None:
    examples = read_corpus(shipped("models", "corpus"))
    counts: dict[str, Counter] = defaultdict(Counter)
    for example, said in zip(examples, fit(count(examples), [1] * len(examples), print).held_out, strict=True):
        if said.kind is Kind.ACKNOWLEDGEMENT and said.decided:
            counts["of no job" if example.kind in OF_NO_JOB else "of a job"][outcome(example.message, said.kind)] += 1
    for truth, outcomes in counts.items():
        print(
            f"{truth}: {outcomes.total()} taken for receipts; "
            + ", ".join(f"{n} {what}" for what, n in outcomes.items())
        )


if __name__ == "__main__":
    main()
