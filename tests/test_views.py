"""Looking at the ledger: which rows, in which order, in which form, and why it says what it says."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys

import pytest
from factories import DAY, ME, NOW, RULES, a_calendar_event, a_message, a_prediction, an_application
from hypothesis import given, strategies as st
from test_cli import Machine, octets_told, seeker, story, words_of
from test_run import ACKNOWLEDGED

from pipeline.cli.build import english
from pipeline.cli.sheet import csv_of, harmless
from pipeline.cli.views import COLUMNS, ORDERS, _application_row, _cells
from pipeline.digest.grounds import evidence_sentence
from pipeline.errors import CannotWriteError, ConfigError
from pipeline.ledger import Ledger
from pipeline.records import Address, Direction, Grounds, Kind, MailboxState, RawMessage, Silence, Stage, Wait
from pipeline.run import derive

__all__ = ["seeker", "story"]  # fixtures: whoever waits for two and was refused by one

BRIGHTWATER, OSPREY, KESTRELMOOR = 1, 2, 3
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def numbers(machine: Machine, *words: str) -> list[object]:
    return [row["number"] for row in machine.rows(*words)]


# --- which rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--stage", "rejected"], [OSPREY]),
        (["--stage", "rejected", "--stage", "applied"], [BRIGHTWATER, OSPREY, KESTRELMOOR]),
        (["--wait", "waiting"], [KESTRELMOOR]),
        (["--wait", "waiting", "--silent"], [BRIGHTWATER, KESTRELMOOR]),
        (["--wait", "withheld"], []),
        (["--open"], [BRIGHTWATER, KESTRELMOOR]),
        (["--closed"], [OSPREY]),
        (["--employer", "LUND"], [OSPREY]),
        (["--employer", "nobody's name"], []),
        (["--since", "2026-02-24"], [OSPREY, KESTRELMOOR]),
        (["--since", "2026-02-25"], [KESTRELMOOR]),
        (["--since", "2026-02-24", "--closed", "--employer", "osprey"], [OSPREY]),
    ],
)
def test_filters_choose_rows_and_may_be_combined(seeker, words, expected):
    assert numbers(seeker, *words) == expected


def test_a_day_is_one_of_the_user_s_own_zone(machine):
    machine.receive(1, octets_told(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 23:30:00 +0000"))
    machine.read()
    assert numbers(machine, "--since", "2026-02-03") == []
    machine.config.parent.mkdir(parents=True)
    machine.config.write_text('[me]\naddresses = ["dana@whitlock.example"]\ntimezone = "Europe/Berlin"\n')
    assert numbers(machine, "--since", "2026-02-03") == [1]


def test_the_days_of_a_turn_are_those_between_two_days_whatever_the_hour(machine):
    machine.receive(1, octets_told(ACKNOWLEDGED, "Brightwater", "Wed, 19 Nov 2025 23:30:00 +0000"))
    machine.read()
    at = ("--now", "2025-11-23T07:00:00+00:00")
    [row] = json.loads(machine.unghost("list", "--json", *at).stdout)
    assert row["days"] == 4
    assert "for 4 days" in machine.unghost("show", "1", *at).stdout


@pytest.mark.parametrize(
    ("option", "value", "choices"),
    [("--stage", "hired", list(Stage)), ("--wait", "long", list(Wait)), ("--sort", "mood", list(ORDERS))],
)
def test_a_value_that_is_none_of_the_choices_is_told_with_them(seeker, option, value, choices):
    error = seeker.unghost("list", option, value, code=2).stderr.splitlines()[-1]
    assert option in error
    assert repr(value) in error
    assert all(f"'{choice}'" in error for choice in choices)


@pytest.mark.parametrize("value", ["yesterday", "2026-02-30", ""])
def test_what_is_no_day_is_told_with_an_example(seeker, value):
    error = words_of(seeker.unghost("list", "--since", value, code=2).stderr)
    assert f"{value!r} is no day; write one like 2026-03-02" in error


def test_two_forms_at_once_are_a_mistake(seeker):
    assert seeker.unghost("list", "--json", "--csv", code=2).stderr == "unghost: Give either --json or --csv.\n"


# --- in which order -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "forward", "backward"),
    [
        ("number", [1, 2, 3], [3, 2, 1]),
        ("wait", [BRIGHTWATER, KESTRELMOOR, OSPREY], [KESTRELMOOR, BRIGHTWATER, OSPREY]),
        ("employer", [BRIGHTWATER, KESTRELMOOR, OSPREY], [OSPREY, KESTRELMOOR, BRIGHTWATER]),
        ("last", [OSPREY, KESTRELMOOR, BRIGHTWATER], [BRIGHTWATER, KESTRELMOOR, OSPREY]),
        ("applied", [KESTRELMOOR, OSPREY, BRIGHTWATER], [BRIGHTWATER, OSPREY, KESTRELMOOR]),
    ],
)
def test_each_order_and_its_reverse_keep_what_has_no_place_last(seeker, sort, forward, backward):
    assert numbers(seeker, "--sort", sort) == forward
    assert numbers(seeker, "--sort", sort, "--reverse") == backward


def test_the_odds_of_a_table_are_worded_as_those_of_a_claim():
    grounds = Grounds(17, 0.02445, 0.02, 10, 3, 3, 4, 0.4, 12)
    application = an_application()
    silence = Silence(application, Wait.SILENT, DAY, NOW - DAY, grounds)
    words = _cells(_application_row(application, silence, RULES.patience.calendar.zone, NOW))[-1]
    assert words == "1 in 41"
    assert words in evidence_sentence(grounds, english())


# --- as CSV ---------------------------------------------------------------------------------------


def test_csv_has_the_same_rows_as_json(seeker):
    rows = list(csv.DictReader(io.StringIO(seeker.unghost("list", "--csv").stdout)))
    for row, expected in zip(rows, seeker.rows(), strict=True):
        assert list(row) == list(expected) == list(COLUMNS)
        for key, cell in row.items():
            value = expected[key]
            assert cell == ("" if value is None else " ".join(value) if isinstance(value, list) else str(value))


def test_a_list_of_nothing_still_has_its_heading_in_csv(seeker):
    done = seeker.unghost("list", "--csv", "--employer", "nobody's name")
    assert (done.stdout, done.stderr) == (",".join(COLUMNS) + "\n", "")


def test_an_employer_that_is_a_formula_is_text_in_csv(machine):
    machine.unghost("add", '=HYPERLINK("http://evil.example";"Open")', "--role", "+1 Analyst")
    [row] = csv.DictReader(io.StringIO(machine.unghost("list", "--csv").stdout))
    assert row["employer"] == '\'=HYPERLINK("http://evil.example";"Open")'
    assert row["role"] == "'+1 Analyst"
    assert row["number"] == "1"
    assert row["applied_at"][0].isdigit()


TEXTS = st.text() | st.builds("".join, st.tuples(st.sampled_from(["", "'", "''"]), st.sampled_from(FORMULA), st.text()))


@given(st.lists(st.fixed_dictionaries({"a": TEXTS, "b": TEXTS}), min_size=1))
def test_no_cell_begins_a_formula_and_every_text_can_be_had_back(rows):
    head, *lines = csv.reader(io.StringIO(csv_of(["a", "b"], rows), newline=""))
    assert head == ["a", "b"]
    for line, row in zip(lines, rows, strict=True):
        for cell, text in zip(line, (row["a"], row["b"]), strict=True):
            assert not cell.startswith(FORMULA)
            assert cell in {text, f"'{text}"}
            assert (cell == text) is (harmless(text) == text)


@given(st.sets(TEXTS))
def test_no_two_texts_become_one(texts):
    assert len({harmless(text) for text in texts}) == len(texts)


@pytest.mark.parametrize("name", ["Brightwater", "'t Hooft BV", "3M", "(A) & B", ""])
def test_an_ordinary_name_stays_as_it_is(name):
    assert harmless(name) == name


@given(st.integers(), st.lists(st.integers()))
def test_numbers_stay_numbers(number, several):
    _, line = csv.reader(io.StringIO(csv_of(["a", "b", "c"], [{"a": number, "b": several, "c": None}])))
    assert line == [str(number), " ".join(map(str, several)), ""]


# --- one application ------------------------------------------------------------------------------


def told(machine: Machine, *chapters) -> None:
    """Write down messages, each with its prediction or None, as a run would."""
    machine.data.mkdir(mode=0o700, exist_ok=True)
    with Ledger(machine.ledger) as ledger:
        for message, prediction in chapters:
            ledger.facts.record(RawMessage(b"", message.direction), message, prediction, NOW)
        derive(ledger, RULES)


def letter(kind: Kind, days: int, text: str = "", **changes):
    """A message of Brightwater's so many days before now, and that the model takes it for this."""
    return a_message(date=NOW - days * DAY, text=f"About your application. {text}", **changes), a_prediction(kind)


