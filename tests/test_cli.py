"""The command line as a user meets it: words in; text, files and exit codes out."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import sqlite3
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from factories import NOW, a_message, a_prediction, octets_of
from test_run import ACKNOWLEDGED, MONDAY, REJECTED

from pipeline import __version__
from pipeline.cli import main
from pipeline.cli.main import COMMANDS, cli
from pipeline.config import read_settings
from pipeline.errors import CannotWriteError, ConfigError, InputError, SoftwareError
from pipeline.ledger import Ledger
from pipeline.records import KIND_OF_LABEL, Direction, Kind, Label, RawMessage, Wait
from pipeline.run import derive

NAMES = [name for group in COMMANDS.values() for name in group]
TAKES_NOW = {"run", "digest", "list", "show", "odds", "stats", "label", "draft"}
STORY = (
    (ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100"),
    (ACKNOWLEDGED, "Kestrelmoor", "Thu, 26 Feb 2026 10:00:00 +0100"),
    (ACKNOWLEDGED, "Osprey Lund", "Tue, 24 Feb 2026 10:00:00 +0100"),
    (REJECTED, "Osprey Lund", "Fri, 27 Feb 2026 10:00:00 +0100"),
)
HOSTILE = "Your application to \x1b[31mBright\x9b31m\u202ewater\u2066\x7f\x07"
INVISIBLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


class Machine:
    """A machine of its own: places for the configuration and the ledger, and the command line."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "config" / "unghost" / "config.toml"
        self.data = directory / "data"
        self.ledger = self.data / "ledger.db"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("UNGHOST_")},
            "UNGHOST_DATA": str(self.data),
            "XDG_CONFIG_HOME": str(directory / "config"),
            "OPENBLAS_NUM_THREADS": "1",
            "TZ": "UTC",
        }

    def command(self, *words: str) -> list[str]:
        when = ["--now", MONDAY] if words[0] in TAKES_NOW and "--now" not in words else []
        return [sys.executable, "-P", "-X", "dev", "-m", "pipeline.cli", *words, *when]

    def unghost(self, *words: str, code: int = 0, **options: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words), env=self.environment, capture_output=True, text=True, timeout=280, check=False,
            **({"stdin": subprocess.DEVNULL} if "input" not in options else {}), **options,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def receive(self, number: int, octets: bytes) -> None:
        mail = self.directory / "mail"
        mail.mkdir(exist_ok=True)
        (mail / f"{number}.eml").write_bytes(octets)

    def read(self) -> None:
        self.unghost("run", "--from", str(self.directory / "mail"))

    def rows(self, *words: str) -> list[dict[str, object]]:
        return json.loads(self.unghost("list", "--json", *words).stdout)


