"""Whole job searches with known truth: python tests/searches.py [--seed N] [--size N] [--undecided SHARE] [--mistakes].

Each case of `CASES` writes the mail of one or more applications as the senders would: what they write is in
``letters.toml``.  Linking sees the facts only; `linking_score.py` holds what it makes of them to the truth.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import add

from letters import LETTERS, START, Employer, Post, Writer, is_relayed
from linking_score import mistakes, score

from pipeline.records import Address, Direction, Fact, Kind

ANSWERS = {Kind.REJECTION, Kind.POSITION_CLOSED}
FORGOTTEN = timedelta(days=150)  # after it nobody thinks of an older application of the same title

AT_ONCE = timedelta(days=3)  # receipts of applications made together may come in any order


@dataclass(frozen=True, slots=True)
class Search:
    """The facts in the order they arrived; the applications each is truly about; messages by case.

    ``open_to_doubt`` are messages that fit several applications by all they say: nobody could tell.
    """

    facts: list[Fact]
    truth: dict[str, frozenset[int]]
    open_to_doubt: frozenset[str]
    tags: dict[str, set[str]]


def a_search(seed: int, n: int, *, undecided: float = 0.0, confused: float = 0.01) -> Search:
    """A search with ``n`` applications; a share of the mail is undecided, or taken for another kind."""
    w = Writer(random.Random(f"search {seed}"), undecided, confused)
    days = min(330.0, 30 + 2 * n)
    for case, share, size in CASES:
        for _ in range(_times(w.rng, share * n)):
            if len(w.posts) + size <= n:
                w.tag = case.__name__.lstrip("_")
                case(w, w.later(START, 0, days * (0.4 if case in LONG else 1)))
    while len(w.posts) < n:
        w.tag = ""
        _ordinary(w, w.later(START, 0, days))
    w.tag = ""
    for _ in range(_times(w.rng, 0.4 * n)):
        _of_nobody(w, w.later(START, 0, days))
    facts = _delivered(w)
    return Search(facts, w.truth, _open_to_doubt(w), dict(w.tags))


def _times(rng: random.Random, expected: float) -> int:
    return int(expected) + (rng.random() < expected % 1)


# The course of one application


def _ordinary(w: Writer, at: datetime) -> None:
    post = w.post()
    _course(w, post, _apply(w, post, at))


def _apply(w: Writer, post: Post, at: datetime) -> datetime:
    """Through a board, by mail, or on the employer's pages; with its receipt, mostly."""
    if w.happens(0.25):
        with_tag(w, "board", _sent_to(w, post, at))
        if w.happens(0.3):
            return at
        at = w.soon(at, 600)
    elif post.employer.sender in {"desk", "jobs"} and w.happens(0.5):
        sent = w.own(post, "own_application", at, replace(w.sender(post), display_name=""))
        with_tag(w, "own application", sent)
        if w.happens(0.4):
            answer = w.system(post, Kind.ACKNOWLEDGEMENT, "acknowledgement", w.later(at, 0, 4) + timedelta(days=1))
            if w.happens(0.5):
                w.facts[-1] = replace(answer, subject=f"Re: {sent.subject}", thread=(sent.rfc_message_id,))
        return at + timedelta(days=5)
    else:
        at = w.soon(at, 30)
    receipt = w.system(post, Kind.ACKNOWLEDGEMENT, "acknowledgement", at)
    if w.happens(0.02):
        with_tag(w, "delivered twice", _again(w, receipt))
    return at


def with_tag(w: Writer, tag: str, *facts: Fact) -> None:
    w.tags[tag] |= {fact.key for fact in facts}


def _sent_to(w: Writer, post: Post, at: datetime) -> Fact:
    """What a board confirms."""
    board, values = _a_board(w, post.employer.language), w.values(post)
    subject, body = board["subject"].format(**values), board["body"].format(**values)
    return w.send([post], Kind.ACKNOWLEDGEMENT, at, Address(*board["from"]), subject, body)


