"""Members of a wheel, sdist, egg or zip, read in memory within bounds. Links and devices are never followed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

READ_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
    RuntimeError,
    NotImplementedError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    UnicodeError,
)


@dataclass(frozen=True)
class Bounds:
    """Bytes and members that one archive may cost. ``total`` counts decompressed bytes, skipped members included."""

    member: int = 64 << 20
    total: int = 512 << 20
    members: int = 50_000


@dataclass(frozen=True)
class Member:
    """One regular file of an archive, or the reason why it was not read (``data`` is then empty)."""

    name: str
    data: bytes
    skipped: str = ""


class BoundReachedError(ValueError):
    """An archive costs more than its bounds allow; what was read until then is kept."""


class _Counted(io.RawIOBase):
    """A decompressing stream that stops after ``limit`` bytes, so that skipping a huge member is bounded too."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._left = limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = self._left + 1 if size < 0 else min(size, self._left + 1)
        data = self._stream.read(wanted)
        self._left -= len(data)
        if self._left < 0:
            raise BoundReachedError("the archive holds more decompressed bytes than allowed")
        return data


def _decompressed(raw: bytes) -> IO[bytes]:
    stream = io.BytesIO(raw)
    if raw[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=stream)  # type: ignore[return-value]
    if raw[:3] == b"BZh":
        return bz2.BZ2File(stream)
    if raw[:6] == b"\xfd7zXZ\x00":
        return lzma.LZMAFile(stream)
    return stream


def _zip_members(raw: bytes, bounds: Bounds) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        left = bounds.total
        for number, info in enumerate(archive.infolist()):
            if number >= bounds.members:
                raise BoundReachedError("the archive has more members than allowed")
            if info.is_dir():
                continue
            if (info.external_attr >> 28) == 0xA:
                yield Member(info.filename, b"", "symbolic link")
                continue
            limit = min(bounds.member, left)
            try:
                with archive.open(info) as stream:
                    data = stream.read(limit + 1)
            except READ_ERRORS as error:
                yield Member(info.filename, b"", f"unreadable: {type(error).__name__}")
                continue
            left -= len(data)
            if left < 0:
                raise BoundReachedError("the archive holds more decompressed bytes than allowed")
            if len(data) > bounds.member:
                yield Member(info.filename, b"", "larger than the bound on one member")
                continue
            yield Member(info.filename, data)


def _tar_members(raw: bytes, bounds: Bounds) -> Iterator[Member]:
    counted = _Counted(_decompressed(raw), bounds.total)
    with tarfile.open(fileobj=counted, mode="r|") as archive:
        for number, info in enumerate(archive):
            if number >= bounds.members:
                raise BoundReachedError("the archive has more members than allowed")
            if info.isdir():
                continue
            if info.issym() or info.islnk():
                yield Member(info.name, b"", "link")
            elif not info.isreg():
                yield Member(info.name, b"", "not a regular file")
            elif info.size > bounds.member:
                yield Member(info.name, b"", "larger than the bound on one member")
            else:
                stream = archive.extractfile(info)
                yield Member(info.name, stream.read() if stream is not None else b"")


def members(raw: bytes, bounds: Bounds = Bounds()) -> Iterator[Member]:
    """Regular files of the archive ``raw``; the format is told from its first bytes, never from its name.

    Raises one of :data:`READ_ERRORS` (:class:`BoundReachedError` is one) after the members that could be read.
    """
    if raw[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        yield from _zip_members(raw, bounds)
    else:
        yield from _tar_members(raw, bounds)


def readable_members(raw: bytes, bounds: Bounds = Bounds()) -> tuple[list[Member], str]:
    """All members until the first fault, and the fault in words ("" when there was none)."""
    found: list[Member] = []
    try:
        for member in members(raw, bounds):
            found.append(member)
    except READ_ERRORS as error:
        return found, f"{type(error).__name__}: {error}"
    return found, ""


def python_bytes(files: list[Member]) -> int:
    """Bytes of Python source among the members: what throughput is measured in."""
    return sum(len(member.data) for member in files if member.name.endswith((".py", ".pyw")))


def read_archive(path: Path, bounds: Bounds = Bounds()) -> tuple[list[Member], str]:
    """:func:`readable_members` of a file on disk."""
    return readable_members(path.read_bytes(), bounds)
