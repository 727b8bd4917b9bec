"""``pylock.toml`` and ``pylock.*.toml`` (PEP 751), validated by ``packaging.pylock``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from packaging.pylock import Pylock, PylockValidationError
from packaging.utils import canonicalize_name

from scanner.inputs.locktable import LockTables
from scanner.inputs.source import Fault, fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.model.artifact import Artifact
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, LockedDependency, LockedPackage
from scanner.model.package import Package, Source
from scanner.model.urls import redact

KIND = "pylock.toml"


def read(root: Path, relative: str) -> DependencyFile:
    """Read a PEP 751 lock. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    file = TomlFile(source)
    tables = LockTables(file, "packages")
    locked = tuple(_package(tables, number, table) for number, table in tables.packages())
    faults = list(tables.faults)
    try:
        Pylock.from_dict(file.content)
    except PylockValidationError as error:
        faults.append(Fault(file.at(str(error.context or "")), str(error.message)))
    if faults:
        raise fail(faults, "The specification of pylock.toml (PEP 751) says what is allowed here.")
    python = file.content.get("requires-python", "")
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        requires_python=python if isinstance(python, str) else "",
        locked=locked,
    )


def _package(tables: LockTables, number: int, table: dict[str, Any]) -> LockedPackage:
    where = f"packages[{number}]"
    source = _source(tables, table, where)
    artifacts = _artifacts(tables, table, where)
    edges = tables.tables(table, "dependencies", where)
    return LockedPackage(
        package=Package(canonicalize_name(table["name"]), table.get("version", ""), source),
        location=tables.file.at(where),
        dependencies=(
            tuple(_edge(tables, item, path) for path, item in edges)
            if "dependencies" in table
            else NotKnown("the lock does not state this package's dependencies")
        ),
        artifacts=tuple(artifacts),
        marker=tables.text(table, "marker", where),
        is_project=source.kind == "path" and source.url in (".", "./"),
    )


def _edge(tables: LockTables, item: dict[str, Any], where: str) -> LockedDependency:
    name = tables.text(item, "name", where)
    if not name:
        tables.fault(where, "the dependency has no name")
    return LockedDependency(canonicalize_name(name or "unnamed"), tables.text(item, "version", where))


def _source(tables: LockTables, table: dict[str, Any], where: str) -> Source:
    for key in ("vcs", "directory", "archive"):
        value = table.get(key)
        if not isinstance(value, dict):
            continue
        path = f"{where}.{key}"
        url = redact(tables.text(value, "url", path)) or tables.text(value, "path", path)
        if key == "vcs":
            prefix = tables.text(value, "type", path) or "git"
            commit = tables.text(value, "commit-id", path)
            return Source("vcs", f"{prefix}+{url}", commit, tables.text(value, "subdirectory", path))
        if key == "directory":
            return Source("path", url, subdirectory=tables.text(value, "subdirectory", path))
        return Source("url" if "://" in url else "path", url)
    index = redact(tables.text(table, "index", where))
    default = index.rstrip("/") in ("", "https://pypi.org/simple")
    return Source("index", "" if default else index)


def _artifacts(tables: LockTables, table: dict[str, Any], where: str) -> list[Artifact]:
    items = tables.tables(table, "wheels", where)
    for key in ("sdist", "archive"):
        if isinstance(table.get(key), dict):
            items = [(f"{where}.{key}", table[key]), *items]
    found: list[Artifact] = []
    unsaid = NotKnown("the lock does not say")
    for path, item in items:
        url = redact(tables.text(item, "url", path) or tables.text(item, "path", path))
        hashes = item.get("hashes", {})
        size, uploaded = item.get("size"), item.get("upload-time")
        found.append(
            Artifact(
                filename=tables.text(item, "name", path) or url.partition("#")[0].rpartition("/")[2],
                url=url,
                hashes=tuple(
                    one
                    for algorithm, value in sorted(hashes.items() if isinstance(hashes, dict) else ())
                    for one in tables.digest(str(algorithm), str(value), f"{path}.hashes.{algorithm}")
                ),
                size=size if isinstance(size, int) else unsaid,
                upload_time=str(uploaded) if uploaded is not None else unsaid,
                provenance=unsaid,
            )
        )
    return found
