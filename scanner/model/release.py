"""Releases: what an index says of one version of a project, and the metadata inside its files."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Literal

import msgspec

from scanner.model.artifact import Artifact
from scanner.model.errors import NetworkError
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


class VersionFiles:
    """The files of one version of a project. They may be kept as they were stored (``stored``, MessagePack) until
    somebody asks: a page lists thousands of files, and a resolution looks at a few."""

    __slots__ = ("_artifacts", "_stored", "version")

    def __init__(self, version: str, artifacts: tuple[Artifact, ...] | None = None, stored: bytes = b"") -> None:
        self.version = version
        self._artifacts = artifacts
        self._stored = stored

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The files, which are kept from now on. Raises :class:`NetworkError` where what was stored is not that."""
        if self._artifacts is None:
            self._artifacts = self.read()
        return self._artifacts

    @property
    def stored(self) -> bytes:
        """The files as MessagePack."""
        return self._stored or msgspec.msgpack.encode(self._artifacts)

    def read(self) -> tuple[Artifact, ...]:
        """The files, which are not kept: all of a page take ten times what is stored. Raises :class:`NetworkError`."""
        if self._artifacts is not None:
            return self._artifacts
        try:
            return msgspec.msgpack.decode(self._stored, type=tuple[Artifact, ...])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = f"the page that the cache holds is damaged: {error}"
            raise NetworkError(
                what, remedy="Empty the cache: `assay cache prune --all`, or delete its folder `pages`."
            ) from error


class ProjectPage:
    """One project's page on one index (Simple API). ``index`` is the index URL without credentials.

    ``status`` is the PEP 792 status (``active``, ``archived``, ``quarantined``, ``deprecated``), where given.
    ``releases`` are the files by version: the versions that PEP 440 can read, newest first, then the others by text.
    ``order`` is the number of the release that each file belongs to, in the index's order of files.
    """

    def __init__(
        self,
        name: NormalizedName,
        index: str,
        artifacts: Iterable[Artifact] = (),
        versions: tuple[str, ...] = (),
        status: str | NotKnown = NotKnown("the index does not say"),  # noqa: B008 (a frozen value)
        status_reason: str = "",
        *,
        releases: tuple[VersionFiles, ...] | None = None,
        order: tuple[int, ...] = (),
    ) -> None:
        self.name = name
        self.index = index
        self.versions = versions
        self.status = status
        self.status_reason = status_reason
        if releases is None:
            releases, order = _by_version(artifacts)
        self.releases = releases
        self.order = order

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """Every file, in the index's order; by release where the order that is kept is none of these files."""
        files = [one.read() for one in self.releases]
        if sorted(self.order) != [number for number, one in enumerate(files) for _ in one]:
            return tuple(chain.from_iterable(files))
        left = [iter(one) for one in files]
        return tuple(next(left[number]) for number in self.order)

    def packed(self) -> ProjectPage:
        """The same page with its files as they are stored."""
        return ProjectPage(
            self.name,
            self.index,
            versions=self.versions,
            status=self.status,
            status_reason=self.status_reason,
            releases=tuple(VersionFiles(one.version, stored=one.stored) for one in self.releases),
            order=self.order,
        )

    def of_version(self, version: str) -> tuple[Artifact, ...]:
        """The files of that version (PEP 440 equality; legacy versions by text), in the index's order."""
        from scanner.model.versions import same_version

        # Most ask for a version as the index spells it, and to parse thousands of others takes long.
        found = next((one for one in self.releases if one.version == version), None)
        if found is None:
            found = next((one for one in self.releases if same_version(one.version, version)), None)
        return found.artifacts if found else ()


def _by_version(artifacts: Iterable[Artifact]) -> tuple[tuple[VersionFiles, ...], tuple[int, ...]]:
    """Files by version. ``1.0`` and ``1.0.0`` are one, called as the first of its files calls it."""
    from packaging.version import Version

    from scanner.model.versions import parse_version

    readable: dict[Version, list[Artifact]] = {}
    legacy: dict[str, list[Artifact]] = {}
    keys: list[Version | str] = []
    for artifact in artifacts:
        version = parse_version(artifact.version)
        keys.append(artifact.version if version is None else version)
        if version is None:
            legacy.setdefault(artifact.version, []).append(artifact)
        else:
            readable.setdefault(version, []).append(artifact)
    newest_first: list[Version | str] = [*sorted(readable, reverse=True), *sorted(legacy)]
    number = {key: position for position, key in enumerate(newest_first)}
    groups = [readable[key] if isinstance(key, Version) else legacy[key] for key in newest_first]
    return tuple(VersionFiles(one[0].version, tuple(one)) for one in groups), tuple(number[key] for key in keys)


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
