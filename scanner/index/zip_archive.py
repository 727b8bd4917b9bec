"""Zip (APPNOTE 6.3): the central directory is what installers trust, so it is what is read, and is held against bounds
before it becomes objects."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO

from scanner.index.members import (
    CHUNK,
    Archive,
    ArchiveLimits,
    Keep,
    Member,
    MemberBytes,
    MemberDigest,
    MemberKind,
    ProblemCode,
    Wanted,
    digest_of,
    plain_path,
)
from scanner.index.unpacked import TooMuchError
from scanner.index.zip_methods import open_member

MAX_DIRECTORY_BYTES = 64 * 1024 * 1024
_LOCAL = struct.Struct("<4s2xHH16xHH")
"""Of a local file header (APPNOTE 4.3.7): signature, flags, method, lengths of name and extra field."""
_LENGTHS = struct.Struct("<HHH")
"""Of an entry of the central directory, at byte 28: lengths of name, extra field and comment."""
_ENTRY = 46
_ZIP64_END = 56 + 20
_ODD_MODES: dict[int, ProblemCode] = {
    0o12: "link", 0o14: "special-file", 0o06: "special-file", 0o02: "special-file", 0o01: "special-file",
}  # fmt: skip
_WHOLE = 8 * 1024 * 1024
"""Members of at most this size are inflated in one piece also where only their digest is asked for."""


def count_entries(stream: IO[bytes], bound: int) -> int:
    """How many entries the central directory has, without making an object of any: each would cost ten times the bytes
    that it has in the file. Counting ends at ``bound + 1``. Raises :class:`zipfile.BadZipFile` for no zip, and for a
    directory of more than ``MAX_DIRECTORY_BYTES`` a :class:`TooMuchError`."""
    # The reading of the module that will make the objects: another one could be told another directory.
    end = zipfile._EndRecData(stream)  # type: ignore[attr-defined]
    if not end:
        raise zipfile.BadZipFile("it has no central directory")
    size = int(end[5])
    if size > MAX_DIRECTORY_BYTES:
        raise TooMuchError(f"its directory has {size:,} bytes; at most {MAX_DIRECTORY_BYTES:,} are read")
    start = int(end[9]) - size - (_ZIP64_END if end[0] == b"PK\x06\x06" else 0)
    if start < 0:
        raise zipfile.BadZipFile("its directory is said to begin before the file does")
    stream.seek(start)
    directory = stream.read(size)
    count = at = 0
    while at + _ENTRY <= len(directory) and count <= bound:
        at += _ENTRY + sum(_LENGTHS.unpack_from(directory, at + 28))
        count += 1
    stream.seek(0)
    return count


class ZipArchive(Archive):
    """An opened zip."""

    def __init__(self, stream: BinaryIO, filename: str, limits: ArchiveLimits) -> None:
        super().__init__(filename, limits)
        self._stream = stream
        self._length = stream.seek(0, io.SEEK_END)
        if count_entries(stream, limits.members) > limits.members:
            raise TooMuchError(f"it has more than {limits.members:,} members, and none of them was read")
        self._zip = zipfile.ZipFile(stream)
        self._infos = self._zip.infolist()
        self.members = self.vetted([_zip_member(info) for info in self._infos])
        self._last = {one.path: number for number, one in enumerate(self.members) if one.kind == "file"}
        for member, info in zip(self.members, self._infos, strict=True):
            code = _ODD_MODES.get((info.external_attr >> 28) & 0xF)
            if code is not None:
                self.problem(code, member.path, "the member is marked as a link or a device; installers write a file")
        self._unreadable = self._misplaced()

    def _misplaced(self) -> frozenset[int]:
        """Numbers of members whose bytes lie outside the file or in those of another member, as only bombs have it."""
        found: set[int] = set()
        order = sorted(range(len(self._infos)), key=lambda number: self._infos[number].header_offset)
        for place, number in enumerate(order):
            info = self._infos[number]
            following = self._infos[order[place + 1]].header_offset if place + 1 < len(order) else self._length
            end = info.header_offset + 30 + info.compress_size
            if info.header_offset < 0 or end > self._length:
                self.problem("truncated", info.filename, "the member is said to lie outside the archive")
                found.add(number)
            elif end > following:
                self.problem("bomb", info.filename, "the member's bytes are also those of another member")
                found.add(number)
        return frozenset(found)

    def _readable(self, wanted: Wanted | None) -> Iterator[tuple[Member, zipfile.ZipInfo | None]]:
        """Wanted regular files; without their place in the archive where they are not to be read."""
        for number, (member, info) in enumerate(zip(self.members, self._infos, strict=True)):
            if member.kind != "file" or (wanted and not wanted(member)):
                continue
            if info.flag_bits & 0x1:
                self._encrypted(member)
                yield member, None
            else:
                yield member, None if number in self._unreadable else info

    def _encrypted(self, member: Member) -> None:
        self.problem("encrypted", member.path, "the member is encrypted and cannot be read")

    def files(self, wanted: Wanted | None = None, max_bytes: int | None = None) -> Iterator[MemberBytes]:
        bound = min(max_bytes or self.limits.member_bytes, self.limits.member_bytes)
        most = self.limits.ceiling(self._length)
        total = 0
        for member, info in self._readable(wanted):
            if info is None:
                yield MemberBytes(member, b"", truncated=True)
                continue
            data, whole = self._bytes(info, min(bound, most - total))
            total += len(data)
            if total >= most:
                self._ends(most)
                return
            yield MemberBytes(member, data, truncated=not whole)

    def digests(self, wanted: Wanted | None = None, keep: Keep = lambda _: 0) -> Iterator[MemberDigest]:
        most = self.limits.ceiling(self._length)
        total = 0
        for member, info in self._readable(wanted):
            if info is None:
                yield MemberDigest(member, 0, "", b"", truncated=True)
                continue
            if info.file_size <= _WHOLE:
                data, whole = self._bytes(info, min(_WHOLE, most - total))
                one = digest_of(member, [data], keep(member))
            else:
                self._broken = False
                one = digest_of(member, self._pieces(info, most - total), keep(member))
                whole = not self._broken
            total += one.size
            if total >= most:
                self._ends(most)
                return
            yield one if whole else MemberDigest(member, one.size, "", one.head, truncated=True)

    def read(self, member: Member | str, max_bytes: int | None = None) -> bytes | None:
        number = self._last.get(member if isinstance(member, str) else member.path)
        if number is None or number in self._unreadable:
            return None
        if self._infos[number].flag_bits & 0x1:
            self._encrypted(self.members[number])
            return None
        bound = min(max_bytes or self.limits.member_bytes, self.limits.member_bytes)
        return self._bytes(self._infos[number], bound)[0]

    def _pieces(self, info: zipfile.ZipInfo, bound: int) -> Iterator[bytes]:
        """A member piece by piece. Sets ``_broken`` where it cannot be read to its end."""
        ceiling = min(bound, self.limits.ceiling(info.compress_size))
        size = 0
        try:
            with open_member(self._zip, info) as opened:
                while piece := opened.read(CHUNK):
                    size += len(piece)
                    if size > ceiling:
                        self._grows(info)
                        return
                    yield piece
        except Exception as error:  # noqa: BLE001 (lzma and bz2 members raise errors of their own on hostile bytes)
            self._broken = True
            self.problem("truncated", info.filename, f"the member cannot be read to its end: {type(error).__name__}")

    def _ends(self, most: int) -> None:
        self.problem("too-large", "", f"it unpacks to more than {most:,} bytes; the rest was not read")

    def _grows(self, info: zipfile.ZipInfo) -> None:
        self._broken = True
        self.problem("too-large", info.filename, f"it grows more than {self.limits.ratio} times when it is unpacked")

    def _bytes(self, info: zipfile.ZipInfo, bound: int) -> tuple[bytes, bool]:
        """Up to ``bound`` bytes, and whether that was all. The claimed size is not believed."""
        path = info.filename
        grown = self.limits.ceiling(info.compress_size)
        ceiling = min(bound, grown)
        plain = self._plainly(info, ceiling)
        if plain is not None:
            return plain, True
        pieces: list[bytes] = []
        size = 0
        try:
            with open_member(self._zip, info) as opened:
                # A member that lies about its size must not make us allocate what it claims.
                while size <= ceiling and (piece := opened.read(min(CHUNK, ceiling + 1 - size))):
                    pieces.append(piece)
                    size += len(piece)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            self.problem("truncated", path, f"the member cannot be read to its end: {error}")
            return b"", False
        except Exception as error:  # noqa: BLE001 (lzma and bz2 members raise errors of their own on hostile bytes)
            self.problem("truncated", path, f"the member cannot be decompressed: {type(error).__name__}")
            return b"", False
        if size > ceiling:
            if ceiling == grown:
                self._grows(info)
            kept = min(ceiling, self.limits.ratio_floor)
            return b"".join(pieces[: kept // CHUNK + 1])[:kept], False
        data = b"".join(pieces)
        if len(data) != info.file_size:
            self.problem("size-lie", path, f"the archive claims {info.file_size} bytes, the member has {len(data)}")
        return data, True

    def beginnings(self, wanted: Wanted, size: int) -> Iterator[tuple[str, bytes]]:
        for member, info in self._readable(wanted):
            if info is None:
                continue
            data = self._plain_beginning(info, size)
            if data is not None:
                yield member.path, data
                continue
            try:
                with open_member(self._zip, info) as opened:
                    yield member.path, opened.read(size)
            except Exception as error:  # noqa: BLE001 (lzma and bz2 members raise errors of their own on hostile bytes)
                self.problem("truncated", member.path, f"the member's beginning cannot be read: {type(error).__name__}")

    def _plainly(self, info: zipfile.ZipInfo, ceiling: int) -> bytes | None:
        """The bytes of a member in which nothing is odd, without the ``zipfile`` module's layers, which cost more than
        inflating a small member does. ``None`` where anything differs from what the directory says, or where the member
        is larger than ``ceiling``: the careful way then says what is wrong."""
        # Deflate adds five bytes to a block that it cannot shrink; more than that is padding.
        if info.file_size > ceiling or info.compress_size > info.file_size + info.file_size // 8 + 1024:
            return None
        raw = self._stored(info, info.compress_size)
        if raw is not None and info.compress_type == zipfile.ZIP_DEFLATED:
            inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                raw = inflater.decompress(raw, info.file_size + 1)
            except zlib.error:
                return None
            if not inflater.eof:
                return None
        return raw if raw is not None and len(raw) == info.file_size and zlib.crc32(raw) == info.CRC else None

    def _plain_beginning(self, info: zipfile.ZipInfo, size: int) -> bytes | None:
        """The first ``size`` bytes of such a member, or ``None``."""
        size = min(size, info.file_size)
        raw = self._stored(info, min(info.compress_size, 2 * size + 1024))
        if raw is None:
            return None
        if info.compress_type == zipfile.ZIP_STORED:
            return raw[:size] if len(raw) >= size else None
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, size or 1)
        except zlib.error:
            return None
        return data if len(data) == size else None

    def _stored(self, info: zipfile.ZipInfo, size: int) -> bytes | None:
        """The first ``size`` bytes of a member as they are stored, or ``None`` where its own header says something else
        than the directory does, or where it is not simply deflated or stored."""
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return None
        try:
            self._stream.seek(info.header_offset)
            header = self._stream.read(_LOCAL.size)
            magic, flags, method, name_size, extra_size = _LOCAL.unpack(header)
            name = self._stream.read(name_size)
            encoded = info.orig_filename.encode("utf-8" if flags & 0x800 else "cp437")
            if magic != b"PK\x03\x04" or flags & 0x21 or method != info.compress_type or name != encoded:
                return None
            self._stream.seek(extra_size, io.SEEK_CUR)
            return self._stream.read(size)
        except (struct.error, OSError, ValueError):
            return None

    def close(self) -> None:
        self._zip.close()
        self._stream.close()


def _zip_member(info: zipfile.ZipInfo) -> Member:
    """What is marked as a link or a device is a file all the same: installers write its bytes as one."""
    kind: MemberKind = "folder" if info.filename.endswith("/") else "file"
    return Member(plain_path(info.filename), info.file_size, kind, bool((info.external_attr >> 16) & 0o111))
