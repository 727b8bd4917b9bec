"""``Pipfile`` and ``Pipfile.lock``. Source: the Pipfile specification and pipenv's documentation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scanner.inputs.json_file import JsonFile, plain
from scanner.inputs.manifest import Reading, both, vcs_url
from scanner.inputs.source import fail, read_source
from scanner.inputs.toml import TomlFile
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, LockedPackage, RequirementGroup
from scanner.model.package import Package, Source
from scanner.model.requirement import Hash, IndexOption, Requirement
from scanner.model.urls import redact

KIND = "Pipfile"
LOCK_KIND = "Pipfile.lock"
_NO_CATEGORY = frozenset({"source", "requires", "scripts", "pipenv", "pipfile", "_meta"})
_MARKERS = frozenset(
    {"os_name", "sys_platform", "platform_machine", "platform_system", "python_version", "python_full_version",
     "platform_python_implementation", "implementation_name"}
)  # fmt: skip
_NO_EDGES = NotKnown("Pipfile.lock lists packages without their dependencies", "The packages' own metadata tells them.")


def read(root: Path, relative: str) -> DependencyFile:
    """Read a Pipfile. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    reading = Reading(TomlFile(source))
    content = reading.file.content
    groups = [
        RequirementGroup(*_group(category), tuple(_requirements(reading, category)))
        for category in sorted(content, key=lambda one: (one != "packages", one))
        if category not in _NO_CATEGORY
    ]
    options = tuple(_sources(reading, reading.array(content, "source", "source")))
    requires = reading.dig("requires")
    python = requires.get("python_version") or requires.get("python_full_version")
    if reading.faults:
        raise fail(reading.faults, "pipenv's documentation says what a Pipfile holds.")
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        requires_python=f"=={python}.*" if isinstance(python, str) and python.count(".") == 1 else "",
        groups=tuple(one for one in groups if one.requirements),
        options=options,
    )


def read_lock(root: Path, relative: str) -> DependencyFile:
    """Read a Pipfile.lock. Raises :class:`InputError` with all faults at once."""
    source = read_source(root, relative)
    file = JsonFile(source)
    reading = Reading(file)
    content = reading.file.content
    meta = reading.table(content, "_meta", "_meta")
    options = tuple(_sources(reading, reading.array(meta, "sources", "_meta.sources")))
    locked: dict[tuple[str, str], LockedPackage] = {}
    for category in sorted(one for one in content if one not in _NO_CATEGORY):
        packages = reading.table(content, category, category)
        for name in sorted(packages):
            one = _locked(reading, plain(name), packages[name], category)
            # A package of two categories is one package of the lock, in both groups.
            earlier = locked.get((one.package.name, one.package.version))
            groups = (*(earlier.groups if earlier else ()), *one.groups)
            locked[one.package.name, one.package.version] = LockedPackage(
                one.package, one.location, one.dependencies, (), one.hashes, one.marker, groups
            )
    if reading.faults:
        raise fail(reading.faults, "pipenv writes this file; run `pipenv lock` again.")
    return DependencyFile(
        path=relative,
        kind=LOCK_KIND,
        sha256=source.sha256,
        locked=tuple(locked[key] for key in sorted(locked)),
        options=options,
        gaps=file.gaps(),
    )


def _group(category: str) -> tuple[Any, str]:
    if category == "packages":
        return "dependencies", ""
    return "group", "dev" if category == "dev-packages" else category


def _requirements(reading: Reading, category: str) -> Iterator[Requirement]:
    for name, value in sorted(reading.dig(category).items()):
        where = f"{category}.{name}"
        fields = {"version": value} if isinstance(value, str) else value
        if not isinstance(fields, dict):
            reading.fault(where, "a version or a table is expected here")
            continue
        version = reading.text(fields, "version", f"{where}.version")
        yield reading.build(
            name,
            where,
            specifier="" if version == "*" else version,
            extras=fields.get("extras", ()),
            marker=_marker(reading, fields, where),
            url=_reference(reading, fields, where),
            editable=fields.get("editable") is True,
            index=reading.text(fields, "index", f"{where}.index"),
        )


