"""Tar, packed or not: read in one direction, and bounded before anything is allocated.

It has no directory, so its members are known after one pass, which also keeps what is small.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from scanner.index.members import (
    Archive,
    ArchiveLimits,
    Keep,
    Member,
    MemberBytes,
    MemberDigest,
    Wanted,
    digest_of,
)
from scanner.index.tar_headers import Entry, entries
from scanner.index.unpacked import DAMAGE, Reader, TooMuchError, unpacked

MAX_PASSES = 24
"""How often an archive that is too large to be kept is unpacked."""


class TarArchive(Archive):
    """An opened tar. Raises one of ``DAMAGE`` where not even the first header can be read."""

    def __init__(self, stream: BinaryIO, filename: str, limits: ArchiveLimits) -> None:
        super().__init__(filename, limits)
        self._stream = stream
        self._packed = stream.seek(0, io.SEEK_END)
        self._passes = 0
        self._held: list[MemberBytes] = []
        self._is_held = True
        self._last: dict[str, MemberBytes] = {}
        members: list[Member] = []
        total = 0
        for entry, reader in self._pass(must_begin=True):
            members.append(entry.member)
            if entry.member.kind != "file" or not self._is_held:
                continue
            total += entry.stored
            if total > limits.held_bytes:
                self._is_held = False
                self._held.clear()
                self._last.clear()
                continue
            one = self._bytes(entry, reader, limits.member_bytes)
            self._held.append(one)
            self._last[one.member.path] = one
        self.members = self.vetted(members)

    def _pass(self, *, must_begin: bool = False) -> Iterator[tuple[Entry, Reader]]:
        """One pass over the archive: every entry, with the reader that stands at its bytes. What ends it early is a
        problem."""
        self._passes += 1
        if self._passes > MAX_PASSES:
            self.problem("too-large", "", f"it is too large to be kept, and was read {MAX_PASSES} times already")
            return
        self._stream.seek(0)
        reader = Reader(unpacked(self._stream, self.limits.ceiling(self._packed)))
        at = ""
        count = 0
        try:
            for entry in entries(reader, self.problem):
                if count >= self.limits.members:
                    self.problem("too-large", "", f"it has more than {count:,} members; the rest was not read")
                    return
                at = entry.member.path
                count += 1
                yield entry, reader
        except TooMuchError as error:
            self.problem("too-large", "", f"{error}; the rest was not read")
        except DAMAGE as error:
            if must_begin and not count:
                raise
            said = str(error) or type(error).__name__
            self.problem("truncated", at, f"the archive is damaged here, and the rest was not read: {said}")

    def _read(self, wanted: Wanted | None) -> Iterator[tuple[Entry, Reader]]:
        """The same for the wanted regular files."""
        for entry, reader in self._pass():
            if entry.member.kind == "file" and (wanted is None or wanted(entry.member)):
                yield entry, reader

    def _bytes(self, entry: Entry, reader: Reader, bound: int) -> MemberBytes:
        if entry.is_sparse:
            return MemberBytes(entry.member, b"", truncated=True)
        data = reader.read(min(bound, entry.stored))
        return MemberBytes(entry.member, data, truncated=len(data) < entry.stored)

    def files(self, wanted: Wanted | None = None, max_bytes: int | None = None) -> Iterator[MemberBytes]:
        bound = min(max_bytes or self.limits.member_bytes, self.limits.member_bytes)
        if not self._is_held:
            for entry, reader in self._read(wanted):
                yield self._bytes(entry, reader, bound)
            return
        for held in self._held:
            if wanted is not None and not wanted(held.member):
                continue
            if len(held.data) > bound:
                yield MemberBytes(held.member, held.data[:bound], truncated=True)
            else:
                yield held

    def digests(self, wanted: Wanted | None = None, keep: Keep = lambda _: 0) -> Iterator[MemberDigest]:
        if self._is_held:
            for held in self.files(wanted):
                yield _digest(
                    held.member, iter((held.data,)), keep(held.member), 0 if held.truncated else len(held.data)
                )
            return
        for entry, reader in self._read(wanted):
            if entry.is_sparse:
                yield MemberDigest(entry.member, 0, "", b"", truncated=True)
            else:
                yield _digest(entry.member, reader.pieces(entry.stored), keep(entry.member), entry.stored)

    def read(self, member: Member | str, max_bytes: int | None = None) -> bytes | None:
        path = member if isinstance(member, str) else member.path
        if self._is_held:
            held = self._last.get(path)
            return None if held is None else held.data[:max_bytes]
        found: bytes | None = None
        for one in self.files(lambda member: member.path == path, max_bytes):
            found = one.data
        return found

    def close(self) -> None:
        self._held = []
        self._last = {}
        self._stream.close()


def _digest(member: Member, pieces: Iterator[bytes], keep: int, size: int) -> MemberDigest:
    """Of a member that has ``size`` bytes; one of which fewer or more are there has no digest."""
    one = digest_of(member, pieces, keep)
    return one if one.size == size else MemberDigest(member, one.size, "", one.head, truncated=True)
