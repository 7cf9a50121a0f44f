"""The classifier: one path for training and prediction, honest about what it does not know."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from factories import NOW, a_calendar_event, a_message
from hypothesis import given, strategies as st

from pipeline.classify import vocabulary as vocabulary_room
from pipeline.classify.artifact import load_model, save_model
from pipeline.classify.corpus import Example, corpus_digest, message_of, read_corpus
from pipeline.classify.features import passage_terms, sentences, stem, terms, words
from pipeline.classify.meanings import MEANING, Meanings, read_meanings
from pipeline.classify.training import MIN_DOCUMENTS, count, fit
from pipeline.classify.vocabulary import indexed
from pipeline.errors import InputError, ModelError
from pipeline.records import Kind, Label
from pipeline.resources import shipped
from pipeline.shelf import SHIPPED


@pytest.fixture(scope="session")
def model():
    return load_model(shipped("models"), SHIPPED)


@pytest.fixture(scope="session")
def corpus():
    return read_corpus(shipped("models", "corpus"))


@pytest.fixture(scope="session")
def small(corpus):
    """Every eighth message: enough to fit in a second."""
    return corpus[::8]


@pytest.fixture(scope="session")
def meanings():
    return read_meanings(shipped("models", "meanings.toml"))


@pytest.fixture(scope="session")
def fitted(small, meanings):
    return fit(count(small, meanings), [1.0] * len(small))


def mail(subject: str, body: str):
    return message_of({"subject": subject, "from": "Talent <jobs@brightwater.example>", "body": body})


REJECTION = mail(
    "Your application to Brightwater",
    "Dear Dana,\n\nThank you for your interest in Brightwater. Unfortunately, we have decided not to move forward with "
    "your application. We wish you every success.\n\nThe Brightwater team",
)
INVITATION = mail(
    "Interview with Brightwater",
    "Hi Dana,\n\nWe enjoyed reading your application and would like to invite you to an interview next week. Please "
    "choose a time: https://calendly.com/brightwater/interview\n\nBest,\nJo",
)
RECEIPT = mail(
    "We received your application",
    "Hello Dana,\n\nThank you for applying. We have received your application and will review it. If you are not "
    "selected, we will let you know.",
)


@pytest.mark.parametrize(
    ("message", "label"), [(REJECTION, Label.REJECTION), (INVITATION, Label.INVITATION), (RECEIPT, Label.NONE)]
)
def test_plain_cases_are_right_on_the_first_day(model, message, label):
    assert model.predict(message).label is label


def test_probabilities_are_probabilities(model, corpus):
    for example in corpus[::40]:
        prediction = model.predict(example.message)
        assert sum(prediction.proba.values()) == pytest.approx(1, abs=1e-5)
        assert all(0 <= p <= 1 for p in prediction.proba.values())
        assert prediction.kind.label is prediction.label
        assert prediction.confidence == max(prediction.proba.values())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "\U0001f600" * 50,
        "x" * 1_000_000,
        "QUJDREVG" * 2000,
        "\u6b64\u81f4" * 500,
        "\n" * 10_000,
        "a. " * 100_000,
    ],
)
def test_whatever_comes_gives_a_probability(model, text):
    prediction = model.predict(a_message(subject="", text=text))
    assert sum(prediction.proba.values()) == pytest.approx(1, abs=1e-5)


def test_a_message_of_unknown_words_is_not_decided(model):
    assert not model.predict(a_message(subject="", text="")).decided


def test_the_sentence_that_decides_is_shown(model):
    evidence = model.predict(REJECTION).evidence
    assert "Unfortunately" in evidence[0].sentence
    assert [e.weight for e in evidence] == sorted((e.weight for e in evidence), reverse=True)


def test_without_its_evidence_a_message_is_less_of_it(model):
    before = model.predict(REJECTION)
    text = REJECTION.text
    for evidence in before.evidence:
        text = text.replace(evidence.sentence, "")
    from dataclasses import replace

    after = model.predict(replace(REJECTION, text=text))
    assert after.proba[Label.REJECTION] < before.proba[Label.REJECTION] - 0.3


def test_the_exported_arrays_predict_what_scikit_learn_does(small, meanings):
    """One path for prediction: what we compute from the arrays is what the estimators say."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    from pipeline.classify import training

    counts = [Counter(chain(terms(e.message), meanings.terms(e.message))) for e in small]
    kinds = np.array([example.kind.value for example in small])
    ours = training.refit(count(small, meanings), np.ones(len(small)), None)
    vectorizer = TfidfVectorizer(analyzer=Counter.elements, min_df=2, sublinear_tf=True).fit(counts)
    is_meaning = np.char.startswith(vectorizer.get_feature_names_out().astype(str), MEANING)
    vectorizer.idf_ = vectorizer.idf_ * np.where(is_meaning, training.MEANING_WEIGHT, 1)
    matrix = vectorizer.transform(counts)
    theirs = LinearSVC(
        C=training.INVERSE_REGULARISATION, tol=training.TOLERANCE, class_weight="balanced", random_state=0
    )
    theirs.fit(matrix, kinds)
    margins = theirs.decision_function(matrix[:50])
    expected = np.exp(margins) / np.exp(margins).sum(axis=1, keepdims=True)
    found = np.array([ours.proba(ours.vector(ours.vocabulary.find(e.message).rows)) for e in small[:50]])
    assert [kind.value for kind in ours.kinds] == list(theirs.classes_)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.fixture(scope="session")
