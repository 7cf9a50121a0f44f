"""How the digest is written: two languages, two parts that say the same, colours to read by, dates for the calendar."""

from __future__ import annotations

import colorsys
import email
import email.policy
import re
import string
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import pairwise

import icalendar
import pytest
from babel import Locale
from click.testing import CliRunner
from factories import DAY, ENGLISH, FIXED, GERMAN, NOW, WORDING, an_application, as_shipped
from hypothesis import given, strategies as st

from pipeline.cli.main import cli
from pipeline.digest.compose import STANDINGS, compose
from pipeline.digest.contents import MAX_MOVED, News, Picture
from pipeline.digest.grounds import basis_sentences, evidence_sentence
from pipeline.digest.looks import DARK, LIGHT, LOOKS, SHAPE_CONTRAST, SHAPES, TEXT_CONTRAST, TEXTS
from pipeline.digest.pages import digest_page, stats_page
from pipeline.digest.plain import printable, sender_of, short
from pipeline.digest.render import html_of, render, subject_of, text_of
from pipeline.digest.steps.vocabulary import FAMILIES
from pipeline.digest.words import read_words
from pipeline.errors import ConfigError
from pipeline.funnel.channel import Channel
from pipeline.funnel.figures import funnel_of
from pipeline.funnel.published import read_published
from pipeline.parse.html import html_to_text
from pipeline.records import (
    Address,
    Coverage,
    Direction,
    Event,
    Grounds,
    Kind,
    Learned,
    Outcome,
    Promise,
    Question,
    Replied,
    Stage,
    Told,
    Turn,
    Unsure,
)
from pipeline.replies import Refusal, token_of
from pipeline.replies.grammar import LEADS, PHRASES, understand
from pipeline.silence import find_silences
from pipeline.workdays import Workdays

COVERAGE = [Coverage("home", "INBOX", NOW, 12), Coverage("home", "Jobs", None, 0)]
THURSDAY = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
LANGUAGES = {"en": WORDING, "de": replace(WORDING, words=GERMAN)}
TOKEN = token_of(bytes(32), "2026-03-02")
LEARNED = Learned("m-2", 6, 2, 5, 1, 2, promoted=True)
REPLIED = Replied(
    9,
    "<9@whitlock.example>",
    NOW - DAY,
    "",
    (
        Told("3 Absage", "3 rejected", Outcome.DONE),
        Told("4 später 2w", "4 snooze 14d", Outcome.DONE),
        Told("7 is Acme GmbH", "7 is Acme GmbH", Outcome.DONE),
        Told("8 close", "8 close", Outcome.NO_APPLICATION),
        Told("???", "", Outcome.NOT_UNDERSTOOD),
    ),
)
STRANGE = Replied(10, "<10@x.example>", NOW - DAY, "stranger", ())
HOSTILE = (
    "<script>alert(1)</script><img src=http://evil.example/x.png>\u202eevil\u2066 \x1b[31m\x00\ud800\u2028 {{ 7 * 7 }}"
    " {n} http://evil.example/x.png\r\nBcc: a@b.example"
)


def digest_of(
    *applications,
    wording=WORDING,
    said=frozenset(),
    unsure=(),
    questions=(),
    now=NOW,
    previous_at=NOW - 7 * DAY,
    **more,
):
    silences = find_silences(applications, [replace(COVERAGE[0], complete_at=now)], FIXED, now)
    picture = Picture(applications, silences, unsure, questions, COVERAGE, 2, said, previous_at, **more)
    return compose(picture, wording, now)


def decided(kind, stage, **changes):
    event = Event(changes.pop("message_id", 77), NOW - 2 * DAY, Direction.IN, kind, "thread")
    turn = Turn.NOBODY if stage.is_closed else Turn.USER
    return an_application(stage=stage, turn=turn, turn_since=event.at, events=(event,), **changes)


def invited(**changes):
    return decided(Kind.INTERVIEW, Stage.INTERVIEW, **changes)


