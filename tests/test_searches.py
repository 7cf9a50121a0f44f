"""Linking on whole job searches with known truth: pairs of messages that belong together are put together."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add

import pytest
from factories import NAMES
from hypothesis import given, settings, strategies as st
from linking_score import score
from searches import a_search

from pipeline.link.applications import link

# The cases that linking has to get right, and the tags of the searches they are in.
HARD_CASES = {
    "ATS brand as display name": {"by workable"},
    "ATS relay domains": {
        "by greenhouse",
        "by lever",
        "by smartrecruiters",
        "by ashby",
        "by teamtailor",
        "by personio",
    },
    "Workday tenant": {"by workday", "by workday_tenant"},
    "person through a relay": {"person through a system"},
    "job boards": {"board"},
    "assessment vendors": {"vendor"},
    "one interview for each UID": {"calendar", "calendar moved"},
    "human reply in a thread": {"thread"},
    "new mail by somebody known": {"same person anew"},
    "own mail": {"own application", "own follow-up", "own withdrawal"},
    "several roles, one employer": {"levels", "places", "requisitions", "two_roles", "university"},
    "re-applied": {"again_after_no", "again_after_half_a_year"},
    "one rejection for several applications": {"one_no_for_several", "no_without_a_role"},
    "short and near names": {"short_names", "held_names"},
    "brand and legal entity": {"brand_and_legal_entity", "renamed"},
    "agencies": {"agency", "hidden_employer"},
    "paused, cancelled, re-opened": {"paused", "re-opened", "closed"},
    "look-alikes": {"look-alike"},
    "newsletters, alerts, outreach": {"newsletter", "alert", "outreach", "viewed", "survey"},
    "late answer": {"late_answer"},
    "clocks": {"wrong_clock", "late"},
    "broken mail": {"circle", "one_message_id", "delivered twice"},
}


@pytest.mark.parametrize(("size", "n"), [(10, 40), (40, 20), (120, 8), (300, 6)])
def test_messages_are_put_together_as_they_belong(size, n):
    total = reduce(add, (score(a_search(seed, size)) for seed in range(1_000, 1_000 + n)))
    assert total.precision >= 0.99, total
    assert total.recall >= 0.97, total
    assert total.questions <= 5, total
    assert total.n_found == pytest.approx(total.n_applications, rel=0.05), total


def test_mail_that_is_not_decided_costs_recall_and_hardly_precision():
    total = reduce(add, (score(a_search(seed, 120, undecided=0.1)) for seed in range(1_000, 1_004)))
    assert total.precision >= 0.98, total
    assert 0.8 <= total.recall <= 0.9, total


def test_every_hard_case_occurs():
    occurring = {tag for seed in range(4) for tag, keys in a_search(seed, 300).tags.items() if keys}
    assert {case: tags - occurring for case, tags in HARD_CASES.items() if tags - occurring} == {}


def test_a_question_is_asked_where_nobody_could_say():
    search = next(found for seed in range(50) if "no_without_a_role" in (found := a_search(seed, 40)).tags)
    [doubtful] = [fact for fact in search.facts if fact.key in search.tags["no_without_a_role"] & search.open_to_doubt]
    asked = [one for one in link(search.facts, NAMES).applications if doubtful.message_id in one.questions]
    assert len(asked) == 2


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 500), size=st.integers(1, 25), shuffle=st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(seed, size, shuffle):
    facts = a_search(seed, size).facts
    arrived = shuffle.sample(facts, len(facts))
    numbered = [replace(fact, message_id=number) for number, fact in enumerate(arrived, 1)]
    assert told(numbered) == told(facts)


def told(facts):
    """What linking makes of facts, whatever numbers they have."""
    keys = {fact.message_id: fact.key for fact in facts}
    return [
        (one.key, one.stage, {keys[event.message_id] for event in one.events}, {keys[n] for n in one.questions})
        for one in link(facts, NAMES).applications
    ]
