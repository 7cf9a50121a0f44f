"""Ask one mailbox for messages in batches, and step over the ones its server will not give up."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.errors import NetworkError
from pipeline.fetch.answers import BrokenError, NoError
from pipeline.records import MessageUID, RawMessage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.fetch.connection import Connection
    from pipeline.records import MailboxState

    # What one FETCH answered, for each UID it named (RFC 9051 section 7.5.2).
    Answers = dict[int, Mapping[bytes, Any]]

# 200 messages a command: 50 cost twice the time at a round trip of 40 ms (1.27 ms against 0.66
# for each message), 500 no less CPU and a third more memory.
BATCH_MESSAGES = 200
BATCH_BYTES = 8_000_000
# What is asked of a message over `max_bytes`: headers and text are at its beginning.
PARTIAL_BYTES = 262_144
# imaplib refuses a line over 1,000,000 octets, and SEARCH answers on one line: with
# UIDs of 8 digits that is 111,000 messages.
SEARCH_MESSAGES = 100_000
# One message that breaks the connection is the message's fault; ten in a row are the server's.
REFUSED_IN_A_ROW = 10

_SIZE = ("RFC822.SIZE", "INTERNALDATE")
_WHOLE = ("BODY.PEEK[]",)
_BEGINNING = (f"BODY.PEEK[]<0.{PARTIAL_BYTES}>",)


@dataclass(frozen=True, slots=True)
class _Head:
    """What is known of a message before its octets; ``size`` is None if the server would not say."""

    uid: int
    size: int | None
    internaldate: datetime | None


class Messages:
    """The messages of the mailbox that is open on ``connection``.

    The UIDs a FETCH answers for are held against those it was asked for: imapclient
    reports no error when a server leaves messages out, leaves their bodies out, or puts one UID
    on all of them.
    """

    def __init__(
        self, connection: Connection, state: MailboxState, max_bytes: int, authserv_ids: tuple[str, ...] = ()
    ) -> None:
        self._connection, self._state, self._max_bytes = connection, state, max_bytes
        self._authserv_ids = authserv_ids
        self._refused: list[RawMessage] = []
        self._in_a_row: Counter[bytes] = Counter()

    def fetch(self, uids: Sequence[int]) -> Iterator[Sequence[RawMessage]]:
        """The messages ``uids`` in order, in batches; those expunged meanwhile are left out."""
        for start in range(0, len(uids), BATCH_MESSAGES):
            heads = self._heads(uids[start : start + BATCH_MESSAGES])
            for group in _groups(heads, self._max_bytes):
                yield from self._bodies(group)
        if self._refused:
            yield self._refused

    def _heads(self, uids: Sequence[int]) -> list[_Head]:
        heads: list[_Head] = []
        for part, answers, error in self._halving(list(uids), _SIZE, b"RFC822.SIZE"):
            heads += [_head(uid, answers.get(uid, {})) for uid in part if error or uid in answers]
        return heads

    def _bodies(self, group: Sequence[_Head]) -> Iterator[Sequence[RawMessage]]:
        """The octets of ``group``; a refusal is held back until the server gives something else.

        So a server that has begun to refuse everything costs no message its turn.
        """
        partial = self._is_large(group[0])
        items, key = (_BEGINNING, b"BODY[]<0>") if partial else (_WHOLE, b"BODY[]")
        by_uid = {head.uid: head for head in group}
        for part, answers, error in self._halving(list(by_uid), items, key):
            if error:
                self._refused += [self._without_octets(by_uid[uid], str(error)) for uid in part]
                continue
            batch = [
                self._message(by_uid[uid], answers[uid].get(key), partial=partial) for uid in part if uid in answers
            ]
            batch, self._refused = self._refused + batch, []
            yield batch

    def _is_large(self, head: _Head) -> bool:
        return head.size is None or head.size > self._max_bytes

    def _halving(
        self, uids: list[int], items: Sequence[str], key: bytes
    ) -> Iterator[tuple[list[int], Answers, NetworkError | None]]:
        """Each part of ``uids`` with its answers, or with the error if one UID alone fails twice.

        Yahoo answers NO to a range for one bad message in it, Dovecot closes the connection in
        the middle of it: halving finds that message in 8 steps of 200.
        """
        todo, failed_alone = [uids], set()
        while todo:
            part = todo.pop()
            try:
                answers = self._answers(part, items, key)
            except (NoError, BrokenError) as error:
                if isinstance(error, NoError) and error.throttled:
                    raise
                if len(part) > 1:
                    todo += [part[len(part) // 2 :], part[: len(part) // 2]]
                elif part[0] not in failed_alone:
                    failed_alone.add(part[0])
                    todo.append(part)
                elif isinstance(error, BrokenError) or self._existing(part):
                    self._strike(key, error)
                    yield part, {}, error
            else:
                self._in_a_row[key] = 0
                yield part, answers, None

    def _strike(self, key: bytes, error: NetworkError) -> None:
        self._in_a_row[key] += 1
        if self._in_a_row[key] >= REFUSED_IN_A_ROW:
            raise NetworkError(f"{error} ({REFUSED_IN_A_ROW} messages in a row)") from error

    def _answers(self, uids: list[int], items: Sequence[str], key: bytes) -> Answers:
        """What the server tells of ``uids``; what it left out is asked for once more, alone.

        A UID whose answer lacks ``key`` then exists, but is not told; a UID not in the result
        was expunged.
        """
        answers = self._fetch(uids, items, key)
        untold = self._existing([uid for uid in uids if uid not in answers])
        if untold:
            # A server that leaves UIDs out has put another's octets under one of them: imapclient
            # files an answer without UID under its sequence number.  Where all that was asked for
            # was answered, that does no harm: n ascending UIDs that are n sequence numbers are equal.
            untold, answers = untold | set(answers), {}
        for uid in sorted(untold):
            answers |= self._fetch([uid], items, key) or {uid: {}}
        return answers

    def _fetch(self, uids: list[int], items: Sequence[str], key: bytes) -> Answers:
        answers = self._connection.ask(lambda client: client.fetch(uids, items))
        return {uid: answers[uid] for uid in uids if answers.get(uid, {}).get(key) is not None}

    def _existing(self, uids: Sequence[int]) -> set[int]:
        if not uids:
            return set()
        return set(self._search(",".join(map(str, uids)))) & set(uids)

    def _search(self, uids: str) -> list[int]:
        return list(self._connection.ask(lambda client: client.search(f"UID {uids}")))

    def _message(self, head: _Head, octets: object, *, partial: bool) -> RawMessage:
        if not isinstance(octets, bytes):
            return self._without_octets(head, "the server lists the message, but sends no octets of it")
        if not octets:
            return self._without_octets(head, "the message is empty")
        return RawMessage(
            octets,
            self._state.direction,
            self._uid(head),
            head.internaldate,
            truncated=partial and len(octets) >= PARTIAL_BYTES,
            authserv_ids=self._authserv_ids,
        )

    def _without_octets(self, head: _Head, problem: str) -> RawMessage:
        return RawMessage(b"", self._state.direction, self._uid(head), head.internaldate, problem=problem)

    def _uid(self, head: _Head) -> MessageUID:
        return MessageUID(self._state.account, self._state.name, self._state.uidvalidity, head.uid)


def _head(uid: int, answer: Mapping[bytes, Any]) -> _Head:
    size = answer.get(b"RFC822.SIZE")
    return _Head(uid, size if isinstance(size, int) else None, _in_utc(answer.get(b"INTERNALDATE")))


def _in_utc(internaldate: object) -> datetime | None:
    """The aware INTERNALDATE in UTC; some servers send NIL, or what is no date."""
    if not isinstance(internaldate, datetime):
        return None
    with suppress(OverflowError):
        aware = internaldate if internaldate.tzinfo else internaldate.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    return None


def _groups(heads: Sequence[_Head], max_bytes: int) -> Iterator[list[_Head]]:
    """Runs of messages that are asked for alike, whole or in part, and come to 8 MB at most."""
    group: list[_Head] = []
    total = 0
    for head in heads:
        large = head.size is None or head.size > max_bytes
        size = PARTIAL_BYTES if large else head.size or 0
        alike = not group or large == (group[0].size is None or group[0].size > max_bytes)
        if group and (not alike or total + size > BATCH_BYTES):
            yield group
            group, total = [], 0
        group.append(head)
        total += size
    if group:
        yield group
