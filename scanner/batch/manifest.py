"""The manifest of a batch: a line of JSON for each leaf, in the order of the tree, compressed by Zstandard (RFC 8878).

A line is ``["path",size,"sha256"]``; for a file whose records were hashed, ``["path",size,"sha256",records,"root"]``;
for an empty folder ``["path/"]``. Each line has one encoding, and lines are in strictly ascending order: a manifest
with a leaf twice, out of order or in another spelling is refused, whoever signed it.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from scanner.batch.names import order_key, path_fault
from scanner.files import open_regular
from scanner.model.errors import InputError, UsageError

MAX_LINE = 64 * 1024
_WINDOW_LOG = 23
"""No frame may ask for more than 8 MiB of memory."""
_CHUNK = 256 * 1024
_NO_RECORDS = -1


class Leaf(NamedTuple):
    """``path`` ends with ``/`` for an empty folder. ``records`` is -1 where records were not hashed; ``root`` is the
    Merkle root over them (RFC 6962, section 2.1)."""

    path: str
    size: int = 0
    sha256: bytes = b""
    records: int = _NO_RECORDS
    root: bytes = b""

    @property
    def is_empty_folder(self) -> bool:
        return self.path.endswith("/")


class Digest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SHA-256 (hex) and size in bytes of a file that the statement names."""

    sha256: str
    size: int


def encode_leaf(leaf: Leaf) -> bytes:
    """The one line of a leaf, without its newline."""
    if leaf.is_empty_folder:
        return msgspec.json.encode((leaf.path,))
    if leaf.records == _NO_RECORDS:
        return msgspec.json.encode((leaf.path, leaf.size, leaf.sha256.hex()))
    return msgspec.json.encode((leaf.path, leaf.size, leaf.sha256.hex(), leaf.records, leaf.root.hex()))


def decode_leaf(line: bytes) -> Leaf:
    """The leaf of a line. Raises :class:`ValueError` for what :func:`encode_leaf` would not write."""
    row = msgspec.json.decode(line, type=list[str | int])
    match row:
        case [str(path)] if path.endswith("/"):
            leaf = Leaf(path)
        case [str(path), int(size), str(digest)] if size >= 0:
            leaf = Leaf(path, size, bytes.fromhex(digest))
        case [str(path), int(size), str(digest), int(records), str(root)] if size >= 0 and records >= 0:
            leaf = Leaf(path, size, bytes.fromhex(digest), records, bytes.fromhex(root))
        case _:
            raise ValueError("it is no leaf")
    if len(leaf.sha256) != (0 if leaf.is_empty_folder else 32) or len(leaf.root) != (32 if leaf.records >= 0 else 0):
        raise ValueError("its digest is no SHA-256")
    if leaf.is_empty_folder and len(row) > 1:
        raise ValueError("it is no leaf")
    if fault := path_fault(leaf.path):
        raise ValueError(f"its path cannot stand in a manifest: {fault}")
    if encode_leaf(leaf) != line:
        raise ValueError("it is not in the one spelling that is signed")
    return leaf


class LineWriter:
    """Compressed lines into a new file; :meth:`close` gives the digest of the compressed bytes."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._compress = _zstd().ZstdCompressor()
        self._hash = hashlib.sha256()
        self._size = 0
        self._waiting: list[bytes] = []
        self._held = 0

    def write(self, line: bytes) -> None:
        """One line, given without its newline."""
        self._waiting.append(line)
        self._held += len(line)
        if self._held > _CHUNK:
            self._pass_on()

    def close(self) -> Digest:
        self._pass_on()
        self._put(self._compress.flush())
        self._file.close()
        return Digest(self._hash.hexdigest(), self._size)

    def _pass_on(self) -> None:
        if self._waiting:
            self._put(self._compress.compress(b"\n".join(self._waiting) + b"\n"))
        self._waiting, self._held = [], 0

    def _put(self, body: bytes) -> None:
        self._hash.update(body)
        self._size += len(body)
        self._file.write(body)


def read_lines(path: Path, expected: Digest) -> Iterator[bytes]:
    """The lines of a compressed file, without newlines, in bounded memory.

    The digest is known at the end alone, so whoever reads must take nothing for true before the last line. Raises
    :class:`InputError` for a file that is not the one expected, or that is no such file.
    """
    zstd = _zstd()
    where = str(path)
    limit = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    unpack = zstd.ZstdDecompressor(options=limit)
    hashed, size, rest = hashlib.sha256(), 0, b""
    try:
        with open_regular(path) as opened:
            while size <= expected.size and (body := opened.read(_CHUNK)):
                hashed.update(body)
                size += len(body)
                while True:
                    if unpack.eof:
                        if body or unpack.unused_data:
                            raise InputError("something stands behind its end", where=where)
                        break
                    found = unpack.decompress(body, max_length=_CHUNK)
                    body = b""
                    *lines, rest = (rest + found).split(b"\n")
                    if len(rest) > MAX_LINE:
                        raise InputError(f"a line is longer than {MAX_LINE:,} bytes", where=where)
                    yield from lines
                    if unpack.eof:
                        if unpack.unused_data:
                            raise InputError("something stands behind its end", where=where)
                        break
                    if unpack.needs_input:
                        break
    except zstd.ZstdError as error:
        raise InputError(f"it is damaged: {error}", where=where, remedy=_REMEDY) from error
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}", where=where) from error
    if rest or not unpack.eof:
        raise InputError("it ends before its end", where=where, remedy=_REMEDY)
    if (hashed.hexdigest(), size) != (expected.sha256, expected.size):
        raise InputError("it is not the file that the statement names", where=where, remedy=_REMEDY)


def read_manifest(path: Path, expected: Digest) -> Iterator[Leaf]:
    """The leaves in order; as :func:`read_lines` says, none is proven before the last. Raises :class:`InputError`."""
    before = ""
    for number, line in enumerate(read_lines(path, expected), 1):
        try:
            leaf = decode_leaf(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"the line is refused: {error}", where=f"{path}:{number}", remedy=_REMEDY) from error
        key = order_key(leaf.path)
        if key <= before and number > 1:
            raise InputError("its lines are not in order", where=f"{path}:{number}", remedy=_REMEDY)
        before = key
        yield leaf


_REMEDY = "Get the manifest again from who delivered the batch."


def _zstd() -> Any:
    """Zstandard of the standard library (Python 3.14), or its backport."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        remedy = "Install it: pip install 'assay[signing]'."
        raise UsageError("batches need Zstandard, which is not installed", remedy=remedy) from error
    return zstd
