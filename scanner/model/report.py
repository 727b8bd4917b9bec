"""The audit's result as one value: what every renderer draws, and, encoded, what ``report.json`` holds."""

from __future__ import annotations

import msgspec

from scanner.model.advisory import DatabaseInfo
from scanner.model.capability import Capability
from scanner.model.coverage import Coverage
from scanner.model.finding import Category, Finding
from scanner.model.graph import Edge, Root
from scanner.model.known import NotKnown
from scanner.model.locked import SeenFile
from scanner.model.package import Source
from scanner.model.verdict import Decision

SCHEMA_VERSION = "1.0"


class ToolInfo(msgspec.Struct, frozen=True):
    """``command`` is the command line, credentials removed; ``rule_pack`` the SHA-256 over the shipped rules."""

    name: str
    version: str
    command: tuple[str, ...]
    rule_pack: str


class RunInfo(msgspec.Struct, frozen=True):
    """``time`` is RFC 3339 UTC (``SOURCE_DATE_EPOCH`` where set). ``network`` is ``online`` or ``offline``.

    ``uploaded_before`` is the instant that ``--exclude-newer`` means, in RFC 3339 and UTC; empty without.
    """

    project: str
    time: str
    python_version: str
    platform: str
    network: str
    indexes: tuple[str, ...]
    uploaded_before: str = ""


class PolicyInfo(msgspec.Struct, frozen=True):
    """``source`` is the policy file's path, or ``built-in``; ``fail_on`` the severity that violates the policy."""

    source: str
    sha256: str
    fail_on: str
    required_checks: tuple[str, ...]


class InputFile(msgspec.Struct, frozen=True):
    """A dependency file that was read."""

    path: str
    kind: str
    sha256: str
    packages: int
    requirements: int


class PackageEntry(msgspec.Struct, frozen=True):
    """One row of the inventory. ``size`` in bytes; ``upload_time`` RFC 3339; ``paths_from`` the roots that reach it."""

    name: str
    version: str
    purl: str
    source: Source
    direct: bool
    paths_from: tuple[str, ...]
    licence: str | NotKnown
    artifact: str | NotKnown
    sha256: str | NotKnown
    size: int | NotKnown
    upload_time: str | NotKnown
    attestation: str | NotKnown = NotKnown("attestations were not read")
    capabilities: tuple[Capability, ...] = ()
    summary: str = ""


class GraphEdge(msgspec.Struct, frozen=True):
    """``parent`` and ``child`` are indexes into :class:`Graph` nodes."""

    parent: int
    child: int
    edge: Edge


class GraphNode(msgspec.Struct, frozen=True):
    """``root`` is set for the roots; ``name`` and ``version`` for packages. ``purl`` joins a node to the inventory."""

    name: str
    version: str = ""
    purl: str = ""
    root: Root | None = None


class Graph(msgspec.Struct, frozen=True):
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


class WaivedFinding(msgspec.Struct, frozen=True):
    """A finding that a waiver of the policy covers: who accepted it, until when (ISO date), and why."""

    finding: Finding
    owner: str
    expires: str
    reason: str


class Asset(msgspec.Struct, frozen=True):
    """Something of the vendor's that an attacker would want: ``kind`` is ``curation-recipe``, ``labels``,
    ``reward-logic``, ``training-data``, ``credentials``; ``path`` the file that holds it; ``imports`` the third-party
    packages whose code runs in the same process."""

    kind: str
    path: str
    why: str
    imports: tuple[str, ...] = ()


class CheckInfo(msgspec.Struct, frozen=True):
    """A check that took part in the run, so that a reader need not know its id: what it asks, and what it speaks to."""

    id: str
    title: str
    category: Category
    controls: tuple[str, ...] = ()


class RuleInfo(msgspec.Struct, frozen=True):
    """The page of a rule that has findings in this report: what it finds, why that matters, what to do."""

    id: str
    title: str
    what: str
    why: str
    remedy: str
    references: tuple[str, ...] = ()


class Baseline(msgspec.Struct, frozen=True):
    """An earlier report that this one was held against: ids of the findings that are new and that are gone."""

    source: str
    sha256: str
    time: str
    new: tuple[str, ...]
    gone: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """Top level of ``report.json``. Everything is sorted; the same input gives the same bytes."""

    schema_version: str
    tool: ToolInfo
    verdict: Decision
    decided_by: str
    reasons: tuple[str, ...]
    run: RunInfo
    policy: PolicyInfo
    database: DatabaseInfo | NotKnown
    inputs: tuple[InputFile, ...]
    seen: tuple[SeenFile, ...]
    packages: tuple[PackageEntry, ...]
    graph: Graph
    findings: tuple[Finding, ...]
    waived: tuple[WaivedFinding, ...]
    coverage: tuple[Coverage, ...]
    assets: tuple[Asset, ...] = ()
    checks: tuple[CheckInfo, ...] = ()
    rules: tuple[RuleInfo, ...] = ()
    baseline: Baseline | None = None