@pytest.fixture
def process(machine):
    """An application with a promise, an invitation, the user's reply, and what may be an answer."""
    invitation = letter(Kind.INTERVIEW, 9, calendar=(a_calendar_event(NOW + 2 * DAY),))
    reply = a_message(
        date=NOW - 8 * DAY, direction=Direction.OUT, from_=ME, subject="Re: Interview", text="Gladly.",
        references=(invitation[0].message_id,),
    )  # fmt: skip
    doubtful = a_message(date=NOW - DAY, references=(invitation[0].message_id,), subject="News of Brightwater")
    told(
        machine,
        letter(Kind.ACKNOWLEDGEMENT, 20, "We will get back to you within two weeks."),
        invitation,
        (reply, None),
        (doubtful, a_prediction(Kind.REJECTION, 0.6, decided=False)),
    )
    return machine


def shown(machine: Machine, number: int = 1) -> dict[str, object]:
    return json.loads(machine.unghost("show", str(number), "--json").stdout)


def test_each_message_has_its_row_in_order_with_who_decided_and_how_surely(process):
    timeline = shown(process)["timeline"]
    assert [row["message"] for row in timeline] == [1, 2, 3, 4]
    assert [row["direction"] for row in timeline] == ["in", "in", "out", "in"]
    assert [row["kind"] for row in timeline] == ["acknowledgement", "interview", None, None]
    assert [row["decided_by"] for row in timeline] == ["model", "model", None, None]
    assert [row["confidence"] for row in timeline] == [0.99, 0.99, None, 0.6]
    assert [row["link"] for row in timeline] == ["opened", "employer + recent", "thread", "perhaps"]
    assert timeline[0]["evidence"] == [["We have received it.", 1.5]]


