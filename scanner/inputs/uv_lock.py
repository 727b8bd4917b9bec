"""``uv.lock`` (version 1, every revision): edges, sources, files with hashes; the project's own packages are roots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scanner.inputs.locktable import LockTables
from scanner.inputs.source import fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.model.artifact import Artifact
from scanner.model.errors import InputError
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, Gap, LockedDependency, LockedPackage
from scanner.model.names import NormalizedName, canonicalize_name
from scanner.model.package import Package, Source
from scanner.model.urls import redact

KIND = "uv.lock"
MAX_FORKS = 100
"""So many versions of one name are followed from a group of the workspace."""


def read(root: Path, relative: str) -> DependencyFile:
    """Read a uv lock. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    file = TomlFile(source)
    version = file.content.get("version")
    if version != 1:
        raise InputError(
            f"it says lock version {version!r}; version 1 is the one that is understood",
            where=str(file.at("version")),
            remedy="Use a newer assay, or write the lock again with a uv that writes version 1.",
        )
    tables = LockTables(file)
    entries = tables.packages()
    locked = tuple(_package(tables, number, table) for number, table in entries)
    by_name: dict[str, list[dict[str, Any]]] = {}
    for _, table in entries:
        by_name.setdefault(canonicalize_name(table["name"]), []).append(table)
    gaps: list[Gap] = []
    workspace = tuple(_workspace(tables, (root / relative).resolve().parent.name, by_name, gaps))
    if tables.faults:
        raise fail(tables.faults, "uv writes this file; run `uv lock` again.")
    own = [one for one in locked if one.is_project]
    here = [one for one in own if one.package.source.url in (".", "")]
    project = (here or own)[0].package if own else None
    python = file.content.get("requires-python", "")
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        project=project.name if project else "",
        version=project.version if project and project.version else NotKnown("the lock does not name a version"),
        requires_python=python if isinstance(python, str) else "",
        locked=(*locked, *workspace),
        gaps=tuple(gaps),
    )


def _package(tables: LockTables, number: int, table: dict[str, Any]) -> LockedPackage:
    where = f"{tables.key}[{number}]"
    source, is_project = _source(tables, table, where)
    edges = [_edge(tables, item, path) for path, item in tables.tables(table, "dependencies", where)]
    for key, field in (("optional-dependencies", "extra"), ("dev-dependencies", "group")):
        named = table.get(key, {})
        if not isinstance(named, dict):
            tables.fault(f"{where}.{key}", "a table is expected here")
            continue
        for name in sorted(named):
            for path, item in tables.tables(named, name, f"{where}.{key}"):
                edges.append(_edge(tables, item, path, **{field: name}))
    return LockedPackage(
        package=Package(canonicalize_name(table["name"]), table.get("version", ""), source),
        location=tables.file.at(where),
        dependencies=tuple(edges),
        artifacts=tuple(_artifacts(tables, table, where)),
        is_project=is_project,
    )


def _source(tables: LockTables, table: dict[str, Any], where: str) -> tuple[Source, bool]:
    """The source, and whether it is a package of the project itself (virtual, editable or a directory inside)."""
    value = table.get("source", {})
    if not isinstance(value, dict):
        tables.fault(f"{where}.source", "a table is expected here")
        return Source("unknown"), False
    for kind in ("virtual", "editable"):
        if isinstance(value.get(kind), str):
            return Source("path", value[kind]), True
    for kind in ("directory", "path"):
        if isinstance(value.get(kind), str):
            return Source("path", value[kind]), False
    if isinstance(value.get("git"), str):
        url, _, commit = value["git"].partition("#")
        url, _, query = url.partition("?")
        fields = dict(part.split("=", 1) for part in query.split("&") if "=" in part)
        clean = f"git+{redact(url)}"
        return Source("vcs", clean, commit, fields.get("subdirectory", "")), False
    if isinstance(value.get("url"), str):
        return Source("url", redact(value["url"])), False
    registry = value.get("registry", "")
    if isinstance(registry, str) and registry:
        default = registry.rstrip("/") == "https://pypi.org/simple"
        return Source("index", "" if default else redact(registry)), False
    return Source("unknown"), False


