"""What the sender newly wrote, in a dozen languages; the people are invented."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings, strategies as st

from pipeline.parse.quotes import own_lines, says_forward, split

NEW = "Friday at ten suits me well."
OLD = "Could you come on Friday?"

ATTRIBUTIONS = {
    "en": "On Tue, 3 Mar 2026 at 09:00, Rosa Lindqvist <rosa@acme.example> wrote:",
    "en-us": "On Mar 3, 2026, at 9:00 AM, Rosa Lindqvist wrote:",
    "en-wrapped": "On Tue, 3 Mar 2026 at 09:00, Rosa Lindqvist\n<rosa@acme.example> wrote:",
    "en-wrapped-twice": "On Tue, 3 Mar 2026 at 09:00, Rosa Lindqvist\n<rosa.lindqvist@acme.example>\nwrote:",
    "de": "Am Di., 3. März 2026 um 09:00 Uhr schrieb Rosa Lindqvist <rosa@acme.example>:",
    "de-apple": "Am 03.03.2026 um 09:00 schrieb Rosa Lindqvist:",
    "fr": "Le mar. 3 mars 2026 à 09:00, Rosa Lindqvist <rosa@acme.example> a écrit :",
    "es": "El mar, 3 mar 2026 a las 9:00, Rosa Lindqvist (<rosa@acme.example>) escribió:",
    "pt": "Em ter., 3 de mar. de 2026 às 09:00, Rosa Lindqvist <rosa@acme.example> escreveu:",
    "nl": "Op di 3 mrt 2026 om 09:00 schreef Rosa Lindqvist <rosa@acme.example>:",
    "it": "Il giorno mar 3 mar 2026 alle ore 09:00 Rosa Lindqvist <rosa@acme.example> ha scritto:",
    "pl": "wt., 3 mar 2026 o 09:00 Rosa Lindqvist <rosa@acme.example> napisał(a):",
    "sv": "Den tis 3 mars 2026 kl 09:00 skrev Rosa Lindqvist <rosa@acme.example>:",
    "da": "Den tirs. 3. mar. 2026 kl. 09.00 skrev Rosa Lindqvist <rosa@acme.example>:",
    "nb": "tir. 3. mar. 2026 kl. 09:00 skrev Rosa Lindqvist <rosa@acme.example>:",
    "fi": "ti 3. maalisk. 2026 klo 9.00 Rosa Lindqvist (rosa@acme.example) kirjoitti:",
    "he": "בתאריך יום ג', 3 במרץ 2026 ב-9:00 מאת רוזה <rosa@acme.example>:",
    "cs": "út 3. 3. 2026 v 9:00 odesílatel Rosa Lindqvist <rosa@acme.example> napsal:",
    "ru": "вт, 3 мар. 2026 г. в 09:00, Роза <rosa@acme.example> написал(а):",  # noqa: RUF001
    "zh": "Rosa <rosa@acme.example> 于2026年3月3日周二 09:00写道：",  # noqa: RUF001
}

HEADERS = {
    "en": "From: Rosa Lindqvist <rosa@acme.example>\nSent: Tuesday, 3 March 2026\nTo: Sam Okoro\nSubject: Interview",
    "bold": "*From:* Rosa Lindqvist\n*Sent:* Tuesday, 3 March 2026\n*To:* Sam Okoro\n*Subject:* Interview",
    "de": "Von: Rosa Lindqvist\nGesendet: Dienstag, 3. März 2026 09:00\nAn: Sam Okoro\nBetreff: Gespräch",
    "fr": "De : Rosa Lindqvist\nEnvoyé : mardi 3 mars 2026 09:00\nÀ : Sam Okoro\nObjet : Entretien",
    "es": "De: Rosa Lindqvist\nEnviado el: martes, 3 de marzo de 2026\nPara: Sam Okoro\nAsunto: Entrevista",
    "pt": "De: Rosa Lindqvist\nEnviado: terça-feira, 3 de março de 2026\nPara: Sam Okoro\nAssunto: Entrevista",
    "nl": "Van: Rosa Lindqvist\nVerzonden: dinsdag 3 maart 2026\nAan: Sam Okoro\nOnderwerp: Gesprek",
    "it": "Da: Rosa Lindqvist\nInviato: martedì 3 marzo 2026\nA: Sam Okoro\nOggetto: Colloquio",
    "pl": "Od: Rosa Lindqvist\nWysłano: wtorek, 3 marca 2026\nDo: Sam Okoro\nTemat: Rozmowa",
    "sv": "Från: Rosa Lindqvist\nSkickat: den 3 mars 2026\nTill: Sam Okoro\nÄmne: Intervju",
    "da": "Fra: Rosa Lindqvist\nSendt: 3. marts 2026\nTil: Sam Okoro\nEmne: Samtale",
    "fi": "Lähettäjä: Rosa Lindqvist\nLähetetty: tiistai 3. maaliskuuta 2026\nVastaanottaja: Sam\nAihe: Haastattelu",
    "he": "מאת: רוזה\nנשלח: יום שלישי 3 מרץ 2026\nאל: סם\nנושא: ראיון",  # noqa: RUF001
}


@pytest.mark.parametrize("language", ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_an_attribution_and_its_quote_are_cut(language, mark):
    new, quoted = split(f"{NEW}\n\n{ATTRIBUTIONS[language]}\n\n{mark}{OLD}\n")
    assert new == NEW
    assert OLD in quoted


@pytest.mark.parametrize("language", ATTRIBUTIONS)
@pytest.mark.parametrize("line", ["3 note They asked", "12 rejected", "#7: is Acme", "- m812 Absage", "undo", NEW])
def test_an_attribution_takes_no_line_above_it_along(language, line):
    text = f"{line}\n{ATTRIBUTIONS[language]}\n> {OLD}"
    assert split(text)[0] == line
    assert list(filter(None, own_lines(text))) == [line]


@pytest.mark.parametrize("line", ["3 note They wrote:", "#13: Notiz Sie schrieb:", "On Friday I asked them"])
@pytest.mark.parametrize("below", ["", ATTRIBUTIONS["en"], ATTRIBUTIONS["en-wrapped-twice"]])
def test_a_line_that_only_sounds_like_an_attribution_is_kept_above_a_quote(line, below):
    text = f"{line}\n{below}\n> {OLD}"
    assert split(text)[0] == line
    assert list(filter(None, own_lines(text))) == [line]


@pytest.mark.parametrize("language", HEADERS)
@pytest.mark.parametrize("above", ["", "________________________________\n", "-----Original Message-----\n"])
def test_an_outlook_header_block_begins_what_was_answered(language, above):
    new, quoted = split(f"{NEW}\n\n{above}{HEADERS[language]}\n\n{OLD}\n")
    assert new.rstrip("_\n ") == NEW
    assert OLD in quoted
    assert OLD not in new


@pytest.mark.parametrize(
    "line",
    [
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "-------- Message d'origine --------",
        "-----Mensaje original-----",
        "-----Mensagem original-----",
        "-----Oorspronkelijk bericht-----",
        "-----Messaggio originale-----",
        "-----Oryginalna wiadomość-----",
        "-----Ursprungligt meddelande-----",
        "-----Oprindelig meddelelse-----",
        "-----Opprinnelig melding-----",
        "-----Alkuperäinen viesti-----",
        "-----הודעה מקורית-----",
    ],
)
def test_a_marker_line_begins_what_was_answered(line):
    assert split(f"{NEW}\n\n{line}\n{OLD}")[0] == NEW


def test_answers_between_quoted_lines_are_kept():
    text = (
        f"Hello Rosa,\n\n{ATTRIBUTIONS['en']}\n> Can you come on Friday?\n\nYes.\n\n"
        "> And bring your papers?\n\nOf course.\n\nSam"
    )
    new, quoted = split(text)
    assert new == "Hello Rosa,\n\nYes.\n\nOf course.\n\nSam"
    assert "papers" in quoted
    assert "wrote:" in quoted


def test_an_answer_below_the_quote_is_kept():
    assert split(f"{ATTRIBUTIONS['de']}\n> {OLD}\n\n{NEW}")[0] == NEW


@pytest.mark.parametrize(
    "text",
    [
        "In your letter you wrote:\nI like ships.\nSo do we.",
        "On page 3 you wrote:\nI like ships.\nSo do we.",
        "Date: 3 March\nTime: 10:00\nPlace: our office\nFrom: the station take bus 5",
        "From: 10:00\nTo: 11:00\nWhere: Room 5",
        "De: 10:00\nA: 11:00\nFecha: 3 de marzo",
        "Original message of our founder: be kind.",
        ">From here on it gets better.",
        "Your application will be treated confidentially.",
        "This message is confidential until the offer is signed.",
        "--\nThe team",
        "Le poste est pourvu : 3 mars 2026",
        "Sent from: HR\nWe will write on Friday.",
    ],
)
def test_what_only_looks_like_a_quote_is_kept(text):
    assert split(text) == (text, "")


# ------------------------------------------------------------------ forwards

FORWARDS = [
    "---------- Forwarded message ---------",
    "-------- Weitergeleitete Nachricht --------",
    "---------- Message transféré ---------",
    "---------- Mensaje reenviado ----------",
    "---------- Doorgestuurd bericht ----------",
    "---------- Messaggio inoltrato ----------",
    "---------- Wiadomość przekazana dalej ----------",
    "---------- Vidarebefordrat meddelande ----------",
    "---------- הודעה שהועברה ----------",
    "Begin forwarded message:",
    "Anfang der weitergeleiteten Nachricht:",
]


@pytest.mark.parametrize("marker", FORWARDS)
@pytest.mark.parametrize("quote", ["", "> "])
def test_what_was_forwarded_is_to_be_read(marker, quote):
    inner = "\n".join(f"{quote}{line}".rstrip() for line in f"{HEADERS['en']}\n\n{OLD}".split("\n"))
    new, _ = split(f"FYI, they answered.\n\n{marker}\n\n{inner}")
    assert new == f"FYI, they answered.\n\n{HEADERS['en']}\n\n{OLD}"


def test_the_subject_makes_a_header_block_a_forward():
    text = f"FYI\n\n{HEADERS['de']}\n\n{OLD}\n\n{HEADERS['en']}\n\nolder still"
    new, quoted = split(text, is_forward=True)
    assert OLD in new
    assert "Von: Rosa" in new
    assert "older still" not in new
    assert "older still" in quoted
    assert split(text)[0] == "FYI"


def test_a_forward_without_a_word_is_all_to_be_read():
    new, _ = split(f"{HEADERS['en']}\n\n{OLD}")
    assert new == f"{HEADERS['en']}\n\n{OLD}"


def test_below_a_long_message_a_forward_is_a_quote():
    new, quoted = split(f"{'I wrote a long letter to you. ' * 20}\n\n{FORWARDS[0]}\n{HEADERS['en']}\n\n{OLD}")
    assert OLD not in new
    assert OLD in quoted


def test_a_forward_of_forwards_ends():
    assert split("\n".join([FORWARDS[0], "a"] * 50))[0].startswith("a")


@pytest.mark.parametrize(
    ("subject", "is_forward"),
    [
        ("Fwd: Interview", True),
        ("FW: x", True),
        ("WG: x", True),
        ("TR : x", True),
        ("RV: x", True),
        ("Re: Fwd: x", False),
        ("x", False),
    ],
)
def test_subjects_announce_forwards(subject, is_forward):
    assert says_forward(subject) is is_forward


# ------------------------------------------------------------------ signatures, telephones, disclaimers


@pytest.mark.parametrize(
    "tail",
    [
        "-- \nSam Okoro\n+00 000 000",
        "--\nSam Okoro",
        "Sent from my iPhone",
        "Sent from Outlook for iOS",
        "Get Outlook for Android<https://aka.example/x>",
        "Von meinem iPhone gesendet",
        "Gesendet von Mail für Windows",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Inviato da iPhone",
        "Wysłane z iPhone'a",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "This e-mail is confidential and intended solely for the\naddressee. If you are not the recipient, delete it.",
        "CONFIDENTIALITY NOTICE: this may be privileged.",
        "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, löschen Sie sie.",
        "Ce message est confidentiel et destiné à son seul destinataire.",
        "Este mensaje es confidencial y va dirigido a su destinatario.",
        "Dit bericht is vertrouwelijk en alleen bestemd voor de geadresseerde.",
        "Please consider the environment before printing this email.",
        "Legal notice: x\n\nThis message is confidential. Unauthorised use is forbidden.",
    ],
)
def test_the_tail_is_cut(tail):
    new, quoted = split(f"{NEW}\n\n{tail}")
    assert new == NEW
    assert quoted == tail.strip()


def test_the_signature_goes_with_the_quote_below_it():
    new, _ = split(f"{NEW}\n\n-- \nSam\n\n{ATTRIBUTIONS['en']}\n> {OLD}")
    assert new == NEW


def test_what_follows_bare_dashes_may_be_more_than_a_signature():
    text = f"{NEW}\n--\nThe HR Team\n\nWhat is the next step?\n\n{'We usually answer within a few days. ' * 6}".strip()
    assert split(text) == (text, "")


def test_dashes_far_above_are_no_signature():
    text = f"{NEW}\n--\n" + "one more line\n" * 40
    assert split(text)[0] == text.strip()


# ------------------------------------------------------------------ promises


@pytest.mark.parametrize(
    "text", [f"> {OLD}", "-- \nSam", "Sent from my iPhone", "-----Original Message-----", ATTRIBUTIONS["en"]]
)
def test_where_all_would_be_cut_all_is_kept(text):
    assert split(text) == (text, "")


_LINES = st.sampled_from(
    [
        *[NEW, "", f"> {OLD}", "> ", "-- ", "--", "Sent from my iPhone", FORWARDS[0], "-----Original Message-----"],
        *ATTRIBUTIONS.values(),
        *HEADERS.values(),
    ]
) | st.text(max_size=10)


@settings(deadline=None)
@given(st.lists(_LINES, max_size=12).map("\n".join), st.booleans())
@example("", True)
@example(f"{FORWARDS[0]}\n> {OLD}\n{NEW}", False)
def test_something_is_always_kept_and_no_line_is_lost(text, is_forward):
    new, quoted = split(text, is_forward=is_forward)
    assert bool(new.strip()) is bool(text.strip())
    for line in {line.strip() for line in text.split("\n") if len(line) > 12 and not line.startswith(("-", ">"))}:
        assert line in new or line in quoted