def waiting(days, **changes):
    return an_application(turn_since=NOW - days * DAY, **changes)


def everything(wording=WORDING, name="Brightwater", times=1):
    """A digest with each section in it, ``times`` applications for each."""
    many = [
        make(employer=f"{name}{n}", role=name)
        for n in range(times)
        for make in (
            lambda **c: invited(interview_at=THURSDAY, **c),
            lambda **c: decided(Kind.OFFER, Stage.OFFER, **c),
            lambda **c: decided(Kind.ASSESSMENT, Stage.ASSESSMENT, **c),
            lambda **c: decided(Kind.REJECTION, Stage.REJECTED, **c),
            lambda **c: decided(Kind.POSITION_CLOSED, Stage.POSITION_CLOSED, **c),
            lambda **c: an_application(turn=Turn.USER, stage=Stage.IN_REVIEW, **c),
            lambda **c: an_application(turn=Turn.USER, promise=Promise(THURSDAY.date(), Turn.USER, "By then."), **c),
            lambda **c: an_application(stage=Stage.INTERVIEW, interview_at=THURSDAY, **c),
            lambda **c: an_application(stage=Stage.INTERVIEW, interview_at=NOW - DAY, **c),
            lambda **c: waiting(60, stage=Stage.INTERVIEW, **c),
            lambda **c: waiting(25, **c),
            lambda **c: waiting(12, **c),
            lambda **c: waiting(15, promise=Promise((NOW - 3 * DAY).date(), Turn.EMPLOYER, "By Friday."), **c),
            lambda **c: waiting(60, unsure=(9,), **c),
        )
    ]
    sender = Address(name, f"{name}@x.example")
    unsure = [Unsure(9 + n, NOW - DAY, sender, f"About {name}", Kind.OFFER, 0.71, 0.8, ()) for n in range(times)]
    whose = [Question(812 + n, NOW - DAY, sender, f"Re: {name}", tuple(many[:3])) for n in range(times)]
    return digest_of(
        *many, wording=wording, unsure=unsure, questions=whose, learned=LEARNED, replied=[REPLIED, STRANGE]
    )