def _a_board(w: Writer, language: str) -> dict:
    return w.rng.choice([board for board in LETTERS["boards"].values() if language in board["languages"]])


def _again(w: Writer, fact: Fact) -> Fact:
    """The same mail by another way: a forwarding server has changed a few octets."""
    post = w.posts[min(w.truth[fact.key])]
    return w.send(
        [post], fact.kind, fact.date, fact.from_, fact.subject, f"{fact.text}\n", rfc_message_id=fact.rfc_message_id
    )


def _course(w: Writer, post: Post, at: datetime) -> None:
    """What comes of an application: mostly nothing, or a no."""
    courses = {_silence: 30, _no: 34, _long_review: 9, _closed: 3, _paused: 3, _test: 9, _documents: 4, _interview: 14}
    w.rng.choices(list(courses), list(courses.values()))[0](w, post, at)


def _silence(w: Writer, post: Post, at: datetime) -> None:
    if post.employer.sender in {"desk", "jobs"} and w.happens(0.4):
        to = w.sender(post)
        with_tag(w, "own follow-up", w.own(post, "own_chase", w.later(at, 12, 30), replace(to, display_name="")))


def _no(w: Writer, post: Post, at: datetime) -> None:
    w.system(post, Kind.REJECTION, "rejection", w.later(at, 2, 50))


def _long_review(w: Writer, post: Post, at: datetime) -> None:
    at = w.later(at, 7, 25)
    w.system(post, Kind.IN_REVIEW, "in_review", at)
    if w.happens(0.6):
        _no(w, post, at)


def _closed(w: Writer, post: Post, at: datetime) -> None:
    with_tag(w, "closed", w.system(post, Kind.POSITION_CLOSED, "position_closed", w.later(at, 7, 50)))


def _paused(w: Writer, post: Post, at: datetime) -> None:
    at = w.later(at, 7, 30)
    with_tag(w, "paused", w.system(post, Kind.PAUSED, "paused", at))
    if w.happens(0.6):
        at = w.later(at, 20, 60)
        with_tag(w, "re-opened", w.system(post, Kind.IN_REVIEW, "reopened", at))
        _course(w, post, at)


def _documents(w: Writer, post: Post, at: datetime) -> None:
    at = w.later(at, 1, 8)
    asked = w.system(post, Kind.ACTION_NEEDED, "action_needed", at)
    if post.employer.sender in {"desk", "jobs"}:
        w.own(post, "own_reply", w.later(at, 1, 2), asked.from_, answers=asked)
    if w.happens(0.5):
        _no(w, post, at)


def _test(w: Writer, post: Post, at: datetime) -> None:
    """A test, by a company that runs tests or by the employer itself."""
    at = w.later(at, 2, 14)
    if w.happens(0.3):
        w.system(post, Kind.ASSESSMENT, "assessment", at)
    else:
        vendor = LETTERS["vendors"][w.rng.choice(sorted(LETTERS["vendors"]))]
        name, address = vendor
        display = w.rng.choice([name, name, f"{post.employer.name} via {name}"])
        for kind, letter in ((Kind.ASSESSMENT, "vendor_test"), (Kind.ACKNOWLEDGEMENT, "vendor_done")):
            values = w.values(post)
            subject, body = (w.one_of("en", letter, part).format(**values) for part in ("subjects", "bodies"))
            text = f"Hi {values['first']},\n\n{body}\n\nThe {name} team"
            with_tag(w, "vendor", w.send([post], kind, at, Address(display, address), subject, text))
            at = w.later(at, 1, 5)
            if w.happens(0.5):
                break
    w.rng.choices([_silence, _no, _interview], [3, 4, 3])[0](w, post, w.later(at, 1, 3))


