"""Drafts asked for by mail: made once, whatever is in the way, told, and taken back."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace

import pytest
from factories import ENGLISH, GERMAN, NOW
from faultproxy import fault_proxy
from test_digest import waiting
from test_filing import drafts, make
from test_replies_run import NEXT_MONDAY, THIRD_MONDAY, TUESDAY, WEDNESDAY, answer_to, letter, set_up, text_of
from test_run import ACKNOWLEDGED, REJECTED, Person

from pipeline.digest.replied import answers, keys_of, untold
from pipeline.draft.kinds import Unfit
from pipeline.errors import ConfigError, NetworkError
from pipeline.ledger import Ledger
from pipeline.records import Outcome, Replied, Told, Verb, Wish, Wished

ANNA = "Anna Becker <anna.becker@brightwater.example>"


@pytest.fixture
def person(tmp_path, mailbox_user, smtp_sink):
    """Somebody who waits for a person at Brightwater and for a system at Osprey Lund."""
    one = Person(tmp_path, mailbox_user(), smtp_sink)
    one.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100", from_=ANNA)
    one.receive(ACKNOWLEDGED, "Osprey Lund", "Tue, 03 Feb 2026 10:00:00 +0100")
    make(one.user, "Drafts")
    one.unghost("run")
    return one


def ask(person, lines, at=TUESDAY):
    person.user.deliver(answer_to(letter(person), lines, at=at))


def told(person, now):
    """What the digest of ``now`` says, without its line ends."""
    person.unghost("run", now=now)
    return " ".join(text_of(letter(person)).split())


def lying(person, mailbox="Drafts"):
    return [mail for _, mail in drafts(person.user, mailbox)]


def test_a_draft_asked_for_lies_among_the_drafts_and_the_next_digest_says_where_and_to_whom(person):
    flags = person.user.flags()
    ask(person, "1 draft")
    done = person.unghost("run", now=TUESDAY)
    assert (done.stdout, done.stderr) == ("", "")
    [draft] = lying(person)
    assert draft["To"] == ANNA
    assert draft["Subject"] == "Re: Thank you for applying to Brightwater"
    assert flags.items() <= person.user.flags().items()
    person.unghost("run", now=WEDNESDAY)
    expected = (
        "- The draft for 1 (Brightwater, Data Analyst) lies in Drafts, addressed to anna.becker@brightwater.example."
    )
    assert expected in told(person, NEXT_MONDAY)
    assert "The draft for" not in told(person, THIRD_MONDAY)
    assert len(lying(person)) == 1


def test_without_an_address_it_is_told_where_to_write_in_the_digest_s_language(person):
    person.configure(digest={"language": "de"})
    ask(person, "2 Entwurf")
    person.unghost("run", now=TUESDAY)
    [draft] = lying(person)
    assert draft["To"] is None
    said = told(person, NEXT_MONDAY)
    assert "- Der Entwurf für 2 (Osprey Lund, Data Analyst) liegt in Drafts, noch ohne Empfänger" in said
    assert "Such die Person, die bei Osprey Lund einstellt, auf LinkedIn" in said


def test_where_there_is_nothing_to_draft_the_reason_is_told(person):
    ask(person, "2 close\n2 draft\n9 draft")
    person.unghost("run", now=TUESDAY)
    assert lying(person) == []
    said = told(person, NEXT_MONDAY)
    assert "- There is no letter to draft for 2 (Osprey Lund, Data Analyst): it is closed." in said
    assert "- 9 draft: there is no such application." in said


def test_a_confirmation_tells_of_the_draft_at_once(person):
    set_up(person, "digest", confirm="true")
    ask(person, "1 draft")
    person.unghost("run", now=TUESDAY)
    assert letter(person)["Subject"] == "Your reply: 1 of 1 done"
    assert "lies in Drafts, addressed to anna.becker@brightwater.example." in " ".join(text_of(letter(person)).split())
    assert "The draft for" not in told(person, NEXT_MONDAY)


def test_a_draft_that_cannot_be_put_there_is_tried_again_and_told_twice(person):
    """First that it could not be, then that it lies there; the rest of the answer once."""
    person.configure(drafts="Nowhere")
    ask(person, "1 draft\n2 close")
    assert "mailbox 'Nowhere' does not exist" in person.unghost("run", now=TUESDAY, code=78).stderr
    person.unghost("run", now=NEXT_MONDAY, code=78)
    said = " ".join(text_of(letter(person)).split())
    assert "- The draft for 1 (Brightwater, Data Analyst) could not be put among your drafts yet" in said
    assert "- 2 (Osprey Lund) is closed, by your wish." in said
    person.configure(drafts="Drafts")
    said = told(person, THIRD_MONDAY)
    assert "- The draft for 1 (Brightwater, Data Analyst) lies in Drafts" in said
    assert "Osprey Lund) is closed" not in said
    assert len(lying(person)) == 1


def test_a_later_try_writes_what_is_so_then(person):
    """Between the two one of them has said no, and the other was let go."""
    person.configure(drafts="Nowhere")
    ask(person, "1 draft\n2 draft")
    person.unghost("run", now=TUESDAY, code=78)
    person.receive(REJECTED, "Osprey Lund", "Tue, 03 Mar 2026 12:00:00 +0100")
    person.unghost("close", "1", "--now", TUESDAY)
    person.configure()
    person.unghost("run", now=WEDNESDAY)
    [draft] = lying(person)
    assert draft["Date"] == "Wed, 04 Mar 2026 09:00:00 +0100"
    assert "Thank you for your message of 3 March" in draft.get_content()
    said = told(person, NEXT_MONDAY)
    assert "- There is no letter to draft for 1 (Brightwater, Data Analyst): it is closed." in said
    with Ledger(person.ledger) as ledger:
        assert [(wish.state, wish.letter) for wish in ledger.wishes.all().values()] == [
            (Wished.NOTHING, b""),
            (Wished.MADE, b""),
        ]


def test_a_letter_of_which_nobody_knew_whether_it_was_kept_is_found_though_another_would_be_written_now(person):
    ask(person, "1 draft")
    with through_proxy(person, "c2sdrop:regards,\r\nDana Whitlock\r\n\r\n"):
        person.unghost("run", now=TUESDAY, code=NetworkError.exit_code)
    person.receive(REJECTED, "Brightwater", "Tue, 03 Mar 2026 12:00:00 +0100")
    person.configure(drafts="Nowhere")
    person.unghost("run", now=WEDNESDAY, code=78)
    person.configure()
    said = told(person, NEXT_MONDAY)
    [draft] = lying(person)
    assert draft["Date"] == "Tue, 03 Mar 2026 09:00:00 +0100"
    assert "- The draft for 1 (Brightwater, Data Analyst) lies in Drafts" in said


def test_a_connection_lost_over_the_letter_makes_no_second(person):
    """The server keeps it, and we never hear so."""
    ask(person, "1 draft")
    with through_proxy(person, "c2sdrop:regards,\r\nDana Whitlock\r\n\r\n") as proxy:
        assert "localhost" in person.unghost("run", now=TUESDAY, code=NetworkError.exit_code).stderr
        assert (proxy.connections, "c2sdrop") in proxy.fired
    assert len(lying(person)) == 1
    person.configure()
    person.unghost("run", now=WEDNESDAY)
    assert len(lying(person)) == 1
    assert "lies in Drafts" in told(person, NEXT_MONDAY)


def test_a_run_killed_over_the_letter_makes_no_second(person):
    """The server keeps it, and before its answer is heard the run is gone."""
    ask(person, "1 draft")
    with through_proxy(person, "stallon:APPENDUID:0") as proxy:
        command = person.command("run", "--now", TUESDAY)
        process = subprocess.Popen(command, env=person.environment(), start_new_session=True)
        limit = time.monotonic() + 60
        while not proxy.fired and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert proxy.fired
    assert len(lying(person)) == 1
    person.configure()
    person.unghost("run", now=WEDNESDAY)
    assert len(lying(person)) == 1
    assert "lies in Drafts" in told(person, NEXT_MONDAY)


def through_proxy(person, *faults):
    """A proxy that is between the person and the server, from now on."""
    pair = person.user.dovecot.certificates.pair()
    proxy = fault_proxy(person.user.dovecot.port, *faults, tls=pair)
    return _Configured(person, proxy)


class _Configured:
    def __init__(self, person, proxy):
        self.person, self.proxy = person, proxy

    def __enter__(self):
        entered = self.proxy.__enter__()
        self.person.configure(port=entered.port)
        return entered

    def __exit__(self, *exc):
        self.proxy.__exit__(*exc)


def test_taken_back_before_it_was_made_it_is_not_made(person):
    ask(person, "1 draft\nundo")
    person.unghost("run", now=TUESDAY)
    assert lying(person) == []
    said = told(person, NEXT_MONDAY)
    assert "- No draft was made for 1 (Brightwater, Data Analyst), since you took it back before." in said
    assert "- Taken back: 1 draft." in said


def test_taken_back_afterwards_it_stays_and_that_is_told(person):
    ask(person, "1 draft")
    person.unghost("run", now=TUESDAY)
    ask(person, "undo", at=WEDNESDAY)
    person.unghost("run", now=WEDNESDAY)
    assert len(lying(person)) == 1
    expected = "- undo 1 draft: done, but the letter that was made stays among your drafts"
    assert expected in told(person, NEXT_MONDAY)
    with Ledger(person.ledger) as ledger:
        assert ledger.statements.in_force() == []


def test_the_command_that_takes_it_back_says_that_it_stays(person):
    ask(person, "1 draft")
    person.unghost("run", now=TUESDAY)
    done = person.unghost("undo")
    assert done.stdout.startswith("Taken back: you said that 1 (")
    assert done.stdout.endswith(") is to have a draft. The letter stays among your drafts.\n")


def test_a_dry_run_makes_no_draft_and_says_it_is_to_come(person):
    ask(person, "1 draft")
    shown = " ".join(person.unghost("run", "--dry-run", now=TUESDAY).stdout.split())
    assert "could not be put among your drafts yet" in shown
    assert lying(person) == []


def test_wordings_that_cannot_be_used_fail_the_draft_and_nothing_else(person):
    person.config.with_name("drafts.toml").write_text('unattended = "("\n')
    ask(person, "1 draft\n2 close")
    assert "drafts.toml" in person.unghost("run", now=TUESDAY, code=ConfigError.exit_code).stderr
    assert {a["number"]: a["stage"] for a in person.applications(TUESDAY)}[2] == "withdrawn"
    person.config.with_name("drafts.toml").unlink()
    person.unghost("run", now=WEDNESDAY)
    assert len(lying(person)) == 1


def test_a_wish_follows_its_application_into_another(person):
    """Asked for of one that was merged before the draft could be made."""
    person.configure(drafts="Nowhere")
    ask(person, "2 draft")
    person.unghost("run", now=TUESDAY, code=78)
    person.unghost("merge", "1", "2")
    person.configure()
    person.unghost("run", now=WEDNESDAY)
    [draft] = lying(person)
    assert draft["To"] == ANNA


def test_a_ledger_of_before_has_its_wishes_left_alone(tmp_path):
    """What was asked for when nothing came of it is not made months later."""
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.statements.record(Verb.DRAFT, NOW, about=["key"])
        assert ledger.wishes.open() == []


def test_the_letter_is_not_kept_once_it_lies_among_the_drafts(person):
    ask(person, "1 draft")
    person.unghost("run", now=TUESDAY)
    with Ledger(person.ledger) as ledger:
        [wish] = ledger.wishes.all().values()
    assert (wish.state, wish.letter, wish.mailbox) == (Wished.MADE, b"", "Drafts")


# --- in words ---------------------------------------------------------------------------------------


def replied(*wishes):
    lines = tuple(Told("3 draft", "3 draft", Outcome.DONE, wish) for wish in wishes)
    return Replied(9, "<9@whitlock.example>", NOW, "", lines)


@pytest.mark.parametrize("words", [ENGLISH, GERMAN], ids=["en", "de"])
@pytest.mark.parametrize("reason", Unfit)
def test_every_reason_has_its_words(words, reason):
    value = {Unfit.ENOUGH: "3", Unfit.PROMISED: "2026-03-09"}.get(reason, "")
    wish = Wish(1, "key", Wished.NOTHING, reason=reason, value=value)
    [answer] = answers([replied(wish)], [waiting(3, number=3)], words)
    [sentence] = answer.sentences
    assert "3 (Brightwater, Data Analyst)" in sentence
    assert value in sentence or "9 Mar 2026" in sentence or "9. März 2026" in sentence


@pytest.mark.parametrize("words", [ENGLISH, GERMAN], ids=["en", "de"])
def test_every_state_has_its_words(words):
    wishes = [Wish(1, "key", state, mailbox="Drafts", reason=Unfit.CLOSED) for state in Wished]
    wishes.append(Wish(1, "key", Wished.MADE, mailbox="Drafts", to="jo@x.example"))
    wishes.append(Wish(1, "key", Wished.MADE, mailbox="Drafts", person="Jo\u202e March"))
    [answer] = answers([replied(*wishes)], [waiting(3, number=3)], words)
    assert len(set(answer.sentences)) == len(wishes)
    assert "Jo March" in answer.sentences[-1]


def test_what_may_be_their_answer_is_named_before_the_draft_is_sent():
    wish = Wish(1, "key", Wished.MADE, mailbox="Drafts", to="jo@x.example")
    [answer] = answers([replied(wish)], [waiting(3, number=3, unsure=(8,), questions=(9,))], ENGLISH)
    assert answer.sentences[0].endswith("But message 8, 9 may be their answer: look at it first.")


def test_only_a_draft_that_was_open_when_told_is_told_again():
    [open_, made] = [Wish(1, "key"), Wish(1, "key", Wished.MADE, to="jo@x.example")]
    first, other = replied(open_), Told("4 close", "4 close", Outcome.DONE)
    first = replace(first, told=(*first.told, other))
    later = replace(first, told=(replied(made).told[0], other))
    said = keys_of(first)
    assert untold([first], said) == []
    assert untold([later], said) == [replied(made)]
    assert untold([later], said | keys_of(later)) == []


def test_a_letter_asked_for_is_the_one_the_command_writes(person):
    shown = person.unghost("draft", "1", "--print", "--now", TUESDAY, now=None).stdout
    ask(person, "1 draft")
    person.unghost("run", now=TUESDAY)
    [draft] = lying(person)
    assert draft.get_content().replace("\r\n", "\n").strip() in shown
    again = person.unghost("draft", "1", "--now", TUESDAY, now=None).stdout
    assert "Today's lies in Drafts of account home already" in again
