"""The floor that no scanner goes below: read every archive named on standard input, sha256 it, inflate every member."""

from __future__ import annotations

import hashlib
import json
import sys
from multiprocessing import Pool
from pathlib import Path

from benchmarks.detection.archives import python_bytes, readable_members


def _one(path: str) -> tuple[str, str, int]:
    raw = Path(path).read_bytes()
    files, _ = readable_members(raw)
    return path, hashlib.sha256(raw).hexdigest(), python_bytes(files)


def main() -> None:
    """One JSON line for each archive."""
    with Pool(2) as pool:
        for path, digest, size in pool.imap_unordered(_one, [line.rstrip("\n") for line in sys.stdin], chunksize=4):
            print(json.dumps({"path": path, "sha256": digest, "python_bytes": size}))


if __name__ == "__main__":
    main()
