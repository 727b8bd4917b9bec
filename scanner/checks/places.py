"""Where a reader looks first for a package: the line of the project that fixes it or asks for it."""

from __future__ import annotations

from pathlib import Path

from scanner.checks.subject import Subject
from scanner.integrity.pins import pins_of
from scanner.model.location import Location
from scanner.model.package import Package
from scanner.model.versions import same_version


def is_own_folder(subject: Subject, package: Package) -> bool:
    """True for a dependency that is a folder inside the audited tree: its code is read with the project's own.

    A file (a wheel or an sdist that lies in the tree) and a folder elsewhere are not.
    """
    if package.source.kind != "path":
        return False
    root = Path(subject.root).resolve()
    place = package.source.url.removeprefix("file://").removeprefix("./") or "."
    try:
        folder = (root / place / package.source.subdirectory).resolve()
        return folder.is_relative_to(root) and folder.is_dir()
    except (OSError, ValueError, RuntimeError):
        return False


def by_name(subject: Subject) -> dict[str, tuple[Package, ...]]:
    """The packages of the graph by name: asking the graph for each pin would read it whole each time."""
    found: dict[str, list[Package]] = {}
    for node in subject.graph.packages:
        found.setdefault(node.name, []).append(node)
    return {name: tuple(nodes) for name, nodes in found.items()}


def places(subject: Subject) -> dict[Package, tuple[Location, str]]:
    """For each package of the graph: the first line that fixes it, else that names it, and that line's text.

    A package that no file names is placed at the requirement that leads to it from a root.
    """
    best: dict[Package, tuple[bool, Location, str]] = {}
    for file in subject.files:
        for pin in pins_of(file):
            for node in subject.graph.versions_of(pin.name):
                same = (
                    pin.package == node if pin.package else not pin.version or same_version(pin.version, node.version)
                )
                place = (pin.package is None and not pin.version, pin.location, pin.text)
                if same and (node not in best or place < best[node]):
                    best[node] = place
    found = {node: (location, text) for node, (_, location, text) in best.items()}
    for node in subject.graph.packages:
        if node not in found:
            paths = subject.graph.paths_to(node)
            step = paths[0][1] if paths and len(paths[0]) > 1 else None
            where = (
                step.location if step and step.location.path else Location(paths[0][0].location.path if paths else "")
            )
            found[node] = (where, step.requirement if step else str(node))
    return found