def octets_told(template: tuple[str, str], employer: str, date: str) -> bytes:
    subject, text = (part.format(employer=employer) for part in template)
    return octets_of(subject, text, from_=f"{employer} Talent Team <no-reply@us.greenhouse-mail.io>", date=date)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A ledger of four messages, read once."""
    machine = Machine(tmp_path_factory.mktemp("story"))
    for number, chapter in enumerate(STORY, 1):
        machine.receive(number, octets_told(*chapter))
    machine.read()
    return machine


@pytest.fixture
def seeker(machine, story):
    """A machine of somebody who waits for Brightwater and Kestrelmoor, and was refused by Osprey Lund."""
    machine.data.mkdir(mode=0o700)
    with Ledger(story.ledger) as ledger:
        ledger.copy_to(machine.ledger)
    return machine


# --- help -----------------------------------------------------------------------------------------


def words_of(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("words", [*([name] for name in NAMES), ["models", "use"], ["models", "compare"]])
def test_the_help_fits_a_terminal_and_cuts_nothing_off(words):
    command, context = cli, click.Context(cli, info_name="unghost", terminal_width=80)
    for word in words:
        command = command.get_command(context, word)
        context = click.Context(command, info_name=word, parent=context, terminal_width=80)
    usage, text = command.get_help(context).split("\n\n", 1)
    assert "|" not in usage or words == ["move"]
    assert max(map(len, text.splitlines())) <= 80
    assert "..." not in text
    choices = [p.type.choices for p in command.params if isinstance(p.type, click.Choice)]
    assert {str(choice) for some in choices for choice in some} <= set(re.findall(r"\w+", text))


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command_by_its_group(machine, option):
    text = machine.unghost(option).stdout
    found = re.findall(r"^(?:(\S.*):|  (\w+)  .*)$", text[text.index(next(iter(COMMANDS))) :], re.MULTILINE)
    expected = [line for title, group in COMMANDS.items() for line in ((title, ""), *(("", name) for name in group))]
    assert found == expected


def test_help_says_how_to_begin(machine):
    text = machine.unghost("--help").stdout
    for command in ("unghost demo", "unghost init", "unghost run"):
        assert f"`{command}`" in words_of(text)
    assert "..." not in text.split("[OPTIONS] COMMAND [ARGS]...")[1], "a first sentence was cut"


def test_no_command_shows_the_help_and_is_a_mistake(machine):
    done = subprocess.run(machine.command("--help")[:-1], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unghost init" in words_of(done.stderr)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_says_what_it_does_and_what_each_option_is_for(machine, name):
    command = cli.get_command(None, name)
    first = words_of(command.help).partition(". ")[0].removesuffix(".") + "."
    assert first[0].isupper()
    text = machine.unghost(name, "--help").stdout
    assert first in words_of(text)
    for option in (p for p in command.params if p.param_type_name == "option"):
        assert option.help.endswith("."), option.name
        assert words_of(option.help) in words_of(text)


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_is_explained(name):
    command = cli.get_command(None, name)
    for argument in (p for p in command.params if p.param_type_name == "argument"):
        assert argument.name.removesuffix("s") in command.help.lower(), argument.name


def test_the_version_is_the_package_s(machine):
    assert machine.unghost("--version").stdout == f"unghost, version {__version__}\n"


@pytest.mark.parametrize(("typed", "meant"), [("lst", "list"), ("evaluat", "evaluate"), ("runn", "run")])
def test_an_unknown_command_is_a_mistake_with_a_suggestion(machine, typed, meant):
    assert f"Did you mean '{meant}'?" in machine.unghost(typed, code=2).stderr


def test_an_unknown_option_is_a_mistake_with_a_suggestion(machine):
    assert "'--silent'" in machine.unghost("list", "--silnet", code=2).stderr


@pytest.mark.parametrize("name", sorted(TAKES_NOW))
def test_a_time_without_a_zone_is_a_mistake(machine, name):
    words = {"show": ["1"], "draft": ["1"], "label": ["1", "none"]}.get(name, [])
    done = machine.unghost(name, *words, "--now", "2026-03-02T08:05:00", code=2)
    assert "has no time zone; write one like 2026-03-02T08:05:00+01:00" in words_of(done.stderr)
    assert "is no time" in machine.unghost(name, *words, "--now", "soon", code=2).stderr
    assert not machine.ledger.exists()


# --- init -----------------------------------------------------------------------------------------


def init(machine: Machine, address: str, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    return machine.unghost("init", "--no-input", "--no-test", "--address", address, *words, code=code)


def test_a_known_provider_needs_nothing_but_the_address(machine):
    done = init(machine, "dana@gmail.com")
    settings = read_settings(machine.config)
    [account] = settings.account
    assert (account.host, account.port, account.security) == ("imap.gmail.com", None, "tls")
    assert (settings.smtp.host, settings.smtp.user) == ("smtp.gmail.com", "dana@gmail.com")
    assert settings.me.addresses == ["dana@gmail.com"]
    assert "app password" in done.stdout


def test_of_an_unknown_domain_the_usual_names_are_proposed(machine):
    init(machine, "dana@whitlock.example", "--timezone", "Europe/Berlin")
    settings = read_settings(machine.config)
    assert (settings.account[0].host, settings.smtp.host) == ("imap.whitlock.example", "smtp.whitlock.example")
    assert settings.me.timezone == "Europe/Berlin"


def test_without_a_submission_server_the_digest_is_put_into_the_inbox(machine):
    done = init(machine, "dana@gmail.com", "--smtp-host", "none")
    settings = read_settings(machine.config)
    assert (settings.smtp, settings.digest_via) == (None, "imap")
    assert "put into your INBOX" in done.stdout
    assert "through smtp.gmail.com" in init(machine, "dana@gmail.com", "--force").stdout


def test_a_bridge_has_its_own_ports(machine):
    init(machine, "dana@proton.me")
    settings = read_settings(machine.config)
    servers = (settings.account[0], settings.smtp)
    assert [(s.host, s.port, s.security) for s in servers] == [
        ("127.0.0.1", 1143, "starttls"),
        ("127.0.0.1", 1025, "starttls"),
    ]


def providers() -> list[str]:
    table = tomllib.loads((Path(__file__).parent.parent / "config" / "providers.toml").read_text(encoding="utf-8"))
    return [domain for name, row in table.items() for domain in (name, *row.get("same", ()))]


def test_what_is_proposed_for_every_provider_can_be_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    for domain in providers():
        config = tmp_path / domain / "config.toml"
        words = ["--config", str(config), "init", "--no-input", "--no-test", "--address", f"dana@{domain}"]
        assert exit_code(monkeypatch, *words) == 0, capsys.readouterr().err
        assert read_settings(config).account[0].user == f"dana@{domain}"


def exit_code(monkeypatch, *words: str) -> int:
    """What ``main`` ends with, in this process."""
    monkeypatch.setattr(sys, "argv", ["unghost", *words])
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        signal.signal(signal.SIGTERM, before)
    return int(ended.value.code or 0)


def test_nobody_else_can_read_what_init_writes(machine):
    init(machine, "dana@whitlock.example")
    assert stat.S_IMODE(machine.config.stat().st_mode) == 0o600
    assert stat.S_IMODE(machine.config.parent.stat().st_mode) == 0o700
    assert [path.name for path in machine.config.parent.iterdir()] == ["config.toml"]


def test_the_password_is_named_not_stored(machine):
    command = "sh -c 'pass show \"mail\\me\"'"
    init(machine, "dana@whitlock.example", "--password-command", command)
    settings = read_settings(machine.config)
    assert settings.account[0].password_command == settings.smtp.password_command == command


def test_without_a_command_the_password_lies_in_a_file_beside(machine):
    done = init(machine, "dana@whitlock.example")
    file = machine.config.with_name("password")
    assert read_settings(machine.config).account[0].password_file == file
    assert f"put the password into {file} (chmod 600)" in done.stdout
    assert not file.exists()


def test_a_configuration_is_replaced_only_by_force(machine):
    init(machine, "dana@whitlock.example")
    before = machine.config.read_bytes()
    assert "--force" in init(machine, "jo@whitlock.example", code=2).stderr
    assert machine.config.read_bytes() == before
    init(machine, "jo@whitlock.example", "--force")
    assert read_settings(machine.config).me.addresses == ["jo@whitlock.example"]


@pytest.mark.parametrize("address", ["dana", "a@b@c", "@whitlock.example", "dana@", "@", "da na@whitlock.example", ""])
def test_what_is_no_address_is_refused(machine, address):
    assert "address" in init(machine, address, code=2).stderr
    assert not machine.config.exists()


@pytest.mark.parametrize(
    ("option", "answer"), [("--timezone", "Mars/Olympus"), ("--user", "me\nport = 5"), ("--host", "a\x07b")]
)
def test_an_answer_that_makes_no_configuration_is_refused_and_nothing_written(machine, option, answer):
    done = init(machine, "dana@whitlock.example", option, answer, code=2)
    assert "Nothing was written" in done.stderr
    assert list(machine.config.parent.iterdir()) == []


def test_without_questions_the_address_must_be_given(machine):
    assert "--address" in machine.unghost("init", "--no-input", code=2).stderr


def test_a_place_that_cannot_be_written_is_told(machine):
    (machine.directory / "config").write_text("a file where the directory should be")
    done = init(machine, "dana@whitlock.example", code=CannotWriteError.exit_code)
    assert "cannot be written" in done.stderr


def at_home(machine: Machine, user, sink) -> None:
    """Teach ``machine`` the servers of home.example, and to trust their certificates."""
    table = {
        "imap": "localhost", "imap_port": user.dovecot.tls_port,
        "smtp": "localhost", "smtp_port": sink.port, "smtp_security": "starttls",
    }  # fmt: skip
    machine.config.parent.mkdir(parents=True)
    lines = ['["home.example"]', *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    (machine.config.parent / "providers.toml").write_text("\n".join(lines))
    authorities = machine.directory / "ca.pem"
    authorities.write_text(user.dovecot.certificates.ca.read_text() + sink.certificates.ca.read_text())
    machine.environment["SSL_CERT_FILE"] = str(authorities)


def test_init_logs_in_with_what_the_command_prints(machine, mailbox_user, smtp_sink):
    user = mailbox_user("me@home.example")
    at_home(machine, user, smtp_sink)
    command = f"cat {user.dovecot.secret_file}"
    words = ("init", "--no-input", "--address", user.name, "--password-command", command)
    done = machine.unghost(*words)
    assert re.findall(r"^(ok|FAIL)  +(\w+)", done.stdout, re.MULTILINE) == [
        ("ok", "account"), ("ok", "providers"), ("ok", "digest"), ("ok", "ledger"), ("ok", "model"),
    ]  # fmt: skip
    done = machine.unghost(*words[:-1], "echo wrong", "--force", code=77)
    assert len(re.findall("^FAIL", done.stdout, re.MULTILINE)) == 2
    assert "wrong" not in done.stdout + done.stderr
    assert machine.config.exists()


def test_init_asks_and_proposes(machine, mailbox_user, smtp_sink):
    user = mailbox_user("me@home.example")
    at_home(machine, user, smtp_sink)
    answers = [user.name, "", "", "", f"cat {user.dovecot.secret_file}", "Europe/Berlin"]
    done = machine.unghost("init", input="\n".join(answers) + "\n")
    for question in ("Your mail address:", "IMAP server [localhost]:", "Login name [me@home.example]:", "Time zone ["):
        assert question in done.stdout
    assert "logged in; reads Sent, INBOX" in done.stdout
    assert read_settings(machine.config).me.timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("names.toml", "[believed]\n", "believed: unknown key"),
        ("names.toml", "[language]\nfoo = 1\n", "language.foo: must be a table"),
        ("ats.toml", "[ats\n", "cannot be read"),
        ("promises.toml", "foo = 1\n", "foo: "),
        ("next_steps.toml", "foo = 1\n", "foo: unknown key"),
        ("words.fr.toml", "foo = 1\n", "foo"),
    ],
)
def test_the_doctor_reads_every_table_of_ones_own(machine, name, text, problem):
    machine.config.parent.mkdir(parents=True)
    machine.config.write_text("", encoding="utf-8")
    machine.config.with_name("providers.toml").write_text("", encoding="utf-8")
    machine.config.with_name(name).write_text(text, encoding="utf-8")
    done = machine.unghost("doctor", code=78)
    assert "ok    providers.toml: your own, can be read\n" in done.stdout
    assert re.search(rf"^FAIL  {name}: .*{problem}", done.stdout, re.MULTILINE | re.DOTALL)


def test_a_user_who_stops_answering_has_written_nothing(machine):
    done = machine.unghost("init", input="dana@whitlock.example\n", code=130)
    assert done.stderr.strip().splitlines()[-1] == "unghost: stopped; nothing is lost."
    assert not machine.config.exists()


# --- list and show --------------------------------------------------------------------------------


def test_one_of_something_is_told_in_the_singular(machine):
    machine.receive(1, octets_told(*STORY[0]))
    verbose = machine.unghost("run", "-v", "--from", str(machine.directory / "mail")).stderr
    assert "1 new message, 0 unreadable, 0 waiting for your word." in verbose
    assert machine.unghost("rebuild").stdout == "1 application with 1 event from 1 message; nothing changed.\n"
    assert machine.unghost("stats").stdout.startswith("1 application, 1 of them open\n")
    assert "for 1 day" in machine.unghost("show", "1", "--now", "2026-02-03T12:00:00+01:00").stdout


def test_an_empty_ledger_lists_nothing(machine):
    done = machine.unghost("list")
    assert done.stdout == ""
    assert done.stderr.startswith("There are no applications yet: `unghost run` reads your mail")
    assert machine.rows() == []


def test_the_list_is_a_table(seeker):
    head, *rows = seeker.unghost("list").stdout.splitlines()
    assert head.split() == ["#", "application", "stage", "turn", "days", "wait", "odds"]
    cells = [re.split(r"  +", re.sub("1 in [78]$", "1 in 7", row.strip())) for row in rows]
    assert cells == [
        ["1", "Brightwater, Data Analyst", "applied", "employer", "28", "silent", "1 in 7"],
        ["2", "Osprey Lund, Data Analyst", "rejected", "nobody", "3"],
        ["3", "Kestrelmoor, Data Analyst", "applied", "employer", "4", "waiting", "1 in 3"],
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_narrow_terminal_breaks_no_word_of_a_table(seeker, width):
    name, role = "Brechtholm Logistik GmbH", "Senior Operations Research Analyst, Forecasting"
    seeker.unghost("edit", "1", "--employer", name, "--role", role)
    seeker.unghost("label", "4", "position_closed")
    seeker.environment["COLUMNS"] = str(width)
    text = seeker.unghost("list").stdout
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert set(f"{name}, {role} position_closed nobody".split()) <= set(text.split())
    assert [line.split()[0] for line in lines if line[0] != " "] == ["#", "1", "2", "3"]
    assert re.search(r" applied +employer +28 +silent +1 in [78] *$", lines[1])


def test_no_terminal_is_too_narrow_for_a_table(seeker):
    seeker.environment["COLUMNS"] = "1"
    head, first, *_ = seeker.unghost("list").stdout.splitlines()
    assert head.split() == ["#", "application", "stage", "turn", "days", "wait", "odds"]
    assert first.split()[:3] == ["1", "Brightwater,", "applied"]


def test_the_list_for_machines_has_the_same_rows(seeker):
    rows = seeker.rows()
    assert [(row["number"], row["employer"], row["stage"]) for row in rows] == [
        (1, "Brightwater", "applied"), (2, "Osprey Lund", "rejected"), (3, "Kestrelmoor", "applied"),
    ]  # fmt: skip
    assert rows[0]["applied_at"] == "2026-02-02T09:00:00+00:00"
    assert rows[1]["messages"] == 2


def test_only_the_silent_ones(seeker):
    assert [(row["number"], row["wait"]) for row in seeker.rows("--silent")] == [(1, Wait.SILENT)]
    assert "Kestrelmoor" not in seeker.unghost("list", "--silent").stdout
    later = "2026-06-01T08:05:00+02:00"
    assert {row["wait"] for row in seeker.rows("--silent", "--now", later)} == {Wait.GHOSTED}


def test_without_a_configuration_the_clock_is_that_of_the_machine(machine):
    machine.environment["TZ"] = "Pacific/Auckland"
    machine.receive(1, octets_told(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 20:00:00 +0000"))
    machine.read()
    assert "3 Feb 2026" in machine.unghost("show", "1").stdout
    machine.config.parent.mkdir(parents=True)
    machine.config.write_text("[me]\ntimezone = 'Europe/Berlin'\n", encoding="utf-8")
    assert "2 Feb 2026" in machine.unghost("show", "1").stdout


def test_the_odds_come_with_their_evidence(seeker):
    first, second = re.findall(r"^\[(\d)\] (.*)\n    (.*)\n", seeker.unghost("odds").stdout, re.MULTILINE)
    assert first[:2] == ("1", "Brightwater, Data Analyst")
    told = r"waiting since 2 Feb 2026 \(silent\): 20 working days; your one answer had come by then; "
    told += r"about 1 in [78] still answer, within the next five working days 1 in \d+\."
    assert re.fullmatch(told, first[2])
    assert second[2].startswith("waiting since 26 Feb 2026: 2 working days; your one answer had not come by then; ")


def test_the_odds_of_one_application_say_what_they_are_made_of(seeker):
    text = seeker.unghost("odds", "1").stdout
    assert "Of 3 waits of yours at this stage 1 was answered" in text
    assert "Published figures (60% never answered) count as 10 more." in text
    assert "Kestrelmoor" not in text
    shown = seeker.unghost("show", "1").stdout
    assert "20 working days; your one answer had come by then; about 1 in " in shown


def test_the_odds_for_machines_are_numbers(seeker):
    rows = json.loads(seeker.unghost("odds", "--json").stdout)
    assert [(row["number"], row["wait"], row["days"]) for row in rows] == [(1, "silent", 20), (3, "waiting", 2)]
    assert 0 < rows[0]["odds"] < rows[1]["odds"] < 1
    assert 0.008 < rows[0]["soon"] < 0.03 < rows[1]["soon"] < rows[1]["odds"]
    assert (rows[0]["n_answered"], rows[0]["n_by_now"], rows[0]["n_open"], rows[0]["published"]) == (1, 1, 2, 0.6)
    assert json.loads(seeker.unghost("odds", "1", "--json").stdout) == rows[:1]


def test_there_are_no_odds_where_nobody_owes_an_answer(seeker):
    assert seeker.unghost("odds", "2").stdout == (
        "Osprey Lund, Data Analyst: nothing is owed (rejected), so there are no odds.\n"
    )
    assert json.loads(seeker.unghost("odds", "2", "--json").stdout) == []
    seeker.unghost("label", "2", "assessment")
    assert "they wait for you" in seeker.unghost("odds", "3").stdout
    assert "There is no application 99" in seeker.unghost("odds", "99", code=2).stderr


def test_without_applications_one_waits_for_nobody(machine):
    done = machine.unghost("odds")
    assert (done.stdout, done.stderr) == ("", "You wait for nobody.\n")


def test_the_odds_are_checked_on_the_own_waits(seeker):
    later = ["--now", "2026-06-01T08:05:00+02:00"]
    text = seeker.unghost("odds", "--check", *later).stdout
    assert "On 4 days, 4 weeks apart" in text
    assert "your 2 open waits" in text
    assert "answers were expected, and 0 came." in text
    assert "These are too few to judge by" in text
    found = json.loads(seeker.unghost("odds", "--check", "--json", *later).stdout)
    assert (found["looks"], found["waits"], found["n"], found["came"], found["too_few"]) == (4, 2, 7, 0, True)
    assert sum(row["n"] for row in found["bins"]) == 7
    assert sum(row["expected"] for row in found["bins"]) == pytest.approx(found["expected"], abs=0.05)


def test_a_check_says_when_there_is_nothing_to_check(seeker):
    assert seeker.unghost("odds", "--check").stdout.startswith("Too little to check")
    assert json.loads(seeker.unghost("odds", "--check", "--json").stdout)["n"] == 0
    assert "leave the number out" in seeker.unghost("odds", "1", "--check", code=2).stderr


def test_days_of_ones_own_take_the_place_of_the_odds(seeker):
    seeker.config.parent.mkdir(parents=True)
    seeker.config.write_text("[silence]\nghosted_days = 20\n", encoding="utf-8")
    assert [row["wait"] for row in seeker.rows()] == [Wait.GHOSTED, None, Wait.WAITING]


def test_only_those_that_wait_for_the_user(seeker):
    assert seeker.rows("--my-turn") == []
    assert seeker.unghost("list", "--my-turn").stderr.startswith("None of your applications is like that")
    seeker.unghost("label", "2", "assessment")
    assert [(row["employer"], row["turn"]) for row in seeker.rows("--my-turn")] == [("Kestrelmoor", "user")]
    assert "  you  " in seeker.unghost("list", "--my-turn").stdout
    assert "turn: you, for " in seeker.unghost("show", "3").stdout


def test_one_application_is_shown_with_its_messages_in_order(seeker):
    text = seeker.unghost("show", "2").stdout
    assert text.startswith("Osprey Lund, Data Analyst\nrejected; turn: nobody")
    assert text.index("24 Feb 2026  <-") < text.index("27 Feb 2026  <-")
    assert "[3]" in text
    assert "[4]" in text
    assert "decided not to move forward" in text
    row = json.loads(seeker.unghost("show", "2", "--json").stdout)
    opened, answered = row["timeline"]
    assert (opened["message"], opened["kind"], opened["link"]) == (3, "acknowledgement", "opened")
    assert answered["decided"]
    assert sum(answered["proba"].values()) == pytest.approx(1, abs=0.01)


def test_an_unknown_number_is_a_mistake_that_says_where_the_numbers_are(seeker):
    done = seeker.unghost("show", "99", code=2)
    assert done.stderr == "unghost: There is no application 99; `unghost list` shows their numbers.\n"
    assert done.stdout == ""


@pytest.mark.parametrize("number", ["0", "9" * 30, "9" * 5_000, "²"])
def test_what_is_no_number_at_all_is_told_likewise(seeker, number):
    for words in (["show", number], ["merge", "1", number], ["snooze", number, "2w"]):
        done = seeker.unghost(*words, code=2)
        assert f"{number!r} is no such number; `unghost list` tells those of applications" in done.stderr
    for words in (["label", number, "none"], ["move", number, "1"], ["split", "1", number]):
        assert "is no such number; `unghost show` and the digest tell those" in seeker.unghost(*words, code=2).stderr


@pytest.mark.parametrize(
    "words", [["digest", "--since", "x"], ["list", "--since", "x"], ["edit", "1", "--applied", "x"]]
)
def test_what_is_no_day_is_told_with_an_example(seeker, words):
    assert "'x' is no day; write one like 2026-03-02" in seeker.unghost(*words, code=2).stderr
    for day in ("1989-12-31", "9999-12-31"):
        assert f"{day!r} is not between 1990 and 2100" in seeker.unghost(*words[:-1], day, code=2).stderr


def test_nothing_is_left_alone_for_ever(seeker):
    assert "'9999-12-31' is no span" in seeker.unghost("snooze", "1", "9999-12-31", code=2).stderr


def test_a_configuration_that_is_not_open_to_the_user_is_no_missing_one(machine):
    machine.config.mkdir(parents=True)  # to root, every file is open
    done = machine.unghost("list", code=ConfigError.exit_code)
    assert done.stderr == f"unghost: {machine.config}: cannot be read (Is a directory); see to its rights\n"


@pytest.mark.parametrize(
    ("refused", "place"),
    [("/ledger/models", "/ledger/models"), ("/ledger\x1b[2J\u202e", "/ledger[2J"), (None, "A file")],
)
def test_a_place_that_is_not_open_to_the_user_is_named(machine, monkeypatch, capsys, refused, place):
    def refuse(_path):
        raise PermissionError(13, "Permission denied", refused)

    monkeypatch.setenv("UNGHOST_DATA", str(machine.data))
    monkeypatch.setattr(Path, "is_file", refuse)
    assert exit_code(monkeypatch, "models") == CannotWriteError.exit_code
    expected = f"unghost: {place} is not open to you (Permission denied); see to its rights.\n"
    assert capsys.readouterr().err == expected


# --- label ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["99", "12345"])
def test_an_unknown_message_is_a_mistake(seeker, number):
    done = seeker.unghost("label", number, "none", code=2)
    assert done.stderr.startswith(f"unghost: There is no message {number}; `unghost show`")


@pytest.mark.parametrize("words", [["1"], ["1", "none", "--undo"]])
def test_a_label_or_undo_is_needed_and_not_both(seeker, words):
    assert "Give either a label or --undo" in seeker.unghost("label", *words, code=2).stderr


def test_a_word_that_is_no_label_is_a_mistake_that_lists_them(seeker):
    text = words_of(seeker.unghost("label", "1", "maybe", code=2).stderr)
    assert all(f"'{word}'" in text for word in [*Label, *Kind])


def kind_after(seeker: Machine, monkeypatch, word: str) -> str:
    monkeypatch.setenv("UNGHOST_DATA", str(seeker.data))
    monkeypatch.setenv("XDG_CONFIG_HOME", seeker.environment["XDG_CONFIG_HOME"])
    assert exit_code(monkeypatch, "label", "1", str(word), "--now", MONDAY) == 0
    with Ledger(seeker.ledger) as ledger:
        _, belief = ledger.facts.message(1)
    return belief["kind"]


@pytest.mark.parametrize("word", [*Label, *Kind])
def test_every_label_and_every_kind_is_understood(seeker, monkeypatch, word):
    expected = KIND_OF_LABEL[word] if word in KIND_OF_LABEL else Kind(word)
    assert kind_after(seeker, monkeypatch, word) == expected


def test_a_label_is_told_applied_and_taken_back(seeker):
    done = seeker.unghost("label", "1", "rejection")
    assert done.stdout == "'Thank you for applying to Brightwater' is rejection now.\n"
    assert seeker.rows()[0]["stage"] == "rejected"
    assert "by your word" in seeker.unghost("show", "1").stdout
    assert "as the model says" in seeker.unghost("label", "1", "--undo").stdout
    assert seeker.rows()[0]["stage"] == "applied"


# --- digest ---------------------------------------------------------------------------------------


def n_digests(machine: Machine) -> int:
    with Ledger(machine.ledger) as ledger:
        return len(list(ledger.outbox._db.query("SELECT 1 FROM digests")))


def test_a_dry_digest_is_printed_and_counts_for_nothing(seeker):
    text = seeker.unghost("digest", "--dry-run").stdout
    assert "Brightwater has gone quiet: 28 days" in text
    assert seeker.unghost("digest", "--dry-run").stdout == text
    assert n_digests(seeker) == 0


def test_a_digest_for_the_browser_is_written_to_the_file_named(seeker, tmp_path):
    done = seeker.unghost("digest", "--html", str(tmp_path / "digest.html"))
    assert (done.stdout, done.stderr) == ("", "")
    html = (tmp_path / "digest.html").read_text(encoding="utf-8")
    assert "Brightwater" in html
    assert html.lstrip().lower().startswith("<!doctype html")
    assert n_digests(seeker) == 0


def test_a_digest_that_cannot_be_written_is_told(seeker, tmp_path):
    done = seeker.unghost("digest", "--html", str(tmp_path / "none" / "x.html"), code=CannotWriteError.exit_code)
    assert (
        done.stderr
        == f"unghost: {tmp_path}/none/x.html cannot be written (No such file or directory); name another file.\n"
    )


def test_a_digest_of_an_empty_ledger_can_be_shown(machine):
    assert machine.unghost("digest", "--dry-run").stdout.strip()


def test_a_digest_out_of_turn_needs_no_moment_to_be_named(seeker):
    seeker.config.parent.mkdir(parents=True)
    way = f'[digest]\nvia = "file"\ndirectory = "{seeker.directory}/digests"\n'
    seeker.config.write_text(f'[me]\naddresses = ["dana@whitlock.example"]\n{way}')
    command = seeker.command("--config", str(seeker.config), "digest")
    for n, words in enumerate(([], ["--now"], ["--now", "--dry-run"]), 1):
        done = subprocess.run(
            [*command, *words], env=seeker.environment, capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stderr == ""
        assert n_digests(seeker) == len(list((seeker.directory / "digests").iterdir())) == min(n, 2)
    done = subprocess.run(command, env=seeker.environment, capture_output=True, text=True, check=True, timeout=60)
    assert "written already; --now" in done.stderr
    assert f"written to {seeker.directory}/digests" in seeker.unghost("doctor").stdout


def test_without_any_server_nothing_can_be_sent(seeker):
    seeker.config.parent.mkdir(parents=True)
    seeker.config.write_text('[me]\naddresses = ["dana@whitlock.example"]\n')
    done = seeker.unghost("digest", code=ConfigError.exit_code)
    assert "neither an [smtp] nor an [[account]]" in done.stderr
    assert "--dry-run" in done.stderr
    assert n_digests(seeker) == 0


@pytest.mark.parametrize("name", ["run", "digest", "doctor"])
def test_without_a_configuration_the_remedy_is_init(machine, name):
    assert "`unghost init` writes one" in machine.unghost(name, code=ConfigError.exit_code).stderr


def test_a_configuration_named_must_be_there(machine):
    done = subprocess.run(
        [*machine.command("--config")[:-1], "--config", str(machine.directory / "none.toml"), "list"],
        env=machine.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == ConfigError.exit_code
    assert "none.toml" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("ats.toml", "[[[", "cannot be read"),
        ("names.toml", b"\xff", "cannot be read"),
        ("next_steps.toml", "[[[", "cannot be read"),
        ("names.toml", "[job]", "job: unknown key; did you mean 'jobs'?"),
        ("promises.toml", "[en]\ntoday = 3", "en.today: must be a list"),
        ("words.en.toml", b"\xff", "cannot be read"),
    ],
)
def test_a_table_of_the_user_s_own_that_cannot_be_used_is_named(seeker, name, text, problem):
    seeker.config.parent.mkdir(parents=True)
    (seeker.config.parent / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    done = seeker.unghost("list", code=ConfigError.exit_code)
    assert f"{name}: {problem}" in done.stderr


def test_an_archive_that_holds_no_mail_is_told(machine):
    (machine.directory / "mail").mkdir()
    done = machine.unghost("run", "--from", str(machine.directory / "mail"), code=InputError.exit_code)
    assert "holds no .eml file" in done.stderr


# --- train ----------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_training_takes_the_corrections_in_and_its_model_is_used_from_then_on(seeker):
    seeker.unghost("label", "1", "none")
    seeker.unghost("label", "4", "rejection")
    done = seeker.unghost("train")
    assert done.stderr == ""
    measures = [line.split()[:2] for line in done.stdout.splitlines()[1:8]]
    assert measures == [[label, m] for label in Label for m in ("precision", "recall")] + [["decided", "share"]]
    assert "2 of them yours" in done.stdout
    assert "In use from now on: not worse by more than 0.01." in done.stdout
    models = seeker.data / "models"
    model_id = (models / "current").read_text().strip()
    assert {path.name for path in models.iterdir()} == {"current", f"{model_id}.npz", f"{model_id}.json"}
    seeker.receive(5, octets_told(REJECTED, "Nordkammer", "Sat, 28 Feb 2026 10:00:00 +0100"))
    seeker.read()
    with Ledger(seeker.ledger) as ledger:
        used = {ledger.facts.message(n)[1]["model_id"] for n in (1, 5)}
        [trained] = ledger.facts._db.query("SELECT * FROM models")
    assert (len(used), model_id in used) == (2, True)
    assert (trained["model_id"], trained["n_corrections"], trained["promoted"]) == (model_id, 2, 1)


# --- what reaches the terminal --------------------------------------------------------------------


def on_a_terminal(machine: Machine, *words: str, **environment: str) -> str:
    """What ``unghost`` writes to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        machine.command(*words), env={**machine.environment, "TERM": "xterm-256color", **environment},
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    found = b"".join(iter(lambda: read_some(ours), b""))
    os.close(ours)
    assert process.wait(60) == 0, found
    return found.decode()


