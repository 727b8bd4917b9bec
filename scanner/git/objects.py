"""An object of a repository by its id: loose or packed, and always the object that the id names."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from scanner.git.opening import GitError, is_folder, open_file
from scanner.git.packs import MAX_OBJECT_BYTES, Pack, inflated

MAX_PACKS = 1_000
_HEADER = 64
_WINDOW = 64 * 1024
_OID = re.compile(r"[0-9a-f]{40}\Z")
KINDS = frozenset({"commit", "tree", "blob", "tag"})


def is_oid(text: str) -> bool:
    """Whether the text is an object id: 40 small hexadecimal digits (SHA-1)."""
    return _OID.match(text) is not None


class ObjectStore:
    """The objects below one ``objects`` folder. Its alternates are not read. Close it when done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._packs: list[Pack] | None = None
        self.damaged: list[str] = []
        """What of the packs could not be opened, a line each."""

    def close(self) -> None:
        """Let go of all files."""
        for pack in self._packs or ():
            pack.close()
        self._packs = None

    def read(self, oid: str, kind: str) -> bytes:
        """The bytes of an object of that kind.

        Raises :class:`GitError` where it is missing, damaged, larger than ``MAX_OBJECT_BYTES``, of another kind, or
        not the object that its id names: what an id says is checked against the bytes.
        """
        if not is_oid(oid):
            raise GitError("that is no object id")
        found, body = self._packed(oid) or self._loose(oid)
        if found != kind:
            raise GitError(f"object {oid[:10]} is a {found}, not a {kind}")
        if hashlib.sha1(b"%b %d\0" % (found.encode(), len(body)) + body, usedforsecurity=False).hexdigest() != oid:
            raise GitError(f"object {oid[:10]} is not what its id says")
        return body

    def kind(self, oid: str) -> str:
        """The kind of an object. Raises :class:`GitError` where it is missing or damaged."""
        return (self._packed(oid) or self._loose(oid))[0]

    def _packed(self, oid: str) -> tuple[str, bytes] | None:
        name = bytes.fromhex(oid)
        for pack in self._opened():
            offset = pack.offset(name)
            if offset is not None:
                return pack.read(offset)
        return None

    def _opened(self) -> list[Pack]:
        if self._packs is None:
            self._packs = []
            folder = self._folder / "pack"
            inside = sorted(folder.iterdir()) if is_folder(folder) else []
            indexes = [path for path in inside if path.suffix == ".idx"]
            if len(indexes) > MAX_PACKS:
                self.damaged.append(f"of {len(indexes):,} packs the first {MAX_PACKS:,} were read")
            for path in indexes[:MAX_PACKS]:
                try:
                    self._packs.append(Pack(path))
                except GitError as error:
                    self.damaged.append(str(error))
        return self._packs

    def _loose(self, oid: str) -> tuple[str, bytes]:
        folder = self._folder / oid[:2]
        if not is_folder(folder):
            raise GitError(f"object {oid[:10]} is not in the repository")
        try:
            descriptor, size = open_file(folder / oid[2:])
        except GitError as error:
            raise GitError(f"object {oid[:10]} is not in the repository") from error
        with os.fdopen(descriptor, "rb") as opened:
            head = opened.read(min(size, _WINDOW))
            kind, length, header = _loose_header(head, oid)
            if length > MAX_OBJECT_BYTES:
                raise GitError(f"object {oid[:10]} has more than {MAX_OBJECT_BYTES:,} bytes")

            def window(start: int) -> bytes:
                opened.seek(start)
                return opened.read(_WINDOW)

            return kind, inflated(window, header + length)[header:]


def _loose_header(head: bytes, oid: str) -> tuple[str, int, int]:
    """Kind, size, and the length of the header itself, of a loose object that begins so."""
    import zlib

    try:
        start = zlib.decompressobj().decompress(head, _HEADER)
    except zlib.error as error:
        raise GitError(f"object {oid[:10]} is damaged") from error
    text, end, _ = start.partition(b"\0")
    kind, _, size = text.decode("latin-1").partition(" ")
    if not end or kind not in KINDS or not (size.isascii() and size.isdigit()):
        raise GitError(f"object {oid[:10]} is damaged")
    return kind, int(size), len(text) + 1
