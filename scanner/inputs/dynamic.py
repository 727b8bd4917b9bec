"""Dynamic metadata that needs no build: setuptools' ``file`` directives; for the rest, what is not known and why.

Source: setuptools' documentation, "Dynamic Metadata" in pyproject.toml.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scanner.inputs.included import included_requirements
from scanner.inputs.manifest import Reading
from scanner.model.locked import Gap, RequirementGroup

FIELDS = ("dependencies", "optional-dependencies")
DYNAMIC_REMEDY = "State them in pyproject.toml, or commit a lock file."


def is_dynamic_gap(gap: Gap) -> bool:
    """True for the gap that a ``setup.py`` or ``setup.cfg`` beside the file may fill."""
    return gap.remedy == DYNAMIC_REMEDY


def dynamic_groups(reading: Reading, root: Path, relative: str) -> Iterator[RequirementGroup]:
    """Groups that ``tool.setuptools.dynamic`` reads from files of the tree; a gap for what stays dynamic."""
    project = reading.dig("project")
    stated = [item for _, item in reading.array(project, "dynamic", "project.dynamic") if item in FIELDS]
    table = reading.dig("tool", "setuptools", "dynamic") if stated else {}
    for field in stated:
        key_path = f"tool.setuptools.dynamic.{field}"
        value = reading.table(table, field, key_path)
        if not value:
            reason = f"its {field} are dynamic: a build backend decides them, and none is run"
            reading.gap("project.dynamic", reason, DYNAMIC_REMEDY)
        elif field == "dependencies":
            yield from _from_files(reading, root, relative, value, key_path, "")
        else:
            for extra in sorted(value):
                inner = reading.table(value, extra, f"{key_path}.{extra}")
                yield from _from_files(reading, root, relative, inner, f"{key_path}.{extra}", extra)


def _from_files(
    reading: Reading, root: Path, relative: str, value: dict[str, Any], key_path: str, extra: str
) -> Iterator[RequirementGroup]:
    named = value.get("file", [])
    paths = [one for one in (named if isinstance(named, list) else [named]) if isinstance(one, str)]
    found = included_requirements(root, relative, paths, reading.file.at(key_path))
    reading.gaps.extend(found.gaps)
    reading.faults.extend(found.faults)
    reading.includes.update(found.includes)
    yield RequirementGroup("extra" if extra else "dependencies", extra, found.requirements)