def read_some(descriptor: int) -> bytes:
    """What can be read next; nothing at the end, which Linux reports as an error (EIO)."""
    assert select.select([descriptor], [], [], 60)[0]
    try:
        return os.read(descriptor, 65_536)
    except OSError:
        return b""


@pytest.mark.parametrize(
    "words", [["list"], ["show", "1"], ["digest", "--dry-run"], ["--help"], ["label", "1", "none"]]
)
def test_what_goes_into_a_pipe_has_no_escape_codes(seeker, words):
    done = seeker.unghost(*words)
    assert not INVISIBLE.search(done.stdout + done.stderr)


def test_colour_and_weight_are_for_terminals_whose_user_wants_them(seeker):
    if "NO_COLOR" in os.environ:
        del seeker.environment["NO_COLOR"]
    assert "\x1b[1m" in on_a_terminal(seeker, "list")
    assert "\x1b" not in on_a_terminal(seeker, "list", NO_COLOR="1")


@pytest.fixture
def attacked(machine):
    """A ledger that somehow holds what the parser takes out: the second line of defence."""
    message = a_message(subject=HOSTILE, text=f"Thank you for applying. {HOSTILE} We have received it.")
    machine.data.mkdir(mode=0o700)
    with Ledger(machine.ledger) as ledger:
        ledger.facts.record(RawMessage(b"x", Direction.IN), message, a_prediction(decided=False), NOW)
        opened = a_message(subject=HOSTILE, text="Thank you for applying to Bright.", references=("<x@y>",))
        ledger.facts.record(RawMessage(b"y", Direction.IN), opened, a_prediction(), NOW)
        from factories import RULES

        derive(ledger, RULES)
    return machine


