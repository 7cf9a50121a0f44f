"""Explain and evaluate: files of every form go in, words and figures come out, and nothing is touched."""

from __future__ import annotations

import importlib
import json
import os
import re
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from factories import NOW, a_message, a_prediction, octets_of

from pipeline.cli.judging import _fact_of
from pipeline.cli.main import cli
from pipeline.cli.shown import MAX_LINE, folder_label
from pipeline.errors import CannotWriteError, InputError, UnavailableError, UnghostError, UsageError
from pipeline.evaluate import Judged, calibration, curve, evaluate, intervals, painter, scores, summary, truth_of
from pipeline.ledger import open_ledger
from pipeline.records import Authentication, Direction, Kind, Label, RawMessage

if TYPE_CHECKING:
    from pathlib import Path

FROM = "Brightwater Talent Team <no-reply@us.greenhouse-mail.io>"
REJECTION = (
    "Your application to Brightwater",
    "Dear Dana,\n\nThank you for your interest in the Data Analyst position at Brightwater. Unfortunately, we have "
    "decided not to move forward with your application.\n\nThe Brightwater team\n",
)
INVITATION = (
    "Interview with Brightwater",
    "Hi Dana,\n\nWe enjoyed reading your application and would like to invite you to an interview next week. Please "
    "choose a time: https://calendly.com/brightwater/interview\n\nBest,\nJo\n",
)
RECEIPT = (
    "We received your application",
    "Hello Dana,\n\nThank you for applying. We have received your application and will review it.\n",
)
TEA = "Two new green teas are in the shop this week. Order before Sunday and postage is on us. Unsubscribe here."
KEYS = ["id", "label", "kind", "proba", "decided", "unproven", "evidence", "employer", "role", "requisition", "found"]
KEYS += ["promise", "due", "interview", "interviews", "offered", "called_off"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user who has nothing: no configuration, no ledger, no model of their own."""
    directory = tmp_path / "home"
    directory.mkdir()
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "UNGHOST_DATA"):
        monkeypatch.setenv(name, str(directory))
    return directory


@pytest.fixture
def unghost(capsys):
    """Runs a command; gives its exit code, what it printed, and the sentence of its failure."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            cli.main([str(word) for word in words], standalone_mode=False)
        except UnghostError as failure:
            return failure.exit_code, capsys.readouterr().out, str(failure)
        return 0, capsys.readouterr().out, ""

    return run


@pytest.fixture
def explained(unghost):
    """Runs `explain --json`; gives its exit code, and its lines as values."""

    def run(*words: object) -> tuple[int, list[dict]]:
        code, printed, _ = unghost("explain", "--json", *words)
        return code, [json.loads(line) for line in printed.splitlines()]

    return run


@pytest.fixture
def evaluated(unghost):
    def run(*words: object) -> dict:
        code, printed, problem = unghost("evaluate", "--json", *words)
        return json.loads(printed) | {"code": code, "problem": problem}

    return run


def a_row(text=REJECTION, **fields: object) -> dict:
    return {"subject": text[0], "from": FROM, "body": text[1]} | fields


def write_rows(path: Path, *rows: object) -> Path:
    """A .jsonl file; octets go in as they are."""
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def write_eml(path: Path, text=REJECTION) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(octets_of(*text))
    return path


def write_mbox(path: Path, *texts: tuple[str, str]) -> Path:
    start = b"From a@example.com Sun Mar  1 09:00:00 2026\n"
    path.write_bytes(b"".join(start + octets_of(*text).replace(b"\r\n", b"\n") + b"\n" for text in texts))
    return path


def contents(directory: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder with its size and times."""
    return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in sorted(directory.rglob("*"))}


# explain


def test_a_message_is_explained_with_label_reason_and_names(explained, tmp_path):
    code, [row] = explained(write_eml(tmp_path / "no.eml"))
    assert code == 0
    assert list(row) == KEYS
    assert (row["id"], row["label"], row["decided"]) == ("no.eml", "rejection", True)
    assert row["kind"] in {"rejection", "position_closed"}
    assert (row["employer"], row["role"], row["requisition"]) == ("Brightwater", "Data Analyst", "")
    assert row["found"]["employer"]["how"].startswith("subject + display name")
    assert 0.8 < row["found"]["role"]["sure"] < 1
    assert row["found"]["requisition"] == {"how": "", "sure": 0.0}
    assert list(row["proba"]) == ["invitation", "rejection", "none"]
    assert sum(row["proba"].values()) == pytest.approx(1, abs=1e-5)
    assert "Unfortunately" in row["evidence"][0]["sentence"]
    assert row["evidence"][0]["weight"] > 0


PROMISING = (
    "Your interview with Brightwater",
    "Dear Dana,\n\nThank you for your time today. We will let you know our decision within five working days.\n\n"
    "Please send us your references by Friday.\n",
)


def test_an_employer_named_in_words_is_told_whatever_the_mail_was_taken_for(explained, tmp_path):
    newsletter = {"from": "Brightwater <news@brightwater.example>", "subject": "Our spring tea is here", "body": TEA}
    named = newsletter | {"subject": "Our spring tea, and thank you for your interest in Brightwater"}
    _, rows = explained(write_rows(tmp_path / "rows.jsonl", newsletter, named))
    assert [(row["kind"], row["employer"]) for row in rows] == [("other", ""), ("other", "Brightwater")]


def test_what_is_promised_and_asked_has_its_day(explained, tmp_path):
    """Five working days from Wednesday 30 December: with New Year's Day where it is one."""
    row = a_row(PROMISING, date="2026-12-30T10:00:00+01:00")
    _, [found] = explained(write_rows(tmp_path / "rows.jsonl", row))
    assert (found["promise"]["by"], found["promise"]["implies_no"]) == ("2027-01-06", False)
    assert "within five working days" in found["promise"]["sentence"]
    assert found["due"]["by"] == "2027-01-01"
    assert found["interview"] is None


INVITING = "Your interview with Brightwater", "Dear Dana,\n\nWe would like to invite you to an interview{}\n\nJo\n"


def test_the_day_and_time_of_an_interview_are_told_in_their_zone_else_in_the_users(unghost, explained, tmp_path):
    rows = write_rows(
        tmp_path / "rows.jsonl",
        *(
            a_row((INVITING[0], INVITING[1].format(when)), date="2026-11-23T10:00:00+01:00")
            for when in (
                " on 2 December at 10:30.",
                " on 2 December at 10:30 am ET.",
                ". Would Friday at 9 am suit you?",
            )
        ),
    )
    config = tmp_path / "config.toml"
    config.write_text('[me]\ntimezone = "Europe/Berlin"\n', encoding="utf-8")
    _, printed, _ = unghost("--config", config, "explain", rows)
    assert "interview on 2026-12-02 10:30+01:00\n" in printed
    assert "interview on 2026-12-02 10:30-05:00\n" in printed
    assert "they offer 2026-11-27 09:00+01:00\n" in printed
    _, found = explained(rows)
    assert [(row["interview"] is None, len(row["offered"])) for row in found] == [(False, 0), (False, 0), (True, 1)]


def test_mail_that_is_no_invitation_has_no_interview(explained, tmp_path):
    no = a_row(
        (REJECTION[0], f"{REJECTION[1]}\nOur open day is on Friday at 10:00.\n"), date="2026-11-23T10:00:00+01:00"
    )
    _, [found] = explained(write_rows(tmp_path / "rows.jsonl", no))
    assert (found["label"], found["interview"], found["offered"]) == ("rejection", None, [])


def test_the_holidays_of_the_users_country_are_no_working_days(unghost, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[me]\ncountry = "DE-BY"\n', encoding="utf-8")
    rows = write_rows(tmp_path / "rows.jsonl", a_row(PROMISING, date="2026-12-30T10:00:00+01:00"))
    _, printed, _ = unghost("--config", config, "explain", rows)
    assert "they answer by 2027-01-08: We will let you know" in printed


def test_a_rejection_whose_sender_failed_the_checks_of_the_users_provider_is_explained_as_unsure(unghost, tmp_path):
    config, mail = tmp_path / "config.toml", write_eml(tmp_path / "no.eml")
    account = (
        '[[account]]\nname = "home"\nhost = "h"\nuser = "u"\npassword_env = "P"\nauthserv_id = "mx.home.example"\n'
    )
    config.write_text(f'[me]\naddresses = ["dana@whitlock.example"]\n{account}', encoding="utf-8")
    mail.write_bytes(b"Authentication-Results: mx.home.example; dmarc=fail\r\n" + mail.read_bytes())
    _, printed, _ = unghost("--config", config, "explain", mail)
    assert "unsure, perhaps a rejection" in printed
    assert "The sender could not be proven (dmarc=fail)." in printed


@pytest.mark.parametrize(
    ("kind", "authentication", "seen"),
    [
        (Kind.REJECTION, "dmarc=fail", None),
        (Kind.REJECTION, "passed", Kind.REJECTION),
        (Kind.ACKNOWLEDGEMENT, "dmarc=fail", None),
        (Kind.JOB_ALERT, "dmarc=fail", Kind.JOB_ALERT),
    ],
)
def test_names_are_read_of_what_linking_sees(kind, authentication, seen):
    message = a_message(authentication=Authentication(authentication))
    assert _fact_of(message, a_prediction(kind, 0.99)).kind is seen


def test_a_country_that_does_not_exist_is_told(unghost, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[me]\ncountry = "Atlantis"\n', encoding="utf-8")
    rows = write_rows(tmp_path / "rows.jsonl", a_row(PROMISING, date="2026-12-30T10:00:00+01:00"))
    code, _, problem = unghost("--config", config, "explain", rows)
    assert code == 78
    assert "Atlantis" in problem


def test_a_row_without_a_date_promises_nothing(explained, tmp_path):
    _, [found] = explained(write_rows(tmp_path / "rows.jsonl", a_row(PROMISING)))
    assert (found["promise"], found["due"]) == (None, None)


def test_every_form_of_file_gives_its_messages_in_order(explained, tmp_path):
    files = [
        write_rows(tmp_path / "rows.jsonl", a_row(id="r-1"), a_row(INVITATION, id=7), a_row(RECEIPT)),
        write_eml(tmp_path / "one.eml", INVITATION),
        write_mbox(tmp_path / "box.mbox", REJECTION, INVITATION),
        write_mbox(tmp_path / "single.mbox", RECEIPT),
        write_eml(tmp_path / "folder" / "2026" / "a.eml").parent.parent,
        write_eml(tmp_path / "maildir" / "cur" / "1772352000.M1.host:2,S", RECEIPT).parent.parent,
    ]
    (tmp_path / "maildir" / "new").mkdir()
    code, rows = explained(*files)
    assert code == 0
    assert [(row["id"], row["label"]) for row in rows] == [
        ("r-1", "rejection"),
        (7, "invitation"),
        ("rows.jsonl#3", "none"),
        ("one.eml", "invitation"),
        ("box.mbox#1", "rejection"),
        ("box.mbox#2", "invitation"),
        ("single.mbox", "none"),
        ("a.eml", "rejection"),
        ("1772352000.M1.host:2,S", "none"),
    ]


def test_mail_and_the_same_as_a_row_are_judged_alike(explained, tmp_path):
    _, [mail, row] = explained(write_eml(tmp_path / "a.eml"), write_rows(tmp_path / "a.jsonl", a_row()))
    assert {**mail, "id": 0} == {**row, "id": 0}


def test_nothing_is_written_and_no_ledger_made(explained, tmp_path, home):
    for name in ("cur", "new", "tmp"):
        write_eml(tmp_path / "maildir" / name / "1772352000.M1.host")
    write_mbox(tmp_path / "box.mbox", REJECTION)
    before = contents(tmp_path)
    code, rows = explained(tmp_path / "maildir", tmp_path / "box.mbox")
    assert (code, len(rows)) == (0, 3)
    assert contents(tmp_path) == before
    assert not list(home.iterdir())


def test_an_existing_ledger_is_not_even_opened(explained, tmp_path, home):
    (home / "ledger.db").write_bytes(b"no database at all")
    assert explained(write_eml(tmp_path / "a.eml"))[0] == 0
    assert [file.name for file in home.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize("body", [
    "", "Hello", "word " * 200_000, "\U0001f600" * 500, "QUJDREVG" * 5_000, "\u6b64\u81f4" * 500,
    "\x00\x1b[2J\u202e", None,
])  # fmt: skip
def test_whatever_the_text_is_it_is_judged(explained, tmp_path, body):
    code, [row] = explained(write_rows(tmp_path / "a.jsonl", {"id": "x", "subject": "", "from": "", "body": body}))
    assert code == 0
    assert list(row) == KEYS
    assert sum(row["proba"].values()) == pytest.approx(1, abs=1e-5)


def test_missing_fields_count_as_empty_and_that_is_unsure(explained, tmp_path):
    code, [row] = explained(write_rows(tmp_path / "a.jsonl", {}))
    assert (code, row["decided"], row["employer"], row["evidence"]) == (0, False, "", [])


def test_octets_that_are_no_utf8_are_read_as_in_mail(explained, tmp_path):
    line = json.dumps(a_row()).encode().replace(b"Dear", b"D\xe9\xffr")
    code, [row] = explained(write_rows(tmp_path / "a.jsonl", b"\xef\xbb\xbf" + line))
    assert (code, row["label"]) == (0, "rejection")


@pytest.mark.parametrize("sender", ["(" * 5_000, "<" * 5_000, '"' * 5_000, ",a@" * 9_000, "\ud800 <a@b.example>"])
def test_a_sender_that_breaks_the_address_parser_is_nobody(explained, tmp_path, sender):
    code, [row] = explained(write_rows(tmp_path / "a.jsonl", a_row() | {"from": sender}))
    assert (code, row["label"]) == (0, "rejection")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"subject": "x"', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[1, 2]", "no JSON object"),
        (b'{"subject": 3, "body": ["x"]}', "subject and body: no text"),
        (b'{"body": "' + b"x" * MAX_LINE + b'"}', "too long"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_told(unghost, tmp_path, line, problem):
    file = write_rows(tmp_path / "a.jsonl", a_row(), b"", line, a_row(INVITATION))
    code, printed, sentence = unghost("explain", "--json", file)
    rows = [json.loads(row) for row in printed.splitlines()]
    assert code == 65
    assert [row.get("label") for row in rows] == ["rejection", None, "invitation"]
    assert rows[1] == {"id": "a.jsonl#3", "error": f"{file}, line 3: {problem}"}
    assert rows[2]["id"] == "a.jsonl#4"
    assert sentence == f"1 could not be used: {file}, line 3."


def test_mail_that_cannot_be_read_is_named_and_the_rest_is_told(unghost, tmp_path):
    (tmp_path / "a.eml").write_bytes(b"")
    (tmp_path / "b.eml").write_bytes(b"\r\n\r\n")
    (tmp_path / "notes.txt").write_text("no mail")
    write_eml(tmp_path / "c.eml")
    code, printed, _ = unghost("explain", "--json", *sorted(tmp_path.glob("*.eml")), tmp_path / "notes.txt")
    rows = {row["id"]: row for row in map(json.loads, printed.splitlines())}
    assert code == 65
    assert rows["a.eml"]["error"].endswith("a.eml: the message is empty")
    assert rows["b.eml"]["error"].endswith("b.eml: no text")
    assert "is neither" in rows["notes.txt"]["error"]
    assert rows["c.eml"]["label"] == "rejection"


def test_a_file_that_cannot_be_opened_is_a_problem_like_others(explained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("a.jsonl")
        code, [first, second] = explained("a.jsonl", write_eml(tmp_path / "b.eml"))
    assert (code, second["label"]) == (65, "rejection")
    assert first == {"id": "a.jsonl", "error": "a.jsonl: cannot be read: No such device or address"}


def test_an_empty_file_has_nothing_to_tell(explained, tmp_path):
    for name in ("a.jsonl", "a.mbox"):
        (tmp_path / name).write_bytes(b"")
        assert explained(tmp_path / name) == (0, [])


def test_for_people_it_is_a_paragraph(unghost, tmp_path):
    file = write_rows(tmp_path / "a.jsonl", a_row(id="r-1"), {"id": "r-2"}, b"{")
    code, printed, _ = unghost("explain", file)
    paragraphs = printed.strip().split("\n\n")
    assert code == 65
    assert paragraphs[0].startswith("r-1  Your application to Brightwater\n    rejection (")
    assert re.search(
        r"; Brightwater \(subject .*, 99 %\), Data Analyst \(text.*, \d\d %\)$", paragraphs[0].splitlines()[1]
    )
    assert "Unfortunately" in paragraphs[0]
    assert "unsure, perhaps" in paragraphs[1]
    assert paragraphs[2] == f"{file}, line 3: no JSON"


def test_no_character_of_a_mail_acts_on_the_terminal(unghost, tmp_path):
    evil = "\x1b]0;x\x07\u202e\u009b2J\ud800"
    file = write_rows(tmp_path / "a.jsonl", {"id": evil, "subject": f"{evil}\nr-2  forged", "from": evil, "body": evil})
    for words in (("explain",), ("explain", "--json")):
        _, printed, _ = unghost(*words, file)
        assert not set("\x1b\x07\u202e\u009b\ud800") & set(printed)
        assert not any(line.startswith("r-2") for line in printed.splitlines())
    assert json.loads(printed)["id"] == evil


def test_without_a_file_it_says_what_to_type(unghost):
    code, _, sentence = unghost("explain")
    assert (code, "explain message.eml" in sentence) == (UsageError.exit_code, True)


def test_it_streams(tmp_path):
    """The first message is told while the file is still being written."""
    fifo = tmp_path / "rows.jsonl"
    os.mkfifo(fifo)
    command = [sys.executable, "-P", "-m", "pipeline.cli", "explain", "--json", str(fifo)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        with fifo.open("wb", buffering=0) as pipe:
            pipe.write(json.dumps(a_row(id="first")).encode() + b"\n" + b" " * 200_000)
            assert json.loads(running.stdout.readline())["id"] == "first"
            pipe.write(b"\n{")
        assert "error" in running.stdout.readline()
        assert running.wait(30) == InputError.exit_code


# evaluate: the arithmetic


def judged(truth: Label, said: Label, confidence: float = 0.9, *, decided: bool = True, **groups: str) -> Judged:
    kind = {Label.INVITATION: Kind.INTERVIEW, Label.REJECTION: Kind.REJECTION, Label.NONE: Kind.OTHER}[said]
    return Judged("x", "subject", truth, None, a_prediction(kind, confidence, decided=decided), groups)


INV, REJ, NONE = Label
TEN = [
    *[judged(INV, INV)] * 2, judged(INV, NONE),
    *[judged(REJ, REJ)] * 4,
    *[judged(NONE, NONE)] * 2, judged(NONE, INV),
]  # fmt: skip


def test_scores_are_those_of_the_textbook():
    found = summary(TEN)
    assert found["labels"]["invitation"] == {"n": 3, "precision": 0.6667, "recall": 0.6667, "f1": 0.6667}
    assert found["labels"]["rejection"] == {"n": 4, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert (found["n"], found["accuracy"], found["macro_f1"]) == (10, 0.8, 0.7778)


def test_what_would_divide_by_nothing_is_none():
    found = summary([judged(INV, NONE), judged(NONE, NONE, decided=False)])
    assert found["labels"]["invitation"] == {"n": 1, "precision": None, "recall": 0.0, "f1": 0.0}
    assert found["labels"]["rejection"] == {"n": 0, "precision": None, "recall": None, "f1": None}
    assert found["macro_f1"] == pytest.approx((0 + 2 / 3) / 2, abs=1e-4)
    assert (found["decided"], found["decided_accuracy"]) == (0.5, 0.0)
    assert summary([judged(INV, INV, decided=False)])["decided_accuracy"] is None


def test_scores_are_those_of_scikit_learn():
    from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

    draw = np.random.default_rng(1)
    truth, said = draw.integers(0, 3, 300), draw.integers(0, 3, 300)
    precision, recall, f1, macro = scores(confusion_matrix(truth, said))
    expected = precision_recall_fscore_support(truth, said)
    np.testing.assert_allclose([precision, recall, f1], expected[:3])
    assert macro == pytest.approx(f1_score(truth, said, average="macro"))


def test_intervals_are_those_of_resampled_messages():
    """Drawing cells of the confusion is drawing messages; 1,000 draws of each agree."""
    truth = np.repeat([0, 0, 1, 2, 2], [30, 10, 60, 90, 10])
    said = np.repeat([0, 2, 1, 2, 0], [30, 10, 60, 90, 10])
    confusion = np.zeros((3, 3), dtype=int)
    np.add.at(confusion, (truth, said), 1)
    draw = np.random.default_rng(7)
    recalls = []
    for _ in range(1000):
        chosen = draw.integers(0, len(truth), len(truth))
        recalls.append((said[chosen] == 0)[truth[chosen] == 0].mean())
    found = intervals(confusion)
    assert found["labels"]["invitation"]["recall"] == pytest.approx(np.percentile(recalls, [2.5, 97.5]), abs=0.02)
    assert found["labels"]["rejection"]["f1"] == [1.0, 1.0]
    assert found == intervals(confusion)
    assert intervals(np.diag([0, 1, 0]))["labels"]["none"]["recall"] is None


def test_the_curve_falls_in_confidence_and_equals_share_a_point():
    found = curve(np.array([0.6, 0.8, 0.9, 0.8]), np.array([False, True, True, False]))
    assert found == [
        {"threshold": 0.9, "coverage": 0.25, "accuracy": 1.0},
        {"threshold": 0.8, "coverage": 0.75, "accuracy": 0.6667},
        {"threshold": 0.6, "coverage": 1.0, "accuracy": 0.5},
    ]


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    found = curve(np.linspace(0.5, 1, 5000), np.ones(5000, dtype=bool))
    assert len(found) == 101
    assert (found[0]["coverage"], found[-1]["coverage"]) == (0.0002, 1.0)


def test_calibration_error_is_the_gap_between_sure_and_right():
    found = calibration(np.array([0.6, 0.8]), np.array([False, True]))
    assert found["expected_error"] == pytest.approx((0.6 + 0.2) / 2)
    assert [part["n"] for part in found["bins"]] == [1, 1]
    even = calibration(np.full(1500, 0.75), np.tile([True, True, True, False], 375))
    assert [part["n"] for part in even["bins"]] == [100] * 15
    assert even["expected_error"] == pytest.approx(0, abs=1e-9)


def test_mistakes_come_surest_first_and_groups_largest_first():
    ones = [
        judged(INV, NONE, 0.6, lang="de"),
        judged(INV, INV, lang="en", realness="real"),
        judged(REJ, NONE, 0.95, lang="en"),
    ]
    figures = evaluate(ones)
    assert [(row["confidence"], row["label"]) for row in figures["mistakes"]] == [
        (0.95, "rejection"),
        (0.6, "invitation"),
    ]
    assert {name: list(groups) for name, groups in figures["by"].items()} == {
        "lang": ["en", "de"],
        "realness": ["real"],
    }
    assert figures["by"]["lang"]["en"]["accuracy"] == 0.5
    assert figures["confusion"]["invitation"] == {"invitation": 1, "rejection": 0, "none": 1}


def test_a_field_that_tells_all_messages_apart_makes_no_groups():
    assert not evaluate([judged(INV, INV, source=str(n)) for n in range(60)])["by"]


@pytest.mark.parametrize(
    ("fields", "truth"),
    [
        ({"label": "rejection"}, (REJ, Kind.REJECTION)),
        ({"label": "none"}, (NONE, None)),
        ({"label": "none", "kind": "acknowledgement"}, (NONE, Kind.ACKNOWLEDGEMENT)),
        ({"label": "invitation", "kind": "next_round"}, (INV, None)),
        ({"label": "none", "kind": "offer"}, (NONE, None)),
        ({"label": "position_closed"}, (REJ, Kind.POSITION_CLOSED)),
        ({"kind": "offer"}, (INV, Kind.OFFER)),
    ],
)
def test_a_label_may_be_given_by_its_kind(fields, truth):
    label, kind = truth_of(fields)
    assert label is truth[0]
    assert kind is truth[1] or fields == {"label": "rejection"}


# evaluate: the command


@pytest.fixture
def labelled(tmp_path):
    return write_rows(
        tmp_path / "set.jsonl",
        a_row(id=1, label="rejection", lang="en", realness="real"),
        a_row(INVITATION, id=2, label="invitation", kind="interview", lang="en"),
        a_row(RECEIPT, id=3, label="invitation", lang="de"),
    )


def test_labelled_rows_are_measured(evaluated, labelled):
    found = evaluated(labelled)
    assert (found["code"], found["n"], found["accuracy"]) == (0, 3, 0.6667)
    assert found["labels"]["rejection"]["recall"] == 1.0
    assert found["kinds"] == {"n": 1, "accuracy": 1.0}
    assert list(found["by"]["lang"]) == ["en", "de"]
    assert [row["id"] for row in found["mistakes"]] == [3]


def test_folders_and_mboxes_named_for_labels_are_measured(evaluated, tmp_path):
    write_eml(tmp_path / "mail" / "Rejections" / "1.eml")
    write_eml(tmp_path / "mail" / "acknowledgement" / "2026" / "1.eml", RECEIPT)
    write_eml(tmp_path / "md" / ".Jobs.Interview" / "cur" / "1772352000.a", INVITATION)
    (tmp_path / "md" / ".Jobs.Interview" / "new").mkdir()
    write_mbox(tmp_path / "offer.mbox", INVITATION)
    found = evaluated(tmp_path / "mail", tmp_path / "md", tmp_path / "offer.mbox")
    assert (found["code"], found["n"], found["accuracy"]) == (0, 4, 1.0)
    assert found["kinds"]["n"] >= 3


@pytest.mark.parametrize(
    ("given", "source", "word"),
    [
        ("mail", "mail/none/a.eml", "none"),
        ("mail", "mail/rejection/other/a.eml", "other"),
        ("mail/job-alert", "mail/job-alert/a.eml", "job_alert"),
        ("mail", "mail/inbox/a.eml", ""),
        ("offer.mbox", "offer.mbox#3", "offer"),
        ("none/box.mbox", "none/box.mbox#1", "none"),
        ("rejection/offer.eml", "rejection/offer.eml", "rejection"),
    ],
)
def test_the_nearest_folder_names_the_label(tmp_path, given, source, word):
    path = tmp_path / given
    if "." in path.name:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    else:
        path.mkdir(parents=True)
    assert folder_label(path, str(tmp_path / source)) == word


def test_what_cannot_be_used_is_named_and_the_rest_measured(evaluated, tmp_path, labelled):
    write_eml(tmp_path / "mail" / "inbox" / "1.eml")
    more = write_rows(tmp_path / "b.jsonl", a_row(), a_row(label="maybe\x1b"), b"{", a_row(label=3), {"label": "none"})
    found = evaluated(labelled, more, tmp_path / "mail")
    assert (found["code"], found["n"]) == (65, 4)
    assert [problem.partition(": ")[::2] for problem in found["unusable"]] == [
        (f"{more}, line 1", "no label"),
        (f"{more}, line 2", "label 'maybe\\x1b' is none of invitation, rejection, none, nor a kind"),
        (f"{more}, line 3", "no JSON"),
        (f"{more}, line 4", "label '3' is none of invitation, rejection, none, nor a kind"),
        (f"{tmp_path}/mail/inbox/1.eml", "no label"),
    ]
    assert found["problem"].startswith(f"5 could not be used: {more}, line 1: no label")


def test_with_nothing_to_measure_it_says_so(unghost, tmp_path):
    (tmp_path / "a.jsonl").touch()
    assert unghost("evaluate", tmp_path / "a.jsonl") == (
        65,
        "",
        "There is nothing to measure; `unghost evaluate --help` says what can be read.",
    )
    code, _, sentence = unghost("evaluate", write_rows(tmp_path / "b.jsonl", {}))
    assert (code, "line 1: no label" in sentence) == (65, True)


def test_for_people_it_is_tables_and_sentences(unghost, labelled):
    code, printed, _ = unghost("evaluate", labelled)
    assert code == 0
    assert "macro-F1" in printed
    assert "Of 3 messages " in printed
    assert "1 mistake, the surest first:" in printed
    assert "is invitation: 3  We received your application" in printed


def test_evaluating_files_writes_nothing(evaluated, labelled, tmp_path, home):
    before = contents(tmp_path)
    evaluated(labelled)
    assert contents(tmp_path) == before


def test_the_ledger_tells_how_often_the_user_had_to_correct(evaluated, home):
    says = [(Kind.OTHER, Kind.INTERVIEW), (Kind.REJECTION, Kind.POSITION_CLOSED), (Kind.OFFER, None)]
    with open_ledger(home / "ledger.db") as ledger:
        for number, (predicted, corrected) in enumerate(says, start=1):
            raw = RawMessage(b"x", Direction.IN)
            ledger.facts.record(raw, a_message(subject=f"mail {number}"), a_prediction(predicted, 0.9), NOW)
            ledger.facts.record_correction(number, corrected, "test", NOW)
    found = evaluated("--ledger")
    assert (found["n"], found["accuracy"], found["models"]) == (2, 0.5, ["model-1"])
    assert found["kinds"] == {"n": 2, "accuracy": 0.0}
    assert [(row["id"], row["subject"], row["said"]) for row in found["mistakes"]] == [(1, "mail 1", "none")]


def test_without_a_ledger_or_corrections_it_says_so_and_makes_none(unghost, home):
    assert unghost("evaluate", "--ledger")[::2] == (
        65,
        f"There is no ledger at {home}/ledger.db yet; `unghost run` makes one.",
    )
    assert not list(home.iterdir())
    with open_ledger(home / "ledger.db"):
        pass
    assert "corrected nothing" in unghost("evaluate", "--ledger")[2]


def test_files_and_ledger_are_two_questions(unghost, labelled):
    assert unghost("evaluate")[0] == UsageError.exit_code
    assert unghost("evaluate", "--ledger", labelled)[0] == UsageError.exit_code


def test_the_plot_is_a_picture(unghost, labelled, tmp_path):
    code, _, _ = unghost("evaluate", labelled, "--plot", tmp_path / "p.png")
    octets = (tmp_path / "p.png").read_bytes()
    assert (code, octets[:8]) == (0, b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(octets[16:20]) > 1000
    assert unghost("evaluate", labelled, "--plot", tmp_path / "missing" / "p.png")[0] == CannotWriteError.exit_code


def test_a_plot_of_a_single_undecided_mistake_is_painted(tmp_path):
    assert painter()(evaluate([judged(INV, NONE, 0.5, decided=False)]))


def test_without_matplotlib_it_says_what_to_install(unghost, labelled, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, printed, sentence = unghost("evaluate", labelled, "--plot", "p.png")
    assert (code, printed) == (UnavailableError.exit_code, "")
    assert "run `pip install 'unghost[plots]'`, or with pipx `pipx inject unghost 'unghost[plots]'`." in sentence


def test_neither_command_loads_what_it_does_not_need():
    """scikit-learn and matplotlib cost a second."""
    costly = ("sklearn", "matplotlib", "rich", "numpy")
    code = f"import sys, pipeline.cli.judging; print([m for m in {costly} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert importlib.import_module("pipeline.cli.judging").evaluate_command.name == "evaluate"
