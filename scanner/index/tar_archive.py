"""Tar, compressed or not: read in one direction, and bounded before anything is allocated.

Sources: POSIX.1-2017, pax; GNU tar's manual, "Basic Tar Format"; the ``tarfile`` module, whose reading of headers this
is. What it leaves open is bounded here: the bytes that the whole archive unpacks to, those of the headers that carry
long names, and sparse members, which no sdist has and which are not read.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, cast

from scanner.index.archive import Archive, ArchiveLimits, Member, MemberBytes, MemberKind, Wanted

MAX_HEADER_BYTES = 1024 * 1024
"""Of a long name, or of the fields of a pax header."""
HELD_BYTES = 64 * 1024 * 1024
"""What is kept of the first pass. A larger archive is unpacked again for each question."""
_CHUNK = 64 * 1024
_CARRIERS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
DAMAGE = (
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    MemoryError,
    IndexError,
)
"""What ``tarfile`` and the decompressors raise on hostile bytes."""


class _Unpacked(io.RawIOBase):
    """The unpacked bytes, counted. It goes back only within the last piece, which is all that ``tarfile`` needs."""

    def __init__(self, opened: IO[bytes], bound: int) -> None:
        self._opened = opened
        self._bound = bound
        self._piece = b""
        self._start = self._at = 0
        self._ended = False
        self._failed: Exception | None = None
        self.is_past_bound = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def _next(self) -> bool:
        """The next piece; false at the end. Raises :class:`tarfile.ReadError` past the bound."""
        if self._failed is not None:
            raise self._failed
        end = self._start + len(self._piece)
        if end >= self._bound:
            self.is_past_bound = True
            raise tarfile.ReadError("it unpacks to more than the bound")
        piece = b"" if self._ended else self._opened.read(_CHUNK)
        if not piece:
            self._ended = True
            return False
        self._start, self._piece = end, piece
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self._at
        if offset < self._start or whence == io.SEEK_END:
            raise tarfile.ReadError("a header points backwards")
        while offset > self._start + len(self._piece) and self._next():
            pass
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; what is asked for is not allocated before it is there."""
        parts: list[bytes] = []
        while size != 0:
            offset = self._at - self._start
            if offset >= len(self._piece):
                try:
                    if not self._next():
                        break
                except DAMAGE as error:
                    if not parts:
                        raise
                    self._failed = error  # What was there before counts; whoever reads on is told.
                    break
                continue
            part = self._piece[offset : offset + size] if size > 0 else self._piece[offset:]
            parts.append(part)
            self._at += len(part)
            size -= len(part) if size > 0 else 0
        return b"".join(parts)


class _Info(tarfile.TarInfo):
    """A header. Those that carry other headers are bounded, and those of sparse members end the reading."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _CARRIERS and not 0 <= self.size <= MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header claims {self.size} bytes; at most {MAX_HEADER_BYTES} are read")
        if self.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("it has a sparse member, which is not read")
        if self.size < 0:
            raise tarfile.ReadError("a header claims fewer than no bytes")
        return cast(tarfile.TarInfo, super()._proc_member(archive))  # type: ignore[misc]

    def _proc_gnusparse_10(self, *_: Any) -> None:
        raise tarfile.ReadError("it has a sparse member, which is not read")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10


class TarArchive(Archive):
    """It has no directory: members are known after one pass, which also keeps what is small."""

    def __init__(self, stream: BinaryIO, filename: str, limits: ArchiveLimits) -> None:
        super().__init__(filename, limits)
        self._stream = stream
        packed = stream.seek(0, io.SEEK_END)
        self._bound = min(limits.total_bytes, max(limits.ratio_floor, limits.ratio * packed))
        self._held: list[MemberBytes] = []
        self._last: dict[str, MemberBytes] = {}
        self._is_held = True
        members: list[Member] = []
        total = 0
        for member, data in self._pass(lambda _: self._is_held):
            members.append(member)
            if member.kind != "file":
                continue
            total += len(data.data)
            if total > HELD_BYTES:
                self._is_held = False
                self._held.clear()
                self._last.clear()
            elif self._is_held:
                self._held.append(data)
                self._last[member.path] = data
        self.members = self._vet(members)

    def _pass(self, wanted: Wanted, bound: int | None = None) -> Iterator[tuple[Member, MemberBytes]]:
        """One pass over the archive: every member, with the bytes of those that are wanted and are regular files.

        What ends it early is a problem. Raises one of ``DAMAGE`` where not even the first header can be read.
        """
        at = ""
        count = 0
        self._stream.seek(0)
        unpacked = _Unpacked(_decompressed(self._stream), self._bound)
        try:
            with tarfile.open(fileobj=unpacked, mode="r:", tarinfo=_Info) as opened:
                for info in opened:
                    if count >= self.limits.members:
                        self.problem("bomb", "", f"it has more than {count} members; the rest was not read")
                        return
                    count += 1
                    opened.members = []  # type: ignore[attr-defined]  # a list of all that nobody asks for again
                    member = _member(info)
                    at = member.path
                    if member.kind != "file" or not wanted(member):
                        yield member, MemberBytes(member, b"", truncated=True)
                        continue
                    size = min(info.size, bound or self.limits.member_bytes, self.limits.member_bytes)
                    unpacked.seek(info.offset_data)
                    data = unpacked.read(size)
                    yield member, MemberBytes(member, data, truncated=len(data) < info.size)
        except DAMAGE as error:
            if not count:
                raise
            if unpacked.is_past_bound:
                self.problem("bomb", "", "the archive's content is larger than the bound; the rest was not read")
            else:
                said = str(error) or type(error).__name__
                self.problem("truncated", at, f"the archive ends early or is damaged: {said}")

    def files(self, wanted: Wanted | None = None, max_bytes: int | None = None) -> Iterator[MemberBytes]:
        if not self._is_held:
            chosen = wanted or (lambda member: True)
            for member, read in self._pass(chosen, max_bytes):
                if member.kind == "file" and chosen(member):
                    yield read
            return
        for held in self._held:
            if wanted and not wanted(held.member):
                continue
            if max_bytes is not None and len(held.data) > max_bytes:
                yield MemberBytes(held.member, held.data[:max_bytes], truncated=True)
            else:
                yield held

    def read(self, member: Member | str, max_bytes: int | None = None) -> bytes | None:
        path = member if isinstance(member, str) else member.path
        if not self._is_held:
            return super().read(path, max_bytes)
        held = self._last.get(path)
        return None if held is None else held.data[:max_bytes] if max_bytes is not None else held.data

    def close(self) -> None:
        self._held = []
        self._last = {}
        self._stream.close()


def _decompressed(stream: BinaryIO) -> IO[bytes]:
    """The unpacked stream, by its first bytes."""
    magic = stream.read(6)
    stream.seek(0)
    if magic[:2] == b"\x1f\x8b":
        return cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    if magic[:3] == b"BZh":
        return bz2.BZ2File(stream)
    if magic == b"\xfd7zXZ\0" or magic[:3] == b"\x5d\0\0":
        return lzma.LZMAFile(stream)
    return stream


def _member(info: tarfile.TarInfo) -> Member:
    kind: MemberKind = "file" if info.isreg() else "folder" if info.isdir() else "link"
    if info.ischr() or info.isblk() or info.isfifo():
        kind = "other"
    return Member(info.name, info.size, kind, bool(info.mode & 0o111))
