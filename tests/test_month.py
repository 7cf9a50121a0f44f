"""A month as it is lived: four digests, answers by SMTP from five mail programs, employers' letters, and forgeries."""

from __future__ import annotations

import json
import re
import smtplib
import sqlite3
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime
from itertools import count

import pytest
from factories import octets_of
from mailprograms import filled, programs
from servers import PASSWORD, SMTP_USER
from test_filing import drafts, make
from test_run import ACKNOWLEDGED, REJECTED, Person, facts_of

from pipeline.ledger import Ledger

DANA = "dana@whitlock.example"
ANNA = "Anna Becker <anna.becker@brightwater.example>"
INVITED = (
    "Re: Thank you for applying to {employer}",
    "Hi Dana,\n\nWe enjoyed reading your application and would like to invite you to an interview for the Data Analyst "
    "position on Thursday, 12 March 2026 at 10:00.\n\nBest regards,\nAnna Becker",
)
UNCLEAR = (
    "News from {employer}",
    "Hello Dana,\n\nthere is something new about your application at {employer}. Please call me when you can.\n\nJo",
)
NOTED = "Viel über SQL gesprochen; bei Fensterfunktionen war ich unsicher, also vorher Rahmen üben."
_numbers = count(1)


def at(day, time="09:00"):
    return f"2026-03-{day:02}T{time}:00+01:00"


class Seeker(Person):
    """Somebody whose mail comes and goes by SMTP, with a server that delivers it."""

    def __init__(self, directory, user, sink) -> None:
        super().__init__(directory, user, sink)
        sink.inboxes[DANA] = user
        make(user, "Drafts")

    def send(self, octets, sender=DANA):
        """Hand a message to the server as a mail program does."""
        with smtplib.SMTP("127.0.0.1", self.sink.plain_port, timeout=10) as smtp:
            smtp.login(SMTP_USER, PASSWORD)
            smtp.sendmail(sender, [DANA], octets)

    def receive(self, template, employer, date, mailbox="INBOX", **headers):
        assert mailbox == "INBOX"
        subject, text = (part.format(employer=employer) for part in template)
        sender = f"{employer} Talent Team <no-reply@us.greenhouse-mail.io>"
        self.send(octets_of(subject, text, **{"from_": sender, "date": date, **headers}), "bounces@mail.example")

    def run(self, now):
        """A run as cron makes it: it has nothing to say."""
        done = self.unghost("run", now=now)
        assert (done.stdout, done.stderr) == ("", "")

    def monday(self, day):
        """The run that writes the digest, and a second one, which writes no other."""
        n_before = len(self.letters())
        for time in ("08:05", "08:20"):
            self.run(at(day, time))
            assert len(self.letters()) == n_before + 1

    def answer(self, lines, program, now, to=None, **headers):
        """Answer a digest, the last unless told otherwise, in the manner of a mail program."""
        self.send(reply_to(to or self.digests()[-1], lines, program, now, **headers))

    def letters(self):
        """What was sent to the user by unghost, oldest first."""
        found = [message_from_bytes(octets, policy=default) for octets in self.sink.got]
        return [letter for letter in found if letter["X-Unghost-Digest"]]

    def digests(self):
        return [letter for letter in self.letters() if not letter["X-Unghost-Digest"].startswith("reply-")]

    def said(self):
        """The last letter's text without its line ends."""
        return " ".join(text_of(self.letters()[-1]).split())

    def standing(self, now):
        """Where the applications stand, by number."""
        return {a["number"]: f"{a['employer']}: {a['stage']}" for a in self.applications(now)}

    def statements(self):
        with Ledger(self.ledger) as ledger:
            return [" ".join([s.verb, *s.values.values()]) for s in ledger.statements.in_force()]

    def corrections(self):
        db = sqlite3.connect(self.ledger)
        found = db.execute("SELECT message_id, kind FROM corrections ORDER BY id").fetchall()
        db.close()
        return found

    def message_of(self, application):
        """The number of the first message of an application."""
        shown = json.loads(self.unghost("show", str(application), "--json").stdout)
        return shown["timeline"][0]["message"]

    def refusals(self):
        """How many messages did not count as an answer, by the reason."""
        db = sqlite3.connect(self.ledger)
        found = db.execute("SELECT refused, count(*) FROM replies WHERE refused <> '' GROUP BY refused").fetchall()
        db.close()
        return dict(found)

    def lying(self):
        """To whom the drafts go that lie there."""
        return [mail["To"] for _, mail in drafts(self.user, "Drafts")]

    def rebuild(self):
        """Derive all anew, and see that nothing comes out otherwise."""
        before = facts_of(self.ledger)
        assert self.unghost("rebuild").stdout.endswith("; nothing changed.\n")
        assert facts_of(self.ledger) == before


