"""Ready letters to an employer: which kind fits, to whom, in which language and words; the user sends them, or not."""

from pipeline.draft.book import LetterBook, read_letters
from pipeline.draft.kinds import DraftKind
from pipeline.draft.letter import Drafted, DraftRules, draft_for

__all__ = ["DraftKind", "DraftRules", "Drafted", "LetterBook", "draft_for", "read_letters"]
