"""Records of one file: a digest for each, and the Merkle root over them.

A record of JSON Lines is hashed in canonical JSON (RFC 8785), so that neither blanks nor the order of keys change it; a
line that has no canonical form (no JSON, a key twice, a number beyond a double) is hashed as it stands. A record of CSV
is one row (RFC 4180), and its fields are hashed. The first byte says which::

    canonical JSON  H(10 ‖ text)    line  H(11 ‖ bytes)    row  H(12 ‖ canonical JSON of its fields)

The file's own SHA-256 is taken in the same pass: what was hashed and what was read as records are the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from scanner.batch.hashing import ChangedError, Hashed
from scanner.batch.tree import Hashes
from scanner.files import open_handle

JSON_LINES = (".jsonl", ".ndjson")
TABLES = (".csv", ".tsv")
MAX_RECORD = 64 * 1024 * 1024
MAX_RECORDS = 4_000_000
"""Of one file: their digests are held in memory."""


class RecordedFile(msgspec.Struct, frozen=True):
    """The file's digest, and ``records`` digests of 32 bytes in one string of bytes."""

    hashed: Hashed
    digests: bytes

    @property
    def records(self) -> int:
        return len(self.digests) // 32

    def root(self) -> bytes:
        return root_of(self.digests)


class NoRecordsError(OSError):
    """The file is not what its suffix says, or has more records than are hashed."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(0, what, place)


def has_records(path: str) -> bool:
    """Whether the suffix is that of a file whose records are hashed."""
    return path.lower().endswith((*JSON_LINES, *TABLES))


def root_of(digests: bytes) -> bytes:
    """The Merkle tree hash over digests of 32 bytes each."""
    hashes = Hashes()
    for start in range(0, len(digests), 32):
        hashes.add(digests[start : start + 32])
    return hashes.root()


def hash_recorded(place: str) -> RecordedFile:
    """Digest of the file and of each of its records. Raises :class:`OSError` as :func:`scanner.batch.hashing.hash_file`
    does, and :class:`NoRecordsError`."""
    with os.fdopen(open_handle(place), "rb") as opened:
        before = os.fstat(opened.fileno())
        taken = _Hashing(opened)
        digests = bytearray()
        table = place.lower().endswith(TABLES)
        for digest in _rows(taken, place) if table else _lines(taken, place):
            digests += digest
            if len(digests) > MAX_RECORDS * 32:
                raise NoRecordsError(place, f"it has more than {MAX_RECORDS:,} records: split it")
        after = os.fstat(opened.fileno())
    now = (after.st_size, after.st_mtime_ns, after.st_ctime_ns)
    if taken.size != before.st_size or now != (before.st_size, before.st_mtime_ns, before.st_ctime_ns):
        raise ChangedError(place)
    return RecordedFile(Hashed(taken.size, taken.hash.digest()), bytes(digests))


def json_digest(line: bytes) -> bytes:
    """The digest of one line of JSON Lines, its newline taken off."""
    try:
        return hashlib.sha256(b"\x10" + canonical(line)).digest()
    except (ValueError, RecursionError):
        return hashlib.sha256(b"\x11" + line).digest()


def canonical(line: bytes) -> bytes:
    """Canonical JSON (RFC 8785). Raises :class:`ValueError` for what has no canonical form."""
    import rfc8785

    return rfc8785.dumps(json.loads(line, object_pairs_hook=_once, parse_constant=_refused))


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


def _refused(text: str) -> object:
    raise ValueError(f"{text} is no JSON")


def _lines(opened: _Hashing, place: str) -> Iterator[bytes]:
    while line := opened.readline(MAX_RECORD + 1):
        if len(line) > MAX_RECORD:
            raise NoRecordsError(place, f"a record is larger than {MAX_RECORD:,} bytes")
        record = line.rstrip(b"\r\n")
        # An empty line is no record; it is part of the file's own digest.
        if record.strip():
            yield json_digest(record)


def _rows(opened: _Hashing, place: str) -> Iterator[bytes]:
    csv.field_size_limit(MAX_RECORD)
    delimiter = "\t" if place.lower().endswith(".tsv") else ","
    try:
        text = io.TextIOWrapper(opened, encoding="utf-8", newline="")
        for row in csv.reader(text, delimiter=delimiter, strict=True):
            yield hashlib.sha256(b"\x12" + json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()).digest()
    except (csv.Error, UnicodeDecodeError) as error:
        raise NoRecordsError(place, f"it is no table of text: {error}") from error


class _Hashing(io.BufferedReader):
    """The file, hashed as it is read; all that is read comes by :meth:`readinto` of the raw stream below."""

    def __init__(self, opened: BinaryIO) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        super().__init__(_Raw(opened, self), 256 * 1024)


class _Raw(io.RawIOBase):
    def __init__(self, opened: BinaryIO, owner: _Hashing) -> None:
        super().__init__()
        self._opened, self._owner = opened, owner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        body = self._opened.read(len(buffer))
        buffer[: len(body)] = body
        self._owner.hash.update(body)
        self._owner.size += len(body)
        return len(body)
