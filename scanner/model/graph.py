"""The dependency graph: packages and roots, joined by the requirements that bring each in. Cycles are allowed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from scanner.model.finding import DependencyPath, PathStep
from scanner.model.location import Location
from scanner.model.package import Package


class Root(msgspec.Struct, frozen=True, order=True):
    """Where the graph starts: one group of requirements of one project, in one dependency file.

    ``project`` is the project's name or, without one, its folder; ``kind`` and ``group`` as in ``RequirementGroup``.
    """

    project: str
    path: str
    kind: Literal["dependencies", "extra", "group", "build", "constraint", "undeclared", "command"] = "dependencies"
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
EVERY_ROOT = -1
"""The mask of an edge that holds under every root (all bits set)."""


class Link:
    """All edges from one node to another: each with the mask of the roots under which it holds; ``mask`` joins them."""

    __slots__ = ("edges", "mask")

    def __init__(self) -> None:
        self.edges: dict[Edge, int] = {}
        self.mask = 0

    def add(self, edge: Edge, mask: int) -> None:
        self.edges[edge] = self.edges.get(edge, 0) | mask
        self.mask |= mask


Links = dict[Node, dict[Node, Link]]
"""Parent → child → what joins them. Every node is a key."""


class DependencyGraph:
    """A read-only directed graph whose nodes are :class:`Root` and :class:`Package`.

    An edge knows under which roots it holds: an extra that one root asks for brings nothing into another, and a lock
    with conflicting extras gives one package another dependency under each. A root whose project needs another project
    of the same repository has an edge to the root of that one. An extra or a group is a root of its own; where the
    plain dependencies of its project are others with it than without, it has an edge to the plain root too.

    Every order that leaves this class is sorted, so that reports are the same bytes for the same input. Algorithms that
    are more than a walk are those of ``networkx``, which is imported when one is asked for: it takes longer to import
    than most projects take to resolve.
    """

    def __init__(self, links: Mapping[Node, Mapping[Node, Link]], bits: Mapping[Root, int] | None = None) -> None:
        self._children = {parent: dict(children) for parent, children in links.items()}
        self._parents: Links = {node: {} for node in self._children}
        for parent, children in self._children.items():
            for child, link in children.items():
                self._parents[child][parent] = link
        self._bits = dict(bits or {})
        self.roots: tuple[Root, ...] = tuple(sorted(node for node in links if isinstance(node, Root)))
        self.packages: tuple[Package, ...] = tuple(sorted(node for node in links if isinstance(node, Package)))
        self._by_name: dict[str, tuple[Package, ...]] = {}
        for package in self.packages:
            self._by_name[package.name] = (*self._by_name.get(package.name, ()), package)
        self._depths: dict[Root, dict[Node, int]] = {}
        self._paths: dict[Package, tuple[DependencyPath, ...]] = {}

    def __contains__(self, node: Node) -> bool:
        return node in self._children

    def __len__(self) -> int:
        return len(self.packages)

    def dependencies(self, node: Node, under: Root | None = None) -> tuple[Node, ...]:
        """What the node needs, directly (below the root ``under``, or below any): other projects' roots first."""
        return _roots_first(self._below(node, self._mask(under)))

    def dependents(self, package: Package) -> tuple[Node, ...]:
        """Who needs the package, directly: roots first."""
        return _roots_first(self._parents[package])

    def edges(self, parent: Node, child: Node, under: Root | None = None) -> tuple[Edge, ...]:
        """All requirements of the parent that the child meets (below the root ``under``, or below any)."""
        wanted = self._mask(under)
        return tuple(sorted(edge for edge, mask in self._children[parent][child].edges.items() if mask & wanted))

    def all_edges(self) -> Iterator[tuple[Node, Node, Edge]]:
        """Every edge, roots first, sorted."""
        nodes: tuple[Node, ...] = (*self.roots, *self.packages)
        for node in nodes:
            for child in self.dependencies(node):
                for edge in self.edges(node, child):
                    yield node, child, edge

    def roots_of(self, parent: Node, child: Node, edge: Edge) -> tuple[Root, ...]:
        """The roots under which the edge holds and is reached."""
        mask = self._children[parent][child].edges.get(edge, 0)
        return tuple(root for root in self.roots if mask & self._mask(root) and parent in self._depth_under(root))

    def is_direct(self, package: Package) -> bool:
        """True where a root asks for the package itself."""
        return any(isinstance(node, Root) for node in self._parents[package])

    def versions_of(self, name: str) -> tuple[Package, ...]:
        return self._by_name.get(name, ())

    def reachable(self, nodes: Iterable[Node]) -> frozenset[Package]:
        """Every package that the nodes bring in, directly or not (and those of the nodes that are packages).

        A root brings in what holds under itself; a package, what it may bring in under any root.
        """
        seen: set[Node] = set()
        packages: list[Node] = []
        for node in nodes:
            if isinstance(node, Root) and node in self._children:
                seen.update(self._depth_under(node))
            elif node in self._children:
                packages.append(node)
        return frozenset(node for node in seen | self._walk(packages, EVERY_ROOT).keys() if isinstance(node, Package))

    def installation(self, roots: Iterable[Root]) -> frozenset[Package]:
        """What an installation of the roots together puts on the machine: with an extra or a group also the plain
        dependencies of its project, as they are when that extra or group is chosen."""
        chosen = list(roots)
        asked = {Root(one.project, one.path) for one in chosen if one.kind in ("extra", "group")}
        included = {node for one in chosen for node in self._depth_under(one)}
        return self.reachable([*chosen, *(asked - included)])

    def paths_to(self, package: Package) -> tuple[DependencyPath, ...]:
        """All shortest paths from each root that reaches the package, bounded, shortest first and then sorted."""
        if package not in self._children:
            return ()
        # A file may state one package thousands of times, and each place asks for the same paths.
        if package not in self._paths:
            self._paths[package] = self._all_shortest(package)
        return self._paths[package]

    def _all_shortest(self, package: Package) -> tuple[DependencyPath, ...]:
        reaching = [(depths[package], root) for root in self.roots if package in (depths := self._depth_under(root))]
        paths: list[DependencyPath] = []
        for _, root in sorted(reaching):
            paths.extend(self._shortest(root, package))
            if len(paths) >= MAX_PATHS:
                break
        return tuple(paths[:MAX_PATHS])

    def cycles(self) -> tuple[tuple[Package, ...], ...]:
        """The strongly connected components of more than one package, sorted."""
        import networkx as nx

        digraph: nx.DiGraph[Any] = nx.DiGraph()
        digraph.add_nodes_from(self._children)
        digraph.add_edges_from((parent, child) for parent, children in self._children.items() for child in children)
        components = nx.strongly_connected_components(digraph)
        found = (tuple(sorted(node for node in one if isinstance(node, Package))) for one in components)
        return tuple(sorted(one for one in found if len(one) > 1))

    def _mask(self, under: Root | None) -> int:
        """The bit of a root. Nothing was ever connected for a root without one: only what holds everywhere is its."""
        return EVERY_ROOT if under is None else self._bits.get(under, 1 << len(self._bits))

    def _below(self, node: Node, wanted: int) -> Iterator[Node]:
        for child, link in self._children[node].items():
            if link.mask & wanted:
                yield child

    def _walk(self, starts: Iterable[Node], wanted: int) -> dict[Node, int]:
        """Every node that is reached over edges of the mask, with its distance from the nearest start."""
        depths: dict[Node, int] = dict.fromkeys(starts, 0)
        waiting: deque[Node] = deque(depths)
        while waiting:
            node = waiting.popleft()
            for child in self._below(node, wanted):
                if child not in depths:
                    depths[child] = depths[node] + 1
                    waiting.append(child)
        return depths

    def _depth_under(self, root: Root) -> dict[Node, int]:
        if root not in self._depths:
            if root not in self._children:
                return {}
            self._depths[root] = self._walk([root], self._mask(root))
        return self._depths[root]

    def _shortest(self, root: Root, package: Package) -> list[DependencyPath]:
        """The shortest paths below one root: backwards from the package to what lies on one, then down, sorted."""
        depths, wanted = self._depth_under(root), self._mask(root)
        on_one: set[Node] = {package}
        waiting: list[Node] = [package]
        while waiting:
            node = waiting.pop()
            for parent, link in self._parents[node].items():
                if parent not in on_one and link.mask & wanted and depths.get(parent, -2) == depths[node] - 1:
                    on_one.add(parent)
                    waiting.append(parent)
        found: list[DependencyPath] = []
        start = PathStep(name=str(root), location=Location(root.path))
        unfinished: list[tuple[Node, DependencyPath]] = [(root, (start,))]
        while unfinished and len(found) < MAX_PATHS_PER_ROOT:
            node, so_far = unfinished.pop()
            if node == package:
                found.append(so_far)
                continue
            nearer = [one for one in self.dependencies(node, root) if one in on_one and depths[one] == depths[node] + 1]
            for child in reversed(nearer):
                edge = self.edges(node, child, root)[0]
                name, version = (child.name, child.version) if isinstance(child, Package) else (str(child), "")
                unfinished.append((child, (*so_far, PathStep(name, version, edge.requirement, edge.location))))
        return found


def _roots_first(nodes: Iterable[Node]) -> tuple[Node, ...]:
    found = list(nodes)
    roots = sorted(node for node in found if isinstance(node, Root))
    return (*roots, *sorted(node for node in found if isinstance(node, Package)))


class GraphBuilder:
    """Collects nodes and edges; :meth:`build` gives the finished graph."""

    def __init__(self) -> None:
        self._links: Links = {}
        self._bits: dict[Root, int] = {}

    def add(self, node: Node) -> None:
        self._links.setdefault(node, {})

    def connect(self, parent: Node, child: Node, edge: Edge, under: Root | None = None) -> None:
        """An edge that holds below the root ``under``, or below every root. The same one again widens it."""
        mask = EVERY_ROOT if under is None else self._bits.setdefault(under, 1 << len(self._bits))
        self.add(parent)
        self.add(child)
        self._links[parent].setdefault(child, Link()).add(edge, mask)

    def build(self) -> DependencyGraph:
        return DependencyGraph(self._links, self._bits)
