"""Archives of distributions (wheel, sdist, egg, zip), read in memory and within bounds. Nothing is unpacked to disk.

Everything odd about an archive is a value (:class:`ArchiveProblem`) beside the members that could be read.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from scanner.files import open_regular
from scanner.model.errors import InputError

MemberKind = Literal["file", "folder", "link", "other"]
ProblemCode = Literal[
    "traversal", "absolute-path", "link", "duplicate", "size-lie", "bomb", "encrypted", "truncated", "special-file"
]
ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,  # NotImplementedError is one, and so is what an encrypted member raises.
    OverflowError,
)
"""What ``zipfile`` and its decompressors raise on hostile bytes."""
_CHUNK = 256 * 1024
_LOCAL = struct.Struct("<4s2xHH16xHH")
"""Of a local file header (APPNOTE 4.3.7): signature, flags, method, lengths of name and extra field."""


class ArchiveLimits(msgspec.Struct, frozen=True):
    """Bounds, in members and bytes. ``ratio`` is the most that one member may grow beyond ``ratio_floor`` bytes."""

    members: int = 100_000
    total_bytes: int = 2 * 1024**3
    member_bytes: int = 512 * 1024**2
    ratio: int = 400
    ratio_floor: int = 32 * 1024**2


class ArchiveProblem(msgspec.Struct, frozen=True, order=True):
    """One thing wrong with an archive, and the member that shows it (empty: the archive as a whole)."""

    code: ProblemCode
    member: str
    message: str


class Member(msgspec.Struct, frozen=True):
    """One entry. ``path`` is POSIX as stored; ``size`` is what the archive claims, in bytes."""

    path: str
    size: int
    kind: MemberKind
    executable: bool = False


class MemberBytes(msgspec.Struct, frozen=True):
    """A member with its bytes; ``truncated`` where a bound cut them off."""

    member: Member
    data: bytes
    truncated: bool = False


Wanted = Callable[[Member], bool]


class Archive:
    """An opened archive. ``members`` stand in stored order; :meth:`files` streams bytes once, in that order."""

    def __init__(self, filename: str, limits: ArchiveLimits) -> None:
        self.filename = filename
        self.limits = limits
        self.members: tuple[Member, ...] = ()
        self._problems: set[ArchiveProblem] = set()

    @property
    def problems(self) -> tuple[ArchiveProblem, ...]:
        """What is wrong, so far: reading members can add to it."""
        return tuple(sorted(self._problems))

    def problem(self, code: ProblemCode, member: str, message: str) -> None:
        if len(self._problems) < 1000:
            self._problems.add(ArchiveProblem(code, member[:500], message))

    def files(self, wanted: Wanted | None = None, max_bytes: int | None = None) -> Iterator[MemberBytes]:
        """Bytes of every regular file in stored order. ``wanted`` is a predicate over members, or ``None`` for all."""
        del wanted, max_bytes
        return iter(())

    def beginnings(self, wanted: Wanted, size: int) -> Iterator[tuple[str, bytes]]:
        """Path and first ``size`` bytes of every wanted regular file; one that cannot be read so far is a problem."""
        for one in self.files(wanted, size):
            yield one.member.path, one.data

    def read(self, member: Member | str, max_bytes: int | None = None) -> bytes | None:
        """Bytes of the last file of that path (what an installer would keep), cut at a bound; ``None`` for no file."""
        path = member if isinstance(member, str) else member.path
        found: bytes | None = None
        for one in self.files(lambda member: member.path == path, max_bytes):
            found = one.data
        return found

    def close(self) -> None:
        """Release the underlying file."""

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _vet(self, members: list[Member]) -> tuple[Member, ...]:
        """Paths that would leave the target folder, and names that stand twice, are problems."""
        seen: set[str] = set()
        for member in members:
            path = member.path.replace("\\", "/")
            if path.startswith("/") or path[1:2] == ":":
                self.problem("absolute-path", member.path, "the member has an absolute path")
            if ".." in path and ".." in path.split("/"):
                self.problem("traversal", member.path, "the member's path leaves the folder it is unpacked into")
            if member.kind == "link":
                self.problem("link", member.path, "the member is a link")
            if member.kind == "other":
                self.problem("special-file", member.path, "the member is a device or a pipe")
            if member.kind == "file":
                if member.path in seen:
                    self.problem("duplicate", member.path, "the path stands twice: tools differ on which one counts")
                seen.add(member.path)
        return tuple(members)


def open_archive(source: str | Path | bytes, filename: str, limits: ArchiveLimits | None = None) -> Archive:
    """Open a wheel, egg, zip or (compressed) tar by its content. Raises :class:`InputError` for what is neither."""
    limits = limits or ArchiveLimits()
    stream: BinaryIO
    try:
        stream = io.BytesIO(source) if isinstance(source, bytes) else open_regular(source)
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}", where=filename) from error
    from scanner.index.tar_archive import DAMAGE, TarArchive

    magic = stream.read(4)
    stream.seek(0)
    try:
        if magic[:2] == b"PK":
            return ZipArchive(stream, filename, limits)
        return TarArchive(stream, filename, limits)
    except InputError:
        stream.close()
        raise
    except (*ZIP_DAMAGE, *DAMAGE) as error:
        stream.close()
        raise InputError(f"it is not a readable archive: {error}", where=filename) from error


class ZipArchive(Archive):
    """Zip: the central directory is what installers trust, so it is what is read."""

    def __init__(self, stream: BinaryIO, filename: str, limits: ArchiveLimits) -> None:
        super().__init__(filename, limits)
        self._stream = stream
        self._zip = zipfile.ZipFile(stream)
        infos = self._zip.infolist()
        if len(infos) > limits.members:
            self.problem("bomb", "", f"it has {len(infos)} members; only {limits.members} are read")
            infos = infos[: limits.members]
        self._infos = infos
        self.members = self._vet([_zip_member(info) for info in infos])

    def files(self, wanted: Wanted | None = None, max_bytes: int | None = None) -> Iterator[MemberBytes]:
        bound = min(max_bytes or self.limits.member_bytes, self.limits.member_bytes)
        total = 0
        for member, info in zip(self.members, self._infos, strict=True):
            if member.kind != "file" or (wanted and not wanted(member)):
                continue
            if info.flag_bits & 0x1:
                self.problem("encrypted", member.path, "the member is encrypted and cannot be read")
                continue
            data, whole = self._bytes(info, min(bound, self.limits.total_bytes - total))
            total += len(data)
            if total >= self.limits.total_bytes:
                self.problem("bomb", "", "the archive's content is larger than the bound; the rest was not read")
                return
            yield MemberBytes(member, data, truncated=not whole)

    def _bytes(self, info: zipfile.ZipInfo, bound: int) -> tuple[bytes, bool]:
        """Up to ``bound`` bytes, and whether that was all. The claimed size is not believed."""
        path = info.filename
        ceiling = bound
        grown = max(self.limits.ratio * max(info.compress_size, 1), self.limits.ratio_floor)
        ceiling = min(ceiling, grown)
        data = self._plainly(info, ceiling)
        if data is not None:
            return data, True
        try:
            with self._zip.open(info) as opened:
                # A member that lies about its size must not make us allocate what it claims.
                data = opened.read(min(info.file_size, ceiling) + 1)
                while len(data) <= ceiling and (more := opened.read(_CHUNK)):
                    data += more
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            ValueError,
            RuntimeError,
        ) as error:
            self.problem("truncated", path, f"the member cannot be read to its end: {error}")
            return b"", False
        except Exception as error:  # noqa: BLE001 (lzma and bz2 members raise errors of their own on hostile bytes)
            self.problem("truncated", path, f"the member cannot be decompressed: {type(error).__name__}")
            return b"", False
        if len(data) > ceiling:
            if ceiling == grown:
                self.problem("bomb", path, f"the member grows more than {self.limits.ratio} times when it is unpacked")
            return data[:ceiling], False
        if len(data) != info.file_size:
            self.problem("size-lie", path, f"the archive claims {info.file_size} bytes, the member has {len(data)}")
        return data, True

    def beginnings(self, wanted: Wanted, size: int) -> Iterator[tuple[str, bytes]]:
        for member, info in zip(self.members, self._infos, strict=True):
            if member.kind != "file" or not wanted(member):
                continue
            if info.flag_bits & 0x1:
                self.problem("encrypted", member.path, "the member is encrypted and cannot be read")
                continue
            data = self._plain_beginning(info, size)
            if data is not None:
                yield member.path, data
                continue
            try:
                with self._zip.open(info) as opened:
                    yield member.path, opened.read(size)
            except Exception as error:  # noqa: BLE001 (lzma and bz2 members raise errors of their own on hostile bytes)
                self.problem("truncated", member.path, f"the member's beginning cannot be read: {type(error).__name__}")

    def _plainly(self, info: zipfile.ZipInfo, ceiling: int) -> bytes | None:
        """The bytes of a member in which nothing is odd, without the ``zipfile`` module's layers, which cost more than
        inflating a small member does. ``None`` where anything differs from what the directory says, or where the member
        is larger than ``ceiling``: the careful way then says what is wrong."""
        if info.file_size > ceiling:
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
    mode = info.external_attr >> 16
    kind: MemberKind = "folder" if info.is_dir() else "link" if (mode & 0o170000) == 0o120000 else "file"
    return Member(info.filename, info.file_size, kind, bool(mode & 0o111))