def known(small, meanings):
    """A vocabulary of what two messages have, and its terms by row."""
    counted = count(small, meanings)
    documents = np.bincount(counted.matrix.indices, minlength=len(counted.names))
    names = counted.names[documents >= MIN_DOCUMENTS].tolist()
    vocabulary, order = indexed(names, meanings)
    return vocabulary, [names[number] for number in order]


def assert_finds_what_the_terms_say(known, message):
    vocabulary, names = known
    found = vocabulary.find(message)
    rows = set(names)
    expected = chain(terms(message), vocabulary.meanings.terms(message))
    assert Counter(names[row] for row in found.rows) == Counter(term for term in expected if term in rows)
    for place, passage in enumerate(found.passages):
        here = Counter(names[row] for row, at in zip(found.rows, found.places, strict=True) if at == place)
        plain = Counter(term for term in passage_terms(passage) if term in rows)
        meant = Counter(term for term in vocabulary.meanings.passage_terms(passage) if term in rows)
        subject = Counter(term for term in map("s:".__add__, passage_terms(passage)) if term in rows)
        assert here == plain + meant + (Counter() if place else subject)


def test_the_terms_found_in_the_corpus_are_those_of_the_definition(known, small):
    for example in small[::3]:
        assert_finds_what_the_terms_say(known, example.message)


SNIPPETS = (
    "Dear", "we've", "offer", "interview", "12:30", "3.", "Dr.", "Smith", "unfortunately!", "\n", "\n\n", "?", "to",
    "https://zoom.us/j/1", "jo@x.example", "Vorstellungsgespräch", "привет", "Собеседование", "面接の結果。", "不合格",
    "ที่", "ผล", "전형", "면접을", "לראיון", "הראיון", "المقابلة", "\U0001f600", "\U0001f44d\U0001f3fd", "İstanbul",
    "straße", "_", "\ufb01t", "e\u0301", "'", "~", "<", "<link>", "s:dear", "\u0669", "\x00", "\u2028",
)  # fmt: skip


@given(
    subject=st.lists(st.sampled_from(SNIPPETS), max_size=8).map(" ".join) | st.text(max_size=400),
    text=st.lists(st.sampled_from(SNIPPETS), max_size=60).map(" ".join) | st.text(max_size=400),
)
def test_the_terms_found_in_any_text_are_those_of_the_definition(known, subject, text):
    assert_finds_what_the_terms_say(known, a_message(subject=subject, text=text))


@pytest.mark.parametrize("text", ["", "interview " * 100_000, "x" * 1_000_000, "면접" * 5_000, "a. " * 5_000])
def test_the_terms_found_in_an_odd_size_are_those_of_the_definition(known, text):
    assert_finds_what_the_terms_say(known, a_message(subject=text, text=text))


def test_what_was_seen_long_ago_may_be_forgotten(monkeypatch, known, small):
    monkeypatch.setattr(vocabulary_room, "MAX_REMEMBERED", 5)
    for example in small[:20]:
        assert_finds_what_the_terms_say(known, example.message)


def test_marks_and_meanings_and_pairs_with_them_are_no_words(known):
    vocabulary, names = known
    rows = np.arange(len(names))
    assert vocabulary.n_words(rows) == sum(not name.startswith(("<", MEANING)) for name in names)
    assert vocabulary.n_words(rows[:0]) == 0