class Page(HTMLParser):
    """Tags, attributes and the words one reads; what is hidden from screen readers is left out."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self._open = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "link", "img"}:
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not any(tag in {"style", "title"} or "aria-hidden" in attrs for tag, attrs in self._open):
            self.texts.append(data)

    @property
    def words(self):
        return words_in(" ".join(self.texts))


def words_in(text):
    return set(re.findall(r"\w+", text.casefold()))


@pytest.fixture(params=LANGUAGES)
def wording(request):
    return LANGUAGES[request.param]


# Languages


def test_every_english_sentence_is_there_in_german():
    assert ENGLISH.sentences.keys() == GERMAN.sentences.keys()


def blanks_of(forms):
    return {name for text in forms.values() for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_fill_in_the_same_blanks():
    for key, forms in ENGLISH.sentences.items():
        assert blanks_of(forms) == blanks_of(GERMAN.sentences[key]), key


@pytest.mark.parametrize("words", [ENGLISH, GERMAN], ids=LANGUAGES)
def test_a_sentence_with_a_number_has_every_form_of_its_language(words):
    rule = Locale.parse(words.dates.locale).plural_form
    for key, forms in words.sentences.items():
        assert len(forms) == 1 or forms.keys() == {*rule.tags, "other"}, key


def test_numbers_choose_their_form():
    assert GERMAN("subject.invitations", 1) == "1 Einladung"
    assert GERMAN("subject.invitations", 0) == "0 Einladungen"
    assert GERMAN("subject.invitations", 1204) == "1.204 Einladungen"
    assert ENGLISH("subject.invitations", 1204) == "1,204 invitations"
    polish = (
        '[dates]\nlocale="pl_PL"\nday="d"\nmoment="d"\n[a]\nb={one="{n} list", few="{n} listy", other="{n} listów"}'
    )
    words = read_words(polish, "words.pl.toml", "pl")
    assert [words("a.b", n) for n in (1, 2, 5)] == ["1 list", "2 listy", "5 listów"]


def test_a_german_digest_is_german_throughout():
    wording = LANGUAGES["de"]
    digest = everything(wording)
    assert subject_of(digest, GERMAN) == (
        "Deine Bewerbungen: 3 Einladungen, 1 Gespräch diese Woche, 2 warten auf dich, 2 Absagen"
    )
    english = {"the", "your", "you", "and", "days", "their", "since", "message", "read", "invitation", "answer"}
    for words in (words_in(text_of(digest, wording)), Page(html_of(digest, wording)).words):
        assert not words & english
    assert "Donnerstag, 5. März, 10:00 Uhr" in text_of(digest, wording)
    assert '<html lang="de"' in html_of(digest, wording)


@pytest.mark.parametrize(
    ("odds", "n_answered", "n_by_now", "sentence"),
    [
        (0.14, 0, 0, "17 Arbeitstage; in diesem Stadium hat dir noch niemand geantwortet; etwa 1 von 7 antwortet noch"),
        (0.64, 9, 8, "17 Arbeitstage; von 9 Antworten an dich waren bis dahin 8 da; etwa 2 von 3 antworten noch"),
        (
            0.001,
            9,
            1,
            "17 Arbeitstage; von 9 Antworten an dich war bis dahin 1 da; weniger als 1 von 100 antwortet noch",
        ),
    ],
)
def test_the_odds_are_said_in_german(odds, n_answered, n_by_now, sentence):
    grounds = Grounds(17, odds, 0.02, 10, n_answered, n_by_now, 4, 0.4, 12)
    assert evidence_sentence(grounds, GERMAN) == f"{sentence}, innerhalb der nächsten fünf Arbeitstage 1 von 50"
    assert "40\xa0%" in basis_sentences(grounds, GERMAN)[1]


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("[letter", "cannot be read"),
        ("letter = 3", "letter: is no table"),
        ("[letter]\nwhy = 3", "letter.why: is neither text nor a table"),
        ("[letter]\nwhy = {one = 'x'}", "letter.why: is neither text nor a table"),
        ("[letter]\nwhy = '{salary}'", "letter.why: has the unknown blank {salary}; known: n, reason"),
        ("[letter]\nwhy = '{reason.x}'", "letter.why: has a brace that is no blank"),
        ("[letter]\nwhy = '{'", "letter.why: has a brace that is no blank"),
        ("[letter]\nwhi = 'x'", "letter.whi: unknown key"),
        ("[dates]\nlocale = 'tlh_XX'", "dates.locale: 'tlh_XX' is no locale"),
    ],
)
def test_a_wrong_wording_file_is_explained(toml, problem):
    with pytest.raises(ConfigError, match=re.escape(problem)):
        read_words(toml, "words.en.toml", "en", model=ENGLISH, base=ENGLISH)


def test_a_language_of_ones_own_needs_every_sentence():
    with pytest.raises(ConfigError, match="titles.moved: is missing"):
        read_words("[letter]\nwhy = 'Pourquoi : {reason}'", "words.fr.toml", "fr", model=ENGLISH)


@pytest.fixture
def told(tmp_path, monkeypatch):
    """What ``unghost digest --dry-run`` says with a configuration and files beside it."""
    monkeypatch.setenv("UNGHOST_DATA", str(tmp_path))

    def run(config, **files):
        (tmp_path / "config.toml").write_text(config, encoding="utf-8")
        for language, text in files.items():
            (tmp_path / f"words.{language}.toml").write_text(text, encoding="utf-8")
        arguments = ["--config", str(tmp_path / "config.toml"), "digest", "--dry-run", "--now", NOW.isoformat()]
        result = CliRunner().invoke(cli, arguments)
        return result.output + str(result.exception or "")

    return run


def test_the_language_is_chosen_in_the_configuration(told):
    assert told('[digest]\nlanguage = "de"').startswith("Diese Woche nichts Neues: keine Antworten")
    assert told("").startswith("Nothing new this week: no answers")


def test_ones_own_words_come_before_the_shipped_ones(told):
    assert "Guck mal.\n" in told('[digest]\nlanguage = "de"', de="[letter]\nquiet_week = 'Guck mal.'")


def test_a_language_nobody_has_words_for_is_named(told):
    assert "there is no words.fr.toml" in told('[digest]\nlanguage = "fr"')


# Both parts


def test_both_parts_say_the_same(wording):
    digest = everything(wording)
    text, page = text_of(digest, wording), Page(html_of(digest, wording))
    header = {"2026", "2", "mar", "märz", *words_in(wording.words("subject.overline"))}  # the page has a line more
    assert words_in(text) - page.words == set()
    assert page.words - words_in(text) - header == set()


def test_both_parts_of_a_first_and_of_a_quiet_digest_say_the_same(wording):
    header = {"2026", "2", "mar", "märz", *words_in(wording.words("subject.overline"))}
    first = digest_of(*(waiting(25 + n) for n in range(20)), wording=wording, previous_at=None)
    quiet = digest_of(waiting(3), wording=wording)
    assert first.summary
    assert quiet.is_quiet
    for digest in (first, quiet):
        text, page = text_of(digest, wording), Page(html_of(digest, wording))
        assert words_in(text) - page.words == set()
        assert page.words - words_in(text) - header - words_in(subject_of(digest, wording.words)) == set()


def test_what_became_of_an_answer_is_told_in_a_week_without_news(wording):
    digest = digest_of(waiting(3, number=3), wording=wording, replied=[REPLIED])
    assert not digest.is_quiet
    assert wording.words("subject.nothing") in subject_of(digest, wording.words)
    for written in (text_of(digest, wording), html_of(digest, wording)):
        assert wording.words("undone.no_application", order="8 close") in written
    assert digest_of(waiting(3, number=3), wording=wording, said=digest.said, replied=[REPLIED]).is_quiet


def test_every_outcome_and_order_has_its_words(wording):
    keys = [f"undone.{one}" for one in set(Outcome) - {Outcome.DONE, Outcome.NOT_UNDERSTOOD}]
    keys += [f"refused.{one}" for one in Refusal] + [f"guesses.{one}" for one in Kind]
    keys += [f"done.{phrase.value or phrase.act}" for phrase in PHRASES] + [f"done.{act}" for act in LEADS]
    keys += [f"subject.{news}" for news in News] + [f"standings.{name}" for name in STANDINGS]
    keys += [f"families.{family}" for family in FAMILIES]
    assert [key for key in keys if not wording.words.has(key)] == []


def test_a_family_of_steps_is_told_in_words_and_not_by_its_name_in_the_table(wording):
    assert not {wording.words(f"families.{family}") for family in FAMILIES} & {*FAMILIES}


def test_a_letter_that_can_be_answered_says_how_and_is_no_order_itself(wording):
    digest = everything(wording)
    text, page = text_of(digest, wording, TOKEN), html_of(digest, wording, TOKEN)
    assert TOKEN in text
    assert page.count("mailto:") >= 8
    for line in [*text.splitlines(), *html_to_text(page).splitlines()]:
        assert understand(line.strip()) is None, line


def test_the_text_part_is_narrow(wording):
    for name in ("Brightwater", "W" * 300, "Wort " * 90):
        assert max(map(len, text_of(everything(wording, name), wording, TOKEN).splitlines())) <= 78


def test_the_bars_are_in_both_parts():
    digest = everything()
    text, page = text_of(digest, WORDING), Page(html_of(digest, WORDING))
    bars = [attrs["width"] for tag, attrs in page.tags if tag == "td" and attrs.get("class") == "bar"]
    assert bars == [f"{round(100 * figure.share)}%" for figure in digest.figures]
    drawn = [len(line.split()[-1]) for line in text.splitlines() if line.endswith("#")]
    assert drawn == [round(36 * figure.share) for figure in digest.figures]


def test_headings_are_in_order_and_tables_say_what_they_are(wording):
    page = Page(html_of(everything(wording), wording))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    data = [attrs for tag, attrs in page.tags if tag == "table" and attrs.get("role") != "presentation"]
    assert len(data) == 1
    assert sum(tag == "th" and attrs.get("scope") == "row" for tag, attrs in page.tags) == 5


def test_a_letter_stays_under_100_kb(wording):
    digest = everything(wording, "Söhne & Töchter Verwaltung", times=30)
    assert (len(digest.moved.items), digest.moved.n) == (MAX_MOVED, 90)
    for part in (text_of(digest, wording, TOKEN), html_of(digest, wording, TOKEN)):
        assert len(part.encode()) < 100_000  # what mail programs would cut off


def test_endless_names_do_not_make_an_endless_letter(wording):
    digest = everything(wording, "Größe" * 1000, times=100)
    assert len(html_of(digest, wording, TOKEN).encode()) < 100_000  # what mail programs would cut off
    assert len(text_of(digest, wording, TOKEN).encode()) < 100_000


# Strangers


LOADING = {"img", "link", "script", "iframe", "object", "embed", "form", "video", "audio", "base", "svg", "input"}


def test_nothing_is_loaded_from_anywhere(wording):
    html = html_of(everything(wording, HOSTILE), wording)
    page = Page(html)
    assert not {tag for tag, _ in page.tags} & LOADING
    names = {name for _, attrs in page.tags for name in attrs}
    assert not names & {"src", "srcset", "background", "poster", "action", "data"}
    assert not {name for name in names if name.startswith("on")}
    assert "url(" not in html
    assert "@import" not in html


def test_what_strangers_write_stays_text(wording):
    digest = everything(wording, HOSTILE)
    html, text = html_of(digest, wording), text_of(digest, wording)
    assert "&lt;script&gt;" in html
    for sign in "\u202e\u2066\x1b\x00\r\ud800\u2028":
        assert sign not in html
        assert sign not in text
    letter = email.message_from_bytes(render(digest, wording, "2026-03-02").octets, policy=email.policy.default)
    assert letter["Bcc"] is None
    assert "\nBcc:" not in text


@given(st.text())
def test_no_text_hides_anything(text):
    seen = printable(text)
    assert seen == printable(seen)
    seen.encode("utf-8")
    assert len(short(text)) <= 60
    assert "\n" not in short(text)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (Address("Jo", "jo@x.example"), "Jo, jo@x.example"),
        (Address("", "jo@x.example"), "jo@x.example"),
        (Address("PayPal", "jo@\u0440\u0430ypal.example"), "PayPal, jo@xn--ypal-43d9g.example"),
        (Address("", "jo@xn--bcher-kva.example"), "jo@xn--bcher-kva.example"),
        (Address("", "jo@BÜCHER.example"), "jo@xn--bcher-kva.example"),
        (Address("Jo\u202e", ""), "Jo, "),
    ],
)
def test_a_sender_is_named_with_a_domain_that_is_what_it_looks_like(address, words):
    assert sender_of(address) == words


# Colours


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def inverted(colour):
    """What a program makes of a colour that darkens letters by itself: the same hue, the lightness turned round."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)))
    return "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, 1 - lightness, saturation))