def _interview(w: Writer, post: Post, at: datetime) -> None:
    """A conversation by mail, an entry in the calendar, perhaps a second round, and what comes of it."""
    at = w.later(at, 3, 20)
    first = w.personal(post, Kind.INTERVIEW, "interview", at)
    at = w.soon(at, 600)
    last = w.own(post, "own_reply", at, first.from_, answers=first)
    if w.happens(0.6):
        at = w.soon(at, 600)
        last = w.personal(post, Kind.OTHER, "confirmed", at, answers=last)
    with_tag(w, "thread", last)
    if w.happens(0.7):
        at = _meeting(w, post, w.soon(at, 300))
    at = w.later(at, 3, 8)
    if w.happens(0.4):
        w.own(post, "own_thanks", at, post.person, answers=last if is_relayed(post) or w.happens(0.5) else None)
    if w.happens(0.35):
        at = w.later(at, 3, 9)
        second = w.personal(post, Kind.INTERVIEW, "interview_unnamed", at)
        with_tag(w, "same person anew", second)
        w.own(post, "own_reply", w.soon(at), second.from_, answers=second)
    _after_interview(w, post, w.later(at, 3, 15), last)


def _after_interview(w: Writer, post: Post, at: datetime, last: Fact) -> None:
    end = w.rng.choices(
        ["no in thread", "no anew", "no by system", "offer", "silence", "withdrawal"], [3, 2, 3, 2, 3, 1]
    )[0]
    if end == "no in thread":
        w.personal(post, Kind.REJECTION, "rejection_unnamed", at, answers=last)
    elif end == "no anew":
        with_tag(w, "same person anew", w.personal(post, Kind.REJECTION, "rejection_unnamed", at))
    elif end == "no by system":
        w.system(post, Kind.REJECTION, "rejection", at)
    elif end == "offer":
        w.personal(post, Kind.OFFER, "offer", at)
    elif end == "withdrawal":
        with_tag(
            w, "own withdrawal", w.own(post, "own_withdrawal", at, post.person, last if is_relayed(post) else None)
        )
    elif w.happens(0.5):
        with_tag(w, "own follow-up", w.own(post, "own_chase", w.later(at, 5, 9), post.person))


def _meeting(w: Writer, post: Post, at: datetime) -> datetime:
    """An invitation, and now and then its new date or its end: one UID (RFC 5545)."""
    event = w.event(post, at)
    by_system = Address(f"{post.employer.name} Recruiting", "no-reply@goodtime.io")
    from_ = by_system if w.happens(0.2) else post.person
    letter = "calendar_bare" if w.happens(0.25) and from_ is post.person else "calendar"
    first = _invited(w, post, letter, at, from_, event)
    with_tag(w, "calendar", first)
    changes = [("REQUEST", "Updated invitation: "), ("CANCEL", "Canceled: ")]
    if w.happens(0.35):
        method, prefix = w.rng.choices(changes, [3, 1])[0]
        start = event.start + timedelta(days=w.rng.randint(1, 4))
        moved = replace(event, method=method, sequence=1, start=start, end=start + timedelta(hours=1))
        second = w.send(
            [post], Kind.INTERVIEW, w.later(at, 0, 2), from_, f"{prefix}{first.subject}", "", calendar=(moved,)
        )
        with_tag(w, "calendar moved", second)
    return max(at, event.start)


def _invited(w: Writer, post: Post, letter: str, at: datetime, from_: Address, event: object) -> Fact:
    values = w.values(post)
    subject, body = (w.one_of("en", letter, part).format(**values) for part in ("subjects", "bodies"))
    return w.send([post], Kind.INTERVIEW, at, from_, subject, body, calendar=(event,))


# Several applications that are easily taken for one


def _levels(w: Writer, at: datetime) -> None:
    """Senior and Staff at one employer."""
    employer, title = w.employer(language="en"), w.rng.choice(["Software Engineer", "Data Analyst", "Product Designer"])
    for level in LETTERS["titles"]["levels"]:
        at = w.later(at, 0, 9)
        post = w.post(employer, level + title)
        _course(w, post, _apply(w, post, at))


