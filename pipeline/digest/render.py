"""Turn a digest into an e-mail: text that is complete by itself, and HTML that loads nothing.

Headers follow RFC 5322, 2045, 3834 (``Auto-Submitted``) and 2919 (``List-Id``); the last one
is also how unghost knows its own letters again.
"""

from __future__ import annotations

import hashlib
import unicodedata
from email.headerregistry import Address as HeaderAddress, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.digest.dates import date_words, day, day_and_time
from pipeline.digest.grounds import evidence_sentence
from pipeline.records import Draft, Kind, Stage, Wait
from pipeline.replies import reply_url

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.digest.compose import Digest
    from pipeline.digest.wording import Wording
    from pipeline.records import Application, Message, Silence

LIST_ID = "unghost digest <digest.unghost.localhost>"
# Also the domain of every digest's Message-ID, and of nothing else's; .localhost is nobody's (RFC 6761 section 6.3).
_LIST_ID = "digest.unghost.localhost"

# The Message-ID of one letter each; as the free text they are by default, long ones would become encoded words.
_FIELDS = HeaderRegistry()
_FIELDS.map_to_type("in-reply-to", MessageIDHeader)  # type: ignore[arg-type]  # typeshed wants the mixed class
_FIELDS.map_to_type("references", MessageIDHeader)  # type: ignore[arg-type]  # typeshed wants the mixed class
# SMTP's 78 would hold for quoted-printable as well, whose lines end at 76 (RFC 2045 section 6.7).
_POLICY = SMTP.clone(max_line_length=76, header_factory=_FIELDS)

KIND_WORDS = {
    Kind.INTERVIEW: "invites you to an interview",
    Kind.ASSESSMENT: "asks you to take an assessment",
    Kind.OFFER: "made you an offer",
    Kind.REJECTION: "said no",
    Kind.POSITION_CLOSED: "closed the position",
}
GUESS_WORDS = {
    Kind.INTERVIEW: "an invitation",
    Kind.ASSESSMENT: "an assessment",
    Kind.OFFER: "an offer",
    Kind.REJECTION: "a rejection",
    Kind.POSITION_CLOSED: "a closed position",
    Kind.ACKNOWLEDGEMENT: "a confirmation of receipt",
    Kind.IN_REVIEW: "a note that they are still looking",
    Kind.PAUSED: "a pause",
    Kind.ACTION_NEEDED: "something for you to do",
    Kind.OUTREACH: "a recruiter's first contact",
    Kind.JOB_ALERT: "a job alert",
    Kind.OTHER: "none of your applications",
}
STAGE_WORDS = {
    Stage.APPLIED: "you applied",
    Stage.IN_REVIEW: "they said they were looking at it",
    Stage.ASSESSMENT: "you handed in your work",
    Stage.INTERVIEW: "your conversation",
    Stage.OFFER: "your answer to their offer",
}


def is_own_digest(message: Message) -> bool:
    """Whether this is a digest of ours that came back to us: it is no answer by anybody."""
    return _LIST_ID in message.list_id


def answers_digest(message: Message) -> bool:
    """Whether this belongs to the thread of a digest of ours: whoever wrote it, no employer answers in it."""
    return any(each.endswith(f"@{_LIST_ID}>") for each in (message.in_reply_to, *message.references))


def render(digest: Digest, wording: Wording, period: str, token: str = "", follows: str = "") -> Draft:
    """The digest as octets ready to be sent, with its Message-ID and what it says.

    With a ``token`` it can be answered; ``follows`` is the Message-ID of the digest before, whose thread it continues.
    """
    letter = headed(subject_of(digest), digest.written_at, wording, period, token)
    if follows:
        letter["In-Reply-To"] = letter["References"] = follows
    letter.set_content(text_of(digest, wording, token), cte="quoted-printable")
    letter.add_alternative(html_of(digest, wording, token), subtype="html", cte="quoted-printable")
    return Draft(letter["Message-ID"], letter.as_bytes(), digest.said)


