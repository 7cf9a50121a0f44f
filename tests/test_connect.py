"""Secrets and certificates: what is refused, with which remedy, and what never shows."""

from __future__ import annotations

import os
import socket
import ssl
import sys
import time
import types
from contextlib import suppress
from pathlib import Path

import pytest
from faultproxy import fault_proxy

from pipeline.config import Server
from pipeline.connect import (
    connection_failure,
    credentials,
    no_starttls,
    read_secret,
    refuse_controls,
    server_words,
    tls_context,
)
from pipeline.errors import CertificateError, ConfigError, LoginError, NetworkError, SecretError, UnavailableError
from pipeline.fetch import ImapAccount


def a_server(**secret):
    return Server.model_validate({"host": "mail.example.org", "user": "me@home.example"} | secret)


def a_file(tmp_path, text="pass word \nsecond line\n", mode=0o600):
    path = tmp_path / "password"
    path.write_text(text)
    path.chmod(mode)
    return path


# --- commands -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [["printf", r"pass word \nsecond\n"], "printf 'pass word \\nsecond\\n'", "printf 'pass word \\r\\nsecond'"],
)
def test_the_first_line_of_a_commands_output_is_the_password(command):
    credential = read_secret(a_server(password_command=command))
    assert credential.value == "pass word "
    assert not credential.is_token


def test_a_token_command_gives_a_token():
    credential = read_secret(a_server(token_command=["echo", "ya29.token"]))
    assert (credential.value, credential.is_token) == ("ya29.token", True)


def test_no_repr_shows_the_value():
    credential = read_secret(a_server(token_command=["echo", "ya29.token"]))
    assert "ya29" not in f"{credential} {credential!r} {[credential]}"


def test_a_commands_shell_characters_are_only_characters(tmp_path):
    read_secret(a_server(password_command=f"echo secret ; touch {tmp_path}/made"))
    assert not (tmp_path / "made").exists()


def test_a_command_reads_nothing():
    assert read_secret(a_server(password_command=["sh", "-c", "cat; echo secret"])).value == "secret"


def test_a_failing_command_tells_its_stderr_without_the_secret():
    script = "echo s3cret; echo 'gpg: no key for \x1b[31ms3cret' >&2; exit 2"
    with pytest.raises(SecretError, match=r"password_command: ended with status 2: gpg: no key for \[31m\*\*\*") as e:
        read_secret(a_server(password_command=["sh", "-c", script]))
    assert "s3cret" not in str(e.value)


@pytest.mark.timeout(60)
def test_a_command_that_waits_is_ended_with_all_it_started(tmp_path):
    script = f"sleep 600 & echo $! > {tmp_path}/pid; wait"
    with pytest.raises(SecretError, match=r"no end after 0\.3 s"):
        read_secret(a_server(password_command=["sh", "-c", script]), command_seconds=0.3)
    stat = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    with suppress(FileNotFoundError, ProcessLookupError):  # it is gone while we look
        while ") Z " not in stat.read_text():
            time.sleep(0.01)  # the signal is sent, the end is near


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["unghost-no-such-program"], "cannot be run"),
        ("unclosed 'quote", "cannot be run"),
        ("   ", "cannot be run"),
        (["true"], "first line is empty"),
        (["printf", r"\377\376"], "not UTF-8"),
        (["printf", r"pass\001word"], "control characters"),
        (["sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x"], "too long"),
    ],
)
def test_what_is_no_password_is_refused(command, words):
    with pytest.raises(SecretError, match=words):
        read_secret(a_server(password_command=command))


# --- files and environment ------------------------------------------------------------------------


def test_a_files_first_line_is_the_password(tmp_path):
    assert read_secret(a_server(password_file=a_file(tmp_path))).value == "pass word "


def test_a_path_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    a_file(tmp_path)
    assert read_secret(a_server(password_file="~/password")).value == "pass word "


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_a_file_others_can_reach_is_refused_with_the_remedy(tmp_path, mode):
    path = a_file(tmp_path, mode=mode)
    with pytest.raises(SecretError, match=f"mode {mode:04o} lets others in; run `chmod 600 {path}`"):
        read_secret(a_server(password_file=path))


