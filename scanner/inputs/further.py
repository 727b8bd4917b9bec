"""Files that no format claims by their name, and that say by their content what is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import msgspec

from scanner.inputs import ecosystems, requirement_texts, tool_settings
from scanner.model.errors import InputError
from scanner.model.faults import because_of
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap

MAX_READ = 2000
"""So many files of settings, and so many of requirements, are read in one audit."""
_OF_PROSE = frozenset({".md", ".rst", ".toml", ".json", ".yml", ".yaml", ".py", ".html", ".cfg", ".ini"})
_KIND = "requirements.txt"


class Further(msgspec.Struct, frozen=True):
    """What the files said, and what was not looked at because a bound was reached."""

    files: tuple[DependencyFile, ...] = ()
    gaps: tuple[Gap, ...] = ()


def further_files(root: Path, unclaimed: Sequence[str], read_before: frozenset[str]) -> Further:
    """Everything that the files ``unclaimed`` by name state. Nothing in them makes an error.

    A file of requirements that settings name and that was not ``read_before`` is read, whatever its name.
    """
    gaps: list[Gap] = []
    files: list[DependencyFile] = []
    named: set[str] = set()
    names = (one for one in unclaimed if tool_settings.is_settings(one) and not ecosystems.is_seen(one))
    for number, path in enumerate(tool_settings.candidates(root, names, gaps)):
        if number >= MAX_READ:
            gaps.append(_bound(path, "settings of tools may install something"))
            break
        settings = _settings(root, path)
        files.extend([settings.file] if settings.file is not None else [])
        named.update(settings.named)
    texts = [
        one
        for one in unclaimed
        if requirement_texts.may_state_requirements(one)
        and not ecosystems.is_seen(one)
        and requirement_texts.states_requirements(root, one)
    ]
    texts += sorted(one for one in named - read_before - set(texts) if _is_text(root, one))
    if len(texts) > MAX_READ:
        gaps.append(_bound(texts[MAX_READ], "files state requirements"))
    files.extend(_requirements(root, path) for path in texts[:MAX_READ])
    return Further(tuple(files), tuple(gaps))


def _bound(path: str, what: str) -> Gap:
    said = f"more than {MAX_READ:,} {what}: none is read from here on"
    return Gap(Location(path), said, "Audit its projects one by one.")


def _settings(root: Path, path: str) -> tool_settings.Settings:
    try:
        return tool_settings.read(root, path)
    except Exception as error:  # noqa: BLE001 (a reader's fault costs its file, which is then a gap)
        return tool_settings.Settings(_unread(path, tool_settings.KIND, error))


def _requirements(root: Path, path: str) -> DependencyFile:
    try:
        return requirement_texts.read(root, path)
    except Exception as error:  # noqa: BLE001 (as above)
        return _unread(path, _KIND, error)


def _unread(path: str, kind: str, error: Exception) -> DependencyFile:
    why = because_of(error)
    said, remedy = why.reason, why.remedy
    if isinstance(error, InputError):
        said, remedy = error.what.partition("\n")[0], error.remedy
    return DependencyFile(path, kind, "", gaps=(Gap(Location(path), said, remedy),))


def _is_text(root: Path, path: str) -> bool:
    """Whether a file that settings name as one of requirements is read as that: prose and code are, if all of it is."""
    if PurePosixPath(path).suffix.lower() not in _OF_PROSE:
        return True
    return requirement_texts.states_requirements(root, path, named=True)
