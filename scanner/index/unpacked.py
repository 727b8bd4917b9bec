"""The bytes of a packed stream (gzip, bzip2, xz, lzma, or as it is), piece by piece, and never more than a bound.

No unpacker is given more room than one piece, and none takes memory that the stream only claims to need.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

CHUNK = 64 * 1024
XZ_MEMORY = 128 * 1024 * 1024
"""Of the dictionary of an xz stream: ``xz -9`` needs 65 MiB."""
MAX_STREAMS = 20_000
"""Of packed streams behind each other; bgzip makes one of each 64 KiB."""
GZIP, BZIP2, XZ, LZMA = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x5d\0\0"


class TooMuchError(Exception):
    """More than a bound of ours: nothing is known to be wrong with what comes after it."""


class DamagedError(Exception):
    """Bytes that are not what they must be; the message ends the sentence "the archive is damaged: …"."""


DAMAGE = (DamagedError, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError)
"""What unpacking raises on hostile bytes."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Gzip:
    """zlib's unpacker with the manner of the other two. Header and checksum are held to by zlib."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail and not self._full

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = CHUNK) -> bytes:
        tail = self._inner.unconsumed_tail
        piece = self._inner.decompress(tail + data if tail else data, max_length)
        self._full = len(piece) >= max_length
        return piece


_UNPACKERS: tuple[tuple[bytes, Callable[[], _Unpacker]], ...] = (
    (GZIP, _Gzip),
    (BZIP2, bz2.BZ2Decompressor),
    (XZ, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)),
    (LZMA, lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=XZ_MEMORY)),
)


def unpacked(stream: BinaryIO, ceiling: int) -> Iterator[bytes]:
    """The unpacked bytes of the stream from where it stands, in pieces of at most ``CHUNK``.

    Raises :class:`TooMuchError`, also past ``ceiling`` bytes, and one of ``DAMAGE``.
    """
    size = 0
    for piece in _pieces(stream):
        if size + len(piece) > ceiling:
            yield piece[: ceiling - size]
            raise TooMuchError(f"it unpacks to more than {ceiling:,} bytes")
        size += len(piece)
        yield piece


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    data = stream.read(CHUNK)
    magic, make = next(((one, found) for one, found in _UNPACKERS if data.startswith(one)), (b"", None))
    if make is None:
        while data:
            yield data
            data = stream.read(CHUNK)
        return
    for _ in range(MAX_STREAMS):
        unpacker = make()
        while True:
            piece = unpacker.decompress(data, CHUNK)
            if piece:
                yield piece
            if unpacker.eof:
                break
            data = b""
            if unpacker.needs_input:
                data = stream.read(CHUNK)
                if not data:
                    raise EOFError("the packed stream ends early")
        data = _following(stream, unpacker.unused_data)
        if not data.startswith(magic):
            return  # What follows the last stream is padding or belongs to somebody else, as for every unpacker.
    raise TooMuchError(f"it has more than {MAX_STREAMS:,} packed streams")


def _following(stream: BinaryIO, data: bytes) -> bytes:
    """What follows a stream, without the zeros that may stand between two."""
    while True:
        data = data.lstrip(b"\0")
        if len(data) >= len(XZ):
            return data
        more = stream.read(CHUNK)
        if not more:
            return data
        data += more


class Reader:
    """Pieces read as a file is, in one direction. What goes wrong ends the bytes, and is kept as ``failure``."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._at = 0
        self.position = 0
        self.failure: Exception | None = None

    def pieces(self, size: int) -> Iterator[bytes]:
        """At most ``size`` bytes, in pieces; fewer at the end. What is not taken from the iterator is not passed."""
        while size > 0:
            if self._at >= len(self._piece):
                self._piece, self._at = self._next(), 0
                if not self._piece:
                    return
            part = self._piece[self._at : self._at + size]
            self._at += len(part)
            self.position += len(part)
            size -= len(part)
            yield part

    def _next(self) -> bytes:
        try:
            return next(self._pieces, b"")
        except (TooMuchError, *DAMAGE) as error:
            self.failure = error
            return b""

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; memory is taken as they arrive."""
        return b"".join(self.pieces(size))

    def skip(self, size: int) -> int:
        """Pass over at most ``size`` bytes; how many there were."""
        return sum(map(len, self.pieces(size)))
