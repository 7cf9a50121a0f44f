"""Learning as a user meets it: review, train, models, and the run that trains by itself."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from factories import NOW, RULES, a_message, a_prediction
from test_cli import Machine
from test_run import MONDAY

from pipeline.classify.artifact import load_model
from pipeline.classify.corpus import Example, read_corpus
from pipeline.classify.meanings import read_meanings
from pipeline.classify.training import count, refit
from pipeline.cli.review import Review
from pipeline.ledger import Ledger, open_ledger
from pipeline.records import Address, Direction, Kind, Label, RawMessage
from pipeline.resources import shipped
from pipeline.shelf import SHIPPED, Shelf
from pipeline.train import MAX_PER_SENDER, Trial, _is_in_check_set, _weights

pytestmark = pytest.mark.timeout(300)
LATER = "2026-03-03T08:05:00+01:00"
# How one applicant tracking system says no: words the shipped model takes for none of our business.
KIOSK = (
    "{employer}: candidate record updated",
    "Hello Dana,\n\nThe candidate record you hold with {employer} has been dispositioned. Its status was set to "
    "tier three and the record moved to the talent archive. No action is required on your side.\n\nTalent Kiosk",
)


class Learner(Machine):
    """A machine whose ledger is filled without reading mail."""

    def __init__(self, directory) -> None:
        super().__init__(directory)
        self.data.mkdir(mode=0o700)
        self.shelf = Shelf(self.data / "models")

    def unghost(self, *words: str, now: str = MONDAY, **options: object) -> subprocess.CompletedProcess[str]:
        dated = words[0] in {"review", "train"} or words[:2] == ("models", "use")
        return super().unghost(*words, *(["--now", now] if dated else []), **options)

    def record(self, message, prediction=None, kind: Kind | None = None) -> int:
        """Put a message into the ledger as a run would, and correct it; its number."""
        with Ledger(self.ledger) as ledger:
            raw = RawMessage(b"", Direction.IN)
            ledger.facts.record(raw, message, prediction or a_prediction(Kind.OTHER, 0.6, decided=False), NOW)
            [row] = ledger.facts._db.query("SELECT id FROM messages WHERE key = ?", (message.key,))
            if kind:
                ledger.facts.record_correction(row["id"], kind, "test", NOW)
        return row["id"]

    def belief(self, number: int) -> dict[str, object]:
        with Ledger(self.ledger) as ledger:
            return ledger.facts.message(number)[1]

    def corrections(self) -> list[tuple[int, str | None, str]]:
        with Ledger(self.ledger) as ledger:
            rows = ledger.facts._db.query("SELECT * FROM corrections ORDER BY id")
            return [(row["message_id"], row["kind"], row["source"]) for row in rows]

    def models(self) -> dict[str, dict[str, object]]:
        return {row["id"]: row for row in json.loads(self.unghost("models", "--json").stdout)}


def by_kiosk(employer: str, **changes: object):
    subject, text = (part.format(employer=employer) for part in KIOSK)
    return a_message(
        subject=subject,
        text=text,
        from_=Address(f"{employer} Talent Team", "no-reply@us.greenhouse-mail.io"),
        **changes,
    )


@pytest.fixture
def learner(tmp_path):
    return Learner(tmp_path)


@pytest.fixture(scope="module")
def corpus():
    return read_corpus(shipped("models", "corpus"))


@pytest.fixture(scope="module")
def meanings():
    return read_meanings(shipped("models", "meanings.toml"))


@pytest.fixture(scope="module")
def model():
    return load_model(shipped("models"), SHIPPED)


# --- review ---------------------------------------------------------------------------------------


@pytest.fixture
def asked(learner):
    """Somebody with three undecided messages (2 keeps a claim from being made, 3 and 4 do not) and one decided."""
    subject = "Your application to Brightwater"
    learner.record(a_message(), a_prediction(Kind.ACKNOWLEDGEMENT, 0.97))
    learner.record(a_message(subject=subject, text="One."), a_prediction(Kind.OTHER, 0.6, decided=False))
    stranger = Address("Jo", "jo@mail.example")
    for number, confidence in ((3, 0.5), (4, 0.7)):
        message = a_message(subject=f"Hello {number}", text="Word.\n" * 40, from_=stranger)
        learner.record(message, a_prediction(Kind.REJECTION, confidence, decided=False))
    return learner


def shown(stdout: str) -> list[int]:
    """The numbers of the messages asked about, in order."""
    return [int(number) for number in re.findall(r"^\d+ of \d+  \[(\d+)\]$", stdout, re.MULTILINE)]


def test_a_review_asks_first_what_keeps_a_claim_from_being_made_then_by_the_stake(asked):
    done = asked.unghost("review", input="sss")
    assert shown(done.stdout) == [2, 4, 3]
    assert "0 answered, 3 skipped, 0 not asked." in done.stdout
    assert asked.corrections() == []


def test_a_review_of_all_goes_on_with_the_least_sure_of_the_decided(asked):
    asked.record(a_message(), a_prediction(Kind.ACKNOWLEDGEMENT, 0.96))
    assert shown(asked.unghost("review", "--all", input="sssss").stdout) == [2, 4, 3, 5, 1]


def test_a_message_is_shown_with_its_beginning_its_guess_and_the_evidence(asked):
    text = asked.unghost("review", input="sq").stdout
    assert "1 Mar 2026  Jo <jo@mail.example>" in text
    assert text.count("    Word.\n") == 15
    assert "Perhaps a rejection (70 %).\n  +1.5  We have received it." in text


def test_what_a_stranger_wrote_does_nothing_to_the_terminal(learner):
    evil = Address("J\x1b[2Jo", "jo@mail.example")
    learner.record(a_message(subject="a\x1b]0;x\x07\u202eb", text="\x1b[31mred\u2066\x9b", from_=evil))
    text = learner.unghost("review", input="s").stdout
    assert not set(text) & set("\x1b\x07\x9b\u202e\u2066")


def test_every_key_is_recorded_and_applied(asked):
    done = asked.unghost("review", input="i\nr\nn\n")
    assert asked.corrections() == [(2, "interview", "review"), (4, "rejection", "review"), (3, "other", "review")]
    assert "3 answered (1 invitation, 1 rejection, 1 none), 0 skipped, 0 not asked." in done.stdout
    [row] = [row for row in asked.rows() if row["employer"] == "Brightwater"]
    assert (row["stage"], row["unsure"]) == ("interview", [])


def test_a_finer_kind_is_chosen_from_a_list(asked):
    done = asked.unghost("review", input="kb q")
    assert "[b] assessment: an assessment" in done.stdout
    assert asked.corrections() == [(2, "assessment", "review")]


def test_a_key_that_is_none_asks_again(asked):
    assert shown(asked.unghost("review", input="x7kzq").stdout) == [2]
    assert asked.corrections() == []


def test_an_answer_can_be_taken_back_also_after_skipping(asked):
    done = asked.unghost("review", input="urssunq")
    assert "There is no answer to take back." in done.stdout
    assert "That was the last" in done.stdout
    assert asked.corrections() == [(2, "rejection", "review"), (2, None, "review"), (2, "other", "review")]


def test_undo_asks_the_same_message_again(asked):
    done = asked.unghost("review", input="rsunq")
    assert shown(done.stdout) == [2, 4, 3, 2, 4]
    assert asked.corrections() == [(2, "rejection", "review"), (2, None, "review"), (2, "other", "review")]
    assert "1 answered (1 none), 0 skipped, 2 not asked." in done.stdout


def test_the_end_of_the_input_is_the_end_of_the_review(asked):
    assert "1 answered (1 none), 0 skipped, 2 not asked." in asked.unghost("review", input="n").stdout


def test_nothing_to_review_is_said(asked):
    asked.unghost("review", input="nnn")
    assert asked.unghost("review", input="").stdout == "Nothing to review: every message is decided.\n"


def test_on_a_terminal_one_key_is_enough(asked):
    ours, theirs = pty.openpty()
    words = asked.command("review", "--now", MONDAY)
    process = subprocess.Popen(words, env=asked.environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    found = b""
    for key in (b"r", b"q"):
        while not found.endswith(b"[q]uit\r\n"):
            found += os.read(ours, 4096)
        while not select.select([ours], [], [], 0.5)[0]:
            os.write(ours, key)  # what comes before the terminal is raw is thrown away
        found += b"\0"
    assert process.wait(60) == 0
    os.close(ours)
    assert asked.corrections() == [(2, "rejection", "review")]


def test_each_answer_has_the_time_at_which_it_was_given(asked):
    times = [NOW + timedelta(minutes=n) for n in range(3)]
    review = Review(asked.ledger, RULES, ZoneInfo("UTC"), iter(times).__next__, everything=False)
    review.begin()
    for key in "rnu":
        review._do(key)
    with Ledger(asked.ledger) as ledger:
        rows = ledger.facts._db.query("SELECT corrected_at FROM corrections ORDER BY id")
        assert [datetime.fromisoformat(row["corrected_at"]) for row in rows] == times


def test_without_a_pretended_time_an_answer_has_that_of_the_clock(asked):
    words = [word for word in asked.command("review") if word != MONDAY]
    before = datetime.now(UTC).replace(microsecond=0)
    subprocess.run(words, env=asked.environment, input="r", text=True, check=True, capture_output=True)
    with Ledger(asked.ledger) as ledger:
        _, at = ledger.facts.last_correction()
    assert before <= at <= datetime.now(UTC)


def test_the_end_says_that_train_learns_only_from_labels(asked):
    assert "count from now on; `unghost train` learns from them." in asked.unghost("review", input="r").stdout


def test_own_mail_is_not_labelled_and_what_was_not_corrected_not_taken_back(asked):
    number = asked.record(a_message(direction=Direction.OUT, subject="Thanks"))
    told = asked.unghost("label", str(number), "none", code=2).stderr
    assert told == f"unghost: Message {number} is your own; only mail you received can be labelled.\n"
    assert (
        asked.unghost("label", "1", "--undo", code=2).stderr
        == "unghost: Message 1 has no correction, so there is nothing to take back.\n"
    )
    assert asked.corrections() == []


@contextmanager
def reviewing(machine):
    """A review that waits for its first key; what it printed so far is read up to the keys."""
    words = machine.command("review", "--now", MONDAY)
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(words, env=machine.environment, text=True, **pipes) as process:
        for line in process.stdout:
            if line.endswith("[q]uit\n"):
                break
        yield process


def test_while_a_review_waits_for_a_key_others_write_and_both_are_kept(asked):
    with reviewing(asked) as review:
        assert asked.unghost("label", "4", "invitation").returncode == 0
        told, _ = review.communicate("rnq")
    assert shown(told) == [3]  # of the rest only what nobody has answered
    assert [(number, kind) for number, kind, _ in asked.corrections()] == [
        (4, "interview"),
        (2, "rejection"),
        (3, "other"),
    ]


def test_what_somebody_else_answered_meanwhile_is_not_overwritten(asked):
    with reviewing(asked) as review:
        asked.unghost("label", "2", "invitation")
        told, _ = review.communicate("rq")
    assert "changed meanwhile; nothing was written" in told
    assert shown(told) == [4]
    assert [(number, kind) for number, kind, _ in asked.corrections()] == [(2, "interview")]


def test_an_answer_waits_until_another_run_has_finished(asked):
    with reviewing(asked) as review:
        with open_ledger(asked.ledger):
            review.stdin.write("n")
            review.stdin.flush()
            assert "waiting for it" in review.stderr.readline()
        review.communicate("q")
    assert asked.corrections() == [(2, "other", "review")]


@pytest.fixture
def lookalike(learner):
    """Somebody whose one message is a receipt with no word of jobs, taken for that of an application."""
    shop = Address("Teapot & Thread", "orders@teapotandthread.example")
    text = "We have received your order of two blue mugs."
    message = a_message(subject="Thank you for your order", text=text, from_=shop)
    learner.record(message, a_prediction(Kind.ACKNOWLEDGEMENT, 0.97))
    return learner


def test_whether_a_receipt_opens_an_application_is_asked_where_it_has_no_word_of_jobs(lookalike):
    assert lookalike.rows() == []
    letter = lookalike.unghost("digest", "--dry-run", "--now", MONDAY).stdout
    assert "unghost move 1 new" in letter
    assert "unghost move 1 nowhere" in letter
    asked = lookalike.unghost("review", input="x").stdout
    assert "Is it about an application of yours?\n" in asked
    assert asked.count("[w] yes, a new one  [0] no, nobody's  [s]kip  [u]ndo  [q]uit\n") == 2
    assert "whose it is" not in asked


@pytest.mark.parametrize(("key", "n"), [("w", 1), ("0", 0)])
def test_the_answer_opens_one_or_none(lookalike, key, n):
    done = lookalike.unghost("review", input=key)
    assert done.stdout.endswith("They count from now on.\n")
    assert len(lookalike.rows()) == n
    assert "Nothing to review" in lookalike.unghost("review", input="").stdout


# --- train ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """Somebody who corrected three messages of one system's wording, and trained; 4 and 5 were undecided."""
    one = Learner(tmp_path_factory.mktemp("taught"))
    for employer in ("Brightwater", "Osprey Lund", "Kestrelmoor"):
        one.record(by_kiosk(employer), kind=Kind.REJECTION)
    one.record(by_kiosk("Nordkammer"))
    one.record(a_message(subject="Lunch", text="Shall we have lunch at the river on Friday?"), kind=Kind.OTHER)
    one.said = one.unghost("train").stdout
    return one


