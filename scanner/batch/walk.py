"""A folder in the order of its manifest, in memory for one folder's names at a time.

No link is followed and nothing is opened but folders. What no manifest may hold comes as a fault with its reason, in
its place; the walk goes on behind it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal, NamedTuple

from scanner.batch.names import MAX_DEPTH, MAX_PATH, folded, name_fault, normal

Kind = Literal["file", "empty", "fault"]


class Found(NamedTuple):
    """``path`` is the manifest's, with ``/`` behind that of an empty folder; ``place`` is where it lies on disk.

    ``reason`` says, of a fault only, why it cannot be part of a batch.
    """

    path: str
    place: str
    kind: Kind
    reason: str = ""


def walk(root: str, *, case_sensitive: bool = False) -> Iterator[Found]:
    """Every file and empty folder below ``root``, in the manifest's order, and a fault for all else.

    Without ``case_sensitive`` two names of one folder that differ in case only are a fault: where the batch is
    delivered they may be one file. Raises :class:`OSError` where the root itself cannot be listed.
    """
    stack = [_inside(root, "", case_sensitive)]
    while stack:
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
        elif isinstance(found, Found):
            yield found
        else:
            path, place = found
            if len(stack) >= MAX_DEPTH or len(path.encode()) > MAX_PATH:
                yield Found(path, place, "fault", "its path is longer or deeper than a manifest may hold")
                continue
            try:
                below = _inside(place, path, case_sensitive)
            except OSError as error:
                yield Found(path, place, "fault", f"the folder cannot be listed: {error.strerror or error}")
                continue
            stack.append(below)


def _inside(place: str, path: str, case_sensitive: bool) -> Iterator[Found | tuple[str, str]]:
    """The contents of one folder; a folder in it is given as its path and place, and an empty one as found."""
    names: list[str] = []
    folders: set[str] = set()
    odd: dict[str, str] = {}
    with os.scandir(place) as entries:
        for entry in entries:
            name = entry.name
            names.append(name)
            if entry.is_symlink():
                odd[name] = "it is a symbolic link"
            elif entry.is_dir(follow_symlinks=False):
                folders.add(name)
            elif not entry.is_file(follow_symlinks=False):
                odd[name] = "it is no regular file"
    if not names and path:
        return iter((Found(f"{path}/", place, "empty"),))
    names.sort(key=normal)
    _mark_collisions(names, odd, case_sensitive)
    return _each(place, f"{path}/" if path else "", names, folders, odd)


def _each(
    place: str, prefix: str, names: list[str], folders: set[str], odd: dict[str, str]
) -> Iterator[Found | tuple[str, str]]:
    for name in names:
        path, at = prefix + normal(name), os.path.join(place, name)  # noqa: PTH118 (one for each of millions)
        reason = odd.get(name) or name_fault(name)
        if reason:
            yield Found(path, at, "fault", reason)
        elif name in folders:
            yield path, at
        elif len(path) * 4 > MAX_PATH and len(path.encode()) > MAX_PATH:
            yield Found(path, at, "fault", f"its path is longer than {MAX_PATH} bytes")
        else:
            yield Found(path, at, "file")


def _mark_collisions(names: list[str], odd: dict[str, str], case_sensitive: bool) -> None:
    """Names of one folder that are one after normalization, or by case. Nothing is kept where none are."""
    key = normal if case_sensitive else folded
    if len({hash(key(name)) for name in names}) == len(names):
        return
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(key(name), name)
        if first != name:
            same = normal(first) == normal(name)
            why = "are equal in Unicode normalization form C" if same else "differ in case only"
            for one in (first, name):
                odd.setdefault(one, f"two names of this folder {why}")
