"""``pdm.lock`` (lock versions 4.x): a flat list with PEP 508 edges, one table more for each extra that is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from scanner.inputs.locktable import LockTables
from scanner.inputs.pep508 import parse_requirement
from scanner.inputs.source import fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.model.artifact import Artifact
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, LockedDependency, LockedPackage
from scanner.model.package import Package, Source
from scanner.model.urls import redact

KIND = "pdm.lock"


def read(root: Path, relative: str) -> DependencyFile:
    """Read a pdm lock. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    file = TomlFile(source)
    tables = LockTables(file)
    metadata = file.content.get("metadata", {})
    metadata = metadata if isinstance(metadata, dict) else {}
    old_files = metadata.get("files", {})
    merged: dict[Package, LockedPackage] = {}
    for number, table in tables.packages():
        one = _package(tables, number, table, old_files if isinstance(old_files, dict) else {})
        earlier = merged.get(one.package)
        merged[one.package] = _joined(earlier, one) if earlier else one
    if tables.faults:
        raise fail(tables.faults, "pdm writes this file; run `pdm lock` again.")
    targets = metadata.get("targets", [])
    first = targets[0] if isinstance(targets, list) and targets and isinstance(targets[0], dict) else {}
    python = first.get("requires_python", "")
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        requires_python=python if isinstance(python, str) else "",
        locked=tuple(merged.values()),
    )


def _package(tables: LockTables, number: int, table: dict[str, Any], old_files: dict[str, Any]) -> LockedPackage:
    where = f"{tables.key}[{number}]"
    groups = table.get("groups", [])
    extras = table.get("extras", [])
    named = tuple(sorted(one for one in extras if isinstance(one, str))) if isinstance(extras, list) else ()
    source = _source(tables, table, where)
    return LockedPackage(
        package=Package(canonicalize_name(table["name"]), table.get("version", ""), source),
        location=tables.file.at(where),
        dependencies=tuple(_edges(tables, table, where, named)),
        artifacts=tuple(_artifacts(tables, table, where, old_files)),
        marker=tables.text(table, "marker", where),
        groups=tuple(sorted(one for one in groups if isinstance(one, str))) if isinstance(groups, list) else (),
        extras=named,
        is_project=source.kind == "path" and source.url in (".", "./"),
    )


def _joined(left: LockedPackage, right: LockedPackage) -> LockedPackage:
    """The tables of one package with and without its extras, as one entry."""
    edges = (
        *(() if isinstance(left.dependencies, NotKnown) else left.dependencies),
        *(() if isinstance(right.dependencies, NotKnown) else right.dependencies),
    )
    plain = left if not left.extras else right
    return msgspec.structs.replace(
        plain,
        dependencies=tuple(dict.fromkeys(edges)),
        artifacts=plain.artifacts or left.artifacts or right.artifacts,
        groups=tuple(sorted({*left.groups, *right.groups})),
        extras=tuple(sorted({*left.extras, *right.extras})),
    )


def _edges(tables: LockTables, table: dict[str, Any], where: str, extras: tuple[str, ...]) -> list[LockedDependency]:
    items = table.get("dependencies", [])
    if not isinstance(items, list):
        tables.fault(f"{where}.dependencies", "an array is expected here")
        return []
    found: list[LockedDependency] = []
    for number, item in enumerate(items):
        key_path = f"{where}.dependencies[{number}]"
        if not isinstance(item, str):
            tables.fault(key_path, "a requirement is expected here, as text")
            continue
        try:
            requirement = parse_requirement(item, tables.file.at(key_path))
        except ValueError as error:
            tables.fault(key_path, str(error))
            continue
        if requirement.name == canonicalize_name(table["name"]):
            continue
        for extra in extras or ("",):
            found.append(
                LockedDependency(
                    name=requirement.name,
                    extras=requirement.extras,
                    marker=requirement.marker,
                    source_url=requirement.url,
                    extra=extra,
                    specifier=requirement.specifier,
                )
            )
    return found


def _source(tables: LockTables, table: dict[str, Any], where: str) -> Source:
    for scheme in ("git", "hg", "svn", "bzr"):
        if scheme in table:
            url = redact(tables.text(table, scheme, where))
            commit = tables.text(table, "revision", where)
            return Source("vcs", f"{scheme}+{url}", commit, tables.text(table, "subdirectory", where))
    if url := redact(tables.text(table, "url", where)):
        return Source("path", url.removeprefix("file:")) if url.startswith("file:") else Source("url", url)
    if path := tables.text(table, "path", where):
        return Source("path", path)
    return Source()


def _artifacts(tables: LockTables, table: dict[str, Any], where: str, old_files: dict[str, Any]) -> list[Artifact]:
    items = tables.tables(table, "files", where)
    old_key = f"{table['name']} {table.get('version', '')}"
    if not items and isinstance(old_files.get(old_key), list):
        items = tables.tables(old_files, old_key, "metadata.files")
    unsaid = NotKnown("the lock does not say")
    found: list[Artifact] = []
    for path, item in items:
        url = redact(tables.text(item, "url", path))
        name = tables.text(item, "file", path) or url.partition("#")[0].rpartition("/")[2]
        hashes = tables.hash(tables.text(item, "hash", path), f"{path}.hash")
        found.append(Artifact(filename=name, url=url, hashes=hashes, provenance=unsaid))
    return found