def test_the_same_corpus_gives_the_same_model(small, meanings, fitted):
    assert fit(count(small, meanings), [1.0] * len(small)).model.model_id == fitted.model.model_id


def test_a_model_comes_back_from_disk_as_it_was(tmp_path, fitted):
    save_model(fitted.model, tmp_path, "m", {"figures": fitted.figures})
    loaded = load_model(tmp_path, "m")
    for message in (REJECTION, INVITATION, RECEIPT):
        assert loaded.predict(message) == fitted.model.predict(message)


@pytest.fixture
def on_disk(tmp_path, fitted):
    save_model(fitted.model, tmp_path, "m", {})
    return tmp_path


def test_an_altered_model_is_refused(on_disk):
    octets = bytearray((on_disk / "m.npz").read_bytes())
    octets[len(octets) // 2] ^= 1
    (on_disk / "m.npz").write_bytes(octets)
    with pytest.raises(ModelError, match="not the file its manifest describes"):
        load_model(on_disk, "m")


def test_a_pickle_is_never_loaded(on_disk, tmp_path):
    """Even with a manifest that fits, an array of objects is refused before it is unpickled."""

    class Canary:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    arrays = {
        "words": np.array([Canary()], dtype=object),
        "meanings": np.zeros(0, np.uint8),
        "pairs": np.zeros((0, 2)),
        "idf": np.zeros(1),
        "coef": np.zeros(1),
    }
    np.savez(on_disk / "m.npz", **arrays, intercept=np.zeros(1))
    manifest = json.loads((on_disk / "m.json").read_text())
    manifest["sha256"] = hashlib.sha256((on_disk / "m.npz").read_bytes()).hexdigest()
    (on_disk / "m.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="plain arrays"):
        load_model(on_disk, "m")
    assert not (tmp_path / "executed").exists()


def resave(directory, arrays):
    """Write these arrays in place of a model's, with a manifest that fits them."""
    np.savez(directory / "m.npz", **arrays)
    seal(directory)


def seal(directory):
    manifest = json.loads((directory / "m.json").read_text())
    manifest["sha256"] = hashlib.sha256((directory / "m.npz").read_bytes()).hexdigest()
    (directory / "m.json").write_text(json.dumps(manifest))


def octets(text: bytes):
    return np.frombuffer(text, np.uint8)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"meanings": octets(b"interview*")}, "meanings other than a meaning and a word each"),
        ({"meanings": octets(b"\xff")}, "meanings that are no text"),
        ({"words": octets(b"\xff")}, "words that are no text"),
        ({"intercept": np.zeros(3, np.float32)}, "shapes that do not fit"),
        ({"pairs": np.array(0, np.int32)}, "shapes that do not fit"),
        ({"idf": np.zeros(0, np.float32)}, "shapes that do not fit"),
    ],
)
def test_arrays_that_are_none_of_a_model_are_refused(on_disk, change, problem):
    resave(on_disk, dict(np.load(on_disk / "m.npz")) | change)
    with pytest.raises(ModelError, match=rf"{problem}.*; run `unghost train`"):
        load_model(on_disk, "m")


@pytest.mark.parametrize("row", [-1, 2**31 - 1])
def test_pairs_of_words_that_are_not_there_are_refused(on_disk, row):
    arrays = dict(np.load(on_disk / "m.npz"))
    resave(on_disk, arrays | {"pairs": np.full_like(arrays["pairs"], row)})
    with pytest.raises(ModelError, match="pairs of words it does not have"):
        load_model(on_disk, "m")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 rubbish", b"no zip"])
def test_a_file_that_is_no_archive_is_refused(on_disk, content):
    (on_disk / "m.npz").write_bytes(content)
    seal(on_disk)
    with pytest.raises(ModelError, match="not a file of plain arrays"):
        load_model(on_disk, "m")


def test_a_single_array_is_no_archive(on_disk):
    with (on_disk / "m.npz").open("wb") as file:
        np.save(file, np.zeros(1))
    seal(on_disk)
    with pytest.raises(ModelError, match="not a file of plain arrays"):
        load_model(on_disk, "m")


@pytest.mark.parametrize(
    "change", [{"kinds": None}, {"kinds": [[]]}, {"kinds": ["love"]}, {"temperature": "a"}, {"temperature": 0}]
)
def test_a_manifest_with_other_kinds_or_no_temperature_is_refused(on_disk, change):
    manifest = json.loads((on_disk / "m.json").read_text())
    (on_disk / "m.json").write_text(json.dumps(manifest | change))
    with pytest.raises(ModelError, match=r"kinds that do not exist|which is none"):
        load_model(on_disk, "m")


