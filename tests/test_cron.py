"""The schedules we ship: each is accepted by the program that reads it."""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess

import pytest

from pipeline.resources import shipped


def text_of(name: str) -> str:
    return shipped("cron", name).read_text(encoding="utf-8")


def test_the_crontab_line_is_one(tmp_path):
    lines = [line for line in text_of("unghost.crontab").splitlines() if line and not line.startswith("#")]
    [line] = lines
    schedule, command = line.split(None, 5)[:5], line.split(None, 5)[5]
    assert schedule == ["*/15", "*", "*", "*", "*"]
    assert "%" not in command, "cron turns % into a line break"
    home = tmp_path / "home"
    (home / ".local" / "bin").mkdir(parents=True)
    program = home / ".local" / "bin" / "unghost"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o700)
    done = subprocess.run(
        ["/bin/sh", "-c", command], env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, capture_output=True, check=True
    )
    assert done.stdout == b"run\n"


def test_cron_itself_takes_the_table(tmp_path):
    crontab = shutil.which("crontab")
    if crontab is None:
        pytest.fail("crontab is missing; on Debian: apt install cron")
    table = tmp_path / "table"
    table.write_text(text_of("unghost.crontab"))
    done = subprocess.run([crontab, "-n", str(table)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", ["unghost.service", "unghost.timer"])
def test_systemd_takes_the_units(tmp_path, unit):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.fail("systemd-analyze is missing; on Debian: apt install systemd")
    for name in ("unghost.service", "unghost.timer"):
        (tmp_path / name).write_text(text_of(name).replace("%h/.local/bin/unghost", "/bin/true"))
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(tmp_path / unit)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "unghost" not in done.stderr


def test_the_timer_goes_off_every_quarter_of_an_hour_and_catches_up():
    timer = text_of("unghost.timer")
    assert "OnCalendar=*:0/15" in timer
    assert "Persistent=true" in timer


def test_launchd_can_read_the_property_list():
    found = plistlib.loads(text_of("org.unghost.run.plist").encode())
    assert found["ProgramArguments"][-1] == "run"
    assert found["StartInterval"] == 900
    assert found["Umask"] == 0o077


@pytest.mark.parametrize("name", ["unghost.crontab", "unghost.service", "org.unghost.run.plist"])
def test_each_says_how_it_is_installed(name):
    assert re.search(r"Install:", text_of(name))
