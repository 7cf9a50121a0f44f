"""Employers, people and the mail they send, all invented: what `searches.py` makes job searches of.

The wording is in ``letters.toml``.
"""

from __future__ import annotations

import hashlib
import random
import re
import tomllib
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from factories import ME, a_fact

from pipeline.records import Address, CalendarEvent, Direction, Fact, Kind

LETTERS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
START = datetime(2025, 3, 3, 8, tzinfo=UTC)
# What the model takes one kind for when it is wrong.
CONFUSED = {Kind.ACKNOWLEDGEMENT: Kind.IN_REVIEW, Kind.PAUSED: Kind.REJECTION, Kind.ACTION_NEEDED: Kind.ASSESSMENT}


@dataclass(frozen=True, slots=True)
class Employer:
    """Who hires: the name it goes by, the one it is registered under, and the system that writes for it."""

    name: str
    legal: str
    language: str
    sender: str

    @property
    def slug(self) -> str:
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        return re.sub(r"[^a-z0-9]", "", plain.casefold())

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in re.findall(r"[a-z0-9]+", self.legal.casefold()))[:4].ljust(3, "x")


@dataclass(frozen=True, slots=True)
class Post:
    """One application as it truly is; ``person`` is who writes about it, when a person does."""

    number: int
    employer: Employer
    role: str
    requisition: str
    person: Address


def is_relayed(post: Post) -> bool:
    """Whether the person writes through the system, and can only be answered there."""
    return not post.person.domain.endswith((".example", "gmail.com"))


