"""Real servers for the tests: a private Dovecot, an SMTP sink on aiosmtpd, certificates good and bad.

All of it listens on loopback with ports chosen at start, lives in one temporary directory, and
is ended by its process id.  Started as root, Dovecot runs as "nobody", since it serves no mail to root.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from imapclient import IMAPClient
from imapclient.imap_utf7 import encode as encode_utf7

from pipeline.config import Account, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

PASSWORD = "s3cret"
TOKEN = "good-token"
SMTP_USER = "me@home.example"
_numbers = itertools.count(1)

# --- certificates ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificates:
    """A test authority (``ca``), and pairs of certificate and key."""

    directory: Path

    @property
    def ca(self) -> Path:
        return self.directory / "ca.pem"

    def pair(self, name: str = "server") -> tuple[Path, Path]:
        """``server``, ``expired``, ``other`` (for other.test) or ``stranger`` (of another authority)."""
        return self.directory / f"{name}.pem", self.directory / f"{name}.key"


def make_certificates(directory: Path) -> Certificates:
    directory.mkdir(parents=True)
    _make_authority(directory, "ca")
    _make_authority(directory, "stranger-ca")
    _make_certificate(directory, "server")
    _make_certificate(directory, "expired", days=-1)
    _make_certificate(directory, "other", names="DNS:other.test")
    _make_certificate(directory, "stranger", authority="stranger-ca")
    return Certificates(directory)


def _openssl(directory: Path, *words: str) -> None:
    if not shutil.which("openssl"):
        pytest.fail("the tests need openssl: apt-get install openssl")
    subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)


_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _make_authority(directory: Path, name: str) -> None:
    extensions = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
    added = [word for extension in extensions for word in ("-addext", extension)]
    _openssl(
        directory, "req", "-x509", *_EC, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "30",
        "-subj", f"/CN=test {name}", *added,
    )  # fmt: skip


def _make_certificate(
    directory: Path,
    name: str,
    *,
    days: int = 30,
    names: str = "DNS:localhost,IP:127.0.0.1",
    authority: str = "ca",
) -> None:
    (directory / f"{name}.cnf").write_text(
        f"subjectAltName={names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    _openssl(directory, "req", *_EC, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", "/CN=localhost")
    _openssl(
        directory, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
        "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.cnf", "-out", f"{name}.pem",
    )  # fmt: skip


# --- Dovecot --------------------------------------------------------------------------------------

# Login failures are not slowed down (2, 4, 8 ... 15 s otherwise), and no service is chrooted, since
# that needs root.  Any user may log in with PASSWORD, so that each test has its own.
_DOVECOT = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
instance_name = unghost-{instance}
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
mail_max_userip_connections = 50
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
auth_failure_delay = 0
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
ssl = required
ssl_cert = <{cert}
ssl_key = <{key}
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail/%u allow_all_users=yes
}}
mail_location = maildir:~/Maildir
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Archive {{
    auto = subscribe
    special_use = \\Archive
  }}
  mailbox Unfertiges {{
    special_use = \\Drafts
  }}
}}
"""

_OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={dir}/keys/
username_attribute = email
username_format = %u
"""


class Dovecot:
    """A private Dovecot; ``port`` speaks plain text and STARTTLS, ``tls_port`` TLS."""

    def __init__(self, certificate: str = "server") -> None:
        self.program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
        if not self.program:
            pytest.fail("the tests need Dovecot: apt-get install --no-install-recommends dovecot-imapd")
        # In /tmp, because a socket's path has at most 107 octets, and pytest's own
        # directories are closed to the user Dovecot runs as.
        self.directory = Path(tempfile.mkdtemp(prefix="unghost-", dir="/tmp"))
        self.certificates = make_certificates(self.directory / "tls")
        self._certificate = certificate
        self._process: subprocess.Popen[bytes] | None = None
        self.secret_file = self.directory / "password"
        self._write_files()

    @property
    def uid(self) -> int:
        return 65534 if os.geteuid() == 0 else os.geteuid()

    @property
    def gid(self) -> int:
        return 65534 if os.geteuid() == 0 else os.getegid()

    def _write_files(self) -> None:
        for name in ("run", "state", "mail", "keys/default/HS256"):
            (self.directory / name).mkdir(parents=True)
        self._key = os.urandom(32)
        (self.directory / "keys/default/HS256/default").write_bytes(base64.b64encode(self._key))
        (self.directory / "oauth2.conf").write_text(_OAUTH2.format(dir=self.directory))
        self.own(self.directory)
        self.secret_file.write_text(PASSWORD + "\n")
        self.secret_file.chmod(0o600)

    def own(self, *paths: Path) -> None:
        """Give ``paths`` and all below them to the user Dovecot runs as."""
        for top in paths:
            for path in [top, *top.rglob("*")]:
                os.chown(path, self.uid, self.gid)

    def start(self) -> None:
        for _ in range(5):  # a port may be taken between choosing and listening
            self._configure()
            self._process = self._launch()
            if self._is_listening():
                return
            self.stop()
        pytest.fail(f"Dovecot does not start: {self.log()[-2000:]}")

    def _configure(self) -> None:
        import grp
        import pwd

        self.port, self.tls_port = free_port(), free_port()
        cert, key = self.certificates.pair(self._certificate)
        text = _DOVECOT.format(
            dir=self.directory, instance=self.directory.name, port=self.port, tls_port=self.tls_port,
            uid=self.uid, gid=self.gid, user=pwd.getpwuid(self.uid).pw_name, group=grp.getgrgid(self.gid).gr_name,
            cert=cert, key=key, password=PASSWORD,
        )  # fmt: skip
        (self.directory / "dovecot.conf").write_text(text)

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [str(self.program), "-F", "-c", str(self.directory / "dovecot.conf")]
        with (self.directory / "output").open("ab") as output:
            other: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []}
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/",
                **(other if os.geteuid() == 0 else {}),
            )  # fmt: skip

    def _is_listening(self) -> bool:
        assert self._process
        until = time.monotonic() + 10
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.tls_port), 1):
                    return True
            except OSError:
                time.sleep(0.02)
        return False

    def stop(self) -> None:
        """End it by its process id, and wait: a start before it is gone dies with "already running"."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
            self._process = None

    def restart(self) -> None:
        """Stop and start again; the ports change."""
        self.stop()
        self.start()

    def log(self) -> str:
        texts = [path.read_text(errors="replace") for name in ("output", "dovecot.log") if (path := self.directory / name).exists()]  # fmt: skip  # noqa: E501
        return "".join(texts)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def new_user(self, name: str = "") -> MailboxUser:
        return MailboxUser(self, name or f"me{next(_numbers)}-{secrets.token_hex(3)}@home.example")

    def token(self, user: str, *, valid_for: float = 3600) -> str:
        """An OAuth2 access token (a JWT with HS256) that this Dovecot takes for ``user``."""
        now = time.time()
        claims = {"email": user, "sub": user, "iat": int(now) - 60, "nbf": int(now) - 60, "exp": int(now + valid_for)}
        signed = b".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        signature = hmac.new(self._key, signed, hashlib.sha256).digest()
        return (signed + b"." + _base64url(signature)).decode()


