"""Settings: everything wrong is told at once, with the nearest right name and the remedy."""

from __future__ import annotations

import tomllib

import pytest

from pipeline.config import SECTIONS, Section, Settings, config_path, data_directory, read_settings
from pipeline.errors import ConfigError
from pipeline.resources import shipped

GOOD = """
[me]
addresses = ["dana@whitlock.example"]
[[account]]
name = "home"
host = "imap.whitlock.example"
user = "dana@whitlock.example"
password_env = "SECRET"
"""


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return read_settings(path)

    return read_text


def problems_of(read, text):
    with pytest.raises(ConfigError) as caught:
        read(text)
    return caught.value.problems


def test_little_is_needed_and_the_rest_has_defaults(read):
    settings = read(GOOD)
    assert settings.account[0].security == "tls"
    assert settings.account[0].mailboxes == ["INBOX"]
    assert settings.digest_to == ("dana@whitlock.example",)
    assert settings.smtp is None
    assert settings.digest_via == "imap"


def test_every_problem_is_told_at_once(read):
    text = GOOD.replace("host =", "hots =") + "[digest]\nday = 'someday'\nhour = 25\n[retension]\ndays = 3\n"
    problems = problems_of(read, text)
    assert len(problems) == 5
    joined = "\n".join(problems)
    assert "account.0.hots: unknown key; did you mean 'host'?" in joined
    assert "account.0.host: is missing" in joined
    assert "retension: unknown key; did you mean 'retention'?" in joined
    assert "digest.day" in joined
    assert "digest.hour" in joined


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('password_env = "SECRET"', ""), "needs exactly one of password_command"),
        (
            ('password_env = "SECRET"', 'password_env = "A"\npassword_file = "b"'),
            "found password_file and password_env",
        ),
        (('password_env = "SECRET"', 'password_env = "A"\nsecurity = "none"'), "plain text"),
        (("[me]", "[me]\ntimezone = 'Mars/Olympus'"), "is no time zone"),
        (('addresses = ["dana@whitlock.example"]', ""), "me.addresses is missing"),
        (("[me]", "[silence]\noverdue_days = 30\nsilent_days = 21\n[me]"), "must rise"),
        (("[me]", "[silence]\nsilent_below_weekly = 0.007\n[me]"), "must fall"),
        (("[me]", "[digest]\nvia = 'smtp'\n[me]"), 'via = "smtp" needs an [smtp]'),
        (("[me]", "[digest]\nvia = 'file'\n[me]"), 'via = "file" needs digest.directory'),
        (("[me]", "[digest]\nvia = 'pigeon'\n[me]"), "digest.via"),
        (("[me]", "[digest]\nto = 'partner@whitlock.example'\n[me]"), "another INBOX than yours"),
        (("[me]", "[digest]\nto = []\n[me]"), "leave it out"),
        (("[me]", "[digest]\nto = ['dana@whitlock.example', 'Dana']\n[me]"), "no plain mail address"),
        (("[me]", "[digest]\nto = 'dana@whitlock.example, x@evil.example'\n[me]"), "no plain mail address"),
        (('name = "home"', "name = 5"), "account.0.name"),
        (("[me]", "[me"), "cannot be read"),
    ],
)
def test_a_mistake_names_its_remedy(read, change, problem):
    assert problem in "\n".join(problems_of(read, GOOD.replace(*change)))


def test_plain_text_is_allowed_to_this_machine_alone(read):
    text = GOOD.replace("imap.whitlock.example", "127.0.0.1").replace("user", 'security = "none"\nuser')
    assert read(text).account[0].security == "none"


def test_two_accounts_of_one_name_are_refused(read):
    text = GOOD + GOOD.split("[[account]]")[1].join(["[[account]]", ""])
    assert "same name" in problems_of(read, text)[0]


def test_no_file_says_how_to_get_one(tmp_path):
    with pytest.raises(ConfigError, match="unghost init"):
        read_settings(tmp_path / "none.toml")


def test_the_environment_names_other_places(monkeypatch, tmp_path):
    monkeypatch.setenv("UNGHOST_CONFIG", str(tmp_path / "c.toml"))
    monkeypatch.setenv("UNGHOST_DATA", str(tmp_path / "d"))
    assert (config_path(), data_directory()) == (tmp_path / "c.toml", tmp_path / "d")


def example() -> str:
    return shipped("config", "unghost.example.toml").read_text(encoding="utf-8")


def test_the_example_can_be_read(read):
    assert read(example()).me.addresses == ["you@example.com"]


# The keys of [smtp] are those of an account's server, and the example says so.
@pytest.mark.parametrize("name", sorted(set(SECTIONS) - {"smtp"}))
def test_the_example_shows_every_key(name):
    text = example()
    for key in SECTIONS[name].model_fields:
        assert f"{key} = " in text, f"{name}.{key}"


def test_the_example_shows_the_defaults(read):
    shown = Settings.model_validate(tomllib.loads(example()))
    for name in ("digest", "silence", "retention", "run"):
        assert getattr(shown, name) == SECTIONS[name]()


def test_every_key_says_what_it_is_for():
    def sections(section: type[Section]):
        yield section
        yield from section.__subclasses__()

    for section in SECTIONS.values():
        for cls in sections(section):
            for key, field in cls.model_fields.items():
                assert field.description, f"{cls.__name__}.{key}"
