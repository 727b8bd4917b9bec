"""``[tool.uv]`` and ``uv.toml``: where named requirements come from, indexes, constraints, overrides, groups.

Source: uv's documentation, "Settings" and "Managing dependencies".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from scanner.inputs.manifest import Reading, both, vcs_url
from scanner.inputs.source import fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.model.locked import DependencyFile, RequirementGroup
from scanner.model.requirement import IndexOption, Requirement
from scanner.model.urls import redact

KIND = "uv.toml"
TABLE = "tool.uv"
WORKSPACE = "workspace:"
"""Reference of a requirement that a workspace member meets; :mod:`scanner.inputs.projects` puts its folder there."""
_FILES = (
    ("no-binary", "no-binary"),
    ("no-binary-package", "no-binary"),
    ("no-build", "only-binary"),
    ("no-build-package", "only-binary"),
    ("only-binary", "only-binary"),
)
"""Settings that choose which file of a release is installed, and pip's option of the same meaning."""


def read(root: Path, relative: str) -> DependencyFile:
    """Read a ``uv.toml``: the settings of ``[tool.uv]``, at its top. Raises :class:`InputError` with all faults."""
    source = read_source(root, relative)
    reading = Reading(TomlFile(source))
    groups, options = tuple(uv_groups(reading, ())), tuple(uv_indexes(reading, ()))
    if reading.faults:
        raise fail(reading.faults, "uv's documentation (Settings) says what is allowed here.")
    return DependencyFile(relative, KIND, source.sha256, groups=groups, options=options, gaps=tuple(reading.gaps))


def uv_groups(reading: Reading, table: tuple[str, ...] = ("tool", "uv")) -> Iterator[RequirementGroup]:
    """``dev-dependencies``, constraints and overrides as groups of kind ``constraint``, what builds are given beside
    their own requirements, and the dependencies that the project states in place of a package's metadata."""
    uv = reading.dig(*table)
    base = "".join(f"{one}." for one in table)
    for key, kind, name in (
        ("dev-dependencies", "group", "dev"),
        ("constraint-dependencies", "constraint", ""),
        ("override-dependencies", "constraint", "override"),
        ("build-constraint-dependencies", "constraint", "build"),
    ):
        found = reading.requirements(uv, key, f"{base}{key}")
        if found:
            yield RequirementGroup("group" if kind == "group" else "constraint", name, found)
    builds = reading.table(uv, "extra-build-dependencies", f"{base}extra-build-dependencies")
    for package in sorted(builds):
        found = tuple(_build_needs(reading, builds, package, f"{base}extra-build-dependencies.{package}"))
        yield RequirementGroup("build", "", found)
    for key_path, stated in reading.array(uv, "dependency-metadata", f"{base}dependency-metadata"):
        if isinstance(stated, dict):
            found = reading.requirements(stated, "requires-dist", f"{key_path}.requires-dist")
            plain = tuple(one for one in found if "extra" not in one.marker)
            yield RequirementGroup("group", "uv-dependency-metadata", plain)
        else:
            reading.fault(key_path, "a table is expected here")


def _build_needs(reading: Reading, table: dict[str, Any], package: str, key_path: str) -> Iterator[Requirement]:
    """Texts, or tables with the text under ``requirement``."""
    for where, item in reading.array(table, package, key_path):
        found = reading.requirement(item.get("requirement") if isinstance(item, dict) else item, where)
        if found is not None:
            yield found


def uv_indexes(reading: Reading, table: tuple[str, ...] = ("tool", "uv")) -> Iterator[IndexOption]:
    """``[[tool.uv.index]]`` and uv's pip-style index settings."""
    uv = reading.dig(*table)
    base = "".join(f"{one}." for one in table)
    for key_path, index in reading.array(uv, "index", f"{base}index"):
        if not isinstance(index, dict):
            reading.fault(key_path, "a table is expected here")
            continue
        url = reading.text(index, "url", f"{key_path}.url")
        name = reading.text(index, "name", f"{key_path}.name")
        kind = "index-url" if index.get("default") is True else "index"
        where = reading.file.at(f"{key_path}.url")
        yield IndexOption(kind, redact(url), where, name=name, explicit=index.get("explicit") is True)
    for settings, prefix in ((uv, base), (reading.table(uv, "pip", f"{base}pip"), f"{base}pip.")):
        for key in ("index-url", "extra-index-url", "find-links", "allow-insecure-host", "no-index"):
            value = settings.get(key, [])
            kind = "trusted-host" if key == "allow-insecure-host" else key
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str):
                    yield IndexOption(kind, redact(one), reading.file.at(f"{prefix}{key}"))
                elif one is True:
                    yield IndexOption(kind, "", reading.file.at(f"{prefix}{key}"))
        for key, kind in _FILES:
            value = settings.get(key, [])
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str) or one is True:
                    yield IndexOption(kind, ":all:" if one is True else one, reading.file.at(f"{prefix}{key}"))


def bind_sources(reading: Reading, groups: list[RequirementGroup]) -> list[RequirementGroup]:
    """``tool.uv.sources`` applied: a requirement that it names comes from there and not from the default index."""
    stated = reading.dig("tool", "uv", "sources")
    sources = {
        canonicalize_name(name): list(_alternatives(reading, name, value)) for name, value in sorted(stated.items())
    }
    if not sources:
        return groups
    bound: list[RequirementGroup] = []
    for group in groups:
        if group.kind in ("constraint", "build"):
            bound.append(group)
            continue
        found = [one for requirement in group.requirements for one in _bound(requirement, sources, group)]
        bound.append(msgspec.structs.replace(group, requirements=tuple(found)))
    return bound


class _Place(msgspec.Struct, frozen=True):
    """One source of a name: a direct reference or an index, and for which marker, extra or group it is meant."""

    url: str = ""
    index: str = ""
    marker: str = ""
    editable: bool = False
    only: str = ""


def _alternatives(reading: Reading, name: str, value: Any) -> Iterator[_Place]:
    forked = isinstance(value, list)
    for number, one in enumerate(value if forked else [value]):
        where = f"{TABLE}.sources.{name}" + (f"[{number}]" if forked else "")
        if not isinstance(one, dict):
            reading.fault(where, "a table is expected here")
            continue

        def text(key: str, table: dict[str, Any] = one, where: str = where) -> str:
            return reading.text(table, key, f"{where}.{key}")

        url = text("url")
        if text("git"):
            url = vcs_url(text("git"), text("rev") or text("tag") or text("branch"), text("subdirectory"))
        elif text("path"):
            url = f"file:{text('path')}"
        elif one.get("workspace") is True:
            url = WORKSPACE
        yield _Place(
            url=redact(url),
            index=text("index"),
            marker=text("marker"),
            editable=one.get("editable") is True,
            only=text("extra") or text("group"),
        )


def _bound(requirement: Requirement, sources: dict[Any, list[_Place]], group: RequirementGroup) -> list[Requirement]:
    places = [one for one in sources.get(requirement.name, ()) if not one.only or one.only == group.name]
    if not places or requirement.url:
        return [requirement]
    return [
        msgspec.structs.replace(
            requirement,
            url=place.url,
            index=place.index,
            editable=place.editable,
            marker=both(requirement.marker, place.marker),
            # The text stays what the requirement says; where it comes from is in its url and index.
            specifier="" if place.url else requirement.specifier,
        )
        for place in places
    ]
