"""A bounded walk of the audited tree for the few files that say how packages are installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from scanner.files import read_bounded

MAX_ENTRIES = 50_000
MAX_DEPTH = 12
MAX_BYTES = 512 * 1024
SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", ".tox", ".nox", "node_modules", "site-packages", "__pycache__"}
)


def walk(root: str, left: list[tuple[str, str]] | None = None) -> Iterator[tuple[str, Path]]:
    """Every regular file below ``root`` as (POSIX path relative to it, path), sorted; links are not followed.

    Stops after ``MAX_ENTRIES`` entries and below ``MAX_DEPTH`` folders; a folder that cannot be read is passed over.
    What was left out for these reasons is appended to ``left``, as (path, reason).
    """
    left = [] if left is None else left
    waiting: list[tuple[str, int]] = [("", 0)]
    seen = 0
    while waiting:
        folder, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(Path(root, folder)), key=lambda entry: entry.name)
        except OSError as error:
            left.append((folder or ".", f"the folder cannot be read: {error.strerror or type(error).__name__}"))
            continue
        below: list[tuple[str, int]] = []
        for entry in entries:
            seen += 1
            if seen > MAX_ENTRIES:
                left.append((folder or ".", f"more than {MAX_ENTRIES} entries stand before it: the rest was not read"))
                return
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name in SKIPPED_FOLDERS:
                    continue
                if depth < MAX_DEPTH:
                    below.append((relative, depth + 1))
                else:
                    left.append((relative, f"it lies more than {MAX_DEPTH} folders deep"))
            elif entry.is_file(follow_symlinks=False):
                yield relative, Path(entry.path)
        waiting.extend(reversed(below))


def read_text(path: Path) -> str | None:
    """The file's text, or ``None`` where it is too large, not readable, or not text."""
    try:
        raw = read_bounded(path, MAX_BYTES + 1, follow=False)
    except OSError:
        return None
    if len(raw) > MAX_BYTES or b"\0" in raw:
        return None
    return raw.decode("utf-8", "replace")
