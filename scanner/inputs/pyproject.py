"""``pyproject.toml``: PEP 621 dependencies and extras, PEP 735 groups, PEP 518 build requirements, uv's indexes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scanner.inputs.pep508 import parse_requirement
from scanner.inputs.source import Fault, fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, Gap, RequirementGroup
from scanner.model.requirement import IndexOption, Requirement
from scanner.model.urls import redact

KIND = "pyproject.toml"


class _Reading:
    def __init__(self, file: TomlFile) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.gaps: list[Gap] = []

    def table(self, value: Any, key_path: str) -> dict[str, Any]:
        """A table, or an empty one and a fault."""
        if isinstance(value, dict):
            return value
        self.faults.append(Fault(self.file.at(key_path), "a table is expected here"))
        return {}

    def requirements(self, value: Any, key_path: str) -> tuple[Requirement, ...]:
        """A list of PEP 508 texts, with one fault for each that is none."""
        if not isinstance(value, list):
            self.faults.append(Fault(self.file.at(key_path), "a list of requirements is expected here"))
            return ()
        found: list[Requirement] = []
        for number, item in enumerate(value):
            location = self.file.at(f"{key_path}[{number}]")
            if not isinstance(item, str):
                self.faults.append(Fault(location, "a requirement is expected here, as text"))
                continue
            try:
                found.append(parse_requirement(item, location))
            except ValueError as error:
                self.faults.append(Fault(location, str(error)))
        return tuple(found)


def read(root: Path, relative: str) -> DependencyFile:
    """Read a pyproject file. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    file = TomlFile(source)
    reading = _Reading(file)
    project = reading.table(file.content.get("project", {}), "project")
    groups = [*_project_groups(reading, project), *_dependency_groups(reading), *_build(reading)]
    options = _uv_indexes(reading)
    if reading.faults:
        raise fail(reading.faults, "The PyPA specification of pyproject.toml says what is allowed here.")
    name, version, python = (project.get(key) for key in ("name", "version", "requires-python"))
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        project=name if isinstance(name, str) else "",
        version=version if isinstance(version, str) else NotKnown("the version is dynamic"),
        requires_python=python if isinstance(python, str) else "",
        groups=tuple(group for group in groups if group.requirements or group.kind == "dependencies"),
        options=tuple(options),
        gaps=tuple(reading.gaps),
    )


def _project_groups(reading: _Reading, project: dict[str, Any]) -> list[RequirementGroup]:
    dynamic = project.get("dynamic", [])
    groups: list[RequirementGroup] = []
    for key in ("dependencies", "optional-dependencies"):
        if isinstance(dynamic, list) and key in dynamic:
            reason = f"its {key} are dynamic: a build backend decides them, and none is run"
            remedy = "State them in pyproject.toml, or commit a lock file."
            reading.gaps.append(Gap(reading.file.at("project.dynamic"), reason, remedy))
    if "dependencies" in project:
        found = reading.requirements(project["dependencies"], "project.dependencies")
        groups.append(RequirementGroup("dependencies", "", found))
    extras = reading.table(project.get("optional-dependencies", {}), "project.optional-dependencies")
    for name, value in sorted(extras.items()):
        found = reading.requirements(value, f"project.optional-dependencies.{name}")
        groups.append(RequirementGroup("extra", name, found))
    return groups


def _dependency_groups(reading: _Reading) -> list[RequirementGroup]:
    """PEP 735 groups with their includes resolved; a loop of includes is a fault."""
    tables = reading.table(reading.file.content.get("dependency-groups", {}), "dependency-groups")

    def expand(name: str, seen: tuple[str, ...]) -> tuple[Requirement, ...]:
        key_path = f"dependency-groups.{name}"
        if name in seen:
            reading.faults.append(Fault(reading.file.at(key_path), f"the group includes itself: {' → '.join(seen)}"))
            return ()
        items = tables[name]
        if not isinstance(items, list):
            reading.faults.append(Fault(reading.file.at(key_path), "a list of requirements is expected here"))
            return ()
        found: list[Requirement] = []
        for number, item in enumerate(items):
            if isinstance(item, dict) and isinstance(item.get("include-group"), str):
                other = item["include-group"]
                if other in tables:
                    found.extend(expand(other, (*seen, name)))
                else:
                    where = reading.file.at(f"{key_path}[{number}]")
                    reading.faults.append(Fault(where, f"there is no dependency group {other}"))
            elif isinstance(item, str):
                location = reading.file.at(f"{key_path}[{number}]")
                try:
                    found.append(parse_requirement(item, location))
                except ValueError as error:
                    reading.faults.append(Fault(location, str(error)))
            else:
                reading.faults.append(Fault(reading.file.at(f"{key_path}[{number}]"), "a requirement is expected here"))
        return tuple(found)

    return [RequirementGroup("group", name, expand(name, ())) for name in sorted(tables)]


def _build(reading: _Reading) -> list[RequirementGroup]:
    system = reading.table(reading.file.content.get("build-system", {}), "build-system")
    if "requires" not in system:
        return []
    return [RequirementGroup("build", "", reading.requirements(system["requires"], "build-system.requires"))]


def _uv_indexes(reading: _Reading) -> list[IndexOption]:
    """``[[tool.uv.index]]`` and uv's pip-style index settings."""
    tool = reading.file.content.get("tool", {})
    uv = tool.get("uv", {}) if isinstance(tool, dict) else {}
    options: list[IndexOption] = []
    if not isinstance(uv, dict):
        return options
    indexes = uv.get("index", [])
    for number, index in enumerate(indexes if isinstance(indexes, list) else []):
        if isinstance(index, dict) and isinstance(index.get("url"), str):
            options.append(
                IndexOption(
                    kind="index",
                    value=redact(index["url"]),
                    location=reading.file.at(f"tool.uv.index[{number}].url"),
                    name=str(index.get("name", "")),
                    explicit=index.get("explicit") is True,
                )
            )
    for key in ("index-url", "extra-index-url", "find-links"):
        value = uv.get(key, [])
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                options.append(IndexOption(key, redact(one), reading.file.at(f"tool.uv.{key}")))
    return options