def test_a_symbolic_link_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(a_file(tmp_path))
    with pytest.raises(SecretError, match="symbolic link"):
        read_secret(a_server(password_file=tmp_path / "link"))


def test_a_fifo_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "fifo", 0o600)
    with pytest.raises(SecretError, match="not a plain file"):
        read_secret(a_server(password_file=tmp_path / "fifo"))


@pytest.mark.parametrize(("name", "words"), [("missing", "No such file"), (".", "not a plain file")])
def test_no_file_is_refused(tmp_path, name, words):
    with pytest.raises(SecretError, match=words):
        read_secret(a_server(password_file=tmp_path / name))


def test_anothers_file_is_refused(tmp_path):
    path = Path("/etc/passwd")
    if os.geteuid() == 0:  # root owns that one, and can give one away
        path = a_file(tmp_path)
        os.chown(path, 65534, 65534)
    with pytest.raises(SecretError, match="belongs to another user"):
        read_secret(a_server(password_file=path))


def test_what_systemd_hands_over_is_taken(tmp_path, monkeypatch):
    """Its ACL for us shows as the group's bit (LoadCredential=)."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret(a_server(password_file=a_file(tmp_path, mode=0o440))).value == "pass word "


def test_an_environment_variable(monkeypatch):
    monkeypatch.setenv("UNGHOST_TEST_PASSWORD", "pä55")
    assert read_secret(a_server(password_env="UNGHOST_TEST_PASSWORD")).value == "pä55"
    monkeypatch.delenv("UNGHOST_TEST_PASSWORD")
    with pytest.raises(SecretError, match="is not set; cron and systemd .* use `password_command`$"):
        read_secret(a_server(password_env="UNGHOST_TEST_PASSWORD"))


# --- keyring --------------------------------------------------------------------------------------


def a_keyring(monkeypatch, passwords=None, module="keyring.backends.SecretService", error=None):
    """A module that stands in for keyring, which needs a desktop."""
    stand_in = types.ModuleType("keyring")
    backend = type("Keyring", (), {"__module__": module})()

    def get_password(service, user):
        if error:
            raise error
        return (passwords or {}).get((service, user))

    stand_in.get_keyring = lambda: backend
    stand_in.get_password = get_password
    monkeypatch.setitem(sys.modules, "keyring", stand_in)


def test_the_keyring_is_asked_for_service_and_user(monkeypatch):
    a_keyring(monkeypatch, {("unghost", "me@home.example"): "s3cret"})
    assert read_secret(a_server(password_keyring=True)).value == "s3cret"


def test_a_keyring_without_the_password_names_the_command_to_store_it(monkeypatch):
    a_keyring(monkeypatch)
    with pytest.raises(SecretError, match="keyring set unghost me@home.example"):
        read_secret(a_server(password_keyring=True))


def test_a_keyring_that_cannot_be_asked(monkeypatch):
    a_keyring(monkeypatch, error=RuntimeError("No recommended backend"))
    with pytest.raises(SecretError, match=r"RuntimeError: No recommended backend.*unlocked desktop session"):
        read_secret(a_server(password_keyring=True))


def test_a_keyring_that_is_a_plain_file_is_refused(monkeypatch):
    a_keyring(monkeypatch, {("unghost", "me@home.example"): "s3cret"}, module="keyrings.alt.file")
    with pytest.raises(SecretError, match="plain text"):
        read_secret(a_server(password_keyring=True))


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UnavailableError, match=r"unghost\[keyring\]"):
        read_secret(a_server(password_keyring=True))


def test_the_sessions_bus_is_found_under_cron(monkeypatch, tmp_path):
    a_keyring(monkeypatch, {("unghost", "me@home.example"): "s3cret"})
    bus = tmp_path / "bus"
    monkeypatch.setattr(credentials, "Path", lambda _: bus)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(bus))
        read_secret(a_server(password_keyring=True))
    assert os.environ.pop("DBUS_SESSION_BUS_ADDRESS") == f"unix:path={bus}"


# --- TLS ------------------------------------------------------------------------------------------


def test_the_context_verifies_and_is_new_enough(dovecot):
    for context in (tls_context(), tls_context(dovecot.certificates.ca)):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(("text", "words"), [(None, "No such file"), ("no certificate", "no certificate in PEM")])
def test_a_ca_file_that_is_none_is_a_config_error(tmp_path, text, words):
    path = tmp_path / "ca.pem"
    if text:
        path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        tls_context(path)


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ("expired", "has expired, so the password was not sent; check this machine's clock"),
        ("other", "is for another name.*set `host`"),
        ("stranger", "unknown authority.*name it in `ca_file`"),
    ],
)
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_bad_certificate_is_named_and_no_password_sent(mailbox_user, certificate, words, security, deadline):
    from servers import running_dovecot

    user = mailbox_user()
    with running_dovecot(certificate) as bad:
        port = bad.tls_port if security == "tls" else bad.port
        ca_file = user.dovecot.certificates.ca if certificate == "stranger" else bad.certificates.ca
        with fault_proxy(port) as proxy:
            account = user.account(port=proxy.port, security=security, ca_file=ca_file)
            with ImapAccount(account, deadline=deadline) as opened, pytest.raises(CertificateError, match=words):
                opened.check()
        assert b"s3cret" not in proxy.heard
        assert proxy.connections == 1  # not tried again: it would not get better
        assert "Login" not in bad.log()


def test_the_systems_authorities_do_not_know_the_test_authority(mailbox_user, deadline):
    with (
        ImapAccount(mailbox_user().account(ca_file=None), deadline=deadline) as opened,
        pytest.raises(CertificateError, match="ca_file"),
    ):
        opened.check()


def test_tls_spoken_to_a_plain_port_says_what_to_check(mailbox_user, deadline):
    user = mailbox_user()
    account = user.account(port=user.dovecot.port)
    with (
        ImapAccount(account, deadline=deadline) as opened,
        pytest.raises(NetworkError, match="does not speak TLS on this port; check `port` and `security`"),
    ):
        opened.check()


def test_over_tls_no_octet_of_the_password_can_be_read_on_the_wire(mailbox_user, deadline):
    user = mailbox_user()
    for security, port in (("tls", user.dovecot.tls_port), ("starttls", user.dovecot.port)):
        with fault_proxy(port) as proxy:
            account = user.account(port=proxy.port, security=security)
            with ImapAccount(account, deadline=deadline) as opened:
                assert opened.check()
        assert len(proxy.heard) > 100
        assert b"s3cret" not in proxy.heard


def test_a_server_that_repeats_the_password_is_not_quoted(mailbox_user, deadline):
    user = mailbox_user()
    echo = r"sub:NO \[AUTHENTICATIONFAILED\][^\r]*:NO LOGIN me wr0ng failed"
    account = user.account(password_file=None, password_command=["echo", "wr0ng"], security="none")
    with fault_proxy(user.dovecot.port, echo) as proxy:
        account = account.model_copy(update={"port": proxy.port})
        with ImapAccount(account, deadline=deadline) as opened, pytest.raises(LoginError, match=r"me \*\*\* failed"):
            opened.check()


# --- sentences ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "no such host"),
        (TimeoutError(), "said nothing for 60 s"),
        (ssl.SSLEOFError(8, "EOF occurred"), "broke off the TLS"),
        (OSError(), "connection was lost"),
        (UnicodeError("label empty or too long"), "no such host"),
    ],
)
def test_what_the_system_raises_becomes_a_sentence(error, words):
    failure = connection_failure(error, a_server(password_env="X"))
    assert isinstance(failure, NetworkError)
    assert str(failure).startswith("mail.example.org: ")
    assert words in str(failure)


def test_server_words_are_short_printable_and_without_the_secret():
    assert server_words(b"a\r\n\x1b[31mb\xff s3cret", "s3cret") == "a [31mb\ufffd ***"
    assert server_words("evil\u202etxt") == "evil txt"
    assert len(server_words("x" * 1000)) == 200


def test_controls_are_listed_all_at_once():
    with pytest.raises(ConfigError) as caught:
        refuse_controls({"user": "a\nb", "sent": "\x9b", "name": "fine ä"}, "account home")
    assert len(caught.value.problems) == 2


def test_missing_starttls_has_a_remedy():
    assert 'security = "tls"' in str(no_starttls(a_server(password_env="X")))
