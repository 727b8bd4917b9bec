"""The dependency graph: packages and roots, joined by the requirements that bring each in. Cycles are allowed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec
import networkx as nx

from scanner.model.finding import DependencyPath, PathStep
from scanner.model.location import Location
from scanner.model.package import Package


class Root(msgspec.Struct, frozen=True, order=True):
    """Where the graph starts: one group of requirements of one project, in one dependency file.

    ``project`` is the project's name or, without one, its folder; ``kind`` and ``group`` as in ``RequirementGroup``.
    """

    project: str
    path: str
    kind: Literal["dependencies", "extra", "group", "build", "constraint", "undeclared"] = "dependencies"
    group: str = ""

    def __str__(self) -> str:
        suffix = ""
        if self.kind == "extra":
            suffix = f"[{self.group}]"
        elif self.kind != "dependencies":
            suffix = f" ({self.kind} {self.group})".replace(" )", ")")
        return f"{self.project}{suffix}"


class Edge(msgspec.Struct, frozen=True, order=True):
    """Why one node needs another: the requirement as written, its marker, the extra that brings it, and the place."""

    requirement: str
    marker: str = ""
    extra: str = ""
    location: Location = Location("")


Node = Root | Package
MAX_PATHS_PER_ROOT = 8
MAX_PATHS = 32


class DependencyGraph:
    """Read-only view over a ``networkx.DiGraph`` whose nodes are :class:`Root` and :class:`Package`.

    Every order that leaves this class is sorted, so that reports are the same bytes for the same input.
    """

    def __init__(self, digraph: nx.DiGraph[Any]) -> None:
        self._graph = digraph
        self.roots: tuple[Root, ...] = tuple(sorted(node for node in digraph if isinstance(node, Root)))
        self.packages: tuple[Package, ...] = tuple(sorted(node for node in digraph if isinstance(node, Package)))
        self._by_name: dict[str, tuple[Package, ...]] = {}
        for package in self.packages:
            self._by_name[package.name] = (*self._by_name.get(package.name, ()), package)

    def __contains__(self, node: Node) -> bool:
        return node in self._graph

    def __len__(self) -> int:
        return len(self.packages)

    def dependencies(self, node: Node) -> tuple[Package, ...]:
        """What the node needs, directly."""
        return tuple(sorted(self._graph.successors(node)))

    def dependents(self, package: Package) -> tuple[Node, ...]:
        """Who needs the package, directly: roots first."""
        found = list(self._graph.predecessors(package))
        roots = sorted(node for node in found if isinstance(node, Root))
        return (*roots, *sorted(node for node in found if isinstance(node, Package)))

    def edges(self, parent: Node, child: Package) -> tuple[Edge, ...]:
        """All requirements of the parent that the child meets."""
        return tuple(sorted(self._graph.edges[parent, child]["edges"]))

    def all_edges(self) -> Iterator[tuple[Node, Package, Edge]]:
        """Every edge, roots first, sorted."""
        nodes: tuple[Node, ...] = (*self.roots, *self.packages)
        for node in nodes:
            for child in self.dependencies(node):
                for edge in self.edges(node, child):
                    yield node, child, edge

    def is_direct(self, package: Package) -> bool:
        """True where a root asks for the package itself."""
        return any(isinstance(node, Root) for node in self._graph.predecessors(package))

    def versions_of(self, name: str) -> tuple[Package, ...]:
        return self._by_name.get(name, ())

    def reachable(self, nodes: Iterable[Node]) -> frozenset[Package]:
        """Every package that the nodes bring in, directly or not (and those of the nodes that are packages)."""
        seen: set[Node] = set()
        waiting: list[Node] = [node for node in nodes if node in self._graph]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting.extend(self._graph.successors(node))
        return frozenset(node for node in seen if isinstance(node, Package))

    def paths_to(self, package: Package) -> tuple[DependencyPath, ...]:
        """All shortest paths from each root that reaches the package, bounded, shortest first and then sorted.

        A breadth-first search backwards from the package gives every node its distance; each root then walks downhill.
        """
        if package not in self._graph:
            return ()
        distance: dict[Node, int] = {package: 0}
        waiting: deque[Node] = deque([package])
        while waiting:
            node = waiting.popleft()
            for parent in self._graph.predecessors(node):
                if parent not in distance:
                    distance[parent] = distance[node] + 1
                    waiting.append(parent)
        paths: list[DependencyPath] = []
        for root in sorted((node for node in distance if isinstance(node, Root)), key=lambda one: (distance[one], one)):
            paths.extend(self._downhill(root, package, distance))
            if len(paths) >= MAX_PATHS:
                break
        return tuple(paths[:MAX_PATHS])

    def _downhill(self, root: Root, package: Package, distance: dict[Node, int]) -> list[DependencyPath]:
        found: list[DependencyPath] = []
        start = PathStep(name=str(root), location=Location(root.path))
        waiting: list[tuple[Node, DependencyPath]] = [(root, (start,))]
        while waiting and len(found) < MAX_PATHS_PER_ROOT:
            node, so_far = waiting.pop()
            if node == package:
                found.append(so_far)
                continue
            nearer = [one for one in self.dependencies(node) if distance.get(one, -1) == distance[node] - 1]
            for child in reversed(nearer):
                edge = self.edges(node, child)[0]
                step = PathStep(child.name, child.version, edge.requirement, edge.location)
                waiting.append((child, (*so_far, step)))
        return found

    def cycles(self) -> tuple[tuple[Package, ...], ...]:
        """The strongly connected components of more than one package, sorted."""
        components = nx.strongly_connected_components(self._graph)
        return tuple(sorted(tuple(sorted(one)) for one in components if len(one) > 1))


class GraphBuilder:
    """Collects nodes and edges; :meth:`build` gives the finished graph."""

    def __init__(self) -> None:
        self._graph: nx.DiGraph[Any] = nx.DiGraph()

    def add(self, node: Node) -> None:
        self._graph.add_node(node)

    def connect(self, parent: Node, child: Package, edge: Edge) -> None:
        if self._graph.has_edge(parent, child):
            self._graph.edges[parent, child]["edges"].add(edge)
        else:
            self._graph.add_edge(parent, child, edges={edge})

    def build(self) -> DependencyGraph:
        return DependencyGraph(self._graph.copy())
