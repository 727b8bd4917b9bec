"""Sealing: a folder becomes a manifest and a signed statement.

Nothing is sealed in part. What cannot stand in a manifest (a link, a pipe, two names that another system takes for
one), what cannot be read and what changes while it is read ends the sealing with its reason.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from scanner.batch.hashing import Hashed, hash_in_order
from scanner.batch.manifest import Digest, Leaf, LineWriter, encode_leaf
from scanner.batch.predicate import RecordsNote
from scanner.batch.records import NoRecordsError, has_records, hash_recorded
from scanner.batch.tree import Tree
from scanner.batch.walk import Found, walk
from scanner.model.errors import InputError

MANIFEST = "manifest.jsonl.zst"
RECORDS = "records.jsonl.zst"
STATEMENT = "statement.json"
OPENINGS = "recipe-openings.json"
ENVIRONMENT = "environment.json"
MAX_FAULTS = 20
_DIGESTS_A_LINE = 256
Progress = Callable[[int, int], None]


class Sealed(msgspec.Struct, frozen=True):
    """What was sealed: the root, files and bytes, the manifest's digest, that of record digests where asked for, and
    (path, reason) of files whose records could not be told apart: they are sealed as files."""

    root: bytes
    files: int
    size: int
    manifest: Digest
    records: RecordsNote | None
    unrecorded: tuple[tuple[str, str], ...]


def seal(folder: Path, output: Path, *, records: bool = False, progress: Progress | None = None) -> Sealed:
    """Write the manifest of ``folder`` (and the record digests) into ``output``, an existing folder outside of it.

    ``progress`` is told files and bytes so far. Raises :class:`InputError` for what cannot be sealed, with every
    reason up to twenty.
    """
    tree = Tree()
    faults: list[str] = []
    unrecorded: list[tuple[str, str]] = []
    manifest = LineWriter(output / MANIFEST)
    kept = _RecordWriter(output / RECORDS) if records else None
    try:
        for leaf in _leaves(str(folder), kept, faults, unrecorded):
            manifest.write(encode_leaf(leaf))
            if leaf.is_empty_folder:
                tree.add_empty(leaf.path)
            else:
                tree.add_file(leaf.path, leaf.size, leaf.sha256, leaf.records, leaf.root)
            if progress is not None and not tree.files % 256:
                progress(tree.files, tree.size)
            if len(faults) >= MAX_FAULTS:
                break
    finally:
        digest = manifest.close()
        note = kept.close() if kept is not None else None
    if faults:
        more = "\n  ".join(faults)
        remedy = (
            "A batch holds regular files and folders under names that every system can keep. Mend these, then seal."
        )
        raise InputError(f"the folder cannot be sealed:\n  {more}", where=str(folder), remedy=remedy)
    root = tree.root()
    return Sealed(root, tree.files, tree.size, digest, note, tuple(unrecorded))


def refuse_inside(folder: Path, output: Path) -> None:
    """Raises :class:`InputError` where what is written would become part of what is sealed."""
    if output.resolve().is_relative_to(folder.resolve()):
        remedy = "Name a folder outside of the batch with --output."
        raise InputError("the statement would lie inside the batch", where=str(output), remedy=remedy)


def _leaves(
    folder: str, kept: _RecordWriter | None, faults: list[str], unrecorded: list[tuple[str, str]]
) -> Iterator[Leaf]:
    try:
        found = walk(folder)
        for one, hashed in _hashed(found, kept):
            if one.kind == "empty":
                yield Leaf(one.path)
            elif one.kind == "fault":
                faults.append(f"{_shown(one.path)}: {one.reason}")
            elif isinstance(hashed, OSError):
                faults.append(f"{_shown(one.path)}: {hashed.strerror or hashed}")
            elif isinstance(hashed, Hashed):
                yield Leaf(one.path, hashed.size, hashed.sha256)
            elif hashed is not None:
                leaf, why = hashed
                if why:
                    unrecorded.append((one.path, why))
                yield leaf
    except OSError as error:
        faults.append(f"the folder cannot be listed: {error.strerror or error}")


def _hashed(
    found: Iterable[Found], kept: _RecordWriter | None
) -> Iterator[tuple[Found, Hashed | OSError | tuple[Leaf, str] | None]]:
    if kept is None:
        yield from hash_in_order(found)
        return
    # Files of records are read by one pass each, in the walk's order; the others by threads, as without records.
    waiting: list[Found] = []
    for one in found:
        if one.kind != "file" or not has_records(one.path):
            waiting.append(one)
            if len(waiting) >= 1024:
                yield from hash_in_order(waiting)
                waiting = []
            continue
        yield from hash_in_order(waiting)
        waiting = []
        yield one, _recorded(one, kept)
    yield from hash_in_order(waiting)


def _recorded(one: Found, kept: _RecordWriter) -> OSError | tuple[Leaf, str]:
    try:
        recorded = hash_recorded(one.place)
    except NoRecordsError as error:
        for _, hashed in hash_in_order([one]):
            if isinstance(hashed, Hashed):
                return Leaf(one.path, hashed.size, hashed.sha256), str(error.strerror)
            return hashed if hashed is not None else OSError(0, "it is no file")
        return error
    except OSError as error:
        return error
    root = recorded.root()
    kept.write(one.path, recorded.digests)
    return Leaf(one.path, recorded.hashed.size, recorded.hashed.sha256, recorded.records, root), ""


class _RecordWriter:
    """Record digests: for each file ``["path",n]``, then lines of up to 256 digests in hex."""

    def __init__(self, path: Path) -> None:
        self._lines = LineWriter(path)
        self._count = 0

    def write(self, path: str, digests: bytes) -> None:
        self._count += len(digests) // 32
        self._lines.write(msgspec.json.encode((path, len(digests) // 32)))
        step = 32 * _DIGESTS_A_LINE
        for start in range(0, len(digests), step):
            self._lines.write(digests[start : start + step].hex().encode())

    def close(self) -> RecordsNote:
        digest = self._lines.close()
        return RecordsNote(digest.sha256, digest.size, self._count)


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
