"""The audited tree: which files were delivered. Bounded, and never through a link out of the root.

One walk serves the readers of dependency files, the code engine and the assets. Nothing is left out because of its
name: an editor's folder, a cache, ``node_modules`` or a folder that ``.gitignore`` names can hold what runs as well as
any other. Three kinds of folders are treated apart:

- version control: hooks, and what has no business there but would run;
- folders that the root's own repository ignores and does not track: what runs is read, what states dependencies is
  listed, and counts where a file of the project names it;
- virtual environments that somebody made here: left out, and named in the report, where nothing speaks of them.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from scanner.files import inside, is_regular, read_bounded
from scanner.inputs.git_index import Tracked, tracked
from scanner.inputs.ignored import IgnoreRules
from scanner.inputs.links import MAX_LINKED, TooManyLinksError, linked
from scanner.inputs.references import loosely, named_by, strictly
from scanner.model.location import Location
from scanner.model.locked import Gap

MAX_FILES = 200_000
MAX_ENTRIES = 2_000_000
MAX_DEPTH = 40
MAX_SKIPPED = 200
MAX_REFERRED = 20_000
"""Files of an environment that is spoken of, and files that run in ignored folders, up to which they are read."""
VERSION_CONTROL = frozenset({".git", ".hg", ".svn"})
MADE_BY_TOOLS = frozenset(
    {
        ".cache",
        ".eggs",
        ".idea",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".vscode",
        "__pycache__",
        "node_modules",
        "site-packages",
    }
)
"""Folders that a tool makes. What lies there is read; a fault in it is no fault of the project's own files."""
REPORT = "assay-report"
STATES = re.compile(
    r"(?i)(?:^|/)(?:pyproject\.toml|setup\.cfg|Pipfile|[^/]*\.lock|[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)"
    r"|pylock[^/]*\.toml)$"
)
RUNS = re.compile(r"(?i)\.(?:pyw?|pyx|pyc|pyo|pth|ipynb|so|pyd|dll|sh|bash|ps1|bat|cmd|zip|pyz|egg|whl|pkl|pickle|pt)$")
_POINTER = re.compile(rb"(?:ref: \S+|[0-9a-f]{40,64}(?: [0-9a-f]{40,64} [^\n]*)?)\s*(?:\n|$)")
"""What git keeps in ``refs`` and ``logs``: a file of a branch that is called ``fix.py`` is no Python."""
_ENVIRONMENT = frozenset({"bin", "lib", "lib64", "include", "share", "scripts", "conda-meta"})
"""Folders of a virtual environment that its tools fill. Whatever else stands in one is somebody's own."""


