"""Replies and moves as stories: real servers, the mail a user's program would send, and the ledger afterwards."""

from __future__ import annotations

import email
import email.policy
import json
import re
import sqlite3
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import unquote

import pytest
from factories import octets_of
from test_month import invitation
from test_run import ACKNOWLEDGED, REJECTED, Person

from pipeline.ledger import Ledger

TUESDAY = "2026-03-03T09:00:00+01:00"
WEDNESDAY = "2026-03-04T09:00:00+01:00"
NEXT_MONDAY = "2026-03-09T08:05:00+01:00"
THIRD_MONDAY = "2026-03-16T08:05:00+01:00"


@pytest.fixture
def person(tmp_path, mailbox_user, smtp_sink):
    one = Person(tmp_path, mailbox_user(), smtp_sink)
    one.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    one.receive(ACKNOWLEDGED, "Osprey Lund", "Tue, 24 Feb 2026 10:00:00 +0100")
    one.receive(REJECTED, "Osprey Lund", "Fri, 27 Feb 2026 10:00:00 +0100")
    one.unghost("run")
    return one


def set_up(person, section, **keys):
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
    person.config.write_text(f"{person.config.read_text()}\n[{section}]\n{lines}\n")


def letter(person, n=-1):
    return email.message_from_bytes(person.sink.got[n], policy=email.policy.default)


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def answer_to(mail, lines, at=TUESDAY, quote=True, **headers):
    """What a mail program sends: the user's lines above the digest, quoted."""
    fields = {
        "From": "Dana Whitlock <dana@whitlock.example>",
        "To": str(mail["Reply-To"]),
        "Subject": f"Re: {mail['Subject']}",
        "Message-ID": f"<{abs(hash((lines, at)))}@whitlock.example>",
        "In-Reply-To": mail["Message-ID"],
        "References": mail["Message-ID"],
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    reply = EmailMessage(policy=SMTP)
    for name, value in fields.items():
        if value:
            reply[name] = value
    reply["Date"] = format_datetime(datetime.fromisoformat(at))
    quoted = "\n".join(f"> {line}" for line in text_of(mail).splitlines())
    reply.set_content(f"{lines}\n\nOn Mon, 2 Mar 2026 at 08:05, unghost wrote:\n\n{quoted}\n" if quote else lines)
    return reply.as_bytes()


def stages(person, now=TUESDAY):
    return {a["number"]: a["stage"] for a in person.applications(now)}


def facts(person):
    """Everything the user is taken to have said."""
    db = sqlite3.connect(person.ledger)
    found = [db.execute(f"SELECT * FROM {table}").fetchall() for table in ("statements", "corrections")]
    db.close()
    return found


def test_a_reply_is_obeyed_told_in_the_next_digest_and_taken_back(person):
    flags = person.user.flags()
    person.user.deliver(answer_to(letter(person), "1 rejected\nHello, are you there?"))
    done = person.unghost("run", now=TUESDAY)
    assert (done.stdout, done.stderr) == ("", "")
    assert stages(person) == {1: "rejected", 2: "rejected"}
    person.unghost("run", now=NEXT_MONDAY)
    told = text_of(letter(person))
    assert "From your reply of Tuesday 3 Mar, 09:00:" in told
    assert "- 1 (Brightwater) is rejected now." in told
    assert '- Not understood: "Hello, are you there?".' in told
    person.user.deliver(answer_to(letter(person), "undo", at="2026-03-09T10:00:00+01:00"))
    person.unghost("run", now="2026-03-09T11:00:00+01:00")
    assert stages(person, "2026-03-09T11:00:00+01:00")[1] == "applied"
    person.unghost("run", now=THIRD_MONDAY)
    told = text_of(letter(person))
    assert "- Taken back: 1 rejected." in told
    assert "Not understood" not in told
    assert flags.items() <= person.user.flags().items()
    assert len(person.applications(THIRD_MONDAY)) == 2


def test_a_link_in_the_digest_opens_a_mail_that_is_obeyed(person):
    digest = letter(person)
    html = digest.get_body(("html",)).get_content()
    link = next(found for found in re.findall(r'href="(mailto:[^"]+)"', html) if "rejected" in found)
    address, _, query = link.removeprefix("mailto:").replace("&amp;", "&").partition("?")
    subject, body = (unquote(part.partition("=")[2]) for part in query.split("&"))
    mail = octets_of(subject, body.replace("\r\n", "\n"), from_="dana@whitlock.example", to=address)
    person.user.deliver(mail)
    person.unghost("run", now=TUESDAY)
    assert stages(person)[1] == "rejected"


def test_the_same_reply_and_the_same_line_count_once(person):
    digest = letter(person)
    person.user.deliver(answer_to(digest, "1 rejected"))
    person.user.deliver(answer_to(digest, "1 rejected", X_Copy="in Sent"), "Sent")
    person.unghost("run", now=TUESDAY)
    person.user.deliver(answer_to(digest, "1 not rejected", at=WEDNESDAY))
    person.unghost("run", now=WEDNESDAY)
    assert stages(person)[1] == "applied"
    before = facts(person)
    person.user.deliver(answer_to(digest, "1 rejected", at="2026-03-05T09:00:00+01:00"))
    person.user.deliver(answer_to(digest, "1 rejected", X_Sent_Again="yes"))
    person.unghost("run", now="2026-03-05T10:00:00+01:00")
    assert facts(person) == before
    person.unghost("run", now=NEXT_MONDAY)
    assert "1 rejected: was answered to that letter before" in " ".join(text_of(letter(person)).split())


def test_a_wrong_rejection_is_corrected_by_a_word_and_teaches(person):
    person.user.deliver(answer_to(letter(person), "2 not rejected"))
    person.unghost("run", now=TUESDAY)
    assert stages(person)[2] == "applied"
    _, corrections = facts(person)
    assert [(kind, source) for _, _, kind, source, _ in corrections] == [("other", "reply")]


def test_an_invitation_by_telephone_is_taken_down_and_is_no_news(person):
    person.user.deliver(answer_to(letter(person), "1 einladung"))
    person.unghost("run", now=TUESDAY)
    [brightwater, _] = person.applications(TUESDAY)
    assert (brightwater["stage"], brightwater["turn"]) == ("interview", "user")
    person.unghost("run", now=NEXT_MONDAY)
    assert "WHAT MOVED" not in text_of(letter(person))


def test_what_the_user_wrote_cannot_be_labelled(person):
    digest = letter(person)
    person.user.deliver(answer_to(digest, "1 snooze 2w"))
    person.unghost("run", now=TUESDAY)
    db = sqlite3.connect(person.ledger)
    [(own,)] = db.execute("SELECT id FROM messages WHERE direction = 'out'").fetchall()
    db.close()
    before = corrections(person)
    person.user.deliver(answer_to(digest, f"m{own} rejection", at=WEDNESDAY))
    person.unghost("run", now=WEDNESDAY)
    person.unghost("run", now=NEXT_MONDAY)
    assert f"- m{own} rejection: no message of this number came to you." in text_of(letter(person))
    assert corrections(person) == before


def notes(person, number="1"):
    """What the user has noted of an application, as `unghost show` tells it."""
    timeline = json.loads(person.unghost("show", number, "--json").stdout)["timeline"]
    return [told["text"] for told in timeline if told["message"] is None and told["verb"] == "note"]


def test_a_note_is_kept_whole_counted_once_told_and_taken_back(person):
    digest, before = letter(person), stages(person)
    noted = "1 note They asked much about SQL and were <b>kind</b>; I was\nunsure on window functions.\n2 reopen"
    person.user.deliver(answer_to(digest, f"{noted}\n\nBest regards\nDana"))
    person.user.deliver(answer_to(digest, noted, at=WEDNESDAY))
    done = person.unghost("run", now=WEDNESDAY)
    assert (done.stdout, done.stderr) == ("", "")
    whole = "They asked much about SQL and were <b>kind</b>; I was unsure on window functions."
    assert notes(person) == [whole]
    assert f"you noted: {whole}" in person.unghost("show", "1").stdout
    assert stages(person, WEDNESDAY) == before | {2: "applied"}
    person.unghost("run", now=NEXT_MONDAY)
    told = " ".join(text_of(letter(person)).split())
    assert f"- 1 (Brightwater) has your note: “{whole}”." in told
    assert "Not understood" not in told
    assert "SQL" not in letter(person)["Subject"]
    assert "&lt;b&gt;kind&lt;/b&gt;" in letter(person).get_body(("html",)).get_content()
    person.user.deliver(answer_to(letter(person), "undo\nundo", at="2026-03-09T10:00:00+01:00"))
    person.unghost("run", now="2026-03-09T11:00:00+01:00")
    assert notes(person) == []
    person.unghost("run", now=THIRD_MONDAY)
    assert "- Taken back: 1 note They asked much about SQL" in " ".join(text_of(letter(person)).split())


def test_a_note_that_is_too_long_is_kept_without_its_end_and_that_is_told_and_can_be_taken_back(person):
    set_up(person, "digest", confirm="true")
    person.user.deliver(answer_to(letter(person), "1 Notiz " + "\n".join(["word " * 15] * 40) + "\n\n9 note nobody"))
    person.unghost("run", now=TUESDAY)
    [kept] = notes(person)
    assert kept == ("word " * 400).strip()
    told = " ".join(text_of(letter(person)).split())
    assert letter(person)["Subject"] == "Your reply: 1 of 2 done"
    assert "…: noted, but without its end: the note was too long." in told
    assert "9 note nobody: there is no such application." in told
    person.user.deliver(answer_to(letter(person), "undo", at=WEDNESDAY))
    person.unghost("run", now=WEDNESDAY)
    assert notes(person) == []


def test_a_note_written_behind_the_link_of_the_question_is_kept(person):
    person.user.deliver(invitation("20260312T090000Z"))
    person.unghost("run", now=THIRD_MONDAY)
    html = letter(person).get_body(("html",)).get_content()
    address, body = re.search(r'href="mailto:([^"?]*)\?subject=unghost%3A%201%20note&amp;body=([^"]*)"', html).groups()
    for n, words in enumerate(["{}They asked about SQL", "{}\n\nAnd about joins"]):
        written = words.replace("{}", "1 note ") + unquote(body).removeprefix("1 note ").replace("\r\n", "\n")
        mail = octets_of("unghost: 1 note", written, from_="dana@whitlock.example", to=address, message_id=f"<{n}@x>")
        person.user.deliver(mail)
    person.unghost("run", now="2026-03-16T20:00:00+01:00")
    assert sorted(notes(person)) == ["And about joins", "They asked about SQL"]


@pytest.mark.parametrize("lines", ["", "1 note They asked\nabout SQL"])
def test_an_interview_that_a_reply_has_told_of_is_not_asked_about(person, lines):
    person.user.deliver(invitation("20260312T090000Z"))
    person.unghost("run", now=NEXT_MONDAY)
    assert "Thursday 12 Mar, 10:00" in text_of(letter(person))
    person.user.deliver(answer_to(letter(person), lines, at="2026-03-12T18:00:00+01:00"))
    person.unghost("run", now="2026-03-12T18:30:00+01:00")
    person.unghost("run", now=THIRD_MONDAY)
    assert ("How did it go?".upper() in text_of(letter(person))) is not bool(lines)
    assert ('answer with "1 note"' in text_of(letter(person))) is not bool(lines)


def test_snoozed_is_silent_until_its_day_and_then_told_anew(person):
    assert "GONE QUIET" in text_of(letter(person))
    person.user.deliver(answer_to(letter(person), "1 snooze 10 days"))
    person.unghost("run", now=TUESDAY)
    assert person.applications(NEXT_MONDAY)[0]["wait"] == "waiting"
    person.unghost("run", now=NEXT_MONDAY)
    assert "GONE QUIET" not in text_of(letter(person))
    person.unghost("run", now=THIRD_MONDAY)
    assert "GONE QUIET" in text_of(letter(person))


def test_a_confirmation_comes_at_once_goes_to_the_user_only_and_can_be_answered(person):
    set_up(person, "digest", confirm="true")
    person.user.deliver(answer_to(letter(person), "1 close"))
    person.unghost("run", now=TUESDAY)
    assert len(person.sink.got) == 2
    assert {tuple(to) for _, to in person.sink.envelopes} == {("dana@whitlock.example",)}
    confirmation = letter(person)
    assert confirmation["Auto-Submitted"] == "auto-generated"
    assert "1 (Brightwater) is closed, by your wish." in text_of(confirmation)
    person.user.deliver(person.sink.got[-1])
    person.user.deliver(answer_to(confirmation, "Rückgängig.", at=WEDNESDAY))
    person.unghost("run", now=WEDNESDAY)
    assert stages(person)[1] == "applied"
    assert len(person.sink.got) == 3
    person.unghost("run", now=NEXT_MONDAY)
    assert "From your reply" not in text_of(letter(person))


def test_a_confirmation_is_called_by_its_name_and_told_by_the_next_digest_when_it_was_refused(person):
    set_up(person, "digest", confirm="true")
    person.user.deliver(answer_to(letter(person), "1 close", at="2026-03-03T00:30:00+01:00"))
    person.sink.script.append("5xx")
    failed = person.unghost("run", now=TUESDAY, code=74).stderr
    assert "The confirmation of your reply of 3 March was refused" in failed
    assert "; confirmation of your reply of 3 March failed" in person.unghost("doctor").stdout
    person.unghost("run", now=NEXT_MONDAY)
    assert "1 (Brightwater) is closed, by your wish." in text_of(letter(person))
    assert "; digest of 2026-03-09 sent" in person.unghost("doctor").stdout


def spoofs(digest):
    """Mail that must change nothing, each in its own way wrong."""
    forged = re.sub(r"[a-z2-7]{32}@", "a" * 32 + "@", digest["Message-ID"])
    friend = "Jo <jo@friend.example>"
    program = {"Auto_Submitted": "auto-replied"}
    two_authors = {"From": "dana@whitlock.example, x@evil.example"}
    doubled = answer_to(digest, "1 rejected").replace(b"Subject:", b"From: x@evil.example\r\nSubject:", 1)
    return {
        "no token": answer_to(digest, "1 rejected", quote=False, In_Reply_To="", References=""),
        "forged token": answer_to(digest, "1 rejected", quote=False, In_Reply_To=forged, References=forged),
        "stranger": answer_to(digest, "1 rejected", From="x@evil.example"),
        "display name": answer_to(digest, "1 rejected", From='"dana@whitlock.example" <x@evil.example>'),
        "two authors": answer_to(digest, "1 rejected", **two_authors),
        "two From fields": doubled,
        "look-alike": answer_to(digest, "1 rejected", From="dana@whitlock.example.evil.example"),
        "forged results": answer_to(
            digest,
            "1 rejected",
            quote=False,
            In_Reply_To=forged,
            References="",
            Authentication_Results="mx.home.example; dkim=pass header.d=whitlock.example; dmarc=pass",
        ),
        "out of office": answer_to(digest, "1 rejected", **program),
        "list": answer_to(digest, "1 rejected", List_Id="<jobs.list.example>"),
        "bounce": answer_to(digest, "1 rejected", From="MAILER-DAEMON@mx.home.example", **program),
        "to a friend": answer_to(digest, "1 rejected", To=friend),
        "forwarded": answer_to(digest, "1 rejected", Subject=f"Fwd: {digest['Subject']}"),
        "quoted line": answer_to(digest, "> 1 rejected"),
        "nothing new": answer_to(digest, ""),
    }


def test_nothing_of_the_spoof_set_changes_anything(person):
    before = facts(person)
    for octets in spoofs(letter(person)).values():
        person.user.deliver(octets)
    person.unghost("run", now=TUESDAY)
    assert facts(person) == before
    assert stages(person) == {1: "applied", 2: "rejected"}
    person.unghost("run", now=NEXT_MONDAY)
    told = " ".join(text_of(letter(person)).split())
    assert "12 messages that looked like a reply changed nothing" in told
    assert "2 without a letter's token" in told


def test_an_answer_whose_copy_lies_in_sent_needs_no_stamp(person):
    person.configure(authserv_id="mx.home.example")
    answer = answer_to(letter(person), "1 rejected")
    person.user.deliver(answer)
    person.user.deliver(answer, "Sent")
    person.unghost("run", now=TUESDAY)
    assert stages(person)[1] == "rejected"


def test_where_a_provider_is_pinned_a_reply_counts_only_with_its_proof(person):
    person.configure(authserv_id="mx.home.example")
    passed, failed = (f"mx.home.example; dmarc={result} header.from=whitlock.example" for result in ("pass", "fail"))
    digest = letter(person)
    person.user.deliver(answer_to(digest, "1 rejected"))
    person.user.deliver(answer_to(digest, "1 offer", Authentication_Results=failed))
    person.user.deliver(answer_to(digest, "1 ghosted", Authentication_Results=f"mx.evil.example; {passed}"))
    person.unghost("run", now=TUESDAY)
    assert facts(person) == [[], []]
    person.user.deliver(answer_to(digest, "1 assessment", at=WEDNESDAY, Authentication_Results=passed))
    person.unghost("run", now=WEDNESDAY)
    assert stages(person, WEDNESDAY)[1] == "assessment"
    person.unghost("run", now=NEXT_MONDAY)
    told = " ".join(text_of(letter(person)).split())
    assert "3 messages that looked like a reply changed nothing" in told
    assert "3 not proven by your provider to come from you" in told


def test_one_true_reply_among_the_spoofs_changes_exactly_one_thing(person):
    for octets in spoofs(letter(person)).values():
        person.user.deliver(octets)
    person.user.deliver(answer_to(letter(person), "1 rejected", at=WEDNESDAY))
    person.unghost("run", now=WEDNESDAY)
    statements, corrections = facts(person)
    assert (len(statements), corrections) == (1, [])


def test_a_digest_of_another_ledger_cannot_be_answered(person, tmp_path, mailbox_user, smtp_sink):
    (tmp_path / "other").mkdir()
    other = Person(tmp_path / "other", mailbox_user(), smtp_sink)
    other.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100")
    other.unghost("run")
    other.user.deliver(answer_to(letter(person, 0), "1 rejected"))
    other.unghost("run", now=TUESDAY)
    assert stages(other) == {1: "applied"}


def test_a_digest_too_old_cannot_be_answered(person):
    person.user.deliver(answer_to(letter(person), "1 rejected", at="2026-05-02T09:00:00+02:00"))
    person.unghost("run", now="2026-05-02T10:00:00+02:00")
    assert stages(person, "2026-05-02T10:00:00+02:00")[1] == "applied"


def test_replies_are_neither_judged_nor_linked(person):
    person.user.deliver(answer_to(letter(person), "Unfortunately Brightwater decided not to move forward."))
    person.unghost("run", now=TUESDAY)
    db = sqlite3.connect(person.ledger)
    [reply] = [row[0] for row in db.execute("SELECT message_id FROM replies WHERE refused = ''")]
    for table in ("predictions", "events"):
        assert db.execute(f"SELECT count(*) FROM {table} WHERE message_id = ?", [reply]).fetchone() == (0,)
    db.close()
    assert stages(person) == {1: "applied", 2: "rejected"}


def test_what_is_shown_on_the_screen_holds_no_token(person):
    shown = person.unghost("digest", "--dry-run").stdout
    assert "ug-2026" not in shown
    assert "ug-2026-03-02-" in text_of(letter(person))


# --- learning by moving -----------------------------------------------------------------------------


def move(person, target, subject="Your application to Osprey Lund"):
    with person.user.client() as client:
        if not client.folder_exists(target):
            client.create_folder(target)
        client.select_folder("INBOX")
        client.move(client.search(["SUBJECT", subject]), target)


def corrections(person):
    return [(kind, source) for _, _, kind, source, _ in facts(person)[1]]


def test_a_message_moved_to_a_learning_mailbox_is_corrected_once(person):
    set_up(person, "learn", invitation='"Invitations"')
    move(person, "Invitations")
    person.unghost("run", now=TUESDAY)
    assert corrections(person) == [("interview", "moved")]
    assert stages(person)[2] == "interview"
    person.unghost("label", "3", "rejection", now=WEDNESDAY)
    person.user.change_uidvalidity("Invitations")
    flags = person.user.flags()
    person.unghost("run", now=NEXT_MONDAY)
    assert stages(person, NEXT_MONDAY)[2] == "rejected"
    assert flags == person.user.flags()


def test_a_move_that_agrees_keeps_the_finer_kind(person):
    set_up(person, "learn", rejection='"Jobs/No"', none='"Jobs/Other"')
    move(person, "Jobs/No")
    move(person, "Jobs/Other", "Thank you for applying to Brightwater")
    person.unghost("run", now=TUESDAY)
    assert sorted(corrections(person)) == [("acknowledgement", "moved"), ("rejection", "moved")]


def test_moving_to_trash_or_archive_teaches_nothing(person):
    set_up(person, "learn", invitation='"Jobs/Invitations"')
    with person.user.client() as client:
        client.create_folder("Jobs/Invitations")
    move(person, "Archive")
    move(person, "Trash", "Thank you for applying to Brightwater")
    person.unghost("run", now=TUESDAY)
    assert corrections(person) == []


def test_what_a_filter_put_there_is_read_and_teaches_nothing(person):
    set_up(person, "learn", invitation='"Jobs/Invitations"')
    with person.user.client() as client:
        client.create_folder("Jobs/Invitations")
    subject, text = (part.format(employer="Kestrelmoor") for part in REJECTED)
    mail = octets_of(subject, text, from_="Kestrelmoor <no-reply@us.greenhouse-mail.io>")
    person.user.deliver(mail, "Jobs/Invitations")
    labelled = octets_of(subject, text.replace("Data", "Risk"), from_="Kestrelmoor <no-reply@us.greenhouse-mail.io>")
    for mailbox in ("INBOX", "Jobs/Invitations"):  # as Gmail shows what a filter has labelled
        person.user.deliver(labelled, mailbox)
    person.unghost("run", now=TUESDAY)
    person.unghost("run", now=WEDNESDAY)
    assert corrections(person) == []
    assert len(stages(person)) == 4


def test_a_learning_mailbox_that_does_not_exist_is_said(person):
    set_up(person, "learn", invitation='"Jobs/Invitatoins"')
    done = person.unghost("run", now=TUESDAY, code=78)
    assert "Jobs/Invitatoins" in done.stderr


def test_doctor_looks_for_the_learning_mailboxes(person):
    set_up(person, "learn", invitation='"Jobs/Einladungen für mich"', rejection='"Sent"')
    done = person.unghost("doctor", code=78)
    assert "FAIL  learn: learn: invitation: no account has a mailbox 'Jobs/Einladungen für mich'" in done.stdout
    assert "there are: Archive, INBOX, Sent" in done.stdout
    with person.user.client() as client:
        client.create_folder("Jobs/Einladungen für mich")
    assert (
        "ok    learn: what you move into Jobs/Einladungen für mich counts as invitation"
        in person.unghost("doctor").stdout
    )


def test_a_line_interrupted_between_obeying_and_telling_is_carried_out_once(person):
    """What a kill could leave: the reply is recorded, nothing of it carried out."""
    person.user.deliver(answer_to(letter(person), "1 rejected"))
    person.unghost("run", now=TUESDAY)
    db = sqlite3.connect(person.ledger)
    with db:
        db.execute("UPDATE reply_lines SET outcome = NULL, once = '', statement_id = NULL")
        db.execute("DELETE FROM statements")
    db.close()
    for _ in range(2):
        person.unghost("run", now=WEDNESDAY)
    with Ledger(person.ledger) as ledger:
        assert len(ledger.statements.in_force()) == 1
