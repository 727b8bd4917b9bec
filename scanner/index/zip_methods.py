"""Members of a zip, opened so that reading ``n`` bytes takes memory for about ``n``, whatever they are packed with.

The ``zipfile`` module bounds only what was deflated: of bzip2 and LZMA it unpacks all that some bytes hold, and 788 of
them hold 900 million.
"""

from __future__ import annotations

import bz2
import copy
import lzma
import struct
import zipfile
import zlib
from types import TracebackType
from typing import IO, Any, Protocol

CHUNK = 64 * 1024
MAX_DICTIONARY = 128 * 1024 * 1024
_LZMA_HEADER = struct.Struct("<2xH")
"""APPNOTE 5.8.8: the version of the library, and the size of the properties that follow."""
_PROPERTIES = struct.Struct("<BI")


class Opened(Protocol):
    """What a member is read from."""

    def read(self, size: int, /) -> bytes: ...
    def __enter__(self) -> Opened: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool | None: ...


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Opened:
    """The member's bytes. Raises what the ``zipfile`` module does; so does reading, also for a wrong checksum."""
    if info.compress_type not in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        return archive.open(info)
    stored: Any = copy.copy(info)
    stored.compress_type = zipfile.ZIP_STORED
    stored.file_size = info.compress_size
    stored.CRC = None  # That of the packed bytes is stated nowhere.
    return _Unpacking(archive.open(stored), info)


class _Unpacking:
    def __init__(self, packed: IO[bytes], info: zipfile.ZipInfo) -> None:
        self._packed = packed
        self._checksum = self._count = 0
        self._stated, self._claimed = info.CRC, info.file_size
        self._name = info.filename
        self._ended = False
        self._unpacker: bz2.BZ2Decompressor | lzma.LZMADecompressor
        if info.compress_type == zipfile.ZIP_BZIP2:
            self._unpacker = bz2.BZ2Decompressor()
        else:
            self._unpacker = _lzma(packed)

    def read(self, size: int, /) -> bytes:
        """``size`` bytes; fewer at the end."""
        pieces: list[bytes] = []
        while not self._ended and size > 0:
            data = self._packed.read(CHUNK) if self._unpacker.needs_input else b""
            if self._unpacker.needs_input and not data:
                if self._count != self._claimed:
                    raise EOFError("the packed bytes end early")
                self._end()  # LZMA may do without a mark at its end.
                break
            piece = self._unpacker.decompress(data, size)
            self._checksum = zlib.crc32(piece, self._checksum)
            self._count += len(piece)
            size -= len(piece)
            pieces.append(piece)
            if self._unpacker.eof:
                self._end()
        return b"".join(pieces)

    def _end(self) -> None:
        self._ended = True
        if self._checksum != self._stated:
            raise zipfile.BadZipFile(f"Bad CRC-32 for file {self._name!r}")

    def __enter__(self) -> _Unpacking:
        return self

    def __exit__(self, *_: object) -> None:
        self._packed.close()


def _lzma(packed: IO[bytes]) -> lzma.LZMADecompressor:
    [size] = _LZMA_HEADER.unpack(packed.read(_LZMA_HEADER.size))
    first, dictionary = _PROPERTIES.unpack(packed.read(size))
    if dictionary > MAX_DICTIONARY:
        raise lzma.LZMAError(f"it wants a dictionary of {dictionary:,} bytes")
    places, literals = divmod(first, 9)
    settings = {"lc": literals, "lp": places % 5, "pb": places // 5, "dict_size": dictionary}
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, **settings}])
