"""Take each letter of the outbox through its states: new, sending, then sent, failed or unknown.

The state *sending* is committed just before the server may keep anything.  A connection lost after the last dot
looks the same whether the server kept the letter or not, and so does a run that was killed
while sending: both are *unknown*, unless the letter turns up in the mailbox.  An unknown
letter is not sent again, and somebody is told: at most once, and never in silence.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.errors import DeliveryError, NetworkError, UnghostError
from pipeline.records import Sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pipeline.ledger import Outbox
    from pipeline.records import Letter

    Send = Callable[[bytes, Callable[[], None]], tuple[Sending, str]]

LOOK_AGAIN = timedelta(days=3)  # a slow server may show an unknown letter later


def post(outbox: Outbox, send: Send, has_arrived: Callable[[str], bool], now: datetime) -> list[UnghostError]:
    """Send every unfinished letter; the failures, for somebody to be told.

    ``send`` says what became of the octets, with the server's words, and calls its second argument
    just before the server may keep anything; ``has_arrived`` looks a Message-ID up in the
    user's mailbox and is asked only where nobody knows.
    """
    for letter in outbox.unknown_since(now - LOOK_AGAIN):
        if has_arrived(letter.rfc_message_id):
            outbox.mark(letter.digest_id, Sending.SENT, now)
    return [failure for letter in outbox.unfinished() if (failure := _post_one(outbox, letter, send, has_arrived, now))]


def _post_one(
    outbox: Outbox, letter: Letter, send: Send, has_arrived: Callable[[str], bool], now: datetime
) -> UnghostError | None:
    if letter.state is Sending.SENDING:
        state, words = Sending.UNKNOWN, "the run that was sending it ended in the middle"
    else:
        try:
            state, words = send(letter.octets, lambda: outbox.mark(letter.digest_id, Sending.SENDING, now))
        except UnghostError as failure:
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
            " `unghost digest --dry-run` shows what it says."
        )
    return None
