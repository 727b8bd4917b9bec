"""History: commits from the newest to the oldest, and what a commit holds at a path."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

import msgspec

from scanner.git.objects import is_oid
from scanner.git.opening import GitError
from scanner.git.repository import Repository

MAX_COMMITS = 200_000
MAX_TREE_ENTRIES = 1_000_000
_SIGNED = re.compile(rb"(?P<time>-?\d{1,15}) (?P<sign>[+-])(?P<hours>\d{2})(?P<minutes>\d{2})\Z")


class Commit(msgspec.Struct, frozen=True):
    """A commit: its id, its tree, its parents, and the moment of the commit (with the committer's UTC offset)."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    time: datetime


class History:
    """Reads commits and trees of one repository; each tree is parsed once."""

    def __init__(self, repository: Repository) -> None:
        self._objects = repository.objects
        self._trees = lru_cache(4096)(self._read_tree)

    def commit(self, oid: str) -> Commit:
        """A commit by its id. Raises :class:`GitError`."""
        head = self._objects.read(oid, "commit").partition(b"\n\n")[0]
        tree, parents, when = "", [], datetime.fromtimestamp(0, UTC)
        for line in head.split(b"\n"):
            key, _, value = line.partition(b" ")
            if key == b"tree" and not tree:
                tree = value.decode("latin-1")
            elif key == b"parent":
                parents.append(value.decode("latin-1"))
            elif key == b"committer":
                when = _moment(value)
        if not is_oid(tree) or not all(map(is_oid, parents)):
            raise GitError(f"commit {oid[:10]} is not written as a commit is")
        return Commit(oid, tree, tuple(parents), when)

    def blob_id(self, commit: Commit, path: str) -> str | None:
        """The id of the file that a commit holds at a path (POSIX); ``None`` where it holds no regular file there."""
        oid = commit.tree
        parts = path.split("/")
        for number, part in enumerate(parts):
            mode, oid = self._trees(oid).get(part.encode("utf-8", "surrogateescape"), ("", ""))
            if mode != "40000" and (number < len(parts) - 1 or mode not in ("100644", "100755", "100664")):
                return None
        return oid if mode != "40000" else None

    def blob(self, oid: str) -> bytes:
        """The bytes of a file by its id. Raises :class:`GitError`."""
        return self._objects.read(oid, "blob")

    def _read_tree(self, oid: str) -> dict[bytes, tuple[str, str]]:
        """Name → mode and id, of one tree. Source: gitformat-pack(5) and git-mktree(1)."""
        body = self._objects.read(oid, "tree")
        entries: dict[bytes, tuple[str, str]] = {}
        at = 0
        while at < len(body):
            blank, end = body.find(b" ", at), body.find(b"\0", at)
            if not at < blank < end or end + 21 > len(body) or len(entries) >= MAX_TREE_ENTRIES:
                raise GitError(f"tree {oid[:10]} is not written as a tree is")
            entries[body[blank + 1 : end]] = (body[at:blank].decode("latin-1"), body[end + 1 : end + 21].hex())
            at = end + 21
        return entries

    def changes(self, start: str, path: str) -> Iterator[tuple[Commit, str | None, tuple[str | None, ...]]]:
        """The commits that changed a file, the newest first: each with the file's id in it and in its parents.

        A merge that took the file from one of its parents as it was is passed by along that parent, as ``git log``
        with a path does it. Raises :class:`GitError` past ``MAX_COMMITS``, and where an object cannot be read.
        """
        first = self.commit(start)
        waiting = [(-first.time.timestamp(), first.oid, first)]
        seen = {first.oid}
        while waiting:
            if len(seen) > MAX_COMMITS:
                raise GitError(f"it has more than {MAX_COMMITS:,} commits")
            commit = heapq.heappop(waiting)[2]
            own = self.blob_id(commit, path)
            parents = [self.commit(one) for one in commit.parents]
            before = tuple(self.blob_id(one, path) for one in parents)
            if own in before:
                parents = [parents[before.index(own)]]
            elif own is not None or parents:
                yield commit, own, before
            for one in parents:
                if one.oid not in seen:
                    seen.add(one.oid)
                    heapq.heappush(waiting, (-one.time.timestamp(), one.oid, one))


def last_change_of_count(root: Path, path: str, text: str) -> Commit | None:
    """The newest commit of the checked-out branch that changed how often ``text`` stands in a file; ``None`` where no
    commit did. Merges are passed by. Raises :class:`GitError` where the history cannot be read."""
    wanted = text.encode("utf-8", "surrogateescape")
    with Repository(root) as repository:
        history = History(repository)

        @lru_cache(64)
        def count(oid: str | None) -> int:
            return history.blob(oid).count(wanted) if oid is not None else 0

        for commit, own, before in history.changes(repository.head(), path):
            if len(before) < 2 and count(own) != count(before[0] if before else None):
                return commit
    return None


def _moment(value: bytes) -> datetime:
    """The moment at the end of a committer line; the epoch where none can be read."""
    matched = _SIGNED.search(value[-40:])
    if matched is None:
        return datetime.fromtimestamp(0, UTC)
    offset = timedelta(hours=int(matched["hours"]), minutes=int(matched["minutes"]))
    try:
        zone = timezone(-offset if matched["sign"] == b"-" else offset)
        return datetime.fromtimestamp(int(matched["time"]), zone)
    except (OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(0, UTC)
