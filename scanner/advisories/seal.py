"""A checksum at the end of a compiled database: a byte that changed on the disk must not make the answer smaller.

SQLite goes by the number of pages that the file's header states, and does not look at what follows them.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from scanner.files import open_regular

MARK = b"\nassay sha256 "
SEAL_BYTES = len(MARK) + 64 + 1
_CHUNK = 1024 * 1024


def seal(path: Path) -> None:
    """Append the seal to a file that is complete."""
    hashed = hashlib.sha256()
    with open_regular(path) as opened:
        while chunk := opened.read(_CHUNK):
            hashed.update(chunk)
    with path.open("ab") as opened:
        opened.write(_stated(hashed.hexdigest()))


def seal_of(body: bytes) -> bytes:
    """What stands at the end of a file of these bytes."""
    return _stated(hashlib.sha256(body).hexdigest())


def _stated(digest: str) -> bytes:
    return MARK + digest.encode() + b"\n"


def damage(path: Path) -> str:
    """What is wrong with the file, or the empty string. Raises :class:`OSError` where it cannot be read.

    An unchanged file is read once in a process.
    """
    found = path.stat()
    return _damage(path, (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns), found.st_size)


@functools.lru_cache(maxsize=16)
def _damage(path: Path, _identity: tuple[int, ...], size: int) -> str:
    hashed = hashlib.sha256()
    left = size - SEAL_BYTES
    with open_regular(path) as opened:
        while left > 0 and (chunk := opened.read(min(_CHUNK, left))):
            hashed.update(chunk)
            left -= len(chunk)
        end = opened.read(SEAL_BYTES + 1)
    if left or not end.startswith(MARK):
        return "it has no checksum: it is cut off, or an older release of assay made it"
    return "" if end == _stated(hashed.hexdigest()) else "its checksum is another than when it was made"