def test_the_days_a_message_names_are_told_with_their_sentences(process):
    first, second, *_ = shown(process)["timeline"]
    assert first["promise"] == {
        "by": (NOW - 6 * DAY).date().isoformat(),
        "sentence": "We will get back to you within two weeks.",
        "implies_no": False,
    }
    assert second["interview"] == (NOW + 2 * DAY).isoformat()
    text = process.unghost("show", "1").stdout
    assert "they answer by 24 Feb 2026: We will get back to you within two weeks." in text
    assert "interview on Wednesday 4 Mar, " in text


def test_the_text_has_a_line_for_everything(process):
    head, *body = process.unghost("show", "1").stdout.split("\n\n")
    assert head.splitlines()[0] == "Brightwater"
    text = "\n".join(body)
    assert "10 Feb 2026  <- Your application to Brightwater  [1]\n" in text
    assert "    acknowledgement (99 %), by the model; linked by: opened\n      +1.5  We have received it.\n" in text
    assert "22 Feb 2026  -> Re: Interview  [3]\n    from you\n" in text
    assert "    unsure, perhaps a rejection (60 %); linked by: perhaps\n" in text


def test_the_day_is_that_of_the_user_s_zone(machine):
    message, prediction = letter(Kind.ACKNOWLEDGEMENT, 1)
    told(machine, (a_message(date=message.date.replace(hour=23, minute=30)), prediction))
    assert "1 Mar 2026  <-" in machine.unghost("show", "1").stdout
    machine.config.parent.mkdir(parents=True)
    machine.config.write_text('[me]\naddresses = ["dana@whitlock.example"]\ntimezone = "Europe/Berlin"\n')
    assert "2 Mar 2026  <-" in machine.unghost("show", "1").stdout


def because(machine: Machine) -> tuple[object, ...]:
    row = shown(machine)
    return row["turn"], row["turn_because"]["what"], row["turn_because"]["message"]


def test_the_turn_is_told_with_what_gave_it(machine):
    told(machine, letter(Kind.ACKNOWLEDGEMENT, 20))
    assert because(machine) == ("employer", "message", 1)
    assert "since 10 Feb 2026, by Your application to Brightwater [1]\n" in machine.unghost("show", "1").stdout
    told(machine, letter(Kind.ASSESSMENT, 10))
    assert because(machine) == ("user", "message", 2)


def test_an_interview_to_come_or_past_gives_the_turn_and_names_its_message(machine):
    told(
        machine,
        letter(Kind.ACKNOWLEDGEMENT, 20),
        letter(Kind.INTERVIEW, 10, calendar=(a_calendar_event(NOW + 2 * DAY),)),
    )
    assert because(machine) == ("nobody", "interview", 2)
    later = machine.unghost("show", "1", "--json", "--now", (NOW + 5 * DAY).isoformat()).stdout
    assert (json.loads(later)["turn"], json.loads(later)["turn_because"]["message"]) == ("employer", 2)
    assert "by the interview of Wednesday 4 Mar, " in machine.unghost("show", "1").stdout


