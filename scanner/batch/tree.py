"""The Merkle tree over folders, built while the leaves pass in the manifest's order.

Every hash is SHA-256 and begins with a byte of its own, so that none of one kind can stand for one of another::

    file(name, size, digest)  = H(00 ‖ len32(name) ‖ name ‖ size64 ‖ digest)
    recorded(file, n, root)   = H(05 ‖ file ‖ n64 ‖ root), for a file whose n records were hashed
    node(left, right)         = H(01 ‖ left ‖ right)
    folder(name, n, root)     = H(02 ‖ len32(name) ‖ name ‖ n64 ‖ root)
    batch(files, bytes, root) = H(04 ‖ "assay batch 1" ‖ files64 ‖ bytes64 ‖ root)

Numbers are big-endian, names UTF-8. The root of a folder is the Merkle tree hash of RFC 6962, section 2.1, over its n
entries by name (a list of n > 1 splits at the largest power of two below n); that of a folder without any is
``H(03)``. The batch's hash is the subject of its statement.
"""

from __future__ import annotations

import hashlib

EMPTY = hashlib.sha256(b"\x03").digest()
_BATCH = b"\x04assay batch 1"


def file_hash(name: str, size: int, sha256: bytes) -> bytes:
    """The hash of one file within its folder."""
    raw = name.encode()
    return hashlib.sha256(b"\x00" + len(raw).to_bytes(4, "big") + raw + size.to_bytes(8, "big") + sha256).digest()


def recorded_hash(file: bytes, records: int, root: bytes) -> bytes:
    """The hash of a file whose records were hashed, from :func:`file_hash` and the root over its records."""
    return hashlib.sha256(b"\x05" + file + records.to_bytes(8, "big") + root).digest()


def folder_hash(name: str, entries: int, root: bytes) -> bytes:
    """The hash of one folder within the folder above it."""
    raw = name.encode()
    return hashlib.sha256(b"\x02" + len(raw).to_bytes(4, "big") + raw + entries.to_bytes(8, "big") + root).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def batch_hash(files: int, size: int, root: bytes) -> bytes:
    """What a statement is about: the root of the top folder with the number of files and bytes below it."""
    return hashlib.sha256(_BATCH + files.to_bytes(8, "big") + size.to_bytes(8, "big") + root).digest()


class Hashes:
    """The Merkle tree hash of a list (RFC 6962) whose entries are added one by one; memory is its logarithm."""

    __slots__ = ("_peaks", "count")

    def __init__(self) -> None:
        self._peaks: list[bytes] = []
        self.count = 0

    def add(self, entry: bytes) -> None:
        """The hash of the next entry."""
        count = self.count
        while count & 1:
            entry = node_hash(self._peaks.pop(), entry)
            count >>= 1
        self._peaks.append(entry)
        self.count += 1

    def root(self) -> bytes:
        if not self._peaks:
            return EMPTY
        hashed = self._peaks[-1]
        for left in reversed(self._peaks[:-1]):
            hashed = node_hash(left, hashed)
        return hashed


class Tree:
    """The tree of a batch. Leaves come in the order of :func:`scanner.batch.names.order_key`, which is not checked."""

    def __init__(self) -> None:
        self.files = 0
        self.size = 0
        self._folder = ""
        self._names: list[str] = []
        self._open = [Hashes()]

    def add_file(self, path: str, size: int, sha256: bytes, records: int = -1, records_root: bytes = b"") -> None:
        """One file by its path in the batch; ``records`` is -1 where its records were not hashed."""
        folder, _, name = path.rpartition("/")
        self._enter(folder)
        hashed = file_hash(name, size, sha256)
        self._open[-1].add(hashed if records < 0 else recorded_hash(hashed, records, records_root))
        self.files += 1
        self.size += size

    def add_empty(self, path: str) -> None:
        """One folder that holds nothing."""
        self._enter(path.removesuffix("/"))

    def root(self) -> bytes:
        """The batch's hash. No leaf may be added after it was asked for."""
        self._enter("")
        return batch_hash(self.files, self.size, self._open[0].root())

    def _enter(self, folder: str) -> None:
        if folder == self._folder:
            return
        names = folder.split("/") if folder else []
        same = 0
        while same < min(len(names), len(self._names)) and names[same] == self._names[same]:
            same += 1
        while len(self._names) > same:
            closed = self._open.pop()
            self._open[-1].add(folder_hash(self._names.pop(), closed.count, closed.root()))
        for name in names[same:]:
            self._names.append(name)
            self._open.append(Hashes())
        self._folder = folder
