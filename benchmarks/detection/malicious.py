"""The malicious part of a corpus, taken from a bare git repository of archives (``NAME/VERSION/ARCHIVE``).

The repository is read with ``git cat-file``: blobs go from the object store into memory, and the chosen archives are
written unchanged, not executable. Nothing is checked out.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from benchmarks.detection.archives import Member, python_bytes, readable_members
from benchmarks.detection.inert import inert_reason
from benchmarks.detection.manifest import ARCHIVES, Sample, kind_of
from benchmarks.detection.similarity import Campaigns, sketch
from benchmarks.detection.split import canonical, half_of, order_key

PER_CAMPAIGN = 3


@dataclass(frozen=True)
class Blob:
    """One archive in the repository."""

    oid: str
    name: str
    version: str
    filename: str


def _rank(blob: Blob) -> tuple[Version, bool, str]:
    """The newest release wins; of one release the sdist, for it holds the install hooks."""
    try:
        version = Version(blob.version)
    except InvalidVersion:
        version = Version("0")
    return version, kind_of(blob.filename) == "sdist", blob.filename


def choose_releases(blobs: list[Blob], half: str) -> list[Blob]:
    """One archive per project name of this half, in the fixed order of names."""
    best: dict[str, Blob] = {}
    for blob in blobs:
        key = canonical(blob.name)
        if half_of(key) == half and (key not in best or _rank(blob) > _rank(best[key])):
            best[key] = blob
    return [best[key] for key in sorted(best, key=order_key)]


def list_blobs(repository: Path) -> list[Blob]:
    """Every archive at HEAD."""
    listing = subprocess.run(
        ["git", "-C", str(repository), "ls-tree", "-r", "-z", "HEAD"], check=True, capture_output=True
    ).stdout
    blobs = []
    for entry in listing.split(b"\0"):
        head, _, path = entry.decode("utf-8", "replace").partition("\t")
        parts = path.split("/")
        if len(parts) == 3 and path.endswith(ARCHIVES):
            blobs.append(Blob(head.split()[2], *parts))
    return blobs


def read_blobs(repository: Path, blobs: list[Blob]) -> Iterator[tuple[Blob, bytes]]:
    """The bytes of each blob, in the order asked for. A blob that the repository lacks is left out."""
    command = ["git", "-C", str(repository), "cat-file", "--batch"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as git:
        assert git.stdin is not None and git.stdout is not None
        for blob in blobs:
            git.stdin.write(f"{blob.oid}\n".encode())
            git.stdin.flush()
            header = git.stdout.readline().split()
            if header[-1] == b"missing":
                continue
            data = git.stdout.read(int(header[2]))
            git.stdout.read(1)
            yield blob, data
        git.stdin.close()


def collect(repository: Path, corpus: Path, half: str, wanted: int, per_campaign: int = PER_CAMPAIGN) -> list[Sample]:
    """Write up to ``wanted`` archives below ``corpus/malicious`` and return their samples.

    At most ``per_campaign`` of one campaign are taken; 0 takes all.
    """
    campaigns = Campaigns()
    taken: Counter[str] = Counter()
    samples: list[Sample] = []
    for blob, data in read_blobs(repository, choose_releases(list_blobs(repository), half)):
        if len(samples) >= wanted:
            break
        files, fault = readable_members(data)
        cluster = campaigns.add(canonical(blob.name), sketch(files))
        if per_campaign and taken[cluster] >= per_campaign:
            continue
        taken[cluster] += 1
        samples.append(_store(blob, data, files, fault, cluster, corpus))
    return samples


def _store(blob: Blob, data: bytes, files: list[Member], fault: str, cluster: str, corpus: Path) -> Sample:
    relative = Path("malicious", canonical(blob.name), Path(blob.filename).name)
    target = corpus / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    target.chmod(0o600)
    return Sample(
        path=relative.as_posix(),
        name=canonical(blob.name),
        version=blob.version,
        label="malicious",
        kind=kind_of(blob.filename),
        cluster=cluster,
        source_bytes=python_bytes(files),
        sha256=hashlib.sha256(data).hexdigest(),
        inert=inert_reason(files, fault),
    )
