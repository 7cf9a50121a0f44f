"""The time zone this machine is set to, where no configuration names one."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo


def local_zone() -> str:
    """The zone of ``TZ``, else of the link /etc/localtime; UTC where these say nothing."""
    target = Path("/etc/localtime").resolve().as_posix()
    name = os.environ.get("TZ", "").removeprefix(":") or target.partition("/zoneinfo/")[2]
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return "UTC"
    return name or "UTC"
