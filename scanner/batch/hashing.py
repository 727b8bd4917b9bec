"""SHA-256 of files, in order: small ones where they are met, large ones by threads.

:mod:`hashlib` lets go of the interpreter's lock. For small files threads only wait for each other: they took more CPU
seconds and no less time where it was tried.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from scanner.batch.walk import Found
from scanner.files import open_handle

SMALL = 256 * 1024
"""Bytes up to which a file is read at once."""
_CHUNK = 256 * 1024
_AHEAD = 4096


class ChangedError(OSError):
    """The file changed while it was read: no digest would be true of it."""

    def __init__(self, place: str) -> None:
        super().__init__(0, "it changed while it was read", place)


class Hashed(NamedTuple):
    """Size in bytes, and the 32 bytes of the digest."""

    size: int
    sha256: bytes


def hash_file(place: str) -> Hashed:
    """The digest of a regular file, no link followed, read to the size that it had when it was opened.

    Raises :class:`ChangedError` where size, time or content moved meanwhile, :class:`OSError` as ``open`` does.
    """
    return _hash_opened(place, open_handle(place))


def hash_in_order(found: Iterable[Found], workers: int = 0) -> Iterator[tuple[Found, Hashed | OSError | None]]:
    """Each with its digest, in the order given; ``None`` for what is no file, and the error of one that cannot be read.

    ``workers`` threads (default: one for each core) hash large files while the walk goes on, at most a few thousand
    entries ahead.
    """
    waiting: deque[tuple[Found, Hashed | OSError | Future[Hashed] | None]] = deque()
    large = 0
    count = workers or os.cpu_count() or 1
    with ThreadPoolExecutor(count, thread_name_prefix="assay-hash") as pool:
        for one in found:
            result: Hashed | OSError | Future[Hashed] | None = None
            if one.kind == "file":
                try:
                    handle = open_handle(one.place)
                    if os.fstat(handle).st_size <= SMALL:
                        result = _hash_opened(one.place, handle)
                    else:
                        os.close(handle)
                        result = pool.submit(hash_file, one.place)
                        large += 1
                except OSError as error:
                    result = error
            if not waiting and not isinstance(result, Future):
                yield one, result
                continue
            waiting.append((one, result))
            while waiting and (large > 2 * count or len(waiting) > _AHEAD or _is_done(waiting[0][1])):
                first, value = waiting.popleft()
                large -= isinstance(value, Future)
                yield first, _settled(value)
        for first, value in waiting:
            yield first, _settled(value)


def _is_done(value: Hashed | OSError | Future[Hashed] | None) -> bool:
    return not isinstance(value, Future) or value.done()


def _settled(value: Hashed | OSError | Future[Hashed] | None) -> Hashed | OSError | None:
    if not isinstance(value, Future):
        return value
    try:
        return value.result()
    except OSError as error:
        return error


def _hash_opened(place: str, handle: int) -> Hashed:
    try:
        before = os.fstat(handle)
        size = before.st_size
        if size <= SMALL:
            # One byte more than there should be: a file that grows gives it.
            data = os.read(handle, size + 1)
            digest, read = hashlib.sha256(data), len(data)
        else:
            digest, read = hashlib.sha256(), 0
            buffer = memoryview(bytearray(_CHUNK))
            while read <= size and (got := os.readv(handle, [buffer])):
                digest.update(buffer[:got])
                read += got
        after = os.fstat(handle)
        if read != size or (after.st_size, after.st_mtime_ns, after.st_ctime_ns) != (
            size,
            before.st_mtime_ns,
            before.st_ctime_ns,
        ):
            raise ChangedError(place)
        return Hashed(size, digest.digest())
    finally:
        os.close(handle)