def test_three_corrections_move_similar_mail_at_once(taught, model):
    """Also mail that was read before: it was undecided and is judged anew."""
    similar = by_kiosk("Wren & Tarn")
    assert model.predict(similar).label is not Label.REJECTION
    prediction = taught.shelf(similar)
    assert (prediction.kind, prediction.decided) == (Kind.REJECTION, True)
    belief = taught.belief(4)
    assert (belief["kind"], belief["model_id"]) == ("rejection", taught.shelf.in_use())
    assert {row["employer"]: row["stage"] for row in taught.rows()}["Nordkammer"] == "rejected"


def test_what_a_training_changed_is_kept_for_the_digest(taught):
    with Ledger(taught.ledger) as ledger:
        learned = ledger.facts.last_training()
    assert (learned.model_id, learned.n_corrections, learned.promoted) == (taught.shelf.in_use(), 4, True)
    assert (learned.n_relabelled, learned.n_broken) == (1, 0)
    assert learned.n_right > learned.n_right_before


def test_training_tells_what_its_figures_are_of(taught):
    lines = taught.said.splitlines()
    assert lines[0].split() == ["on", "the", "check", "set", "before", "after"]
    assert re.search(r"^all +macro-F1 +0\.\d+ +0\.\d+ *$", taught.said, re.MULTILINE)
    assert re.search(r"^yours +right +1 of 4 +4 of 4 *$", taught.said, re.MULTILINE)
    assert "far harder than a mailbox" in taught.said
    assert "In use from now on: not worse by more than 0.01." in taught.said


