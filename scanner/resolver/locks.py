"""The graph of a lock that states its own edges: what its roots reach on the target, by extra, group and marker."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName

from scanner.model.coverage import Coverage
from scanner.model.environment import TargetEnvironment
from scanner.model.graph import Edge, GraphBuilder, Node, Root
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, LockedDependency, LockedPackage
from scanner.model.requirement import Requirement
from scanner.model.versions import parse_version
from scanner.resolver.markers import applies

CHECK = "resolution"
State = tuple[LockedPackage, frozenset[str]]


class LockGraph:
    """Walks one lock from its roots and adds what it reaches to the builder."""

    def __init__(self, file: DependencyFile, target: TargetEnvironment, builder: GraphBuilder) -> None:
        self.file = file
        self.target = target
        self.builder = builder
        self.by_name: dict[NormalizedName, list[LockedPackage]] = {}
        for locked in file.locked:
            self.by_name.setdefault(locked.package.name, []).append(locked)
        self.reached: dict[LockedPackage, set[str]] = {}

    def add(self, manifest: DependencyFile | None) -> Iterator[Coverage]:
        """Add every root of the lock; gives a coverage for each locked package that the target does not install."""
        own = [one for one in self.file.locked if one.is_project]
        queue: deque[State] = deque()
        if own:
            for project in own:
                self._project_roots(project, queue)
        elif manifest is not None:
            self._manifest_roots(manifest, queue)
        else:
            self._sourceless_roots(queue)
        self._walk(queue)
        for locked in self.file.locked:
            if locked not in self.reached and not locked.is_project:
                yield Coverage(CHECK, str(locked.package), "not-applicable", self._why_not(locked))

    def _project_roots(self, project: LockedPackage, queue: deque[State]) -> None:
        """Roots from the lock's own entry of a project (uv): dependencies, each extra, each group."""
        edges = project.dependencies
        for edge in () if isinstance(edges, NotKnown) else edges:
            kind, group = ("extra", edge.extra) if edge.extra else ("group", edge.group) if edge.group else ("", "")
            root = Root(project.package.name, self.file.path, kind or "dependencies", group)  # type: ignore[arg-type]
            self.builder.add(root)
            if applies(edge.marker, self.target, [edge.extra] if edge.extra else []):
                self._follow(root, edge, project, queue)

    def _manifest_roots(self, manifest: DependencyFile, queue: deque[State]) -> None:
        """Roots from the manifest beside a lock that has no entry for its project (poetry, pylock)."""
        name = manifest.project or self.file.path
        for group in manifest.groups:
            if group.kind in ("build", "constraint"):
                continue
            root = Root(name, manifest.path, group.kind, group.name)
            self.builder.add(root)
            for requirement in group.requirements:
                if applies(requirement.marker, self.target):
                    self._follow_requirement(root, requirement, queue)
        self._sourceless_roots(queue, only_unreached=True)

    def _sourceless_roots(self, queue: deque[State], *, only_unreached: bool = False) -> None:
        """Without a manifest, what nothing else in the lock needs is asked for by the project itself."""
        needed = {
            edge.name
            for one in self.file.locked
            if not isinstance(one.dependencies, NotKnown)
            for edge in one.dependencies
            if edge.name != one.package.name
        }
        if only_unreached:
            self._walk(queue)
            needed = set()
        root = Root(self.file.project or self.file.path, self.file.path)
        for locked in self.file.locked:
            if locked in self.reached or locked.package.name in needed:
                continue
            if self._is_for_target(locked):
                self._connect(root, locked, Edge(str(locked.package), locked.marker, location=locked.location))
                queue.append((locked, frozenset()))

    def _walk(self, queue: deque[State]) -> None:
        seen: set[tuple[int, frozenset[str]]] = set()
        while queue:
            locked, extras = queue.popleft()
            if (id(locked), extras) in seen:
                continue
            seen.add((id(locked), extras))
            self.reached.setdefault(locked, set()).update(extras)
            if isinstance(locked.dependencies, NotKnown):
                continue
            for edge in locked.dependencies:
                if edge.group or (edge.extra and edge.extra not in extras):
                    continue
                if applies(edge.marker, self.target, extras):
                    parent: Node = locked.package
                    if locked.is_project:
                        parent = Root(locked.package.name, self.file.path)
                    self._follow(parent, edge, locked, queue)

    def _follow(self, parent: Node, edge: LockedDependency, source: LockedPackage, queue: deque[State]) -> None:
        wanted = f"[{','.join(edge.extras)}]" if edge.extras else ""
        text = f"{edge.name}{wanted}{edge.specifier if edge.specifier not in ('', '*') else ''}"
        for child in self._candidates(edge):
            label = Edge(text, edge.marker, edge.extra, source.location)
            if child.is_project:
                # A workspace member is a root of its own; it is no package of an index.
                if child is not source or edge.extras:
                    queue.append((child, frozenset(edge.extras)))
                continue
            self._connect(parent, child, label)
            queue.append((child, frozenset(edge.extras)))

    def _follow_requirement(self, root: Root, requirement: Requirement, queue: deque[State]) -> None:
        for child in self.by_name.get(requirement.name, ()):
            if self._is_for_target(child) and satisfies(child.package.version, requirement.specifier):
                self._connect(root, child, Edge(requirement.text, requirement.marker, location=requirement.location))
                queue.append((child, frozenset(requirement.extras)))

    def _candidates(self, edge: LockedDependency) -> list[LockedPackage]:
        """The locked packages that an edge means: by name, by version where the lock forks, by marker and specifier."""
        named = self.by_name.get(edge.name, [])
        if edge.version:
            exact = [one for one in named if one.package.version == edge.version]
            named = exact or named
        fitting = [one for one in named if self._is_for_target(one)]
        if len(fitting) > 1 and edge.specifier:
            fitting = [one for one in fitting if satisfies(one.package.version, edge.specifier)] or fitting
        return fitting

    def _is_for_target(self, locked: LockedPackage) -> bool:
        return applies(locked.marker, self.target)

    def _connect(self, parent: Node, child: LockedPackage, edge: Edge) -> None:
        self.builder.connect(parent, child.package, edge)

    def _why_not(self, locked: LockedPackage) -> str:
        where = f"CPython {self.target.python_version} on {self.target.platform}"
        if locked.marker:
            return f"{self.file.path} installs it only where {Marker(locked.marker)}; the target is {where}"
        return f"nothing that {self.file.path} installs on the target ({where}) needs it"


def satisfies(version: str, specifier: str) -> bool:
    """True where a locked version meets a specifier; what cannot be compared (``^1.2``, legacy) is let through."""
    parsed = parse_version(version)
    if not specifier or specifier == "*" or parsed is None:
        return True
    try:
        return SpecifierSet(specifier).contains(parsed, prereleases=True)
    except InvalidSpecifier:
        return True


def project_packages(files: Iterable[DependencyFile]) -> frozenset[NormalizedName]:
    """Names of the projects that the files themselves describe: they are roots, not dependencies."""
    from packaging.utils import canonicalize_name

    return frozenset(canonicalize_name(one.project) for one in files if one.project)
