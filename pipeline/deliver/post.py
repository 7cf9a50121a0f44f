"""Take each letter of the outbox through its states: new, sending, then sent, failed or unknown.

The state *sending* is committed just before anybody may keep the letter.  A connection lost after the last dot
looks the same whether the server kept the letter or not, and so does a run that was killed
while sending: both are *unknown*, unless the letter turns up in the mailbox.  An unknown
letter is sent again only where it certainly did not arrive, and somebody is told: at most once, and never
in silence.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from pipeline.deliver.way import hand_in
from pipeline.errors import DeliveryError, NetworkError, UnghostError
from pipeline.records import Sending

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.deliver.way import Envelope, Way
    from pipeline.ledger import Outbox
    from pipeline.records import Letter

LOOK_AGAIN = timedelta(days=3)  # a slow server may show an unknown letter later


def post(outbox: Outbox, way: Way, envelope: Envelope, now: datetime) -> list[UnghostError]:
    """Bring every letter on its way to an end; the failures, for somebody to be told."""
    letters = [*outbox.unknown_since(now - LOOK_AGAIN), *outbox.unfinished()]
    return [failure for letter in letters if (failure := _post_one(outbox, letter, way, envelope, now))]


def _post_one(outbox: Outbox, letter: Letter, way: Way, envelope: Envelope, now: datetime) -> UnghostError | None:
    if letter.state is not Sending.NEW:
        arrived = way.look(letter)
        if arrived:
            outbox.mark(letter.digest_id, Sending.SENT, now)
            return None
        if arrived is None:
            return _give_up(outbox, letter, envelope, now)
    try:
        state, words = _send(outbox, letter, way, envelope, now)
    except UnghostError as failure:
        return failure
    outbox.mark(letter.digest_id, state, now, words)
    return _failure(letter, envelope, state, words)


def _give_up(outbox: Outbox, letter: Letter, envelope: Envelope, now: datetime) -> UnghostError | None:
    """Tell once that nobody knows; a letter told of before stays as it is."""
    if letter.state is Sending.UNKNOWN:
        return None
    words = "the run that was sending it ended in the middle"
    outbox.mark(letter.digest_id, Sending.UNKNOWN, now, words)
    return _failure(letter, envelope, Sending.UNKNOWN, words)


def _send(outbox: Outbox, letter: Letter, way: Way, envelope: Envelope, now: datetime) -> tuple[Sending, str]:
    """What became of it, after a look into the mailbox where the one who carried it does not say."""
    before = partial(outbox.mark, letter.digest_id, Sending.SENDING, now)
    state, words = hand_in(way, envelope, letter, before)
    if state is Sending.UNKNOWN and way.look(letter):
        return Sending.SENT, ""
    # That it is not there yet proves nothing: the server may still be at it.  The next run looks again.
    return state, words


def resend(outbox: Outbox, letter: Letter, way: Way, envelope: Envelope, now: datetime) -> UnghostError | None:
    """Send a letter once more because the user says so, whatever became of it; the failure to be told.

    Its octets and its Message-ID stay.  Where it is not taken its state stays too, so nothing is tried
    again by itself.
    """
    try:
        state, words = _send(outbox, letter, way, envelope, now)
    except UnghostError as failure:
        return failure
    if state is Sending.SENT:
        outbox.mark(letter.digest_id, state, now)
        return None
    may_have_arrived = state is Sending.UNKNOWN and letter.state is not Sending.SENT
    outbox.mark(letter.digest_id, state if may_have_arrived else letter.state, now, words)
    if state is Sending.UNKNOWN:
        return _failure(letter, envelope, state, words)
    return DeliveryError(f"The {letter.name(envelope.zone)} was not taken again ({words}); try it again later.")


def _failure(letter: Letter, envelope: Envelope, state: Sending, words: str) -> UnghostError | None:
    name = letter.name(envelope.zone)
    if state is Sending.NEW:
        return NetworkError(f"The {name} was not taken ({words}); the next run tries again.")
    if state is Sending.FAILED:
        return DeliveryError(f"The {name} was refused ({words}); what it says comes again in the next one.")
    if state is Sending.UNKNOWN:
        return DeliveryError(
            f"Nobody can say whether the {name} arrived ({words}), so it is not sent twice; the"
            f" next runs look for it, and `unghost digest --resend {letter.digest_id}` sends it again."
        )
    return None