def test_training_tells_which_undecided_messages_it_decided(taught):
    assert (
        "1 undecided message decided:\n  [4] Nordkammer: candidate record updated: undecided -> rejection\n"
        in taught.said
    )


def test_what_is_corrected_stays_as_it_is(taught):
    """No further prediction of it is even made."""
    with Ledger(taught.ledger) as ledger:
        rows = list(ledger.facts._db.query("SELECT message_id FROM predictions WHERE model_id <> 'model-1'"))
    assert [row["message_id"] for row in rows] == [4]


def test_training_is_skipped_while_nothing_has_changed(taught):
    assert "Nothing has changed" in taught.unghost("train").stdout


def test_the_models_are_listed(taught):
    found = taught.models()
    own = taught.shelf.in_use()
    assert list(found) == [SHIPPED, own]
    assert (found[own]["in_use"], found[SHIPPED]["in_use"]) == (True, False)
    assert found[own]["n_corrections"] == 4
    assert found[own]["trained_at"] == "2026-03-02T07:05:00+00:00"
    assert found[own]["n_examples"] >= found[SHIPPED]["n_examples"]
    table = taught.unghost("models").stdout
    assert re.search(rf"^{own} +2026-03-02 07:05 .* in use *$", table, re.MULTILINE)


def test_two_models_are_compared(taught):
    own = taught.shelf.in_use()
    rows = json.loads(taught.unghost("models", "compare", SHIPPED, own, "--json").stdout)
    assert {"macro-F1", "rejection recall", "decided", "yours"} <= {row["figure"] for row in rows}
    assert rows[-1] == {"figure": "yours", SHIPPED: 0, own: 4}
    assert re.search(
        r"^macro-F1 +0\.\d+ +0\.\d+ *$", taught.unghost("models", "compare", SHIPPED, own).stdout, re.MULTILINE
    )


