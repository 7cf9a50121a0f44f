"""How often employer, role and requisition are right: python tests/naming_score.py FILE [--mistakes FIELD | --sources].

FILE is the .jsonl of `unghost evaluate` with the fields employer, role and requisition: "" where
the message does not name one, "A | B" where either is right.  Names are compared with case folded and
legal forms and punctuation left out.  One that holds the other, word for word, is right if what is left over does not
tell them apart: an employer must not have taken a word like "application" along; a role's rest is no level, and no
longer than the role.  A domain's spelling ("redgumcare") counts as the name's, and so does its beginning.
Of what is named: right, wrong or missing.  What is said where nothing is named is counted apart.
--sources: how often each source on its own is right, where the name is known; what `sureness` in names.toml is set by.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from factories import NAMES, a_fact

from pipeline.classify.corpus import message_of
from pipeline.link.naming.employer import employers_said
from pipeline.link.naming.role import roles_said
from pipeline.link.naming.source import source_of
from pipeline.link.naming.words import squashed, tokens

FIELDS = ("employer", "role", "requisition")
LEVELS = frozenset("senior junior lead principal staff head chief director manager sr jr ii iii iv".split())  # noqa: SIM905
MASKED = re.compile(r"\[[A-Z_ ]+\]")
MIN_OF_A_DOMAIN = 4


def is_right(field: str, said: str, truth: str) -> bool:
    """Whether a reader would say that both name the same; ``truth`` may be several with " | " between."""
    return any(_same(field, said, one) for one in truth.split(" | "))


def _same(field: str, said: str, truth: str) -> bool:
    if field == "requisition":
        return _bare(said) == _bare(truth)
    if field == "role":
        return _same_words(_role_words(said), _role_words(truth)) or squashed(said) == squashed(truth)
    a, b = squashed(said), squashed(truth)
    starts = min(len(a), len(b)) >= MIN_OF_A_DOMAIN and (a.startswith(b) or b.startswith(a))
    too_much = (tokens(said) - tokens(truth)) & NAMES.tables.words.empty
    return (
        bool(a)
        and not too_much
        and (a == b or starts or tokens(said) <= tokens(truth) or tokens(truth) <= tokens(said))
    )


def _same_words(a: frozenset[str], b: frozenset[str]) -> bool:
    """One holds the other, at least half of it, and what is over is no level."""
    if not a or not b or not (a <= b or b <= a):
        return False
    return not (a ^ b) & LEVELS and 2 * min(len(a), len(b)) >= max(len(a), len(b)) - 1


def _role_words(title: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", title.casefold()))


def _bare(number: str) -> str:
    return re.sub(r"\W", "", number).casefold()


def facts_in(path: Path):
    """Each row with the message as linking would see it."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        message = message_of(row | {"subject": row.get("subject") or "", "body": row.get("body") or ""})
        yield row, a_fact(subject=message.subject, text=message.text, from_=message.from_, to=())


def scored(path: Path):
    """(field, row, found, verdict) of every field of every row that has it."""
    for row, fact in facts_in(path):
        names = NAMES(fact)
        for field in FIELDS:
            if field not in row:
                continue
            truth, found = MASKED.sub("", row[field] or "").strip(), getattr(names, field)
            if truth and found.value:
                verdict = "right" if is_right(field, found.value, truth) else "wrong"
            else:
                verdict = "missing" if truth else "invented" if found.value else "rightly nothing"
            yield field, row, found, verdict


def by_source(path: Path) -> dict[tuple[str, str], Counter]:
    """How often the names of each source are right, among rows whose name is known; the first of each counts."""
    counts: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for row, fact in facts_in(path):
        source = source_of(fact, NAMES.tables)
        said = {"employer": employers_said(fact, source, NAMES.tables)}
        said["role"] = roles_said(fact, source, row["employer"].split(" | ")[0], NAMES.tables)
        for field, found in said.items():
            for how, one in {one.how: one for one in reversed(found)}.items():
                if row[field]:
                    counts[field, how][is_right(field, one.value, row[field])] += 1
    return counts


def main() -> None:
    if "--sources" in sys.argv:
        for (field, how), count in sorted(by_source(Path(sys.argv[1])).items()):
            print(f"{field:10} {how:32} {count[True]:4} of {count.total():4} = {count[True] / count.total():.2f}")
        return
    path, shown = Path(sys.argv[1]), sys.argv[3] if "--mistakes" in sys.argv else ""
    counts, by_language, by_how = (defaultdict(Counter) for _ in range(3))
    for field, row, found, verdict in scored(path):
        counts[field][verdict] += 1
        by_language[field, row.get("lang", "")[:2]][verdict] += 1
        if found.value:
            by_how[field, found.how][verdict] += 1
        if field == shown and verdict in {"wrong", "missing", "invented"}:
            about = f"{row['subject'][:90]} | {row['from'][:60]}"
            print(f"{verdict:8} {row['id']}: {found.value!r} ({found.how}) for {row[field]!r} | {about}")
    for field in FIELDS:
        n = sum(counts[field][v] for v in ("right", "wrong", "missing"))
        if n:
            figures = ", ".join(f"{v} {counts[field][v] / n:.3f}" for v in ("right", "wrong", "missing"))
            print(f"{field}: {n} named; {figures}; invented {counts[field]['invented']}")
    for title, groups in (("language", by_language), ("how", by_how)):
        print(f"\nby {title}")
        for (field, name), verdicts in sorted(groups.items(), key=lambda item: (item[0][0], -item[1].total())):
            print(f"  {field:12} {name:40.40} " + ", ".join(f"{v} {k}" for v, k in verdicts.most_common()))


if __name__ == "__main__":
    main()
