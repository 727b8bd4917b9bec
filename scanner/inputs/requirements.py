"""``requirements*.txt``: pip's format, with ``-r``/``-c``, continuations, hashes, options, URLs and variables.

Source: pip's documentation, "Requirements File Format". Environment variables are kept as ``${NAME}``: their values are
the auditor's, not the project's, and may be secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

import msgspec

from scanner.files import inside
from scanner.inputs.pip_options import words_of
from scanner.inputs.requirement_lines import editable_of, pinned_version, requirement_line, requirement_of
from scanner.inputs.source import Fault, TooManyError, fail, read_source
from scanner.model.errors import InputError
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, RequirementGroup
from scanner.model.requirement import IndexOption, Requirement
from scanner.model.urls import redact

__all__ = ["Line", "logical_lines", "pinned_version", "read", "read_lines", "requirement_line"]
KIND = "requirements.txt"
MAX_LINES = 200_000
MAX_REQUIREMENTS = 50_000
"""Requirements of one file and all that it includes: more than any index could answer for in one audit."""
MAX_INCLUDES = 100

_words_of = lru_cache(maxsize=4_096)(words_of)
_COMMENT = re.compile(r"(^|\s)#.*$")
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_REMEDY = "Correct the line, or audit what it means on its own: what it installs is not known."


class Line(msgspec.Struct, frozen=True):
    """A logical line: continuations joined, comments gone; ``number`` is its first physical line."""

    number: int
    text: str


class _Reading:
    """What one file and all it includes gave so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.requirements: list[Requirement] = []
        self.constraints: list[Requirement] = []
        self.options: list[IndexOption] = []
        self.gaps: list[Gap] = []
        self.faults: list[Fault] = []
        self.includes: list[str] = []
        self.included: set[tuple[str, bool]] = set()
        self.lines = 0
        self.loops: set[tuple[str, str]] = set()
        self.insides: dict[tuple[str, str], str] = {}

    def count(self, location: Location) -> None:
        """Raises :class:`InputError` past ``MAX_REQUIREMENTS``."""
        if len(self.requirements) + len(self.constraints) > MAX_REQUIREMENTS:
            what = f"it states more than {MAX_REQUIREMENTS:,} requirements, with what it includes"
            raise TooManyError(what, where=str(location), remedy="Audit parts of it one by one.")

    def inside(self, folder: str, value: str) -> str:
        """Where a named file lies, relative to the root; asked of the file system once for each name."""
        if (folder, value) not in self.insides:
            self.insides[folder, value] = inside(self.root, folder, value)
        return self.insides[folder, value]


def read(root: Path, relative: str) -> DependencyFile:
    """Read a requirements file and what it includes. A line that is not understood is a gap at its place.

    Raises :class:`InputError` for what is no text, and with all faults at once where nothing in it was understood.
    """
    source = read_source(root, relative, cookies=True)
    file = read_lines(root, relative, logical_lines(source.text))
    return msgspec.structs.replace(file, kind=KIND, sha256=source.sha256)


def read_lines(root: Path, relative: str, lines: Iterable[Line]) -> DependencyFile:
    """Lines in pip's format that stand in any file: kind and digest are the caller's to say. Raises as :func:`read`."""
    reading = _Reading(root)
    _read_into(reading, relative, lines, seen=(relative,), constraint=False)
    understood = reading.requirements or reading.constraints or reading.options or reading.includes or reading.gaps
    if reading.faults and not understood:
        raise fail(reading.faults, "Nothing of the file was understood: is it a requirements file?")
    reading.gaps.extend(
        Gap(one.location, f"the line is not understood: {one.message}", _REMEDY) for one in reading.faults
    )
    groups = [RequirementGroup("dependencies", "", tuple(reading.requirements))]
    if reading.constraints:
        groups.append(RequirementGroup("constraint", "", tuple(reading.constraints)))
    return DependencyFile(
        path=relative,
        kind="",
        sha256="",
        groups=tuple(groups),
        options=tuple(reading.options),
        includes=tuple(sorted(set(reading.includes))),
        gaps=tuple(reading.gaps),
    )


