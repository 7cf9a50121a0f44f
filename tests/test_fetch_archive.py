"""Archives on disk: all messages, in order, and not one octet or flag changed."""

from __future__ import annotations

import os
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.fetch import read_archive
from pipeline.fetch.archive import MAX_BYTES
from pipeline.records import Direction

OWN = ["Me@Home.example", "me2@home.example"]
LETTER = b"From: Acme <jobs@acme.example>\nSubject: Hello\n\nThank you.\n"


def snapshot(root):
    """Every file below ``root`` with its name, octets, mode and time."""
    files = [root] if root.is_file() else sorted(root.rglob("*"))
    return [(f, f.read_bytes() if f.is_file() else b"", f.stat().st_mode, f.stat().st_mtime_ns) for f in files]


def an_mbox(tmp_path, octets):
    path = tmp_path / "all.mbox"
    path.write_bytes(octets)
    return path


def test_an_eml_file(tmp_path):
    path = tmp_path / "one.EML"
    path.write_bytes(LETTER)
    (raw,) = read_archive(path, OWN)
    assert (raw.octets, raw.source, raw.direction) == (LETTER, str(path), Direction.IN)
    assert raw.uid is None
    assert raw.internaldate is None


def test_a_directory_of_eml_files_in_order_and_in_depth(tmp_path):
    for name in ("b.eml", "a/2.eml", "a/1.eml", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LETTER)
    before = snapshot(tmp_path)
    assert [Path(raw.source).relative_to(tmp_path).as_posix() for raw in read_archive(tmp_path, OWN)] == [
        "a/1.eml",
        "a/2.eml",
        "b.eml",
    ]
    assert snapshot(tmp_path) == before


def test_an_mbox_is_split_where_messages_begin(tmp_path):
    path = an_mbox(
        tmp_path,
        b"From jobs@acme.example Thu Jan  1 10:20:30 2026\n" + LETTER + b"\n"
        b"From 177@xxx Mon Nov 23 06:00:00 +0000 2026\nSubject: two\n\n"
        b"From what we have seen,\n\nFrom now on it is 10:30, in 2026.\n>From here\n\n",
    )
    path.chmod(0o400)
    before = snapshot(path)
    first, second = read_archive(path, OWN)
    assert first.octets == LETTER
    assert first.internaldate == datetime(2026, 1, 1, 10, 20, 30, tzinfo=UTC)
    assert second.octets.endswith(b"\n\nFrom now on it is 10:30, in 2026.\n>From here\n")
    assert second.internaldate == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert [raw.source for raw in (first, second)] == [f"{path}#1", f"{path}#2"]
    assert snapshot(path) == before
    assert [file.name for file in tmp_path.iterdir()] == ["all.mbox"]  # no lock file


def test_an_mbox_with_crlf(tmp_path):
    letter = LETTER.replace(b"\n", b"\r\n")
    separator = b"From - Thu Jan  1 10:20:30 2026\r\n"
    path = an_mbox(tmp_path, separator + letter + b"\r\n" + separator + letter + b"\r\n")
    assert [raw.octets for raw in read_archive(path, OWN)] == [letter, letter]


def test_an_mbox_whose_separators_have_no_date(tmp_path):
    path = an_mbox(tmp_path, b"From nobody\n" + LETTER + b"\nFrom nobody\n" + LETTER)
    assert [(raw.octets, raw.internaldate) for raw in read_archive(path, OWN)] == [(LETTER, None), (LETTER, None)]


def test_an_empty_mbox_holds_nothing(tmp_path):
    assert list(read_archive(an_mbox(tmp_path, b""), OWN)) == []


