"""A user's own file of rules says what differs; the rest is as shipped."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from factories import NAMES, PROMISES, a_fact, as_shipped

from pipeline.digest.steps.table import read_steps
from pipeline.draft import read_letters
from pipeline.errors import ConfigError
from pipeline.funnel.channel import Channels
from pipeline.funnel.published import read_published
from pipeline.link.naming import NameReader
from pipeline.link.promises import PromiseReader
from pipeline.link.promises.phrasebook import Phrasebook
from pipeline.records import Address
from pipeline.rulefile import RuleFile

FILES = ["ats", "drafts", "names", "next_steps", "promises", "providers", "published"]
READERS = {
    "ats": Channels.of_rules,
    "drafts": read_letters,
    "names": lambda rules: NameReader(NAMES.ats, rules).tables,
    "next_steps": read_steps,
    "promises": Phrasebook.of_rules,
    "published": read_published,
}


ESPERANTO = "[language.eo]\nmarks = 'la kaj'\nnouns = 'posteno'\nstops = 'ĉe'\nrole = []\nemployer = []\n"


def changed(name, own):
    return replace(as_shipped(f"{name}.toml"), own=own, place=f"/home/dana/{name}.toml")


def problems_of(rules):
    with pytest.raises(ConfigError) as caught:
        rules.table()
    assert caught.value.source == rules.source
    return caught.value.problems


@pytest.mark.parametrize("name", FILES)
def test_a_copy_of_what_is_shipped_changes_nothing(name):
    shipped = as_shipped(f"{name}.toml")
    assert changed(name, shipped.text).table() == shipped.table() == tomllib.loads(shipped.text)


@pytest.mark.parametrize("name", FILES)
def test_what_a_file_of_an_earlier_version_lacks_is_as_shipped(name):
    shipped = as_shipped(f"{name}.toml")
    for table in shipped.table():
        later = RuleFile(shipped.name, f"{shipped.text}\n[of_a_later_version]\nkey = 'x'", shipped.text)
        assert later.table()[table] == shipped.table()[table]
        assert later.table()["of_a_later_version"] == {"key": "x"}


def test_a_key_takes_the_place_of_the_shipped_one_and_a_list_that_of_the_list():
    own = '[ats]\n"lever.co" = "Leverage"\n[providers]\ndomains = ["whitlock.example"]\n'
    table, shipped = changed("ats", own).table(), as_shipped("ats.toml").table()
    assert table["ats"] == {**shipped["ats"], "lever.co": "Leverage"}
    assert table["providers"]["domains"] == ["whitlock.example"]
    assert table["tenants"] == shipped["tenants"]


def test_steps_and_figures_are_lists_too():
    step = '[[general]]\nname = "x"\nfamily = "kind"\nen.wording = "Rest."\n'
    steps = read_steps(changed("next_steps", step))
    assert [row.name for row in steps.general] == ["x"]
    assert steps.steps == read_steps(as_shipped("next_steps.toml")).steps
    assert read_published(changed("published", "figure = []")) == ()


def test_a_table_of_names_takes_further_ones_and_false_takes_one_out():
    own = '[ats]\n"lever.co" = false\n[job_boards]\n"jobs.whitlock.example" = "Whitlock"\n'
    table, shipped = changed("ats", own).table(), as_shipped("ats.toml").table()
    assert set(shipped["ats"]) - set(table["ats"]) == {"lever.co"}
    assert set(table["job_boards"]) - set(shipped["job_boards"]) == {"jobs.whitlock.example"}


def test_a_language_can_be_added_changed_and_taken_out():
    own = f"{ESPERANTO}[language.sv]\nclient = ['hos {{employer}}']\n[language]\nfi = false"
    languages, shipped = changed("names", own).table()["language"], as_shipped("names.toml").table()["language"]
    assert set(languages) ^ set(shipped) == {"eo", "fi"}
    assert languages["sv"] == {**shipped["sv"], "client": ["hos {employer}"]}
    assert READERS["names"](changed("names", own)).languages[-1].code == "eo"


@pytest.mark.parametrize(
    ("name", "own", "problem"),
    [
        ("names", "[jobbs]\npattern = 'x'", "jobbs: unknown key; did you mean 'jobs'?"),
        ("names", "[boards]\nsend = []", "boards.send: unknown key; did you mean 'sent'?"),
        ("names", f"{ESPERANTO}mark = 'la'", "language.eo.mark: unknown key; did you mean 'marks'?"),
        ("names", "[language.en]\nroles = []", "language.en.roles: unknown key; did you mean 'role'?"),
        ("names", "jobs = 3", "jobs: must be a table"),
        ("names", "[jobs]\npattern = false", "jobs.pattern: must be text"),
        ("names", "[language]\neo = 3", "language.eo: must be a table"),
        ("names", "[floor]\nrole = 'low'", "floor.role: must be a number"),
        ("names", "[floor.role]\nx = 1", "floor.role: must be a number"),
        ("names", ESPERANTO.replace("role = []", ""), "language.eo.role: is missing"),
        ("ats", "[providers]\ndomains = 'x'", "providers.domains: must be a list of text"),
        ("ats", "[providers]\ndomains = ['x', 1]", "providers.domains: must be a list of text"),
        ("ats", "[providers]\ndomains = [['x']]", "providers.domains: must be a list of text"),
        ("ats", "[ats]\n'leverr.co' = false", "ats.leverr.co: unknown key; did you mean 'lever.co'?"),
        ("ats", "[ats]\n'whitlock.example' = false", "ats.whitlock.example: unknown key"),
        ("ats", "[ats]\n'x.example' = true", "ats.x.example: must be text"),
        ("ats", "[boards]\n'x.example' = 'X'", "boards: unknown key; did you mean 'job_boards'?"),
        ("promises", "[en]\ntodai = []", "en.todai: unknown key; did you mean 'today'?"),
        ("promises", "[en.numbers]\nten = 'x'", "en.numbers.ten: must be a number"),
        ("drafts", "[en.folow_up]\ntext = 'x'", "en.folow_up: unknown key; did you mean 'follow_up'?"),
        ("drafts", "otherwis = 'de'", "otherwis: unknown key; did you mean 'otherwise'?"),
        ("drafts", "colour = 1", "colour: must be a table"),
        ("next_steps", "[[steps]]\nname = 'x'", "steps: unknown key; did you mean 'step'?"),
        ("published", "[[figures]]\nlow = 1", "figures: unknown key; did you mean 'figure'?"),
        ("next_steps", "step = [3]", "step: must be a list of tables"),
        ("providers", "['gmx.net']\nimapp = 'x'", "gmx.net.imapp: unknown key; did you mean 'imap'?"),
        ("providers", "['gmx.net']\nhost = 'x'", "gmx.net.host: unknown key"),
        ("published", "[[[", "cannot be read: "),
    ],
)
def test_what_is_unknown_or_of_another_type_is_named_with_what_was_meant(name, own, problem):
    [found] = problems_of(changed(name, own))
    assert found.startswith(problem)
    assert ("did you mean" in found) == ("did you mean" in problem)


def test_a_language_or_domain_of_the_user_s_own_needs_what_the_shipped_ones_have():
    lacking = [f"language.zz.{key}: is missing" for key in ("nouns", "stops", "role", "employer")]
    assert problems_of(changed("names", "[language.zz]\nmarks = 'a'")) == (*lacking,)
    lacking = [f"my.example.{key}: is missing" for key in ("imap", "smtp")]
    assert problems_of(changed("providers", "['my.example']\nhost = 'x'")) == (*lacking, "my.example.host: unknown key")


def test_all_that_is_wrong_is_told_at_once():
    assert len(problems_of(changed("names", "jobs = 3\nx = 1\n[floor]\nrole = 'low'"))) == 3


@pytest.mark.parametrize("name", READERS)
def test_every_reader_takes_what_is_changed(name):
    own = {"drafts": "unread = 'x'", "names": "[jobs]\npattern = 'x'", "promises": "[en]\ntoday = ['today']"}
    READERS[name](changed(name, own.get(name, "")))


def test_names_and_promises_are_read_anew_after_a_change():
    names = changed("names", "[jobs]\npattern = 'x'")
    assert NameReader(NAMES.ats, names).fingerprint != NAMES.fingerprint
    assert PromiseReader(changed("promises", "[en]\ntoday = []")).fingerprint != PROMISES.fingerprint


def test_a_sender_of_the_user_s_own_is_no_employer():
    fact = a_fact(subject="Your application", from_=Address("", "jobs@mail.hirely.example"), text="")
    own = NameReader(changed("ats", '[ats]\n"hirely.example" = "Hirely"'), NAMES.names)
    assert (NAMES(fact).employer.value, own(fact).employer.value) == ("Hirely", "")
