"""`unghost draft` against a real server: the letter lies among the drafts, once, and nothing else has changed."""

from __future__ import annotations

import json
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest
from factories import octets_of
from test_cli import MONDAY, Machine

from pipeline.errors import ConfigError, NetworkError
from pipeline.ledger import Ledger
from pipeline.records import Verb

if TYPE_CHECKING:
    from pipeline.config import Account

ANNA = "Anna Becker <anna.becker@brightwater.example>"
DANA = "Dana Whitlock <{user}>"


class Seeker(Machine):
    """Somebody with a mailbox who waits for Brightwater."""

    def configure(self, *accounts: Account) -> None:
        self.config.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            "[me]",
            f"addresses = {json.dumps([account.user for account in accounts])}",
            'timezone = "Europe/Berlin"',
        ]
        for account in accounts:
            given = account.model_dump(mode="json", exclude_unset=True)
            lines += ["[[account]]", *(f"{key} = {json.dumps(value)}" for key, value in given.items())]
        self.config.write_text("\n".join(lines) + "\n")

    def draft(self, *words: str, code: int = 0):
        return self.unghost("draft", "1", "--now", MONDAY, *words, code=code)


def receipt(user, from_=ANNA, **headers):
    text = "Dear Dana,\n\nThank you for applying to Brightwater for the position of Data Analyst. We have received it."
    return octets_of(
        "Your application to Brightwater: Data Analyst", text, from_=from_, to=DANA.format(user=user.name),
        date="Mon, 02 Feb 2026 10:00:00 +0100", message_id="<a1@brightwater.example>", **headers,
    )  # fmt: skip


@pytest.fixture
def user(mailbox_user):
    return mailbox_user()


@pytest.fixture
def seeker(tmp_path, user):
    """Has read a receipt by a person."""
    user.deliver(receipt(user))
    return ready(Seeker(tmp_path), user)


def ready(seeker, user, **settings):
    seeker.configure(user.account(**settings))
    seeker.unghost("run", "--now", MONDAY)
    seeker.unghost("label", "1", "acknowledgement")
    return seeker


def make(user, *names):
    with user.client() as client:
        for name in names:
            client.create_folder(name)


def drafts(user, mailbox):
    """The flags and the letter of each draft."""
    with user.client() as client:
        client.select_folder(mailbox, readonly=True)
        found = client.fetch(client.search(), ["FLAGS", "BODY.PEEK[]"]).values()
        return [(set(a[b"FLAGS"]) - {b"\\Recent"}, message_from_bytes(a[b"BODY[]"], policy=default)) for a in found]


def test_the_letter_lies_among_the_drafts_in_its_thread_and_nothing_else_has_changed(seeker, user):
    make(user, "Unfertiges", "Drafts")
    before = user.flags()
    done = seeker.draft()
    assert "A question how things stand (follow_up), since they have owed an answer for 28 days" in done.stderr
    assert "It lies in Unfertiges of account home" in done.stdout
    ((flags, letter),) = drafts(user, "Unfertiges")
    assert flags == {b"\\Draft", b"\\Seen"}
    assert (letter["To"], letter["From"]) == (ANNA, DANA.format(user=user.name))
    assert letter["Subject"] == "Re: Your application to Brightwater: Data Analyst"
    assert letter["In-Reply-To"] == letter["References"] == "<a1@brightwater.example>"
    assert letter["Date"] == "Mon, 02 Mar 2026 08:05:00 +0100"
    assert "On 2 February I applied to you for the position of Data Analyst." in letter.get_content()
    assert letter["Bcc"] is letter["Cc"] is letter["Sender"] is None
    after = user.flags()
    assert {place: flags for place, flags in after.items() if place[0] != "Unfertiges"} == before


def test_without_a_mailbox_to_reach_the_letter_can_still_be_shown(seeker, user):
    seeker.configure(user.account().model_copy(update={"port": 1}))
    done = seeker.draft(code=NetworkError.exit_code)
    assert done.stderr.endswith(" `unghost draft --print` shows the letter without a connection.\n")
    assert "On 2 February I applied to you" in seeker.draft("--print").stdout
    seeker.config.write_text("[")
    for words in ((), ("--print",)):  # which would not help here
        assert "--print" not in seeker.draft(*words, code=ConfigError.exit_code).stderr


def test_today_s_letter_is_put_there_once_unless_it_is_asked_for_again(seeker, user):
    make(user, "Drafts")
    seeker.draft()
    assert "already" in seeker.draft().stdout
    assert len(drafts(user, "Drafts")) == 1
    seeker.draft("--again")
    assert len(drafts(user, "Drafts")) == 2
    seeker.draft("--kind", "last_follow_up")
    assert len(drafts(user, "Drafts")) == 3


@pytest.mark.parametrize("name", ["Entwürfe", "Mail/Brouillons", "DRAFTS"])
def test_without_the_attribute_a_usual_name_is_found(seeker, user, name):
    make(user, name, "Drafting table")
    seeker.draft()
    assert len(drafts(user, name)) == 1


def test_without_a_mailbox_for_drafts_those_there_are_named_and_the_key(seeker, user):
    make(user, "Jobs")
    done = seeker.draft(code=ConfigError.exit_code)
    assert "account home: drafts: no mailbox for drafts is to be found" in done.stderr
    assert "Archive, INBOX, Jobs, Sent" in done.stderr


