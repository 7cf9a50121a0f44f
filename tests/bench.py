"""How fast it is, measured on this machine: `make bench`, or `python tests/bench.py --help`.

Nothing here is asserted.  Every part is measured by the command in its last column, on one core
where it is ours to say (OPENBLAS_NUM_THREADS=1), against the private Dovecot of the tests.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from factories import DAY, NOW, RULES, a_message, a_prediction
from servers import running_dovecot, running_sink
from sqlite_utils import Database
from test_learning import Learner
from test_run import MONDAY, Person
from torture import bombs

from pipeline.classify.artifact import load_model
from pipeline.classify.corpus import read_corpus
from pipeline.digest.render import render
from pipeline.errors import ParseFailure
from pipeline.fetch import ImapAccount
from pipeline.ledger import Ledger
from pipeline.ledger.codec import message_row, prediction_row
from pipeline.parse import content_key, parse
from pipeline.records import Direction, Kind, RawMessage
from pipeline.resources import shipped
from pipeline.run import derive, prepare_digest
from pipeline.sandbox import Sandbox
from pipeline.shelf import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.classify.model import Model
    from pipeline.records import Message

N_APPLICATIONS = 300
N_CHARACTERS = 1_500
FIRST = datetime(2025, 12, 1, 9, tzinfo=UTC)
HEAVY = (
    "sklearn",
    "scipy",
    "numpy",
    "rich",
    "jinja2",
    "icalendar",
    "mailparser",
    "justhtml",
    "babel",
    "holidays",
    "rapidfuzz",
    "cleanco",
    "publicsuffixlist",
)

# The command line as it is, and then what became of its process. VmHWM and not ru_maxrss, which
# begins at the size of the process that started it.
TOLD_BY_ITSELF = f"""
import json, runpy, sys
try:
    runpy.run_module("pipeline.cli", run_name="__main__")
except SystemExit as end:
    if end.code:
        raise
heavy = sorted(set({HEAVY!r}) & set(sys.modules))
with open("/proc/self/status") as status:
    [kilobytes] = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
