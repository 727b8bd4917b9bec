"""Which paths a git clone tracks, read from its index. Source: git's documentation, gitformat-index(5).

A file that ``.gitignore`` names may be tracked all the same (``git add -f``), and then it is a part of what was
delivered. Only the paths of the index are read; nothing of git is run, and nothing outside the audited root is looked
at: a ``.git`` that is a file or a link (a worktree, a submodule) points elsewhere, and says nothing here.
"""

from __future__ import annotations

import stat
import struct
from pathlib import Path, PurePosixPath

from scanner.files import read_bounded

MAX_INDEX_BYTES = 256 * 1024 * 1024
MAX_ENTRIES = 1_000_000
_FIXED = 62
"""Bytes of an entry before its path: times, device, mode, owner, size, SHA-1 and flags."""
_EXTENDED = 0x4000
_FOLDER_MODES = frozenset({0o160000, 0o040000})
"""Modes of a submodule and of a folder in a sparse index: what lies below is not listed, and is tracked."""


class Tracked:
    """What the index of the root's own repository lists: ``folders`` that hold a tracked file, relative to the root."""

    def __init__(self, folders: frozenset[str], whole: frozenset[str]) -> None:
        self.folders = folders
        self._whole = whole

    def __contains__(self, folder: str) -> bool:
        """True for a folder that holds a tracked file, and for one inside a tracked submodule."""
        if folder in self.folders:
            return True
        parents = (folder, *(one.as_posix() for one in PurePosixPath(folder).parents))
        return bool(self._whole) and not self._whole.isdisjoint(parents)


def tracked(root: Path) -> Tracked | None:
    """What the repository of the root itself tracks; ``None`` where there is none, or its index says nothing.

    A repository above the root tracks what its owner put there, which is not what was delivered: it is not asked.
    """
    body = _index_of(root)
    if body is None:
        return None
    try:
        entries = _entries(body)
    except (ValueError, struct.error, IndexError):
        return None
    if not entries:
        return None
    found: set[str] = set()
    whole = frozenset(path.rstrip("/") for mode, path in entries if mode in _FOLDER_MODES)
    for _, path in entries:
        folder = path.rstrip("/").rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = PurePosixPath(folder).parent.as_posix().removeprefix(".")
    return Tracked(frozenset(found) | whole, whole)


def _index_of(root: Path) -> bytes | None:
    """The bytes of the index, where ``.git`` is a folder and the index a regular file, both of them no links."""
    folder = root / ".git"
    try:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            return None
        body = read_bounded(folder / "index", MAX_INDEX_BYTES + 1, follow=False)
    except OSError:
        return None
    return body if len(body) <= MAX_INDEX_BYTES else None


def _entries(body: bytes) -> list[tuple[int, str]]:
    """(mode, path) of each entry. Raises ``ValueError`` and its kin for what is no index of version 2 to 4."""
    magic, version, count = struct.unpack_from(">4sLL", body)
    if magic != b"DIRC" or version not in (2, 3, 4) or count > MAX_ENTRIES:
        raise ValueError("not an index that is understood")
    found: list[tuple[int, str]] = []
    previous = b""
    position = 12
    for _ in range(count):
        start = position
        (mode,) = struct.unpack_from(">L", body, position + 24)
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
        found.append((mode, previous.decode("utf-8", "surrogateescape")))
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