def text_of(letter):
    return letter.get_body(("plain",)).get_content().replace("\r\n", "\n")


def reply_to(digest, lines, program, now, **headers):
    part = digest.get_body(("html",))
    plain, shown = filled(programs(text_of(digest), part.get_content() if part else "")[program], lines)
    fields = {
        "From": f"Dana Whitlock <{DANA}>",
        "To": str(digest["Reply-To"] or digest["To"]),
        "Subject": f"Re: {digest['Subject']}",
        "Date": format_datetime(datetime.fromisoformat(now)),
        "Message-ID": f"<answer-{next(_numbers)}@whitlock.example>",
        "In-Reply-To": digest["Message-ID"],
        "References": digest["Message-ID"],
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    mail = EmailMessage(policy=SMTP)
    for name, value in fields.items():
        if value:
            mail[name] = value
    if plain:
        mail.set_content(plain)
    if shown:
        mail.add_alternative(shown, subtype="html")
    return mail.as_bytes()


def forged(digest, now):
    """Mail that only looks like an answer: each has one thing wrong with it."""
    token = re.sub(r"[a-z2-7]{32}@", "a" * 32 + "@", digest["Message-ID"])
    no_quotes = {"In_Reply_To": token, "References": token}
    yield reply_to(digest, "1 rejected", "Gmail web", now, From="Jo <jo@friend.example>")
    yield reply_to(digest, "1 rejected", "iOS Mail", now, Subject=f"Fwd: {digest['Subject']}")
    yield reply_to(digest, "1 rejected", "Outlook", now, To="Jo <jo@friend.example>")
    yield reply_to(digest, "1 rejected", "Apple Mail above", now, Auto_Submitted="auto-replied")
    yield octets_of("Re: Your applications", "1 rejected", from_=DANA, to=DANA, date=date_of(now), **no_quotes)


def date_of(now):
    return format_datetime(datetime.fromisoformat(now))


def invitation(start):
    """A letter of Anna's with a meeting attached."""
    subject, text = (part.format(employer="Brightwater") for part in INVITED)
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = ANNA, f"Dana Whitlock <{DANA}>", subject
    mail["Date"], mail["Message-ID"] = date_of(at(6, "10:00")), "<invitation@brightwater.example>"
    mail.set_content(text)
    meeting = f"BEGIN:VEVENT\r\nUID:talk@brightwater.example\r\nDTSTART:{start}\r\nSUMMARY:Interview\r\nEND:VEVENT"
    calendar = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n{meeting}\r\nEND:VCALENDAR\r\n"
    mail.add_alternative(calendar, subtype="calendar", params={"method": "REQUEST"})
    return mail.as_bytes()


@pytest.fixture
def seeker(tmp_path, mailbox_user, smtp_sink):
    """Waits for Brightwater, Kestrelmoor and Nordkammer, and has a no from Osprey Lund."""
    one = Seeker(tmp_path, mailbox_user(), smtp_sink)
    one.configure(digest={"reply_days": 15})
    one.receive(ACKNOWLEDGED, "Brightwater", "Mon, 02 Feb 2026 10:00:00 +0100", from_=ANNA)
    one.receive(ACKNOWLEDGED, "Kestrelmoor", "Thu, 05 Feb 2026 10:00:00 +0100")
    one.receive(ACKNOWLEDGED, "Osprey Lund", "Tue, 24 Feb 2026 10:00:00 +0100")
    one.receive(REJECTED, "Osprey Lund", "Fri, 27 Feb 2026 10:00:00 +0100")
    headers = {"from_": f"Dana Whitlock <{DANA}>", "to": "Hiring <jobs@nordkammer.example>"}
    own = octets_of("Application for Business Analyst", "Dear team, please find my CV attached.", **headers)
    one.user.deliver(own, "Sent")
    return one


def test_a_month(seeker):
    week_one(seeker)
    week_two(seeker)
    week_three(seeker)
    week_four(seeker)
    assert [digest["X-Unghost-Digest"] for digest in seeker.digests()] == [
        f"2026-03-{day:02}" for day in (2, 9, 16, 23)
    ]
    assert seeker.refusals() == {
        "automatic": 2, "elsewhere": 2, "expired": 1, "forwarded": 2, "stranger": 4, "token": 2,
    }  # fmt: skip
    assert {tuple(to) for sender, to in seeker.sink.envelopes if sender == SMTP_USER} == {(DANA,)}
    assert {flags for (mailbox, _), flags in seeker.user.flags().items() if mailbox in {"INBOX", "Sent"}} <= {
        (),
        (b"\\Draft", b"\\Seen"),  # what the user moved from Drafts to Sent
    }


def week_one(seeker):
    """Told of silence and a no, the user asks for a draft, corrects the no, and puts one off; forgers try to."""
    seeker.monday(2)
    said = seeker.said()
    assert "Brightwater has gone quiet: 28 days" in said
    assert "Osprey Lund said no." in said
    seeker.answer("1 draft\n3 not rejected\n2 snooze 2w\n\nThanks", "Gmail web", at(3))
    for octets in forged(seeker.digests()[-1], at(3)):
        seeker.send(octets)
    seeker.run(at(3, "09:15"))
    expected = {
        1: "Brightwater: applied",
        2: "Kestrelmoor: applied",
        3: "Osprey Lund: applied",
        4: "Nordkammer: applied",
    }
    assert seeker.standing(at(3)) == expected
    assert seeker.statements() == ["draft", "snooze 2026-03-17"]
    assert [kind for _, kind in seeker.corrections()] == ["other"]
    assert seeker.lying() == [ANNA]
    seeker.rebuild()


def week_two(seeker):
    """The draft is sent and answered; names and days are mended, a message is moved and moved back."""
    with seeker.user.client() as client:
        client.select_folder("Drafts")
        client.move(client.search(), "Sent")
    seeker.send(invitation("20260312T090000Z"), "anna.becker@brightwater.example")
    seeker.receive(REJECTED, "Wrenfield Group", "Fri, 06 Mar 2026 11:00:00 +0100")
    jo = {"from_": "Jo March <jo.march@ospreylund.example>"}
    seeker.receive(UNCLEAR, "Osprey Lund", "Sat, 07 Mar 2026 11:00:00 +0100", **jo)
    seeker.monday(9)
    said = seeker.said()
    assert "From your reply of Tuesday 3 Mar, 09:00:" in said
    assert "The draft for 1 (Brightwater, Data Analyst) lies in Drafts, addressed to anna.becker@brightwater" in said
    assert "- 3 (Osprey Lund) is open again." in said
    assert "- 2 (Kestrelmoor) is left alone for 14 days." in said
    assert "5 messages that looked like a reply changed nothing" in said
    assert "Brightwater invites you to an interview. Thursday 12 Mar, 10:00" in said
    assert "Kestrelmoor has" not in said
    unclear = re.search(r'"m(\d+) \w+"', said)[1]
    seeker.answer(f"4 is Nordkammer AG\n4 applied 2026-02-20\nm{unclear} interview", "iOS Mail", at(10))
    seeker.run(at(10, "09:15"))
    assert seeker.standing(at(10))[3] == "Osprey Lund: interview"
    moved = seeker.message_of(5)
    seeker.answer(f"move {moved} 2\nCould you water the plants?", "Outlook", at(11))
    seeker.run(at(11, "09:15"))
    standing = {2: "Kestrelmoor: rejected", 4: "Nordkammer AG: applied"}
    assert {n: words for n, words in seeker.standing(at(11)).items() if n in {2, 4, 5}} == standing
    seeker.answer("undo", "Outlook on a telephone", at(12, "18:00"))
    seeker.send(next(forged(seeker.digests()[-1], at(12))))
    seeker.run(at(12, "18:15"))
    assert seeker.standing(at(12)) == {
        1: "Brightwater: interview",
        2: "Kestrelmoor: applied",
        3: "Osprey Lund: interview",
        4: "Nordkammer AG: applied",
        5: "Wrenfield Group: rejected",
    }
    names = ["edit Nordkammer AG", "edit 2026-02-20T12:00:00+00:00"]
    assert seeker.statements() == ["draft", "snooze 2026-03-17", *names]
    assert [kind for _, kind in seeker.corrections()] == ["other", "interview"]
    assert seeker.lying() == []
    seeker.rebuild()


def week_three(seeker):
    """All of it in German; one draft has nobody to go to, one is not needed."""
    seeker.configure(digest={"reply_days": 15, "language": "de"})
    seeker.monday(16)
    said = seeker.said()
    assert "Aus deiner Antwort vom Dienstag, 10. März, 09:00 Uhr:" in said
    assert "- 4 heißt jetzt Nordkammer AG." in said
    assert "- 4 (Nordkammer AG): beworben hast du dich am 20. Februar 2026." in said
    assert "gehört jetzt zu 2 (Kestrelmoor)." in said
    assert '- Nicht verstanden: "Could you water the plants?".' in said
    assert "- Zurückgenommen: move" in said
    assert "WIE WAR ES?" in text_of(seeker.digests()[-1])
    assert "oder antworte mit „1 Notiz“ und deinen Worten dahinter." in said
    noted = "1 Notiz Viel über SQL gesprochen; bei Fensterfunktionen war ich unsicher, also\nvorher Rahmen üben."
    seeker.answer(f"{noted}\n4 Absage\n2 Entwurf\n3 Entwurf", "Thunderbird below, German", at(17))
    seeker.run(at(17, "09:15"))
    assert seeker.lying() == [None]
    assert f"you noted: {NOTED}" in seeker.unghost("show", "1").stdout
    seeker.receive(ACKNOWLEDGED, "Fernhollow", "Wed, 18 Mar 2026 11:00:00 +0100")
    seeker.answer("1 Angebot\n2 später 10 Tage\nDanke", "Apple Mail above, German", at(19))
    for octets in forged(seeker.digests()[-1], at(19)):
        seeker.send(octets)
    seeker.run(at(19, "09:15"))
    assert seeker.standing(at(19)) == {
        1: "Brightwater: offer",
        2: "Kestrelmoor: applied",
        3: "Osprey Lund: interview",
        4: "Nordkammer AG: rejected",
        5: "Wrenfield Group: rejected",
        6: "Fernhollow: applied",
    }
    seeker.rebuild()


def week_four(seeker):
    """Confirmed at once; what answers the first digest comes too late."""
    seeker.configure(digest={"reply_days": 15, "confirm": True})
    seeker.monday(23)
    said = seeker.said()
    assert f"- 1 (Brightwater) has your note: “{NOTED}”." in said
    assert "how did it go?" not in said.lower()
    assert "- 4 (Nordkammer AG) is rejected now." in said
    assert "The draft for 2 (Kestrelmoor, Data Analyst) lies in Drafts without an addressee" in said
    assert "There is no letter to draft for 3 (Osprey Lund, Data Analyst): it is your turn" in said
    assert "- 1 (Brightwater) has an offer now." in said
    assert "- 2 (Kestrelmoor) is left alone for 10 days." in said
    assert "5 messages that looked like a reply changed nothing" in said
    assert "Kestrelmoor has" not in said
    seeker.answer("2 close\n5 reopen", "Thunderbird above", at(24))
    seeker.run(at(24, "09:15"))
    assert seeker.letters()[-1]["Subject"] == "Your reply: 2 of 2 done"
    assert "- 5 (Wrenfield Group) is open again." in seeker.said()
    seeker.answer("undo", "Apple Mail below", at(25), to=seeker.letters()[-1])
    seeker.answer("1 rejected", "Gmail web", at(25), to=seeker.digests()[0])
    seeker.send(next(forged(seeker.digests()[0], at(25))))
    seeker.run(at(25, "09:15"))
    assert "- Taken back: 5 reopen." in seeker.said()
    assert len(seeker.letters()) == len(seeker.digests()) + 2
    assert seeker.standing(at(25)) == {
        1: "Brightwater: offer",
        2: "Kestrelmoor: withdrawn",
        3: "Osprey Lund: interview",
        4: "Nordkammer AG: rejected",
        5: "Wrenfield Group: rejected",
        6: "Fernhollow: applied",
    }
    assert seeker.statements() == [
        "draft",
        "snooze 2026-03-17",
        "edit Nordkammer AG",
        "edit 2026-02-20T12:00:00+00:00",
        f"note {NOTED}",
        "close rejected",
        "draft",
        "draft",
        "advance offer",
        "snooze 2026-03-29",
        "close withdrawn",
    ]
    assert [kind for _, kind in seeker.corrections()] == ["other", "interview"]
    assert seeker.lying() == [None]
    seeker.rebuild()
