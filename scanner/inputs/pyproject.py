"""``pyproject.toml``: PEP 621 dependencies and extras, PEP 735 groups, PEP 518 build requirements, tool tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from scanner.inputs.dynamic import dynamic_groups
from scanner.inputs.hatch import hatch_groups
from scanner.inputs.installs import with_installs
from scanner.inputs.manifest import Reading
from scanner.inputs.pixi import pixi_groups, pixi_indexes
from scanner.inputs.poetry_table import poetry_groups, poetry_python, poetry_sources
from scanner.inputs.source import fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.inputs.tool_keys import ToolKeys
from scanner.inputs.tool_tables import flit_groups, pdm_groups, pdm_sources
from scanner.inputs.uv_table import bind_sources, uv_groups, uv_indexes
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, RequirementGroup
from scanner.model.requirement import Requirement

KIND = "pyproject.toml"
MAX_EXPANDED = 20_000


class _Include(msgspec.Struct, frozen=True):
    """``{include-group = "…"}``."""

    group: str


def read(root: Path, relative: str) -> DependencyFile:
    """Read a pyproject file. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    file = TomlFile(source)
    reading = Reading(file)
    project = reading.dig("project")
    poetry = reading.dig("tool", "poetry")
    name = reading.text(project, "name", "project.name") or reading.text(poetry, "name", "tool.poetry.name")
    tools = ToolKeys(reading, root, relative, "tool")
    groups = [
        *_project_groups(reading, project, name),
        *dynamic_groups(reading, root, relative),
        *_dependency_groups(reading),
        *poetry_groups(reading, with_main="dependencies" not in project),
        *pdm_groups(reading),
        *hatch_groups(reading, "tool", "hatch"),
        *(one for one in flit_groups(reading) if one.requirements),
        *pixi_groups(reading, "tool", "pixi"),
        *uv_groups(reading),
        *_build(reading),
        *tools.groups,
    ]
    groups = bind_sources(reading, _merged(groups))
    options = (
        *uv_indexes(reading),
        *poetry_sources(reading),
        *pdm_sources(reading),
        *pixi_indexes(reading, "tool", "pixi"),
    )
    python = reading.text(project, "requires-python", "project.requires-python") or poetry_python(reading)
    version = project.get("version", poetry.get("version"))
    if reading.faults:
        raise fail(reading.faults, "The PyPA specification of pyproject.toml says what is allowed here.")
    file_read = DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        project=name,
        version=version if isinstance(version, str) else NotKnown("the version is dynamic"),
        requires_python=python,
        groups=tuple(
            group for group in groups if group.requirements or group.kind in ("dependencies", "extra", "group")
        ),
        options=options,
        includes=tuple(sorted(reading.includes)),
        gaps=tuple(reading.gaps),
    )
    return with_installs(file_read, tools.commands)


def _project_groups(reading: Reading, project: dict[str, Any], name: str) -> Iterator[RequirementGroup]:
    if "dependencies" in project:
        found = reading.requirements(project, "dependencies", "project.dependencies")
        yield RequirementGroup("dependencies", "", found)
    key_path = "project.optional-dependencies"
    extras = reading.table(project, "optional-dependencies", key_path)
    stated = {extra: reading.requirements(extras, extra, f"{key_path}.{extra}") for extra in sorted(extras)}
    for extra in stated:
        yield RequirementGroup("extra", extra, tuple(_without_self(extra, stated, canonicalize_name(name))))


def _without_self(extra: str, stated: dict[str, tuple[Requirement, ...]], project: str) -> list[Requirement]:
    """An extra with ``project[other]`` replaced by what the other extra states, however deep, loops cut."""
    by_name = {canonicalize_name(one): one for one in stated}
    found: list[Requirement] = []
    waiting, seen = [extra], {extra}
    while waiting:
        for requirement in stated[waiting.pop()]:
            if requirement.name != project or not requirement.extras or not project:
                found.append(requirement)
                continue
            others = (by_name.get(canonicalize_name(one)) for one in requirement.extras)
            fresh = [one for one in others if one is not None and one not in seen]
            waiting.extend(fresh)
            seen.update(fresh)
    return found


def _dependency_groups(reading: Reading) -> Iterator[RequirementGroup]:
    """PEP 735 groups with their includes resolved; a loop of includes is a fault. Names compare normalised."""
    tables = reading.dig("dependency-groups")
    names = {canonicalize_name(one): one for one in tables}
    entries: dict[str, list[Requirement | _Include]] = {}
    for name in sorted(tables):
        entries[name] = []
        for key_path, item in reading.array(tables, name, f"dependency-groups.{name}"):
            if not isinstance(item, dict):
                requirement = reading.requirement(item, key_path)
                entries[name].extend([requirement] if requirement else [])
                continue
            other = item.get("include-group")
            if not isinstance(other, str):
                reading.fault(key_path, "a requirement is expected here")
            elif canonicalize_name(other) not in names:
                reading.fault(key_path, f"there is no dependency group {other[:80]}")
            else:
                entries[name].append(_Include(names[canonicalize_name(other)]))
    for name in entries:
        members, is_loop, is_cut = _expanded(name, entries)
        if is_cut:
            said = (
                f"the group and those that it includes hold more than {MAX_EXPANDED:,} requirements: not all are read"
            )
            reading.gap(f"dependency-groups.{name}", said, "Look at it by hand.")
        if is_loop:
            reading.fault(f"dependency-groups.{name}", "the group includes itself")
        yield RequirementGroup("group", name, tuple(members))


def _expanded(name: str, entries: dict[str, list[Requirement | _Include]]) -> tuple[list[Requirement], bool, bool]:
    """A group's requirements in the written order, each included group once; whether it includes itself; and whether
    it was cut at ``MAX_EXPANDED``."""
    found: list[Requirement] = []
    is_loop = False
    seen: set[str] = {name}
    waiting = [iter(entries[name])]
    while waiting and len(found) <= MAX_EXPANDED:
        item = next(waiting[-1], None)
        if item is None:
            waiting.pop()
        elif not isinstance(item, _Include):
            found.append(item)
        elif item.group not in seen:
            seen.add(item.group)
            waiting.append(iter(entries[item.group]))
        else:
            is_loop = is_loop or item.group == name
    return found[:MAX_EXPANDED], is_loop, len(found) > MAX_EXPANDED


def _build(reading: Reading) -> Iterator[RequirementGroup]:
    system = reading.dig("build-system")
    found = reading.requirements(system, "requires", "build-system.requires")
    if found:
        yield RequirementGroup("build", "", found)


def _merged(groups: list[RequirementGroup]) -> list[RequirementGroup]:
    """Groups of one kind and name that two tables state become one (``dev`` of PEP 735 and of uv)."""
    merged: dict[tuple[str, str], RequirementGroup] = {}
    for group in groups:
        key = (group.kind, canonicalize_name(group.name))
        earlier = merged.get(key)
        if earlier:
            group = msgspec.structs.replace(earlier, requirements=(*earlier.requirements, *group.requirements))
        merged[key] = group
    return list(merged.values())
