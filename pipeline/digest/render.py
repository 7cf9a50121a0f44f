"""Turn a digest into an e-mail: text that is complete by itself, HTML that loads nothing, dates for the calendar.

Headers follow RFC 5322, 2045, 3834 (``Auto-Submitted``) and 2919 (``List-Id``); the last one
is also how unghost knows its own letters again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from email.headerregistry import Address as HeaderAddress, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.digest.calendar import Purpose, calendar_of
from pipeline.digest.contents import MAX_FULL
from pipeline.digest.dates import date_words, day, day_and_time
from pipeline.digest.grounds import evidence_sentence
from pipeline.digest.looks import LIGHT, LOOKS, dark_rules, outlook_rules, page_rules
from pipeline.digest.plain import MAX_SUBJECT, name_of, printable, sender_of, short
from pipeline.records import Draft, Wait
from pipeline.replies import reply_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline.digest.calendar import Appointment
    from pipeline.digest.contents import Digest, Item, Section
    from pipeline.digest.steps.choose import Step
    from pipeline.digest.wording import Wording
    from pipeline.digest.words import Words
    from pipeline.records import Learned, Message, Silence

LIST_ID = "unghost digest <digest.unghost.localhost>"
# Also the domain of every digest's Message-ID, and of nothing else's; .localhost is nobody's (RFC 6761 section 6.3).
_LIST_ID = "digest.unghost.localhost"
WIDTH = 76  # of the text part
BAR = 36  # characters of a whole one
MAX_PARTS = 4  # of the subject

# The Message-ID of one letter each; as the free text they are by default, long ones would become encoded words.
_FIELDS = HeaderRegistry()
_FIELDS.map_to_type("in-reply-to", MessageIDHeader)  # type: ignore[arg-type]  # typeshed wants the mixed class
_FIELDS.map_to_type("references", MessageIDHeader)  # type: ignore[arg-type]  # typeshed wants the mixed class
# SMTP's 78 would hold for quoted-printable as well, whose lines end at 76 (RFC 2045 section 6.7).
_POLICY = SMTP.clone(max_line_length=76, header_factory=_FIELDS)


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
    letter = headed(subject_of(digest, wording.words), digest.written_at, wording, period, token)
    if follows:
        letter["In-Reply-To"] = letter["References"] = follows
    letter.set_content(text_of(digest, wording, token), cte="quoted-printable")
    letter.add_alternative(html_of(digest, wording, token), subtype="html", cte="quoted-printable")
    if digest.dates:
        _attach_calendar(letter, digest, wording)
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
    letter["Content-Language"] = wording.language
    letter["X-Unghost-Digest"] = period
    return letter


def _attach_calendar(letter: EmailMessage, digest: Digest, wording: Wording) -> None:
    letter.add_attachment(
        calendar_of(digest.dates, wording, digest.written_at),
        maintype="text",
        subtype="calendar",
        filename=wording.words("calendar.file"),
        params={"method": "PUBLISH", "charset": "utf-8"},
    )


def subject_of(digest: Digest, words: Words) -> str:
    """The news in words: "2 invitations, 1 rejection, 3 gone quiet"; the first few where there is much."""
    return words("subject.news", news=_news(digest, words))


def _news(digest: Digest, words: Words) -> str:
    parts = [words(f"subject.{news}", n) for news, n in digest.news.items()]
    return ", ".join(parts[:MAX_PARTS]) or words("subject.nothing")


def text_of(digest: Digest, wording: Wording, token: str = "") -> str:
    """The text part, complete by itself; it says how to answer when there is a token to answer with."""
    text: str = environment(autoescape=False).get_template("digest.txt").render(_context(digest, wording, token))
    return text.strip() + "\n"


def html_of(digest: Digest, wording: Wording, token: str = "", pictures: Sequence[Any] = ()) -> str:
    """The HTML part: no script, no image, no remote content, no mail's HTML; a page may have ``pictures`` in it."""
    context = {**_context(digest, wording, token), "pictures": pictures, "look": LOOKS, "colours": LIGHT}
    sheets = {"dark": dark_rules(), "outlook": outlook_rules(), "page": page_rules() if pictures else ""}
    html: str = environment(autoescape=True).get_template("digest.html").render(context | sheets)
    return html


