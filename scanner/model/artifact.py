"""Artifacts: one file of a package on an index, and what the index says of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.model.known import NotKnown
from scanner.model.requirement import Hash

ArtifactKind = Literal["wheel", "sdist", "egg", "other"]


def artifact_kind(filename: str) -> ArtifactKind:
    """The kind of a distribution file, by its name (PEP 427, PEP 625; legacy sdists: ``.zip``, ``.tar.bz2`` …)."""
    lowered = filename.lower()
    if lowered.endswith(".whl"):
        return "wheel"
    if lowered.endswith((".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".tar", ".tbz")):
        return "sdist"
    return "egg" if lowered.endswith(".egg") else "other"


class Artifact(msgspec.Struct, frozen=True, gc=False):
    """One file of a release, as an index (PEP 503, 691, 700, 714, 740) or a lock describes it.

    ``size`` in bytes and ``upload_time`` in RFC 3339 UTC where the index gives them. ``yanked`` is the reason
    (PEP 592), ``""`` when not yanked and ``"yanked"`` when the index gives no reason. ``provenance`` is the URL of
    the attestation bundle (PEP 740); ``None`` when the index says there is none; ``NotKnown`` when it does not say.
    ``metadata_hashes`` is not ``None`` where the index offers ``<url>.metadata`` (PEP 658); it may be empty.
    """

    filename: str
    url: str
    hashes: tuple[Hash, ...] = ()
    size: int | NotKnown = NotKnown("the index does not say")
    upload_time: str | NotKnown = NotKnown("the index does not say")
    requires_python: str = ""
    yanked: str = ""
    provenance: str | NotKnown | None = NotKnown("the index does not say")
    metadata_hashes: tuple[Hash, ...] | None = None
    version: str = ""
    """The version that the file's name states, in its normal form; empty where it states none."""
    direct: bool = False
    """True for a URL that a dependency file names and no index: it is asked without credentials."""

    @property
    def kind(self) -> ArtifactKind:
        return artifact_kind(self.filename)

    def digest(self, algorithm: str) -> str:
        """The hex digest by that algorithm, or the empty string."""
        return next((one.value for one in self.hashes if one.algorithm == algorithm), "")
