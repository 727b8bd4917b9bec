"""From what the pipeline gathered to the report's inventory: one row a package, the graph as indexes, the inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from scanner.checks.subject import Subject
from scanner.index.archive import open_archive
from scanner.model.capability import Capability
from scanner.model.faults import attempt
from scanner.model.graph import DependencyGraph, Node, Root
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import CoreMetadata, FetchedArtifact
from scanner.model.report import Graph, GraphEdge, GraphNode, InputFile, PackageEntry

UNLICENSED = NotKnown("its metadata names no licence")


def input_files(subject: Subject) -> tuple[InputFile, ...]:
    """The dependency files that were read, by path."""
    return tuple(
        InputFile(
            path=one.path,
            kind=one.kind,
            sha256=one.sha256,
            packages=len(one.locked),
            requirements=sum(len(group.requirements) for group in one.groups),
        )
        for one in sorted(subject.files, key=lambda one: one.path)
    )


def package_entries(
    subject: Subject,
    capabilities: Mapping[Package, tuple[Capability, ...]],
    attestation: Callable[[Package], str | NotKnown],
) -> tuple[PackageEntry, ...]:
    """One row for each package of the graph, sorted."""
    reached: dict[Package, list[str]] = {}
    for root in subject.graph.roots:
        for package in subject.graph.reachable([root]):
            reached.setdefault(package, []).append(str(root))
    return tuple(
        msgspec.structs.replace(
            entry(subject, package, tuple(sorted(set(reached.get(package, ())))), capabilities.get(package, ())),
            attestation=attestation(package),
        )
        for package in subject.graph.packages
    )


def entry(
    subject: Subject, package: Package, roots: tuple[str, ...], capabilities: tuple[Capability, ...]
) -> PackageEntry:
    release, fetched = subject.releases.get(package), subject.fetched.get(package)
    unseen = NotKnown("the index was not asked")
    chosen = release.chosen if release else unseen
    metadata = release.metadata if release else unseen
    if fetched:
        chosen = fetched.artifact
    return PackageEntry(
        name=package.name,
        version=package.version,
        purl=package.purl,
        source=package.source,
        direct=subject.graph.is_direct(package),
        paths_from=roots,
        licence=licence(metadata),
        artifact=chosen if isinstance(chosen, NotKnown) else chosen.filename,
        sha256=fetched.sha256 if fetched else (fetched if isinstance(fetched, NotKnown) else unseen),
        size=fetched.size if fetched else (chosen if isinstance(chosen, NotKnown) else chosen.size),
        upload_time=chosen if isinstance(chosen, NotKnown) else chosen.upload_time,
        capabilities=tuple(sorted(capabilities)),
        summary="" if isinstance(metadata, NotKnown) else metadata.summary,
    )


def licence(metadata: CoreMetadata | NotKnown) -> str | NotKnown:
    """The licence as the metadata states it: the SPDX expression, else classifiers, else a short free text."""
    if isinstance(metadata, NotKnown):
        return metadata
    if metadata.license_expression:
        return metadata.license_expression
    prefix = "License :: "
    classifiers = [one.rpartition(" :: ")[2] for one in metadata.classifiers if one.startswith(prefix)]
    if classifiers:
        return "; ".join(sorted(set(classifiers)))
    first_line = metadata.license.strip().partition("\n")[0].strip()
    return first_line[:80] if first_line else UNLICENSED


def report_graph(graph: DependencyGraph) -> Graph:
    """The graph as sorted nodes and edges between their indexes."""
    nodes: tuple[Node, ...] = (*graph.roots, *graph.packages)
    index = {node: number for number, node in enumerate(nodes)}
    return Graph(
        nodes=tuple(graph_node(node) for node in nodes),
        edges=tuple(GraphEdge(index[parent], index[child], edge) for parent, child, edge in graph.all_edges()),
    )


def graph_node(node: Node) -> GraphNode:
    if isinstance(node, Root):
        return GraphNode(name=str(node), root=node)
    return GraphNode(name=node.name, version=node.version, purl=node.purl)


def providers(subject: Subject) -> dict[str, Package]:
    """Top-level import name → the package that installs it, from the members of the fetched wheels and sdists.

    A package that was not fetched is taken to install the name that its own name spells.
    """
    found: dict[str, Package] = {}
    for package in subject.graph.packages:
        fetched = subject.fetched.get(package)
        names = {package.name.replace("-", "_")}
        if fetched and fetched.artifact.kind == "wheel":
            listed = attempt(partial(imports_of, fetched))
            names |= frozenset() if isinstance(listed, NotKnown) else listed
        for name in sorted(names - {""}):
            found.setdefault(name, package)
    return found


def imports_of(fetched: FetchedArtifact) -> frozenset[str]:
    """The import names that a wheel installs. Raises :class:`InputError` where it is no archive."""
    with open_archive(fetched.path, fetched.artifact.filename) as archive:
        return frozenset(top_level(one.path) for one in archive.members if one.kind == "file")


def top_level(path: str) -> str:
    """The import name that a wheel's member belongs to, or the empty string for metadata and data."""
    first, _, rest = path.partition("/")
    if rest:
        return "" if "." in first or first == "__pycache__" else first
    stem, _, suffix = first.partition(".")
    return stem if suffix.endswith(("py", "so", "pyd")) and stem.isidentifier() else ""
