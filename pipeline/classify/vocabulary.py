"""Which terms a model knows, and which of them a message has: those of ``features.terms``, found without making them.

What stands for a word is looked up once and remembered; the pairs of a message are numbers, found all at once.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pipeline.classify.features import SUBJECT, end, has_runs, marks, passages, runs, stem, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pipeline.records import Message

    Rows = NDArray[np.int64]

MAX_REMEMBERED = 2**16  # words; more than a mailbox uses often
MAX_WORD = 40  # what is longer is a link or a mishap, and hardly comes again
_BREAK = ""  # stands behind each passage, and is in no pair
_Value = TypeVar("_Value")


class Found(NamedTuple):
    """The known terms of a message: the row of each, as often as it occurs, and the number of the passage it is in.

    Marks are in none; theirs is the number of passages.
    """

    passages: list[str]
    rows: Rows
    places: Rows


class Vocabulary:
    """The F terms of a model, each at a row of its arrays.

    ``words`` maps the W terms that are no pairs to rows from 0 on, those that begin with "<" first; the
    pair at row W + i is of the words at the rows ``pairs[i]``, shape (F - W, 2), which ascend.

    Within, F is the row of what is not known, and two rows are one number: the first in its upper 32 bits.
    """

    def __init__(self, words: Mapping[str, int], pairs: NDArray[np.int32]) -> None:
        self.words, self.pairs = words, pairs
        self._unknown = len(self)
        self._numbers = pairs[:, 0].astype("int64") << 32 | pairs[:, 1]
        n_marks = sum(term.startswith("<") for term in words)
        self._bounds = n_marks, len(words), len(words) + int(pairs[:, 0].searchsorted(n_marks))
        self._in_text = _Remembered(partial(self._number_of, ""))
        self._in_subject = _Remembered(partial(self._number_of, SUBJECT))
        self._runs_in_text = _Remembered(partial(self._rows_of_runs, ""))
        self._runs_in_subject = _Remembered(partial(self._rows_of_runs, SUBJECT))

    def __len__(self) -> int:
        return len(self.words) + len(self.pairs)

    def find(self, message: Message) -> Found:
        """The known terms of a message."""
        import numpy as np  # noqa: PLC0415  a quiet run predicts nothing

        cut = passages(message)
        split = [[*words(passage), _BREAK] for passage in cut]
        n_subject, *_ = sizes = [len(split[0]), *map(len, split)]  # the subject once more, under its prefix
        known = chain(map(self._in_subject.__getitem__, split[0]), map(self._in_text.__getitem__, chain(*split)))
        numbers = np.fromiter(known, np.int64, sum(sizes))
        stems, ends = numbers >> 32, numbers & 0xFFFFFFFF
        order, pairs = self._pairs(stems, np.concatenate([stems[n_subject : 2 * n_subject], stems[n_subject:]]))
        others = [
            *self._runs(cut, split),
            *((self.words.get(mark, self._unknown), len(cut)) for mark in marks(message)),
        ]
        other, theirs = np.array(others, np.int64).T
        rows = np.concatenate([stems, ends, pairs, other])
        places = np.array([0, *range(len(cut))]).repeat(sizes)
        is_known = rows < self._unknown
        return Found(cut, rows[is_known], np.concatenate([places, places, places[order], theirs])[is_known])

    def n_words(self, rows: Rows) -> int:
        """How many of these rows, which ascend, are no marks, nor pairs that begin with one."""
        word, pair, worded = rows.searchsorted(self._bounds).tolist()
        return int(pair - word + len(rows) - worded)

    def _number_of(self, prefix: str, word: str) -> int:
        """The rows of what stands for a word, its stem and its end, as one number."""
        ending, unknown = end(word), self._unknown
        first = self.words.get(prefix + stem(word), unknown) if word else unknown
        return first << 32 | (self.words.get(prefix + ending, unknown) if ending else unknown)

    def _pairs(self, first: Rows, second: Rows) -> tuple[Rows, Rows]:
        """The places of these words, and for each the row of the pair of it and the next of those."""
        import numpy as np  # noqa: PLC0415

        sought = first[:-1] << 32 | second[1:]
        order = sought.argsort()  # what ascends is found in two thirds of the time
        sought = sought[order]
        found = self._numbers.searchsorted(sought)
        is_known = self._numbers.take(found, mode="clip") == sought
        return order, np.where(is_known, found + len(self.words), self._unknown)

    def _runs(self, cut: Sequence[str], split: Sequence[Sequence[str]]) -> Iterator[tuple[int, int]]:
        """The row and the place of each known run of letters."""
        for place, passage in enumerate(cut):
            if has_runs(passage):
                for rows_of in (self._runs_in_text,) if place else (self._runs_in_text, self._runs_in_subject):
                    yield from ((row, place) for row in chain.from_iterable(map(rows_of.__getitem__, split[place])))

    def _rows_of_runs(self, prefix: str, word: str) -> tuple[int, ...]:
        row_of = self.words.get
        return tuple([row for run in runs(word) if (row := row_of(prefix + run)) is not None])


class _Remembered(dict[str, _Value]):
    """What is said of each word that was asked for; of so many, and so long ones, that it stays small."""

    def __init__(self, say: Callable[[str], _Value]) -> None:
        super().__init__()
        self._say = say

    def __missing__(self, word: str) -> _Value:
        said = self._say(word)
        if len(self) >= MAX_REMEMBERED:
            self.clear()
        if len(word) <= MAX_WORD:
            self[word] = said
        return said


def indexed(terms: Sequence[str]) -> tuple[Vocabulary, Rows]:
    """A vocabulary of these terms, which must hold the words of its pairs, and the number of the term at each row."""
    import numpy as np  # noqa: PLC0415

    number = {term: n for n, term in enumerate(terms)}
    halves = {term: half for term in terms if len(half := term.split(" ")) > 1 and number.keys() >= set(half)}
    single = sorted(number.keys() - halves.keys(), key=lambda term: (not term.startswith("<"), term))
    row = {term: n for n, term in enumerate(single)}
    pairs = sorted((row[first], row[second], number[term]) for term, (first, second) in halves.items())
    found = np.array(pairs, np.int32).reshape(-1, 3)
    return Vocabulary(row, found[:, :2]), np.array([*map(number.__getitem__, single), *found[:, 2].tolist()])