@pytest.mark.parametrize(
    "colours",
    [LIGHT, DARK, {name: inverted(colour) for name, colour in LIGHT.items()}],
    ids=["light", "dark", "forced"],
)
def test_colours_can_be_told_apart(colours):
    for text, ground in TEXTS:
        assert contrast(colours[text], colours[ground]) >= TEXT_CONTRAST, (text, ground)
    for shape, ground in SHAPES:
        assert contrast(colours[shape], colours[ground]) >= SHAPE_CONTRAST, (shape, ground)


def test_every_colour_has_one_place_and_two_values():
    assert LIGHT.keys() == DARK.keys()
    html = html_of(everything(), WORDING)
    assert set(re.findall(r"#[0-9a-f]{6}\b", html)) <= {*LIGHT.values(), *DARK.values()}
    assert {attrs["style"] for _, attrs in Page(html).tags if "style" in attrs} <= set(LOOKS.values())


# Dates for the calendar


def calendar_in(digest, wording=WORDING):
    """The events of the one attached file, by their summaries."""
    letter = email.message_from_bytes(render(digest, wording, "2026-03-02").octets, policy=email.policy.default)
    parts = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return {}
    [part] = parts
    assert part.get_content_disposition() == "attachment"
    assert part.get_param("method") == "PUBLISH"
    calendar = icalendar.Calendar.from_ical(part.get_content())
    assert calendar["METHOD"] == "PUBLISH"
    return {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}


