"""A repository: its ``.git`` folder, and the refs in it. Source: gitrepository-layout(5)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from scanner.git.objects import ObjectStore, is_oid
from scanner.git.opening import GitError, is_folder, read_file

MAX_REF_BYTES = 4096
MAX_PACKED_REFS_BYTES = 64 * 1024 * 1024
MAX_REFS = 100_000
MAX_LINKS = 5
"""Symbolic refs that lead to each other (``HEAD`` leads to a branch)."""


class Repository:
    """Refs and objects of the repository whose work tree is a folder. A context manager."""

    def __init__(self, root: Path) -> None:
        """Raises :class:`GitError` where ``root`` has no ``.git`` folder of its own: a linked worktree, a submodule or
        a shared clone keeps its objects elsewhere, and elsewhere is not read."""
        self.folder = root / ".git"
        if not is_folder(self.folder):
            raise GitError("there is no .git folder (a .git file leads elsewhere, and is not followed)")
        if os.path.lexists(self.folder / "commondir"):
            raise GitError("its objects lie in another repository, which is not read")
        if not is_folder(self.folder / "objects"):
            raise GitError("its .git folder holds no objects")
        self.objects = ObjectStore(self.folder / "objects")

    def __enter__(self) -> Repository:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.objects.close()

    def head(self) -> str:
        """The id of the commit that is checked out. Raises :class:`GitError` where there is none."""
        return self.resolve("HEAD")

    def resolve(self, ref: str) -> str:
        """The object id that a ref (``HEAD``, ``refs/heads/main``) names. Raises :class:`GitError`."""
        for _ in range(MAX_LINKS):
            text = self._loose(ref)
            if text is None:
                found = dict(self._packed()).get(ref)
                if found is None:
                    raise GitError(f"{ref} names no commit")
                return found
            if not text.startswith("ref:"):
                break
            ref = text[4:].strip()
            if not _is_safe(ref):
                raise GitError("a ref leads outside the repository")
        if not is_oid(text or ""):
            raise GitError(f"{ref} names no commit")
        return text or ""

    def refs(self) -> dict[str, str]:
        """Every branch, tag and remote branch → the object id it names, sorted by name."""
        found = dict(self._packed())
        for ref in self._loose_refs():
            text = self._loose(ref)
            if text is not None and is_oid(text):
                found[ref] = text
        return dict(sorted(found.items()))

    def _loose_refs(self) -> Iterator[str]:
        seen = 0
        waiting = ["refs"]
        while waiting:
            folder = waiting.pop()
            if not is_folder(self.folder / folder):
                continue
            for inside in sorted((self.folder / folder).iterdir()):
                seen += 1
                if seen > MAX_REFS:
                    raise GitError(f"it has more than {MAX_REFS:,} refs")
                below = f"{folder}/{inside.name}"
                if is_folder(self.folder / below):
                    waiting.append(below)
                else:
                    yield below

    def _loose(self, ref: str) -> str | None:
        path = self.folder
        for part in ref.split("/")[:-1]:
            path /= part
            if not is_folder(path):
                return None
        path /= ref.rpartition("/")[2]
        if not os.path.lexists(path):
            return None
        return read_file(path, MAX_REF_BYTES).decode("utf-8", "replace").strip()

    def _packed(self) -> Iterator[tuple[str, str]]:
        path = self.folder / "packed-refs"
        if not os.path.lexists(path):
            return
        for line in read_file(path, MAX_PACKED_REFS_BYTES).decode("utf-8", "replace").split("\n"):
            oid, blank, name = line.partition(" ")
            if blank and is_oid(oid) and _is_safe(name.strip()):
                yield name.strip(), oid


def _is_safe(ref: str) -> bool:
    """Whether a ref is a path below ``refs/`` that stays there."""
    parts = ref.split("/")
    return parts[0] == "refs" and len(parts) > 1 and not any(part in ("", ".", "..") or "\0" in part for part in parts)
