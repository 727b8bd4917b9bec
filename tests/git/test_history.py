"""History as ``git`` itself tells it: loose and packed objects, deltas of both kinds, merges, refs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from scanner.advisories.history import locked_since
from scanner.git.history import History, last_change_of_count
from scanner.git.objects import ObjectStore
from scanner.git.repository import Repository
from tests.git.repositories import Work

PACKINGS = {
    "loose objects": [],
    "deltas by offset": [["repack", "-q", "-adf", "--depth=50", "--window=50"]],
    "deltas by reference": [["config", "repack.useDeltaBaseOffset", "false"], ["repack", "-q", "-adf", "--depth=50"]],
    "packed refs": [["gc", "-q", "--aggressive"], ["pack-refs", "--all"]],
}


@pytest.fixture(params=PACKINGS.values(), ids=PACKINGS.keys())
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Work:
    made = Work(tmp_path / "repository")
    lines = [f"package-{number}==1.0" for number in range(300)]
    chosen = random.Random(7)
    for number in range(40):
        lines[chosen.randrange(300)] = f"changed-{number}==2.{number}"
        if number == 20:
            lines[150] = "litellm==1.82.8"
        if number == 30:
            lines[150] = "litellm==1.83.0"
        made.commit(deploy__requirements_dot_txt="\n".join(lines), other=str(number))
    made.git("tag", "-a", "v1", "-m", "tag", "HEAD~3")
    for command in request.param:
        made.git(*command)
    return made


def test_every_object_is_what_git_says(work: Work) -> None:
    listed = work.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype) %(objectsize)")
    store = ObjectStore(work.root / ".git" / "objects")
    try:
        rows = [line.split() for line in listed.splitlines()]
        assert len(rows) > 150
        for oid, kind, size in rows:
            assert len(store.read(oid, kind)) == int(size)
    finally:
        store.close()


def test_refs_are_those_of_git(work: Work) -> None:
    listed = dict(reversed(line.split(" ", 1)) for line in work.git("show-ref").splitlines())
    with Repository(work.root) as repository:
        assert repository.refs() == listed
        assert repository.head() == work.git("rev-parse", "HEAD").strip()


@pytest.mark.parametrize("version", ["1.82.8", "1.83.0", "2.39", "2.0", "not there"])
def test_the_last_change_is_that_of_a_pickaxe(work: Work, version: str) -> None:
    file = "deploy/requirements.txt"
    told = work.git("log", "--max-count=1", "--format=%H", f"-S{version}", "--", file).strip()
    found = last_change_of_count(work.root, file, version)
    assert (found.oid if found else "") == told


def test_a_merge_is_followed_to_the_side_that_changed_the_file(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.commit(lock="a==1")
    work.git("checkout", "-q", "-b", "side")
    wanted = work.commit(lock="a==2")
    work.git("checkout", "-q", "main")
    work.commit(other="x")
    work.git("merge", "-q", "--no-ff", "--no-edit", "side")
    found = last_change_of_count(tmp_path, "lock", "a==2")
    assert found is not None
    assert found.oid == wanted
    assert work.git("log", "--max-count=1", "--format=%H", "-Sa==2", "--", "lock").strip() == wanted


def test_the_day_is_that_of_the_committer(tmp_path: Path) -> None:
    work = Work(tmp_path)
    oid = work.commit(lock="a==1")
    assert locked_since(str(tmp_path), "lock", "a==1") == f"2026-01-01 {oid[:10]}"


def test_a_link_or_a_folder_at_the_path_is_no_file(tmp_path: Path) -> None:
    work = Work(tmp_path)
    (tmp_path / "link").symlink_to("lock")
    oid = work.commit(lock="a==1", folder__inner="x")
    with Repository(tmp_path) as repository:
        history = History(repository)
        commit = history.commit(oid)
        assert history.blob_id(commit, "link") is None
        assert history.blob_id(commit, "folder") is None
        assert history.blob_id(commit, "lock/below") is None
        assert history.blob_id(commit, "folder/inner") is not None