def _marker(reading: Reading, fields: dict[str, Any], where: str) -> str:
    marker = plain(reading.text(fields, "markers", f"{where}.markers"))
    for key in sorted(_MARKERS & fields.keys()):
        marker = both(marker, f"{key} {reading.text(fields, key, f'{where}.{key}')}")
    return marker


def _reference(reading: Reading, fields: dict[str, Any], where: str) -> str:
    for scheme in ("git", "hg", "svn", "bzr"):
        if scheme in fields:
            url = reading.text(fields, scheme, f"{where}.{scheme}")
            folder = reading.text(fields, "subdirectory", f"{where}.subdirectory")
            return vcs_url(url, reading.text(fields, "ref", f"{where}.ref"), folder, scheme=scheme)
    for key in ("path", "file"):
        if value := reading.text(fields, key, f"{where}.{key}"):
            return value if "://" in value else f"file:{value}"
    return ""


def _sources(reading: Reading, items: Iterator[tuple[str, Any]]) -> Iterator[IndexOption]:
    """``[[source]]``: the first is the main index; the others serve what names them."""
    for number, (key_path, source) in enumerate(items):
        if not isinstance(source, dict):
            reading.fault(key_path, "a table is expected here")
            continue
        url = redact(plain(reading.text(source, "url", f"{key_path}.url")))
        name = plain(reading.text(source, "name", f"{key_path}.name"))
        where = reading.file.at(f"{key_path}.url")
        yield IndexOption("index-url" if number == 0 else "source", url, where, name=name, explicit=number > 0)
        if source.get("verify_ssl") is False:
            host = url.partition("://")[2].partition("/")[0]
            yield IndexOption("trusted-host", host, reading.file.at(f"{key_path}.verify_ssl"), name=name)


def _locked(reading: Reading, name: str, value: Any, category: str) -> LockedPackage:
    where = f"{category}.{name}"
    fields = value if isinstance(value, dict) else {}
    if not isinstance(value, dict):
        reading.fault(where, "a table is expected here")
    version = plain(reading.text(fields, "version", f"{where}.version"))
    hashes: list[Hash] = []
    for key_path, item in reading.array(fields, "hashes", f"{where}.hashes"):
        algorithm, separator, digest = item.partition(":") if isinstance(item, str) else ("", "", "")
        if not separator or not digest:
            reading.fault(key_path, "a hash of the form algorithm:hexdigest is expected here")
            continue
        try:
            found = Hash.stated(plain(algorithm), plain(digest))
        except ValueError:
            reading.fault(key_path, f"the digest is not hex of the length that {plain(algorithm)[:20]} has")
            continue
        hashes += [] if found is None else [found]
    return LockedPackage(
        package=Package(canonicalize_name(name), version.lstrip("="), _source(reading, fields, where)),
        location=reading.file.at(where),
        dependencies=_NO_EDGES,
        hashes=tuple(sorted(hashes)),
        marker=_marker(reading, fields, where),
        groups=("main" if category == "default" else "dev" if category == "develop" else category,),
    )


def _source(reading: Reading, fields: dict[str, Any], where: str) -> Source:
    for scheme in ("git", "hg", "svn", "bzr"):
        if scheme in fields:
            url = redact(vcs_url(plain(reading.text(fields, scheme, f"{where}.{scheme}")), scheme=scheme))
            commit = plain(reading.text(fields, "ref", f"{where}.ref"))
            return Source("vcs", url, commit, plain(reading.text(fields, "subdirectory", f"{where}.subdirectory")))
    for key in ("path", "file"):
        if value := redact(plain(reading.text(fields, key, f"{where}.{key}"))):
            return Source("url" if "://" in value else "path", value)
    return Source()
