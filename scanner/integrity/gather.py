"""Gathers, before the checks run, what they need from the index beyond the chosen artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import msgspec
from packaging.utils import NormalizedName

from scanner.index.client import IndexClient
from scanner.index.errors import NotFoundError
from scanner.index.fetching import because, gather
from scanner.integrity.history import PastProvenance, earlier_artifacts
from scanner.integrity.pins import pins_of
from scanner.model.artifact import Artifact
from scanner.model.errors import AssayError
from scanner.model.faults import attempt
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile
from scanner.model.package import Package
from scanner.model.progress import Advance
from scanner.model.release import CoreMetadata, FetchedArtifact, Release
from scanner.model.report import Report

MAX_COMPANION_BYTES = 64 * 1024 * 1024
MAX_NAMES = 400
ADDS_AN_INDEX = ("extra-index-url", "index", "source", "find-links")


class Provenances(msgspec.Struct, frozen=True):
    """``current`` belongs to ``Subject.provenance``, ``history`` to ``Subject.history``."""

    current: Mapping[Package, bytes | NotKnown | None]
    history: Mapping[Package, tuple[PastProvenance, ...]]


def gather_provenance(
    client: IndexClient, releases: Mapping[Package, Release], progress: Advance = lambda done, total: None
) -> Provenances:
    """The provenance of each chosen artifact, and of one file of each of the releases before it.

    Nothing is asked for a file whose listing says that it has none, or does not say: the answer is that already.
    Earlier releases are asked only where the index says of this release whether it has one.
    """

    def of(artifact: Artifact) -> bytes | NotKnown | None:
        try:
            return client.provenance(artifact)
        except AssayError as error:
            return because(error)

    def current(package: Package) -> bytes | NotKnown | None:
        chosen = releases[package].chosen
        return chosen if isinstance(chosen, NotKnown) else of(chosen)

    def history(package: Package) -> tuple[PastProvenance, ...]:
        release = releases[package]
        page, chosen = release.page, release.chosen
        if isinstance(page, NotKnown) or isinstance(chosen, NotKnown) or isinstance(chosen.provenance, NotKnown):
            return ()
        earlier = earlier_artifacts(package, page, chosen)
        return tuple(PastProvenance(version, artifact, of(artifact)) for version, artifact in earlier)

    packages = sorted(package for package in releases if package.source.kind == "index")

    def both(package: Package) -> tuple[bytes | NotKnown | None, tuple[PastProvenance, ...]]:
        return current(package), history(package)

    found = gather(packages, both, progress)
    return Provenances(
        {package: one if isinstance(one, NotKnown) else one[0] for package, one in found.items()},
        {package: () if isinstance(one, NotKnown) else one[1] for package, one in found.items()},
    )


def companion_of(release: Release) -> Artifact | NotKnown | None:
    """The sdist to hold a chosen wheel against: ``None`` where the release has none or the sdist itself is chosen."""
    if isinstance(release.artifacts, NotKnown):
        return release.artifacts
    if isinstance(release.chosen, NotKnown):
        return release.chosen
    if release.chosen.kind != "wheel":
        return None
    sdists = sorted((one for one in release.artifacts if one.kind == "sdist"), key=lambda one: one.filename)
    plain = [one for one in sdists if one.filename.endswith(".tar.gz")]
    best = plain or sdists
    return best[0] if best else None


def gather_companions(
    client: IndexClient,
    releases: Mapping[Package, Release],
    progress: Advance = lambda done, total: None,
    max_bytes: int = MAX_COMPANION_BYTES,
) -> dict[Package, FetchedArtifact | NotKnown]:
    """The sdists that wheels are held against; packages without one are left out. Large ones are not fetched."""

    def fetch(package: Package) -> FetchedArtifact | NotKnown:
        artifact = companion_of(releases[package])
        if isinstance(artifact, NotKnown):
            return artifact
        if artifact is None:
            return NotKnown("the release has no sdist")
        if isinstance(artifact.size, int) and artifact.size > max_bytes:
            return NotKnown(f"its sdist has {artifact.size} bytes, more than the {max_bytes} that are fetched")
        return client.fetch(artifact)

    packages = sorted(
        package
        for package, release in releases.items()
        if package.source.kind == "index" and attempt(partial(companion_of, release)) is not None
    )
    return gather(packages, fetch, progress)


def gather_earlier_metadata(
    client: IndexClient, releases: Mapping[Package, Release], progress: Advance = lambda done, total: None
) -> dict[Package, tuple[str, CoreMetadata | NotKnown]]:
    """The version before each package's and its metadata, where that is a wheel: a small request each (PEP 658)."""

    def read(package: Package) -> tuple[str, CoreMetadata | NotKnown]:
        version, artifact = before[package]
        try:
            return version, client.metadata(artifact)
        except AssayError as error:
            return version, because(error)

    before: dict[Package, tuple[str, Artifact]] = {}
    for package, release in sorted(releases.items()):
        if package.source.kind == "index" and not isinstance(release.page, NotKnown):
            chosen = release.chosen
            if not isinstance(chosen, NotKnown) and chosen.kind == "wheel":
                listed = attempt(partial(earlier_artifacts, package, release.page, chosen))
                wheels = [one for one in listed if one[1].kind == "wheel"] if isinstance(listed, tuple) else []
                if wheels:
                    before[package] = wheels[0]
    found = gather(before, read, progress)
    return {package: one for package, one in found.items() if not isinstance(one, NotKnown)}


def gather_public_names(
    client: IndexClient, files: Iterable[DependencyFile], progress: Advance = lambda done, total: None
) -> dict[NormalizedName, bool | NotKnown]:
    """For projects that configure a second index: whether the public index has each of their unhashed names.

    Asks nothing for a project with one index. ``client`` must be one that asks the public index only.
    """
    listed = tuple(files)
    if not any(option.kind in ADDS_AN_INDEX and not option.explicit for file in listed for option in file.options):
        return {}
    names = sorted({pin.name for file in listed for pin in pins_of(file) if pin.kind == "index" and not pin.all_hashes})

    def known(name: NormalizedName) -> bool | NotKnown:
        try:
            client.project(name)
        except NotFoundError:
            return False
        return True

    return gather(names[:MAX_NAMES], known, progress)


def publishers_of(report: Report) -> dict[NormalizedName, tuple[str, ...]]:
    """The publishers that an earlier report saw, for ``Subject.known_publishers`` (trust on first use)."""
    from packaging.utils import canonicalize_name

    found: dict[NormalizedName, set[str]] = {}
    for entry in report.packages:
        if isinstance(entry.attestation, str) and "://" in entry.attestation:
            url = entry.attestation.split(",")[0].partition(" ")[2]
            found.setdefault(canonicalize_name(entry.name), set()).add(url)
    return {name: tuple(sorted(urls)) for name, urls in sorted(found.items())}
