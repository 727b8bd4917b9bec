"""Since when a lock names a version: read from the repository's own objects; ``git`` is not run."""

from __future__ import annotations

from pathlib import Path

from scanner.git.history import last_change_of_count
from scanner.git.opening import GitError

NOT_IN_HISTORY = "not known: the file is not in a Git history that can be read"


def locked_since(root: str, file: str, version: str) -> str:
    """The latest commit that changed how often the version's text stands in the file, as ``DATE COMMIT``.

    That is the commit that brought it in, unless another package of the file has a version of the same text. Where the
    history cannot be read, ``not known`` and why.
    """
    try:
        commit = last_change_of_count(Path(root), file, version)
    except (GitError, OSError) as error:
        return f"{NOT_IN_HISTORY} ({error})"
    return NOT_IN_HISTORY if commit is None else f"{commit.time:%Y-%m-%d} {commit.oid[:10]}"
