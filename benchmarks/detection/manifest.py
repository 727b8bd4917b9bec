"""The corpus manifest: one JSON object per archive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.detection.split import half_of

FILENAME = "manifest.jsonl"
ARCHIVES = (".whl", ".tar.gz", ".tgz", ".zip", ".egg", ".tar.bz2", ".tar.xz")


@dataclass(frozen=True)
class Sample:
    """One archive. ``path`` is relative to the corpus; ``source_bytes`` counts its ``.py`` files, decompressed."""

    path: str
    name: str
    version: str
    label: str  # malicious, benign or unknown
    kind: str  # wheel or sdist
    cluster: str  # the leader of its campaign; "" for benign
    source_bytes: int
    sha256: str = ""
    inert: str = ""  # why it does nothing; "" when it does something
    url: str = ""


def write(corpus: Path, samples: Iterable[Sample]) -> None:
    """Write the manifest, sorted, so that the same corpus gives the same bytes."""
    lines = [json.dumps(asdict(one), sort_keys=True) for one in sorted(samples, key=lambda one: one.path)]
    (corpus / FILENAME).write_text("\n".join(lines) + "\n", encoding="utf-8")


def load(corpus: Path, half: str) -> list[Sample]:
    """The samples of one half. Without a manifest every archive of the folder is a sample with label ``unknown``."""
    manifest = corpus / FILENAME
    if not manifest.exists():
        return _unlabelled(corpus)
    samples = [Sample(**json.loads(line)) for line in manifest.read_text(encoding="utf-8").splitlines() if line]
    return [one for one in samples if half_of(one.name) == half]


def kind_of(filename: str) -> str:
    return "wheel" if filename.endswith(".whl") else "sdist"


def _unlabelled(corpus: Path) -> list[Sample]:
    from benchmarks.detection.archives import python_bytes, read_archive

    samples = []
    for path in sorted(corpus.rglob("*")):
        if path.is_file() and path.name.endswith(ARCHIVES):
            files, _ = read_archive(path)
            name, _, rest = path.name.partition("-")
            version = rest.split("-")[0]
            relative = path.relative_to(corpus).as_posix()
            samples.append(Sample(relative, name, version, "unknown", kind_of(path.name), "", python_bytes(files)))
    return samples
