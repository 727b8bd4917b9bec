"""The size of the cache: what it holds, and which of its files go when it is larger than it may be.

A file counts as used when it was written or last taken from the cache; those that were not used for the longest time
go first. Files of the last hours stay: another process may be about to open them. Two processes may do this at once.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from scanner.model.errors import InputError

DEFAULT_LIMIT = 10 * 1024**3
SETTING = "ASSAY_CACHE_SIZE"
PROTECTED_SECONDS = 6 * 3600.0
ABANDONED_SECONDS = 24 * 3600.0
"""Age of a download under way from which nobody can still be writing it."""
_SHARE = 0.9
"""What is left of the limit after files were removed, so that not every run removes some."""
_KINDS = ("artifacts", "pages", "metadata", "sdist-metadata", "needs", "provenance")
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


class CachedFile(msgspec.Struct, frozen=True):
    """A file of the cache: when it was last used (seconds since 1970) and how large it is."""

    used: float
    size: int
    path: str


class Held(msgspec.Struct, frozen=True):
    """What the cache holds of one kind."""

    kind: str
    files: int
    size: int


class Removed(msgspec.Struct, frozen=True):
    """How many files were removed, their bytes, and the bytes that are left."""

    files: int
    size: int
    left: int


def parse_size(text: str) -> int:
    """Bytes, from a number with a unit (``500M``, ``10G``, ``1.5GiB``; 1024 is a K). Raises :class:`InputError`."""
    matched = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?)(?:i?b)?\s*", text, re.IGNORECASE)
    if matched is None:
        raise InputError(f"{text!r} is no size", where=SETTING, remedy="Write a number and a unit: 500M, 10G.")
    return int(float(matched[1]) * _UNITS[matched[2].lower()])


def limit() -> int:
    """The most bytes that the cache may hold: ``ASSAY_CACHE_SIZE``, else 10 GiB. Raises :class:`InputError`."""
    text = os.environ.get(SETTING, "")
    return parse_size(text) if text.strip() else DEFAULT_LIMIT


def used(path: Path) -> None:
    """Note that a file of the cache is in use now."""
    with suppress(OSError):
        os.utime(path)


def held(folder: Path) -> tuple[Held, ...]:
    """What lies in the cache, by kind (the folders directly below it; files there are ``other``)."""
    found: dict[str, list[int]] = {}
    for one in _files(folder):
        kind = Path(one.path).relative_to(folder).parts[0]
        sizes = found.setdefault(kind if (folder / kind).is_dir() else "other", [0, 0])
        sizes[0] += 1
        sizes[1] += one.size
    return tuple(Held(kind, count, size) for kind, (count, size) in sorted(found.items()))


def prune(folder: Path, most: int, *, everything: bool = False, now: float | None = None) -> Removed:
    """Remove the files that were not used for the longest time until the cache holds at most 90 % of ``most`` bytes.

    Nothing happens where it holds no more than ``most``. ``everything``: all that was not used in the last hours goes.
    Files that vanish meanwhile, or that may not be removed, are passed by.
    """
    now = time.time() if now is None else now
    files = sorted(_files(folder), key=lambda one: (one.used, one.path))
    left = sum(one.size for one in files)
    aim = 0 if everything else most * _SHARE
    incoming = folder / "artifacts" / "incoming"
    removed = freed = size = 0
    for one in files:
        age = now - one.used
        abandoned = age > ABANDONED_SECONDS and Path(one.path).parent == incoming
        over = (everything or left > most or freed) and left > aim
        if not abandoned and not over:
            continue
        if 0 <= age < PROTECTED_SECONDS:
            continue
        try:
            Path(one.path).unlink()
        except FileNotFoundError:
            # Another process removed it: it counts, or each of them would remove as much again.
            left, freed = left - one.size, freed + one.size
            continue
        except OSError:
            continue
        removed, size, freed, left = removed + 1, size + one.size, freed + one.size, left - one.size
    return Removed(removed, size, left)


def _files(folder: Path) -> Iterator[CachedFile]:
    """The regular files that the cache put there. Links, and folders of other names, are not entered or counted."""
    waiting = [folder / kind for kind in _KINDS]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(found.st_mode):
                waiting.append(Path(entry.path))
            elif stat.S_ISREG(found.st_mode):
                yield CachedFile(found.st_mtime, found.st_size, entry.path)