def _places(w: Writer, at: datetime) -> None:
    """One title in two towns."""
    employer = w.employer(language="en")
    for place in w.rng.sample(LETTERS["titles"]["places"], 2):
        post = w.post(employer, f"Store Manager, {place}")
        _course(w, post, _apply(w, post, w.later(at, 0, 5)))


def _requisitions(w: Writer, at: datetime) -> None:
    """One title under two numbers, which the receipts tell."""
    employer = w.employer(language="en", sender=w.rng.choice(["workday", "workday_tenant", "icims"]))
    while "{numbered}" not in w.one_of("en", "acknowledgement", "subjects", habit=employer.legal):
        employer = w.employer(language="en", sender=employer.sender)
    title = w.one_of("titles", "en")
    for _ in range(2):
        post, at = w.post(employer, title), w.later(at, 0, 9)
        w.system(post, Kind.ACKNOWLEDGEMENT, "acknowledgement", at)
        _course(w, post, at)


def _university(w: Writer, at: datetime) -> None:
    """Up to 20 rows at one university."""
    sender = w.rng.choice(["icims", "successfactors", "desk", "workday"])
    employer = w.employer(w.unused("employers", "universities"), "en", sender)
    for title in w.rng.sample(LETTERS["titles"]["posts"], 20):
        post = w.post(employer, title, requisition=w.requisition("icims", employer.name))
        _course(w, post, _apply(w, post, w.later(at, 0, 120)))


def _two_roles(w: Writer, at: datetime) -> None:
    employer = w.employer()
    for title in w.rng.sample(LETTERS["titles"][employer.language], 2):
        post = w.post(employer, title)
        _course(w, post, _apply(w, post, w.later(at, 0, 40)))


def _short_names(w: Writer, at: datetime) -> None:
    """HP and PHP."""
    _neighbours(w, at, w.unused("employers", "short"))


def _held_names(w: Writer, at: datetime) -> None:
    """Delta and Delta Dental."""
    _neighbours(w, at, w.unused("employers", "held"))


def _neighbours(w: Writer, at: datetime, names: list[str]) -> None:
    for name in names:
        post = w.post(w.employer(name, "en"))
        _course(w, post, _apply(w, post, w.later(at, 0, 20)))


def _again_after_no(w: Writer, at: datetime) -> None:
    employer = w.employer()
    first = w.post(employer)
    w.system(first, Kind.REJECTION, "rejection", w.later(_apply(w, first, at), 3, 20))
    second = w.post(
        employer, first.role if w.happens(0.6) else "", requisition=w.requisition(employer.sender, employer.legal)
    )
    _course(w, second, _apply(w, second, w.later(at, 35, 110)))


def _again_after_half_a_year(w: Writer, at: datetime) -> None:
    employer = w.employer()
    first = w.post(employer)
    _apply(w, first, at)
    second = w.post(employer, first.role, requisition=w.requisition(employer.sender, employer.legal))
    _course(w, second, _apply(w, second, w.later(at, 185, 215)))


def _one_no_for_several(w: Writer, at: datetime) -> None:
    """One rejection that names two of three."""
    employer = w.employer(language="en")
    posts = [w.post(employer, title) for title in w.rng.sample(LETTERS["titles"]["posts"], 3)]
    for post in posts:
        _apply(w, post, w.later(at, 0, 6))
    roles = " and ".join(post.role for post in posts[:2])
    values = w.values(posts[0], roles=roles)
    subject, body = (w.one_of("en", "rejection_several", part).format(**values) for part in ("subjects", "bodies"))
    w.send(posts[:2], Kind.REJECTION, w.later(at, 15, 30), w.sender(posts[0]), subject, body)


def _no_without_a_role(w: Writer, at: datetime) -> None:
    """A rejection that may mean either of two: a question is right."""
    employer = w.employer(language="en")
    posts = [w.post(employer, title) for title in w.rng.sample(LETTERS["titles"]["en"], 2)]
    for post in posts:
        _apply(w, post, w.later(at, 0, 6))
    w.system(w.rng.choice(posts), Kind.REJECTION, "rejection_bare", w.later(at, 15, 30))