@pytest.mark.parametrize(
    "thresholds",
    [0.9, {}, {"invitation": 0.9}, {"invitation": 0.9, "rejection": 0.9, "none": 90}, dict.fromkeys(Label)],
)
def test_thresholds_that_are_none_are_refused(on_disk, thresholds):
    manifest = json.loads((on_disk / "m.json").read_text())
    (on_disk / "m.json").write_text(json.dumps(manifest | {"thresholds": thresholds}))
    with pytest.raises(ModelError, match="a probability for each of invitation, rejection, none; run `unghost train`"):
        load_model(on_disk, "m")


@pytest.mark.parametrize("message", [REJECTION, INVITATION, RECEIPT])
def test_a_message_is_decided_from_the_threshold_of_its_own_label_on(model, message):
    said = model.predict(message)
    low, high = dict.fromkeys(Label, 0.0), dict.fromkeys(Label, 1.0)
    just = said.proba[said.label]
    assert replace(model, thresholds=high | {said.label: just}).predict(message).decided
    assert not replace(model, thresholds=low | {said.label: just + 1e-6}).predict(message).decided


@pytest.mark.parametrize("label", Label)
def test_of_what_is_decided_to_be_of_a_label_99_of_100_are_on_held_out_mail(small, fitted, label):
    told = [
        example.kind.label is label
        for example, said in zip(small, fitted.held_out, strict=True)
        if said.decided and said.label is label and not example.is_hard
    ]
    assert len(told) > 50
    assert sum(told) / len(told) >= 0.99


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [("{", "cannot be read"), ("{}", "lacks format"), ("[]", "lacks format"), (None, "cannot be read")],
)
def test_a_manifest_that_is_none_is_explained(tmp_path, manifest, problem):
    if manifest is not None:
        (tmp_path / "m.json").write_text(manifest)
    with pytest.raises(ModelError, match=problem):
        load_model(tmp_path, "m")


def test_words_are_words_in_every_script():
    assert [stem(word) for word in words("We've 2 offers, écrit à jo@x.example: https://x.example/a?b=1")] == [
        "we've", "0", "offers", "écrit", "à", "<address>", "<link>",
    ]  # fmt: skip
    assert words("選考の結果") == list("選考の結果")
    assert words("전형 결과") == ["전형", "결과"]


def test_inflected_words_are_one_and_links_are_no_words():
    assert set(passage_terms("Ihr Vorstellungsgespräch")) == {"ihr", "vorste", "ihr vorste"}
    assert set(passage_terms("https://long.example/path long@address.example")) == {
        "<link>",
        "<address>",
        "<link> <address>",
    }


def test_a_word_is_whole_in_every_script():
    assert words("साक्षात्कार के लिए 10:30") == ["साक्षात्कार", "के", "लिए", "10", "30"]
    assert words("İLGİNİZ için") == ["ilginiz", "için"]
    assert words("شكرًا שָׁלוֹם") == ["شكرا", "שלום"]
    assert words("Don't, café; e-mail") == ["don't", "café", "e", "mail"]
    assert words("面接 สวัส") == ["面", "接", "ส", "ว", "ั", "ส"]


def test_sentences_end_where_they_end():
    assert sentences("One. Two!\nThree? 四。五") == ["One.", "Two!", "Three?", "四。", "五"]
    assert sentences("The answer is no. We meet at 10. Come at 9 a.m. Bye.") == [
        "The answer is no.", "We meet at 10.", "Come at 9 a.m.", "Bye.",
    ]  # fmt: skip
    assert sentences("We chose option B. Unfortunately you are not in it.") == [
        "We chose option B.", "Unfortunately you are not in it.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sentence",
    [
        "Wir laden Sie am 2. Dezember um 10 Uhr ein.",
        "Du starter den 12. januar kl. 9 hos os.",
        "Das geht z. B. Montag, z.B. Dienstag oder ca. 3 Tage nach dem 4. 5.",
        "Dr. Smith and J. R. Okafor wait in Room No. 5, Tel. 0171.",
        "Come to St. Martin at 10 a.m. on Friday.",
        "Bewerbung Nr. 7 bei Frau Prof. Lind inkl. Zeugnissen",
        "Estimada Sra. Ruiz:",
        "Ждём вас 5 декабря 2026 г. в 10 часов.",  # noqa: RUF001
    ],
)
def test_what_is_no_end_does_not_tear_a_sentence(sentence):
    assert sentences(f"{sentence}\n\nYes.") == [sentence, "Yes."]