def test_an_interview_named_in_prose_is_told_and_gives_the_turn(machine):
    text = "We would like to meet you. Would Tuesday 3 March at 10:00 or Wednesday 4 March at 14:00 suit you?"
    told(machine, letter(Kind.ACKNOWLEDGEMENT, 20), letter(Kind.INTERVIEW, 5, text=text))
    assert because(machine) == ("user", "message", 2)
    assert "they offer Tuesday 3 Mar, 10:00, Wednesday 4 Mar, 14:00\n" in machine.unghost("show", "1").stdout
    told(machine, letter(Kind.INTERVIEW, 4, text="We look forward to meeting you on Wednesday 4 March at 14:00."))
    assert because(machine) == ("nobody", "interview", 2)
    assert "    interview 1: Wednesday 4 Mar, 14:00\n" in machine.unghost("show", "1").stdout


def test_what_the_user_said_stands_in_the_timeline(seeker):
    seeker.unghost("edit", "1", "--role", "Ward Nurse", "--now", "2026-03-01T08:00:00+01:00")
    seeker.unghost("close", "1", "--as", "ghosted", "--now", "2026-03-02T08:00:00+01:00")
    assert because(seeker) == ("nobody", "you", None)
    timeline = shown(seeker)["timeline"]
    assert [row.get("verb") for row in timeline] == [None, "edit", "close"]
    text = seeker.unghost("show", "1").stdout
    assert "since 2 Mar 2026, by your word\n" in text
    assert "1 Mar 2026  -> you said: edit Ward Nurse\n2 Mar 2026  -> you said: close ghosted\n" in text
    seeker.unghost("undo")
    assert [row.get("verb") for row in shown(seeker)["timeline"]] == [None, "edit"]


def test_a_label_of_the_user_s_is_told_as_theirs_without_the_model_s_reasons(seeker):
    seeker.unghost("label", "1", "assessment")
    [row] = shown(seeker)["timeline"]
    assert (row["kind"], row["predicted_kind"], row["decided_by"]) == ("assessment", "acknowledgement", "you")
    text = seeker.unghost("show", "1").stdout
    assert "assessment, by your word; linked by: opened\n" in text
    assert text.rstrip().endswith("linked by: opened")


def test_an_application_of_the_user_s_own_word_can_be_shown(machine):
    machine.unghost("add", "Nordkammer", "--applied", "2026-02-02")
    assert "2 Feb 2026  -> you said: add Nordkammer" in machine.unghost("show", "1").stdout
    assert because(machine) == ("employer", "you", None)


# --- all of them in figures -----------------------------------------------------------------------


def figures(machine: Machine, *words: str) -> dict[str, object]:
    return json.loads(machine.unghost("stats", "--json", *words).stdout)


def n_by_step(steps: dict[str, dict[str, object]]) -> dict[str, object]:
    return {step: share["count"] for step, share in steps.items()}


def test_an_empty_ledger_has_nothing_to_count(machine):
    done = machine.unghost("stats")
    assert (done.stdout, done.stderr.partition(":")[0]) == ("", "There are no applications yet")
    assert figures(machine)["n"] == 0


def test_the_funnel_counts_what_the_ledger_knows(seeker):
    found = figures(seeker)
    assert (found["n"], found["n_open"], found["n_waits"]) == (3, 2, 3)
    assert n_by_step(found["steps"]) == {"applied": 3, "answered": 1, "interview": 0, "offer": 0}
    assert found["steps"]["answered"]["low"] == pytest.approx(0.0615, abs=1e-4)
    assert {channel: n_by_step(steps)["applied"] for channel, steps in found["channels"].items()} == {
        "applicant tracking system": 3
    }
    assert {month: n_by_step(steps)["answered"] for month, steps in found["months"].items()} == {"2026-02": 1}


def test_what_is_too_little_to_say_anything_of_is_said(seeker):
    text = words_of(seeker.unghost("stats").stdout)
    assert "3 applications, 2 of them open" in text
    assert "answered 1 33% (6% to 79%)" in text
    assert "With so few, the intervals say how little these shares tell." in text
    assert "rejection 1 too few to say; 5 are needed" in text
    assert text.count("yours: too few to say") == 3
    assert "60% 234 applications of one person, 2018 (C. Dewey, own log; one person)" in text
    assert "something to compare with, not a norm" in text


