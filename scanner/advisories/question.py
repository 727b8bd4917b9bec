"""The question of an incident, "who has this release?", put to a graph with its files, or to a saved report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from scanner.model.errors import UsageError
from scanner.model.finding import DependencyPath
from scanner.model.graph import DependencyGraph
from scanner.model.location import Location
from scanner.model.locked import DependencyFile
from scanner.model.report import Report
from scanner.model.versions import parse_version, same_version

MAX_PATHS = 4


class Question(msgspec.Struct, frozen=True):
    """A canonical name, and which versions are meant: a specifier, or one version that PEP 440 refuses (``===``)."""

    name: str
    specifier: str = ""

    def __str__(self) -> str:
        return f"{self.name}{self.specifier}"

    def means(self, version: str) -> bool:
        """Whether that version is meant. A local version is a build of its public version."""
        if not self.specifier:
            return True
        parsed = parse_version(version)
        if parsed is None or self.specifier.startswith("==="):
            return same_version(self.specifier.lstrip("="), version)
        return SpecifierSet(self.specifier).contains(parsed.public, prereleases=True)


class Sighting(msgspec.Struct, frozen=True):
    """One project or report that has it. ``certain`` is false where only an open requirement would allow it.

    ``files`` are ``file:line``; ``since`` is the commit that brought it into the lock, or the report's date;
    ``paths`` say who brings it in.
    """

    place: str
    package: str
    certain: bool
    roots: tuple[str, ...]
    files: tuple[str, ...]
    since: str
    paths: tuple[str, ...]


def parse_question(text: str) -> Question:
    """``NAME``, ``NAME==VERSION`` or ``NAME`` and any PEP 440 specifier."""
    name, separator, legacy = text.partition("==")
    try:
        found = Requirement(text)
        if found.url or found.marker or found.extras:
            raise UsageError("only a name and versions can be asked for", where=text)
        return Question(canonicalize_name(found.name), str(found.specifier))
    except ValueError as error:
        if separator and name.strip() and legacy.strip(" =") and parse_version(legacy.strip(" =")) is None:
            return Question(canonicalize_name(name.strip()), f"==={legacy.strip(' =')}")
        raise UsageError(
            f"it names no package: {text[:80]!r}", remedy="Write NAME, NAME==VERSION or 'NAME>=1,<2'."
        ) from error


def in_graph(
    question: Question,
    place: str,
    files: Sequence[DependencyFile],
    graph: DependencyGraph,
    since: Callable[[str, str], str],
) -> list[Sighting]:
    """``since`` is asked with a file and the version's text, for the commit that brought it in."""
    found: list[Sighting] = []
    for package in graph.versions_of(question.name):
        if package.version and not question.means(package.version):
            continue
        locations = sorted({*_pinned(files, package.name, package.version)})
        paths = graph.paths_to(package)
        found.append(
            Sighting(
                place,
                str(package),
                certain=bool(package.version),
                roots=tuple(sorted({path[0].name for path in paths})),
                files=tuple(str(one) for one in locations),
                since=since(locations[0].path, package.version) if locations and package.version else "",
                paths=tuple(_told(path) for path in paths[:MAX_PATHS]),
            )
        )
    pinned = {one.partition(":")[0] for sighting in found for one in sighting.files}
    for file in files:
        locks = file.path in pinned or file.is_lock
        for group in () if locks else file.groups:
            for one in group.requirements:
                if one.name == question.name and _may_meet(question, one.specifier):
                    where = str(one.location)
                    if not any(where in sighting.files for sighting in found):
                        found.append(Sighting(place, one.text or str(one.name), False, (), (where,), "", ()))
    return found


def _pinned(files: Sequence[DependencyFile], name: str, version: str) -> list[Location]:
    locked = [
        one.location
        for file in files
        for one in file.locked
        if one.package.name == name and same_version(one.package.version, version)
    ]
    required = [
        one.location
        for file in files
        for group in file.groups
        for one in group.requirements
        if one.name == name and one.specifier.startswith("==") and same_version(one.specifier.lstrip("= "), version)
    ]
    return locked + required


def _may_meet(question: Question, specifier: str) -> bool:
    """Whether a requirement may install what is asked for. It is ruled out only where one side is a single version."""
    pinned = specifier.removeprefix("===").removeprefix("==").strip()
    if specifier.startswith("==") and "," not in pinned and not pinned.endswith(".*"):
        return question.means(pinned)
    asked = question.specifier
    exact = asked.lstrip("=") if asked.startswith("==") and "," not in asked and not asked.endswith(".*") else ""
    if not exact or not specifier:
        return True
    try:
        return SpecifierSet(specifier).contains(exact, prereleases=True)
    except InvalidSpecifier:
        return True


def _told(path: DependencyPath) -> str:
    return " → ".join(f"{one.name} {one.version}".strip() for one in path)


def in_report(question: Question, place: str, report: Report) -> list[Sighting]:
    """Who has it according to a saved report: its inventory and its graph."""
    found: list[Sighting] = []
    nodes = report.graph.nodes
    parents: dict[int, list[int]] = {}
    for edge in report.graph.edges:
        parents.setdefault(edge.child, []).append(edge.parent)
    for entry in report.packages:
        if entry.name != question.name or (entry.version and not question.means(entry.version)):
            continue
        targets = [
            number for number, node in enumerate(nodes) if (node.name, node.version) == (entry.name, entry.version)
        ]
        path = _upwards(targets[0], parents) if targets else []
        start = nodes[path[0]].root if path else None
        steps = [str(nodes[one].root or f"{nodes[one].name} {nodes[one].version}".strip()) for one in path]
        found.append(
            Sighting(
                place,
                f"{entry.name}=={entry.version}" if entry.version else entry.name,
                certain=bool(entry.version),
                roots=entry.paths_from,
                files=(start.path,) if start else (),
                since=f"the report of {report.run.time}",
                paths=(" → ".join(steps),) if steps else (),
            )
        )
    return found


def _upwards(start: int, parents: dict[int, list[int]]) -> list[int]:
    """The shortest way from a root down to the node."""
    before: dict[int, int] = {start: -1}
    waiting = [start]
    for node in waiting:
        above = sorted(parents.get(node, ()))
        if not above:
            path = [node]
            while before[path[-1]] >= 0:
                path.append(before[path[-1]])
            return path
        for one in above:
            if one not in before:
                before[one] = node
                waiting.append(one)
    return [start]
