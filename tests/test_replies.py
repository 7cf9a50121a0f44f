"""Replies without servers: the grammar, the tokens, the links, and what each mail program makes of an answer."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

import pytest
from factories import DAY, ME, NOW, WORDING, a_message
from hypothesis import given, strategies as st
from mailprograms import filled, programs
from test_digest import an_unsure, digest_of, interviewed, invited, rejected, waiting

from pipeline.digest.render import html_of, text_of
from pipeline.digest.replied import answers, ignored
from pipeline.link.said import NEW, NOWHERE
from pipeline.parse import parse
from pipeline.parse.html import html_to_text
from pipeline.records import Address, Direction, Kind, Outcome, Question, Replied, Stage, Told
from pipeline.replies import Desk, Refusal, read_reply, reply_url, token_of
from pipeline.replies.grammar import LEADS, MAX_NOTE, PHRASES, PLACES, Act, Order, begins_note, understand
from pipeline.replies.tokens import letter_of, tokens_in

SECRET = bytes(range(32))
LETTER = "2026-03-02"
TOKEN = token_of(SECRET, LETTER)
OWN = frozenset({ME.addr_spec})
DESK = Desk(SECRET, OWN, OWN, {LETTER: NOW - DAY}, timedelta(days=60), NOW)

# --- the grammar ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("3 rejected", Order(Act.CLOSE, 3, Stage.REJECTED)),
        ("3 Rejected!", Order(Act.CLOSE, 3, Stage.REJECTED)),
        ("  - #3: REJECTED.", Order(Act.CLOSE, 3, Stage.REJECTED)),
        ('"3 rejected"', Order(Act.CLOSE, 3, Stage.REJECTED)),
        ("3 is rejected", Order(Act.CLOSE, 3, Stage.REJECTED)),
        ("[3] abgelehnt", Order(Act.CLOSE, 3, Stage.REJECTED)),
        ("3 ist abgelehnt", Order(Act.CLOSE, 3, Stage.REJECTED)),
        ("3 absage", Order(Act.CLOSE, 3, Stage.REJECTED)),
        ("3 not rejected", Order(Act.NOT_REJECTED, 3)),
        ("3 nicht abgelehnt", Order(Act.NOT_REJECTED, 3)),
        ("3 interview", Order(Act.ADVANCE, 3, Stage.INTERVIEW)),
        ("3 Gespräch", Order(Act.ADVANCE, 3, Stage.INTERVIEW)),
        ("3 Gespraech", Order(Act.ADVANCE, 3, Stage.INTERVIEW)),
        ("3 Angebot", Order(Act.ADVANCE, 3, Stage.OFFER)),
        ("5 snooze 2w", Order(Act.SNOOZE, 5, "14d")),
        ("5 snooze 10 days", Order(Act.SNOOZE, 5, "10d")),
        ("5 snooze until 2026-04-01", Order(Act.SNOOZE, 5, "2026-04-01")),
        ("5 später 2 Wochen", Order(Act.SNOOZE, 5, "14d")),
        ("5 später bis 1.4.2026", Order(Act.SNOOZE, 5, "2026-04-01")),
        ("7 is Acme GmbH", Order(Act.EMPLOYER, 7, "Acme GmbH")),
        ("7 IS Acme Inc.", Order(Act.EMPLOYER, 7, "Acme Inc")),
        ("7 is acme", Order(Act.EMPLOYER, 7, "acme")),
        ("7 ist Öko Bau AG", Order(Act.EMPLOYER, 7, "Öko Bau AG")),
        ("7 Rolle Data Analyst", Order(Act.ROLE, 7, "Data Analyst")),
        ("9 applied 2026-11-03", Order(Act.APPLIED, 9, "2026-11-03")),
        ("9 beworben am 3.11.2026", Order(Act.APPLIED, 9, "2026-11-03")),
        ("2 draft", Order(Act.DRAFT, 2)),
        ("2 Entwurf", Order(Act.DRAFT, 2)),
        ("13 note They asked about SQL, I was unsure.", Order(Act.NOTE, 13, "They asked about SQL, I was unsure.")),
        ('13 Notiz: "Warum wir?" - 3 Absage', Order(Act.NOTE, 13, '"Warum wir?" - 3 Absage')),
        ("- #13: NOTE  two\tspaces\u202e and an \x1b[31mescape", Order(Act.NOTE, 13, "two spaces and an [31mescape")),
        ("13 note:They asked", Order(Act.NOTE, 13, "They asked")),
        ("13 Notiz :They asked", Order(Act.NOTE, 13, ":They asked")),
        ("13 note می\u200cشود 👩\u200d💻", Order(Act.NOTE, 13, "می\u200cشود 👩\u200d💻")),
        ("13 note " + "x" * 3_000, Order(Act.NOTE, 13, "x" * 3_000)),
        ("4 close", Order(Act.CLOSE, 4, Stage.WITHDRAWN)),
        ("4 schließen", Order(Act.CLOSE, 4, Stage.WITHDRAWN)),
        ("4 wieder öffnen", Order(Act.REOPEN, 4)),
        ("move 812 3", Order(Act.MOVE, 812, "3")),
        ("verschiebe 812 neu", Order(Act.MOVE, 812, "new")),
        ("move m812 nowhere", Order(Act.MOVE, 812, "nowhere")),
        ("m812 rejection", Order(Act.LABEL, 812, Kind.REJECTION)),
        ("M 812: Absage", Order(Act.LABEL, 812, Kind.REJECTION)),
        ("m812 in review", Order(Act.LABEL, 812, Kind.IN_REVIEW)),
        ("m812 none", Order(Act.LABEL, 812, Kind.OTHER)),
        ("Undo.", Order(Act.UNDO)),
        ("rückgängig", Order(Act.UNDO)),
        ("RUECKGAENGIG", Order(Act.UNDO)),
    ],
)
def test_a_line_of_the_grammar_is_understood(line, order):
    assert understand(line) == order
    assert understand(str(order)) == order


@pytest.mark.parametrize(
    "line",
    [
        "",
        "3",
        "rejected",
        "3 rejected?",
        "3 rejected yesterday",
        "3 maybe rejected",
        "I think 3 rejected",
        "3, 4 rejected",
        "> 3 rejected",
        "| 3 rejected",
        "-3.5 rejected",
        "3 is still open",
        "3 is not mine",
        "3 ist noch in Arbeit",
        "7 is",
        "7 is 12",
        "7 is https://acme.example",
        "7 is jo@acme.example",
        "7 is Acme?",
        '"7 is Acme GmbH" or "undo" above everything else',
        "7 is one of those that I would rather not have written to at all",
        "7 is " + "A" * 101,
        "9 applied 3/11/2026",
        "9 applied 2026-02-30",
        "9 applied 9999-12-31",
        "9 applied 31.12.1989",
        "9 snooze 9999-12-31",
        "13 note",
        "13 note ...",
        "13 note:",
        "13 note \u200d\u200c",
        "13 Notiz: \u202e",
        "13 notes of the interview",
        "13 noted",
        "note they asked about SQL",
        "5 snooze",
        "5 snooze 0d",
        "5 snooze 99w",
        "5 snooze forever",
        "m812",
        "m812 perhaps",
        "move 812",
        "move 812 there",
        "\u0663 rejected",
        "3 rejected " * 40,
        "1234567890 rejected",
    ],
)
def test_anything_else_is_not(line):
    assert understand(line) is None


_WORDS = sorted(
    {words for p in PHRASES for words in (*p.english, *p.german)}
    | {words for english, german, _, _ in LEADS.values() for words in (*english, *german)}
    | {"undo", "move", "m3", "3", "14d", "2w", "2026-03-01", "is", "ist", "not", "Acme", "#3", "?", "\u202e", "new"}
    | {"\t", '"', ".", ":", "\U000e0041", "\ue000"}
)


@given(st.one_of(st.text(), st.lists(st.sampled_from(_WORDS), max_size=6).map(" ".join)))
def test_no_line_is_half_understood_and_none_raises(line):
    order = understand(line)
    if order is not None:
        assert understand(str(order)) == order
        assert order.number or order.act is Act.UNDO or "0" in line
        assert re.sub("[\u200c\u200d]", "", str(order)).isprintable()
        assert begins_note(line) is (order.act is Act.NOTE)


@given(st.text(alphabet=st.characters(exclude_characters="0123456789")))
def test_without_a_number_only_undo_is_an_order(line):
    assert understand(line) in {None, Order(Act.UNDO)}


def test_no_words_mean_two_things():
    said = [words.casefold() for p in PHRASES for words in {*p.english, *p.german}]
    said += [words.casefold() for english, german, _, _ in LEADS.values() for words in {*english, *german}]
    assert len(said) == len(set(said))


def test_places_are_called_as_linking_calls_them():
    assert set(PLACES.values()) == {NEW, NOWHERE}


# --- tokens -----------------------------------------------------------------------------------------


def test_a_token_holds_at_least_128_bits_and_names_its_letter():
    assert len(TOKEN.rpartition("-")[2]) * 5 >= 128
    assert letter_of(SECRET, TOKEN) == LETTER
    assert letter_of(SECRET, TOKEN.upper()) == LETTER


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-"))
def test_a_token_with_another_character_is_none(place, character):
    forged = TOKEN[:place] + character + TOKEN[place + 1 :]
    assert letter_of(SECRET, forged) == (LETTER if forged == TOKEN else "")


def test_a_token_of_another_ledger_or_letter_is_none():
    assert letter_of(bytes(32), TOKEN) == ""
    assert token_of(SECRET, "2026-03-09").rpartition("-")[2] != TOKEN.rpartition("-")[2]


@given(st.text())
def test_looking_for_tokens_never_raises(text):
    assert letter_of(SECRET, text) in {"", LETTER}
    assert tokens_in(a_message(text=text, subject=text)) == tokens_in(a_message(text=text))


def replying(**changes):
    mine = {"from_": ME, "to": (ME,), "direction": Direction.OUT, "text": "3 rejected", "in_reply_to": f"<{TOKEN}@x>"}
    return a_message(**(mine | changes))


def verdict(desk=DESK, **changes):
    reply = read_reply(replying(**changes), lambda: desk)
    return reply and (reply.refused or reply.lines)


def test_a_reply_of_ones_own_with_a_token_counts():
    assert verdict() == ("3 rejected",)
    assert verdict(in_reply_to="", references=("<a@b.example>", f"<{TOKEN}@x>")) == ("3 rejected",)
    assert verdict(in_reply_to="", text=f"3 rejected\n\n{TOKEN}") == ("3 rejected",)
    assert verdict(in_reply_to="", quoted=f"> known by\n> {TOKEN}") == ("3 rejected",)
    assert verdict(from_=Address("Me", "DANA@Whitlock.example")) == ("3 rejected",)


def test_mail_without_a_token_is_no_reply_and_asks_for_nothing():
    def ask():
        raise AssertionError

    assert read_reply(replying(in_reply_to=""), ask) is None


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"from_": Address("dana@whitlock.example", "x@evil.example")}, Refusal.STRANGER),
        ({"one_author": False}, Refusal.STRANGER),
        ({"auto_submitted": "auto-replied"}, Refusal.AUTOMATIC),
        ({"list_id": "jobs.list.example"}, Refusal.AUTOMATIC),
        ({"bulk": True}, Refusal.AUTOMATIC),
        ({"to": (Address("Jo", "jo@friend.example"),)}, Refusal.ELSEWHERE),
        ({"to": (ME, Address("Jo", "jo@friend.example"))}, Refusal.ELSEWHERE),
        ({"to": ()}, Refusal.ELSEWHERE),
        ({"subject": "Fwd: Your applications"}, Refusal.FORWARDED),
        ({"subject": "WG: Your applications"}, Refusal.FORWARDED),
        ({"in_reply_to": f"<{token_of(bytes(32), LETTER)}@x>"}, Refusal.TOKEN),
        ({"in_reply_to": f"<{token_of(SECRET, '2026-02-23')}@x>"}, Refusal.TOKEN),  # no such letter was written
    ],
)
def test_a_reply_that_is_wrong_in_anything_is_refused(changes, refusal):
    assert verdict(**changes) is refusal


def test_a_letter_can_be_answered_until_it_is_too_old():
    old = replace(DESK, letters={LETTER: NOW - 61 * DAY})
    assert verdict(desk=old) is Refusal.EXPIRED
    assert verdict(desk=replace(old, lifetime=62 * DAY)) == ("3 rejected",)


def test_courtesies_are_not_orders_and_a_name_below_is_no_riddle():
    text = "Hi unghost,\n\n3 rejected\n4 close, please\n\nThanks!\nViele Grüße\nDana Whitlock\n5 close"
    assert verdict(text=text) == ("3 rejected", "4 close, please", "5 close")


def test_only_so_many_lines_are_looked_at():
    assert len(verdict(text="hello there\n" * 500)) == 50


def test_a_line_that_is_too_long_does_not_become_an_order_by_being_cut():
    [line] = verdict(text=f"3 rejected {' ' * 300} said nobody")
    assert understand(line) is None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("3 note They asked\nabout SQL\n5 close", ("3 note They asked about SQL", "5 close")),
        ("3 note They asked\n5 Notiz: und hier\nauch", ("3 note They asked", "5 Notiz: und hier auch")),
        ("3 note They asked\n\nMore of it", ("3 note They asked", "More of it")),
        ("3 note They saw\n12 people before me", ("3 note They saw 12 people before me",)),
        ("3 note They asked\nThanks\nMara", ("3 note They asked", "Mara")),
        ("3 note They asked\nDana", ("3 note They asked",)),
        ("3 note They asked\nDana Whitlock.\n\n5 close", ("3 note They asked", "5 close")),
        ("3 note They asked\nDana\nabout SQL", ("3 note They asked Dana about SQL",)),
        ("3 note\n\nDana Whitlock", ("3 note",)),
        (
            "3 note Of two ways they liked mine\nbest.\nI said why",
            ("3 note Of two ways they liked mine best. I said why",),
        ),
        ("3 note They asked\nBest\n\nMara\n5 close", ("3 note They asked", "5 close")),
        ("3 note They asked\nBest\nMara Quill\n5 close", ("3 note They asked", "5 close")),
        ("3 note They asked\nThanks!\nViele Grüße\nMara", ("3 note They asked",)),
        ("3 note They asked\nViele Grüße\nDana", ("3 note They asked",)),
        ("3 note They asked\n_____\nSQL", ("3 note They asked", "SQL")),
        ("3 note They asked\nSent from my iPhone\nSQL", ("3 note They asked", "SQL")),
        ("3 note They asked\n> [5] Osprey Lund\nSQL", ("3 note They asked", "SQL")),
        (f"3 note They asked\n{TOKEN}\nSQL", ("3 note They asked", "SQL")),
        ("3 note\nThey asked\nabout SQL\n\nMore", ("3 note They asked about SQL", "More")),
        (f"3 note\n\n{TOKEN}\n\nThey asked\n\nMore", ("3 note They asked", "More")),
        (f"3 note ...\n\n{TOKEN}\n5 close", ("3 note ...", "5 close")),
        (f"3 note\n\n{TOKEN}\n\nThanks\n-- \nDana", ("3 note",)),
        ("3 is Acme\nabout SQL", ("3 is Acme", "about SQL")),
    ],
)
def test_to_a_note_belong_the_lines_below_it_until_something_else_begins(text, lines):
    assert verdict(text=text) == lines


@given(
    st.lists(
        st.sampled_from(["3 note", "They asked", "", "5 close", "Thanks\n", "> quoted", TOKEN, "..."]), max_size=12
    )
)
def test_whatever_stands_around_a_note_an_order_is_an_order(lines):
    found = verdict(text="\n".join(lines))
    assert found.count("5 close") == lines.count("5 close")
    assert not any("Thanks" in line or "quoted" in line for line in found)


def test_of_an_endless_note_only_so_much_is_kept_that_it_is_seen_to_be_too_long():
    for text in (f"3 note {'word ' * 30_000}", "3 note\n" + "w\n" * 90_000):
        [line] = verdict(text=text)
        assert MAX_NOTE < len(understand(line).value) < 2 * MAX_NOTE


# --- links ------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_link_opens_exactly_the_line_and_the_token(line):
    url = reply_url(ME.addr_spec, line, TOKEN)
    assert re.fullmatch(r"[!-~]+", url)
    parts = urlsplit(url)
    assert (parts.scheme, unquote(parts.path)) == ("mailto", ME.addr_spec)
    fields = dict(field.split("=") for field in parts.query.split("&"))
    assert unquote(fields["body"]) == f"{line}\r\n\r\n{TOKEN}\r\n"
    assert "+" not in parts.query


# --- mail programs ----------------------------------------------------------------------------------

QUESTION = Question(812, NOW - DAY, Address("Jo", "jo@x.example"), "Your application", (waiting(3, number=1),))
DIGEST = digest_of(
    *(invited(number=1), rejected(number=2), waiting(30, number=3), waiting(70, number=4), interviewed(number=13)),
    unsure=[an_unsure()],
    questions=[QUESTION],
)
TEXT, HTML = text_of(DIGEST, WORDING, TOKEN), html_of(DIGEST, WORDING, TOKEN)


def test_no_line_of_a_digest_is_an_order():
    """So in a reply whose quotes nobody recognises none of them is carried out; a note without words may take them."""
    for line in [*TEXT.splitlines(), *html_to_text(HTML).splitlines()]:
        for quoted in (line, line.strip(), re.sub(r"^[\W\d]+", "", line)):
            assert understand(quoted) is None, quoted
            assert not begins_note(quoted), quoted


def test_every_link_of_a_digest_is_an_order():
    lines = [unquote(found) for found in re.findall(r"subject=unghost%3A%20([^&]+)&amp;body", HTML)]
    assert len(lines) == len(re.findall("mailto:", HTML)) >= 8
    assert [line for line in lines if not understand(line)] == ["13 note"]  # the words are the user's
    assert understand("13 note They asked about SQL")
    assert html_of(DIGEST, WORDING).count("mailto:") == 0


PROGRAMS = programs(TEXT, HTML)


def sent(plain, shown, subject="Re: Your applications: 1 invitation"):
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = "Dana Whitlock <dana@whitlock.example>", "dana@whitlock.example"
    mail["Date"], mail["Subject"] = "Mon, 02 Mar 2026 12:00:00 +0100", subject
    mail["Message-ID"], mail["In-Reply-To"] = "<1@whitlock.example>", f"<{TOKEN}@unghost.localhost>"
    if plain:
        mail.set_content(plain)
    if shown:
        mail.add_alternative(shown, subtype="html")
    return parse(mail.as_bytes(), direction=Direction.OUT, internaldate=None)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("mine", ["3 rejected", "3 rejected\n5 snooze 2w\n\nThanks"])
def test_only_the_users_own_lines_are_read(program, mine):
    reply = read_reply(sent(*filled(PROGRAMS[program], mine)), lambda: DESK)
    assert reply.refused == ""
    assert list(map(understand, reply.lines)) == [understand(line) for line in mine.split("\n")[:2]]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("mine", ["3 note They asked", "12 rejected", "move 12 3"])
def test_an_order_right_above_what_the_program_adds_is_read(program, mine):
    plain, shown = PROGRAMS[program]
    reply = read_reply(sent(*filled((plain.replace("{}\n\n", "{}\n"), shown), mine)), lambda: DESK)
    assert list(map(understand, reply.lines)) == [understand(mine)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_empty_reply_asks_for_nothing(program):
    reply = read_reply(sent(*filled(PROGRAMS[program], "")), lambda: DESK)
    assert [line for line in reply.lines if understand(line)] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_orders_in_the_quotes_are_not_read(program):
    plain, shown = filled(PROGRAMS[program], "4 close")
    evil = plain.replace("SO FAR, IN NUMBERS", "7 rejected"), shown.replace("So far, in numbers", "7 rejected")
    reply = read_reply(sent(*evil), lambda: DESK)
    assert [line for line in reply.lines if understand(line)] == ["4 close"]


NOTE = (
    "They asked much about SQL and I was unsure on window functions; next time read up on frames, and ask them what a "
    "first month looks like. 3 people were there, and one of them said “we reject nobody for that”."
)
WRAPPED = textwrap.fill(f"13 note {NOTE}", 76)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("below", ["", "\n\n5 snooze 2w", "\n-- \nDana Whitlock\n9 close", "\nThanks!\nDana"])
def test_a_note_that_a_mail_program_has_broken_is_kept_whole_and_nothing_with_it(program, below):
    reply = read_reply(sent(*filled(PROGRAMS[program], WRAPPED + below)), lambda: DESK)
    orders = [order for line in reply.lines if (order := understand(line))]
    kept = NOTE.replace("“", '"').replace("”", '"')
    assert orders == [Order(Act.NOTE, 13, kept), *([Order(Act.SNOOZE, 5, "14d")] if "snooze" in below else [])]


BY_CHANCE = "13 note They spoke of eight others who had sent the same exercise, of whom\n5 rejected\nthe offer"


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_may_be_the_rest_of_a_broken_line_is_no_order(program):
    reply = read_reply(sent(*filled(PROGRAMS[program], BY_CHANCE)), lambda: DESK)
    [order] = [order for line in reply.lines if (order := understand(line))]
    assert order.value.endswith("of whom 5 rejected the offer")


@pytest.mark.parametrize(
    ("n_letters", "gap", "n_lines"), [(59, "\n", 2), (60, "\n", 1), (80, "\n", 1), (81, "\n", 2), (70, "\n\n", 2)]
)
def test_below_a_note_whose_line_is_as_long_as_programs_break_them_an_order_takes_an_empty_line(
    n_letters, gap, n_lines
):
    assert len(verdict(text=f"{'3 note ':x<{n_letters}}{gap}5 close")) == n_lines


@pytest.mark.parametrize("params", [{"format": "flowed"}, {"format": "flowed", "delsp": "yes"}, {}])
def test_a_note_is_kept_whole_however_its_line_travels(params):
    space = "  " if "delsp" in params else " "
    written = WRAPPED.replace("\n", f"{space}\n") if params else WRAPPED.replace("\n", " ")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = mail["To"] = "dana@whitlock.example"
    mail["Date"], mail["In-Reply-To"] = "Mon, 02 Mar 2026 12:00:00 +0100", f"<{TOKEN}@unghost.localhost>"
    mail.set_content(f"{written}\n3 rejected\n-- \nDana\n", cte="quoted-printable", params=params)
    reply = read_reply(parse(mail.as_bytes(), direction=Direction.OUT, internaldate=None), lambda: DESK)
    noted, order = map(understand, reply.lines)
    assert noted == understand(f"13 note {NOTE}".replace("“", '"').replace("”", '"'))
    assert order == Order(Act.CLOSE, 3, Stage.REJECTED)


@given(st.text(), st.text())
def test_no_text_makes_reading_a_reply_raise(text, below):
    read_reply(replying(text=text, quoted=below), lambda: DESK)


# --- what is told -----------------------------------------------------------------------------------


def told(*lines):
    return Replied(9, "<9@whitlock.example>", NOW, "", tuple(Told(*line) for line in lines))


def sentences(*lines):
    [answer] = answers([told(*lines)], [waiting(3, number=3, employer="Brightwater")], WORDING.words)
    return answer.sentences


@pytest.mark.parametrize("phrase", [*PHRASES, *LEADS], ids=str)
def test_everything_that_can_be_done_is_told(phrase):
    line = f"3 {phrase.english[0]}" if phrase in PHRASES else f"3 {LEADS[phrase][0][0]} {LEADS[phrase][2]}"
    [sentence] = sentences((line, str(understand(line)), Outcome.DONE))
    assert sentence.startswith("3 ")
    assert sentence.endswith(".")


def test_what_is_told_in_words():
    assert sentences(
        ("3 Absage", "3 rejected", Outcome.DONE),
        ("undo", "undo 3 rejected", Outcome.DONE),
        ("m9 none", "m9 other", Outcome.DONE),
        ("move 9 3", "move 9 3", Outcome.DONE),
        ("move 9 neu", "move 9 new", Outcome.DONE),
        ("8 close", "8 close", Outcome.NO_APPLICATION),
        ("What\u202e is\x1b[31m this", "", Outcome.NOT_UNDERSTOOD),
    ) == (
        "3 (Brightwater) is rejected now.",
        "Taken back: 3 rejected.",
        "Message 9 is none of your applications now.",
        "Message 9 belongs to 3 (Brightwater) now.",
        "Message 9 belongs to an application of its own now.",
        "8 close: there is no such application.",
        'Not understood: "What is[31m this".',
    )


def test_a_note_is_told_in_its_beginning():
    order = f"3 note {'They asked <b>; ' * 40}"
    for outcome, end in (
        (Outcome.DONE, "…”."),
        (Outcome.NOTE_CUT, "…: noted, but without its end: the note was too long."),
    ):
        [sentence] = sentences((order, order, outcome))
        assert sentence.endswith(end)
        assert len(sentence) < 280
    [sentence] = sentences(("undo", f"undo {order}", Outcome.DONE))
    assert sentence.startswith("Taken back: 3 note They asked <b>;")
    assert len(sentence) < 220


def test_of_many_riddles_five_are_told_and_the_rest_counted():
    found = sentences(*((f"line {n} {'x' * 150}", "", Outcome.NOT_UNDERSTOOD) for n in range(9)))
    assert len(found) == 6
    assert all(len(sentence) < 110 for sentence in found)
    assert found[-1] == "Not understood: 4 lines more."


def test_what_was_ignored_is_counted_with_its_reasons():
    refused = [replace(told(), refused=reason) for reason in ("stranger", "token", "token")]
    assert ignored(refused, WORDING.words) == (
        "3 messages that looked like a reply changed nothing: "
        "1 not from an address of yours; 2 without a letter's token."
    )
    assert all(ignored([replace(told(), refused=reason)], WORDING.words) for reason in Refusal)
    assert ignored([told()], WORDING.words) == ""
