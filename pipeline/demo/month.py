"""The month after the first digest: Mara's answers to it, and what comes meanwhile, read from ``march.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pipeline.demo.server import SENT
from pipeline.demo.story import OWNER, StoryMessage, entry_of
from pipeline.errors import SoftwareError

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage


@dataclass(frozen=True, slots=True)
class Week:
    """What Mara says to the digest before, and when; the letters of that week, and the Monday that ends it.

    ``answer`` are pairs of an employer, or of the subject of a message that the digest asks about, and what she says.
    """

    answered: datetime
    monday: datetime
    answer: tuple[tuple[str, str], ...]
    messages: tuple[StoryMessage, ...]


def read_month() -> tuple[Week, ...]:
    """The weeks as they are shipped."""
    table = tomllib.loads((files("pipeline.demo") / "march.toml").read_text(encoding="utf-8"))
    return tuple(_week(row) for row in table["week"])


def _week(row: dict[str, Any]) -> Week:
    answer = tuple((line["about"], line["say"]) for line in row["answer"])
    messages = tuple(entry_of(message) for message in row.get("message", ()))
    return Week(row["answered"], row["monday"], answer, messages)


def lines_of(week: Week, digests: str) -> tuple[str, ...]:
    """The lines she writes, with the numbers that the ``digests`` so far gave; raises SoftwareError without one."""
    return tuple(_line(about, say, digests) for about, say in week.answer)


def _line(about: str, say: str, digests: str) -> str:
    if found := re.search(rf"\[(\d+)\] +{re.escape(about)}\b", digests):
        return f"{found[1]} {say}"
    if found := re.search(rf"“{re.escape(about)}”.*?unghost label (\d+)", digests, re.DOTALL):
        return f"m{found[1]} {say}"
    raise SoftwareError(f"The demo's digests do not tell of {about}")


def answer_to(digest: EmailMessage, lines: tuple[str, ...], week: Week) -> StoryMessage:
    """Her answer to a digest, as her mail program sends it and keeps it in Sent."""
    message_id = str(digest["Message-ID"]).strip()
    return StoryMessage(
        date=week.answered,
        from_=OWNER,
        subject=f"Re: {' '.join(str(digest['Subject']).split())}",
        message_id=f"<answer.{week.answered:%Y%m%d}@lindqvist.example>",
        kind="",
        mailbox=SENT,
        text="\n".join(lines) + "\n",
        in_reply_to=message_id,
        references=(message_id,),
    )


def outcome_in(text: str) -> str:
    """What a digest says of the answers to the one before."""
    return "\n".join(re.findall(r"^From your reply of .*?(?=\n\n)", text, re.DOTALL | re.MULTILINE))