def test_what_a_mail_program_wrapped_is_one_sentence():
    assert sentences(
        "After careful consideration by everybody here we have decided not\nto move forward. Best\nwishes\nAna Lind"
    ) == [
        "After careful consideration by everybody here we have decided not\nto move forward.",
        *("Best", "wishes", "Ana Lind"),
    ]
    line = "We would like you to bring three things when you visit us"
    assert sentences(f"{line}\n1. your passport\n2. a pen") == [line, "1. your passport", "2. a pen"]
    assert sentences("Bitte kommen Sie zum Gespräch in unser Haus am\n2. Dezember.") == [
        "Bitte kommen Sie zum Gespräch in unser Haus am\n2. Dezember."
    ]
    for width, is_wrapped in ((39, False), (40, True), (139, True), (140, False)):
        assert (len(sentences("x" * width + "\nand so on")) == 1) is is_wrapped
    lines = [
        "What we look for in a colleague for our shop in Leeds:",
        "- some years in a shop, or the wish to learn the trade",
        "- a friendly word for everybody who comes in, and time",
    ]
    assert sentences("\n".join(lines)) == lines


MEANT = Meanings(
    dict.fromkeys(["interview*", "phỏng vấn", "面试", "ראיון", "مقابلة"], "interview")
    | {"inter*": "join", "not": "not", "não": "not"}
)


@pytest.mark.parametrize(
    ("passage", "names"),
    [
        ("No interviews, not one.", ["interview", "not"]),
        ("Interlude", ["join"]),
        ("knot", []),
        ("Não", ["not"]),
        ("Mời bạn PHỎNG VẤN", ["interview"]),
        ("请来面试。", ["interview"]),
        ("ולראיון", ["interview"]),  # and to an interview
        ("والمقابلة", ["interview"]),  # and the interview
        ("ולה", []),
        ("l'interview, d'interviews", ["interview", "interview"]),
        ("interview@brightwater.example https://interview.example", []),
    ],
)
def test_what_words_mean(passage, names):
    message = a_message(subject="", text=passage)
    assert [term for term in MEANT.terms(message) if " " not in term] == [MEANING + name for name in names]


def test_a_phrase_may_be_wrapped():
    assert MEANT.of_phrases("buổi phỏng\nvấn") == ["interview"]


def test_two_meanings_of_one_sentence_are_a_term_in_whatever_order():
    pair = "#interview #not"
    for text in ("Not an interview", "An interview, not", "interview interview not"):
        assert list(MEANT.terms(a_message(subject="", text=text))).count(pair) == 1
    assert pair not in set(MEANT.terms(a_message(subject="", text="Not yet. An interview.")))


def test_every_word_of_a_meaning_is_found_in_itself(meanings):
    for entry, name in meanings.entries.items():
        passage = f"{entry} \u0111\u01b0\u1ee3c" if " " in entry else entry.replace("*", "q")
        assert MEANING + name in meanings.passage_terms(passage), entry


LANGUAGES = "en de fr es pt nl it pl ro sv da nb fi hu cs sk hr tr id ms vi uk ru bg el he ar hi th zh ja ko"
VITAL = {"not", "interview", "invite", "application", "thank", "choose", "offer", "received"}


