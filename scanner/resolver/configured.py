"""Sources of the auditor's configuration that pip takes files from and that are not read: a gap where it matters."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from packaging.utils import NormalizedName, canonicalize_name

from scanner.files import open_regular, read_bounded
from scanner.index.config import IndexConfig
from scanner.index.pages import parse_page
from scanner.inputs.requirement_lines import name_of_archive
from scanner.model.artifact import Artifact
from scanner.model.coverage import Coverage
from scanner.model.errors import AssayError
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import Release
from scanner.model.urls import redact
from scanner.model.versions import artifact_version, parse_version, pin_allows, same_version
from scanner.resolver.releases import Allowed

MAX_FILES = 100_000
MAX_PAGE = 16 * 1024 * 1024
REMEDY = "Audit with a configuration without it, e.g. with PIP_CONFIG_FILE=/dev/null and PIP_FIND_LINKS unset."


def other_sources(
    config: IndexConfig,
    releases: Mapping[Package, Release],
    allowed: Mapping[tuple[str, str], Allowed],
    check: str,
) -> Iterator[Coverage]:
    """A gap for each package of which a configured folder has a file that pip could take in place of the index's, and
    one for each source that nobody can list.

    pip would take the folder's file where its version is the package's and its bytes are not known to be those of the
    index, or where no pin holds the package and the file is of a later version. A pin with hashes refuses both, where
    every file that pins the package has them.
    """
    wanted = {
        one.name: one
        for one in releases
        if one.source.kind == "index"
        and not ((pin := allowed.get((one.name, one.version))) and pin.digests and not pin.is_bare)
    }
    for place in config.ignored if wanted else ():
        folder = _folder(place)
        if folder is None:
            said = f"your configuration names an index that pip asks and that is not asked here: {redact(place)}"
            yield Coverage(check, "configuration", "not-checked", said, REMEDY)
            continue
        for name in sorted(one for one in wanted if (folder / one).is_dir()):
            yield from _gaps(check, releases[wanted[name]], allowed, place, _listed(name, folder / name))
    for place in config.find_links if wanted else ():
        held = _files(place)
        if held is None:
            said = f"your configuration names a place of files for pip, and it is not read: {redact(place)}"
            yield Coverage(check, "configuration", "not-checked", said, REMEDY)
            continue
        for name in sorted(held.keys() & wanted.keys()):
            yield from _gaps(check, releases[wanted[name]], allowed, place, held[name])


def _gaps(
    check: str,
    release: Release,
    allowed: Mapping[tuple[str, str], Allowed],
    place: str,
    files: Iterable[Artifact] | None,
) -> Iterator[Coverage]:
    package = release.package
    if files is None:
        said = f"pip may take files of it from {redact(place)} too, which your configuration names: it cannot be read"
        yield Coverage(check, str(package), "not-checked", said, REMEDY)
        return
    is_pinned = (package.name, package.version) in allowed
    for file in files:
        if _may_be_taken(file, release, is_pinned):
            said = (
                f"pip may take {file.filename[:200]} from {redact(place)}, which your configuration names: "
                "it is not the index's file, and was not read"
            )
            yield Coverage(check, str(package), "not-checked", said, REMEDY)
            return


def _may_be_taken(file: Artifact, release: Release, is_pinned: bool) -> bool:
    """Whether pip could prefer a file of a configured folder to what the index has of the package."""
    if file.kind == "other":
        return False
    if same_version(file.version, release.package.version) or (
        is_pinned and pin_allows(release.package.version, file.version)
    ):
        known = () if isinstance(release.artifacts, NotKnown) else release.artifacts
        digest = next((one.digest("sha256") for one in known if one.filename == file.filename), "")
        return not digest or digest != (file.digest("sha256") or _sha256(file.url))
    if is_pinned:
        return False
    theirs, ours = parse_version(file.version), parse_version(release.package.version)
    if theirs is None or ours is None:
        return theirs is not None
    return theirs > ours and (ours.is_prerelease or not theirs.is_prerelease)


def _listed(name: str, folder: Path) -> tuple[Artifact, ...] | None:
    """The files that the page of a project in an index of ``file:`` names; ``None`` where it cannot be read."""
    try:
        body = read_bounded(folder / "index.html", MAX_PAGE + 1)
        if len(body) > MAX_PAGE:
            return None
        url = (folder / "index.html").as_uri()
        return parse_page(canonicalize_name(name), url, url, body, "text/html").artifacts
    except (OSError, ValueError, AssayError):
        return None


def _sha256(url: str) -> str:
    """The digest of a local file, or the empty string where it cannot be read."""
    path = _folder(url)
    hashed = hashlib.sha256()
    try:
        if path is None:
            return ""
        with open_regular(path) as opened:
            while chunk := opened.read(1024 * 1024):
                hashed.update(chunk)
    except (OSError, ValueError):
        return ""
    return hashed.hexdigest()


def _folder(place: str) -> Path | None:
    """The folder that a path or a ``file:`` URL names, be it there or not; ``None`` for any other URL."""
    if place.startswith("file:"):
        return Path(unquote(place.removeprefix("file:").removeprefix("//")))
    return None if "://" in place else Path(os.path.expanduser(place))  # noqa: PTH111 (a folder may be unknown)


def _files(place: str) -> dict[NormalizedName, list[Artifact]] | None:
    """The files of a folder by project; none where there is no such folder (pip passes over it), ``None`` for what is
    no folder, for one that cannot be listed, and for one of more than ``MAX_FILES``."""
    path = _folder(place)
    found: dict[NormalizedName, list[Artifact]] = {}
    try:
        if path is None or path.is_file():
            return None
        with os.scandir(path) as listed:
            names = sorted(one.name for one in islice(listed, MAX_FILES + 1))
        if len(names) > MAX_FILES:
            return None
        for filename in names:
            if stated := name_of_archive(filename):
                name = canonicalize_name(stated)
                version = artifact_version(filename, name)
                found.setdefault(name, []).append(Artifact(filename, (path / filename).as_uri(), version=version))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    return found