@pytest.mark.parametrize("words", [["list"], ["show", "1"], ["digest", "--dry-run"], ["label", "2", "none"]])
def test_nothing_in_a_message_steers_the_terminal(attacked, words):
    done = attacked.unghost(*words)
    assert "Bright" in done.stdout
    assert not INVISIBLE.search(done.stdout + done.stderr)


@pytest.mark.parametrize("words", [["list", "--json"], ["show", "1", "--json"], ["show", "1"], ["digest", "--dry-run"]])
def test_nothing_invisible_in_a_header_gets_as_far_as_the_output(machine, words):
    mail = octets_told(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    hidden = b"=?utf-8?q?_=1B=5B31m=C2=9B=E2=80=AE=E2=81=A6=7F=07?="
    machine.receive(1, mail.replace(b"Subject: Thank you for", b"Subject: " + hidden + b" Thank you for"))
    machine.read()
    done = machine.unghost(*words)
    assert "Brightwater" in done.stdout
    assert not INVISIBLE.search(done.stdout + done.stderr)


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["digest", "--dry-run"], ["show", "1"]])
def test_a_reader_that_has_seen_enough_is_no_failure(seeker, words):
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        seeker.command(*words), env=seeker.environment, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, "")


# --- what nobody foresaw --------------------------------------------------------------------------


