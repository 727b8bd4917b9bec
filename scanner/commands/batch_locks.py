"""Which releases of a lock are known as malicious, by the advisory database of today."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def malicious_in(lock: Path) -> Iterator[str]:
    """A sentence for each release. The lock is read as an audit reads it; nothing is asked of a network.

    Raises :class:`~scanner.model.errors.InputError` for a lock that cannot be read, and where the database is damaged.
    """
    from scanner.advisories.match import match_all
    from scanner.advisories.select import select_database
    from scanner.inputs.discover import discover
    from scanner.model.errors import InputError
    from scanner.model.progress import Silent
    from scanner.resolver.build import ResolveOptions, build_graph
    from scanner.resolver.target import target_environment

    files = discover(lock).files
    with Silent().stage("") as advance:
        graph = build_graph(files, None, target_environment(), ResolveOptions(), advance).graph
    locked = {(one.package.name, one.package.version) for file in files for one in file.locked}
    locked |= {(one.name, one.version) for one in graph.packages}
    with select_database() as database:
        if database.damaged:
            raise InputError(f"the advisory database is damaged: {database.damaged}", remedy="Run: assay db update")
        for found in match_all(database, sorted(one for one in locked if one[1])):
            if found.answer == "affected" and found.advisory.malicious:
                yield f"{found.name} {found.version} ({found.advisory.id})"
