"""The audited tree: which files are the project's own. Bounded, and never through a link out of the root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from scanner.inputs.ignored import IgnoreRules

MAX_FILES = 200_000
MAX_DEPTH = 40
SKIPPED_FOLDERS = frozenset(
    {
        ".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "node_modules", "site-packages", "__pycache__",
        ".mypy_cache", ".pytest_cache", ".ruff_cache", ".eggs", ".idea", ".cache", "assay-report",
    }
)  # fmt: skip


def walk(root: Path) -> Iterator[str]:
    """Paths of the project's files, POSIX and relative to the root, sorted. Virtual environments, version control,
    caches and what ``.gitignore`` excludes are left out; links are not followed."""
    rules = IgnoreRules(root)
    count = 0
    for folder, folders, files in os.walk(root, followlinks=False):
        here = Path(folder)
        relative = here.relative_to(root)
        if len(relative.parts) >= MAX_DEPTH:
            folders.clear()
        rules.enter(relative.as_posix())
        folders[:] = sorted(
            name
            for name in folders
            if name not in SKIPPED_FOLDERS
            and not (here / name / "pyvenv.cfg").exists()
            and not (here / name).is_symlink()
            and not rules.ignores((relative / name).as_posix(), is_folder=True)
        )
        for name in sorted(files):
            path = (relative / name).as_posix()
            if (here / name).is_symlink() or not (here / name).is_file() or rules.ignores(path, is_folder=False):
                continue
            count += 1
            if count > MAX_FILES:
                return
            yield path