def said_by(*digests):
    return frozenset().union(*(digest.said for digest in digests))


def test_an_interview_ahead_is_attached_and_nobody_is_invited():
    [(summary, event)] = calendar_in(digest_of(invited(interview_at=THURSDAY))).items()
    assert summary == "Interview: Brightwater, Data Analyst"
    assert event["DTSTART"].to_ical() == b"20260305T090000Z"
    assert event["DTEND"].to_ical() == b"20260305T100000Z"
    assert event["DTSTAMP"].dt == NOW
    assert event["SEQUENCE"] == 0
    assert "ATTENDEE" not in event


def test_an_interview_that_is_over_or_off_is_not_attached():
    assert not calendar_in(digest_of(invited(interview_at=NOW - DAY)))
    assert not calendar_in(digest_of(decided(Kind.REJECTION, Stage.REJECTED, interview_at=THURSDAY)))


def test_a_date_is_attached_once_and_again_when_it_moves():
    application = invited(interview_at=THURSDAY)
    first = digest_of(application)
    assert not digest_of(application, said=first.said).dates
    moved = replace(application, interview_at=THURSDAY + DAY)
    second = digest_of(moved, said=first.said)
    [before], [after] = calendar_in(first).values(), calendar_in(second).values()
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    [event] = invited(message_id=78).events
    back = replace(moved, interview_at=THURSDAY, events=(*moved.events, event))
    [again] = calendar_in(digest_of(back, said=said_by(first, second))).values()
    assert again["SEQUENCE"] == 2
    assert again["DTSTART"].dt == THURSDAY


