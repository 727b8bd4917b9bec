"""``[tool.hatch]`` and ``hatch.toml``: what environments, build targets and build hooks install.

Source: https://hatch.pypa.io/latest/config/environment/overview/ and …/config/build/. ``hatch.toml`` holds the tables
of ``[tool.hatch]`` at its top, and replaces them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scanner.inputs.installs import with_installs
from scanner.inputs.manifest import Reading
from scanner.inputs.source import fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.inputs.tool_keys import ToolKeys
from scanner.model.locked import DependencyFile, RequirementGroup
from scanner.model.requirement import Requirement

KIND = "hatch.toml"
KEYS = ("dependencies", "extra-dependencies")
MAX_DEPTH = 8


def read(root: Path, relative: str) -> DependencyFile:
    """Read a ``hatch.toml``. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    reading = Reading(TomlFile(source))
    tools = ToolKeys(reading, root, relative)
    groups = (*hatch_groups(reading), *tools.groups)
    if reading.faults:
        raise fail(reading.faults, "hatch's documentation says what is allowed here.")
    read_so_far = DependencyFile(
        relative,
        KIND,
        source.sha256,
        groups=groups,
        includes=tuple(sorted(reading.includes)),
        gaps=tuple(reading.gaps),
    )
    return with_installs(read_so_far, tools.commands)


def hatch_groups(reading: Reading, *prefix: str) -> Iterator[RequirementGroup]:
    """Each environment as the group ``hatch-<environment>``, and as ``build`` what builds install."""
    base = "".join(f"{one}." for one in prefix)
    environments = reading.dig(*prefix, "envs")
    for name in sorted(environments):
        key_path = f"{base}envs.{name}"
        found = tuple(_below(reading, reading.table(environments, name, key_path), key_path))
        if found:
            yield RequirementGroup("group", canonicalize_name(f"hatch-{name}"), found)
    built = tuple(_below(reading, reading.dig(*prefix, "build"), f"{base}build"))
    if built:
        yield RequirementGroup("build", "", built)


def _below(reading: Reading, table: dict[str, Any], key_path: str, depth: int = 0) -> Iterator[Requirement]:
    """The requirements under ``dependencies`` and ``extra-dependencies``, wherever the table holds such a key: hooks,
    targets and overrides (by platform, variable or matrix) nest."""
    if depth > MAX_DEPTH:
        reading.gap(key_path, "its tables are nested deeper than hatch's go, and are not read")
        return
    for key, value in sorted(table.items()):
        where = f"{key_path}.{key}"
        if key in KEYS and isinstance(value, list | str):
            for number, item in enumerate(value if isinstance(value, list) else [value]):
                text = item.get("value") if isinstance(item, dict) else item
                yield from _one(reading, text, f"{where}[{number}]")
        elif isinstance(value, dict):
            yield from _below(reading, value, where, depth + 1)


def _one(reading: Reading, text: Any, where: str) -> Iterator[Requirement]:
    """One line. Context (``{root:uri}``) is put in by hatch: the project's own folder; any other is a gap."""
    if isinstance(text, str) and "{" in text:
        name, separator, place = text.partition("@")
        folder = place.strip()
        if separator and folder.startswith(("{root:uri}", "{root:uri:")) and folder.count("{") == 1:
            tail = folder.partition("}")[2].strip("/")
            yield reading.build(name.partition("[")[0].strip(), where, url=f"file:{tail or '.'}")
        elif separator or not text.strip().startswith("{root"):
            reading.gap(where, f"hatch fills in parts of {text[:80]}", "State the requirement without {…}.")
        return
    found = reading.requirement(text, where)
    if found is not None:
        yield found
