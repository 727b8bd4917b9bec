"""The graph of a lock that states its own edges: what each of its roots reaches on the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

import msgspec
from packaging.markers import Marker

from scanner.inputs import uv_conflicts
from scanner.model.coverage import OTHER_TARGETS, Coverage
from scanner.model.environment import TargetEnvironment
from scanner.model.graph import Edge, GraphBuilder, Root
from scanner.model.locked import DependencyFile, LockedPackage
from scanner.model.requirement import Requirement
from scanner.resolver.lockwalk import MAX_VISITS, Link, LockWalk, State, edges_of, satisfies
from scanner.resolver.markers import applies

CHECK = "resolution"
MAX_VISITS_ALONE = 3_000_000
"""So many edges are followed root by root; past that, the roots that are left are walked together."""


class Start(msgspec.Struct, frozen=True):
    """A root and where its walk begins: edges of its own, and the states whose edges are followed.

    ``active`` are the conflicting extras, groups and projects (uv) that are installed with it.
    """

    root: Root
    links: tuple[Link, ...] = ()
    states: tuple[State, ...] = ()
    active: frozenset[str] = frozenset()


class LockGraph:
    """Walks one lock from each of its roots and adds what it reaches to the builder, as edges under that root."""

    def __init__(self, file: DependencyFile, target: TargetEnvironment, builder: GraphBuilder) -> None:
        self.file = file
        self.target = target
        self.builder = builder
        self.walk = LockWalk(file, target)
        self.reached: set[int] = set()

    def add(self, manifest: DependencyFile | None) -> Iterator[Coverage]:
        """Add every root of the lock; gives a coverage for each locked package that the target does not install."""
        own = [one for one in self.file.locked if one.is_project]
        if own:
            self._add_all([start for project in own for start in self._project_starts(project)])
            self._add_all(list(self._unasked_start(own)))
        elif manifest is not None:
            self._add_all(list(self._manifest_starts(manifest)))
            self._add_all(list(self._sourceless_start(frozenset())))
        else:
            needed = {edge.name for one in self.file.locked for edge in edges_of(one) if edge.name != one.package.name}
            self._add_all(list(self._sourceless_start(needed)))
            # Entries that need each other, and that nothing else needs, are asked for by the project too.
            self._add_all(list(self._sourceless_start(frozenset())))
        if self.walk.visits > MAX_VISITS_ALONE:
            cut = self.walk.visits > MAX_VISITS
            what = "were not all followed" if cut else "were not all followed one by one"
            reason = f"its roots have so many edges that they {what}"
            remedy = "What one root brings in may be shown for another: audit its projects one by one."
            yield Coverage(CHECK, self.file.path, "not-checked", reason, remedy)
        for locked in self.file.locked:
            if id(locked) not in self.reached and not locked.is_project:
                yield Coverage(CHECK, str(locked.package), "not-applicable", *self._why_not(locked))

    def _project_starts(self, project: LockedPackage) -> Iterator[Start]:
        """Roots from the lock's own entry of a project (uv): its plain dependencies, each extra, each group."""
        name = project.package.name
        plain = State(project)
        itself = uv_conflicts.name_of("project", name)
        yield Start(self._root(plain), (), (plain,), frozenset({itself}))
        for extra in sorted({edge.extra for edge in edges_of(project)} - {""}):
            active = frozenset({itself, uv_conflicts.name_of("extra", name, extra)})
            yield self._with_plain(State(project, extra), active, itself)
        for group in sorted({edge.group for edge in edges_of(project)} - {""}):
            active = frozenset({itself, uv_conflicts.name_of("group", name, group)})
            yield self._with_plain(State(project, "", group), active, itself)

    def _with_plain(self, state: State, active: frozenset[str], itself: str) -> Start:
        """The start of an extra or a group. Where the plain dependencies of its project are others with it than
        without, they are walked again as a part of it: ``torch`` may be another one under the extra ``cpu``."""
        root = self._root(state)
        start = Start(root, (), (state,), active)
        if not active & self.walk.conditions:
            return start
        plain = State(state.locked)
        both = msgspec.structs.replace(start, states=(state, plain))
        without = self.walk.from_states([plain], self._activated(Start(root, (), (plain,), frozenset({itself}))))
        if set(self.walk.from_states([plain], self._activated(both)).links) == set(without.links):
            return start
        words = f"{state.locked.package.name}, which is installed with it"
        link: Link = (root, self._root(plain), Edge(words, location=state.locked.location))
        return msgspec.structs.replace(both, links=(link,))

    def _root(self, state: State) -> Root:
        node = self.walk.node(state)
        assert isinstance(node, Root)
        return node

    def _manifest_starts(self, manifest: DependencyFile) -> Iterator[Start]:
        """Roots from the manifest beside a lock that has no entry for its project (poetry, pylock)."""
        name = manifest.project or self.file.path
        for group in manifest.groups:
            if group.kind in ("build", "constraint") or (group.kind in ("extra", "group") and not group.requirements):
                continue
            root = Root(name, manifest.path, group.kind, group.name)
            links: list[Link] = []
            states: list[State] = []
            for requirement in group.requirements:
                if not applies(requirement.marker, self.target):
                    continue
                edge = Edge(requirement.text, requirement.marker, location=requirement.location)
                for child in self._asked(requirement, group.name if group.kind == "extra" else ""):
                    links.append((root, child.package, edge))
                    states.extend(State(child, extra) for extra in ("", *requirement.extras))
            yield Start(root, tuple(links), tuple(states))

    def _asked(self, requirement: Requirement, extra: str) -> list[LockedPackage]:
        """The entries that a requirement of the manifest means; where the lock forks by extra, those of this one."""
        fitting = [
            one
            for one in self.walk.by_name.get(requirement.name, ())
            if self.walk.is_for_target(one) and satisfies(one.package.version, requirement.specifier)
        ]
        return [one for one in fitting if applies(one.marker, self.target, [extra] if extra else [])] or fitting

    def _sourceless_start(self, needed: Set[str]) -> Iterator[Start]:
        """What nothing in the lock needs (of what was not reached so far) is asked for by the project itself."""
        root = Root(self.file.project or self.file.path, self.file.path)
        asked = [
            one
            for one in self.file.locked
            if id(one) not in self.reached and one.package.name not in needed and self.walk.is_for_target(one)
        ]
        links = tuple((root, one.package, Edge(str(one.package), one.marker, location=one.location)) for one in asked)
        if asked:
            yield Start(root, links, tuple(State(one) for one in asked))

    def _unasked_start(self, own: Sequence[LockedPackage]) -> Iterator[Start]:
        """Entries that no project of the lock leads to for any target: uv writes none, so somebody else did, and
        another tool may install them (``uv sync`` does not)."""
        led_to = self.walk.anywhere(own)
        asked = [one for one in self.file.locked if id(one) not in led_to and self.walk.is_for_target(one)]
        if asked:
            root = Root(own[0].package.name, self.file.path, "undeclared", "in the lock, and nothing asks for it")
            links = tuple(
                (root, one.package, Edge(str(one.package), one.marker, location=one.location)) for one in asked
            )
            yield Start(root, links, tuple(State(one) for one in asked))

    def _add_all(self, starts: Sequence[Start]) -> None:
        for number, start in enumerate(starts):
            if self.walk.visits > MAX_VISITS_ALONE:
                self._add_together(starts[number:])
                return
            self._add([start], self._activated(start), start.root)

    def _add_together(self, starts: Sequence[Start]) -> None:
        """For a lock that is made to be slow: one walk, whose edges hold under every root."""
        self._add(starts, frozenset(name for one in starts for name in one.active), None)

    def _add(self, starts: Sequence[Start], active: frozenset[str], under: Root | None) -> None:
        walked = self.walk.from_states([state for one in starts for state in one.states], active)
        for start in starts:
            self.builder.add(start.root)
        for parent, child, edge in (*(link for one in starts for link in one.links), *walked.links):
            self.builder.connect(parent, child, edge, under)
        self.reached.update(id(one.locked) for one in walked.states)

    def _activated(self, start: Start) -> frozenset[str]:
        """What is installed with the root, and the extras that its packages ask of each other: like uv, after a first
        walk. Only names that a marker of the lock depends on make a difference, so no other is kept."""
        active = start.active & self.walk.conditions
        if not self.walk.conditions:
            return active
        met = self.walk.from_states(start.states, active).states
        asked = {uv_conflicts.name_of("extra", one.locked.package.name, one.extra) for one in met if one.extra}
        return active | (asked & self.walk.conditions)

    def _why_not(self, locked: LockedPackage) -> tuple[str, str]:
        where = f"CPython {self.target.python_version} on {self.target.platform}"
        if locked.marker:
            reason = f"{self.file.path} installs it only where {Marker(locked.marker)}; the target is {where}"
        else:
            reason = f"nothing that {self.file.path} installs on the target ({where}) needs it"
        return reason, OTHER_TARGETS
