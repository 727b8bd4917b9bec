"""A checked-out source tree of a dependency: its contents as an archive's, and the commit that it stands at."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from scanner.files import read_bounded
from scanner.inputs.walk import Walk
from scanner.integrity.contents import CODE_SUFFIXES, MAX_TEXT, MAX_TEXT_TOTAL, Content, Contents
from scanner.model.known import NotKnown

_BUILD_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "entry_points.txt"})
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
MAX_REFS = 4 * 1024 * 1024
MAX_HASHED = 64 * 1024 * 1024


def tree_contents(folder: Path) -> Contents:
    """Code and build files below the folder; what ``.gitignore`` names, and what tools put there, is no source."""
    files: dict[str, Content] = {}
    kept = 0
    found = Walk(folder)
    for path in found.files():
        if found.is_apart(path):
            continue
        name = path.rpartition("/")[2]
        if not path.lower().endswith(CODE_SUFFIXES) and name not in _BUILD_FILES:
            continue
        try:
            body = read_bounded(folder / path, MAX_HASHED + 1, follow=False)
        except OSError:
            continue
        if len(body) > MAX_HASHED:
            files[path] = Content(path, len(body), "", truncated=True)
            continue
        data = body if len(body) <= MAX_TEXT and kept + len(body) <= MAX_TEXT_TOTAL else b""
        kept += len(data)
        files[path] = Content(path, len(body), hashlib.sha256(body).hexdigest(), data=data)
    return Contents(str(folder), files, (), ())


def head_commit(folder: Path) -> str | NotKnown:
    """The commit that the tree stands at, from the files of ``.git``; no git is run, for its hooks are code too."""
    git = folder / ".git"
    if not git.is_dir():
        return NotKnown("the tree has no .git folder that would tell its commit", "Name a clone of the repository.")
    head = _text(git / "HEAD").strip()
    if _COMMIT.fullmatch(head):
        return head
    name = head.removeprefix("ref:").strip()
    if head == name or ".." in name or not re.fullmatch(r"refs/[\w./-]+", name):
        return NotKnown("its .git/HEAD names no commit and no branch")
    found = _text(git / name).strip()
    if _COMMIT.fullmatch(found):
        return found
    for line in _text(git / "packed-refs").splitlines():
        commit, _, reference = line.partition(" ")
        if reference.strip() == name and _COMMIT.fullmatch(commit):
            return commit
    return NotKnown(f"its branch {name} points to no commit")


def _text(path: Path) -> str:
    try:
        return read_bounded(path, MAX_REFS, follow=False).decode("utf-8", "replace")
    except OSError:
        return ""
