"""Who sent a message, as the user's own provider says it (RFC 8601): what is believed, and what comes of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.parser import BytesParser

import pytest
from factories import NAMES, NOW, RULES, a_fact, a_message, a_prediction
from hypothesis import given, strategies as st
from sqlite_utils import Database
from torture import bombs

from pipeline.cli.doctor import _stamped
from pipeline.ledger import Ledger
from pipeline.ledger.codec import message_row, prediction_row
from pipeline.ledger.migrations import migrations
from pipeline.link.applications import link
from pipeline.moves import MOVES
from pipeline.parse import parse
from pipeline.parse.authentication import topmost_id
from pipeline.records import Address, Authentication, Direction, Kind, RawMessage, Stage, Verb
from pipeline.replies import Desk, Refusal, read_reply
from pipeline.replies.tokens import token_of
from pipeline.run import derive

MX = "mx.home.example"
PASSED, ABSENT = Authentication.PASSED, Authentication.ABSENT
FAILED, UNALIGNED = Authentication.DMARC_FAILED, Authentication.UNALIGNED


def octets_of(*stamps, sender="jobs@brightwater.example", name="Authentication-Results"):
    fields = "".join(f"{name}: {stamp}\r\n" for stamp in stamps)
    rest = "To: dana@whitlock.example\r\nDate: Tue, 03 Mar 2026 10:00:00 +0100\r\nSubject: Your application\r\n"
    return f"{fields}From: {sender}\r\n{rest}\r\nWe would like to invite you.\r\n".encode()


def told(*stamps, ids=(MX,), **how):
    when = datetime(2026, 3, 3, 12, tzinfo=UTC)
    message = parse(octets_of(*stamps, **how), direction=Direction.IN, internaldate=when, authserv_ids=ids)
    return message.authentication


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (f"{MX}; dmarc=pass header.from=brightwater.example", PASSED),
        (f"{MX}; dmarc=pass", PASSED),
        (f"{MX} 1; dmarc=pass", PASSED),
        (f"{MX.upper()}; DMARC=PASS Header.From=Brightwater.Example", PASSED),
        (f'"{MX}"; dmarc=pass (p=reject dis=none) header.from=brightwater.example', PASSED),
        (f"(checked by (us)) {MX} (v2); (now) dmarc (really) = pass", PASSED),
        (f"{MX};\r\n\tdkim=pass header.d=mail.brightwater.example\r\n\theader.s=s1", PASSED),
        (f"{MX}; dkim=pass header . i = @brightwater.example header.b=abc=", PASSED),
        (f"{MX}; dkim=fail header.d=x.example; dkim=pass header.d=brightwater.example", PASSED),
        (f"{MX}; dkim/1=pass header.d=brightwater.example", PASSED),
        (f"{MX}; spf=pass smtp.mailfrom=bounce@brightwater.example", PASSED),
        (f'{MX}; spf=pass smtp.mailfrom="a;b"@brightwater.example', PASSED),
        (f"{MX}; spf=pass smtp.mailfrom=prvs=12=user@brightwater.example", PASSED),
        (f'{MX}; spf=pass smtp.mailfrom=a."b;c=d"@brightwater.example', PASSED),
        (f"{MX}; dmarc=none; spf=pass smtp.mailfrom=brightwater.example=x@evil.example", UNALIGNED),
        (f"{MX}; dkim=pass header.i=brightwater.example=x@evil.example header.s=s", UNALIGNED),
        (f'{MX}; spf=pass smtp.mailfrom=brightwater.example."=x"@evil.example', UNALIGNED),
        (f"{MX}; spf=pass smtp.mailfrom=x=.brightwater.example", UNALIGNED),
        (f"{MX}; dkim=pass header.i=brightwater.example=", UNALIGNED),
        (f'{MX}; dkim=pass header.d="brightwater.example', UNALIGNED),
        (f"{MX}; dmarc=fail header.from=brightwater.example; dkim=pass header.d=brightwater.example", FAILED),
        (f"{MX}; dmarc=pass header.from=evil.example", UNALIGNED),
        (f"{MX}; dmarc=none; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=x@evil.example", UNALIGNED),
        (f"{MX}; dkim=pass header.d=brightwater.example.evil.example", UNALIGNED),
        (f"{MX}; dkim=pass header.d=example", UNALIGNED),
        (f"{MX}; dkim=pass", UNALIGNED),
        (f"{MX}; spf=pass smtp.helo=brightwater.example", UNALIGNED),
        (f'{MX}; spf=fail reason="dmarc=pass; dkim=pass header.d=brightwater.example"', UNALIGNED),
        (f'{MX}; spf=fail (it"s; dmarc=pass) smtp.mailfrom=x@evil.example (not "ours")', UNALIGNED),
        (f"{MX}; spf=fail (\\) dmarc=pass; dmarc=pass", UNALIGNED),
        (f'{MX}; spf=fail reason="; dmarc=pass', UNALIGNED),
        (f"{MX}; none", UNALIGNED),
        (MX, UNALIGNED),
        (f"{MX}; =; ==; dmarc=; dmarc; pass", UNALIGNED),
    ],
)
def test_what_the_own_provider_says_is_read(stamp, expected):
    assert told(stamp) is expected


@pytest.mark.parametrize(
    "stamps",
    [
        [],
        ["mx.evil.example; dmarc=pass"],
        [f"{MX}.evil.example; dmarc=pass"],
        [f"evil.example ({MX}); dmarc=pass"],
        [f"dmarc=pass {MX}"],
        ["spf=pass smtp.mailfrom=brightwater.example"],
        [f"; {MX}; dmarc=pass"],
        [f"{MX} dmarc=pass"],
        [""],
    ],
)
def test_what_the_own_provider_did_not_write_says_nothing(stamps):
    assert told(*stamps) is ABSENT


SIGNED = "dkim=pass header.d=brightwater.example"


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([f"{MX}; dmarc=none", f"{MX}; {SIGNED}"], PASSED),
        ([f"{MX}; bimi=skipped", f"{MX}; dmarc=pass"], PASSED),
        ([f"{MX}; dkim=none", f"{MX}; spf=fail", f"{MX}; dmarc=fail"], FAILED),
        ([f"{MX}; dkim=fail header.d=brightwater.example", f"{MX}; spf=none", f"{MX}; {SIGNED}"], UNALIGNED),
        ([f"{MX}; dmarc=none", "mx.evil.example; spf=none", f"{MX}; {SIGNED}"], UNALIGNED),
        ([f"{MX}; dmarc=none\r\nReceived: from evil.example by {MX}", f"{MX}; {SIGNED}"], UNALIGNED),
        ([f"{MX}; dmarc=none\r\nX-Spam: no", f"{MX}; {SIGNED}\r\nReceived: by {MX}"], PASSED),
        ([f"mx.front.example; dmarc=none\r\nReceived: by {MX}", f"{MX}; dmarc=none", f"{MX}; {SIGNED}"], PASSED),
    ],
)
def test_the_checks_of_one_provider_are_taken_together_up_to_where_another_server_has_written(stamps, expected):
    assert told(*stamps) is expected


def test_a_forged_field_below_the_real_one_is_not_looked_at():
    assert told(f"{MX}; dmarc=fail", f"{MX}; dmarc=pass") is FAILED
    assert told(f"{MX}; spf=none", "mx.evil.example; dmarc=pass", f"{MX}; dmarc=pass") is UNALIGNED


def test_the_forged_results_of_the_torture_mail_lose_against_the_real_ones():
    forged = bombs()["auth-results-forged"]
    real = f"Authentication-Results: {MX}; dmarc=fail\r\n".encode()
    when = datetime(2026, 3, 3, 12, tzinfo=UTC)
    message = parse(real + forged, direction=Direction.IN, internaldate=when, authserv_ids=[MX])
    assert message.authentication is FAILED


def test_a_field_of_a_strangers_server_above_is_passed_over():
    assert told("mx.evil.example; dmarc=fail", f"{MX}; dmarc=pass") is PASSED


def test_without_a_pinned_name_nothing_is_asked():
    assert told(f"{MX}; dmarc=fail", ids=()) is Authentication.UNASKED


def test_several_authors_are_never_proven():
    assert told(f"{MX}; dmarc=pass", sender="jobs@brightwater.example, x@evil.example") is UNALIGNED


def test_a_domain_counts_as_the_dns_has_it():
    assert told(f"{MX}; dkim=pass header.d=xn--mller-kva.example", sender="a@müller.example") is PASSED


@given(st.text(st.sampled_from('();="\\ \t,/.@1amxdkimpass'), max_size=200))
def test_nothing_in_a_field_raises_or_lets_a_strangers_name_pass(text):
    assert told(f"{text.strip()}") in {ABSENT, UNALIGNED, FAILED, PASSED}
    assert told(f"mx.evil.example ({text}); dmarc=pass", f"{MX}; dmarc=fail") is FAILED


@pytest.mark.parametrize(
    "hostile",
    ['"\\' * 9_000, "(" * 19_000, "a=b " * 4_000, ";" * 19_000, "\\" * 19_000, "a=" * 9_000, 'a="\\"' + '\\"' * 9_000],
)
def test_long_fields_without_an_end_cost_little(hostile):
    assert told(*[hostile] * 49, f"{MX}; dmarc=pass") in {PASSED, UNALIGNED}
    assert told(f"{MX}; dmarc=pass {hostile}") in {PASSED, UNALIGNED}


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


def recorded(ledger, kind, authentication):
    message = a_message(authentication=authentication)
    ledger.facts.record(RawMessage(b"x", Direction.IN), message, a_prediction(kind), NOW)
    return ledger


@pytest.mark.parametrize("kind", sorted(set(MOVES) & set(Kind)))
@pytest.mark.parametrize("authentication", [FAILED, UNALIGNED])
def test_what_would_change_an_application_is_unsure_where_its_sender_failed_until_the_user_confirms_it(
    ledger, kind, authentication
):
    [unsure] = recorded(ledger, kind, authentication).facts.unsure()
    assert (unsure.guess, unsure.authentication) == (kind, authentication)
    [fact] = ledger.facts.linkable()
    assert (fact.kind, fact.guess) == (None, kind)
    assert ledger.facts.least_sure() == []
    ledger.facts.record_correction(unsure.message_id, kind, "label", NOW)
    assert ledger.facts.unsure() == []
    assert ledger.facts.linkable()[0].kind is kind


@pytest.mark.parametrize("authentication", [PASSED, ABSENT, Authentication.UNASKED])
def test_what_has_not_failed_is_decided_as_ever(ledger, authentication):
    assert recorded(ledger, Kind.REJECTION, authentication).facts.unsure() == []
    assert ledger.facts.linkable()[0].kind is Kind.REJECTION
    assert ledger.facts.message(1)[0].authentication is authentication


@pytest.mark.parametrize("kind", sorted(set(Kind) - set(MOVES)))
def test_what_would_change_nothing_is_not_asked_about_though_its_sender_failed(ledger, kind):
    assert recorded(ledger, kind, FAILED).facts.unsure() == []


def test_an_answer_that_says_nothing_is_part_of_an_application_only_where_its_sender_did_not_fail(ledger):
    for n, authentication in enumerate([FAILED, PASSED]):
        message = a_message(authentication=authentication, in_reply_to="<1@x>", message_id=f"<{n}@y>")
        ledger.facts.record(RawMessage(b"x", Direction.IN), message, a_prediction(Kind.OTHER), NOW)
    assert [fact.message_id for fact in ledger.facts.linkable()] == [2]
    ledger.facts.record_correction(1, Kind.OTHER, "label", NOW)
    assert [fact.message_id for fact in ledger.facts.linkable()] == [1, 2]


def test_of_messages_from_before_it_is_not_known(tmp_path):
    old = Database(tmp_path / "ledger.db")
    migrations.apply(old, stop_before="m013_keep_who_was_proven")
    row = message_row(a_message(), NOW)
    del row["authentication"]
    old["messages"].insert(row)
    old["predictions"].insert(prediction_row(1, a_prediction(Kind.REJECTION), NOW))
    old.close()
    with Ledger(tmp_path / "ledger.db") as ledger:
        assert ledger.facts.message(1)[0].authentication is Authentication.UNASKED
        assert ledger.facts.linkable()[0].kind is Kind.REJECTION


def test_an_application_the_user_has_spoken_of_stays_though_its_receipt_was_never_proven(tmp_path):
    old = Database(tmp_path / "ledger.db")
    migrations.apply(old, stop_before="m014_believe_nothing_unproven")
    spoken_of, other = (a_message(subject=f"Your application to {name}", authentication=FAILED) for name in "AB")
    for number, message in enumerate((spoken_of, other), 1):
        old["messages"].insert(message_row(message, NOW))
        old["predictions"].insert(prediction_row(number, a_prediction(Kind.ACKNOWLEDGEMENT), NOW))
        old["numbers"].insert({"number": number + 2, "application_key": message.key})
    for verb, values in ((Verb.ADVANCE, {"stage": "interview"}), (Verb.NOTE, {"text": "They asked about SQL"})):
        row = {"about": json.dumps([spoken_of.key]), "messages": "[]", "values": json.dumps(values)}
        old["statements"].insert(row | {"verb": verb, "stated_at": NOW.isoformat(), "takes_back": None})
    old.close()
    with Ledger(tmp_path / "ledger.db") as ledger:
        derive(ledger, RULES)
        [application] = ledger.derived.applications()
        assert (application.number, application.stage) == (3, Stage.INTERVIEW)
        assert set(ledger.derived.noted()) == {application.key}


def test_the_schema_decides_of_unproven_mail_just_the_kinds_that_move_nothing(ledger):
    [row] = ledger._db.query("SELECT sql FROM sqlite_master WHERE name = 'what_is_each_message'")
    [kinds] = re.findall(r"p\.kind IN \(([^)]*)\)", row["sql"])
    assert set(re.findall(r"\w+", kinds)) == set(Kind) - set(MOVES)


@pytest.mark.parametrize(("guess", "n_doubts"), [(Kind.JOB_ALERT, 0), (Kind.OTHER, 0), (Kind.IN_REVIEW, 1)])
def test_unproven_mail_puts_an_application_in_doubt_only_where_it_would_change_it(guess, n_doubts):
    receipt = a_fact()
    answer = a_fact(None, guess=guess, stake=0.02, unproven=True, thread=(receipt.rfc_message_id,))
    [application] = link([receipt, answer], NAMES).applications
    assert len(application.unsure) == n_doubts


@pytest.mark.parametrize(
    ("authentication", "refused"),
    [
        (Authentication.UNASKED, ""),
        (PASSED, ""),
        (ABSENT, Refusal.UNPROVEN),
        (FAILED, Refusal.UNPROVEN),
        (UNALIGNED, Refusal.UNPROVEN),
    ],
)
def test_an_answer_to_a_digest_counts_only_where_the_provider_proves_it(authentication, refused):
    me, secret = Address("", "dana@whitlock.example"), b"s" * 32
    own = frozenset({me.addr_spec})
    desk = Desk(secret, own, own, {"2026-03-02": NOW}, lifetime=NOW - NOW.replace(year=2020), now=NOW)
    message = a_message(
        from_=me,
        to=(me,),
        text="1 rejected",
        in_reply_to=f"<{token_of(secret, '2026-03-02')}@digest.unghost.localhost>",
        authentication=authentication,
    )
    assert read_reply(message, lambda: desk).refused == refused


def test_doctor_proposes_the_name_that_all_new_mail_bears():
    mine, other = (f"Authentication-Results: {name}; spf=pass\r\n\r\n".encode() for name in (MX, "mx.other.example"))
    assert f'authserv_id = "{MX}"' in _stamped([mine, mine], "")
    assert _stamped([mine, other], "") == ""
    assert _stamped([mine, b"\r\n"], "") == ""
    assert _stamped([mine, other], MX) == ""
    assert f'none of the newest messages bears "{MX}"' in _stamped([other, other], MX)
    assert topmost_id(BytesParser().parsebytes(mine)) == MX