# One application under several names


def _brand_and_legal_entity(w: Writer, at: datetime) -> None:
    """The brand confirms, the group that owns it goes on; the same person writes under both names."""
    brand, group = w.unused("employers", "groups")
    post = w.post(w.employer(brand, "en"))
    post = replace(post, person=Address("Priya Nair", f"priya.nair@{post.employer.slug}.example"))
    at = w.later(_apply(w, post, at), 3, 9)
    first = w.personal(post, Kind.INTERVIEW, "interview", at)
    w.own(post, "own_reply", w.soon(at), first.from_, answers=first)
    w.personal(post, Kind.INTERVIEW, "of_a_group", w.later(at, 5, 12), values={"other": group})


def _renamed(w: Writer, at: datetime) -> None:
    """The employer takes another name before it answers."""
    post = w.post(w.employer(language="en", sender=w.rng.choice(["greenhouse", "ashby", "lever"])))
    after = w.name("en")
    at = w.later(_apply(w, post, at), 20, 50)
    from_ = replace(w.sender(post), display_name=f"{after} Talent Team")
    w.system(post, Kind.REJECTION, "renamed", at, from_=from_, values={"other": after})


def _agent(w: Writer, agency: str) -> Address:
    return w.person(Employer(agency, agency, "en", "desk"))


def _agency(w: Writer, at: datetime) -> None:
    """One agent who writes for three employers, each named."""
    agency = w.unused("employers", "agencies")
    agent = _agent(w, agency)
    for _ in range(3):
        post = w.post(w.employer(language="en", sender="desk"), person=agent)
        at = w.later(at, 3, 30)
        values = {"client": post.employer.name, "agency": agency, "employer": agency}
        first = w.personal(post, Kind.INTERVIEW, "agency_intro", at, values=values)
        last = w.own(post, "own_reply", w.soon(at), agent, answers=first)
        if w.happens(0.5):
            answers = last if w.happens(0.4) else None
            w.personal(post, Kind.REJECTION, "agency_rejection", w.later(at, 5, 15), values=values, answers=answers)


def _hidden_employer(w: Writer, at: datetime) -> None:
    """An agency that does not say for whom it looks."""
    agency = w.unused("employers", "agencies")
    employer = w.employer(agency, "en", w.rng.choice(["desk", "jobs"]))
    agent = _agent(w, agency)
    for title in w.rng.sample(LETTERS["titles"]["en"], 2):
        post = w.post(employer, title, person=agent)
        values = {"agency": agency}
        at = w.later(at, 1, 12)
        w.system(post, Kind.ACKNOWLEDGEMENT, "agency_receipt", at, values=values)
        if w.happens(0.7):
            w.personal(post, Kind.INTERVIEW, "agency_hidden", w.later(at, 2, 8), values=values)
        if w.happens(0.7):
            w.personal(post, Kind.REJECTION, "agency_hidden_rejection", w.later(at, 10, 20), values=values)


# Broken mail


def _circle(w: Writer, at: datetime) -> None:
    """Two messages that answer each other."""
    post = w.post()
    at = w.later(_apply(w, post, at), 3, 9)
    first = w.personal(post, Kind.INTERVIEW, "interview", at)
    second = w.personal(post, Kind.INTERVIEW, "interview_unnamed", w.later(at, 1, 4), answers=first)
    at_first = w.facts.index(first)
    w.facts[at_first] = replace(first, thread=(second.rfc_message_id,))


def _one_message_id(w: Writer, at: datetime) -> None:
    """A system that gives all its mail one Message-ID."""
    sender = w.rng.choice(["successfactors", "workday_tenant"])
    for _ in range(2):
        post = w.post(w.employer(language="en", sender=sender))
        _no(w, post, _apply(w, post, at))
    for n, fact in enumerate(w.facts):
        if fact.key in w.tags["one_message_id"] and fact.from_.domain in {"successfactors.eu", "myworkday.com"}:
            w.facts[n] = replace(fact, rfc_message_id=f"<0@{fact.from_.domain}>")


