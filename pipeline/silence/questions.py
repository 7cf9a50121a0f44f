"""How often the user has asked the employer: thanks for an interview are no question."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.records import Direction

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.records import Application

# After so many questions without an answer a further one seldom helps.
MAX_CHASES = 2
# Thanks come within these days of an interview, and such a letter asks for nothing.
THANKS = timedelta(days=3)


def letters_since(application: Application, since: datetime) -> tuple[datetime, ...]:
    """When the user wrote since then, as far as the mail shows."""
    own = (e.at for e in application.events if e.direction is Direction.OUT and e.message_id > 0)
    return tuple(at for at in own if at > since)


def questions_of(application: Application, since: datetime) -> tuple[datetime, ...]:
    """When the user asked since then, which is when the turn last changed, without their thanks for an interview."""
    own = letters_since(application, since)
    thanked = application.interview_at == since and own and own[0] <= since + THANKS
    return own[1:] if thanked else own