def test_every_language_has_the_words_that_decide_most():
    """Its own, or those of a language before it that has the same ones."""
    tables = tomllib.loads(shipped("models", "meanings.toml").read_text(encoding="utf-8"))
    assert list(tables) == LANGUAGES.split()
    for language, table in tables.items():
        assert len(table) > 110, language
        assert len(VITAL - table.keys()) <= 2, language


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[en", "cannot be read"),
        ("interview = 3", r"\[interview\]  has \[3\]"),
        ('[en]\ninterview = "interview*"', r"\[en\] interview has \['interview\*'\]"),
        ('[en]\ninterview = ["Interview"]', "no words in lower case"),
        ('[en]\ninterview = ["i*"]', "no words in lower case"),
        ('[en]\ninterview = ["inter*view"]', "no words in lower case"),
        ('[en]\ninterview = ["a\\tb"]', "no words in lower case"),
        ('[en]\n"inter view" = ["talk"]', "no words in lower case"),
    ],
)
def test_lists_of_words_that_are_none_are_named(tmp_path, text, problem):
    (tmp_path / "meanings.toml").write_text(text)
    with pytest.raises(InputError, match=rf"meanings\.toml.*{problem}.*; mend it, or install unghost anew"):
        read_meanings(tmp_path / "meanings.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_meanings(tmp_path / "none.toml")


def test_marks_tell_what_one_sees_without_reading():
    message = a_message(
        subject="Re: hello", text="At 10:30?", calendar=(a_calendar_event(NOW),), hosts=("www.calendly.com", "zoom.us")
    )
    found = set(terms(message))
    assert {"<calendar request>", "<scheduling link>", "<meeting link>", "<question>", "<clock>", "<reply>"} <= found


def test_the_corpus_is_readable_and_covers_every_kind(corpus):
    assert {example.kind for example in corpus} == set(Kind)
    assert len({example.message.key for example in corpus}) == len(corpus)


SEVEN = ("de", "fr", "es", "pt", "nl", "it", "pl")
FIFTEEN = (
    "sv", "da", "nb", "fi", "tr", "he", "ar", "ja", "zh", "ko", "uk", "cs", "ro", "hu", "vi", "id",
)  # fmt: skip


@pytest.mark.parametrize(("language", "least"), [(x, 40) for x in SEVEN] + [(x, 15) for x in FIFTEEN])
def test_the_corpus_has_enough_of_each_language_and_every_label_in_it(corpus, language, least):
    labels = Counter(example.kind.label for example in corpus if example.language == language)
    assert labels.total() >= least
    assert set(labels) == set(Label)


def test_no_two_messages_of_the_corpus_are_nearly_the_same(corpus):
    """Not much over half of its runs of four words are in an earlier one; a contrast pair is meant to be close."""
    seen = {}
    for number, example in enumerate(corpus):
        text = re.findall(r"\w+", f"{example.message.subject} {example.message.text}".lower())
        runs = {tuple(text[i : i + 4]) for i in range(len(text) - 3)}
        shared = Counter(other for run in runs for other in seen.get(run, ()))
        for other, n in shared.items():
            is_pair = ":" in example.group and corpus[other].group == example.group
            assert is_pair or n < 0.55 * len(runs), (number, other)
        for run in runs:
            seen.setdefault(run, []).append(number)


def test_contrast_pairs_differ_in_their_kind(corpus):
    pairs: dict[str, set[Kind]] = {}
    for example in corpus:
        if ":" in example.group:
            pairs.setdefault(example.group, set()).add(example.kind)
    assert len(pairs) >= 100
    assert all(len(kinds) > 1 for kinds in pairs.values())


def test_the_shipped_model_was_fitted_on_the_shipped_corpus(corpus, meanings):
    manifest = json.loads(shipped("models", f"{SHIPPED}.json").read_text(encoding="utf-8"))
    assert manifest["corpus_sha256"] == corpus_digest(corpus)
    assert manifest["meanings_sha256"] == meanings.digest()


def test_the_shipped_model_knows_the_terms_that_are_counted_now(corpus, meanings, model):
    """Were the program that cuts words changed without fitting anew, they would differ."""
    counted = count(corpus[::4], meanings)
    documents = np.bincount(counted.matrix.indices, minlength=len(counted.names))
    frequent = set(counted.names[documents >= MIN_DOCUMENTS])
    single = {term for term in frequent if " " not in term}
    assert single <= model.vocabulary.words.keys()
    assert len(frequent) - len(single) <= len(model.vocabulary.pairs)


def test_a_broken_line_of_the_corpus_is_named(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"subject": "x"}\n')
    with pytest.raises(InputError, match="a.jsonl, line 1"):
        read_corpus(tmp_path)


def test_weights_count(small, meanings):
    """Three corrections of one wording move mail like it."""
    odd = [mail("Zephyr update", f"The kestrel has landed, quoth the warden {n}.") for n in ("one", "two", "three")]
    corrections = [Example(m, Kind.REJECTION, f"c{n}") for n, m in enumerate(odd)]
    trained = fit(count([*small, *corrections], meanings), [1.0] * len(small) + [10.0] * 3).model
    similar = mail("Zephyr update", "The kestrel has landed, quoth the warden four.")
    assert trained.predict(similar).label is Label.REJECTION
