"""Which terms a model knows, and which of them a message has: those of ``features.terms``, found without making them.

What stands for a word is looked up once and remembered; the pairs of a message are numbers, found all at once.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pipeline.classify.features import SUBJECT, marks, passages, stem, words
from pipeline.classify.meanings import MEANING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pipeline.classify.meanings import Meanings
    from pipeline.records import Message

    Rows = NDArray[np.int64]

MAX_REMEMBERED = 2**16  # words; more than a mailbox uses often
MAX_WORD = 40  # what is longer is a link or a mishap, and hardly comes again
_BREAK = ""  # stands behind each passage, and is in no pair
_BITS = 32
_ROW = 2**_BITS - 1
_SIGNS = ("<", MEANING)  # what begins with these is no word
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

    ``words`` maps the W terms that are no pairs to rows from 0 on, first the names of ``meanings`` and marks, both of
    which tell nothing of how much of a message is known; the pair at row W + i is of the words at the rows
    ``pairs[i]``, shape (F - W, 2), which ascend.

    Within, F is the row of what is not known, and two rows are one number: the first in its upper 32 bits.
    """

    def __init__(self, words: Mapping[str, int], pairs: NDArray[np.int32], meanings: Meanings) -> None:
        self.words, self.pairs, self.meanings = words, pairs, meanings
        self._unknown = len(self)
        self._numbers = pairs[:, 0].astype("int64") << _BITS | pairs[:, 1]
        n_signs = sum(term.startswith(_SIGNS) for term in words)
        self._bounds = n_signs, len(words), len(words) + int(pairs[:, 0].searchsorted(n_signs))
        self._in_text = _Remembered(partial(self._number_of, ""))
        self._in_subject = _Remembered(partial(self._number_of, SUBJECT))

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
        stems, places = numbers >> _BITS, np.array([0, *range(len(cut))]).repeat(sizes)
        meant, of_meant = self._meant(cut, numbers & _ROW, places)
        together, of_together = _together(meant, of_meant)
        beside = stems[:-1] << _BITS | np.concatenate([stems[n_subject : 2 * n_subject], stems[n_subject:]])[1:]
        pairs, of_pairs = self._pairs(np.concatenate([beside, together]), np.concatenate([places[:-1], of_together]))
        signs = np.array([self.words.get(mark, self._unknown) for mark in marks(message)])
        rows = np.concatenate([stems, meant, pairs, signs])
        of_rows = np.concatenate([places, of_meant, of_pairs, np.full(len(signs), len(cut))])
        is_known = rows < self._unknown
        return Found(cut, rows[is_known], of_rows[is_known])

    def n_words(self, rows: Rows) -> int:
        """How many of these rows, which ascend, are of words, or of pairs of words."""
        word, pair, worded = rows.searchsorted(self._bounds).tolist()
        return int(pair - word + len(rows) - worded)

    def _number_of(self, prefix: str, word: str) -> int:
        """The rows of what stands for a word and of its meaning, as one number; a subject's meaning counts once."""
        unknown = self._unknown
        if word == _BREAK:
            return unknown << _BITS | unknown
        name = "" if prefix else self.meanings.of_word(word)
        return self.words.get(prefix + stem(word), unknown) << _BITS | self.words.get(MEANING + name, unknown)

    def _meant(self, cut: Sequence[str], meant: Rows, places: Rows) -> tuple[Rows, Rows]:
        """The row of each known meaning of words and phrases, and its place."""
        import numpy as np  # noqa: PLC0415

        is_known = meant < self._unknown
        meant, places = meant[is_known], places[is_known]
        phrases = [
            (self.words.get(MEANING + name, self._unknown), place)
            for place, passage in enumerate(cut)
            for name in self.meanings.of_phrases(passage)
        ]
        if not phrases:
            return meant, places
        rows, theirs = np.array(phrases).T
        return np.concatenate([meant, rows]), np.concatenate([places, theirs])

    def _pairs(self, sought: Rows, places: Rows) -> tuple[Rows, Rows]:
        """The row of each pair that is sought, and its place, in another order."""
        import numpy as np  # noqa: PLC0415

        order = sought.argsort()  # what ascends is found in two thirds of the time
        sought = sought[order]
        found = self._numbers.searchsorted(sought)
        is_known = self._numbers.take(found, mode="clip") == sought
        return np.where(is_known, found + len(self.words), self._unknown), places[order]


def _together(meant: Rows, places: Rows) -> tuple[Rows, Rows]:
    """Each two meanings of one passage as one number, and its place."""
    import numpy as np  # noqa: PLC0415

    each = np.unique(places << _BITS | meant)
    place, row = each >> _BITS, each & _ROW
    first, second = np.nonzero(place[:, None] == place)
    once = first < second
    first, second = first[once], second[once]
    return row[first] << _BITS | row[second], place[first]


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


def indexed(terms: Sequence[str], meanings: Meanings) -> tuple[Vocabulary, Rows]:
    """A vocabulary of these terms, which must hold the words of its pairs, and the number of the term at each row."""
    import numpy as np  # noqa: PLC0415

    number = {term: n for n, term in enumerate(terms)}
    halves = {term: half for term in terms if len(half := term.split(" ")) > 1 and number.keys() >= set(half)}
    single = sorted(number.keys() - halves.keys(), key=lambda term: (not term.startswith(_SIGNS), term))
    row = {term: n for n, term in enumerate(single)}
    pairs = sorted((row[first], row[second], number[term]) for term, (first, second) in halves.items())
    found = np.array(pairs, np.int32).reshape(-1, 3)
    return Vocabulary(row, found[:, :2], meanings), np.array([*map(number.__getitem__, single), *found[:, 2].tolist()])