def logical_lines(text: str) -> Iterator[Line]:
    """Lines as pip joins them: a backslash at the end continues, except in a comment line."""
    parts: list[str] = []
    first = 0
    for number, raw in enumerate(text.splitlines(), 1):
        is_comment = raw.lstrip().startswith("#")
        if raw.endswith("\\") and not is_comment:
            parts.append(raw[:-1])
            first = first or number
            continue
        parts.append(" " + raw if is_comment and parts else raw)
        joined = _COMMENT.sub("", "".join(parts)).strip()
        if joined:
            yield Line(first or number, joined)
        parts, first = [], 0
    rest = _COMMENT.sub("", "".join(parts)).strip()
    if rest:
        yield Line(first, rest)


def _read_into(reading: _Reading, path: str, lines: Iterable[Line], *, seen: tuple[str, ...], constraint: bool) -> None:
    for line in lines:
        reading.lines += 1
        location = Location(path, line.number)
        if reading.lines > MAX_LINES:
            reading.gaps.append(Gap(location, f"the file has more than {MAX_LINES} lines; the rest was not read"))
            return
        try:
            _read_line(reading, line.text, location, seen=seen, constraint=constraint)
        except ValueError as error:
            reading.faults.append(Fault(location, str(error)))
        reading.count(location)


def _read_line(reading: _Reading, text: str, location: Location, *, seen: tuple[str, ...], constraint: bool) -> None:
    """One logical line: a requirement, options, or both. Each option counts, however many stand on the line."""
    words = _words_of(text)
    target = reading.constraints if constraint else reading.requirements
    problems: list[str] = []
    if words.requirement:
        try:
            target.append(requirement_of(words.requirement, words.options, location))
        except ValueError:
            if not (found := _VARIABLE.search(words.requirement)):
                raise
            reason = f"what it asks for stands in {found[0][:80]}, an environment variable of whoever installs"
            reading.gaps.append(Gap(location, f"{reason}: not known", "State the requirement in the file."))
    for option in words.options:
        try:
            if option.kind in ("requirement", "constraint"):
                # What a constraints file includes with ``-r`` is installed: pip asks the option, not the file.
                is_constraint = option.kind == "constraint"
                _include(reading, option.value, location, seen=seen, constraint=is_constraint)
            elif option.kind == "editable":
                target.append(editable_of(option.value, words.options, location))
            elif option.kind and option.kind != "hash":
                reading.options.append(IndexOption(option.kind, redact(option.value), location))
        except ValueError as error:
            problems.append(str(error))
    if words.stray:
        shown = redact(" ".join(words.stray))[:80]
        reason = f"words stand behind its options, and installers differ in what they make of them: {shown}"
        reading.gaps.append(Gap(location, reason, "Put each requirement on a line of its own."))
    if problems:
        raise ValueError("; ".join(problems))


def _include(reading: _Reading, value: str, location: Location, *, seen: tuple[str, ...], constraint: bool) -> None:
    """Follow ``-r``/``-c`` inside the audited root; say what is not followed and why."""
    if "://" in value:
        reason = f"it includes {redact(value)}, a file on the network, which is not read"
        reading.gaps.append(Gap(location, reason, "Commit the file that is meant and include that."))
        return
    if not value:
        raise ValueError("it includes a file without naming it")
    relative = reading.inside(PurePosixPath(location.path).parent.as_posix(), value)
    if not relative:
        reason = f"it includes {value}, which lies outside the audited folder and is not read"
        reading.gaps.append(Gap(location, reason, "Audit the folder that holds both files."))
        return
    if relative in seen:
        if (relative, location.path) in reading.loops:
            return
        reading.loops.add((relative, location.path))
        reading.gaps.append(Gap(location, f"it includes {relative}, which includes it: the loop was cut here"))
        return
    if (relative, constraint) in reading.included:
        return
    if len(reading.included) >= MAX_INCLUDES:
        reason = f"it includes {relative}, and {MAX_INCLUDES} files were included before it: it is not read"
        reading.gaps.append(Gap(location, reason, "Audit the file that it includes on its own."))
        return
    reading.included.add((relative, constraint))
    reading.includes.append(relative)
    try:
        source = read_source(reading.root, relative, cookies=True)
    except InputError as error:
        raise ValueError(f"it includes {relative}: {error.what}") from error
    lines = logical_lines(source.text)
    _read_into(reading, relative, lines, seen=(*seen, relative), constraint=constraint)