def environment(*, autoescape: bool) -> Any:  # noqa: ANN401  a jinja2 Environment, imported for digests only
    """What fills in the templates; whatever is printed is without hidden characters."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    made = Environment(
        loader=PackageLoader("pipeline.digest"),
        autoescape=autoescape,  # noqa: S701  the text part is not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,  # Markup is ours
    )
    made.filters |= {"wrapped": _wrapped, "short": short, "coded": _coded, "capped": _capped}
    return made


def _context(digest: Digest, wording: Wording, token: str) -> dict[str, Any]:
    words = wording.words
    return {
        "d": digest,
        "say": words,
        "token": token,
        "reply_url": lambda line: reply_url(wording.reader, line, token),
        "news": _news(digest, words),
        "subject": subject_of(digest, words),
        "day": partial(day, zone=wording.zone, form=words.dates),
        "moment": partial(day_and_time, zone=wording.zone, form=words.dates),
        "date_words": partial(date_words, form=words.dates),
        "name": name_of,
        "sender": sender_of,
        "news_of": partial(news_sentence, words=words),
        "claim_of": partial(claim_sentence, wording=wording),
        "evidence_of": partial(_evidence, words=words),
        "withheld_of": partial(withheld_sentence, words=words),
        "named": _named,
        "attached": _attached(digest.dates, words),
        "in_full": lambda section: section.items[:MAX_FULL],
        "in_brief": lambda section: section.items[MAX_FULL:],
        "learned_of": partial(learned_sentence, words=words),
        "general_of": _general_sentence,
        "widest": lambda figures, group: max(len(words(f"{group}.{figure.name}")) for figure in figures),
        "max_subject": MAX_SUBJECT,
        "bar": BAR,
        "width": WIDTH,
    }


def _named(section: Section) -> str:
    """What is listed by number and employer: ``[16] Junipermill, [4] Acme``."""
    return ", ".join(f"[{item.application.number}] {short(item.application.employer)}" for item in section.items)


def _attached(dates: Sequence[Appointment], words: Words) -> str:
    """How many dates of which sort are attached."""
    counts = Counter(each.purpose for each in dates)
    parts = [words(f"attached.{purpose}", counts[purpose]) for purpose in Purpose if counts[purpose]]
    return words("letter.attached", len(dates), dates=f" {words('attached.and')} ".join(parts))


def news_sentence(item: Item, words: Words) -> str:
    """What has happened: an invitation or a rejection."""
    group = "moved" if words.has(f"moved.{item.kind}") else "closed"
    return words(f"{group}.{item.kind}", employer=short(item.application.employer))


def wait_sentence(silence: Silence, wording: Wording) -> str:
    """The claim with its numbers: facts about such waits, no verdict on anybody."""
    return f"{claim_sentence(silence, wording)} {_evidence(silence, wording.words)}"


def claim_sentence(silence: Silence, wording: Wording) -> str:
    """How long they have been silent, since what, and what they had promised."""
    words, application = wording.words, silence.application
    last = f"since.{application.stage}" if words.has(f"since.{application.stage}") else "since.other"
    claim = words(
        f"claims.{silence.wait if silence.wait in {Wait.GHOSTED, Wait.SILENT} else Wait.OVERDUE}",
        silence.elapsed.days,
        employer=short(application.employer),
        last=words(last),
        day=day(silence.since, wording.zone, words.dates),
    )
    if silence.promise:
        claim = words("claims.promise", claim=claim, day=date_words(silence.promise.by, words.dates))
    return f"{claim}."


def _evidence(silence: Silence, words: Words) -> str:
    evidence = evidence_sentence(silence.grounds, words, promised=silence.promise is not None)
    return f"{evidence[0].upper()}{evidence[1:]}."


def withheld_sentence(silence: Silence, words: Words) -> str:
    """For how long, and why nothing more can be said."""
    application = silence.application
    if application.questions:
        reason = words("withheld.question", messages=", ".join(map(str, application.questions)))
    elif application.unsure:
        reason = words("withheld.unsure", messages=", ".join(map(str, application.unsure)))
    else:
        reason = words("withheld.unread")
    return words("withheld.claim", silence.elapsed.days, reason=reason)


def learned_sentence(learned: Learned, words: Words) -> str:
    """What the last corrections changed, in numbers."""
    whose = words("learned.in_force", learned.n_corrections)
    if not learned.promoted:
        return f"{whose} {_flaw_sentence(learned, words)}"
    n, before = learned.n_right, words.number(learned.n_right_before)
    right = (
        words("learned.all_right", before=before)
        if n == learned.n_corrections
        else words("learned.some_right", n, all=words.number(learned.n_corrections), before=before)
    )
    others = (
        words("learned.relabelled", learned.n_relabelled) if learned.n_relabelled else words("learned.relabelled_none")
    )
    broken = words("learned.broken", learned.n_broken) if learned.n_broken else words("learned.broken_none")
    return f"{whose} {right} {others} {broken}"


def _flaw_sentence(learned: Learned, words: Words) -> str:
    """That the new model is not used, and why."""
    if learned.flaw is None:
        return words("learned.kept_aside")
    figure, before = words.figure(learned.flaw.figure), words.figure(learned.flaw.before)
    n = words.number(learned.n_corrections)
    return words(f"learned.worse_{learned.flaw.measure}", figure=figure, before=before, all=n)


def _general_sentence(step: Step) -> str:
    """A step for the search as a whole, its reason first."""
    return f"{_capped(step.reason)}. {step.wording}" if step.reason else step.wording


def _capped(text: str) -> str:
    return text[:1].upper() + text[1:]


def _coded(text: str) -> Any:  # noqa: ANN401  jinja2's Markup
    """Our own sentence with its commands, which stand between backticks, as code."""
    from markupsafe import Markup, escape  # noqa: PLC0415

    parts = printable(text).split("`")
    code = Markup('<code class="tint ink" style="{}">{}</code>')
    return Markup("").join(code.format(LOOKS["code"], part) if n % 2 else escape(part) for n, part in enumerate(parts))


def _wrapped(text: str, indent: int, first: str = "") -> str:
    """Lines of at most ``WIDTH`` characters, indented; the first one begins with ``first``."""
    import textwrap  # noqa: PLC0415

    start = first + " " * (indent - len(first))
    return textwrap.fill(printable(text), WIDTH, initial_indent=start, subsequent_indent=" " * indent)
