"""Earlier releases of a project, as the index lists them, and what it says of who published each."""

from __future__ import annotations

import msgspec

from scanner.model.artifact import Artifact
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import ProjectPage
from scanner.model.versions import artifact_version, parse_version

EARLIER = 3
"""How many earlier releases are asked for their publisher: one of them may be the exception."""


class PastProvenance(msgspec.Struct, frozen=True):
    """The provenance of one file of an earlier release: its bytes, ``None`` for none, or why it is not known."""

    version: str
    artifact: Artifact
    provenance: bytes | NotKnown | None


def by_version(page: ProjectPage) -> dict[str, tuple[Artifact, ...]]:
    """The files of each version that the page lists, oldest version first (PEP 440); legacy versions are left out."""
    found: dict[str, list[Artifact]] = {}
    for artifact in page.artifacts:
        text = artifact_version(artifact.filename, page.name)
        version = parse_version(text)
        if version is not None:
            found.setdefault(str(version), []).append(artifact)
    ordered = sorted(found, key=lambda text: (parse_version(text), text))
    return {text: tuple(sorted(found[text], key=lambda one: one.filename)) for text in ordered}


def earlier_artifacts(package: Package, page: ProjectPage, chosen: Artifact) -> tuple[tuple[str, Artifact], ...]:
    """One file of each of the releases before this one, newest first: of the kind that was chosen where there is one.

    Pre-releases are passed over unless the package is one itself: they are often published by another job.
    """
    current = parse_version(package.version)
    if current is None:
        return ()
    found: list[tuple[str, Artifact]] = []
    for text, artifacts in reversed(by_version(page).items()):
        version = parse_version(text)
        if version is None or version >= current or (version.is_prerelease and not current.is_prerelease):
            continue
        usable = [one for one in artifacts if not one.yanked]
        if not usable:
            continue
        same = [one for one in usable if one.kind == chosen.kind]
        tail = chosen.filename.split("-", 2)[2:] if chosen.kind == "wheel" else []
        twins = [one for one in same if one.filename.split("-", 2)[2:] == tail]
        found.append((text, (twins or same or usable)[0]))
        if len(found) == EARLIER:
            break
    return tuple(found)