def test_the_mailbox_named_in_the_settings_is_used_or_missed(seeker, user):
    make(user, "Jobs/Letters", "Drafts")
    seeker.configure(user.account(drafts="Jobs/Letters"))
    seeker.draft()
    assert len(drafts(user, "Jobs/Letters")) == 1
    seeker.configure(user.account(drafts="Nowhere"))
    assert "mailbox 'Nowhere' does not exist" in seeker.draft(code=ConfigError.exit_code).stderr
    assert drafts(user, "Drafts") == []


def test_from_a_no_reply_address_the_draft_has_no_addressee_and_it_is_said_where_to_write(tmp_path, user):
    user.deliver(receipt(user, from_="Brightwater Talent Team <no-reply@us.greenhouse-mail.io>"))
    make(user, "Drafts")
    done = ready(Seeker(tmp_path), user).draft()
    assert "the letter has no addressee. Look for the person who hires at Brightwater on LinkedIn" in done.stderr
    ((_, letter),) = drafts(user, "Drafts")
    assert letter["To"] is None
    assert letter["In-Reply-To"] == "<a1@brightwater.example>"


def test_it_goes_to_the_account_the_correspondence_lies_in(tmp_path, mailbox_user):
    one, other = mailbox_user(), mailbox_user()
    other.deliver(receipt(other))
    for user in (one, other):
        make(user, "Drafts")
    seeker = Seeker(tmp_path)
    seeker.configure(one.account(name="work"), other.account())
    seeker.unghost("run", "--now", MONDAY)
    seeker.unghost("label", "1", "acknowledgement")
    seeker.draft()
    assert [len(drafts(user, "Drafts")) for user in (one, other)] == [0, 1]
    assert drafts(other, "Drafts")[0][1]["From"] == DANA.format(user=other.name)


def test_it_is_printed_without_a_connection(seeker, user):
    seeker.configure(user.account(port=1))
    done = seeker.draft("--print")
    assert done.stdout.startswith(f"From: {DANA.format(user=user.name)}\nTo: {ANNA}\nSubject: Re: Your application")
    assert "Dear Anna Becker,\n\nOn 2 February I applied" in done.stdout
    assert done.stdout.endswith("Kind regards,\nDana Whitlock\n")
    assert seeker.draft(code=75).stdout == ""


@pytest.mark.parametrize(("words", "remedy"), [
    (["9"], "`unghost list`"),
    (["1", "--kind", "feedback"], "they have not said no"),
    (["1", "--kind", "thanks"], "'thank_you'"),
])  # fmt: skip
def test_a_mistake_is_told_with_its_remedy(seeker, words, remedy):
    assert remedy in seeker.unghost("draft", *words, "--now", MONDAY, code=2).stderr


def test_without_an_account_the_letter_can_only_be_shown(seeker):
    seeker.config.write_text('[me]\naddresses = ["dana@whitlock.example"]\n')
    assert "--print shows it" in seeker.draft(code=ConfigError.exit_code).stderr


def test_wordings_that_cannot_be_used_are_named_by_the_command(seeker):
    seeker.config.with_name("drafts.toml").write_text('unattended = "("\notherwise = "xx"\n')
    done = seeker.draft("--print", code=ConfigError.exit_code)
    assert "unattended: is no regular expression" in done.stderr
    assert "there is no 'xx' in it" in done.stderr


# --- notes ----------------------------------------------------------------------------------------


def test_a_note_is_kept_shown_and_taken_back(seeker):
    before = seeker.rows()
    said = seeker.unghost("note", "1", " They asked about joins;\x1b[31m read up ", "--now", MONDAY)
    assert said.stdout == "1  Brightwater, Data Analyst: applied\n"
    assert "2 Mar 2026  -> you noted: They asked about joins;[31m read up\n" in seeker.unghost("show", "1").stdout
    timeline = json.loads(seeker.unghost("show", "1", "--json").stdout)["timeline"]
    assert (timeline[-1]["verb"], timeline[-1]["text"]) == ("note", "They asked about joins;\x1b[31m read up")
    assert seeker.rows() == before
    assert "Taken back: you said that of" in seeker.unghost("undo", "--now", MONDAY).stdout
    assert "you noted" not in seeker.unghost("show", "1").stdout


def test_notes_are_facts_and_stay_with_a_merged_application(seeker):
    seeker.unghost("add", "Kestrelmoor", "--now", MONDAY)
    for number in ("1", "2"):
        seeker.unghost("note", number, f"Of {number}", "--now", MONDAY)
    seeker.unghost("merge", "1", "2", "--now", MONDAY)
    shown = seeker.unghost("show", "1").stdout
    assert "you noted: Of 1" in shown
    assert "you noted: Of 2" in shown
    with Ledger(seeker.ledger) as ledger:
        notes = [s for s in ledger.statements.in_force() if s.verb is Verb.NOTE]
        [application] = ledger.derived.applications()
        assert ledger.derived.noted() == {application.key: datetime.fromisoformat(MONDAY)}
    assert [note.values for note in notes] == [{"text": "Of 1"}, {"text": "Of 2"}]


@pytest.mark.parametrize(("words", "remedy"), [(["1", " "], "what is to be noted"), (["9", "x"], "`unghost list`")])
def test_an_empty_note_or_an_unknown_application_is_a_mistake(seeker, words, remedy):
    assert remedy in seeker.unghost("note", *words, code=2).stderr
