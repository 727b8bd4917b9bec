"""Pack files: an index of version 2, and entries that may be deltas of others. Source: gitformat-pack(5)."""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from scanner.git.opening import GitError, open_file

MAX_OBJECT_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 4096
"""Deltas of deltas; Git itself refuses to make longer chains."""
MAX_REMEMBERED_BYTES = 64 * 1024 * 1024
KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_OFFSET_DELTA, _REFERENCE_DELTA = 6, 7
_HEADER = 8 + 256 * 4
_WINDOW = 64 * 1024


class Pack:
    """One pack with its index. Close it when done."""

    def __init__(self, index: Path) -> None:
        """Raises :class:`GitError` for an index of another version, and for files that do not fit each other."""
        self._index = _mapped(index)
        try:
            if self._index[:8] != b"\xfftOc\x00\x00\x00\x02" or len(self._index) < _HEADER:
                raise GitError(f"{index.name} is no pack index of version 2")
            self._fanout = struct.unpack_from(">256L", self._index, 8)
            self.count = self._fanout[255]
            if list(self._fanout) != sorted(self._fanout) or len(self._index) < _HEADER + self.count * 28:
                raise GitError(f"{index.name} is shorter than it says, or out of order")
            self._pack = _mapped(index.with_suffix(".pack"))
        except GitError:
            self._index.close()
            raise
        self._remembered: OrderedDict[int, tuple[str, bytes]] = OrderedDict()
        self._bytes = 0

    def close(self) -> None:
        """Let go of the files."""
        self._index.close()
        self._pack.close()

    def offset(self, oid: bytes) -> int | None:
        """Where the object of that id (20 bytes) begins in the pack; ``None`` where it is not in it."""
        low, high = self._fanout[oid[0] - 1] if oid[0] else 0, self._fanout[oid[0]]
        while low < high:
            middle = (low + high) // 2
            start = _HEADER + middle * 20
            found = self._index[start : start + 20]
            if found == oid:
                return self._offset_of(middle)
            if found < oid:
                low = middle + 1
            else:
                high = middle
        return None

    def _offset_of(self, number: int) -> int:
        (offset,) = struct.unpack_from(">L", self._index, _HEADER + self.count * 24 + number * 4)
        if offset & 0x80000000:
            place = _HEADER + self.count * 28 + (offset & 0x7FFFFFFF) * 8
            if place + 8 > len(self._index):
                raise GitError("a pack index is shorter than it says")
            (offset,) = struct.unpack_from(">Q", self._index, place)
        return int(offset)

    def read(self, offset: int) -> tuple[str, bytes]:
        """The kind and the bytes of the entry at an offset, deltas applied.

        Raises :class:`GitError` for damage, and past ``MAX_OBJECT_BYTES`` and ``MAX_DEPTH``.
        """
        deltas: list[bytes] = []
        places: list[int] = []
        while True:
            if len(deltas) > MAX_DEPTH:
                raise GitError("a chain of deltas is too long")
            known = self._remembered.get(offset)
            if known is not None:
                self._remembered.move_to_end(offset)
                kind, body = known
                break
            code, size, at = self._entry(offset)
            if code in KINDS:
                kind, body = KINDS[code], self._inflated(at, size)
                self._remember(offset, kind, body)
                break
            base, at = self._base(code, offset, at)
            deltas.append(self._inflated(at, size))
            places.append(offset)
            offset = base
        for delta, place in zip(reversed(deltas), reversed(places), strict=True):
            body = applied(body, delta)
            self._remember(place, kind, body)
        return kind, body

    def _entry(self, offset: int) -> tuple[int, int, int]:
        """Kind, size when inflated, and where what follows begins."""
        byte, at = self._byte(offset), offset + 1
        code, size, shift = (byte >> 4) & 7, byte & 15, 4
        while byte & 0x80:
            byte, at = self._byte(at), at + 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if shift > 60:
                break
        if size > MAX_OBJECT_BYTES:
            raise GitError(f"an object has more than {MAX_OBJECT_BYTES:,} bytes")
        return code, size, at

    def _base(self, code: int, offset: int, at: int) -> tuple[int, int]:
        """Where the base of a delta begins, and where the delta's own bytes do."""
        if code == _REFERENCE_DELTA:
            base = self.offset(self._pack[at : at + 20]) if at + 20 <= len(self._pack) else None
            if base is None:
                raise GitError("the base of a delta is not in its pack")
            return base, at + 20
        if code != _OFFSET_DELTA:
            raise GitError(f"an entry of a pack has the unknown kind {code}")
        byte, at = self._byte(at), at + 1
        back = byte & 0x7F
        while byte & 0x80 and back < 1 << 40:
            byte, at = self._byte(at), at + 1
            back = ((back + 1) << 7) | (byte & 0x7F)
        if not 0 < back <= offset:
            raise GitError("the base of a delta lies outside its pack")
        return offset - back, at

    def _byte(self, at: int) -> int:
        if not 12 <= at < len(self._pack):
            raise GitError("an entry lies outside its pack")
        return self._pack[at]

    def _inflated(self, at: int, size: int) -> bytes:
        return inflated(lambda start: self._pack[at + start : at + start + _WINDOW], size)

    def _remember(self, offset: int, kind: str, body: bytes) -> None:
        self._remembered[offset] = (kind, body)
        self._bytes += len(body)
        while self._bytes > MAX_REMEMBERED_BYTES and len(self._remembered) > 1:
            self._bytes -= len(self._remembered.popitem(last=False)[1][1])


