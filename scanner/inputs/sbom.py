"""Bills of materials as input: CycloneDX JSON (1.2 to 1.6) and SPDX JSON (2.2, 2.3). Only ``pkg:pypi`` is taken.

The edges are those of ``dependencies`` (CycloneDX) and of ``DEPENDS_ON`` / ``DEPENDENCY_OF`` relationships (SPDX).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
from packaging.utils import canonicalize_name

from scanner.inputs.json_file import JsonFile, plain
from scanner.inputs.manifest import Reading
from scanner.inputs.source import fail, read_source
from scanner.model.errors import InputError
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, LockedDependency, LockedPackage
from scanner.model.package import Package
from scanner.model.requirement import Hash

KIND = "SBOM"
MAX_COMPONENTS = 50_000
MAX_DEPTH = 8
"""Components inside components; CycloneDX states no bound."""
_PYPI = re.compile(r"pkg:/*pypi/+", re.IGNORECASE)
"""Scheme and type are in any letter case, and slashes may stand after the scheme (package URL specification)."""
_NO_EDGES = NotKnown("the bill of materials does not state this package's dependencies")


class _Part(msgspec.Struct, frozen=True):
    """One component: its reference inside the document, its package, its place, its hashes."""

    reference: str
    package: Package
    location: Location
    hashes: tuple[Hash, ...]


def read(root: Path, relative: str) -> DependencyFile:
    """Read a bill of materials. Raises :class:`InputError` with all faults at once, or where it is none."""
    source = read_source(root, relative)
    file = JsonFile(source)
    reading = Reading(file)
    content = reading.file.content
    if content.get("bomFormat") == "CycloneDX":
        kind = "CycloneDX"
        parts, others = _collect(reading, _cyclonedx(reading, content, "components", 0))
        edges = _cyclonedx_edges(reading, content)
    elif isinstance(content.get("spdxVersion"), str):
        kind = "SPDX"
        parts, others = _collect(reading, _spdx(reading, content))
        edges = _spdx_edges(reading, content)
    else:
        raise InputError(
            "it is neither a CycloneDX nor an SPDX document",
            where=f"{relative}:1",
            remedy="CycloneDX says bomFormat, SPDX says spdxVersion at its top level.",
        )
    if reading.faults:
        raise fail(reading.faults, f"The specification of {kind} says what is allowed here.")
    gaps = [*reading.gaps, *file.gaps()]
    if others:
        gaps.append(Gap(Location(relative), f"{others} component(s) are no Python packages (pkg:pypi) and not audited"))
    return DependencyFile(
        path=relative, kind=kind, sha256=source.sha256, locked=tuple(_locked(parts, edges)), gaps=tuple(gaps)
    )


def _collect(reading: Reading, found: Iterator[_Part | None]) -> tuple[list[_Part], int]:
    parts: list[_Part] = []
    others = 0
    for number, part in enumerate(found):
        if number >= MAX_COMPONENTS:
            reading.fault("", f"a document of more than {MAX_COMPONENTS} components is refused")
            break
        if part is None:
            others += 1
        else:
            parts.append(part)
    return parts, others


def _locked(parts: list[_Part], edges: dict[str, list[str]]) -> Iterator[LockedPackage]:
    by_reference = {one.reference: one.package for one in parts if one.reference}
    seen: set[Package] = set()
    for part in parts:
        if part.package in seen:
            continue
        seen.add(part.package)
        children = [by_reference[one] for one in edges.get(part.reference, ()) if one in by_reference]
        yield LockedPackage(
            package=part.package,
            location=part.location,
            dependencies=(
                tuple(LockedDependency(one.name, one.version) for one in sorted(set(children)))
                if part.reference in edges
                else _NO_EDGES
            ),
            hashes=part.hashes,
        )


def _package_of(purl: str) -> Package | None:
    """The package of a ``pkg:pypi/name@version`` URL."""
    matched = _PYPI.match(purl)
    if matched is None:
        return None
    body = purl[matched.end() :].partition("#")[0].partition("?")[0].strip("/")
    name, _, version = body.partition("@")
    return Package(canonicalize_name(plain(unquote(name))), plain(unquote(version))) if name else None


def _cyclonedx(
    reading: Reading, parent: dict[str, Any], key: str, depth: int, base: str = ""
) -> Iterator[_Part | None]:
    """Components and the components inside them."""
    for key_path, item in reading.array(parent, key, f"{base}{key}"):
        if not isinstance(item, dict):
            reading.fault(key_path, "a component is expected here")
            continue
        package = _package_of(reading.text(item, "purl", f"{key_path}.purl"))
        hashes = []
        for hash_path, one in reading.array(item, "hashes", f"{key_path}.hashes"):
            if isinstance(one, dict) and isinstance(one.get("alg"), str) and isinstance(one.get("content"), str):
                hashes += _digest(reading, hash_path, one["alg"], one["content"])
            else:
                reading.fault(hash_path, "a hash with alg and content is expected here")
        reference = reading.text(item, "bom-ref", f"{key_path}.bom-ref")
        if package is None:
            yield None
        else:
            yield _Part(plain(reference), package, reading.file.at(key_path), tuple(sorted(hashes)))
        if "components" in item and depth >= MAX_DEPTH:
            said = f"components lie more than {MAX_DEPTH} deep inside others: those are not read"
            reading.gaps.append(Gap(reading.file.at(key_path), said, "Look at it by hand."))
        elif "components" in item:
            yield from _cyclonedx(reading, item, "components", depth + 1, f"{key_path}.")


def _digest(reading: Reading, key_path: str, algorithm: str, value: str) -> list[Hash]:
    """The digest; none of an algorithm that is not known; a fault where it is not hex of its length."""
    try:
        found = Hash.stated(plain(algorithm), plain(value))
    except ValueError:
        reading.fault(key_path, f"the digest is not hex of the length that {plain(algorithm)[:20]} has")
        return []
    return [] if found is None else [found]


def _cyclonedx_edges(reading: Reading, content: dict[str, Any]) -> dict[str, list[str]]:
    edges: dict[str, list[str]] = {}
    for key_path, item in reading.array(content, "dependencies", "dependencies"):
        if isinstance(item, dict) and isinstance(item.get("ref"), str):
            wanted = [
                plain(one)
                for _, one in reading.array(item, "dependsOn", f"{key_path}.dependsOn")
                if isinstance(one, str)
            ]
            edges.setdefault(plain(item["ref"]), []).extend(wanted)
        else:
            reading.fault(key_path, "an entry with ref is expected here")
    return edges


def _spdx(reading: Reading, content: dict[str, Any]) -> Iterator[_Part | None]:
    for key_path, item in reading.array(content, "packages", "packages"):
        if not isinstance(item, dict):
            reading.fault(key_path, "a package is expected here")
            continue
        purls = [
            one["referenceLocator"]
            for _, one in reading.array(item, "externalRefs", f"{key_path}.externalRefs")
            if isinstance(one, dict)
            and one.get("referenceType") == "purl"
            and isinstance(one.get("referenceLocator"), str)
        ]
        package = next((found for one in purls if (found := _package_of(one))), None)
        hashes = [
            digest
            for hash_path, one in reading.array(item, "checksums", f"{key_path}.checksums")
            if isinstance(one, dict)
            and isinstance(one.get("algorithm"), str)
            and isinstance(one.get("checksumValue"), str)
            for digest in _digest(reading, hash_path, one["algorithm"], one["checksumValue"])
        ]
        reference = reading.text(item, "SPDXID", f"{key_path}.SPDXID")
        if package is None:
            yield None
        else:
            yield _Part(plain(reference), package, reading.file.at(key_path), tuple(sorted(hashes)))


def _spdx_edges(reading: Reading, content: dict[str, Any]) -> dict[str, list[str]]:
    edges: dict[str, list[str]] = {}
    for _, item in reading.array(content, "relationships", "relationships"):
        if not isinstance(item, dict):
            continue
        left, right, kind = (item.get(key) for key in ("spdxElementId", "relatedSpdxElement", "relationshipType"))
        if isinstance(left, str) and isinstance(right, str):
            if kind == "DEPENDS_ON":
                edges.setdefault(plain(left), []).append(plain(right))
            elif kind == "DEPENDENCY_OF":
                edges.setdefault(plain(right), []).append(plain(left))
    return edges