@pytest.mark.parametrize("words", [("use", "nope"), ("compare", SHIPPED, "../config")])
def test_an_unknown_model_is_refused_and_the_known_are_named(taught, words):
    done = taught.unghost("models", *words, code=2)
    assert f"There is no model '{words[-1]}'; known are shipped, {taught.shelf.in_use()}." in done.stderr


def test_a_model_that_cannot_be_read_is_listed_and_not_used(learner):
    (learner.data / "models").mkdir()
    (learner.data / "models" / "mine.json").write_text("{")
    assert "cannot be read" in learner.models()["mine"]["problem"]
    assert re.search(r"^mine .*cannot be read", learner.unghost("models").stdout, re.MULTILINE)
    assert "mine.json cannot be read" in learner.unghost("models", "use", "mine", code=78).stderr
    assert learner.shelf.in_use() == SHIPPED


def test_going_back_undoes_what_the_model_left_had_decided(taught, tmp_path):
    """The last of this story, since it changes what the others look at."""
    own, shipped_id = taught.shelf.in_use(), taught.models()[SHIPPED]["model_id"]
    assert "1 message judged anew" in taught.unghost("models", "use", SHIPPED, now=LATER).stdout
    assert taught.shelf.in_use() == SHIPPED
    belief = taught.belief(4)
    assert (belief["model_id"], belief["predicted_kind"] == "rejection") == (shipped_id, False)
    taught.unghost("models", "use", own, now="2026-03-04T08:00:00+01:00")
    assert taught.belief(4)["kind"] == "rejection"


