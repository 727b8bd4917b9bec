"""Files that no format claims by their name, and that say by their content what is installed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from scanner.files import inside, is_regular, open_regular, read_bounded, read_stream
from scanner.inputs import ecosystems, other_scripts, python_lists, requirement_texts, tool_settings
from scanner.inputs.installs import with_installs
from scanner.inputs.source import MAX_FILE_BYTES, SourceText, read_source
from scanner.model.errors import InputError
from scanner.model.faults import because_of
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, InstallCommand, NamedFile

MAX_READ = 2000
"""So many files of settings, and so many of requirements, are read in one audit."""
_OF_PROSE = frozenset({".md", ".rst", ".toml", ".json", ".yml", ".yaml", ".py", ".html", ".cfg", ".ini"})
MAX_TOTAL = 1024 * 1024 * 1024
"""Bytes of further texts that are searched for a word of installers, all files together."""
SNIFFED = 4096
_KIND = "requirements.txt"
_SCRIPT = "script"
Find = Callable[[SourceText], Iterator[InstallCommand | Gap | NamedFile]]
_Reader = tuple[tuple[bytes, ...], re.Pattern[bytes], Find]
_PYTHON: _Reader = (python_lists.TOKENS, python_lists.WORDS, python_lists.named_packages)
_TEXTS: _Reader = (other_scripts.TOKENS, other_scripts.WORDS, other_scripts.installing_lines)


class Further(msgspec.Struct, frozen=True):
    """What the files said, and what was not looked at because a bound was reached."""

    files: tuple[DependencyFile, ...] = ()
    gaps: tuple[Gap, ...] = ()


def further_files(
    root: Path, unclaimed: Sequence[str], before: Sequence[DependencyFile], claimed: Sequence[str] = ()
) -> Further:
    """Everything that the files ``unclaimed`` by name state. Nothing in them makes an error.

    A file of requirements that one of them names, or one read ``before``, is read whatever its own name. Of settings
    that another reader ``claimed`` for their commands, the lists of packages are read.
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
    for path in tool_settings.candidates(root, (one for one in claimed if tool_settings.is_settings(one)), gaps):
        settings = _lists_alone(root, path, before)
        files.extend([settings.file] if settings.file is not None else [])
        named.update(settings.named)
    for number, (path, find) in enumerate(_scripts(root, unclaimed, gaps)):
        if number >= MAX_READ:
            gaps.append(_bound(path, "further files may install something"))
            break
        files.extend(_installing(root, path, find))
    texts = [
        one
        for one in unclaimed
        if requirement_texts.may_state_requirements(one)
        and not ecosystems.is_seen(one)
        and requirement_texts.states_requirements(root, one)
    ]
    for file in (*before, *files):
        named.update(path for one in file.names if (path := _place(root, one)))
    known = {*texts, *(one.path for one in before), *(path for one in before for path in one.includes)}
    texts += sorted(one for one in named - known if _is_text(root, one))
    if len(texts) > MAX_READ:
        gaps.append(_bound(texts[MAX_READ], "files state requirements"))
    files.extend(_requirements(root, path) for path in texts[:MAX_READ])
    return Further(tuple(files), tuple(gaps))


def _scripts(root: Path, unclaimed: Sequence[str], gaps: list[Gap]) -> Iterator[tuple[str, Find]]:
    """Sources of Python and texts of any other tool in whose bytes a word of installers stands, with their readers."""
    total = 0
    for path in unclaimed:
        if python_lists.is_python(path):
            tokens, words, find = _PYTHON
        elif other_scripts.may_be_script(path) and not tool_settings.is_settings(path):
            tokens, words, find = _TEXTS
        else:
            continue
        if total > MAX_TOTAL:
            said = f"its texts hold more than {MAX_TOTAL // 1024 // 1024:,} MiB: none is searched from here on"
            gaps.append(Gap(Location(path), said, "Audit its projects one by one."))
            return
        try:
            with open_regular(root / path) as opened:
                data = opened.read(SNIFFED)
                if b"\0" in data.partition(b"\n")[0]:
                    continue  # No text that a shell would take: it looks at the first line alone.
                data += read_stream(opened, MAX_FILE_BYTES)
        except OSError:
            continue  # A file that cannot be opened is told of where the tree's code is read.
        total += len(data)
        if any(one in data for one in tokens) and words.search(data):
            yield path, find


def _installing(root: Path, path: str, find: Find) -> Iterator[DependencyFile]:
    """The file, where it installs something."""
    try:
        source = _source(root, path)
        file = with_installs(DependencyFile(path, _SCRIPT, source.sha256), find(source))
    except Exception as error:  # noqa: BLE001 (a reader's fault costs its file, which is then a gap)
        file = _unread(path, _SCRIPT, error)
    names = tuple(one for one in file.names if _place(root, one))
    if file.commands or file.gaps or names:
        yield msgspec.structs.replace(file, names=names)


def _source(root: Path, path: str) -> SourceText:
    """The text. Bytes that are no UTF-8 hide nothing from a shell, which takes each for itself."""
    try:
        return read_source(root, path, python=python_lists.is_python(path))
    except InputError:
        data = read_bounded(root / path, MAX_FILE_BYTES)
        return SourceText(path, data.decode("latin-1").replace("\0", ""), hashlib.sha256(data).hexdigest())


def _bound(path: str, what: str) -> Gap:
    said = f"more than {MAX_READ:,} {what}: none is read from here on"
    return Gap(Location(path), said, "Audit its projects one by one.")


def _settings(root: Path, path: str) -> tool_settings.Settings:
    try:
        return tool_settings.read(root, path)
    except Exception as error:  # noqa: BLE001 (a reader's fault costs its file, which is then a gap)
        return tool_settings.Settings(_unread(path, tool_settings.KIND, error))


def _lists_alone(root: Path, path: str, before: Sequence[DependencyFile]) -> tool_settings.Settings:
    """The lists of packages of a file whose commands, and gaps, another reader has told of."""
    try:
        settings = tool_settings.read(root, path, commands=False)
    except Exception:  # noqa: BLE001 (what cannot be read is the other reader's gap)
        return tool_settings.Settings(None)
    told = {
        (each.location.line, requirement.text)
        for one in before
        for each in (one.commands if one.path == path else ())
        for requirement in each.requirements
    }
    stated = settings.file.commands if settings.file is not None and settings.file.kind == tool_settings.KIND else ()
    fresh = [one for one in stated if any((one.location.line, each.text) not in told for each in one.requirements)]
    if settings.file is None or not fresh:
        return tool_settings.Settings(None, settings.named)
    file = DependencyFile(path, tool_settings.KIND, settings.file.sha256, options=settings.file.options)
    return tool_settings.Settings(with_installs(file, fresh), settings.named)


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


def _place(root: Path, named: NamedFile) -> str:
    """The file of the tree that is named, relative to the root; empty where there is none."""
    for base in (PurePosixPath(named.location.path).parent.as_posix(), "."):
        path = inside(root, base, named.path)
        if path and is_regular(root / path):
            return path
    return ""


def _is_text(root: Path, path: str) -> bool:
    """Whether a file that settings name as one of requirements is read as that: prose and code are, if all of it is."""
    if PurePosixPath(path).suffix.lower() not in _OF_PROSE:
        return True
    return requirement_texts.states_requirements(root, path, named=True)
