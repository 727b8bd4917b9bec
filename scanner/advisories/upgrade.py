"""The least upgrade that ends all advisories of a package, and who in the graph stands in its way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from scanner.advisories.match import affects, fixed_versions
from scanner.model.advisory import Advisory
from scanner.model.graph import DependencyGraph, Node
from scanner.model.package import Package
from scanner.model.versions import parse_version


class Obstacle(msgspec.Struct, frozen=True):
    """Somebody whose requirement does not allow the upgrade."""

    who: Node
    requirement: str


class Upgrade(msgspec.Struct, frozen=True):
    """``version`` is free of every advisory in the database; ``published`` says whether the index lists it."""

    version: str
    published: bool
    obstacles: tuple[Obstacle, ...]


def least_upgrade(
    package: Package, advisories: Sequence[Advisory], published: Iterable[str], graph: DependencyGraph
) -> Upgrade | None:
    """The least version above the package's that no advisory affects; ``None`` where none is known.

    ``advisories`` are all that the database has for the name: an upgrade into another vulnerability is none.
    """
    current = parse_version(package.version)
    if current is None:
        return None
    listed = set(published)
    named = {text for one in advisories for text in fixed_versions(one, package.name, package.version)}
    parsed = {text: found for text in (listed or named) if (found := parse_version(text)) is not None}
    above = sorted((text for text, found in parsed.items() if found > current), key=lambda text: parsed[text])
    stable = [text for text in above if not parsed[text].is_prerelease or current.is_prerelease]
    for text in stable:
        if all(affects(one, package.name, text) == "not-affected" for one in advisories):
            return Upgrade(text, bool(listed), _obstacles(package, text, graph))
    return None


def _obstacles(package: Package, version: str, graph: DependencyGraph) -> tuple[Obstacle, ...]:
    found: list[Obstacle] = []
    for node in graph.dependents(package) if package in graph else ():
        for edge in graph.edges(node, package):
            specifier = _specifier(edge.requirement)
            if specifier is not None and not specifier.contains(version, prereleases=True):
                found.append(Obstacle(node, edge.requirement))
    return tuple(found)


def _specifier(text: str) -> SpecifierSet | None:
    """The specifier of a requirement text; ``None`` where it has none that can be read (a lock's bare edge)."""
    try:
        return Requirement(text.partition(";")[0]).specifier
    except InvalidRequirement:
        return None
