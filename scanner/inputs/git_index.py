"""Which paths a git clone tracks, read from its index. Source: git's documentation, gitformat-index(5).

A file that ``.gitignore`` names may be tracked all the same (``git add -f``), and then it is a part of what was
delivered. Only the paths of the index are read; nothing of git is run.
"""

from __future__ import annotations

import struct
from pathlib import Path, PurePosixPath

from scanner.files import read_bounded

MAX_INDEX_BYTES = 256 * 1024 * 1024
MAX_ENTRIES = 1_000_000
_FIXED = 62
"""Bytes of an entry before its path: times, device, mode, owner, size, SHA-1 and flags."""
_EXTENDED = 0x4000


def repository_of(root: Path) -> Path | None:
    """The folder that holds ``.git``: the root itself or one above; ``None`` where there is no repository."""
    return next((one for one in (root, *root.parents) if (one / ".git").exists()), None)


def tracked_folders(root: Path) -> frozenset[str]:
    """Every folder below the root that holds a tracked file, relative to it; none where no index can be read."""
    repository = repository_of(root)
    if repository is None:
        return frozenset()
    index = repository / ".git" / "index"
    try:
        body = read_bounded(index, MAX_INDEX_BYTES + 1, follow=False)
        if len(body) > MAX_INDEX_BYTES:
            return frozenset()
        paths = _paths(body)
    except (OSError, ValueError, struct.error, IndexError):
        return frozenset()
    base = root.relative_to(repository).as_posix()
    prefix = "" if base == "." else f"{base}/"
    found: set[str] = set()
    for path in paths:
        folder = path.removeprefix(prefix).rpartition("/")[0] if path.startswith(prefix) else ""
        while folder and folder not in found:
            found.add(folder)
            folder = PurePosixPath(folder).parent.as_posix().removeprefix(".")
    return frozenset(found)


def _paths(body: bytes) -> list[str]:
    """The path of each entry. Raises ``ValueError`` and its kin for what is no index of version 2 to 4."""
    magic, version, count = struct.unpack_from(">4sLL", body)
    if magic != b"DIRC" or version not in (2, 3, 4) or count > MAX_ENTRIES:
        raise ValueError("not an index that is understood")
    found: list[str] = []
    previous = b""
    position = 12
    for _ in range(count):
        start = position
        (flags,) = struct.unpack_from(">H", body, position + _FIXED - 2)
        position += _FIXED + (2 if version >= 3 and flags & _EXTENDED else 0)
        if version == 4:
            cut, position = _varint(body, position)
            end = body.index(b"\0", position)
            previous = previous[: len(previous) - cut] + body[position:end]
            position = end + 1
        else:
            end = body.index(b"\0", position)
            previous = body[position:end]
            # Entries are padded with one to eight NULs to a multiple of eight bytes.
            position = start + (end - start + 8) // 8 * 8
        found.append(previous.decode("utf-8", "surrogateescape"))
    return found


def _varint(body: bytes, position: int) -> tuple[int, int]:
    """Git's offset encoding (as in pack files), and where it ends."""
    byte = body[position]
    value = byte & 0x7F
    while byte & 0x80 and value < 1 << 32:
        position += 1
        byte = body[position]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, position + 1