@pytest.fixture
def searcher(machine):
    """A search of half a year: of forty applications every fourth is refused, after five weeks, and two are met."""
    for n in range(40):
        sender = {"from_": Address(f"Firm {chr(65 + n % 26)}{n} Talent Team", "no-reply@us.greenhouse-mail.io")}
        subject = {"subject": f"Your application to Firm {chr(65 + n % 26)}{n}"}
        chapters = [letter(Kind.ACKNOWLEDGEMENT, 180 - n, **sender, **subject)]
        chapters += [letter(Kind.REJECTION, 145 - n, **sender, **subject)] if n % 4 == 0 else []
        chapters += [letter(Kind.INTERVIEW, 175 - n, **sender, **subject)] if n in {1, 2} else []
        told(machine, *chapters)
    return machine


def test_medians_and_shares_of_a_longer_search_are_told_with_their_n(searcher):
    found = figures(searcher)
    assert n_by_step(found["steps"]) == {"applied": 40, "answered": 12, "interview": 2, "offer": 0}
    assert found["delays"]["rejection"] == {"n": 10, "median": {"value": 35.0, "low": 35.0, "high": 35.0}}
    assert found["delays"]["invitation"] == {"n": 2, "median": None}
    assert found["answered_by"]["60"]["value"] == pytest.approx(0.3)
    text = words_of(searcher.unghost("stats").stdout)
    assert "rejection 10 median 35 (35 to 35)" in text
    assert "invitation 2 too few to say" in text
    assert "Fewer than half of all have been answered" in text
    assert re.search(r"yours: 70% \(\d\d% to \d\d%\), of 40", text)


def test_the_figures_can_be_painted_and_are_printed_all_the_same(seeker, tmp_path):
    done = seeker.unghost("stats", "--png", str(tmp_path / "stats.png"))
    assert (tmp_path / "stats.png").read_bytes().startswith(b"\x89PNG")
    assert done.stdout == seeker.unghost("stats").stdout


def test_a_picture_that_cannot_be_written_is_told(seeker, tmp_path):
    done = seeker.unghost("stats", "--png", str(tmp_path / "none" / "x.png"), code=CannotWriteError.exit_code)
    assert (
        done.stderr
        == f"unghost: {tmp_path}/none/x.png cannot be written (No such file or directory); name another file.\n"
    )


def test_figures_of_the_user_s_own_stand_in_the_place_of_the_published(seeker):
    seeker.config.parent.mkdir(parents=True)
    own = seeker.config.parent / "published.toml"
    row = {"measure": "unanswered", "low": 0.5, "high": 0.5, "of": "my last search", "source": "me", "caveat": "old"}
    own.write_text("[[figure]]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in row.items()))
    assert "50% my last search (me; old)" in words_of(seeker.unghost("stats").stdout)
    own.write_text("[[figure]]\nmeasure = 'mood'\n")
    done = seeker.unghost("stats", code=ConfigError.exit_code)
    assert "published.toml: figure 1 needs measure (unanswered, " in done.stderr


def test_silence_counts_only_as_far_as_the_mail_was_read(seeker):
    seeker.config.parent.mkdir(parents=True)
    seeker.config.write_text(
        '[me]\naddresses = ["dana@whitlock.example"]\n[[account]]\nname = "home"\nhost = "localhost"\n'
        'user = "dana"\npassword_env = "SECRET"\nmailboxes = ["INBOX"]\n'
    )
    state = MailboxState("home", "INBOX", 1, 1, Direction.IN)
    with Ledger(seeker.ledger) as ledger:
        ledger.facts.record_begun(state)
        ledger.facts.record_complete(state, NOW - 10 * DAY)
    assert figures(seeker)["n_waits"] == 2  # Kestrelmoor was applied to later
    assert figures(seeker)["curve"]["days"][-1] == pytest.approx(17.9, abs=0.1)


@pytest.mark.parametrize("words", [["stats"], ["list", "--csv"], ["show", "1"]])
def test_what_is_heavy_is_imported_only_where_it_is_used(seeker, words):
    code = (
        f"import sys; sys.argv[1:] = {words!r}; from pipeline.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('scipy', 'matplotlib', 'numpy', 'sklearn') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=seeker.environment, capture_output=True, text=True, check=True
    )
    heavy = done.stderr.splitlines()[-1]
    assert "matplotlib" not in heavy
    assert "sklearn" not in heavy
    if words != ["stats"]:
        assert heavy == "[]"
