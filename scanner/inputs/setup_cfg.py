"""``setup.cfg``: setuptools' declarative metadata. Source: setuptools' documentation, "Configuring setuptools using
setup.cfg files"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from scanner.inputs.included import included_requirements
from scanner.inputs.installs import with_installs
from scanner.inputs.pep508 import parse_requirement
from scanner.inputs.source import Fault, fail, read_source
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, RequirementGroup
from scanner.model.requirement import Requirement

KIND = "setup.cfg"
MAX_LINES = 50_000
_SECTION = re.compile(r"\[(?P<name>.+)\]")
_OPTION = re.compile(r"(?P<key>[^\s=:#;][^=:]*+)[=:]\s*+(?P<value>.*)$")


class Entry(msgspec.Struct, frozen=True):
    """One line of an option's value, with its line number."""

    line: int
    text: str


Sections = dict[str, dict[str, list[Entry]]]


def read(root: Path, relative: str) -> DependencyFile:
    """Read a setup.cfg. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    try:
        sections = ini_sections(source.text)
    except ValueError as error:
        raise fail([Fault(Location(relative), str(error))]) from error
    reading = _Reading(root, relative)
    metadata = _with_underscores(sections.get("metadata", {}))
    options = _with_underscores(sections.get("options", {}))
    groups = [RequirementGroup("dependencies", "", reading.requirements(options, "install_requires"))]
    # pbr reads these.
    groups.append(RequirementGroup("dependencies", "", reading.requirements(metadata, "requires_dist")))
    groups.append(RequirementGroup("build", "", reading.requirements(metadata, "setup_requires_dist")))
    extras = {**sections.get("options.extras-require", {}), **sections.get("options.extras_require", {})}
    extras = {**sections.get("extras", {}), **extras}
    for extra in sorted(extras):
        groups.append(RequirementGroup("extra", extra, reading.requirements(extras, extra)))
    groups.append(RequirementGroup("extra", "tests", reading.requirements(options, "tests_require")))
    groups.append(RequirementGroup("build", "", reading.requirements(options, "setup_requires")))
    if reading.faults:
        raise fail(reading.faults, "setuptools would refuse these lines too.")
    version = _single(metadata, "version")
    is_static = bool(version) and not version.startswith(("attr:", "file:"))
    file = DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        project=_single(metadata, "name"),
        version=version if is_static else NotKnown("the version is read from the code or another file"),
        requires_python=_single(options, "python_requires"),
        groups=tuple(one for one in groups if one.requirements),
        includes=tuple(sorted(reading.includes)),
        gaps=tuple(reading.gaps),
    )
    if not any(one.startswith(("testenv", "tox")) for one in sections):
        return file
    from scanner.inputs.tox import tox_environments  # which itself reads ini files with this module

    return with_installs(file, tox_environments(source))


class _Reading:
    def __init__(self, root: Path, relative: str) -> None:
        self.root = root
        self.relative = relative
        self.faults: list[Fault] = []
        self.gaps: list[Gap] = []
        self.includes: set[str] = set()

    def requirements(self, section: dict[str, list[Entry]], key: str) -> tuple[Requirement, ...]:
        """The requirements of one option: a list by lines or by semicolons, or a ``file:`` directive."""
        found: list[Requirement] = []
        for entry in _listed(section.get(key, [])):
            location = Location(self.relative, entry.line, key_path=key)
            if entry.text.startswith("file:"):
                named = [one.strip() for one in entry.text.removeprefix("file:").split(",") if one.strip()]
                included = included_requirements(self.root, self.relative, named, location)
                found.extend(included.requirements)
                self.gaps.extend(included.gaps)
                self.includes.update(included.includes)
            elif entry.text.startswith("attr:"):
                reason = f"its {key} is taken from the code ({entry.text[:80]}), which is not run"
                self.gaps.append(Gap(location, reason, "State the requirements in setup.cfg or pyproject.toml."))
            elif "%(" not in entry.text:
                try:
                    found.append(parse_requirement(entry.text, location))
                except ValueError as error:
                    self.faults.append(Fault(location, str(error)))
            else:
                self.gaps.append(Gap(location, f"its {key} uses interpolation, which is not expanded"))
        return tuple(found)


def _listed(entries: list[Entry]) -> list[Entry]:
    """setuptools splits a list that stands on one line at its semicolons; a marker's is told by being one."""
    if len(entries) != 1 or ";" not in entries[0].text:
        return entries
    [only] = entries
    try:
        parse_requirement(only.text, Location(""))
    except ValueError:
        return [Entry(only.line, one.strip()) for one in only.text.split(";") if one.strip()]
    return entries


def ini_sections(text: str) -> Sections:
    """Section → option → the lines of its value without comments, as Python's ``configparser`` divides them.

    Keys are lower-case. A line that is indented deeper than its option's continues it; ``[DEFAULT]`` is part of each
    section. Raises ``ValueError`` past ``MAX_LINES``.
    """
    sections: Sections = {}
    section: dict[str, list[Entry]] = {}
    value: list[Entry] | None = None
    indent = 0
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise ValueError(f"it has more than {MAX_LINES} lines")
    for number, raw in enumerate(lines, 1):
        line = _without_comment(raw)
        if not line.strip():
            continue
        depth = len(raw) - len(raw.lstrip())
        if value is not None and depth > indent:
            value.append(Entry(number, line.strip()))
            continue
        indent = depth
        if header := _SECTION.match(line.strip()):
            section = sections.setdefault(header["name"].strip(), {})
            value = None
        elif option := _OPTION.match(line.strip()):
            value = section.setdefault(option["key"].strip().lower(), [])
            value.extend(_entries(number, option["value"]))
    shared = sections.pop("DEFAULT", {})
    return {name: {**shared, **options} for name, options in sections.items()} if shared else sections


def _with_underscores(section: dict[str, list[Entry]]) -> dict[str, list[Entry]]:
    """setuptools takes ``install-requires`` for ``install_requires``; where both stand, both count here."""
    found: dict[str, list[Entry]] = {}
    for key, entries in section.items():
        found.setdefault(key.replace("-", "_"), []).extend(entries)
    return found


def _without_comment(line: str) -> str:
    if line.lstrip().startswith(("#", ";")):
        return ""
    return re.split(r"\s#", line, maxsplit=1)[0]


def _entries(number: int, text: str) -> Iterator[Entry]:
    if text.strip():
        yield Entry(number, text.strip())


def _single(section: dict[str, list[Entry]], key: str) -> str:
    entries = section.get(key, [])
    return entries[0].text if entries else ""