print(json.dumps({{"heavy": heavy, "megabytes": kilobytes / 1024}}))
"""


@dataclass(frozen=True)
class Figure:
    """One measured number, or what there is instead of one."""

    name: str
    value: float | str
    unit: str = ""


@dataclass
class Took:
    """What a block cost: seconds on the clock, seconds of CPU of this process and of its ended children."""

    wall: float = 0.0
    cpu: float = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter(), cpu_seconds()
        return self

    def __exit__(self, *exc: object) -> None:
        self.wall = time.perf_counter() - self._began[0]
        self.cpu = cpu_seconds() - self._began[1]

    def figures(self, name: str, n: int) -> list[Figure]:
        return [
            Figure(f"{name}, wall", self.wall, "s"),
            Figure(f"{name}, CPU", self.cpu, "s"),
            Figure(name, n / self.wall, "messages/s"),
        ]


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


class Bench:
    """What the parts share, made when first asked for."""

    def __init__(self, directory: Path, n_messages: int, stack: ExitStack) -> None:
        self.directory = directory
        self.n_messages = n_messages
        self._stack = stack

    @cached_property
    def octets(self) -> list[bytes]:
        """Messages of every sort the corpus has, as they travel."""
        examples = read_corpus(shipped("models", "corpus"))
        step = max(1, len(examples) / self.n_messages)
        return [travelling(examples[int(n * step) % len(examples)].message, n) for n in range(self.n_messages)]

    @cached_property
    def messages(self) -> list[Message]:
        return [parsed(octets) for octets in self.octets]

    @cached_property
    def model(self) -> Model:
        return load_model(shipped("models"), SHIPPED)

    @cached_property
    def person(self) -> Person:
        """A job seeker with all these messages, who has not read any."""
        dovecot = self._stack.enter_context(running_dovecot())
        sink = self._stack.enter_context(running_sink(self.directory / "smtp"))
        found = Person(self.directory, dovecot.new_user(), sink)
        for n, octets in enumerate(self.octets):
            found.user.deliver(octets, internaldate=FIRST + n * DAY / 24)
        return found


def travelling(message: Message, n: int) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = message.from_.addr_spec or "somebody@mail.example"
    mail["To"] = "dana@whitlock.example"
    mail["Subject"] = message.subject.replace("\n", " ")
    mail["Date"] = format_datetime(FIRST + n * DAY / 24)
    mail["Message-ID"] = f"<{n}@mail.example>"
    mail.set_content(message.text or " ")
    return mail.as_bytes()


def parsed(octets: bytes) -> Message:
    return parse(octets, direction=Direction.IN, internaldate=FIRST)


def of_size(messages: Iterable[Message], n_characters: int) -> Iterator[Message]:
    """Messages of this size, made of the texts of as many as are needed."""
    text = ""
    for message in messages:
        text += message.text + "\n\n"
        if len(text) >= n_characters:
            yield replace(message, text=text[:n_characters])
            text = ""


# --- the parts ------------------------------------------------------------------------------------


def fetch(bench: Bench) -> Iterator[Figure]:
    """Fetch every message over TLS from Dovecot; nothing is parsed or recorded."""
    account = bench.person.user.account(sent="")
    with Took() as took, ImapAccount(account, deadline=time.monotonic() + 120) as source:
        [state] = source.mailboxes()
        n = sum(len(batch) for batch in source.fetch_since(state, 0))
    yield from took.figures(f"fetch {n:,} messages", n)


def parsing(bench: Bench) -> Iterator[Figure]:
    """Parse every message, in this process and in the sandbox (its start included)."""
    octets = bench.octets
    with Took() as took:
        for each in octets:
            parsed(each)
    yield from took.figures("parse", len(octets))
    with Took() as took, Sandbox() as sandbox:
        for each in octets:
            sandbox.read(RawMessage(each, Direction.IN, internaldate=FIRST))
    yield from took.figures("parse in the sandbox", len(octets))


def hostile(_: Bench) -> Iterator[Figure]:
    """Parse every hostile message; the three that cost most CPU."""
    costs = []
    for name, octets in bombs().items():
        with Took() as took, suppress(ParseFailure):
            parsed(octets)
        costs.append((took.cpu, name))
    for cost, name in sorted(costs, reverse=True)[:3]:
        yield Figure(f"parse hostile {name}, CPU", cost, "s")


def training(bench: Bench) -> Iterator[Figure]:
    """`unghost train` with the corpus and three corrections."""
    directory = bench.directory / "train"
    directory.mkdir()
    learner = Learner(directory)
    for message in bench.messages[:3]:
        learner.record(message, kind=Kind.OTHER)
    with Took() as took:
        learner.unghost("train")
    yield Figure("train, wall", took.wall, "s")
    yield Figure("train, CPU", took.cpu, "s")


def predict(bench: Bench) -> Iterator[Figure]:
    """Predict messages of 1,500 characters, with the sentences that decided and without; the fastest of five passes.

    Each pass is a model's that was loaded anew and has judged as many others: it remembers words it has seen.
    """
    messages = list(of_size(bench.messages, N_CHARACTERS))
    before, timed = messages[::2], messages[1::2]
    ways: dict[str, Callable[[Model, Message], object]] = {
        "with": lambda model, message: model.predict(message),
        "without": lambda model, message: model.proba(model.vector(model.vocabulary.find(message).rows)),
    }
    for name, way in ways.items():
        costs = []
        for _ in range(5):
            model = load_model(shipped("models"), SHIPPED)
            for message in before:
                way(model, message)
            with Took() as took:
                for message in timed:
                    way(model, message)
            costs.append(took.cpu)
        yield Figure(f"predict, {name} evidence", len(timed) / min(costs), "messages/s")


def load(_: Bench) -> Iterator[Figure]:
    """Load the shipped model, and say how large it is."""
    load_model(shipped("models"), SHIPPED)  # numpy is imported, the file is in memory
    with Took() as took:
        model = load_model(shipped("models"), SHIPPED)
    yield Figure("load the model", took.wall, "s")
    yield Figure("model file", len(shipped("models", f"{SHIPPED}.npz").read_bytes()) / 1e6, "MB")
    yield Figure("model terms", float(len(model.vocabulary)), "terms")


def record(bench: Bench) -> Iterator[Figure]:
    """Write every message with a prediction into a ledger, each in a transaction of its own."""
    prediction, messages = a_prediction(), bench.messages
    raw = RawMessage(b"x", Direction.IN)
    with Ledger(bench.directory / "record.db") as ledger, Took() as took:
        for message in messages:
            ledger.facts.record(raw, message, prediction, NOW)
    yield from took.figures("record", len(messages))
    yield Figure("ledger file", (bench.directory / "record.db").stat().st_size / 1e6, "MB")


def whole(bench: Bench) -> Iterator[Figure]:
    """The first `unghost run` over every message, and then a quiet one that finds nothing."""
    for name in ("first run", "quiet run"):
        with Took() as took:
            told = run_once(bench.person)
        yield Figure(f"{name}, wall", took.wall, "s")
        yield Figure(f"{name}, CPU", took.cpu, "s")
        yield Figure(f"{name}, peak memory (without the sandbox)", told["megabytes"], "MB")
        if name == "first run":
            yield Figure(name, bench.n_messages / took.wall, "messages/s")
    yield Figure("quiet run, heavy modules imported", ", ".join(told["heavy"]) or "none")


def run_once(person: Person) -> dict[str, object]:
    command = [sys.executable, "-P", "-c", TOLD_BY_ITSELF, "--config", str(person.config), "run", "--now", MONDAY]
    done = subprocess.run(command, env=person.environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"unghost run failed: {done.stderr}")
    return json.loads(done.stdout)


def digest(bench: Bench) -> Iterator[Figure]:
    """Link 300 applications with three messages each, and write the digest about them."""
    with Ledger(bench.directory / "digest.db") as ledger:
        fill(ledger, N_APPLICATIONS)
        with Took() as took:
            derive(ledger, RULES)
        n = len(ledger.derived.applications())
        yield Figure(f"link {n} applications", took.wall, "s")
        with Took() as took:
            draft = render(prepare_digest(ledger, RULES, NOW), RULES.wording, "2026-03-02")
    yield Figure(f"digest of {n} applications", took.wall, "s")
    yield Figure(f"digest of {n} applications, size", len(draft.octets) / 1e3, "kB")


def fill(ledger: Ledger, n_applications: int) -> None:
    kinds = (Kind.ACKNOWLEDGEMENT, Kind.IN_REVIEW, Kind.REJECTION)
    for n in range(n_applications):
        employer = f"Employer{n}"
        for step, kind in enumerate(kinds if n % 3 == 0 else (kinds[0], kinds[1], kinds[1])):
            message = a_message(
                subject=f"Your application to {employer}",
                text=f"Thank you for applying for the Data Analyst position at {employer}.",
                date=NOW - (90 - n % 60 - step * 5) * DAY,
            )
            key = content_key(f"{employer} {step}".encode())
            ledger.facts.record(RawMessage(b"x", Direction.IN), replace(message, key=key), a_prediction(kind), NOW)


def rebuild(bench: Bench) -> Iterator[Figure]:
    """Derive everything anew in a ledger of 100,000 messages, a tenth of them about 3,000 applications."""
    n_applications, n_others = 3_000, 90_000
    with Ledger(bench.directory / "rebuild.db") as ledger:
        fill(ledger, n_applications)
    crowd(bench.directory / "rebuild.db", n_others)
    with Ledger(bench.directory / "rebuild.db") as ledger:
        n = ledger.facts.counts()["messages"]
        with Took() as took:
            derive(ledger, RULES)
        yield Figure(f"derive {len(ledger.derived.applications())} applications from {n} messages", took.wall, "s")


def crowd(path: Path, n: int) -> None:
    """Everyday mail that is about no application, by the thousand and without ceremony."""
    messages = ((i, a_message(subject="Your parcel", text="It is on its way. " * 20)) for i in range(10**6, 10**6 + n))
    db = Database(path)
    db.table("messages").insert_all(message_row(message, NOW) | {"id": i} for i, message in messages)
    said = a_prediction(Kind.OTHER)
    db.table("predictions").insert_all(prediction_row(i, said, NOW) for i in range(10**6, 10**6 + n))
    db.close()


PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "fetch": fetch,
    "parse": parsing,
    "load": load,
    "predict": predict,
    "train": training,
    "hostile": hostile,
    "record": record,
    "run": whole,
    "digest": digest,
    "rebuild": rebuild,
}


# --- the table ------------------------------------------------------------------------------------


def shown(value: float | str) -> str:
    """A number with three digits that count."""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def print_table(rows: list[tuple[str, Figure]], n_messages: int) -> None:
    print(f"{n_messages:,} messages; Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores")
    width = max(len(figure.name) for _, figure in rows)
    for part, figure in rows:
        command = f"python tests/bench.py {part}"
        print(f"{figure.name:<{width}}  {shown(figure.value):>10} {figure.unit:<11} {command}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(PARTS)}")
    parser.add_argument("--messages", type=int, default=2_000, metavar="N", help="how many there are (2000)")
    parser.add_argument("--json", action="store_true", help="for machines")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    warnings.simplefilter("ignore")  # aiosmtpd's, about its being a test
    logging.disable(logging.WARNING)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy has not been imported yet
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="unghost-bench-")))
        bench = Bench(directory, chosen.messages, stack)
        rows = [(part, figure) for part in chosen.parts or PARTS for figure in PARTS[part](bench)]
    if chosen.json:
        print(json.dumps([{"part": part, **asdict(figure)} for part, figure in rows], indent=1))
    else:
        print_table(rows, chosen.messages)


if __name__ == "__main__":
    main()