def test_an_mbox_is_read_one_message_at_a_time(tmp_path):
    """400 MB of it, 100 messages: the memory in use grows by less than a tenth of that."""
    separator = b"From a@b.example Thu Jan  1 10:20:30 2026\n"
    path = tmp_path / "large.mbox"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(separator + LETTER + b"x" * 70 + b"\n")
            file.truncate(file.tell() + 4_000_000)  # a hole: one line of zeros, and no disk
            file.seek(0, os.SEEK_END)
            file.write(b"\n\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sizes = [len(raw.octets) for raw in read_archive(path, OWN)]
    assert sizes == [len(LETTER) + 71 + 4_000_001] * 100
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000


@pytest.mark.parametrize("kind", ["eml", "mbox"])
def test_of_a_large_message_only_the_beginning_is_read(tmp_path, kind):
    octets = LETTER + b"x" * (MAX_BYTES + 100_000) + b"\n"
    if kind == "mbox":
        path = an_mbox(tmp_path, b"From a Thu Jan  1 10:20:30 2026\n" + octets)
    else:
        path = tmp_path / "large.eml"
        path.write_bytes(octets)
    (raw,) = read_archive(path, OWN)
    assert raw.truncated
    assert raw.octets == octets[:MAX_BYTES]


def a_maildir(root):
    for name in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp", "Work/cur", "Work/new"):
        (root / name).mkdir(parents=True)
    (root / "cur/1767262830.M1P1.host:2,S").write_bytes(LETTER)
    (root / "new/1767262829.M1P1.host").write_bytes(LETTER)
    (root / "tmp/1767262831.M1P1.host").write_bytes(b"half a mes")
    (root / ".Sent/cur/noname:2,").write_bytes(b"From: me@home.example\n\nHi\n")
    (root / "Work/new/1767262832.x").write_bytes(LETTER)
    (root / "dovecot-uidlist").write_bytes(b"3 V1")
    return root


def test_a_maildir_with_its_sub_mailboxes_stays_as_it_is(tmp_path):
    root = a_maildir(tmp_path / "Maildir")
    before = snapshot(root)
    found = list(read_archive(root, OWN))
    assert [Path(raw.source).relative_to(root).as_posix() for raw in found] == [
        "new/1767262829.M1P1.host",
        "cur/1767262830.M1P1.host:2,S",
        ".Sent/cur/noname:2,",
        "Work/new/1767262832.x",
    ]
    assert [raw.direction.value for raw in found] == ["in", "in", "out", "in"]
    assert found[0].internaldate == datetime(2026, 1, 1, 10, 20, 29, tzinfo=UTC)
    assert found[2].internaldate is None
    assert snapshot(root) == before


@pytest.mark.parametrize(
    ("head", "direction"),
    [
        (b"From: me@home.example\n", Direction.OUT),
        (b"FROM: Me <ME@HOME.example>\r\n", Direction.OUT),
        (b"From:\n Me\n <me2@home.example>\n", Direction.OUT),
        (b'From: "me@home.example" <x@evil.example>\n', Direction.IN),
        (b"From: x@evil.example, me@home.example\n", Direction.IN),
        (b"From: me@home.example\nFrom: x@evil.example\n", Direction.IN),
        (b"Subject: x\n\nFrom: me@home.example\n", Direction.IN),
        (b"X-From: me@home.example\n", Direction.IN),
        (b"From: " + b"(" * 60_000 + b"me@home.example\n", Direction.IN),
        (b"From: " + b"(" * 900 + b"\n", Direction.IN),
        (b"From: \xff\xfe\n", Direction.IN),
        (b"", Direction.IN),
    ],
)
def test_outgoing_is_what_the_owner_alone_wrote(tmp_path, head, direction):
    path = tmp_path / "one.eml"
    path.write_bytes(head + b"\nText\n")
    (raw,) = read_archive(path, OWN)
    assert raw.direction is direction


def test_an_empty_file_is_a_problem_and_not_the_end(tmp_path):
    (tmp_path / "1.eml").write_bytes(b"")
    (tmp_path / "2.eml").write_bytes(LETTER)
    first, second = read_archive(tmp_path, OWN)
    assert (first.octets, first.problem) == (b"", "the message is empty")
    assert not second.problem


def test_a_file_gone_meanwhile_is_a_problem_and_not_the_end(tmp_path):
    for name in ("1.eml", "2.eml"):
        (tmp_path / name).write_bytes(LETTER)
    found = read_archive(tmp_path, OWN)
    (tmp_path / "1.eml").unlink()
    first, second = found
    assert first.problem == "cannot be read: No such file or directory"
    assert second.octets == LETTER


@pytest.mark.parametrize("name", ["missing", "notes.txt", "empty", "image.mbox"])
def test_what_holds_no_mail_is_an_input_error_at_once(tmp_path, name):
    (tmp_path / "notes.txt").write_text("Nothing")
    (tmp_path / "image.mbox").write_bytes(b"\x89PNG")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=name):
        read_archive(tmp_path / name, OWN)
