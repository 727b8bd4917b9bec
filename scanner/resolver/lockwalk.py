"""One walk through a lock that states its own edges: what some of its entries bring in on the target."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName

from scanner.inputs import uv_conflicts
from scanner.model.environment import TargetEnvironment
from scanner.model.graph import Edge, Node, Root
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, LockedDependency, LockedPackage
from scanner.model.package import Source
from scanner.model.versions import parse_version
from scanner.resolver.markers import applies, possible

MAX_VISITS = 6_000_000
"""So many edges are followed in all walks together; a lock that needs more is made to be slow."""
MAX_STEP = 200_000
"""So many entries one entry may need, over all its edges and the versions that each of them may mean."""
Link = tuple[Node, Node, Edge]


class State(msgspec.Struct, frozen=True):
    """An entry of the lock, with one of its extras or groups, or with neither for its plain dependencies."""

    locked: LockedPackage
    extra: str = ""
    group: str = ""

    @property
    def key(self) -> tuple[int, str, str]:
        """Cheap to hash: entries are told apart by identity, because their values are large."""
        return id(self.locked), self.extra, self.group


class Walked(msgspec.Struct, frozen=True):
    """What one walk met, in the order in which it did."""

    links: list[Link]
    states: list[State]


class LockWalk:
    """``conditions`` are the conflicting extras, groups and projects (uv) that an edge of the lock depends on."""

    def __init__(self, file: DependencyFile, target: TargetEnvironment) -> None:
        self.file = file
        self.target = target
        self.by_name: dict[NormalizedName, list[LockedPackage]] = {}
        for locked in file.locked:
            self.by_name.setdefault(locked.package.name, []).append(locked)
        self.conditions = frozenset(
            name for locked in file.locked for edge in edges_of(locked) for name in uv_conflicts.names_in(edge.marker)
        )
        self.visits = 0
        self._steps: dict[tuple[tuple[int, str, str], frozenset[str]], tuple[list[Link], list[State]]] = {}
        self._held: dict[tuple[str, str, frozenset[str]], bool] = {}
        self._candidates: dict[tuple[str, str, str, Source | None], list[LockedPackage]] = {}

    def from_states(self, starts: Iterable[State], active: frozenset[str]) -> Walked:
        """Every edge that is met from the given states, where the ``active`` conflicting ones are installed."""
        seen: set[tuple[int, str, str]] = set()
        walked = Walked([], [])
        waiting: deque[State] = deque()

        def meet(state: State) -> None:
            if state.key not in seen:
                seen.add(state.key)
                walked.states.append(state)
                waiting.append(state)

        for start in starts:
            meet(start)
        while waiting and self.visits <= MAX_VISITS:
            links, below = self._step(waiting.popleft(), active)
            self.visits += 1 + len(below)
            walked.links.extend(links)
            for state in below:
                meet(state)
        return walked

    def anywhere(self, starts: Iterable[LockedPackage]) -> frozenset[int]:
        """Identities of the entries that the given ones lead to, whatever the target and the extra."""
        seen: set[int] = set()
        asked: set[tuple[str, str]] = set()
        waiting = list(starts)
        while waiting:
            locked = waiting.pop()
            if id(locked) in seen:
                continue
            seen.add(id(locked))
            for edge in edges_of(locked):
                if (edge.name, edge.version) in asked:
                    continue
                asked.add((edge.name, edge.version))
                named = self.by_name.get(edge.name, [])
                waiting.extend([one for one in named if one.package.version == edge.version] or named)
        return frozenset(seen)

    def _step(self, state: State, active: frozenset[str]) -> tuple[list[Link], list[State]]:
        """The edges of one state and the states that they lead to; remembered, because many roots come by."""
        key = (state.key, active)
        if key not in self._steps:
            links: dict[Link, None] = {}
            following: list[State] = []
            parent = self.node(state)
            for dependency in edges_of(state.locked):
                if not self._is_met(dependency, state, active):
                    continue
                edge = _label(dependency, state.locked)
                meant = self._meant(dependency)
                if len(following) + len(meant) > MAX_STEP:
                    self.visits = MAX_VISITS + 1
                    break
                for child in meant:
                    for below in _below(child, dependency, state.locked):
                        node = self.node(below)
                        if node != parent:
                            links[parent, node, edge] = None
                        following.append(below)
            self._steps[key] = (list(links), following)
        return self._steps[key]

    def node(self, state: State) -> Node:
        """The node of the graph: for a project of the lock its root, for anything else the package."""
        if not state.locked.is_project:
            return state.locked.package
        kind: Literal["extra", "group", "dependencies"] = "dependencies"
        if state.extra or state.group:
            kind = "extra" if state.extra else "group"
        return Root(state.locked.package.name, self.file.path, kind, state.extra or state.group)

    def is_for_target(self, locked: LockedPackage) -> bool:
        """Whether some choice of the project's extras installs the entry on the target."""
        return possible(locked.marker, self.target)

    def _is_met(self, dependency: LockedDependency, state: State, active: frozenset[str]) -> bool:
        """Whether the state brings the edge: its extra or group is the state's own, and its marker holds."""
        if dependency.group != state.group:
            return False
        if dependency.extra != state.extra and (dependency.extra or "extra" not in dependency.marker):
            return False
        if self.conditions and dependency.extras:
            # To follow it is to install these: a lock says of such an edge that it holds where they are installed.
            asked = (uv_conflicts.name_of("extra", dependency.name, one) for one in dependency.extras)
            active = active.union(self.conditions.intersection(asked))
        return self._holds(dependency.marker, state.extra, active)

    def _holds(self, marker: str, extra: str, active: frozenset[str]) -> bool:
        if not marker:
            return True
        key = (marker, extra, active) if "extra" in marker else (marker, "", frozenset[str]())
        if key not in self._held:
            plain = uv_conflicts.decided(marker, active)
            self._held[key] = applies(plain, self.target, [extra] if extra else [])
        return self._held[key]

    def _meant(self, edge: LockedDependency) -> Sequence[LockedPackage]:
        """The entries that an edge means: by name, by version and source where the lock forks, by marker."""
        key = (edge.name, edge.version, edge.specifier, edge.source)
        if key not in self._candidates:
            named = self.by_name.get(edge.name, [])
            if edge.version:
                named = [one for one in named if one.package.version == edge.version] or named
            if edge.source is not None and len(named) > 1:
                named = [one for one in named if one.package.source == edge.source] or named
            fitting = [one for one in named if self.is_for_target(one)]
            if len(fitting) > 1 and edge.specifier:
                fitting = [one for one in fitting if satisfies(one.package.version, edge.specifier)] or fitting
            self._candidates[key] = fitting
        return self._candidates[key]


def edges_of(locked: LockedPackage) -> tuple[LockedDependency, ...]:
    """The edges that the lock states for the entry; none where it does not state any."""
    return () if isinstance(locked.dependencies, NotKnown) else locked.dependencies


def _below(child: LockedPackage, edge: LockedDependency, parent: LockedPackage) -> Iterator[State]:
    """An edge with extras means the plain dependencies too; but one from a project to its own extras means these."""
    if child is not parent or not child.is_project:
        yield State(child)
    for extra in edge.extras:
        yield State(child, extra)


def _label(edge: LockedDependency, source: LockedPackage) -> Edge:
    wanted = f"[{','.join(edge.extras)}]" if edge.extras else ""
    text = f"{edge.name}{wanted}{edge.specifier if edge.specifier not in ('', '*') else ''}"
    return Edge(text, uv_conflicts.readable(edge.marker), edge.extra, source.location)


def satisfies(version: str, specifier: str) -> bool:
    """True where a locked version meets a specifier; what cannot be compared (``^1.2``, legacy) is let through."""
    parsed = parse_version(version)
    if not specifier or specifier == "*" or parsed is None:
        return True
    try:
        return SpecifierSet(specifier).contains(parsed, prereleases=True)
    except InvalidSpecifier:
        return True
