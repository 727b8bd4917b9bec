"""``pixi.toml`` and ``[tool.pixi]``: PyPI dependencies of every feature and target; conda packages are a gap.

Source: https://pixi.sh/latest/reference/pixi_manifest/
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scanner.inputs.manifest import Reading, vcs_url
from scanner.inputs.source import fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.model.locked import DependencyFile, RequirementGroup
from scanner.model.requirement import IndexOption, Requirement
from scanner.model.urls import redact

KIND = "pixi.toml"
MAX_NAMED = 12
CONDA = ("dependencies", "host-dependencies", "build-dependencies", "run-dependencies")
Place = tuple[dict[str, Any], str, str]
"""A table of dependencies' own table, its key path, and the feature that it belongs to (empty: the default one)."""


def read(root: Path, relative: str) -> DependencyFile:
    """Read a pixi manifest. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    reading = Reading(TomlFile(source))
    groups = tuple(pixi_groups(reading))
    options = tuple(pixi_indexes(reading))
    table = reading.dig("workspace") or reading.dig("project")
    name = table.get("name", "")
    if reading.faults:
        raise fail(reading.faults, "The reference of pixi's manifest says what is allowed here.")
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        project=name if isinstance(name, str) else "",
        groups=groups,
        options=options,
        gaps=tuple(reading.gaps),
    )


def pixi_groups(reading: Reading, *prefix: str) -> Iterator[RequirementGroup]:
    """The group ``pixi`` and one for each feature (``pixi-<feature>``); gaps for conda packages."""
    found: dict[str, list[Requirement]] = {}
    conda: list[str] = []
    for table, key_path, feature in _places(reading, prefix):
        stated = reading.table(table, "pypi-dependencies", f"{key_path}pypi-dependencies")
        for name, value in sorted(stated.items()):
            where = f"{key_path}pypi-dependencies.{name}"
            found.setdefault(feature, []).append(_requirement(reading, name, value, where))
        for key in CONDA:
            conda += [one for one in reading.table(table, key, f"{key_path}{key}") if one not in ("python", "pip")]
        options = reading.table(table, "pypi-options", f"{key_path}pypi-options")
        overrides = reading.table(options, "dependency-overrides", f"{key_path}pypi-options.dependency-overrides")
        for name, value in sorted(overrides.items()):
            where = f"{key_path}pypi-options.dependency-overrides.{name}"
            fixed = (_requirement(reading, name, value, where),)
            yield RequirementGroup("constraint", "override", fixed)
    for feature, members in sorted(found.items()):
        yield RequirementGroup("group", canonicalize_name(f"pixi-{feature}" if feature else "pixi"), tuple(members))
    if conda:
        shown = ", ".join(sorted(conda)[:MAX_NAMED])[:400] + (" …" if len(conda) > MAX_NAMED else "")
        remedy = "Audit them with a conda tool."
        reading.gap(".".join(prefix), f"{len(conda)} conda package(s) are not audited: {shown}", remedy)


def pixi_indexes(reading: Reading, *prefix: str) -> Iterator[IndexOption]:
    """``pypi-options``: indexes and places of links."""
    for table, key_path, _ in _places(reading, prefix):
        options = reading.table(table, "pypi-options", f"{key_path}pypi-options")
        for key, kind in (("index-url", "index-url"), ("extra-index-urls", "extra-index-url")):
            value = options.get(key, [])
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str):
                    yield IndexOption(kind, redact(one), reading.file.at(f"{key_path}pypi-options.{key}"))
        links = options.get("find-links", [])
        for one in links if isinstance(links, list) else []:
            place = next((text for text in one.values() if isinstance(text, str)), "") if isinstance(one, dict) else one
            if isinstance(place, str):
                where = reading.file.at(f"{key_path}pypi-options.find-links")
                yield IndexOption("find-links", redact(place), where)


def _places(reading: Reading, prefix: tuple[str, ...]) -> Iterator[Place]:
    """The manifest itself, its targets, its features, and their targets."""
    top = reading.dig(*prefix)
    base = "".join(f"{one}." for one in prefix)
    yield from _with_targets(reading, top, base, "")
    features = reading.table(top, "feature", f"{base}feature")
    for name in sorted(features):
        key_path = f"{base}feature.{name}"
        yield from _with_targets(reading, reading.table(features, name, key_path), f"{key_path}.", name)


def _with_targets(reading: Reading, table: dict[str, Any], key_path: str, feature: str) -> Iterator[Place]:
    yield table, key_path, feature
    targets = reading.table(table, "target", f"{key_path}target")
    for name in sorted(targets):
        where = f"{key_path}target.{name}"
        # Which target pixi's name for it means is not held against ours: what it brings is audited.
        yield reading.table(targets, name, where), f"{where}.", feature


def _requirement(reading: Reading, name: str, value: Any, where: str) -> Requirement:
    fields = {"version": value} if isinstance(value, str) else value
    if not isinstance(fields, dict):
        reading.fault(where, "a version or a table is expected here")
        fields = {}

    def text(key: str) -> str:
        return reading.text(fields, key, f"{where}.{key}")

    url = text("url")
    if text("git"):
        url = vcs_url(text("git"), text("rev") or text("tag") or text("branch"), text("subdirectory"))
    elif text("path"):
        url = f"file:{text('path')}"
    version = text("version")
    return reading.build(
        name,
        where,
        specifier="" if url or version == "*" else f"=={version}" if version[:1].isdigit() else version,
        extras=fields.get("extras", ()),
        marker=text("env-markers"),
        url=url,
        editable=fields.get("editable") is True,
        index=text("index"),
    )
