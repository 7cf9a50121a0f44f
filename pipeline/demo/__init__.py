"""The demo: a real run, on a real IMAP and SMTP server in memory, over an invented mailbox."""

from __future__ import annotations

import email
import email.policy
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.demo.month import answer_to, lines_of, outcome_in, read_month
from pipeline.demo.server import DRAFTS, HOST, SENT, MailServer, append, connect, fill, run_server
from pipeline.demo.story import ADDRESS, NOW, OWNER_NAME, TIMEZONE, read_story
from pipeline.errors import CannotWriteError, SoftwareError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from email.message import EmailMessage

    from pipeline.demo.month import Week

CLI = (sys.executable, "-P", "-m", "pipeline.cli")
PASSWORD_ENV = "UNGHOST_DEMO_PASSWORD"  # noqa: S105  the name of a variable, not a password
DIGEST_HEADER = "X-Unghost-Digest"
RUN_SECONDS = 300.0
MARK = "# Written by `unghost demo`; written anew by the next one."
# What an earlier demo left: its ledger would say that this week's digest has been sent.
LEFTOVERS = ("config.toml", "digest.html", "digest.txt", "ledger.db", "ledger.db-wal", "ledger.db-shm")
CONFIG = """\
{mark}
# The server was on loopback and is gone: `list` and `show` work with this file, `run` does not.

[me]
addresses = ["{address}"]
timezone = "{timezone}"

[[account]]
name = "demo"
host = "{host}"
port = {imap_port}
security = "none"
user = "{address}"
password_env = "{password_env}"
mailboxes = ["INBOX"]
sent = "Sent"

[smtp]
host = "{host}"
port = {smtp_port}
security = "none"
user = "{address}"
password_env = "{password_env}"

[digest]
day = "monday"
hour = 8

[ledger]
path = {ledger}
"""


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo did; what it made lies in ``directory``.

    ``printed`` is what each of the first two runs printed: nothing, when all was well.  ``weeks`` are what came
    of the answers, a text for each further digest, ``n_drafts`` the letters among the drafts at its end, ``now``.
    """

    directory: Path
    subject: str
    text: str
    n_messages: int
    n_marked_seen: int
    printed: tuple[str, str]
    weeks: tuple[str, ...]
    n_drafts: int
    now: datetime
    elapsed: timedelta

    @property
    def config(self) -> Path:
        """The configuration of the run."""
        return self.directory / "config.toml"

    @property
    def ledger(self) -> Path:
        """The SQLite file."""
        return self.directory / "ledger.db"

    @property
    def digest_html(self) -> Path:
        """The digest as a mail program would show it."""
        return self.directory / "digest.html"

    @property
    def digest_text(self) -> Path:
        """The digest's plain text."""
        return self.directory / "digest.txt"


def run_demo(
    directory: Path, *, say: Callable[[str], None], cli: Sequence[str] = CLI, month: Sequence[Week] | None = None
) -> DemoResult:
    """What the real command line makes of the story; digest, ledger and config stay in ``directory``.

    Its clock stands at Monday 2 March 2026, 08:05 in Berlin, then at the Mondays of ``month``, which is the
    shipped one unless given.  ``cli`` is the command to run.
    """
    began = time.monotonic()
    directory = _prepare(directory)
    messages = read_story().messages
    say("Starting an IMAP and SMTP server in memory, on loopback only ...")
    with run_server() as server:
        _save(directory / "config.toml", _config(server, directory))
        say(f"Filling {OWNER_NAME}'s mailbox: three months of a job search, all of it invented ...")
        n_messages = fill(server, messages)
        say(f"Running unghost over {n_messages} messages, as on Monday 2 March 2026 at 08:05 ...")
        run = partial(_run, [*cli, "--config", str(directory / "config.toml"), "run"], server, directory)
        first = run(NOW)
        [digest] = _fetch_digests(server, 1)
        say("Running it again: nothing may be left to do ...")
        second = run(NOW)
        _fetch_digests(server, 1)
        further = read_month() if month is None else month
        if further:
            say(f"Going on for {len(further)} weeks, in which she answers the digest and letters come ...")
        weeks = tuple(_live_through(week, server, run) for week in further)
        n_marked_seen, n_drafts = _count_marked_seen(server), _count_drafts(server)
    _save(directory / "digest.html", _body(digest, "html"))
    _save(directory / "digest.txt", text := _body(digest, "plain"))
    elapsed = timedelta(seconds=time.monotonic() - began)
    return DemoResult(
        directory=directory,
        subject=str(digest["Subject"]),
        text=text,
        n_messages=n_messages,
        n_marked_seen=n_marked_seen,
        printed=(first, second),
        weeks=weeks,
        n_drafts=n_drafts,
        now=further[-1].monday if further else NOW,
        elapsed=elapsed,
    )