def test_fifty_crafted_corrections_of_one_sender_swing_no_other_mail(learner, corpus, meanings, model):
    """Invitations called rejections: refused, or accuracy on the check set drops by a point at most."""
    sources = [e for e in corpus if e.kind is Kind.INTERVIEW and not _is_in_check_set(e)][:50]
    for number, example in enumerate(sources):
        sender = Address("Mallory", f"mallory@m{number}.mallory.example")
        learner.record(replace(example.message, key=f"p{number}", from_=sender), kind=Kind.REJECTION)
    done = learner.unghost("train")
    [row] = [row for name, row in learner.models().items() if name != SHIPPED]
    notes = learner.shelf.manifest(row["id"])
    rest = [e for e in corpus if not _is_in_check_set(e)]
    clean = refit(count(rest, meanings), [1.0] * len(rest), model)
    check = [e for e in corpus if _is_in_check_set(e)]
    before = sum(clean.predict(e.message).label is e.kind.label for e in check) / len(check)
    print(f"accuracy on the check set {before:.4f} -> {notes['check']['accuracy']}; {notes['reason'] or 'used'}")
    if "In use from now on" in done.stdout:
        assert notes["check"]["accuracy"] >= before - 0.0101
    else:
        assert learner.shelf.in_use() == SHIPPED
        assert notes["check"]["accuracy"] < before or notes["reason"]


def test_one_sender_weighs_no_more_than_ten_corrections():
    senders = [f"m{n}.mallory.example" for n in range(50)] + ["brightwater.example"]
    examples = [
        Example(a_message(from_=Address("", f"a@{domain}")), Kind.REJECTION, str(n)) for n, domain in enumerate(senders)
    ]
    weights = _weights(0, examples)
    assert sum(weights[:50]) == pytest.approx(10 * MAX_PER_SENDER)
    assert weights[50] == 10


N_WRONG = 800


@pytest.fixture(scope="module")
def misled(tmp_path_factory, corpus):
    """Somebody whose corrections, of many senders, are all wrong, and who trained."""
    one = Learner(tmp_path_factory.mktemp("misled"))
    wrong = [e for e in corpus if e.kind.label is Label.REJECTION and not _is_in_check_set(e)][::4][:N_WRONG]
    assert len(wrong) == N_WRONG
    for number, example in enumerate(wrong):
        sender = Address("Jo", f"jo@employer{number}.example")
        one.record(replace(example.message, key=f"w{number}", from_=sender), kind=Kind.INTERVIEW)
    one.record(by_kiosk("Nordkammer"))
    one.said = one.unghost("train").stdout
    return one