def _base64url(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running_dovecot(certificate: str = "server") -> Iterator[Dovecot]:
    dovecot = Dovecot(certificate)
    try:
        dovecot.start()
        yield dovecot
    finally:
        dovecot.close()


@dataclass
class MailboxUser:
    """A mail user of a Dovecot, with the means to look at and change the mailboxes from outside."""

    dovecot: Dovecot
    name: str

    @property
    def home(self) -> Path:
        return self.dovecot.directory / "mail" / self.name

    def account(self, **settings: object) -> Account:
        """The settings to read it with: TLS and the right password unless told otherwise."""
        table: dict[str, object] = {
            "name": "home",
            "host": "localhost",
            "port": self.dovecot.tls_port,
            "user": self.name,
            "password_file": self.dovecot.secret_file,
            "ca_file": self.dovecot.certificates.ca,
            "timeout": 10,
        }
        table |= settings
        return Account.model_validate({key: value for key, value in table.items() if value is not None})

    def directory(self, mailbox: str = "INBOX") -> Path:
        root = self.home / "Maildir"
        return root if mailbox == "INBOX" else root / ("." + encode_utf7(mailbox).decode().replace("/", "."))

    def deliver(self, octets: bytes, mailbox: str = "INBOX", internaldate: datetime | None = None) -> None:
        """Put a message into ``mailbox`` as an MTA does; without a date it arrived just now."""
        maildir = self.directory(mailbox)
        for name in ("cur", "new", "tmp"):
            if not (maildir / name).is_dir():
                (maildir / name).mkdir(parents=True)
                self.dovecot.own(self.home)
        at = internaldate.timestamp() if internaldate else time.time()
        name = f"{int(at)}.M{next(_numbers):09d}P{os.getpid()}.test"
        (maildir / "tmp" / name).write_bytes(octets)
        os.utime(maildir / "tmp" / name, (at, at))
        os.chown(maildir / "tmp" / name, self.dovecot.uid, self.dovecot.gid)
        (maildir / "tmp" / name).rename(maildir / "new" / name)

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """A second mail program, which may change things."""
        with IMAPClient("127.0.0.1", self.dovecot.port, ssl=False, timeout=10) as client:
            client.login(self.name, PASSWORD)
            yield client

    def flags(self) -> dict[tuple[str, int], tuple[bytes, ...]]:
        """The flags of every message but \\Recent, which a server may clear at any session."""
        found: dict[tuple[str, int], tuple[bytes, ...]] = {}
        with self.client() as client:
            for _, _, mailbox in client.list_folders():
                client.select_folder(mailbox, readonly=True)
                for uid, answer in client.fetch(client.search(), ["FLAGS"]).items():
                    found[mailbox, uid] = tuple(sorted(set(answer[b"FLAGS"]) - {b"\\Recent"}))
        return found

    def change_uidvalidity(self, mailbox: str = "INBOX") -> None:
        """Make the server forget every UID of ``mailbox``; nobody may be connected to it."""
        for file in self.directory(mailbox).glob("dovecot*"):
            file.unlink()
        time.sleep(1.1)  # a new UIDVALIDITY is the time in seconds


# --- SMTP -----------------------------------------------------------------------------------------


@dataclass
class SmtpSink:
    """A submission server that keeps what it is sent; ``port`` is for STARTTLS, ``tls_port`` for TLS.

    ``script`` says what becomes of the next messages, at the end of DATA: "ok", "4xx", "5xx",
    "drop" (close, not kept), "accept-then-drop" (kept, then close), "hang" (for an hour), "accept-then-hang".
    ``refusals`` are answers to the next MAIL or RCPT.  ``plain_port`` has no TLS, for a proxy that does.
    What comes for an address in ``inboxes`` is delivered there, as having arrived at its Date.
    """

    certificates: Certificates
    secret_file: Path
    got: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    script: list[str] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    inboxes: dict[str, MailboxUser] = field(default_factory=dict)
    port: int = 0
    plain_port: int = 0
    tls_port: int = 0

    def reset(self) -> None:
        self.got.clear()
        self.envelopes.clear()
        self.script.clear()
        self.refusals.clear()
        self.inboxes.clear()

    def settings(self, **settings: object) -> Server:
        """The settings to send with: STARTTLS and the right password unless told otherwise."""
        implicit = settings.get("security") == "tls"
        table: dict[str, object] = {
            "host": "localhost",
            "port": self.tls_port if implicit else self.port,
            "security": "starttls",
            "user": SMTP_USER,
            "password_file": self.secret_file,
            "ca_file": self.certificates.ca,
            "timeout": 5,
        }
        table |= settings
        return Server.model_validate({key: value for key, value in table.items() if value is not None})

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802  aiosmtpd's name
        envelope.mail_from = address
        return self.refusals.pop("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802  aiosmtpd's name
        if address in self.refusals:
            return self.refusals.pop(address)
        envelope.rcpt_tos.append(address)
        return self.refusals.pop("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        step = self.script.pop(0) if self.script else "ok"
        if step in {"ok", "accept-then-drop", "accept-then-hang"}:
            self.got.append(envelope.content)
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
            for user in [self.inboxes[to] for to in envelope.rcpt_tos if to in self.inboxes]:
                trace = f"Return-Path: <{envelope.mail_from}>\r\n".encode()
                date = message_from_bytes(envelope.content)["Date"]
                user.deliver(trace + envelope.content, internaldate=parsedate_to_datetime(date))
        if step in {"drop", "accept-then-drop"}:
            server.transport.abort()
        if step in {"hang", "accept-then-hang"}:
            await asyncio.sleep(3600)
        return {"4xx": "451 4.3.0 try later", "5xx": "554 5.7.1 rejected"}.get(step, "250 2.0.0 queued")

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802  aiosmtpd's name
        blob = base64.b64decode(args[1]) if len(args) > 1 else await server.challenge_auth("", encode_to_b64=False)
        user, _, rest = blob.decode().partition("\x01auth=Bearer ")
        return AuthResult(success=user == f"user={SMTP_USER}" and rest.rstrip("\x01") == TOKEN, handled=False)


def _check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (
        SMTP_USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=is_right, handled=False)


@contextmanager
def running_sink(directory: Path, certificate: str = "server") -> Iterator[SmtpSink]:
    certificates = make_certificates(directory / "tls")
    secret_file = directory / "password"
    secret_file.write_text(PASSWORD + "\n")
    secret_file.chmod(0o600)
    sink = SmtpSink(certificates, secret_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates.pair(certificate))
    common = {"hostname": "127.0.0.1", "port": 0, "server_hostname": "localhost", "authenticator": _check}
    with warnings.catch_warnings():
        # aiosmtpd does not count TLS from the first octet as TLS.
        warnings.simplefilter("ignore")
        starttls = Controller(
            sink, tls_context=context, require_starttls=True, auth_required=True, auth_require_tls=True, **common
        )
        implicit = Controller(sink, ssl_context=context, auth_required=True, auth_require_tls=False, **common)
        plain = Controller(sink, auth_required=True, auth_require_tls=False, **common)
    controllers = (starttls, implicit, plain)
    for controller in controllers:
        controller.port = free_port()
        controller.start()
    sink.port, sink.tls_port, sink.plain_port = (controller.port for controller in controllers)
    try:
        yield sink
    finally:
        for controller in controllers:
            controller.stop()