def _wrong_clock(w: Writer, at: datetime) -> None:
    """An answer that is dated before what it answers."""
    post = w.post()
    at = w.later(_apply(w, post, at), 3, 9)
    first = w.personal(post, Kind.INTERVIEW, "interview", at)
    last = w.own(post, "own_reply", at - timedelta(hours=3), first.from_, answers=first)
    w.personal(post, Kind.REJECTION, "rejection_unnamed", w.later(at, 5, 9), answers=last)


def _late_answer(w: Writer, at: datetime) -> None:
    """An invitation after months of silence, or after a no."""
    post = w.post()
    at = _apply(w, post, at)
    if w.happens(0.5):
        at = w.later(at, 3, 9)
        w.system(post, Kind.REJECTION, "rejection", at)
        _interview(w, post, w.later(at, 5, 20))
    else:
        _interview(w, post, w.later(at, 70, 120))


# Mail of no application


def _of_nobody(w: Writer, at: datetime) -> None:
    """Newsletters of employers applied to, alerts, outreach, look-alikes; nobody's application."""
    w.tag, letter, kind = w.rng.choice(
        [
            ("newsletter", "newsletter", Kind.OTHER),
            ("newsletter", "newsletter", Kind.JOB_ALERT),
            ("alert", "alert", Kind.JOB_ALERT),
            ("outreach", "outreach", Kind.OUTREACH),
            ("look-alike", "lookalike", Kind.OTHER),
            ("survey", "survey", Kind.OTHER),
            ("viewed", "viewed", Kind.OTHER),
        ]
    )
    post = w.rng.choice(w.posts)
    name, address = _a_board(w, post.employer.language)["from"]
    bank = w.name("en")
    from_ = {
        "alert": Address(name, address),
        "viewed": Address(name, address),
        "outreach": w.person(post.employer),
        "look-alike": Address(bank, f"service@{bank.casefold().replace(' ', '').replace('&', '')}.example"),
    }.get(w.tag, w.sender(post))
    if w.tag == "look-alike" and w.happens(0.1):
        kind = Kind.ACKNOWLEDGEMENT  # the model falls for it
    values = w.values(post, other=w.rng.choice(w.posts).employer.name)
    subject, body = (w.one_of(post.employer.language, letter, part).format(**values) for part in ("subjects", "bodies"))
    w.send([], kind, at, from_, subject, body)


# Case, how often for each application, how many applications it makes
CASES = (
    (_university, 1 / 150, 20),
    (_levels, 1 / 60, 3),
    (_places, 1 / 100, 2),
    (_requisitions, 1 / 75, 2),
    (_two_roles, 1 / 25, 2),
    (_short_names, 1 / 100, 2),
    (_held_names, 1 / 100, 2),
    (_again_after_no, 1 / 50, 2),
    (_again_after_half_a_year, 1 / 75, 2),
    (_one_no_for_several, 1 / 150, 3),
    (_no_without_a_role, 1 / 100, 2),
    (_brand_and_legal_entity, 1 / 150, 1),
    (_renamed, 1 / 150, 1),
    (_agency, 1 / 100, 3),
    (_hidden_employer, 1 / 150, 2),
    (_circle, 1 / 150, 1),
    (_one_message_id, 1 / 150, 2),
    (_wrong_clock, 1 / 75, 1),
    (_late_answer, 1 / 75, 1),
)
LONG = {_again_after_half_a_year, _again_after_no, _university, _late_answer}


