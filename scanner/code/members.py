"""All members of an artifact or tree, for what code starts of them by its path: a text, a script without a suffix."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

MAX_READ = 8 * 1024 * 1024
"""Bytes of one such member."""
MAX_MEMBERS = 1_000
"""Members of one artifact that are read for being started."""
MAX_PATH = 4_096
"""Characters of a path that some system can open (``PATH_MAX``)."""
MAX_ALIKE = 20
"""Members that are read where a path that is known only in part could mean each of them."""


class Members:
    """Finds a member by the path that code has for it, and reads it."""

    def __init__(self, names: Iterable[str], prefix: str, read: Callable[[str], bytes | None]) -> None:
        self._names = frozenset(names)
        self._prefix = prefix
        self._read = read
        self._left = MAX_MEMBERS
        self._by_base: dict[str, list[str]] | None = None

    def find(self, path: str, near: str) -> list[str]:
        """The member that a path means: from the folder of the file that has it, from the root, or all of which the
        path ends so. A ``*`` stands for what is not known of the path."""
        path = path.replace("\\", "/").rpartition("*")[2].strip()
        if not path or len(path) > MAX_PATH or "\n" in path:
            return []
        path = posixpath.normpath(path).lstrip("/")
        folder = near.rpartition("/")[0]
        while path.startswith("../"):
            path, folder = path[3:], folder.rpartition("/")[0]
        for one in (f"{folder}/{path}" if folder else path, self._prefix + path):
            if one in self._names:
                return [one]
        if self._by_base is None:
            self._by_base = {}
            for name in self._names:
                self._by_base.setdefault(name.rpartition("/")[2], []).append(name)
        return [one for one in self._by_base.get(path.rpartition("/")[2], ()) if one.endswith("/" + path)]

    def read(self, name: str) -> bytes | None:
        """At most ``MAX_READ + 1`` bytes of a member; ``None`` where it cannot be read, or too many were."""
        if self._left <= 0:
            return None
        self._left -= 1
        return self._read(name)


def no_members() -> Members:
    return Members((), "", lambda _: None)