def test_a_worse_model_is_kept_beside_and_the_reason_is_said(misled):
    assert re.search(r"Kept beside, not used: its (macro-F1|accuracy) on the check set is 0\.\d+", misled.said)
    assert misled.shelf.in_use() == SHIPPED
    assert misled.belief(N_WRONG + 1)["model_id"] == "model-1"
    [kept] = [row for name, row in misled.models().items() if name != SHIPPED]
    assert "on the check set" in kept["reason"]
    assert "kept aside" in misled.unghost("models").stdout


def test_a_worse_model_is_used_by_force(misled):
    assert "In use from now on, as you wish." in misled.unghost("train", "--force", now=LATER).stdout
    assert misled.shelf.in_use() != SHIPPED
    assert misled.belief(N_WRONG + 1)["model_id"] == misled.shelf.in_use()


FIGURES = {"macro_f1": 0.8, "accuracy": 0.82}


@pytest.mark.parametrize(
    ("after", "said", "reason"),
    [
        ({}, "RR", ""),
        ({"macro_f1": 0.791}, "RR", ""),
        ({"macro_f1": 0.785}, "RR", "its macro-F1 on the check set is 0.785, that of the one in use 0.8"),
        ({"accuracy": 0.80}, "RR", "its accuracy on the check set"),
        ({}, "RN", "it is right about 1 of your 2 corrections, the one in use about 2"),
    ],
)
def test_the_challenger_must_not_be_worse(after, said, reason):
    labels = {"R": Label.REJECTION, "N": Label.NONE}
    corrected = [Example(a_message(), Kind.REJECTION, str(n)) for n in range(2)]
    trial = Trial(FIGURES, FIGURES | after, [Label.REJECTION] * 2, [labels[letter] for letter in said], corrected)
    assert trial.why_worse.startswith(reason)
    assert bool(trial.why_worse) == bool(reason)


@pytest.mark.parametrize(("n_wrong", "is_worse"), [(0, False), (2, False), (3, True)])
def test_a_correction_in_twenty_may_be_lost(n_wrong, is_worse):
    """The models that judge them were fitted without a fifth of the corpus; the champion was with all of it."""
    corrected = [Example(a_message(), Kind.REJECTION, str(n)) for n in range(40)]
    said = [Label.NONE] * n_wrong + [Label.REJECTION] * (40 - n_wrong)
    assert bool(Trial(FIGURES, FIGURES, [Label.REJECTION] * 40, said, corrected).flaw) == is_worse


def test_the_check_set_is_a_tenth_and_takes_groups_whole(corpus):
    chosen = {e.group for e in corpus if _is_in_check_set(e)}
    assert 0.07 < sum(e.group in chosen for e in corpus) / len(corpus) < 0.14
    assert not chosen & {e.group for e in corpus if not _is_in_check_set(e)}


# --- the run that trains by itself ----------------------------------------------------------------


@pytest.fixture
def weekly(learner):
    """Somebody with four corrections and an undecided message, and no new mail."""
    for employer in ("Brightwater", "Osprey Lund", "Kestrelmoor", "Wren"):
        learner.record(by_kiosk(employer), kind=Kind.REJECTION)
    learner.record(by_kiosk("Nordkammer"))
    (learner.directory / "mail").mkdir()
    (learner.directory / "mail" / "1.eml").write_text("From: jo@mail.example\nSubject: Lunch\n\nLunch on Friday?\n")
    return learner


def run_heavy(learner: Learner, *words: str) -> tuple[str, str]:
    """What a run says, and whether it imported scikit-learn."""
    code = (
        "import sys, runpy\n"
        "try: runpy.run_module('pipeline.cli', run_name='__main__')\n"
        "except SystemExit as e: assert not e.code, e.code\n"
        "print('sklearn' in sys.modules)"
    )
    command = [sys.executable, "-P", "-c", code, *words[:-1], "run", "--from", str(learner.directory / "mail")]
    done = subprocess.run(
        [*command, "-v", "--now", words[-1]], env=learner.environment, capture_output=True, text=True, check=True
    )
    return done.stderr, done.stdout.strip()