def _delivered(w: Writer) -> list[Fact]:
    """The mail as it came in: mostly in the order of its dates, some of it late."""
    late = {fact.key: timedelta(days=w.rng.expovariate(1)) for fact in w.facts if w.happens(0.05)}
    arrived = sorted(w.facts, key=lambda fact: (fact.date + late.get(fact.key, timedelta()), fact.key))
    w.tags["late"] = {a.key for a, b in pairwise(arrived) if a.date > b.date}
    return [replace(fact, message_id=number) for number, fact in enumerate(arrived, 1)]


def _open_to_doubt(w: Writer) -> frozenset[str]:
    """Messages that by role, requisition, sender and time fit another application at that employer as well.

    So do answers to nothing but such messages.
    """
    by_employer: dict[str, list[Fact]] = defaultdict(list)
    for fact in sorted(w.facts, key=lambda fact: (fact.date, fact.key)):
        for employer in {w.posts[n].employer.name for n in w.truth[fact.key]}:
            by_employer[employer].append(fact)
    return frozenset(key for facts in by_employer.values() for key in _doubtful(w, facts))


def _doubtful(w: Writer, facts: list[Fact]) -> set[str]:
    """Those of one employer's messages."""
    doubtful: set[str] = set()
    ties: set[str] = set()  # Message-IDs and UIDs of what is told for sure
    for n, fact in enumerate(facts):
        own = {*fact.thread, *(event.uid for event in fact.calendar)}
        if not own & ties and len(w.truth[fact.key]) == 1 and _others(w, fact, facts[:n], doubtful):
            doubtful.add(fact.key)
        else:
            ties |= {fact.rfc_message_id, *(event.uid for event in fact.calendar)}
    return doubtful


def _others(w: Writer, fact: Fact, before: list[Fact], doubtful: set[str]) -> bool:
    """Whether the message fits an application other than its own."""
    [number] = w.truth[fact.key]
    correspondent = fact.to[0] if fact.direction is Direction.OUT else fact.from_
    mine = [one for one in before if number in w.truth[one.key] and one.key not in doubtful]
    numbers = {n for one in before for n in w.truth[one.key]} - {number}
    theirs = {n: [one for one in before if n in w.truth[one.key]] for n in numbers}
    if correspondent == w.posts[number].person and any(correspondent in (one.from_, *one.to) for one in mine):
        theirs = {n: its for n, its in theirs.items() if any(correspondent in (one.from_, *one.to) for one in its)}
    return any(_fits(w, fact, w.posts[number], w.posts[n], its) for n, its in theirs.items())


def _fits(w: Writer, fact: Fact, own: Post, other: Post, its: list[Fact]) -> bool:
    """Whether the role, requisition and time of a message are as well those of ``other``, of which ``its`` told."""
    role, requisition = w.named[fact.key]
    told = [w.named[one.key] for one in its]
    if fact.kind is Kind.ACKNOWLEDGEMENT and (role or requisition or fact.date - its[0].date > AT_ONCE):
        return False
    if any(one.kind in ANSWERS for one in its) or fact.date - its[-1].date > FORGOTTEN:
        return False
    if role and own.role != other.role and any(role for role, _ in told):
        return False
    return not (requisition and any(requisition for _, requisition in told))


def main() -> None:
    parser = argparse.ArgumentParser(description="Scores linking on searches with known truth.")
    parser.add_argument("--seed", type=int, nargs="*", default=list(range(8)))
    parser.add_argument("--size", type=int, nargs="*", default=[10, 40, 120, 300])
    parser.add_argument("--undecided", type=float, default=0.0, help="the share of mail the model does not decide")
    parser.add_argument("--mistakes", action="store_true", help="every message in the wrong place")
    wanted = parser.parse_args()
    for size in wanted.size:
        scores = []
        for seed in wanted.seed:
            search = a_search(seed, size, undecided=wanted.undecided)
            scores.append(score(search))
            print(f"size {size}, seed {seed}: {scores[-1]}")
            if wanted.mistakes:
                print(mistakes(search))
        print(f"size {size}: {reduce(add, scores)}\n")


if __name__ == "__main__":
    main()
