"""The audited tree: which files are the project's own. Bounded, and never through a link out of the root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from scanner.inputs.git_index import repository_of, tracked_folders
from scanner.inputs.ignored import IgnoreRules
from scanner.model.location import Location
from scanner.model.locked import Gap

MAX_FILES = 200_000
MAX_DEPTH = 40
MAX_SKIPPED = 200
VERSION_CONTROL_AND_CACHES = frozenset(
    {".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".idea", "assay-report"}
)
INSTALLED = frozenset({".tox", ".nox", "node_modules", "site-packages", ".eggs", ".cache"})


class Walk:
    """One walk over a tree. Then ``skipped`` are (folder, why), ``links`` linked files, ``gaps`` what was cut off."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.skipped: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.gaps: list[Gap] = []
        self._rules = IgnoreRules(root)
        # Without a repository nobody ignored anything: what is there was delivered.
        self._is_repository = repository_of(root.absolute()) is not None
        self._tracked: frozenset[str] | None = None

    def files(self) -> Iterator[str]:
        """Paths of the project's files, POSIX and relative to the root, folder by folder, sorted. Virtual environments,
        version control, caches and folders that git ignores are left out; links are not followed."""
        count = 0
        for folder, folders, files in os.walk(self.root, followlinks=False):
            here = Path(folder)
            relative = here.relative_to(self.root)
            self._rules.enter(relative.as_posix())
            folders[:] = [one for one in sorted(folders) if self._enters(here / one, (relative / one).as_posix())]
            if len(relative.parts) >= MAX_DEPTH and folders:
                folders.clear()
                reason = f"folders more than {MAX_DEPTH} deep were not looked at"
                self.gaps.append(Gap(Location(relative.as_posix()), reason, "Audit the inner project by itself."))
            for name in sorted(files):
                path = here / name
                if path.is_symlink():
                    self.links.extend([(relative / name).as_posix()] if len(self.links) < MAX_SKIPPED else [])
                    continue
                if not path.is_file():
                    continue
                count += 1
                if count > MAX_FILES:
                    reason = f"the folder holds more than {MAX_FILES} files; the rest was not looked at"
                    self.gaps.append(Gap(Location(relative.as_posix()), reason, "Audit its projects one by one."))
                    return
                yield (relative / name).as_posix()

    def _enters(self, folder: Path, relative: str) -> bool:
        """Whether the walk goes into a folder; why not is kept, but for caches and version control."""
        if folder.name in VERSION_CONTROL_AND_CACHES:
            return False
        why = ""
        if folder.is_symlink():
            why = "a link; links are not followed"
        elif (folder / "pyvenv.cfg").exists():
            why = "a virtual environment; audit it with --environment"
        elif folder.name in INSTALLED:
            why = "holds what was installed here, not what the project states"
        elif self._is_ignored(relative):
            why = ".gitignore names it: it is not part of the repository"
        if why and len(self.skipped) < MAX_SKIPPED:
            self.skipped.append((f"{relative}/", f"not looked at: {why}"))
        return not why

    def _is_ignored(self, relative: str) -> bool:
        """True for a folder that ``.gitignore`` names, in a repository that tracks nothing below it."""
        if not self._is_repository or not self._rules.ignores(relative, is_folder=True):
            return False
        if self._tracked is None:
            self._tracked = tracked_folders(self.root.absolute())
        return relative not in self._tracked


def walk(root: Path) -> Iterator[str]:
    """The files of one :class:`Walk`, for callers that need no more than these."""
    return Walk(root).files()