def _live_through(week: Week, server: MailServer, run: Callable[[datetime], str]) -> str:
    """What she answers, and what the digest of the next Monday says of it."""
    before = _fetch_digests(server)
    lines = lines_of(week, "\n".join(_body(digest, "plain") for digest in before))
    append(server, sorted([*week.messages, answer_to(before[-1], lines, week)], key=lambda message: message.date))
    run(week.monday)
    digest = _fetch_digests(server, len(before) + 1)[-1]
    said = "\n".join(f"    {line}" for line in lines)
    heard = "\n".join(f"    {line}" for line in outcome_in(_body(digest, "plain")).splitlines())
    subject = " ".join(str(digest["Subject"]).split())
    return f"{_day(week.answered)}, she answers:\n{said}\n{_day(week.monday)}, the digest: {subject}\n{heard}"


def _day(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B}"


def _prepare(directory: Path) -> Path:
    """The directory, absolute and without what an earlier demo left; somebody's own ledger is not touched."""
    directory = directory.absolute()
    config = directory / "config.toml"
    try:
        ours = not config.exists() or config.read_text(encoding="utf-8", errors="replace").startswith(MARK)
        if not ours or ((directory / "ledger.db").exists() and not config.exists()):
            raise UsageError(
                f"{directory} holds a ledger or config that is not a demo's; name another with --directory."
            )
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in LEFTOVERS:
            (directory / name).unlink(missing_ok=True)
    except OSError as error:
        raise CannotWriteError(
            f"The demo cannot write into {directory} ({error.strerror}); name another with --directory."
        ) from error
    return directory


def _config(server: MailServer, directory: Path) -> str:
    return CONFIG.format(
        mark=MARK,
        address=ADDRESS,
        timezone=TIMEZONE,
        host=HOST,
        imap_port=server.imap_port,
        smtp_port=server.smtp_port,
        password_env=PASSWORD_ENV,
        # A JSON string is a TOML basic string, whatever characters the path has.
        ledger=json.dumps(str(directory / "ledger.db"), ensure_ascii=False),
    )


def _save(path: Path, text: str) -> None:
    beside = path.with_name(path.name + ".new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise CannotWriteError(
            f"The demo cannot write {path} ({error.strerror}); name another place with --directory."
        ) from error


def _run(command: Sequence[str], server: MailServer, directory: Path, now: datetime) -> str:
    """What the command printed, as cron would see it."""
    try:
        done = subprocess.run(
            [*command, "--now", now.isoformat()],
            env=_environment(server, directory),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=RUN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SoftwareError(f"The demo's run did not end within {RUN_SECONDS:.0f} seconds") from error
    if done.returncode:
        raise SoftwareError(f"The demo's run ended with exit code {done.returncode}:\n{done.stdout.strip()}")
    return done.stdout.strip()


def _environment(server: MailServer, directory: Path) -> dict[str, str]:
    told = {"UNGHOST_DATA": str(directory), PASSWORD_ENV: server.password, "NO_COLOR": "1"}
    checkout = Path(__file__).parents[2]
    if (checkout / "pyproject.toml").is_file():
        # The child is to run the code that runs here, whatever else is installed.
        told["PYTHONPATH"] = os.pathsep.join(filter(None, [str(checkout), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **told}


def _fetch_digests(server: MailServer, expected: int = 0) -> list[EmailMessage]:
    """The digests in the inbox, oldest first; raises SoftwareError where there are not so many as expected."""
    with connect(server) as client:
        client.select_folder("INBOX", readonly=True)
        uids = sorted(client.search(["HEADER", DIGEST_HEADER, ""]))
        fetched = client.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
    if expected and len(uids) != expected:
        raise SoftwareError(f"The demo expected {expected} digests in the inbox and found {len(uids)}")
    octets: list[bytes] = [fetched[uid][b"BODY[]"] for uid in uids]
    return [email.message_from_bytes(each, policy=email.policy.default) for each in octets]


def _count_drafts(server: MailServer) -> int:
    with connect(server) as client:
        client.select_folder(DRAFTS, readonly=True)
        return len(client.search())


def _count_marked_seen(server: MailServer) -> int:
    r"""How many messages carry \Seen: none did before, and none may now."""
    n_seen = 0
    with connect(server) as client:
        for mailbox in ("INBOX", SENT):
            client.select_folder(mailbox, readonly=True)
            n_seen += len(client.search(["SEEN"]))
    return n_seen


def _body(digest: EmailMessage, subtype: Literal["html", "plain"]) -> str:
    part = digest.get_body((subtype,))
    if part is None:
        raise SoftwareError(f"The demo's digest has no text/{subtype} part")
    # mail-devel encodes what it was sent anew, with the CRLF of the wire inside.
    return str(part.get_content()).replace("\r\n", "\n")