def _edge(
    tables: LockTables, item: dict[str, Any], where: str, *, extra: str = "", group: str = ""
) -> LockedDependency:
    name = tables.text(item, "name", where)
    if not name:
        tables.fault(where, "the dependency has no name")
    extras = item.get("extra", [])
    return LockedDependency(
        name=canonicalize_name(name or "unnamed"),
        version=tables.text(item, "version", where),
        extras=tuple(sorted(one for one in extras if isinstance(one, str))) if isinstance(extras, list) else (),
        marker=tables.text(item, "marker", where),
        extra=extra,
        group=group,
        source=_source(tables, item, where)[0] if "source" in item else None,
    )


def _workspace(
    tables: LockTables, folder: str, by_name: dict[str, list[dict[str, Any]]], gaps: list[Gap]
) -> Iterator[LockedPackage]:
    """What the root of a workspace asks for where it is no project itself: its groups, in ``[manifest]``, which states
    them as requirements and leaves it to the packages' own markers which of their versions each means."""
    manifest = tables.file.content.get("manifest", {})
    if not isinstance(manifest, dict):
        tables.fault("manifest", "a table is expected here")
        return
    edges = [
        one
        for path, item in tables.tables(manifest, "requirements", "manifest")
        for one in _wanted(tables, item, path, by_name, gaps)
    ]
    groups = manifest.get("dependency-groups", {})
    if not isinstance(groups, dict):
        tables.fault("manifest.dependency-groups", "a table is expected here")
        return
    for group in sorted(groups):
        for path, item in tables.tables(groups, group, "manifest.dependency-groups"):
            edges.extend(_wanted(tables, item, path, by_name, gaps, group))
    if edges:
        package = Package(NormalizedName(f"{folder} (workspace)"), "", Source("path", "."))
        yield LockedPackage(package, tables.file.at("manifest"), tuple(edges), is_project=True)


def _wanted(
    tables: LockTables,
    item: dict[str, Any],
    where: str,
    by_name: dict[str, list[dict[str, Any]]],
    gaps: list[Gap],
    group: str = "",
) -> Iterator[LockedDependency]:
    name = canonicalize_name(tables.text(item, "name", where) or "unnamed")
    marker = tables.text(item, "marker", where)
    extras = item.get("extras", [])
    forks = by_name.get(name, [])
    if len(forks) > MAX_FORKS:
        said = (
            f"the lock holds more than {MAX_FORKS} entries of {name[:80]}: which of the others it means is not followed"
        )
        gaps.append(Gap(tables.file.at(where), said, "uv writes one for each environment; look at who wrote these."))
    for one in forks[:MAX_FORKS]:
        stated = one.get("resolution-markers", [])
        under = [each for each in stated if isinstance(each, str)] if isinstance(stated, list) else []
        parts = [f"({text})" for text in (marker, " or ".join(f"({each})" for each in under)) if text]
        yield LockedDependency(
            name=name,
            version=str(one.get("version", "")),
            extras=tuple(sorted(each for each in extras if isinstance(each, str))) if isinstance(extras, list) else (),
            marker=" and ".join(parts) if len(forks) > 1 else marker,
            group=group,
            specifier=tables.text(item, "specifier", where),
        )


def _artifacts(tables: LockTables, table: dict[str, Any], where: str) -> list[Artifact]:
    items = tables.tables(table, "wheels", where)
    if isinstance(table.get("sdist"), dict):
        items = [(f"{where}.sdist", table["sdist"]), *items]
    found: list[Artifact] = []
    for path, item in items:
        url = redact(tables.text(item, "url", path) or tables.text(item, "path", path))
        filename = tables.text(item, "filename", path) or url.partition("#")[0].rpartition("/")[2]
        size, uploaded = item.get("size"), item.get("upload-time")
        unsaid = NotKnown("the lock does not say")
        found.append(
            Artifact(
                filename=filename,
                url=url,
                hashes=tables.hash(tables.text(item, "hash", path), f"{path}.hash"),
                size=size if isinstance(size, int) else unsaid,
                upload_time=uploaded if isinstance(uploaded, str) else unsaid,
                provenance=unsaid,
            )
        )
    return found
