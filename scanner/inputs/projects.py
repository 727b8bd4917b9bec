"""Which lock belongs to which manifests, and where a manifest and its lock contradict each other."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Literal

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from scanner.inputs.requirements import pinned_version
from scanner.inputs.uv_table import WORKSPACE
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, LockedPackage, RequirementGroup
from scanner.model.requirement import Requirement
from scanner.model.versions import parse_version

_PYPROJECT_LOCKS = frozenset({"uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"})


class Project(msgspec.Struct, frozen=True):
    """The dependency files of one folder. ``locks`` also names the lock of the workspace that it is part of."""

    folder: str
    name: str
    manifests: tuple[str, ...]
    locks: tuple[str, ...]


class Contradiction(msgspec.Struct, frozen=True):
    """A manifest and its lock do not agree.

    ``kind``: ``not-locked`` (the manifest asks for what the lock does not hold), ``not-satisfied`` (the lock holds only
    versions that the manifest refuses), ``other-source`` (the manifest names an index, the lock takes it from
    elsewhere, or the other way round), ``not-declared`` (the lock's project needs what its manifest does not ask for).
    ``locked`` holds the versions or the source of the lock.
    """

    kind: Literal["not-locked", "not-satisfied", "other-source", "not-declared"]
    name: str
    manifest: Location
    lock: Location
    requirement: str
    locked: str


def manifests_of_locks(files: Sequence[DependencyFile]) -> dict[str, tuple[DependencyFile, ...]]:
    """Lock path → the manifests whose requirements it fixes, sorted by path; empty where there is none beside it.

    A uv lock also covers its workspace members. A requirements file of pins beside a ``.in`` file of the same stem is
    the lock of that (pip-compile, ``uv pip compile``).
    """
    by_path = {one.path: one for one in files}
    found: dict[str, tuple[DependencyFile, ...]] = {}
    for file in files:
        paths: set[str] = set()
        if file.kind in _PYPROJECT_LOCKS:
            paths.add(_beside(file.path, "pyproject.toml"))
            for own in file.locked:
                if own.is_project and own.package.source.kind == "path":
                    paths.add(_beside(file.path, posixpath.join(own.package.source.url, "pyproject.toml")))
        elif file.kind == "Pipfile.lock":
            paths.add(_beside(file.path, "Pipfile"))
        elif _is_compiled(file):
            paths.add(file.path.removesuffix(".txt") + ".in")
        else:
            continue
        found[file.path] = tuple(by_path[one] for one in sorted(paths) if one in by_path)
    return found


def _beside(path: str, other: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), other))


def _is_compiled(file: DependencyFile) -> bool:
    if file.kind != "requirements.txt" or not file.path.endswith(".txt"):
        return False
    stated = [one for group in file.groups if group.kind == "dependencies" for one in group.requirements]
    return bool(stated) and all(one.url or pinned_version(one) for one in stated)


def group_projects(files: Sequence[DependencyFile]) -> tuple[Project, ...]:
    """One project for each folder that holds dependency files, sorted by folder."""
    covers = manifests_of_locks(files)
    folders: dict[str, list[DependencyFile]] = {}
    for file in files:
        folders.setdefault(posixpath.dirname(file.path), []).append(file)
    projects = []
    for folder in sorted(folders):
        here = folders[folder]
        manifests = tuple(sorted(one.path for one in here if one.path not in covers))
        locks = {one.path for one in here if one.path in covers}
        locks.update(lock for lock, covered in covers.items() if {one.path for one in covered} & set(manifests))
        name = next((one.project for one in sorted(here, key=lambda one: one.path) if one.project), "")
        projects.append(
            Project(folder or ".", name or PurePosixPath(folder).name or ".", manifests, tuple(sorted(locks)))
        )
    return tuple(projects)


def contradictions(files: Sequence[DependencyFile]) -> tuple[Contradiction, ...]:
    """Every disagreement between a lock and the manifests that it fixes, sorted by place."""
    by_path = {one.path: one for one in files}
    found: list[Contradiction] = []
    for path, manifests in manifests_of_locks(files).items():
        for manifest in manifests:
            found.extend(_between(manifest, by_path[path]))
    return tuple(sorted(found, key=lambda one: (one.manifest, one.lock, one.kind, one.name)))


def _between(manifest: DependencyFile, lock: DependencyFile) -> Iterator[Contradiction]:
    locked = _locked(lock)
    whole = Location(lock.path)
    overridden = _overridden(manifest)
    asked: set[str] = set()
    for group in manifest.groups:
        if group.kind in ("build", "constraint", "undeclared"):
            continue
        for requirement in group.requirements:
            asked.add(requirement.name)
            if requirement.name in overridden or requirement.name == canonicalize_name(manifest.project):
                continue
            entries = locked.get(requirement.name, [])
            if not entries:
                # A lock may leave out what its targets never install: only what is always installed must be there.
                if not requirement.marker and not requirement.url and group.kind == "dependencies":
                    yield _say("not-locked", requirement, whole, "nothing")
                continue
            yield from _entry(requirement, entries)
    if not manifest.gaps:
        yield from _undeclared(manifest, lock, asked)


def _overridden(manifest: DependencyFile) -> frozenset[str]:
    groups = (one for one in manifest.groups if one.kind == "constraint" and one.name == "override")
    return frozenset(one.name for group in groups for one in group.requirements)


def unlocked(
    manifest: DependencyFile, group: RequirementGroup, locks: Sequence[DependencyFile]
) -> tuple[Requirement, ...]:
    """The requirements of the group that no lock meets: none holds the project, or only versions that are refused."""
    held = [_locked(lock) for lock in locks]
    overridden = _overridden(manifest)
    return tuple(
        one
        for one in group.requirements
        if one.name != canonicalize_name(manifest.project)
        and not any(
            entries and (one.name in overridden or any(_satisfies(entry[0], one.specifier) for entry in entries))
            for entries in (names.get(one.name, []) for names in held)
        )
    )


def _entry(requirement: Requirement, entries: list[tuple[str, str, str, Location]]) -> Iterator[Contradiction]:
    _, kind, url, location = entries[0]
    wants_index = not requirement.url
    if wants_index and all(one[1] not in ("index", "unknown", "path") for one in entries):
        yield _say("other-source", requirement, location, url or kind)
    elif not wants_index and requirement.url != WORKSPACE and all(one[1] == "index" for one in entries):
        yield _say("other-source", requirement, location, url or "the index")
    elif wants_index and not any(_satisfies(one[0], requirement.specifier) for one in entries):
        yield _say("not-satisfied", requirement, location, ", ".join(sorted({one[0] for one in entries})))


def _undeclared(manifest: DependencyFile, lock: DependencyFile, asked: set[str]) -> Iterator[Contradiction]:
    """Edges of the project's own entry (uv) that its manifest does not ask for: the lock was edited, or is stale."""
    for own in lock.locked:
        is_this = own.is_project and own.package.name == canonicalize_name(manifest.project or "-")
        for edge in own.dependencies if is_this and not isinstance(own.dependencies, NotKnown) else ():
            if edge.name not in asked and edge.name != own.package.name:
                place = Location(manifest.path)
                yield Contradiction("not-declared", edge.name, place, own.location, "", edge.version or "any version")


def _say(
    kind: Literal["not-locked", "not-satisfied", "other-source"], requirement: Requirement, lock: Location, locked: str
) -> Contradiction:
    return Contradiction(kind, requirement.name, requirement.location, lock, requirement.text, locked)


def _locked(lock: DependencyFile) -> dict[str, list[tuple[str, str, str, Location]]]:
    """Name → (version, kind of source, URL, place) of each entry."""
    found: dict[str, list[tuple[str, str, str, Location]]] = {}

    def add(name: str, one: LockedPackage) -> None:
        found.setdefault(name, []).append(
            (one.package.version, one.package.source.kind, one.package.source.url, one.location)
        )

    for entry in lock.locked:
        add(entry.package.name, entry)
    for group in lock.groups if not lock.locked else ():
        for one in group.requirements:
            kind = "index" if not one.url else "path" if one.url.startswith("file:") else "url"
            found.setdefault(one.name, []).append((pinned_version(one), kind, one.url, one.location))
    return found


def _satisfies(version: str, specifier: str) -> bool:
    parsed = parse_version(version)
    if parsed is None or not specifier:
        return True
    try:
        return SpecifierSet(specifier).contains(parsed, prereleases=True)
    except InvalidSpecifier:
        return True


def bind_workspace(files: Sequence[DependencyFile]) -> list[DependencyFile]:
    """Requirements that a workspace member meets, with the member's folder as their direct reference."""
    folders = {canonicalize_name(one.project): posixpath.dirname(one.path) or "." for one in files if one.project}

    def bound(requirement: Requirement) -> Requirement:
        if requirement.url != WORKSPACE:
            return requirement
        return msgspec.structs.replace(requirement, url=f"file:{folders.get(requirement.name, requirement.name)}")

    return [
        msgspec.structs.replace(
            file,
            groups=tuple(
                msgspec.structs.replace(group, requirements=tuple(bound(one) for one in group.requirements))
                for group in file.groups
            ),
        )
        for file in files
    ]
