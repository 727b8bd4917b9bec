"""What every check is given: the whole of what the pipeline gathered, as one frozen value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec
from packaging.utils import NormalizedName

from scanner.advisories.osv_api import LiveAdvisories
from scanner.integrity.history import PastProvenance
from scanner.model.coverage import Coverage
from scanner.model.environment import TargetEnvironment
from scanner.model.finding import Category, Finding
from scanner.model.graph import DependencyGraph
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, SeenFile
from scanner.model.package import Package
from scanner.model.release import CoreMetadata, FetchedArtifact, Release

if TYPE_CHECKING:
    from scanner.checks.settings import CheckSettings


Scope = tuple[Literal["package", "project"], ...]
PROJECT = "project"
"""The subject of what a check says of the project as a whole."""


class CheckMeta(msgspec.Struct, frozen=True):
    """What a check is called, what it needs, and which controls its outcome speaks to.

    ``scope`` is what it must answer for: each package of the graph, the project as a whole, or both. The pipeline
    (``scanner.checks.run``) puts in a gap where an answer is missing.
    """

    id: str
    title: str
    needs_network: bool
    category: Category
    scope: Scope
    controls: tuple[str, ...] = ()


class Subject(msgspec.Struct, frozen=True):
    """``root`` is the audited folder (absolute). ``releases`` and ``fetched`` have one entry for each package.

    ``now`` is the run's clock (``SOURCE_DATE_EPOCH`` where set), so that ages are reproducible.
    """

    root: str
    project: str
    files: tuple[DependencyFile, ...]
    seen: tuple[SeenFile, ...]
    graph: DependencyGraph
    releases: Mapping[Package, Release]
    fetched: Mapping[Package, FetchedArtifact | NotKnown]
    target: TargetEnvironment
    settings: CheckSettings
    now: datetime
    offline: bool
    public_names: Mapping[NormalizedName, bool | NotKnown] = {}
    """Whether the public index has a project of that name; asked where a project configures a second index."""
    provenance: Mapping[Package, bytes | NotKnown | None] = {}
    """The provenance object (PEP 740) of each chosen artifact; ``None`` where the index says that it has none."""
    history: Mapping[Package, tuple[PastProvenance, ...]] = {}
    """The same for releases before this one, newest first."""
    companions: Mapping[Package, FetchedArtifact | NotKnown] = {}
    """The sdist of each package whose chosen artifact is a wheel and whose release has one."""
    earlier_metadata: Mapping[Package, tuple[str, CoreMetadata | NotKnown]] = {}
    """The version before each package's, and its metadata: to see what changed between the two."""
    known_publishers: Mapping[NormalizedName, tuple[str, ...]] = {}
    """Publisher URLs that an earlier report saw (trust on first use)."""
    live_advisories: LiveAdvisories | NotKnown | None = None
    """What the OSV API told, where the policy or the user asks for it; why not; ``None`` for the local database."""
    source_trees: Mapping[NormalizedName, str] = {}
    """Folders of source trees that the auditor named, by project."""
    published: Mapping[Package, FetchedArtifact | NotKnown] = {}
    """What an index publishes of a version-controlled dependency whose source tree is at hand."""
    freshness: str = ""
    """Why the advisory database could not be brought up to date before this run, as a sentence; empty where it was."""


Outcome = Finding | Coverage
Run = Callable[[Subject], Iterator[Outcome]]


class Check(msgspec.Struct, frozen=True):
    """A check as the explicit list in ``checks/__init__.py`` holds it."""

    meta: CheckMeta
    run: Run
