"""The least upgrade that ends all advisories of a package, who in the graph stands in its way, and who must move."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from scanner.advisories.match import Matcher, fixed_versions
from scanner.model.advisory import Advisory
from scanner.model.environment import TargetEnvironment
from scanner.model.graph import DependencyGraph, Node, Root
from scanner.model.names import canonicalize_name
from scanner.model.package import Package
from scanner.model.versions import parse_version
from scanner.resolver.markers import applies

Requires = Callable[[Package], Sequence[str] | None]
"""What a package says that it needs (PEP 508 texts), or ``None`` where that is not known."""


class Obstacle(msgspec.Struct, frozen=True):
    """Somebody whose requirement does not allow the upgrade.

    ``movers`` are the direct dependencies of the project that bring it in: one of them must move first. Empty where
    the project itself is who stands in the way.
    """

    who: Node
    requirement: str
    movers: tuple[Package, ...] = ()


class Upgrade(msgspec.Struct, frozen=True):
    """``version`` is free of every advisory in the database; ``published`` says whether the index lists it.

    ``unclear`` are dependents of whom it is not known which versions they allow.
    """

    version: str
    published: bool
    obstacles: tuple[Obstacle, ...]
    unclear: tuple[Package, ...] = ()


def least_upgrade(
    package: Package,
    advisories: Sequence[Advisory],
    published: Iterable[str],
    graph: DependencyGraph,
    requires: Requires = lambda _: None,
    target: TargetEnvironment | None = None,
) -> Upgrade | None:
    """The least version above the package's that no advisory affects; ``None`` where none is known.

    ``advisories`` are all that the database has for the name: an upgrade into another vulnerability is none. What a
    dependent asks for under a marker counts where the marker holds on the ``target`` (without one: always), with the
    extras that the graph's edges come from.
    """
    current = parse_version(package.version)
    if current is None:
        return None
    listed = set(published)
    named = {text for one in advisories for text in fixed_versions(one, package.name, package.version)}
    parsed = {text: found for text in (listed or named) if (found := parse_version(text)) is not None}
    above = sorted((text for text, found in parsed.items() if found > current), key=lambda text: parsed[text])
    stable = [text for text in above if not parsed[text].is_prerelease or current.is_prerelease]
    matcher = Matcher(package.name, advisories)
    for text in stable:
        if not any(matcher.answers(text)):
            obstacles, unclear = _in_the_way(package, text, graph, requires, target)
            return Upgrade(text, bool(listed), obstacles, unclear)
    return None


def _in_the_way(
    package: Package, version: str, graph: DependencyGraph, requires: Requires, target: TargetEnvironment | None
) -> tuple[tuple[Obstacle, ...], tuple[Package, ...]]:
    obstacles: list[Obstacle] = []
    unclear: list[Package] = []
    for node in graph.dependents(package) if package in graph else ():
        edges = graph.edges(node, package)
        texts = [edge.requirement for edge in edges]
        known = [(text, found) for text in texts if (found := _specifier(text)) is not None and str(found)]
        if not known and isinstance(node, Package):
            # A lock's edge often is a bare name; what the package itself asks for is in its metadata.
            stated = requires(node)
            if stated is None:
                unclear.append(node)
                continue
            extras = sorted({edge.extra for edge in edges if edge.extra})
            known = [
                (text, found)
                for text in stated
                if _asks_for(text, package, target, extras) and (found := _specifier(text)) is not None
            ]
        for text, specifier in known:
            if isinstance(node, Root) and all(one.operator in ("==", "===") for one in specifier):
                continue  # The project's own pin is the line to change, and stands in nobody's way.
            if not specifier.contains(version, prereleases=True):
                obstacles.append(Obstacle(node, text, _movers(node, graph)))
    return tuple(obstacles), tuple(unclear)


def _movers(node: Node, graph: DependencyGraph) -> tuple[Package, ...]:
    """The direct dependencies of the project that are the node or bring it in."""
    if isinstance(node, Root):
        return ()
    return tuple(one for one in graph.packages if graph.is_direct(one) and node in graph.reachable([one]))


def _asks_for(text: str, package: Package, target: TargetEnvironment | None, extras: Sequence[str]) -> bool:
    try:
        found = Requirement(text)
    except InvalidRequirement:
        return False
    if canonicalize_name(found.name) != package.name:
        return False
    return target is None or found.marker is None or applies(str(found.marker), target, extras)


def _specifier(text: str) -> SpecifierSet | None:
    """The specifier of a requirement text; ``None`` where it has none that can be read (a lock's bare edge)."""
    try:
        return Requirement(text.partition(";")[0]).specifier
    except InvalidRequirement:
        return None