def test_two_applications_have_two_events():
    found = calendar_in(digest_of(*(invited(interview_at=THURSDAY, employer=name) for name in ("Tern", "Osprey"))))
    assert len({str(event["UID"]) for event in found.values()}) == 2


@pytest.mark.parametrize(
    ("now", "country", "silent", "overdue"),
    [
        (NOW, "", date(2026, 3, 2), date(2026, 3, 9)),
        (datetime(2026, 4, 3, 7, tzinfo=UTC), "DE", date(2026, 4, 7), date(2026, 4, 13)),  # Good Friday
    ],
)
def test_a_follow_up_is_a_working_day(now, country, silent, overdue):
    wording = replace(WORDING, workdays=Workdays(country))
    waits = [an_application(employer=name, turn_since=now - n * DAY) for name, n in (("Tern", 25), ("Osprey", 12))]
    found = calendar_in(digest_of(*waits, wording=wording, now=now), wording)
    days = {summary: event["DTSTART"].dt for summary, event in found.items()}
    assert days == {
        "If nothing has come: write to Tern, Data Analyst": silent,
        "If nothing has come: write to Osprey, Data Analyst": overdue,
    }


def test_nobody_is_followed_up_a_third_time():
    since = NOW - 25 * DAY
    chases = tuple(Event(n, since + n * DAY, Direction.OUT, None, "thread") for n in (1, 2))
    once, twice = waiting(25, events=chases[:1]), waiting(25, events=chases)
    assert len(digest_of(once, twice).dates) == 1
    assert not digest_of(waiting(60)).dates


