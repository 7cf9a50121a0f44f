"""Parts a message from what its sender wrote every time: signatures, the lines telephones add, disclaimers."""

from __future__ import annotations

import re

from pipeline.parse.text import SIGNATURE_MARK

MAX_SIGNATURE_LINES = 20
MAX_BARE_SIGNATURE = 200
MAX_DISCLAIMERS = 6

_MOBILE = re.compile(
    r"sent from (?:my|outlook|mail|yahoo|gmail|proton|samsung|a mobile|an? i)|sent via |get outlook for"
    r"|von meinem .* gesendet|gesendet (?:von|mit) |diese nachricht wurde von meinem|hol dir outlook|outlook für "
    r"|envoyé (?:de|depuis) m|envoyé à partir d|obtenez outlook|télécharger outlook"
    r"|enviado (?:desde|do|a partir) |obtener outlook|obter o outlook|verzonden vanaf|verstuurd vanaf|inviato da"
    r"|wysłan[oe] z |skickat från|skickades från|sendt fra|lähetetty .*(?:sta|stä|lta|ltä)$|נשלח מה"
    r"|отправлено с ",  # noqa: RUF001
    re.IGNORECASE,
)
_MAX_MOBILE = 80
_DISCLAIMER_TITLE = re.compile(
    r"\W{0,5}(?:(?:confidentiality|privacy|legal) (?:notice|note|warning)|disclaimer|please consider the environment"
    r"|think before (?:you )?print|bitte denken sie an die umwelt|pensez à l'environnement|avis de confidentialité"
    r"|aviso (?:legal|de confiden)|vertraulichkeitshinweis)",
    re.IGNORECASE,
)
# A disclaimer speaks of a message, of secrecy and of a wrong reader; one or two of these an employer may mean.
_DISCLAIMER_SIGNS = (
    re.compile(
        r"mail|message|nachricht|courriel|mensaje|correo|mensagem|bericht|messaggio|wiadomość|meddel|besked|viesti|הודעה",
        re.IGNORECASE,
    ),
    re.compile(
        r"confiden|vertraulich|privileged|vertrouwelijk|riservat|poufn|konfidenti|fortrolig|luottamuks|חסוי|סודי"
        r"|intended|bestimmt",
        re.IGNORECASE,
    ),
    re.compile(
        r"recipient|addressee|adressat|empfänger|destinat[aá]|geadresseerde|ontvanger|adresat|mottaga|modtage|mottake"
        r"|vastaanottaj|נמען|unauthori|unbefugt",
        re.IGNORECASE,
    ),
)


def without_tail(lines: list[str]) -> tuple[list[str], list[str]]:
    """Cut the signature, the lines telephones add and the disclaimers from the end."""
    kept = [line for line in lines if not is_mobile(line)]
    cut = [line for line in lines if is_mobile(line)]
    at = _signature_start(kept)
    kept, cut = kept[:at], cut + kept[at:]
    at = _disclaimer_start(kept)
    return kept[:at], cut + kept[at:]


def is_mobile(line: str) -> bool:
    """Whether a telephone or its mail program adds such a line."""
    return len(line) <= _MAX_MOBILE and bool(_MOBILE.match(line.strip()))


def _signature_start(lines: list[str]) -> int:
    """Give the last signature mark (RFC 3676 section 4.3) with little below and some text above.

    Bare dashes are a mark only over a few short lines: recruiting programs write "next steps" below them.
    """
    last = len(lines)
    for at in range(last - 1, max(0, last - MAX_SIGNATURE_LINES), -1):
        is_mark = lines[at] == SIGNATURE_MARK or (lines[at] == "--" and sum(map(len, lines[at:])) <= MAX_BARE_SIGNATURE)
        if is_mark and any(map(str.strip, lines[:at])):
            return at
    return last


def _disclaimer_start(lines: list[str]) -> int:
    """Give where the disclaimers at the end begin, paragraph by paragraph from below."""
    start = end = len(lines)
    for _ in range(MAX_DISCLAIMERS):
        while end and not lines[end - 1].strip():
            end -= 1
        begin = end
        while begin and lines[begin - 1].strip():
            begin -= 1
        if begin == 0 or not _is_disclaimer("\n".join(lines[begin:end])[:3_000]):
            break
        start = end = begin
    return start


def _is_disclaimer(paragraph: str) -> bool:
    return bool(_DISCLAIMER_TITLE.match(paragraph)) or all(sign.search(paragraph) for sign in _DISCLAIMER_SIGNS)