@pytest.fixture
def damaged(seeker):
    """A ledger in which a prediction is not what we ever write."""
    db = sqlite3.connect(seeker.ledger)
    with db:
        db.execute("UPDATE predictions SET evidence = 'Dear Dana, a secret'")
    db.close()
    return seeker


def test_what_nobody_foresaw_is_one_line_without_a_word_of_mail(damaged):
    done = damaged.unghost("show", "1", code=SoftwareError.exit_code)
    [line] = done.stderr.splitlines()
    assert line.startswith("unghost: Something that cannot happen did (JSONDecodeError in ")
    assert "please report it" in line
    assert "Dana" not in done.stdout + done.stderr


def test_a_developer_can_see_everything(damaged):
    done = subprocess.run(
        damaged.command("show", "1"), env={**damaged.environment, "UNGHOST_DEBUG": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("problem", ["missing", "altered", "no model at all"])
def test_a_model_that_cannot_be_used_is_told_with_the_remedy(seeker, problem):
    models = seeker.data / "models"
    models.mkdir()
    (models / "current").write_text("mine\n")
    shipped = Path(__file__).parent.parent / "models"
    if problem != "missing":
        (models / "mine.json").write_bytes((shipped / "shipped.json").read_bytes())
        octets = (shipped / "shipped.npz").read_bytes()
        (models / "mine.npz").write_bytes(octets[:-1] if problem == "altered" else b"")
    seeker.receive(6, octets_told(REJECTED, "Nordkammer", "Sat, 28 Feb 2026 10:00:00 +0100"))
    done = seeker.unghost("run", "--from", str(seeker.directory / "mail"), code=ConfigError.exit_code)
    [line] = done.stderr.splitlines()
    assert "run `unghost train`" in line
    assert seeker.rows()
