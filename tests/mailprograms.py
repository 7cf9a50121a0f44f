"""What mail programs make of an answer to a digest: the user's words stand where ``{}`` is."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WROTE = "On 2 Mar 2026, at 08:05, unghost <unghost@whitlock.example> wrote:"
SCHRIEB = "Am 02.03.2026 um 08:05 schrieb unghost <unghost@whitlock.example>:"
ENGLISH, GERMAN = ("From", "Sent", "To", "Subject"), ("Von", "Gesendet", "An", "Betreff")


def programs(text: str, shown: str) -> Mapping[str, tuple[str, str]]:
    """The text and HTML parts of each program's answer to a letter of these two parts; empty for none."""
    quoted = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    return {
        "Gmail web": _gmail("On Mon, Mar 2, 2026 at 8:05 AM unghost <unghost@whitlock.example>\nwrote:", quoted, shown),
        "Gmail web, German": _gmail(
            "Am Mo., 2. März 2026 um 08:05 Uhr schrieb unghost <\nunghost@whitlock.example>:", quoted, shown
        ),
        "iOS Mail": (f"{{}}\n\nSent from my iPhone\n\n> {WROTE}\n> \n{quoted}", ""),
        "iOS Mail, German": (f"{{}}\n\nVon meinem iPhone gesendet\n\n> {SCHRIEB}\n> \n> \ufeff{quoted}", ""),
        "Outlook": _outlook(ENGLISH, shown),
        "Outlook, German": _outlook(GERMAN, shown),
        "Outlook on a telephone": _outlook_phone("Get Outlook for iOS<https://aka.example/o>", ENGLISH, text),
        "Outlook on a telephone, German": _outlook_phone("Hol dir Outlook für iOS", GERMAN, text),
        "Thunderbird below": (f"On 02/03/2026 08:05, unghost wrote:\n{quoted}\n\n{{}}\n", ""),
        "Thunderbird below, German": (
            f"Am 02.03.26 um 08:05 schrieb unghost:\n{quoted}\n\n{{}}\n\n-- \nDana\n9 close",
            "",
        ),
        "Thunderbird above": (f"{{}}\n\nOn 02/03/2026 08:05, unghost wrote:\n{quoted}\n", ""),
        "Thunderbird above, German": (f"{{}}\n\nAm 02.03.26 um 08:05 schrieb unghost:\n{quoted}\n", ""),
        "Apple Mail above": (f"{{}}\n\n> {WROTE}\n> \n{quoted}\n", ""),
        "Apple Mail above, German": (f"{{}}\n\n> {SCHRIEB}\n> \n{quoted}\n", ""),
        "Apple Mail below": (f"> {WROTE}\n> \n{quoted}\n\n{{}}\n", ""),
        "Apple Mail below, German": (f"> {SCHRIEB}\n> \n{quoted}\n\n{{}}\n", ""),
        "between the lines": (quoted.replace("\n", "\n{}\n", 1), ""),
    }


def filled(parts: tuple[str, str], words: str) -> tuple[str, str]:
    """The two parts with the user's words in them."""
    plain, shown = parts
    return plain.replace("{}", words), shown.replace("{}", words.replace("\n", "<br>\n"))


def _gmail(said: str, quoted: str, shown: str) -> tuple[str, str]:
    answer = (
        f'<div dir="ltr">{{}}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{html.escape(said)}'
        f'<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">{shown}</blockquote></div>'
    )
    return f"{{}}\n\n{said}\n\n{quoted}\n", answer


def _outlook(labels: tuple[str, ...], shown: str) -> tuple[str, str]:
    who, when, whom, what = labels
    block = (
        f"<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>{who}:</b> unghost "
        f"&lt;unghost@whitlock.example&gt; <br><b>{when}:</b> Monday, March 2, 2026 8:05 AM<br><b>{whom}:</b> "
        f"Dana Whitlock &lt;dana@whitlock.example&gt;<br><b>{what}:</b> Your applications: 1 invitation</p></div>"
    )
    body = f"<p class=MsoNormal>{{}}</p><p class=MsoNormal>&nbsp;</p>{block}{shown}"
    return "", f"<html><body><div class=WordSection1>{body}</div></body></html>"


def _outlook_phone(mark: str, labels: tuple[str, ...], text: str) -> tuple[str, str]:
    values = ("unghost <unghost@whitlock.example>", "2026-03-02 08:05", "Dana Whitlock", "Your week")
    block = "\n".join(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
    return f"{{}}\n\n{mark}\n\n________________________________\n{block}\n\n{text}", ""
