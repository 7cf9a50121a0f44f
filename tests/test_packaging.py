"""The package: what is built holds what the program needs, and runs far from the checkout."""

from __future__ import annotations

import email.parser
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from factories import octets_of
from test_run import ACKNOWLEDGED, MONDAY

from pipeline import __version__
from pipeline.cli.main import COMMANDS

CHECKOUT = Path(__file__).parent.parent
DATA = "pipeline/_data"


def tracked_files() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name and (CHECKOUT / name).is_file()]


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("UNGHOST_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, env={**inherited, "OPENBLAS_NUM_THREADS": "1", **environment},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from what git knows, as a fresh clone would build it."""
    copy = tmp_path_factory.mktemp("clone")
    for name in tracked_files():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, copy / name)
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(copy / "dist"), cwd=copy)
    [found] = (copy / "dist").glob("*.whl")
    return found


@dataclass(frozen=True)
class Installation:
    """A place where unghost is installed, and what a shell must know to find it there."""

    package: Path
    environment: dict[str, str]
    away: Path

    def python(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run(*words, cwd=self.away, **self.environment, **environment)

    def unghost(self, *words: str) -> str:
        places = {"UNGHOST_DATA": str(self.away / "data"), "XDG_CONFIG_HOME": str(self.away / "config")}
        done = self.python("-m", "pipeline.cli", *words, **places)
        assert done.stderr == ""
        return done.stdout


@pytest.fixture(scope="module")
def from_wheel(wheel, tmp_path_factory):
    target = tmp_path_factory.mktemp("target")
    words = ("install", "--no-deps", "--no-index", "--no-cache-dir", "--disable-pip-version-check", "--quiet")
    run("-m", "pip", *words, "--target", str(target), str(wheel), cwd=target)
    return target


@pytest.fixture(params=["wheel", "editable"])
def installation(request, tmp_path):
    """Either way to have it: the wheel in a directory of its own, or the checkout of this environment."""
    if request.param == "wheel":
        target = request.getfixturevalue("from_wheel")
        return Installation(target / "pipeline", {"PYTHONPATH": str(target)}, tmp_path)
    return Installation(CHECKOUT / "pipeline", {}, tmp_path)


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


# --- what is in it --------------------------------------------------------------------------------


@pytest.mark.parametrize("directory", ["models", "config", "cron"])
def test_the_wheel_holds_every_file_we_ship(wheel, directory):
    shipped = {name for name in tracked_files() if name.startswith(directory + "/")}
    assert shipped
    assert {f"{DATA}/{name}" for name in shipped} <= names_in(wheel)


@pytest.mark.parametrize(
    "name",
    [
        f"{DATA}/models/shipped.npz",
        f"{DATA}/models/shipped.json",
        f"{DATA}/models/corpus/ats.jsonl",
        f"{DATA}/config/ats.toml",
        f"{DATA}/config/drafts.toml",
        f"{DATA}/config/names.toml",
        f"{DATA}/config/next_steps.toml",
        f"{DATA}/config/providers.toml",
        f"{DATA}/config/published.toml",
        f"{DATA}/config/unghost.example.toml",
        f"{DATA}/cron/unghost.crontab",
        f"{DATA}/cron/unghost.timer",
        "pipeline/digest/templates/digest.txt",
        "pipeline/digest/templates/digest.html",
        "pipeline/demo/mail/silent.toml",
        "pipeline/demo/march.toml",
        "pipeline/py.typed",
    ],
)
def test_the_wheel_holds_what_the_program_looks_for(wheel, name):
    assert name in names_in(wheel)


def test_the_wheel_holds_the_package_whole_and_nothing_else(wheel):
    names = names_in(wheel)
    assert {name for name in tracked_files() if name.startswith("pipeline/")} <= names
    assert {name.partition("/")[0] for name in names} == {"pipeline", f"unghost-{__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]


def test_everybody_can_read_what_root_installs(wheel):
    with zipfile.ZipFile(wheel) as archive:
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    assert not {name: oct(mode) for name, mode in modes.items() if mode & 0o644 != 0o644}


def test_the_same_files_give_the_same_wheel(wheel, tmp_path):
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=wheel.parent.parent)
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    run("-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path), cwd=wheel.parent.parent)
    shutil.unpack_archive(tmp_path / f"unghost-{__version__}.tar.gz", tmp_path, filter="data")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=tmp_path / f"unghost-{__version__}")
    assert names_in(tmp_path / wheel.name) == names_in(wheel)


def test_the_wheel_says_what_it_is(wheel):
    with zipfile.ZipFile(wheel) as archive:
        info = f"unghost-{__version__}.dist-info"
        metadata = email.parser.Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        entries = archive.read(f"{info}/entry_points.txt").decode()
    assert (metadata["Name"], metadata["Version"]) == ("unghost", __version__)
    assert (metadata["License-Expression"], metadata["Requires-Python"]) == ("MIT", ">=3.11")
    assert entries.split("\n")[:2] == ["[console_scripts]", "unghost = pipeline.cli:main"]
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    for name in ("imapclient", "mail-parser", "scikit-learn", "click", "sqlite-utils"):
        assert [line for line in needed if line.startswith(name)], name


# --- it runs from there ---------------------------------------------------------------------------


def test_it_is_found_where_it_was_installed(installation):
    code = (
        "import json, pipeline; from importlib.metadata import distribution; from pipeline.resources import shipped;"
        "print(json.dumps([pipeline.__file__, str(shipped('models')), distribution('unghost').version]))"
    )
    file, models, version = json.loads(installation.python("-c", code).stdout)
    root = installation.package.parent
    assert Path(file) == installation.package / "__init__.py"
    assert Path(models) in {root / DATA / "models", CHECKOUT / "models"}
    assert Path(models).is_relative_to(root)
    assert version == __version__


def test_it_says_its_version(installation):
    assert installation.unghost("--version") == f"unghost, version {__version__}\n"


def test_it_has_every_command(installation):
    told = installation.unghost("--help")
    assert [name for group in COMMANDS.values() for name in group if f"\n  {name} " not in told] == []


def test_it_writes_a_digest(installation):
    assert installation.unghost("digest", "--dry-run", "--now", MONDAY).strip()


def test_it_reads_mail_with_its_own_parser_model_and_tables(installation):
    mail = installation.away / "mail"
    mail.mkdir()
    subject, text = (part.format(employer="Brightwater") for part in ACKNOWLEDGED)
    (mail / "1.eml").write_bytes(octets_of(subject, text, date="Mon, 02 Feb 2026 10:00:00 +0100"))
    told = installation.unghost("run", "--from", str(mail), "--dry-run", "--now", MONDAY)
    assert "Brightwater has gone quiet: 28 days" in told


def test_it_finds_the_example_configuration(installation):
    told = installation.unghost("init", "--no-input", "--no-test", "--address", "dana@gmail.com")
    assert "app password" in told


def test_the_command_itself_is_there(from_wheel, tmp_path):
    done = run(str(from_wheel / "bin" / "unghost"), "--version", cwd=tmp_path, PYTHONPATH=str(from_wheel))
    assert done.stdout == f"unghost, version {__version__}\n"
