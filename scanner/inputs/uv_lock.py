"""``uv.lock`` (version 1, every revision): edges, sources, files with hashes; the project's own packages are roots."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from scanner.inputs.locktable import LockTables
from scanner.inputs.source import fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.model.artifact import Artifact
from scanner.model.errors import InputError
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, LockedDependency, LockedPackage
from scanner.model.names import canonicalize_name
from scanner.model.package import Package, Source
from scanner.model.urls import redact

KIND = "uv.lock"


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
    locked = tuple(_package(tables, number, table) for number, table in tables.packages())
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
        locked=locked,
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


_CONFLICT = re.compile(r"extra (?P<operator>[=!]=) '(?P<kind>extra|group|project)-(?P<length>\d+)-(?P<rest>[^']*)'")
_TRUE, _FALSE = "python_version >= '0'", "python_version < '0'"


def _without_conflicts(marker: str, extra: str, group: str) -> str:
    """A marker without uv's encoded extras (``extra == 'extra-1-p-gpu'``, for conflicting ones), which no other tool
    knows. On an edge that an extra or a group brings, that one holds and the others do not; elsewhere each fork may
    be installed, so each is let through."""

    def replaced(match: re.Match[str]) -> str:
        name = match["rest"][int(match["length"][:4]) + 1 :]
        if not extra and not group:
            return _TRUE
        holds = name == (extra if match["kind"] == "extra" else group)
        return _TRUE if holds == (match["operator"] == "==") else _FALSE

    return _CONFLICT.sub(replaced, marker) if "extra" in marker else marker


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
        marker=_without_conflicts(tables.text(item, "marker", where), extra, group),
        extra=extra,
        group=group,
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
