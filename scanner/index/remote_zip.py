"""One member of a remote wheel, by range requests: the central directory is at the end, so a few kilobytes suffice."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import IO, cast

from scanner.index.archive import ZIP_DAMAGE
from scanner.index.unpacked import TooMuchError
from scanner.index.zip_archive import count_entries
from scanner.index.zip_methods import open_member
from scanner.model.errors import NetworkError

TAIL = 64 * 1024
MAX_RANGE = 32 * 1024 * 1024
MAX_MEMBERS = 100_000
FetchRange = Callable[[int, int], bytes]


class RangeFile(io.RawIOBase):
    """A file of known size whose bytes are fetched when they are read; what was fetched is kept."""

    def __init__(self, size: int, fetch: FetchRange) -> None:
        self._size = size
        self._fetch = fetch
        self._at = 0
        self._parts: list[tuple[int, bytes]] = []
        self.fetched = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._size, self._at + size)
        if end <= self._at:
            return b""
        data = self._bytes(self._at, end)
        self._at += len(data)
        return data

    def _bytes(self, start: int, end: int) -> bytes:
        for offset, part in self._parts:
            if offset <= start and end <= offset + len(part):
                return part[start - offset : end - offset]
        # The first read, near the end, takes the whole directory at once; later reads take a little more than asked.
        low = max(0, min(start, self._size - TAIL)) if not self._parts else start
        high = min(self._size, max(end, start + 16 * 1024))
        if high - low > MAX_RANGE:
            raise NetworkError("a range read of the archive asks for too much of it")
        part = self._fetch(low, high)
        if len(part) != high - low:
            raise NetworkError("the server's range answer has another length than asked for")
        self.fetched += len(part)
        self._parts.append((low, part))
        return part[start - low : end - low]


def read_wheel_metadata(size: int, fetch: FetchRange, bound: int) -> bytes:
    """``*.dist-info/METADATA`` of a remote wheel. Raises :class:`NetworkError` where that is not to be had."""
    try:
        remote = RangeFile(size, fetch)
        if count_entries(cast(IO[bytes], remote), MAX_MEMBERS) > MAX_MEMBERS:
            raise NetworkError(f"the wheel has more than {MAX_MEMBERS:,} members")
        with zipfile.ZipFile(remote) as opened:
            names = [one for one in opened.namelist() if one.endswith(".dist-info/METADATA") and one.count("/") == 1]
            if len(names) != 1:
                raise NetworkError("the wheel does not have exactly one METADATA")
            with open_member(opened, opened.getinfo(names[0])) as member:
                return member.read(bound)
    except NetworkError:
        raise
    except (TooMuchError, *ZIP_DAMAGE) as error:
        raise NetworkError(f"the wheel's directory cannot be read by ranges: {error}") from error