class Walk:
    """One walk over a tree. After :meth:`files`, ``skipped`` are (folder, why), ``links`` linked files, and ``gaps``
    what was not looked at although it may run or say what is installed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.skipped: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.gaps: list[Gap] = []
        self._rules = IgnoreRules(root)
        self._tracked: Tracked | None = tracked(root.absolute())
        self._count = 0
        self._entries = 0
        self._full = False
        self._ignored: list[str] = []
        self._environments: list[str] = []
        self._outside: list[str] = []
        self._links: list[tuple[str, str]] = []
        self._unstated: set[str] = set()
        self._aliases: set[str] = set()
        self._apart: set[str] = set()

    def files(self) -> Iterator[str]:
        """Paths of the files, POSIX and relative to the root: folder by folder, sorted; then those of folders that are
        treated apart."""
        seen: list[str] = []
        for path in self._below("."):
            seen.append(path)
            yield path
        own = len(seen)
        for path in self._ignored_files():
            seen.append(path)
            yield path
        self._unstated -= named_by(self.root, seen[:own], self._unstated)
        while self._environments and (spoken := self._spoken(seen)):
            self._environments = [one for one in self._environments if one not in spoken]
            for path in self._environment_files(spoken):
                seen.append(path)
                yield path
        for folder in self._environments:
            self._skip(folder, "a virtual environment that nothing here speaks of; audit it with --environment")
        yield from self._linked_files(seen)
        if self._outside:
            for folder in sorted(strictly(self.root, seen, self._outside)):
                reason = "a link to a folder outside, of which the code here speaks: what it holds was not read"
                self._gap(f"{folder}/", reason, "Audit a tree that holds the folder itself.")

    def states_dependencies(self, path: str) -> bool:
        """False for a file that says nothing of what the project needs, whatever its name: one of version control, and
        one of an ignored folder that no file of the project names. Nor what is met a second time, through a link."""
        controlled = not VERSION_CONTROL.isdisjoint(path.split("/")[:-1])
        return not controlled and path not in self._unstated and path not in self._aliases

    def is_alias(self, path: str) -> bool:
        """True for a file that is met a second time, through a link."""
        return path in self._aliases

    def is_apart(self, path: str) -> bool:
        """True for a file in a folder that tools fill, or that is treated apart: a fault in it is a gap, and not the
        project's own mistake."""
        folders = path.split("/")[:-1]
        if not (MADE_BY_TOOLS | VERSION_CONTROL).isdisjoint(folders):
            return True
        return any("/".join(folders[:end]) in self._apart for end in range(1, len(folders) + 1))

    def _ignored_files(self) -> Iterator[str]:
        """What runs in folders that the repository ignores and does not track, and what states dependencies there."""
        count = 0
        for folder in self._ignored:
            self._apart.add(folder)
            for path in self._below(folder, whole=True):
                states = STATES.search(path) is not None
                if not states and not self._runs(path):
                    continue
                count += 1
                if count > MAX_REFERRED:
                    reason = f"an ignored folder: more than {MAX_REFERRED} files that may run stand before the rest"
                    self._gap(f"{folder}/", reason, "Audit a clean checkout.")
                    return
                if states:
                    self._unstated.add(path)
                yield path

    def _runs(self, path: str) -> bool:
        """True for a file of an ignored folder that runs by its name, or that has no suffix and names its interpreter.

        Bytecode there is what the interpreter itself kept, here, of the source beside it."""
        if "__pycache__" in path.split("/")[:-1] and path.endswith(".pyc"):
            return False
        if RUNS.search(path):
            return True
        if "." in path.rpartition("/")[2]:
            return False
        try:
            return read_bounded(self.root / path, 2, follow=False) == b"#!"
        except OSError:
            return False

    def _spoken(self, seen: list[str]) -> list[str]:
        """The environments kept back of which the files seen so far speak."""
        # One that the root's own repository does not track was made beside it: what fills it is no reference.
        own = [one for one in self._environments if self._tracked is not None]
        others = [one for one in self._environments if self._tracked is None]
        spoken = (strictly(self.root, seen, own) if own else frozenset()) | (
            loosely(self.root, seen, others) if others else frozenset()
        )
        led = {
            one
            for one in self._environments
            if any(f"{to}/".startswith(f"{one}/") and not link.startswith(f"{one}/") for link, to in self._links)
        }
        return sorted(spoken | led)

    def _environment_files(self, environments: list[str]) -> Iterator[str]:
        for environment in environments:
            self._apart.add(environment)
            if self._is_large(environment):
                reason = f"a virtual environment that files of the project speak of, of more than {MAX_REFERRED} files"
                self._gap(f"{environment}/", reason, "Audit a clean checkout, or this one with --environment.")
                continue
            for folder, folders, _ in os.walk(self.root / environment, onerror=self._unreadable):
                for name in sorted(folders):
                    if name.lower() in _ENVIRONMENT and not Path(folder, name).is_symlink():
                        yield from self._below(f"{environment}/{name}", whole=True)
                break

    def _linked_files(self, seen: list[str]) -> Iterator[str]:
        """What runs under another name or in another place, by way of a link within the tree."""
        try:
            for path, through_folder in linked(self._links, seen, lambda one: RUNS.search(one) is not None):
                if through_folder:
                    self._aliases.add(path)
                elif not is_regular(self.root / path):
                    continue
                yield path
        except TooManyLinksError as error:
            reason = f"more than {MAX_LINKED} files that may run are reached through links: not all were followed"
            self._gap(error.link, reason, "Audit a tree without links.")

    def _is_large(self, folder: str) -> bool:
        count = 0
        for _, _, files in os.walk(self.root / folder):
            count += len(files)
            if count > MAX_REFERRED:
                return True
        return False

    def _below(self, start: str, *, whole: bool = False) -> Iterator[str]:
        """The files below a folder; ``whole``: also in folders that git ignores."""
        if self._full:
            return
        for folder, folders, files in os.walk(self.root / start, followlinks=False, onerror=self._unreadable):
            here = Path(folder)
            relative = here.relative_to(self.root)
            controlled = not VERSION_CONTROL.isdisjoint(relative.parts)
            if not controlled:
                self._rules.enter(relative.as_posix())
            kept_back = relative.as_posix() in self._environments
            folders[:] = [
                one
                for one in sorted(folders)
                if not (kept_back and one.lower() in _ENVIRONMENT)
                and self._enters(here / one, (relative / one).as_posix(), controlled, whole)
            ]
            if len(relative.parts) >= MAX_DEPTH and folders:
                folders.clear()
                self._gap(
                    relative.as_posix(),
                    f"folders more than {MAX_DEPTH} deep were not looked at",
                    "Audit the inner project by itself.",
                )
            for name in sorted(files):
                path = (relative / name).as_posix()
                self._entries += 1
                if self._is_read(here / name, path, controlled=controlled):
                    self._count += 1
                    yield path
                if self._count > MAX_FILES or self._entries > MAX_ENTRIES:
                    reason = f"the folder holds more than {MAX_FILES} files; the rest was not looked at"
                    self._gap(relative.as_posix(), reason, "Audit its projects one by one.")
                    self._full = True
                    return

    def _enters(self, folder: Path, relative: str, controlled: bool, whole: bool) -> bool:
        """Whether the walk goes into a folder now."""
        if folder.is_symlink():
            if target := inside(self.root, "", relative):
                self._links.append((relative, target))
            else:
                self._outside.append(relative)
                self._skip(relative, "a link; links out of the audited folder are not followed")
            return False
        if controlled or folder.name in VERSION_CONTROL:
            return True
        if folder.name == REPORT and (folder / "report.json").is_file():
            return self._own_report(folder, relative)
        if _is_environment(folder):
            if self._tracked is None or relative not in self._tracked:
                self._environments.append(relative)
            else:
                self._apart.add(relative)
            return True
        if not whole and self._is_ignored(relative):
            self._ignored.append(relative)
            return False
        return True

    def _own_report(self, folder: Path, relative: str) -> bool:
        """A report of an earlier run states nothing of the project, unless it holds more than reports do."""
        try:
            with os.scandir(folder) as entries:
                foreign = any(
                    not one.name.startswith("report.") or one.is_dir() or RUNS.search(one.name) for one in entries
                )
        except OSError:
            return True
        if not foreign:
            self._skip(relative, "a report of an earlier audit")
        return foreign

    def _is_read(self, path: Path, relative: str, *, controlled: bool) -> bool:
        try:
            mode = path.lstat().st_mode
        except OSError:
            return False
        if stat.S_ISLNK(mode):
            return self._follows(path, relative)
        if not stat.S_ISREG(mode):
            if RUNS.search(relative) or STATES.search(relative):
                self._gap(
                    relative, "it is no regular file (a pipe, a socket or a device) and was not opened", "Remove it."
                )
            return False
        return not controlled or _runs_from_version_control(path, relative)

    def _follows(self, path: Path, relative: str) -> bool:
        """Whether a link to a file is read now. One that runs is followed when all files are known: under another name
        or in another place a file runs at another moment. What states dependencies is read where it lies, unless only
        the link's name says so."""
        target = inside(self.root, "", relative)
        runs, states = RUNS.search(relative) is not None, STATES.search(relative) is not None
        if target and runs:
            self._links.append((relative, target))
            if target.rpartition("/")[2] == path.name:
                self._aliases.add(relative)
            return False
        is_read = bool(target) and states and target.rpartition("/")[2] != path.name and is_regular(self.root / target)
        if not is_read and len(self.links) < MAX_SKIPPED:
            self.links.append(relative)
        if not target and (runs or states):
            reason = "a link out of the audited folder, to a file that runs or says what is installed: it was not read"
            self._gap(relative, reason, "Audit a tree that holds the file itself.")
        return is_read

    def _is_ignored(self, relative: str) -> bool:
        """True for a folder that ``.gitignore`` names, in a repository of the root itself that tracks nothing in it."""
        if self._tracked is None or relative in self._tracked:
            return False
        return self._rules.ignores(relative, is_folder=True)

    def _unreadable(self, error: OSError) -> None:
        try:
            where = Path(error.filename).relative_to(self.root).as_posix()
        except (TypeError, ValueError):
            where = "."
        self._gap(f"{where}/", f"the folder cannot be read: {error.strerror or error}", "Let assay read it.")

    def _gap(self, path: str, reason: str, remedy: str) -> None:
        if len(self.gaps) < MAX_SKIPPED:
            self.gaps.append(Gap(Location(path), reason, remedy))

    def _skip(self, folder: str, why: str) -> None:
        if len(self.skipped) < MAX_SKIPPED:
            self.skipped.append((f"{folder}/", f"not looked at: {why}"))


def _is_environment(folder: Path) -> bool:
    """True for a virtual environment (PEP 405) or one of conda: its marker, its interpreter and its packages."""
    try:
        marked = any(_is_regular(folder / one) for one in ("pyvenv.cfg", "conda-meta/history"))
        interpreter = marked and any(os.path.lexists(folder / one) for one in ("bin/python", "Scripts/python.exe"))
        return interpreter and (
            (folder / "Lib/site-packages").is_dir() or any(folder.glob("lib/python*/site-packages"))
        )
    except OSError:
        return False


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _runs_from_version_control(path: Path, relative: str) -> bool:
    """Inside ``.git`` and its like: hooks, and what has no business there."""
    parts = relative.split("/")
    if "hooks" in parts and not relative.endswith(".sample"):
        return True
    if not RUNS.search(relative) and not STATES.search(relative):
        return False
    if not {"refs", "logs"}.isdisjoint(parts):
        try:
            return _POINTER.match(read_bounded(path, 4096, follow=False)) is None
        except OSError:
            return False
    return True


def walk(root: Path) -> Iterator[str]:
    """The files of one :class:`Walk`, for callers that need no more than these."""
    return Walk(root).files()