def test_the_calendar_speaks_the_language_of_the_letter():
    wording = LANGUAGES["de"]
    digest = digest_of(invited(interview_at=THURSDAY, employer="Müller\u202e"), wording=wording)
    assert Counter(calendar_in(digest, wording).keys()) == {"Gespräch: Müller, Data Analyst": 1}
    assert "Für deinen Kalender liegt bei: 1 Gespräch." in text_of(digest, wording)


def test_the_letter_says_what_dates_are_attached():
    digest = digest_of(invited(interview_at=THURSDAY), *(waiting(12, number=n) for n in (1, 2)))
    for written in (text_of(digest, WORDING), html_of(digest, WORDING)):
        assert "1 interview and 2 days to follow up are attached for your calendar." in written
    german = LANGUAGES["de"]
    assert "Für deinen Kalender liegen bei: 1 Gespräch und 2 Tage zum Nachfragen." in text_of(digest, german)
    assert "1 day to follow up is attached" in text_of(digest_of(waiting(25)), WORDING)


def test_no_day_to_follow_up_where_the_step_is_not_to_write():
    application = waiting(25)
    before = digest_of(application)
    [mark] = [(key, what) for key, what in before.said if what.startswith("step:") and key]
    digest = digest_of(application, said={mark})
    [item] = digest.silent.items
    assert item.step
    assert not item.step.draft
    assert before.dates
    assert not digest.dates


# Pages


PUBLISHED = read_published(as_shipped("published.toml"))


def pages_of(wording, name="Brightwater"):
    """The page of the digest and that of the figures, of thirty applications half of which were answered."""
    applications = [waiting(n, employer=f"{name}{n}", applied_at=NOW - n * DAY) for n in range(5, 20)]
    applications += [decided(Kind.REJECTION, Stage.REJECTED, applied_at=NOW - n * DAY) for n in range(5, 20)]
    silences = find_silences(applications, COVERAGE[:1], FIXED, NOW)
    funnel = funnel_of(applications, dict.fromkeys([a.key for a in applications], Channel.ATS), PUBLISHED, UTC, NOW)
    digest = digest_of(*applications, wording=wording)
    return digest_page(digest, funnel, silences, wording), stats_page(funnel, wording.words)


def test_pages_have_charts_that_say_their_numbers_and_load_nothing(wording):
    for html, n_charts in zip(pages_of(wording), (2, 2), strict=True):
        page = Page(html)
        drawings = [attrs["aria-label"] for tag, attrs in page.tags if tag == "svg" and "role" in attrs]
        assert len(drawings) == n_charts
        assert any(wording.words("steps.answered") + " 15 · 50" in label for label in drawings)
        assert not {tag for tag, _ in page.tags} & (LOADING - {"svg"})
        assert not {name for _, attrs in page.tags for name in attrs} & {"src", "href", "xlink:href", "action"}
        assert "url(" not in html


def test_strangers_stay_text_in_charts(wording):
    for html in pages_of(wording, HOSTILE):
        assert "<script" not in html
        assert "<img" not in html
        assert not set("\u202e\x1b\x00\ud800") & set(html)


def test_a_search_without_applications_has_a_page_too(wording):
    funnel = funnel_of([], {}, PUBLISHED, UTC, NOW)
    assert wording.words("stats.too_few") in stats_page(funnel, wording.words)
    assert "<svg" not in digest_page(digest_of(wording=wording), funnel, [], wording)


def test_both_pages_are_written_for_their_owner_only(told, tmp_path):
    told('[digest]\nlanguage = "de"')
    for command, words in (("digest", "Deine Bewerbungen"), ("stats", "Deine Stellensuche in Zahlen")):
        page = tmp_path / f"{command}.html"
        arguments = ["--config", str(tmp_path / "config.toml"), command, "--now", NOW.isoformat(), "--html", str(page)]
        assert CliRunner().invoke(cli, arguments).exit_code == 0
        assert words in page.read_text(encoding="utf-8")
        assert page.stat().st_mode & 0o077 == 0