def headed(subject: str, written_at: datetime, wording: Wording, period: str, token: str = "") -> EmailMessage:
    """A letter without a text.

    The Message-ID follows from the recipients and the period, so a letter written twice is one message; with a token it
    is that, so every reply brings it back (RFC 5322 section 3.6.4).  Replies go to the mailbox that is read.
    """
    letter = EmailMessage(policy=_POLICY)
    letter["From"] = HeaderAddress("unghost", addr_spec=wording.sender)
    letter["To"] = tuple(HeaderAddress(addr_spec=address) for address in wording.recipients)
    if wording.sender != wording.reader:
        letter["Reply-To"] = wording.reader
    letter["Date"] = format_datetime(written_at.astimezone(wording.zone))
    letter["Subject"] = subject
    identity = hashlib.sha256(f"{' '.join(wording.recipients)} {period}".encode()).hexdigest()[:24]
    letter["Message-ID"] = f"<{token or f'{period}.{identity}'}@{_LIST_ID}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    letter["List-Id"] = LIST_ID
    letter["X-Unghost-Digest"] = period
    return letter


def subject_of(digest: Digest) -> str:
    """The news in words: "2 invitations, 1 answer, 3 gone quiet"."""
    counts = (
        (len(digest.moved.items) + digest.moved.n_more, "invitation", "invitations"),
        (len(digest.closed.items) + digest.closed.n_more, "rejection", "rejections"),
        (len(digest.silent.items) + digest.silent.n_more, "gone quiet", "gone quiet"),
        (len(digest.check) + len(digest.whose), "to check", "to check"),
    )
    parts = [f"{n} {one if n == 1 else many}" for n, one, many in counts if n]
    return "Your applications: " + (", ".join(parts) or "nothing new this week")


def text_of(digest: Digest, wording: Wording, token: str = "") -> str:
    """The text part, complete by itself; it says how to answer when there is a token to answer with."""
    text: str = _environment(autoescape=False).get_template("digest.txt").render(_context(digest, wording, token))
    return text.strip() + "\n"


def html_of(digest: Digest, wording: Wording, token: str = "") -> str:
    """The HTML part: no script, no image, no remote content, no mail's HTML."""
    html: str = _environment(autoescape=True).get_template("digest.html").render(_context(digest, wording, token))
    return html


def _environment(*, autoescape: bool) -> Any:  # noqa: ANN401  a jinja2 Environment, imported for digests only
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("pipeline.digest"),
        autoescape=autoescape,  # noqa: S701  the text part is not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,  # Markup is ours
    )
    environment.filters["wrapped"] = _wrapped
    return environment


def _context(digest: Digest, wording: Wording, token: str) -> dict[str, Any]:
    return {
        "d": digest,
        "token": token,
        "reply_url": lambda line: reply_url(wording.reader, line, token),
        "subject": subject_of(digest),
        "day": partial(day, zone=wording.zone),
        "day_and_time": partial(day_and_time, zone=wording.zone),
        "name": name_of,
        "kind_words": KIND_WORDS,
        "guess_words": GUESS_WORDS,
        "wait_sentence": partial(wait_sentence, wording=wording),
    }


def name_of(application: Application) -> str:
    """An application in words: employer and role."""
    return f"{application.employer}, {application.role}" if application.role else application.employer


def wait_sentence(silence: Silence, wording: Wording) -> str:
    """The claim with its numbers: facts about such waits, no verdict on anybody."""
    days = silence.elapsed.days
    since = (
        f"since {STAGE_WORDS.get(silence.application.stage, 'their last word')} ({day(silence.since, wording.zone)})"
    )
    promise = f"; they said they would answer by {date_words(silence.promise.by)}" if silence.promise else ""
    evidence = evidence_sentence(silence.grounds, promised=silence.promise is not None)
    return f"{_claim(silence.wait, days, since)}{promise}. {evidence[0].upper()}{evidence[1:]}."


def _claim(wait: Wait, days: int, since: str) -> str:
    if wait is Wait.GHOSTED:
        return f"has not answered for {days} days, {since}"
    if wait is Wait.SILENT:
        return f"has gone quiet: {days} days {since}"
    return f"{days} days {since}"


def printable(text: str) -> str:
    """Text without control, bidirectional and other invisible characters: what a reader sees is what is there."""
    return "".join(char for char in text if char == "\n" or unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cn"})


def _wrapped(text: str, indent: int) -> str:
    import textwrap  # noqa: PLC0415

    return textwrap.fill(text, 76, initial_indent=" " * indent, subsequent_indent=" " * indent)
