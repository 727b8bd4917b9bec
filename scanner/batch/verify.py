"""Verification of a batch where it arrives: the folder against the manifest, and the manifest against the statement.

The folder's own walk and the manifest are joined in order; no path that a manifest names is ever opened. What the two
sides differ in is listed; nothing is called verified before the manifest was read to its end and its digest and root
were those of the statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from scanner.batch.hashing import Hashed, hash_in_order
from scanner.batch.manifest import Leaf, read_manifest
from scanner.batch.names import order_key, path_fault
from scanner.batch.statement import Stated
from scanner.batch.tree import Tree
from scanner.batch.walk import Found, walk
from scanner.model.errors import InputError, UsageError

MAX_LISTED = 10_000
"""Differences of one kind that are listed; the rest is counted."""
Kind = Literal["missing", "added", "altered", "renamed", "unreadable"]
Progress = Callable[[int, int], None]


class Difference(msgspec.Struct, frozen=True, order=True):
    """One path in which folder and manifest differ. ``was`` is the manifest's path of a renamed file; ``reason`` says
    why a file is unreadable, or in what an altered one differs."""

    kind: Kind
    path: str
    was: str = ""
    reason: str = ""


class Compared(msgspec.Struct, frozen=True):
    """What the folder holds against the manifest: files and bytes that are as sealed, and all differences.

    ``counts`` has every difference by kind, also those past the bound of the list.
    """

    files: int
    size: int
    differences: tuple[Difference, ...]
    counts: dict[str, int]

    @property
    def is_same(self) -> bool:
        return not self.counts


def compare(
    folder: Path, manifest: Path, stated: Stated, *, subset: str = "", progress: Progress | None = None
) -> Compared:
    """Hold the folder against the manifest that the statement names.

    ``subset`` is the path of a file or folder of the batch: only that part of the folder is read and must be there.
    Raises :class:`InputError` for another manifest than the statement's, whatever the folder holds, and
    :class:`UsageError` for a part that the batch does not have.
    """
    subset = subset.strip("/")
    if subset and (fault := path_fault(subset)):
        raise UsageError(f"the part {subset!r} cannot be of a batch: {fault}", where="--subset")
    state = _State(subset)
    sealed = _checked(manifest, stated, state)
    found = hash_in_order(_below(folder, subset))
    left, right = next(sealed, None), next(found, None)
    while left is not None or right is not None:
        before = right is None or (left is not None and order_key(left.path) < order_key(right[0].path))
        after = left is None or (right is not None and order_key(right[0].path) < order_key(left.path))
        if before:
            assert left is not None
            state.lost(left)
            left = next(sealed, None)
        elif after:
            assert right is not None
            state.new(*right)
            right = next(found, None)
        else:
            assert left is not None and right is not None
            state.both(left, *right)
            left, right = next(sealed, None), next(found, None)
        if progress is not None and not state.files % 256:
            progress(state.files, state.size)
    if subset and not state.is_known:
        raise UsageError(f"the batch has no file or folder {subset!r}", where="--subset")
    return state.result()


class _State:
    def __init__(self, subset: str) -> None:
        self.files = 0
        self.size = 0
        self.is_known = False
        self._subset = subset
        self._counts: dict[str, int] = {}
        self._listed: list[Difference] = []
        self._lost: dict[tuple[int, bytes], list[str]] = {}
        self._new: list[tuple[str, tuple[int, bytes]]] = []

    def concerns(self, leaf: Leaf) -> bool:
        path = leaf.path.removesuffix("/")
        is_part = not self._subset or path == self._subset or path.startswith(f"{self._subset}/")
        self.is_known = self.is_known or is_part
        return is_part

    def lost(self, leaf: Leaf) -> None:
        self._count("missing")
        if self._counts["missing"] <= MAX_LISTED:
            self._lost.setdefault((leaf.size, leaf.sha256), []).append(leaf.path)

    def new(self, found: Found, hashed: Hashed | OSError | None) -> None:
        if found.kind == "fault" or isinstance(hashed, OSError):
            self._unreadable(found, hashed)
            return
        self._count("added")
        if self._counts["added"] <= MAX_LISTED:
            self._new.append((found.path, (hashed.size, hashed.sha256) if hashed is not None else (0, b"")))

    def both(self, leaf: Leaf, found: Found, hashed: Hashed | OSError | None) -> None:
        if found.kind == "fault" or isinstance(hashed, OSError):
            self._unreadable(found, hashed)
        elif leaf.is_empty_folder != (found.kind == "empty"):
            self._add(Difference("altered", found.path, reason="one is a file and the other an empty folder"))
        elif hashed is not None and hashed.size != leaf.size:
            reason = f"it has {hashed.size:,} bytes, and had {leaf.size:,} when it was sealed"
            self._add(Difference("altered", found.path, reason=reason))
        elif hashed is not None and hashed.sha256 != leaf.sha256:
            self._add(Difference("altered", found.path, reason="its bytes are others than those that were sealed"))
        elif hashed is not None:
            self.files += 1
            self.size += hashed.size

    def result(self) -> Compared:
        for path, key in self._new:
            was = self._lost.get(key) if key[1] else None
            if was:
                self._counts["missing"] -= 1
                self._counts["added"] -= 1
                self._add(Difference("renamed", path, was=was.pop(0)))
            else:
                self._listed.append(Difference("added", path))
        self._listed += [Difference("missing", path) for paths in self._lost.values() for path in paths]
        counts = {kind: count for kind, count in sorted(self._counts.items()) if count}
        return Compared(self.files, self.size, tuple(sorted(self._listed)), counts)

    def _unreadable(self, found: Found, hashed: Hashed | OSError | None) -> None:
        why = found.reason or (str(hashed.strerror or hashed) if isinstance(hashed, OSError) else "")
        self._add(Difference("unreadable", found.path, reason=why))

    def _add(self, one: Difference) -> None:
        self._count(one.kind)
        if self._counts[one.kind] <= MAX_LISTED:
            self._listed.append(one)

    def _count(self, kind: Kind) -> None:
        self._counts[kind] = self._counts.get(kind, 0) + 1


def _checked(manifest: Path, stated: Stated, state: _State) -> Iterator[Leaf]:
    """The leaves of the part. At the end the whole manifest must give the statement's root, or :class:`InputError`."""
    tree = Tree()
    for leaf in read_manifest(manifest, stated.batch.manifest):
        if leaf.is_empty_folder:
            tree.add_empty(leaf.path)
        else:
            tree.add_file(leaf.path, leaf.size, leaf.sha256, leaf.records, leaf.root)
        if state.concerns(leaf):
            yield leaf
    if (tree.root().hex(), tree.files, tree.size) != (stated.root, stated.batch.files, stated.batch.size):
        what = "it does not have the root, the number of files or of bytes that the statement names"
        raise InputError(what, where=str(manifest), remedy="Do not use the batch: its statement contradicts itself.")


def _below(folder: Path, subset: str) -> Iterator[Found]:
    """The walk, of the part alone where one is named. The part is found by walking, so that no link leads to it."""
    try:
        if not subset:
            yield from walk(str(folder))
            return
        here = folder
        *above, last = subset.split("/")
        for name in above:
            here = here / name
            if here.is_symlink() or not here.is_dir():
                return
        for one in walk(str(here)):
            inside = one.path.removesuffix("/")
            if inside == last or inside.startswith(f"{last}/"):
                yield one._replace(path="/".join([*above, one.path]))
            elif order_key(inside) > order_key(last):
                return
    except OSError as error:
        what = f"the folder cannot be listed: {error.strerror or error}"
        raise InputError(what, where=str(folder), remedy="Name the folder that was delivered.") from error
