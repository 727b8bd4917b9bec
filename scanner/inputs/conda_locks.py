"""``conda-lock.yml`` and ``pixi.lock``: their PyPI packages are locked ones, with file and digest; conda's are a gap.

Sources: conda-lock's lockfile version 1, and pixi's lockfile versions 5 and 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import msgspec
from packaging.utils import canonicalize_name

from scanner.inputs.source import SourceText, read_source
from scanner.inputs.yaml_nodes import Mapping, Node, Scalar, Sequence, YamlError, parse_yaml
from scanner.model.artifact import Artifact
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, LockedDependency, LockedPackage
from scanner.model.package import Package, Source
from scanner.model.requirement import Hash
from scanner.model.urls import redact

KIND = "conda-lock.yml"
MAX_NAMED = 12
REMEDY = "Audit them with a conda tool."


def read(root: Path, relative: str) -> DependencyFile:
    """Read a conda-lock file. What is no such lock is a gap: other tools wrote it, and nobody mends it by hand."""
    return read_packages(read_source(root, relative), KIND, "package")


def read_packages(source: SourceText, kind: str, key: str) -> DependencyFile:
    """The packages that the lock lists under ``key``."""
    gaps: list[Gap] = []
    conda: list[str] = []
    locked: dict[Package, LockedPackage] = {}
    for item in _entries(source, key, gaps):
        where = Location(source.path, item.line, key_path=key)
        manager = _text(item, "manager") or _text(item, "kind")
        if _text(item, "conda") or manager == "conda":
            conda.append(_text(item, "name") or _text(item, "conda").rpartition("/")[2])
        elif manager not in ("", "pip", "pypi") or (not manager and not _text(item, "pypi")):
            gaps.append(Gap(where, "an entry is of no kind that is known: what it installs is not known"))
        else:
            one = _package(item, where)
            if one is None:
                gaps.append(Gap(where, "a PyPI package without a name: what it installs is not known"))
            else:
                locked[one.package] = _joined(locked[one.package], one) if one.package in locked else one
    if conda:
        named = sorted(set(conda))
        shown = ", ".join(named[:MAX_NAMED])[:400] + (" …" if len(named) > MAX_NAMED else "")
        reason = f"{len(named)} conda package(s) are not audited: {shown}"
        gaps.append(Gap(Location(source.path), reason, REMEDY))
    return DependencyFile(
        source.path, kind, source.sha256, locked=tuple(locked[one] for one in sorted(locked)), gaps=tuple(gaps)
    )


def _entries(source: SourceText, key: str, gaps: list[Gap]) -> Iterator[Mapping]:
    try:
        document = parse_yaml(source.text)
    except YamlError as error:
        gaps.append(Gap(Location(source.path, error.line), f"it is not YAML that can be read: {error}"))
        return
    listed = document.get(key) if isinstance(document, Mapping) else None
    if not isinstance(listed, Sequence):
        gaps.append(Gap(Location(source.path), f"it has no list of packages under {key}"))
        return
    for item in listed.items:
        if isinstance(item, Mapping):
            yield item
        else:
            gaps.append(Gap(Location(source.path, item.line), "an entry that is no map: what it installs is not known"))


def _package(item: Mapping, where: Location) -> LockedPackage | None:
    url = redact(_text(item, "pypi") or _text(item, "url") or _text(item, "path"))
    name = _text(item, "name")
    if not name:
        return None
    filename = unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])
    hashes = _hashes(item)
    source = _source(url, filename)
    unsaid = NotKnown("the lock does not say")
    artifact = Artifact(filename=filename, url=url, hashes=hashes, size=unsaid, upload_time=unsaid, provenance=unsaid)
    return LockedPackage(
        package=Package(canonicalize_name(name), _text(item, "version"), source),
        location=where,
        dependencies=tuple(_needs(item)),
        artifacts=(artifact,) if source.kind in ("index", "url") and filename else (),
        hashes=hashes,
    )


def _joined(one: LockedPackage, other: LockedPackage) -> LockedPackage:
    """A package that is locked for several platforms: the files of all of them."""
    assert not isinstance(one.dependencies, NotKnown)
    assert not isinstance(other.dependencies, NotKnown)
    return msgspec.structs.replace(
        one,
        dependencies=tuple(dict.fromkeys((*one.dependencies, *other.dependencies))),
        artifacts=tuple(dict.fromkeys((*one.artifacts, *other.artifacts))),
        hashes=tuple(sorted({*one.hashes, *other.hashes})),
    )


def _source(url: str, filename: str) -> Source:
    """Files of PyPI's host are the index's own; a ``git+`` reference, a folder and any other URL are what they are."""
    scheme = url.partition("://")[0]
    if "+" in scheme:
        body, _, commit = url.partition("#")[0].rpartition("@")
        return Source("vcs", body or commit, commit if body else "")
    if "://" not in url or scheme == "file":
        return Source("path", url) if url else Source()
    hosts = ("https://files.pythonhosted.org/", "https://pypi.org/")
    return Source() if url.startswith(hosts) and filename else Source("url", url)


def _needs(item: Mapping) -> Iterator[LockedDependency]:
    """conda-lock: a map of names to versions. pixi: ``requires_dist``, PEP 508 texts; their names are enough here."""
    from scanner.inputs.pep508 import parse_requirement

    stated = item.get("dependencies")
    if isinstance(stated, Mapping):
        for name, _ in stated.entries:
            if canonicalize_name(name) not in ("python", "pip"):
                yield LockedDependency(canonicalize_name(name))
    texts = item.get("requires_dist")
    for one in texts.items if isinstance(texts, Sequence) else ():
        try:
            found = parse_requirement(one.text if isinstance(one, Scalar) else "", Location(""))
        except ValueError:
            continue  # An edge only: the package that it would lead to is an entry, and asked for as one.
        yield LockedDependency(found.name, marker=found.marker, specifier=found.specifier)


def _hashes(item: Mapping) -> tuple[Hash, ...]:
    table: Node | None = item.get("hash")
    stated = table if isinstance(table, Mapping) else item
    found = (Hash.if_one(one, _text(stated, one)) for one in ("sha256", "md5") if _text(stated, one))
    return tuple(sorted(one for one in found if one is not None))


def _text(item: Mapping, key: str) -> str:
    value = item.get(key)
    return value.text if isinstance(value, Scalar) else ""
