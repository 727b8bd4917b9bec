"""``poetry.lock`` 1.x, 2.0 and 2.1: a flat list with edges by name, files with hashes, and groups where stated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scanner.inputs.locktable import LockTables
from scanner.inputs.source import fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.model.artifact import Artifact
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, LockedDependency, LockedPackage
from scanner.model.names import canonicalize_name
from scanner.model.package import Package, Source, SourceKind
from scanner.model.urls import redact

KIND = "poetry.lock"
_SOURCES: dict[str, SourceKind] = {"git": "vcs", "url": "url", "file": "path", "directory": "path", "legacy": "index"}


def read(root: Path, relative: str) -> DependencyFile:
    """Read a poetry lock. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    file = TomlFile(source)
    tables = LockTables(file)
    metadata = file.content.get("metadata", {})
    metadata = metadata if isinstance(metadata, dict) else {}
    files = metadata.get("files", {})
    old_files = files if isinstance(files, dict) else {}
    locked = tuple(_package(tables, number, table, old_files) for number, table in tables.packages())
    if tables.faults:
        raise fail(tables.faults, "poetry writes this file; run `poetry lock` again.")
    python = metadata.get("python-versions", "")
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        requires_python=python if isinstance(python, str) and python != "*" else "",
        locked=locked,
    )


def _package(tables: LockTables, number: int, table: dict[str, Any], old_files: dict[str, Any]) -> LockedPackage:
    where = f"{tables.key}[{number}]"
    groups = table.get("groups", [table["category"]] if isinstance(table.get("category"), str) else [])
    return LockedPackage(
        package=Package(canonicalize_name(table["name"]), table.get("version", ""), _source(tables, table, where)),
        location=tables.file.at(where),
        dependencies=tuple(_edges(tables, table, where)),
        artifacts=tuple(_artifacts(tables, table, where, old_files)),
        marker=_marker(table.get("markers", "")),
        groups=tuple(sorted(one for one in groups if isinstance(one, str))) if isinstance(groups, list) else (),
    )


def _marker(value: Any) -> str:
    """A marker as text; per-group tables (2.1) are joined with ``or``: the package is there if any group needs it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value and all(isinstance(one, str) and one for one in value.values()):
        return " or ".join(f"({one})" for one in sorted(set(value.values())))
    return ""


def _source(tables: LockTables, table: dict[str, Any], where: str) -> Source:
    value = table.get("source")
    if value is None:
        return Source()
    if not isinstance(value, dict):
        tables.fault(f"{where}.source", "a table is expected here")
        return Source("unknown")
    path = f"{where}.source"
    kind = _SOURCES.get(tables.text(value, "type", path), "unknown")
    url = redact(tables.text(value, "url", path))
    if kind == "vcs":
        url = url if url.startswith("git+") else f"git+{url}"
    commit = tables.text(value, "resolved_reference", path)
    return Source(kind, url, commit, tables.text(value, "subdirectory", path))


def _edges(tables: LockTables, table: dict[str, Any], where: str) -> list[LockedDependency]:
    """Edges of ``[package.dependencies]``; those that only an extra brings are named by the extras table."""
    dependencies = table.get("dependencies", {})
    if not isinstance(dependencies, dict):
        tables.fault(f"{where}.dependencies", "a table is expected here")
        return []
    by_extra: dict[str, list[str]] = {}
    extras = table.get("extras", {})
    for extra, items in extras.items() if isinstance(extras, dict) else ():
        for item in items if isinstance(items, list) else ():
            name = canonicalize_name(str(item).partition(" ")[0].partition("[")[0].partition(";")[0])
            by_extra.setdefault(name, []).append(extra)
    found: list[LockedDependency] = []
    for name, value in sorted(dependencies.items()):
        for one in value if isinstance(value, list) else [value]:
            fields = {"version": one} if isinstance(one, str) else one
            if not isinstance(fields, dict):
                tables.fault(f"{where}.dependencies.{name}", "a version or a table is expected here")
                continue
            optional = fields.get("optional") is True
            brought_by = by_extra.get(canonicalize_name(name), [""]) if optional else [""]
            wanted = fields.get("extras", [])
            for extra in brought_by:
                found.append(
                    LockedDependency(
                        name=canonicalize_name(name),
                        extras=tuple(sorted(map(str, wanted))) if isinstance(wanted, list) else (),
                        marker=str(fields.get("markers", "")),
                        extra=extra,
                        specifier=str(fields.get("version", "")),
                    )
                )
    return found


def _artifacts(tables: LockTables, table: dict[str, Any], where: str, old_files: dict[str, Any]) -> list[Artifact]:
    items = tables.tables(table, "files", where)
    if not items and isinstance(old_files.get(table["name"]), list):
        items = tables.tables(old_files, table["name"], "metadata.files")
    unsaid = NotKnown("the lock does not say")
    return [
        Artifact(
            filename=tables.text(item, "file", path),
            url=redact(tables.text(item, "url", path)),
            hashes=tables.hash(tables.text(item, "hash", path), f"{path}.hash"),
            provenance=unsaid,
        )
        for path, item in items
    ]
