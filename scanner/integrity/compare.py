"""Holds what a lock says against what the index publishes, and both against the bytes that were read."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from scanner.files import open_regular
from scanner.integrity.pins import Pin
from scanner.integrity.times import instant
from scanner.model.artifact import Artifact
from scanner.model.known import NotKnown
from scanner.model.release import FetchedArtifact
from scanner.model.requirement import Hash


class Mismatch(msgspec.Struct, frozen=True, order=True):
    """Two sources that state different digests of one file. ``filename`` is empty where the lock names no file.

    ``stated`` is what the lock or index says, ``actual`` what it was held against; both as ``algorithm:hex``.
    """

    filename: str
    stated: tuple[str, ...]
    actual: tuple[str, ...]
    where: str = ""


def _conflicts(stated: tuple[Hash, ...], actual: tuple[Hash, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The hashes of both sides for each algorithm that both have and in which no value is common."""
    left: list[str] = []
    right: list[str] = []
    for algorithm in sorted({one.algorithm for one in stated} & {one.algorithm for one in actual}):
        ours = {one.value for one in stated if one.algorithm == algorithm}
        theirs = {one.value for one in actual if one.algorithm == algorithm}
        if not ours & theirs:
            left.extend(f"{algorithm}:{value}" for value in sorted(ours))
            right.extend(f"{algorithm}:{value}" for value in sorted(theirs))
    return tuple(left), tuple(right)


def lock_against_index(pin: Pin, published: tuple[Artifact, ...]) -> Iterator[Mismatch]:
    """Files whose digest in the lock is not the one that the index publishes.

    Where the lock names files, file by file. Where it only lists hashes (requirements files), the pin mismatches when
    not one of its hashes belongs to any published file of the release.
    """
    by_name: dict[str, list[Artifact]] = {}
    for one in published:
        by_name.setdefault(one.filename, []).append(one)
    for artifact in pin.artifacts:
        # Two indexes may each have a file of that name: the lock allows the one, and the installer takes no other.
        found = [(*_conflicts(artifact.hashes, other.hashes), other) for other in by_name.get(artifact.filename, ())]
        if found and all(stated for stated, _, _ in found):
            stated, actual, other = found[0]
            yield Mismatch(artifact.filename, stated, actual, where=other.url)
    if pin.hashes and published:
        everything = tuple(one for artifact in published for one in artifact.hashes)
        algorithms = {one.algorithm for one in pin.hashes} & {one.algorithm for one in everything}
        values = {(one.algorithm, one.value) for one in everything}
        if algorithms and not any((one.algorithm, one.value) in values for one in pin.hashes):
            stated, actual = _conflicts(pin.hashes, everything)
            yield Mismatch("", stated, actual)


def comparable(pin: Pin, published: tuple[Artifact, ...]) -> bool:
    """True where the lock and the index state at least one digest of the same algorithm for this release."""
    theirs = {one.algorithm for artifact in published for one in artifact.hashes}
    return any(one.algorithm in theirs for one in pin.all_hashes)


def unpublished(pin: Pin, published: tuple[Artifact, ...]) -> tuple[str, ...]:
    """What the lock allows and the index does not list: file names, or hashes where the lock names no files."""
    names = {one.filename for one in published}
    files = [one.filename for one in pin.artifacts if one.filename not in names]
    everything = {one for artifact in published for one in artifact.hashes}
    algorithms = {one.algorithm for one in everything}
    hashes = [str(one) for one in pin.hashes if one.algorithm in algorithms and one not in everything]
    return tuple(sorted(files) + sorted(hashes))


def covered_by(pin: Pin, artifact: Artifact) -> bool:
    """True where the lock knows this file, by name or by hash."""
    if any(one.filename == artifact.filename for one in pin.artifacts):
        return True
    return any(one in pin.hashes for one in artifact.hashes)


def uncovered(pin: Pin, published: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    """Files of the release that the lock does not know, in the index's order."""
    return tuple(one for one in published if not covered_by(pin, one))


def added_later(
    pin: Pin, published: tuple[Artifact, ...], grace: timedelta
) -> tuple[tuple[Artifact, ...], datetime | None]:
    """Files uploaded after every file that the lock knows of this release, by more than ``grace``; and since when.

    A lock says nothing trustworthy about when it was written. But lockers record every file of a release, so a file
    that the lock lacks and that is younger than all that it has was added after the lock was written.
    """
    known = [when for one in published if covered_by(pin, one) and (when := instant(one.upload_time)) is not None]
    if not known:
        return (), None
    newest = max(known)
    late = tuple(
        one
        for one in uncovered(pin, published)
        if (when := instant(one.upload_time)) is not None and when > newest + grace
    )
    return late, newest


def bytes_against(fetched: FetchedArtifact, stated: tuple[Hash, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The conflicting digests of what a lock or index states of a file and of the bytes read; empty when they agree."""
    return _conflicts(stated, _of_bytes(fetched, {one.algorithm for one in stated}))


def allowed_bytes(fetched: FetchedArtifact, stated: tuple[Hash, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The same for digests that a line gives without a file name: each may be of another file of the release, so one
    that is met is enough, as it is for pip."""
    actual = _of_bytes(fetched, {one.algorithm for one in stated})
    return ((), ()) if set(stated) & set(actual) else _conflicts(stated, actual)


def _of_bytes(fetched: FetchedArtifact, algorithms: Iterable[str]) -> tuple[Hash, ...]:
    """Digests of the bytes read, by the algorithms asked for, whichever the index states."""
    known = {"sha256": fetched.sha256, **dict(fetched.hashes)}
    missing = tuple(sorted(set(algorithms) - known.keys()))
    if missing and fetched.path:
        known.update(_hashed(fetched.path, missing))
    return tuple(Hash(name, value) for name, value in sorted(known.items()))


@functools.lru_cache(maxsize=4096)
def _hashed(path: str, algorithms: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    digests = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    try:
        with open_regular(path) as opened:
            while chunk := opened.read(1024 * 1024):
                for digest in digests.values():
                    digest.update(chunk)
    except OSError:
        return ()
    return tuple((name, one.hexdigest()) for name, one in digests.items())


def held_against_bytes(pin: Pin, fetched: FetchedArtifact) -> bool:
    """True where at least one digest of the pin is of an algorithm in which the bytes could be hashed."""
    have = {one.algorithm for one in _of_bytes(fetched, {one.algorithm for one in pin.all_hashes})}
    return any(one.algorithm in have for one in pin.all_hashes)


def wrong_size(fetched: FetchedArtifact) -> bool:
    """True where the index states a size and the bytes read are another number."""
    size = fetched.artifact.size
    return not isinstance(size, NotKnown) and size != fetched.size
