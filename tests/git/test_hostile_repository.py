"""A vendor's repository is hostile: nothing of it runs, nothing outside of it is read, and damage is one line."""

from __future__ import annotations

import os
import random
import shutil
import struct
import time
import zlib
from pathlib import Path

import pytest

from scanner.advisories.history import NOT_IN_HISTORY, locked_since
from scanner.git.objects import ObjectStore
from scanner.git.opening import GitError
from scanner.git.packs import Pack, applied
from scanner.git.repository import Repository
from tests.git.repositories import Work


@pytest.fixture
def work(tmp_path: Path) -> Work:
    made = Work(tmp_path / "repository")
    for number in range(8):
        made.commit(lock="\n".join(f"p{one}=={number if one == number else 1}" for one in range(200)))
    return made


def test_no_program_is_run(work: Work, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    script = tmp_path / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {trap}\n")
    script.chmod(0o755)
    (work.root / ".git" / "config").write_text(
        f"[core]\n\tfsmonitor = {script}\n\tsshCommand = {script}\n\tpager = {script}\n\thooksPath = {tmp_path}\n"
        f"[diff]\n\texternal = {script}\n\torderFile = /dev/stdin\n[mailmap]\n\tfile = /dev/stdin\n"
        f'[filter "x"]\n\tclean = {script}\n\tsmudge = {script}\n[remote "origin"]\n\turl = ext::{script}\n'
        "\tpromisor = true\n[extensions]\n\tpartialClone = origin\n[include]\n\tpath = /dev/zero\n"
    )
    (work.root / ".git" / "info" / "attributes").write_text("* filter=x diff=x\n")
    assert locked_since(str(work.root), "lock", "p7==7").startswith("2026-01-08 ")
    assert not trap.exists()


@pytest.mark.parametrize("how", ["alternates", "a .git file", "a .git link", "commondir", "an objects link"])
def test_objects_elsewhere_are_not_read(work: Work, tmp_path: Path, how: str) -> None:
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    inside = work.root / ".git"
    if how == "a .git file":
        (vendor / ".git").write_text(f"gitdir: {inside}\n")
    elif how == "a .git link":
        (vendor / ".git").symlink_to(inside)
    else:
        shutil.copytree(inside, vendor / ".git")
        shutil.rmtree(vendor / ".git" / "objects")
        if how == "an objects link":
            (vendor / ".git" / "objects").symlink_to(inside / "objects")
        else:
            (vendor / ".git" / "objects" / "info").mkdir(parents=True)
            (vendor / ".git" / "objects" / "info" / "alternates").write_text(f"{inside / 'objects'}\n")
            if how == "commondir":
                (vendor / ".git" / "commondir").write_text(f"{inside}\n")
    assert locked_since(str(vendor), "lock", "p7==7").startswith(NOT_IN_HISTORY)


@pytest.mark.parametrize("name", ["HEAD", "packed-refs", "refs/heads/main"])
def test_a_fifo_is_not_opened(work: Work, name: str) -> None:
    path = work.root / ".git" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    started = time.process_time()
    told = locked_since(str(work.root), "lock", "p7==7")
    assert time.process_time() - started < 5
    assert told.startswith((NOT_IN_HISTORY, "2026-01-08"))


@pytest.mark.parametrize("ref", ["refs/../../../etc/passwd", "../HEAD", "refs/heads/main\0x", "HEAD", "refs//x"])
def test_a_ref_does_not_lead_outside(work: Work, ref: str) -> None:
    (work.root / ".git" / "HEAD").write_text(f"ref: {ref}\n")
    with Repository(work.root) as repository, pytest.raises(GitError):
        repository.head()


def test_an_object_that_is_not_what_its_id_says_is_refused(work: Work) -> None:
    oid = work.git("rev-parse", "HEAD").strip()
    path = work.root / ".git" / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    body = b"tree " + b"0" * 40 + b"\n\nother"
    path.write_bytes(zlib.compress(b"commit %d\0" % len(body) + body))
    with Repository(work.root) as repository, pytest.raises(GitError, match="not what its id says"):
        repository.objects.read(oid, "commit")


def test_a_loose_bomb_costs_what_its_header_says(work: Work) -> None:
    oid = "ab" + "0" * 38
    folder = work.root / ".git" / "objects" / "ab"
    folder.mkdir(exist_ok=True)
    (folder / oid[2:]).write_bytes(zlib.compress(b"blob 10\0" + bytes(200_000_000)))
    with Repository(work.root) as repository, pytest.raises(GitError, match="another size"):
        repository.objects.read(oid, "blob")


def test_a_delta_bomb_is_refused() -> None:
    base = bytes(1 << 16)

    def number(value: int) -> bytes:
        made = b""
        while value > 127:
            made, value = made + bytes([value & 127 | 128]), value >> 7
        return made + bytes([value])

    bomb = number(len(base)) + number(1 << 40) + b"\x80" * 1_000_000
    with pytest.raises(GitError, match="does not fit"):
        applied(base, bomb)
    liar = number(len(base)) + number(100) + b"\x80" * 1_000_000
    started = time.process_time()
    with pytest.raises(GitError, match="another size"):
        applied(base, liar)
    assert time.process_time() - started < 1


def test_a_delta_that_is_its_own_base_ends(work: Work) -> None:
    work.git("repack", "-q", "-adf")
    index = next((work.root / ".git" / "objects" / "pack").glob("*.idx"))
    pack = Pack(index)
    try:
        with pytest.raises(GitError):
            # Back by nothing: an entry that names itself.
            pack._base(6, 12, len(pack._pack) - 1)
    finally:
        pack.close()


def test_a_damaged_repository_is_one_line_and_never_another_fault(work: Work) -> None:
    work.git("repack", "-q", "-adf", "--depth=50")
    chosen = random.Random(11)
    folder = work.root / ".git" / "objects" / "pack"
    files = {path: path.read_bytes() for path in [*folder.glob("*.idx"), *folder.glob("*.pack")]}
    oids = [line.split()[0] for line in work.git("cat-file", "--batch-all-objects", "--batch-check").splitlines()]
    refused = 0
    for path in files:
        path.chmod(0o644)
    for _ in range(300):
        path = chosen.choice(list(files))
        body = bytearray(files[path])
        if chosen.random() < 0.2:
            del body[chosen.randrange(len(body)) :]
        for _ in range(chosen.randrange(1, 6)):
            if body:
                body[chosen.randrange(len(body))] = chosen.randrange(256)
        path.write_bytes(body)
        store = ObjectStore(work.root / ".git" / "objects")
        for oid in oids:
            for kind in ("commit", "tree", "blob"):
                try:
                    store.read(oid, kind)
                except GitError:
                    refused += 1
        store.close()
        assert locked_since(str(work.root), "lock", "p7==7").startswith((NOT_IN_HISTORY, "2026-01-08"))
        path.write_bytes(files[path])
    assert refused > 1000


def test_an_index_that_counts_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    index = tmp_path / "x.idx"
    index.write_bytes(b"\xfftOc\x00\x00\x00\x02" + struct.pack(">256L", *[4_000_000_000] * 256))
    (tmp_path / "x.pack").write_bytes(b"PACK")
    with pytest.raises(GitError, match="shorter than it says"):
        Pack(index)
