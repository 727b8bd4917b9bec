"""Everything that the checks look at, gathered before they run: artifacts, metadata, provenance, sdists, names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from packaging.utils import NormalizedName

from scanner.advisories.osv_api import DEFAULT_API, LiveAdvisories, ask_osv
from scanner.checks.settings import CheckSettings
from scanner.checks.subject import Subject
from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import DEFAULT_INDEX, IndexConfig
from scanner.index.fetching import OFFLINE, because, fetch_all, gather
from scanner.inputs.discover import Discovery
from scanner.integrity.gather import (
    gather_companions,
    gather_earlier_metadata,
    gather_provenance,
    gather_public_names,
)
from scanner.model.environment import TargetEnvironment
from scanner.model.errors import AssayError
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.progress import Progress
from scanner.model.release import FetchedArtifact
from scanner.resolver.build import Resolution
from scanner.resolver.releases import read_metadata
from scanner.resolver.select import choose


class Known(msgspec.Struct, frozen=True):
    """What a run knows before it asks anything: its clock and target, and what an earlier report tells."""

    target: TargetEnvironment
    settings: CheckSettings
    now: datetime
    freshness: str = ""
    publishers: Mapping[NormalizedName, tuple[str, ...]] = {}
    source_trees: Mapping[NormalizedName, str] = {}


def gather_subject(
    found: Discovery, resolution: Resolution, known: Known, client: IndexClient | None, progress: Progress
) -> Subject:
    """The subject, as far as it can be had. Without ``client`` nothing is asked of any network."""
    root = Path(found.root)
    subject = Subject(
        root=str(root),
        project=project_name(found, root),
        files=found.files,
        seen=found.seen,
        graph=resolution.graph,
        releases=resolution.releases,
        fetched=dict.fromkeys(resolution.graph.packages, OFFLINE),
        target=known.target,
        settings=known.settings,
        now=known.now,
        offline=client is None,
        freshness=known.freshness,
        known_publishers=known.publishers,
        source_trees=known.source_trees,
    )
    if client is None:
        live = None if known.settings.advisories.source == "local" else OFFLINE
        return msgspec.structs.replace(subject, live_advisories=live)
    with progress.stage("fetching artifacts") as advance:
        chosen = {package: release.chosen for package, release in resolution.releases.items()}
        fetched = fetch_all(client, chosen, advance)
    with progress.stage("reading metadata") as advance:
        releases = read_metadata(resolution.releases, client, advance)
    with progress.stage("fetching provenance") as advance:
        provenances = gather_provenance(client, releases, advance)
    with progress.stage("fetching sdists") as advance:
        companions = gather_companions(client, releases, advance)
    with progress.stage("reading earlier releases") as advance:
        earlier = gather_earlier_metadata(client, releases, advance)
    with progress.stage("asking for names") as advance, IndexClient(public(client.config), Cache.default()) as asked:
        names = gather_public_names(asked, found.files, advance)
    return msgspec.structs.replace(
        subject,
        releases=releases,
        fetched=fetched,
        provenance=provenances.current,
        history=provenances.history,
        companions=companions,
        earlier_metadata=earlier,
        public_names=names,
        published=gather_published(client, resolution.graph.packages, known),
        live_advisories=live_advisories(subject, progress),
    )


def gather_published(
    client: IndexClient, packages: Iterable[Package], known: Known
) -> dict[Package, FetchedArtifact | NotKnown]:
    """The index's file of the same version, for each version-controlled package whose source tree is at hand."""

    def fetch(package: Package) -> FetchedArtifact | NotKnown:
        chosen = choose(client.project(package.name).of_version(package.version), known.target)
        return chosen if isinstance(chosen, NotKnown) else client.fetch(chosen)

    wanted = [one for one in packages if one.source.kind == "vcs" and one.name in known.source_trees and one.version]
    return gather(wanted, fetch, lambda done, total: None)


def live_advisories(subject: Subject, progress: Progress) -> LiveAdvisories | NotKnown | None:
    """What the OSV API (or one compatible with it) says, where the settings name it as the source."""
    source = subject.settings.advisories.source
    if source == "local":
        return None
    names = [str(one.name) for one in subject.graph.packages if one.source.kind in ("index", "vcs", "url")]
    with progress.stage("asking for advisories") as advance:
        try:
            return ask_osv(names, subject.now, advance, DEFAULT_API if source == "osv-api" else source)
        except AssayError as error:
            return because(error)


def public(config: IndexConfig) -> IndexConfig:
    """The configuration that asks the public index alone; where none is configured, the default as its mirror."""
    if not config.urls:
        return config
    return msgspec.structs.replace(config, urls=(DEFAULT_INDEX if DEFAULT_INDEX in config.urls else config.urls[0],))


def project_name(found: Discovery, root: Path) -> str:
    """The project's name: from a manifest at its top, else from another file there, else the folder's name."""
    named = sorted(
        (file.kind not in _MANIFESTS, file.path, file.project)
        for file in found.files
        if file.project and "/" not in file.path
    )
    return named[0][2] if named else root.name


_MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py")
"""Files whose name for the project is the one that it is published under; an environment's name is not."""
