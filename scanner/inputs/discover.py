"""Find every dependency file of a project, read those whose format is known, and list the others as seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec

from scanner.inputs import poetry_lock, pylock, pyproject, requirements, uv_lock
from scanner.inputs.walk import walk
from scanner.model.errors import InputError
from scanner.model.locked import DependencyFile, SeenFile

MAX_DEPENDENCY_FILES = 2000
Read = Callable[[Path, str], DependencyFile]


class Format(msgspec.Struct, frozen=True):
    """A format that is read: how its files are named, and by whom."""

    kind: str
    pattern: re.Pattern[str]
    read: Read


FORMATS: tuple[Format, ...] = (
    Format(uv_lock.KIND, re.compile(r"uv\.lock"), uv_lock.read),
    Format(poetry_lock.KIND, re.compile(r"poetry\.lock"), poetry_lock.read),
    Format(pylock.KIND, re.compile(r"pylock(\.[^.]+)?\.toml"), pylock.read),
    Format(pyproject.KIND, re.compile(r"pyproject\.toml"), pyproject.read),
    Format(
        requirements.KIND,
        re.compile(r"(.*[-_.])?(requirements|constraints)([-_.].*)?\.(txt|in)|requirements?\.txt", re.IGNORECASE),
        requirements.read,
    ),
)

NOT_READ = "this version does not read this format"
OTHER_ECOSYSTEM = "another ecosystem's file; its packages are not audited"
SEEN: tuple[tuple[str, str, str], ...] = (
    ("Pipfile", "Pipfile", NOT_READ),
    ("Pipfile.lock", "Pipfile.lock", NOT_READ),
    ("pdm.lock", "pdm.lock", NOT_READ),
    ("setup.py", "setup.py", "its dependencies are decided by running it, which is never done; its code is analysed"),
    ("setup.cfg", "setup.cfg", NOT_READ),
    ("environment.yml", "conda environment", NOT_READ),
    ("environment.yaml", "conda environment", NOT_READ),
    ("conda-lock.yml", "conda lock", NOT_READ),
    ("package.json", "npm manifest", OTHER_ECOSYSTEM),
    ("package-lock.json", "npm lock", OTHER_ECOSYSTEM),
    ("yarn.lock", "yarn lock", OTHER_ECOSYSTEM),
    ("pnpm-lock.yaml", "pnpm lock", OTHER_ECOSYSTEM),
    ("Cargo.lock", "cargo lock", OTHER_ECOSYSTEM),
    ("Dockerfile", "Dockerfile", "installations in container files are not read"),
    ("tox.ini", "tox.ini", "installations in test environments are not read"),
    ("noxfile.py", "noxfile", "installations in test environments are not read"),
    (".pre-commit-config.yaml", "pre-commit", "installations of hooks are not read"),
)
_SEEN = {name: (kind, reason) for name, kind, reason in SEEN}
_FOLDER_REQUIREMENTS = re.compile(r"[^/]+\.txt", re.IGNORECASE)


class Discovery(msgspec.Struct, frozen=True):
    """``root`` is the audited folder; ``tree`` every file of the project (POSIX, relative), for the code checks."""

    root: str
    files: tuple[DependencyFile, ...]
    seen: tuple[SeenFile, ...]
    tree: tuple[str, ...]


def format_of(path: str) -> Format | None:
    """The format that reads a file, by its name; ``requirements/*.txt`` counts as requirements."""
    pure = PurePosixPath(path)
    for one in FORMATS:
        if one.pattern.fullmatch(pure.name):
            return one
    if pure.parent.name.lower() in ("requirements", "reqs") and _FOLDER_REQUIREMENTS.fullmatch(pure.name):
        return FORMATS[-1]
    return None


def discover(path: Path) -> Discovery:
    """Everything that states dependencies below a folder, or one dependency file.

    Raises :class:`InputError` where there is nothing to audit, and where a file that states dependencies cannot be
    read: an audit that left out a lock would speak of another project.
    """
    if not path.exists():
        raise InputError("there is no such file or folder", where=str(path))
    if path.is_file():
        return _one_file(path)
    root = path.resolve()
    tree = tuple(walk(root))
    readable = [(one, found) for one in tree if (found := format_of(one))]
    seen = [
        SeenFile(one, kind, reason)
        for one in tree
        if (entry := _SEEN.get(PurePosixPath(one).name)) is not None
        for kind, reason in [entry]
    ]
    if len(readable) > MAX_DEPENDENCY_FILES:
        what = f"it holds {len(readable)} dependency files; at most {MAX_DEPENDENCY_FILES} are read in one audit"
        raise InputError(what, where=str(path), remedy="Audit its projects one by one.")
    files, faults = read_all(root, readable)
    if faults:
        raise _joined(faults)
    included = {other for one in files for other in one.includes}
    files = [one for one in files if one.path not in included]
    if not files:
        listed = ", ".join(sorted({one.path for one in seen})[:5])
        raise InputError(
            "it holds no dependency file that can be read" + (f" (seen, but not read: {listed})" if listed else ""),
            where=str(path),
            remedy="Name the project's folder: the one with pyproject.toml, a lock file or requirements.txt.",
        )
    return Discovery(str(root), tuple(files), tuple(sorted(seen, key=lambda one: one.path)), tree)


def read_all(root: Path, readable: list[tuple[str, Format]]) -> tuple[list[DependencyFile], list[InputError]]:
    """Every file read, and every error met: the user mends them all at once."""
    files: list[DependencyFile] = []
    faults: list[InputError] = []
    for relative, found in readable:
        try:
            files.append(found.read(root, relative))
        except InputError as error:
            faults.append(error)
    return files, faults


def _joined(faults: list[InputError]) -> InputError:
    if len(faults) == 1:
        return faults[0]
    first, *others = faults
    what = first.what + "".join(f"\n{one.message}" for one in others)
    return InputError(what, where=first.where, remedy=first.remedy)


def _one_file(path: Path) -> Discovery:
    found = format_of(path.name)
    root = path.resolve().parent
    if found is None:
        if path.suffix not in (".txt", ".in", ".pip"):
            names = ", ".join(one.kind for one in FORMATS)
            raise InputError("its name is not that of a dependency file", where=str(path), remedy=f"Known: {names}.")
        found = FORMATS[-1]
    return Discovery(str(root), (found.read(root, path.resolve().name),), (), ())
