"""Builds subjects for tests of checks: a small project, its pins, its releases, without a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from scanner.checks.settings import CheckSettings
from scanner.checks.subject import Subject
from scanner.model.artifact import Artifact
from scanner.model.coverage import Coverage
from scanner.model.environment import TargetEnvironment
from scanner.model.finding import Finding
from scanner.model.graph import Edge, GraphBuilder, Root
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, LockedPackage, RequirementGroup
from scanner.model.package import Package, Source
from scanner.model.release import CoreMetadata, FetchedArtifact, ProjectPage, Release
from scanner.model.requirement import Hash, IndexOption, Requirement
from scanner.model.versions import artifact_version, same_version

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TARGET = TargetEnvironment(
    python_version="3.11",
    python_full_version="3.11.9",
    platform="linux-x86_64",
    implementation="cpython",
    markers={},
    tags=("cp311-cp311-manylinux_2_17_x86_64", "py3-none-any"),
)


def digest(letter: str, algorithm: str = "sha256") -> Hash:
    """A digest of the right length made of one letter."""
    return Hash(algorithm, letter * {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}[algorithm])


def package(name: str, version: str, **source: Any) -> Package:
    return (
        Package(canonicalize_name(name), version, Source(**source))
        if source
        else Package(canonicalize_name(name), version)
    )


def requirement(text: str, line: int, path: str = "requirements.txt", **fields: Any) -> Requirement:
    """``name==1.0`` or ``name`` or ``name @ url`` as a requirement at that line."""
    name, at, url = text.partition(" @ ")
    plain, equals, version = name.partition("==")
    specifier = f"=={version}" if equals else ""
    for sign in (">=", "~=", "<"):
        if not equals and sign in name:
            plain, _, version = name.partition(sign)
            specifier = f"{sign}{version}"
    return Requirement(
        canonicalize_name(plain),
        specifier,
        url=url if at else "",
        text=text,
        location=Location(path, line=line),
        **fields,
    )


def requirements_file(
    *requirements: Requirement, path: str = "requirements.txt", options: tuple[IndexOption, ...] = ()
) -> DependencyFile:
    group = RequirementGroup("dependencies", "", requirements)
    return DependencyFile(path, "requirements.txt", "0" * 64, groups=(group,), options=options)


def lock_file(*locked: LockedPackage, path: str = "uv.lock", options: tuple[IndexOption, ...] = ()) -> DependencyFile:
    return DependencyFile(path, path.rpartition("/")[2], "0" * 64, locked=locked, options=options)


def locked(
    node: Package, line: int, artifacts: tuple[Artifact, ...] = (), hashes: tuple[Hash, ...] = (), path: str = "uv.lock"
) -> LockedPackage:
    return LockedPackage(node, Location(path, line=line), (), artifacts=artifacts, hashes=hashes)


def artifact(filename: str, letter: str = "a", **fields: Any) -> Artifact:
    fields.setdefault("url", f"https://files.pythonhosted.org/packages/{filename}")
    fields.setdefault("hashes", (digest(letter),))
    return Artifact(filename, **fields)


def release(node: Package, *artifacts: Artifact, metadata: CoreMetadata | None = None, **page: Any) -> Release:
    """A release on the index: ``artifacts`` are all files of the project, of this version and others."""
    of_version = tuple(
        one for one in artifacts if same_version(artifact_version(one.filename, node.name), node.version)
    )
    return Release(
        node,
        ProjectPage(node.name, "https://pypi.org/simple/", tuple(artifacts), **page),
        of_version,
        of_version[0] if of_version else NotKnown("no file of that version"),
        metadata if metadata is not None else NotKnown("not read"),
    )


def fetched(one: Artifact, letter: str = "a", **fields: Any) -> FetchedArtifact:
    size = one.size if isinstance(one.size, int) else 10
    return FetchedArtifact(**{"artifact": one, "path": "", "sha256": letter * 64, "size": size, **fields})


def make_subject(
    *files: DependencyFile,
    root: str = "/nonexistent",
    packages: tuple[Package, ...] | None = None,
    releases: tuple[Release, ...] = (),
    fetched: Mapping[Package, FetchedArtifact | NotKnown] | None = None,
    settings: CheckSettings | None = None,
    **fields: Any,
) -> Subject:
    builder = GraphBuilder()
    start = Root("vendor", "requirements.txt")
    builder.add(start)
    nodes = packages if packages is not None else tuple(one.package for one in releases)
    for node in nodes:
        builder.connect(start, node, Edge(str(node)))
    return Subject(
        root=root,
        project="vendor",
        files=files,
        seen=(),
        graph=builder.build(),
        releases={one.package: one for one in releases},
        fetched=fetched if fetched is not None else {},
        target=TARGET,
        settings=settings or CheckSettings(),
        now=fields.pop("now", NOW),
        offline=fields.pop("offline", False),
        **fields,
    )


def findings(check: Any, subject: Subject) -> list[Finding]:
    return [one for one in check.run(subject) if isinstance(one, Finding)]


def rules(check: Any, subject: Subject) -> list[str]:
    return sorted(one.rule for one in findings(check, subject))


def coverage(check: Any, subject: Subject) -> dict[str, Coverage]:
    """By subject; two for one subject of one check are a mistake."""
    found = [one for one in check.run(subject) if isinstance(one, Coverage)]
    by_subject = {one.subject: one for one in found}
    assert len(by_subject) == len(found), "more than one coverage for one subject"
    return by_subject


def name(text: str) -> NormalizedName:
    return canonicalize_name(text)
