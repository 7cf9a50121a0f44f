"""How strongly a message speaks for an application: a weight, and the reasons it is made of.

Fellegi and Sunter, "A Theory for Record Linkage" (JASA 64, 1969): each comparison adds a weight for
agreement or disagreement (here in bits, set by judgement and held to `tests/test_searches.py`); above one
threshold it is a link, below another it is none, and what lies between is a person's to decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.link.alike import Likeness, compare_employers, compare_requisitions, compare_roles, role_words
from pipeline.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pipeline.link.board import Thread

LINK = 6.0  # from this weight on they belong together
QUESTION = -1.0  # from this weight on they may
MARGIN = 2.0  # what the best must have more than the second best

_WEIGHTS = {
    "requisition": 12,
    "another requisition": -14,
    "employer": 7,
    "employer named in the text": 7,
    "a similar employer": -1,
    "no employer named": -1,
    "another employer": -10,
    "role": 5,
    "a similar role": 3,
    "another role": -10,
    "another client": -15,
    "role named in the text": 4,
    "person": 7,
    "recent": 1,
    "long ago": -2,
    "closed before": -2,
    "refused before": -6,
    "applied again": -14,
    "the same receipt again": -14,
    "a receipt long before": -4,
}
_RECENT, _LONG = timedelta(days=30), timedelta(days=180)
_SAME_SENDING = timedelta(minutes=10)
_LATEST_RECEIPT = timedelta(days=3)  # after another's, by a board or by hand
# A no, and what may open an application when nothing came before it.
CLOSING = frozenset({Kind.REJECTION, Kind.POSITION_CLOSED})
OPENING = CLOSING | {
    Kind.ACKNOWLEDGEMENT,
    Kind.IN_REVIEW,
    Kind.PAUSED,
    Kind.INTERVIEW,
    Kind.ASSESSMENT,
    Kind.OFFER,
}
BY_VENDORS = frozenset({Kind.ASSESSMENT, Kind.INTERVIEW, Kind.ACTION_NEEDED})


@dataclass(frozen=True, slots=True)
class Clues:
    """What of a message can say which application it is about; empty where it does not say.

    ``opens`` says that it confirms or is an application; ``person`` is an address somebody reads,
    ``client`` what an agent calls the one it writes for, ``receipt`` its sender and subject.
    """

    at: datetime
    kind: Kind | None
    opens: bool
    employer: str
    role: str
    requisition: str
    person: str
    client: str
    receipt: tuple[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Weight:
    """The sum of the weights, in bits, and the reasons for it."""

    bits: float
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        """What speaks for it."""
        return " + ".join(reason for reason in self.reasons if _WEIGHTS[reason] > 0)


def weigh(clues: Clues, thread: Thread) -> Weight:
    """How strongly ``clues`` speak for ``thread``."""
    reasons = tuple(_reasons(clues, thread))
    return Weight(sum(_WEIGHTS[reason] for reason in reasons), reasons)


def _reasons(clues: Clues, thread: Thread) -> Iterator[str]:
    role = _best(compare_roles(known, clues.role) for known in thread.roles if known)
    requisition = _best(compare_requisitions(known, clues.requisition) for known in thread.requisitions)
    yield from _of_likeness(requisition, "requisition", "", "another requisition")
    yield _employer(clues, thread, is_same_role=role is Likeness.SAME)
    yield from _of_likeness(role, "role", "a similar role", "another role")
    if not clues.role and any(_stands_in(title.casefold(), clues.text.casefold()) for title in thread.roles):
        yield "role named in the text"
    if role is not Likeness.OTHER and clues.person and clues.person in thread.people:
        yield "person"  # one recruiter fills several roles
    if requisition is not Likeness.SAME and clues.client and _is_another_client(clues.client, thread.clients):
        yield "another client"
    yield from _time(clues, thread, is_known=Likeness.SAME in {role, requisition})


def _best(found: Iterable[Likeness]) -> Likeness:
    return min(found, key=lambda likeness: likeness.value, default=Likeness.UNKNOWN)


def _of_likeness(likeness: Likeness, same: str, similar: str, other: str) -> Iterator[str]:
    reason = {Likeness.SAME: same, Likeness.SIMILAR: similar, Likeness.OTHER: other}.get(likeness)
    if reason:
        yield reason


def _employer(clues: Clues, thread: Thread, *, is_same_role: bool) -> str:
    likeness = _best(compare_employers(known, clues.employer) for known in thread.names if known)
    if likeness is Likeness.SAME:
        return "employer"
    may_be_theirs = clues.kind in BY_VENDORS or (is_same_role and likeness is not Likeness.SIMILAR)
    if may_be_theirs and any(_stands_in(name, clues.text) for name in thread.names):
        return "employer named in the text"  # a testing company, or the employer under its new name
    reasons = {Likeness.SIMILAR: "a similar employer", Likeness.OTHER: "another employer"}
    return reasons.get(likeness, "no employer named")


def _is_another_client(client: str, known: Iterable[str]) -> bool:
    """Whether an agent names, or describes, a client with no word they used of one before."""
    words = [role_words(one) for one in known if one[:1].isupper() == client[:1].isupper()]
    return bool(words) and not any(role_words(client) & one for one in words)


def _stands_in(name: str, text: str) -> bool:
    return bool(name) and name in text and bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))


def _time(clues: Clues, thread: Thread, *, is_known: bool) -> Iterator[str]:
    """What the time between says; ``is_known`` where the role or requisition is the very one."""
    since = clues.at - thread.last_at
    is_closed = thread.is_closed(clues.at)
    yield from ["recent"] if since <= _RECENT else ["long ago"] if since > _LONG else []
    if is_closed:
        yield "refused before" if clues.kind in CLOSING else "closed before"
    if not clues.opens:
        return
    if is_closed or since > _RECENT:
        yield "applied again"  # after a no, or long after the last word
    elif not is_known and any(clues.at - at > _SAME_SENDING for at in thread.receipts.get(clues.receipt, ())):
        yield "the same receipt again"  # a system confirms each application once
    elif not is_known and any(clues.at - at > _LATEST_RECEIPT for at in thread.confirmed_at):
        yield "a receipt long before"
