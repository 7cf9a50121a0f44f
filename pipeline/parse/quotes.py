"""Parts what the sender newly wrote from quotes, signatures and disclaimers, line by line.

Every library tried took quadratic time on hostile text (60 kB of ``On On On`` held two of them for
more than 8 s), and all cut away what was forwarded.  Here no line is looked at more than a few times.
"""

from __future__ import annotations

import re
from enum import Enum

from pipeline.parse.tail import is_mobile, without_tail

LITTLE = 300  # characters above a forwarded message that leave the word to the message
MAX_ATTRIBUTION = 400
MAX_ATTRIBUTION_LINES = 3
MAX_HEADER_LINES = 8
MAX_FORWARDS = 4


def _phrases(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


_FORWARDED = _phrases(
    "begin forwarded message|forwarded message|forwarded by|anfang der weitergeleiteten nachricht"
    "|weitergeleitete nachricht|début du message transféré|début du message réexpédié|message transféré"
    "|mensaje reenviado|inicio del mensaje reenviado|mensagem encaminhada|mensagem reencaminhada"
    "|início da mensagem reencaminhada|doorgestuurd bericht|begin doorgestuurd bericht|messaggio inoltrato"
    "|inizio messaggio inoltrato|wiadomość przekazana dalej|treść przekazanej wiadomości"
    "|początek przekazywanej wiadomości|vidarebefordrat meddelande|vidarebefordrat brev|videresendt meddelelse"
    "|videresendt besked|videresendt melding|start på videresendt besked|välitetty viesti|edelleenlähetetty viesti"
    "|הודעה שהועברה|пересылаемое сообщение|пересланное сообщение|yönlendirilmiş ileti|přeposlaná zpráva"
    "|转发的邮件|転送メッセージ"
)
_ORIGINAL = _phrases(
    "original message|original appointment|ursprüngliche nachricht|originalnachricht|ursprünglicher termin"
    "|message d'origine|message original|mensaje original|mensagem original|oorspronkelijk bericht"
    "|messaggio originale|oryginalna wiadomość|wiadomość oryginalna|ursprungligt meddelande"
    "|originalmeddelande|oprindelig meddelelse|oprindelig besked|original meddelelse|opprinnelig melding"
    "|alkuperäinen viesti|הודעה מקורית|исходное сообщение|orijinal ileti|původní zpráva|eredeti üzenet"
    "|原始邮件|元のメッセージ"
)
_SUBJECT_OF_FORWARD = re.compile(r"(?:fwd?|wg|tr|rv|enc|i|doorst|pd|vs|vb|הועבר)\s?:", re.IGNORECASE)

# The header block of Outlook and its kin: who, when, to whom, about what.
_LABELS = {
    "from": "from|von|de|da|van|od|från|fra|lähettäjä|מאת|от|kimden|发件人|差出人",
    "sent": "sent|date|gesendet|datum|envoyé|date d'envoi|enviado(?: el| em)?|fecha|data|inviato|verzonden|wysłano"
    "|wysłane|skickat|sendt|dato|lähetetty|päivämäärä|נשלח|תאריך|дата|отправлено|tarih|gönderildi|odesláno|发送时间|日付",
    "to": "to|an|à|para|a|aan|do|till|til|vastaanottaja|אל|кому|kime|komu|收件人|宛先",
    "subject": "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|temat|ämne|emne|aihe|נושא|тема|konu|předmět"
    "|主题|件名",
    "copy": "cc|kopie|kopia|copia|importance|wichtigkeit|attachments|anlagen|reply-to|antwort an",
}
_LABEL = re.compile(
    r"\*?(?:" + "|".join(f"(?P<{group}>{words})" for group, words in _LABELS.items()) + r")\s?\*?\s?[:\uff1a]",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|hat geschrieben|a écrit|escribió|escreveu|schreef|ha scritto|scrisse"
    r"|napisał(?:a|\(a\))?|pisze|skrev|kirjoitti|napsal(?:a|\(a\))?|a scris|va escriure|yazdı|ezt írta|έγραψε"  # noqa: RUF001
    r"|(?:на)?писал(?:а|\(а\))?|пишет|пише)(?!\w)|כתב|מאת|写道|のメール|작성",  # noqa: RUF001
    re.IGNORECASE,
)
# How the line begins where it may wrap: a word, a weekday or the date itself.
_WORD = r"(?:on|am|le|el|em|op|il|den|dnia|w dniu|in data|בתאריך)\b"
_DATE = r"(?:19|20)\d\d(?!\d)|\d{1,2}[-./:]\s?\d|\d{1,2}\.? (?:de )?[^\W\d]{3,12}\.?,? (?:de )?(?:19|20)\d\d(?![-\d])"
_STARTS_WITH_WORD = re.compile(_WORD, re.IGNORECASE)
_STARTS = re.compile(rf"{_WORD}|{_DATE}|[^\W\d]{{2,9}}(?:[.,]{{1,2}} \d| \d{{1,2}}[.,/])", re.IGNORECASE)
_STARTS_WITH_NUMBER = re.compile(r"[\W_]{0,6}\d")  # of something listed, where it is no date
_DATED = re.compile(r"\d{4}|\d{1,2}[:./]\d{1,2}|@")


class _Mark(Enum):
    """What a line may begin."""

    FORWARD = "a marker line, then a forwarded message"
    ORIGINAL = "a marker line, then the message answered"
    HEADER = "the header block of a message"
    ATTRIBUTION = "on a date somebody wrote:"
    QUOTE = "a quoted line"


def split(text: str, *, is_forward: bool = False) -> tuple[str, str]:
    """Give the new text and all that was cut away; the new text is empty only if ``text`` is.

    ``is_forward`` says that the subject announces a forwarded message, so that a header block begins
    what is to be read and not what was answered.
    """
    kept, cut = _without_quotes(text.split("\n"), is_forward=is_forward)
    kept, tail = without_tail(kept)
    new = _joined(kept)
    return (new, _joined(cut + tail)) if new else (text, "")


def own_lines(text: str) -> list[str]:
    """Give the lines of ``text`` that its sender surely wrote: nothing that looks quoted, answered or forwarded.

    An empty line stands where something was left out, so that nobody joins what is above to what is below.  Empty
    where nothing is left; ``split`` would rather give too much than nothing.  A signature ends it.
    """
    kept: list[str] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        mark, end = _mark(lines, at)
        if mark in {_Mark.FORWARD, _Mark.ORIGINAL, _Mark.HEADER} or lines[at].rstrip() == "--":
            break
        if mark is _Mark.ATTRIBUTION and not _is_quote(_next_filled(lines, end)):
            break
        is_own = mark is None and not is_mobile(lines[at])
        kept.append(lines[at] if is_own else "")
        at = end
    kept, _ = without_tail(kept)
    return kept


def says_forward(subject: str) -> bool:
    """Whether a subject announces a forwarded message, in any of our languages."""
    return bool(_SUBJECT_OF_FORWARD.match(subject))


def _joined(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_quotes(lines: list[str], *, is_forward: bool, n_forwards: int = 0) -> tuple[list[str], list[str]]:
    """Give the lines to keep and the lines quoted; answers between quoted lines are kept."""
    kept: list[str] = []
    cut: list[str] = []
    at = 0
    while at < len(lines):
        mark, end = _mark(lines, at)
        if mark is None:
            kept.append(lines[at])
        elif mark is _Mark.QUOTE or (mark is _Mark.ATTRIBUTION and _is_quote(_next_filled(lines, end))):
            cut.extend(lines[at:end])
        elif _is_to_be_read(mark, kept, is_forward=is_forward) and n_forwards < MAX_FORWARDS:
            own, quoted = _forwarded(lines[at if mark is _Mark.HEADER else end :], n_forwards + 1)
            return [*kept, "", *own], cut + quoted
        else:
            return kept, cut + lines[at:]
        at = end
    return kept, cut


def _is_to_be_read(mark: _Mark, kept: list[str], *, is_forward: bool) -> bool:
    """Whether the message that begins here is what the sender wants read, who wrote little above it."""
    if mark is _Mark.ATTRIBUTION or sum(map(len, kept)) > LITTLE:
        return False
    return mark is _Mark.FORWARD or is_forward or not any(map(str.strip, kept))


def _forwarded(lines: list[str], n_forwards: int) -> tuple[list[str], list[str]]:
    """Give the lines of a forwarded message: its header lines, its text, and what that quoted itself."""
    if _is_quote(_next_filled(lines, 0)):
        lines = [line[1:].removeprefix(" ") if line.startswith(">") else line for line in lines]
    begin = 0
    while begin < len(lines) and begin < MAX_HEADER_LINES and (not lines[begin].strip() or _LABEL.match(lines[begin])):
        begin += 1
    own, quoted = _without_quotes(lines[begin:], is_forward=False, n_forwards=n_forwards)
    return [*lines[:begin], *own], quoted


def _mark(lines: list[str], at: int) -> tuple[_Mark | None, int]:
    """Say what begins at a line, and the line after its mark."""
    line = lines[at]
    if _is_quote(line):
        return _Mark.QUOTE, at + 1
    if not line.strip() or len(line) > MAX_ATTRIBUTION:
        return None, at + 1
    if (marker := _marker(line)) is not None:
        return marker, at + 1
    if _is_header_block(lines, at):
        return _Mark.HEADER, at + 1
    if end := _attribution_end(lines, at):
        return _Mark.ATTRIBUTION, end
    return None, at + 1


def _is_quote(line: str) -> bool:
    """Whether a line is quoted (RFC 3676 section 4.5); ``>From`` is what mbox files make of From."""
    return line.startswith(">") and not line.startswith(">From ")


def _next_filled(lines: list[str], at: int) -> str:
    return next((line for line in lines[at : at + MAX_ATTRIBUTION_LINES] if line.strip()), "")


def _marker(line: str) -> _Mark | None:
    """Read ``-----Original Message-----`` and its kin; without dashes only Apple's ``Begin ...:`` counts."""
    words = line.strip(" -_*=:").casefold()
    if not words or not (line.lstrip(" *").startswith(("--", "__", "==")) or line.rstrip().endswith(":")):
        return None
    if words in _FORWARDED or words.startswith("forwarded by "):
        return _Mark.FORWARD
    return _Mark.ORIGINAL if words in _ORIGINAL else None


def _is_header_block(lines: list[str], at: int) -> bool:
    """Whether who, about what, and when or to whom follow each other, as Outlook quotes."""
    first = _LABEL.match(lines[at])
    if not first or first.lastgroup != "from":
        return False
    labels = [_LABEL.match(line) for line in lines[at + 1 : at + MAX_HEADER_LINES]]
    groups = {label.lastgroup for label in labels if label}
    return "subject" in groups and bool(groups & {"sent", "to"})


def _attribution_end(lines: list[str], at: int) -> int:
    """Give the line after ``On a date somebody wrote:``, which may wrap; 0 if none begins here."""
    begins = bool(_STARTS.match(lines[at].lstrip()))
    if not begins and _STARTS_WITH_NUMBER.match(lines[at]):
        return 0
    for n in range(1, MAX_ATTRIBUTION_LINES + 1 if begins else 2):
        piece = lines[at : at + n]
        if len(piece) < n or not piece[-1].strip() or sum(map(len, piece)) > MAX_ATTRIBUTION:
            return 0
        if not piece[-1].rstrip().endswith((":", "\uff1a")):
            continue
        whole = " ".join(piece)
        is_dated = _DATED.search(whole) or _is_quote(_next_filled(lines, at + n))
        return at + n if is_dated and _WROTE.search(whole) and not _begins_below(lines, at, at + n) else 0
    return 0


def _begins_below(lines: list[str], at: int, end: int) -> bool:
    """Whether the attribution that ends before ``end`` begins only after ``at``."""
    starts = (n for n in range(at + 1, end) if _STARTS_WITH_WORD.match(lines[n].lstrip()))
    return any(_attribution_end(lines, n) == end for n in starts)
