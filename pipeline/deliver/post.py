"""Take each letter of the outbox through its states: new, sending, then sent, failed or unknown.

The state is committed before the first octet leaves.  A connection lost after the last dot
looks the same whether the server kept the letter or not, and so does a run that was killed
while sending: both are *unknown*, unless the letter turns up in the mailbox.  An unknown
letter is not sent again, and somebody is told: at most once, and never in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import DeliveryError, NetworkError, UnghostError
from pipeline.records import Sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pipeline.ledger import Outbox
    from pipeline.records import Letter

    Send = Callable[[bytes], tuple[Sending, str]]


def post(outbox: Outbox, send: Send, has_arrived: Callable[[str], bool], now: datetime) -> list[UnghostError]:
    """Send every unfinished letter; the failures, for somebody to be told.

    ``send`` says what became of the octets, with the server's words; ``has_arrived`` looks a
    Message-ID up in the user's mailbox and is asked only where nobody knows.
    """
    return [failure for letter in outbox.unfinished() if (failure := _post_one(outbox, letter, send, has_arrived, now))]


def _post_one(
    outbox: Outbox, letter: Letter, send: Send, has_arrived: Callable[[str], bool], now: datetime
) -> UnghostError | None:
    if letter.state is Sending.SENDING:
        state, words = Sending.UNKNOWN, "the run that was sending it ended in the middle"
    else:
        outbox.mark(letter.digest_id, Sending.SENDING, now)
        try:
            state, words = send(letter.octets)
        except UnghostError as failure:
            outbox.mark(letter.digest_id, Sending.NEW, now, str(failure))
            return failure
    if state is Sending.UNKNOWN and has_arrived(letter.rfc_message_id):
        state = Sending.SENT
    outbox.mark(letter.digest_id, state, now, words)
    return _failure(letter, state, words)


def _failure(letter: Letter, state: Sending, words: str) -> UnghostError | None:
    if state is Sending.NEW:
        return NetworkError(f"The digest of {letter.period} was not taken ({words}); the next run tries again.")
    if state is Sending.FAILED:
        return DeliveryError(
            f"The digest of {letter.period} was refused ({words}); what it says comes again in the next one."
        )
    if state is Sending.UNKNOWN:
        return DeliveryError(
            f"Nobody can say whether the digest of {letter.period} arrived ({words}), so it is not sent twice;"
            " read it with `unghost digest --dry-run`."
        )
    return None
