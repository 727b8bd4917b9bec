"""Releases: what an index says of one version of a project, and the metadata inside its files."""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.model.artifact import Artifact
from scanner.model.known import NotKnown
from scanner.model.names import NormalizedName
from scanner.model.package import Package

MetadataOrigin = Literal["pep658", "wheel", "sdist-pkg-info", "sdist-pyproject", "sdist-setup", "tree", "lock"]


class CoreMetadata(msgspec.Struct, frozen=True):
    """The core metadata (PyPA specification, versions 1.0 to 2.5) that the audit needs, as the file states it.

    ``requires_dist`` holds PEP 508 texts; it is ``NotKnown`` for an sdist whose dependencies are dynamic.
    ``origin`` says how it was read. Nothing is ever built to learn it.
    """

    name: str
    version: str
    origin: MetadataOrigin
    requires_dist: tuple[str, ...] | NotKnown = ()
    requires_python: str = ""
    provides_extra: tuple[str, ...] = ()
    summary: str = ""
    license_expression: str = ""
    license: str = ""
    classifiers: tuple[str, ...] = ()
    home_page: str = ""
    project_urls: tuple[tuple[str, str], ...] = ()
    author: str = ""
    maintainer: str = ""


class ProjectPage(msgspec.Struct, frozen=True):
    """One project's page on one index (Simple API). ``index`` is the index URL without credentials.

    ``status`` is the PEP 792 status (``active``, ``archived``, ``quarantined``, ``deprecated``), where given.
    """

    name: NormalizedName
    index: str
    artifacts: tuple[Artifact, ...]
    versions: tuple[str, ...] = ()
    status: str | NotKnown = NotKnown("the index does not say")
    status_reason: str = ""

    def of_version(self, version: str) -> tuple[Artifact, ...]:
        """The files of that version (PEP 440 equality; legacy versions by text), in the index's order."""
        from scanner.model.versions import same_version

        spelled = {one.version for one in self.artifacts}
        same = {one for one in spelled if same_version(one, version)}
        return tuple(one for one in self.artifacts if one.version in same)


class Release(msgspec.Struct, frozen=True):
    """What is known of one package of the graph beyond its lock.

    ``page`` is the index's page of the whole project. ``artifacts`` are the files of this version there. ``chosen``
    is the file that pip would install on the target, limited to what the lock allows.
    """

    package: Package
    page: ProjectPage | NotKnown
    artifacts: tuple[Artifact, ...] | NotKnown
    chosen: Artifact | NotKnown
    metadata: CoreMetadata | NotKnown


class FetchedArtifact(msgspec.Struct, frozen=True):
    """An artifact's bytes on local disk, and what they hash to. ``path`` lies in the content-addressed store."""

    artifact: Artifact
    path: str
    sha256: str
    size: int
    hashes: tuple[tuple[str, str], ...] = ()
    """Further digests of the same bytes, for locks and indexes that state another algorithm: ``(("md5", "…"),)``."""
