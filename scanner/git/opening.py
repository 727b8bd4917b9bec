"""Files of a foreign repository: regular files only, read to a bound, and links are not followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class GitError(ValueError):
    """What of a repository cannot be read, in one line."""


def open_file(path: Path) -> tuple[int, int]:
    """A descriptor of a regular file for reading, and its size in bytes.

    Raises :class:`GitError` for what is missing, is a link, or is no regular file. The caller closes the descriptor.
    """
    try:
        # Without O_NONBLOCK, opening a FIFO waits for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise GitError(f"{path.name} cannot be opened: {getattr(error, 'strerror', None) or error}") from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise GitError(f"{path.name} is no regular file")
    return descriptor, found.st_size


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of a regular file. Raises :class:`GitError` also for one of more than ``limit`` bytes."""
    descriptor, _ = open_file(path)
    with os.fdopen(descriptor, "rb") as opened:
        try:
            body = opened.read(limit + 1)
        except OSError as error:
            raise GitError(f"{path.name} cannot be read: {error.strerror or error}") from error
    if len(body) > limit:
        raise GitError(f"{path.name} has more than {limit:,} bytes")
    return body


def is_folder(path: Path) -> bool:
    """Whether the path is a folder, and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False
