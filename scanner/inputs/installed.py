"""An installed environment: every ``*.dist-info`` of a folder, edges from METADATA, origins from direct_url.json.

Sources: PyPA core metadata; PEP 610 (direct_url.json); PEP 376 and the "Recording installed projects" specification.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import posixpath
import re
from collections.abc import Sequence
from email.parser import HeaderParser
from pathlib import Path

from packaging.utils import canonicalize_name

from scanner.files import read_bounded
from scanner.inputs.pep508 import parse_requirement
from scanner.model.errors import InputError
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, LockedDependency, LockedPackage
from scanner.model.package import Package, Source
from scanner.model.urls import redact

KIND = "environment"
MAX_DISTRIBUTIONS = 20_000
MAX_METADATA_BYTES = 4 * 1024 * 1024
MAX_RECORD_BYTES = 64 * 1024 * 1024
_EXTRA = re.compile(r"\bextra\s*==\s*[\"'](?P<name>[^\"']+)[\"']")


def site_folders(folder: Path) -> list[Path]:
    """The folders of an environment that hold distributions: itself, or its ``site-packages``."""
    patterns = ("lib/python*/site-packages", "lib64/python*/site-packages", "Lib/site-packages")
    found = [folder] if any(folder.glob("*.dist-info")) else []
    for pattern in patterns:
        found.extend(
            one for one in sorted(folder.glob(pattern)) if one.resolve() not in {each.resolve() for each in found}
        )
    return found


def read_environment(folder: Path) -> DependencyFile:
    """Every installed distribution. Raises :class:`InputError` where there is none."""
    locked: list[LockedPackage] = []
    gaps: list[Gap] = []
    digest = hashlib.sha256()
    for site in site_folders(folder):
        infos = sorted(site.glob("*.dist-info"))
        if len(infos) > MAX_DISTRIBUTIONS:
            said = f"it holds more than {MAX_DISTRIBUTIONS:,} distributions: none is read from here on"
            where = infos[MAX_DISTRIBUTIONS].relative_to(folder).as_posix()
            gaps.append(Gap(Location(where), said, "Look at who filled a folder of that size."))
        for info in infos[:MAX_DISTRIBUTIONS]:
            relative = info.relative_to(folder).as_posix()
            body = _bytes(info / "METADATA", folder)
            digest.update(relative.encode("utf-8", "surrogateescape") + b"\0" + body + b"\0")
            one = _distribution(info, relative, body, folder)
            if isinstance(one, Gap):
                gaps.append(one)
                continue
            locked.append(one)
            if not (info / "RECORD").is_file():
                reason = f"{one.package} has no RECORD: which files it installed is not known"
                gaps.append(Gap(Location(relative), reason, "Install it again with pip or uv."))
        gaps.extend(
            Gap(Location(one.relative_to(folder).as_posix()), "an egg, whose metadata is not read")
            for one in sorted((*site.glob("*.egg-info"), *site.glob("*.egg"), *site.glob("*.egg-link")))
        )
    if not locked:
        remedy = "Name a virtual environment, or the site-packages folder that holds *.dist-info."
        raise InputError("it holds no installed distribution", where=str(folder), remedy=remedy)
    return DependencyFile(
        path=".", kind=KIND, sha256=digest.hexdigest(), locked=tuple(sorted(locked, key=_order)), gaps=tuple(gaps)
    )


def installed_files(folder: Path, sites: Sequence[Path]) -> frozenset[str]:
    """Paths, relative to the folder, of the files that the distributions say they installed (RECORD)."""
    found: set[str] = set()
    for site in sites:
        base = site.relative_to(folder).as_posix()
        for info in sorted(site.glob("*.dist-info"))[:MAX_DISTRIBUTIONS]:
            body = _bytes(info / "RECORD", folder, MAX_RECORD_BYTES)
            with contextlib.suppress(csv.Error):
                for row in csv.reader(body.decode("utf-8", "replace").splitlines()):
                    if row and ".." not in row[0]:
                        found.add(posixpath.normpath(posixpath.join(base, row[0])))
    return frozenset(found)


def _order(one: LockedPackage) -> tuple[Package, Location]:
    return one.package, one.location


def _bytes(path: Path, folder: Path, bound: int = MAX_METADATA_BYTES) -> bytes:
    """The file's bytes, bounded; nothing where it is missing or a link out of the environment."""
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return b""
        return read_bounded(path, bound)
    except (OSError, RuntimeError):  # RuntimeError: links that lead to each other
        return b""


def _distribution(info: Path, relative: str, body: bytes, folder: Path) -> LockedPackage | Gap:
    headers = HeaderParser().parsestr(body.decode("utf-8", "replace"))
    name, version = str(headers.get("Name", "")).strip(), str(headers.get("Version", "")).strip()
    location = Location(f"{relative}/METADATA")
    if not name or not version:
        return Gap(location, "its METADATA is missing or names no distribution and version")
    edges: list[LockedDependency] = []
    for value in headers.get_all("Requires-Dist") or ():
        try:
            requirement = parse_requirement(str(value), location)
        except ValueError:
            continue
        extras = sorted({match["name"] for match in _EXTRA.finditer(requirement.marker)}) or [""]
        edges.extend(
            LockedDependency(
                requirement.name,
                extras=requirement.extras,
                marker=requirement.marker,
                source_url=requirement.url,
                extra=extra,
                specifier=requirement.specifier,
            )
            for extra in extras
        )
    source, is_editable = _origin(_bytes(info / "direct_url.json", folder))
    return LockedPackage(
        package=Package(canonicalize_name(name), version, source),
        location=location,
        dependencies=tuple(edges) if body else NotKnown("its METADATA is missing"),
        is_project=is_editable,
    )


def _origin(body: bytes) -> tuple[Source, bool]:
    """Where PEP 610 says that it came from, and whether it is an editable tree."""
    if not body:
        return Source(), False
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return Source("unknown"), False
    url = value.get("url") if isinstance(value, dict) else None
    if not isinstance(url, str):
        return Source("unknown"), False
    clean = redact(url).encode("utf-8", "replace").decode()
    vcs, folder = value.get("vcs_info"), value.get("dir_info")
    if isinstance(vcs, dict):
        return Source("vcs", f"{vcs.get('vcs', 'git')}+{clean}", str(vcs.get("commit_id", ""))), False
    if isinstance(folder, dict):
        return Source("path", clean.removeprefix("file://")), folder.get("editable") is True
    return Source("path" if clean.startswith("file:") else "url", clean), False