def inflated(window: Callable[[int], bytes], size: int) -> bytes:
    """Exactly ``size`` bytes of a zlib stream. Raises :class:`GitError` where there are more, fewer, or damage."""
    stream = zlib.decompressobj()
    parts: list[bytes] = []
    made = start = 0
    try:
        while not stream.eof:
            given = stream.unconsumed_tail or window(start)
            if not stream.unconsumed_tail:
                start += len(given)
            if not given:
                break
            part = stream.decompress(given, size + 1 - made)
            made += len(part)
            parts.append(part)
            if made > size:
                break
    except zlib.error as error:
        raise GitError("an object is damaged") from error
    if made != size:
        raise GitError("an object has another size than it says")
    return b"".join(parts)


def applied(base: bytes, delta: bytes) -> bytes:
    """What a delta makes of its base. Raises :class:`GitError` where it says something else of either size."""
    expected, at = _size(delta, 0)
    target, at = _size(delta, at)
    if expected != len(base) or target > MAX_OBJECT_BYTES:
        raise GitError("a delta does not fit its base")
    parts: list[bytes] = []
    made = 0
    try:
        while at < len(delta):
            code = delta[at]
            at += 1
            if code & 0x80:
                offset = size = 0
                for bit in range(4):
                    if code & (1 << bit):
                        offset |= delta[at] << (8 * bit)
                        at += 1
                for bit in range(3):
                    if code & (0x10 << bit):
                        size |= delta[at] << (8 * bit)
                        at += 1
                size = size or 0x10000
                if offset + size > len(base):
                    raise GitError("a delta copies from outside its base")
                parts.append(base[offset : offset + size])
            elif code:
                size = code
                parts.append(delta[at : at + size])
                at += size
            else:
                raise GitError("a delta holds a reserved instruction")
            made += size
            if made > target:
                break
    except IndexError as error:
        raise GitError("a delta ends in the middle") from error
    body = b"".join(parts)
    if len(body) != target:
        raise GitError("a delta makes something of another size than it says")
    return body


def _size(delta: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(delta) or shift > 60:
            raise GitError("a delta ends in the middle")
        byte = delta[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def _mapped(path: Path) -> mmap.mmap:
    descriptor, size = open_file(path)
    try:
        if size == 0:
            raise GitError(f"{path.name} is empty")
        return mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
    except (OSError, ValueError) as error:
        raise GitError(f"{path.name} cannot be read: {error}") from error
    finally:
        os.close(descriptor)
