"""Subjects around one archive on disk, as the pipeline would hand it to the checks."""

from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name

from scanner.model.artifact import Artifact
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import FetchedArtifact
from scanner.model.requirement import Hash
from tests.checks.subjects import make_subject, release, requirement, requirements_file
from tests.support.builders import sha256


def stored(folder: Path, filename: str, body: bytes) -> FetchedArtifact:
    """The file in a store, described truthfully."""
    path = folder / sha256(body)
    path.write_bytes(body)
    one = Artifact(filename, f"https://files.pythonhosted.org/{filename}", (Hash("sha256", sha256(body)),), len(body))
    return FetchedArtifact(one, str(path), sha256(body), len(body))


def archive_subject(
    folder: Path,
    made: tuple[str, bytes],
    source: tuple[str, bytes] | NotKnown | None = None,
    name: str = "alpha",
    version: str = "1.0",
):
    """``made`` is what would be installed, ``source`` the sdist beside it."""
    package = Package(canonicalize_name(name), version)
    fetched = stored(folder, *made)
    companions = {}
    if isinstance(source, tuple):
        companions[package] = stored(folder, *source)
    elif source is not None:
        companions[package] = source
    listed = [fetched.artifact, *(one.artifact for one in companions.values() if isinstance(one, FetchedArtifact))]
    return make_subject(
        requirements_file(requirement(f"{name}=={version}", 2)),
        releases=(release(package, *listed),),
        fetched={package: fetched},
        companions=companions,
    )