@dataclass
class Writer:
    """Writes the mail of one search, and what is true of it.

    ``truth`` are the applications a message is about, ``named`` whether it tells role and requisition,
    ``tags`` the messages by the case they belong to.
    """

    rng: random.Random
    undecided: float
    confused: float
    facts: list[Fact] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    truth: dict[str, frozenset[int]] = field(default_factory=dict)
    named: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    tags: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    tag: str = ""
    taken: set[str] = field(default_factory=set)

    def one_of(self, *path: str, habit: str = "") -> str:
        """One of the wordings at ``path``, in English where the language has none; who has a habit keeps to it."""
        table = LETTERS
        for name in path:
            table = table[name] if name in table else LETTERS["en"][name]
        return (random.Random(f"{habit} {path}") if habit else self.rng).choice(table)

    def unused(self, *path: str) -> object:
        """One of the entries at ``path`` that this search has not had yet."""
        table = LETTERS
        for name in path:
            table = table[name]
        found = self.rng.choice([entry for entry in table if str(entry) not in self.taken])
        self.taken.add(str(found))
        return found

    def happens(self, share: float) -> bool:
        return self.rng.random() < share

    def later(self, at: datetime, least: float, most: float) -> datetime:
        """Some days on, in the daytime."""
        day = at + timedelta(days=self.rng.uniform(least, most))
        day = day.replace(hour=self.rng.randint(7, 18), minute=self.rng.randint(0, 59), second=self.rng.randint(0, 59))
        return day if day > at else day + timedelta(days=1)

    def soon(self, at: datetime, most: float = 90) -> datetime:
        return at + timedelta(minutes=self.rng.uniform(1, most))

    def employer(self, name: str = "", language: str = "", sender: str = "") -> Employer:
        language = language or self.rng.choices(["en", "de", "fr", "es"], [76, 14, 5, 5])[0]
        name = name or self.name(language)
        forms = LETTERS["employers"]["legal"][language]
        legal = name if name in LETTERS["employers"]["universities"] else self.rng.choice(forms).format(name)
        senders = [one for one in LETTERS["senders"] if (one != "personio" or language == "de")]
        if language == "de":
            senders += ["personio", "personio", "desk", "jobs"]
        return Employer(name, legal, language, sender or self.rng.choice(senders))

    def name(self, language: str) -> str:
        """A name nobody in this search has yet."""
        names = LETTERS["employers"]
        while True:
            stem = self.rng.choice(names["first"]) + self.rng.choice(names["second"])
            shape = self.rng.choice(names[language])
            name = self.rng.choice(names["words"]) if language == "en" and self.happens(0.08) else shape.format(stem)
            known = stem if stem in name else name
            if known not in self.taken:
                self.taken.add(known)
                return name

    def person(self, employer: Employer) -> Address:
        first, last = self.rng.choice(LETTERS["people"]["first"]), self.rng.choice(LETTERS["people"]["last"])
        plain = unicodedata.normalize("NFKD", f"{first}.{last}".casefold()).encode("ascii", "ignore").decode()
        own = Address(f"{first} {last}", f"{plain}@{employer.slug}.example")
        if employer.sender == "lever" and self.happens(0.6):
            return Address(f"{first} {last} ({employer.name})", f"{plain.partition('.')[0]}@hire.lever.co")
        if employer.sender == "smartrecruiters" and self.happens(0.5):
            return Address(f"{first} {last} via SmartRecruiters", "notification@smartrecruiters.com")
        if self.happens(0.15):
            return replace(own, display_name=f"{first} {last} | {employer.name}")
        if self.happens(0.04):
            return replace(own, addr_spec=f"{plain}@gmail.com")
        return own

    def requisition(self, sender: str, habit: str = "") -> str:
        """A number as the employer's system writes them all; empty where it writes none."""
        shapes = LETTERS["senders"][sender].get("numbers")
        n = self.rng.randint(10_000, 99_999)
        return random.Random(habit).choice(shapes).format(n=n, short=n % 9_000 + 1_000) if shapes else ""

    def post(self, employer: Employer | None = None, role: str = "", **changes: object) -> Post:
        employer = employer or self.employer()
        role = role or self.one_of("titles", employer.language)
        post = Post(
            len(self.posts), employer, role, self.requisition(employer.sender, employer.legal), self.person(employer)
        )
        self.posts.append(replace(post, **changes))
        return self.posts[-1]

    def sender(self, post: Post) -> Address:
        """The system or desk that writes for the employer; it always writes under one name."""
        table = LETTERS["senders"][post.employer.sender]
        fixed = random.Random(post.employer.name).choice(table["display"])
        parts = {"employer": post.employer.name, "legal": post.employer.legal, "slug": post.employer.slug}
        parts |= {"initials": post.employer.initials, "domain": f"{post.employer.slug}.example"}
        return Address(fixed.format(**parts), table["address"].format(**parts))

    def values(self, post: Post, **more: str) -> dict[str, str]:
        role = re.sub(r"\s*\([\w/]+\)$|\s*H/F$", "", post.role) if self.happens(0.5) else post.role
        number, numbered = post.requisition, role
        if number:
            shapes = ["{0} ({1})", "{1} {0}", "{0} - {1}", "{0} (Job ID: {1})"]
            habit = random.Random(post.employer.legal)
            numbered = habit.choice(shapes[3:] if number.isdigit() else shapes[:3]).format(role, number)
        return {
            "employer": post.employer.name,
            "legal": post.employer.legal,
            "role": role,
            "numbered": numbered,
            "first": ME.display_name.split()[0],
            "me": ME.display_name,
            "person": re.split(r" \(| \| | via ", post.person.display_name)[0],
            "job": self.one_of(post.employer.language, "jobs"),
        } | more

    def system(self, post: Post, kind: Kind | None, letter: str, at: datetime, **changes: object) -> Fact:
        """Mail of the employer's system or desk: form letters, which name the employer somewhere."""
        employer, language = post.employer, post.employer.language
        values, from_ = self.values(post, **changes.pop("values", {})), changes.pop("from_", None) or self.sender(post)
        subject, body, closing, greeting = (
            self.one_of(language, *path, habit=employer.legal).format(**values)
            for path in ((letter, "subjects"), (letter, "bodies"), ("closings",), ("greetings",))
        )
        said = f"{from_.display_name} {subject} {body}"
        if self.happens(0.8) or not (employer.name in said or employer.legal in said):
            body += f"\n\n{closing}"
        fact = self.send([post], kind, at, from_, subject, f"{greeting}\n\n{body}", **changes)
        self.tags[f"by {employer.sender}"].add(fact.key)
        return fact

    def personal(self, post: Post, kind: Kind | None, letter: str, at: datetime, **changes: object) -> Fact:
        """Mail a person on the employer's side writes; an answer keeps the subject of what it answers."""
        language, values = post.employer.language, self.values(post, **changes.pop("values", {}))
        answered = changes.pop("answers", None)
        subject, body = (self.one_of(language, letter, part).format(**values) for part in ("subjects", "bodies"))
        if answered:
            subject = f"Re: {re.sub('^Re: ', '', answered.subject)}"
            changes["thread"] = (*answered.thread, answered.rfc_message_id)
        greeting, signature = (self.one_of(language, part).format(**values) for part in ("greetings", "signatures"))
        if " via " in post.person.display_name:  # the system puts the employer below
            signature += f"\n\n{values['employer']} · Careers"
        text = f"{greeting}\n\n{body}\n\n{signature}" if body else ""
        fact = self.send([post], kind, at, changes.pop("from_", post.person), subject, text, **changes)
        if is_relayed(post):
            self.tags["person through a system"].add(fact.key)
        return fact

    def own(self, post: Post, letter: str, at: datetime, to: Address, answers: Fact | None = None) -> Fact:
        """Mail of the applicant."""
        values, language = self.values(post), post.employer.language
        subject, body = (self.one_of(language, letter, part).format(**values) for part in ("subjects", "bodies"))
        thread: tuple[str, ...] = ()
        if answers:
            subject = f"Re: {re.sub('^Re: ', '', answers.subject)}"
            thread = (*answers.thread, answers.rfc_message_id)
        return self.send([post], None, at, ME, subject, body, to=(to,), thread=thread, direction=Direction.OUT)

    def send(
        self, posts: list[Post], kind: Kind | None, at: datetime, from_: Address, subject: str, text: str,
        **changes: object,
    ) -> Fact:  # fmt: skip
        """Put a message into the mailbox, judged as the model would."""
        number = len(self.facts) + 1
        is_in = changes.get("direction") is not Direction.OUT
        if kind and self.happens(self.confused):
            kind = CONFUSED.get(kind, kind)
        if is_in and self.happens(self.undecided):
            kind = None
        host = from_.domain or "mail.example"
        fact = a_fact(
            kind,
            **{
                "message_id": number,
                "key": hashlib.sha256(f"{self.rng.random()}{number}".encode()).hexdigest(),
                "rfc_message_id": f"<{number}.{self.rng.randrange(10**9)}@{host}>",
                "date": at,
                "from_": from_,
                "to": (ME,),
                "subject": subject,
                "text": text,
                **changes,
            },
        )
        self.facts.append(fact)
        self.truth[fact.key] = frozenset(post.number for post in posts)
        said = f"{subject}\n{text}".casefold()
        role, requisition = (posts[0].role.split(" (")[0].casefold(), posts[0].requisition) if posts else ("", "")
        self.named[fact.key] = (bool(role) and role in said, bool(requisition) and requisition.casefold() in said)
        if self.tag:
            self.tags[self.tag].add(fact.key)
        return fact

    def event(self, post: Post, at: datetime, **changes: object) -> CalendarEvent:
        """An interview some days after ``at``."""
        start = self.later(at, 2, 9).replace(minute=0, second=0)
        uid = f"{self.rng.randrange(10**12)}@calendar.example"
        summary = f"Interview {ME.display_name} / {post.employer.name}"
        event = CalendarEvent(
            uid, "REQUEST", 0, summary, post.person.addr_spec, "Video", start, start + timedelta(hours=1)
        )
        return replace(event, **changes)