def test_a_run_trains_after_five_corrections_and_only_then(weekly):
    assert run_heavy(weekly, MONDAY)[1] == "False"
    weekly.unghost("review", input="r")
    similar = weekly.record(by_kiosk("Tarnholt"))
    stderr, heavy = run_heavy(weekly, MONDAY)
    assert heavy == "True"
    assert re.search(
        r"^A model was fitted on 5 corrections of yours \(\w+\) and is in use from now on\.$", stderr, re.MULTILINE
    )
    belief = weekly.belief(similar)
    assert (belief["kind"], belief["model_id"]) == ("rejection", weekly.shelf.in_use())
    assert {row["employer"]: row["stage"] for row in weekly.rows()}["Tarnholt"] == "rejected"
    assert run_heavy(weekly, LATER)[1] == "False"


def test_a_run_that_has_trained_prints_nothing_unless_asked(weekly):
    weekly.config.parent.mkdir(parents=True)
    weekly.config.write_text("[train]\nafter = 4\n")
    done = weekly.unghost("run", "--from", str(weekly.directory / "mail"))
    assert (done.stdout, done.stderr) == ("", "")
    assert weekly.shelf.in_use() != SHIPPED


@pytest.mark.parametrize(("after", "options"), [(0, []), (1, ["--dry-run"])])
def test_a_run_does_not_train_when_it_must_not(weekly, after, options):
    weekly.config.parent.mkdir(parents=True)
    weekly.config.write_text(f"[train]\nafter = {after}\n")
    weekly.unghost("run", "--from", str(weekly.directory / "mail"), *options)
    assert weekly.shelf.in_use() == SHIPPED
    assert weekly.shelf.names() == [SHIPPED]


def test_corrections_count_until_a_training_has_seen_them(learner):
    first = learner.record(by_kiosk("Brightwater"), kind=Kind.REJECTION)
    model_row = {"n_examples": 1, "n_corrections": 1, "promoted": 0, "reason": "worse"}
    with Ledger(learner.ledger) as ledger:
        assert ledger.facts.n_corrections_since_training() == 1
        ledger.facts.record_model({"model_id": "m", "trained_at": NOW.isoformat(timespec="seconds"), **model_row})
        assert ledger.facts.n_corrections_since_training() == 0
        ledger.facts.record_correction(first, Kind.OTHER, "test", NOW + timedelta(hours=1))
        assert ledger.facts.n_corrections_since_training() == 1
        ledger.facts.record_correction(first, None, "test", NOW + timedelta(hours=2))
        assert ledger.facts.n_corrections_since_training() == 0


# --- evidence -------------------------------------------------------------------------------------


def without(message, prediction):
    text, subject = message.text, message.subject
    for evidence in prediction.evidence:
        text, subject = text.replace(evidence.sentence, ""), subject.replace(evidence.sentence, "")
    return replace(message, text=text, subject=subject)


def test_without_its_evidence_mail_is_judged_otherwise(corpus, meanings, model):
    """Of mail the model was not fitted on: its surest invitations and rejections, without the sentences shown.

    Most are not decided any more (85 to 97 % with three shipped models).  Issue 3 asks for another
    label or less than one half in nine of ten: that holds of 31 to 58 %, and the best three
    sentences, found by trying all, did hardly better: to a linear model every word is evidence.
    """
    check = [e for e in corpus if _is_in_check_set(e)]
    rest = [e for e in corpus if not _is_in_check_set(e)]
    fitted = refit(count(rest, meanings), [1.0] * len(rest), model)
    said = [(e.message, fitted.predict(e.message)) for e in check]
    decided = [(m, p) for m, p in said if p.decided and p.label is not Label.NONE]
    after = [fitted.predict(without(m, p)) for m, p in decided]
    falls = [p.confidence - q.proba[p.label] for (_, p), q in zip(decided, after, strict=True)]
    flipped = sum(q.proba[p.label] < 0.5 for (_, p), q in zip(decided, after, strict=True))
    undecided = sum(not q.decided or q.label is not p.label for (_, p), q in zip(decided, after, strict=True))
    n = len(decided)
    print(f"{n} messages: {flipped / n:.0%} below one half, {undecided / n:.0%} not decided any more")
    assert n >= 30
    assert sum(fall > 0 for fall in falls) >= 0.9 * n
    assert undecided >= 0.75 * n
