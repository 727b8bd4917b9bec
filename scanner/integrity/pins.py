"""Pins: what a dependency file fixes of each package, in one shape for every format."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from scanner.model.artifact import Artifact
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, LockedPackage
from scanner.model.names import NormalizedName
from scanner.model.package import Package, Source
from scanner.model.requirement import STRONG_ALGORITHMS, Hash, Requirement

_EXACT = re.compile(r"^\s*={2,3}\s*(?P<version>[^\s,;*]+)\s*$")
_FULL_COMMIT = r"(?i)^([0-9a-f]{40}|[0-9a-f]{64})$"
_VCS = r"(?i)^(git|hg|svn|bzr)(\+[a-z]+)?:"
REQUIREMENT_FILES = ("requirements.txt", "requirements")


class Pin(msgspec.Struct, frozen=True):
    """One package as one file fixes it.

    ``version`` is empty where the file does not fix one. ``hashes`` are those that the file gives without a file name,
    ``artifacts`` the files that it names (each with its own hashes). ``url`` is a direct reference. ``package`` is the
    node of the graph where the file is a lock, otherwise the graph is asked by name and version. ``text`` is the line
    as written, without credentials. ``declared`` is true for a file that states what a project *wants* (pyproject).
    """

    name: NormalizedName
    version: str
    location: Location
    source: Source = Source()
    hashes: tuple[Hash, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    url: str = ""
    text: str = ""
    package: Package | None = None
    declared: bool = False
    constraint: bool = False

    @property
    def all_hashes(self) -> tuple[Hash, ...]:
        """Every hash that the file gives for this package, once each, sorted."""
        inside = (one for artifact in self.artifacts for one in artifact.hashes)
        return tuple(sorted({*self.hashes, *inside}))

    @property
    def strong(self) -> bool:
        return any(one.algorithm in STRONG_ALGORITHMS for one in self.all_hashes)

    @property
    def kind(self) -> str:
        """``index``, ``vcs``, ``url``, ``path`` or ``unknown``: where the file says that the package comes from."""
        if self.source.kind != "index":
            return self.source.kind
        return reference_kind(self.url) if self.url else "index"


def reference_kind(url: str) -> str:
    """What a direct reference points to: ``vcs``, ``url`` or ``path``."""
    from scanner.model.urls import split_url

    if re.match(_VCS, url) or url.lower().endswith(".git"):
        return "vcs"
    scheme = split_url(url).scheme.lower() if "://" in url else ""
    return "url" if scheme in ("http", "https", "ftp") else "path"


def exact_version(specifier: str) -> str:
    """The version of a specifier that allows exactly one (``==1.2``, ``===1.2``; not ``==1.*``), else empty."""
    matched = _EXACT.match(specifier)
    return matched["version"] if matched else ""


def vcs_commit(pin: Pin) -> str:
    """The full commit that a VCS reference names, or empty. A branch, a tag or a short hash can move."""
    if re.match(_FULL_COMMIT, pin.source.commit):
        return pin.source.commit.lower()
    url = pin.url or pin.source.url
    revision = url.partition("#")[0].rpartition("@")[2]
    return revision.lower() if re.match(_FULL_COMMIT, revision) else ""


def is_requirements(file: DependencyFile) -> bool:
    """True for pip's own format, in which each line may carry hashes and no line must."""
    return file.kind in REQUIREMENT_FILES or file.path.endswith((".txt", ".in"))


def pins_of(file: DependencyFile) -> tuple[Pin, ...]:
    """Every package that the file fixes or asks for, in the order of the file, each place once."""
    found: list[Pin] = [_from_lock(one) for one in file.locked if not one.is_project]
    places = {(pin.name, pin.location.path, pin.location.line) for pin in found}
    if not file.locked or is_requirements(file):
        for pin in _from_groups(file):
            place = (pin.name, pin.location.path, pin.location.line)
            if place not in places:
                places.add(place)
                found.append(pin)
    return tuple(sorted(found, key=lambda pin: (pin.location, pin.name, pin.version)))


def _from_lock(locked: LockedPackage) -> Pin:
    package = locked.package
    return Pin(
        name=package.name,
        version=package.version,
        location=locked.location,
        source=package.source,
        hashes=locked.hashes,
        artifacts=locked.artifacts,
        url=package.source.url if package.source.kind in ("url", "vcs", "path") else "",
        text=str(package),
        package=package,
    )


def _from_groups(file: DependencyFile) -> Iterator[Pin]:
    declared = not is_requirements(file)
    for group in file.groups:
        # What a command leaves open is a finding of its own (undeclared); a manifest it is not.
        for requirement in group.requirements if group.kind != "command" else ():
            yield _from_requirement(requirement, declared=declared, constraint=group.kind == "constraint")


def _from_requirement(requirement: Requirement, *, declared: bool, constraint: bool) -> Pin:
    return Pin(
        name=requirement.name,
        version=exact_version(requirement.specifier),
        location=requirement.location,
        hashes=requirement.hashes,
        url=requirement.url,
        text=requirement.text or f"{requirement.name}{requirement.specifier}",
        declared=declared,
        constraint=constraint,
    )
