"""Files of others, opened and read so that none of them can make a reader wait or fill its memory.

A pipe makes whoever opens it wait, and a device may act on being opened or never end; so the kind of a file is asked
for before it is opened, and asked again of what was opened (it may have been exchanged in between). Every file of an
audited tree, and every file that a user names, goes through this module.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_CHUNK = 1024 * 1024
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a link",
}


class NotRegularError(OSError):
    """The path names something else than a regular file; ``strerror`` says what, in words for a message."""

    def __init__(self, path: str | Path, mode: int) -> None:
        kind = _KINDS.get(stat.S_IFMT(mode), "of an unknown kind")
        super().__init__(errno.EINVAL, f"it is {kind}, and only regular files are read", str(path))


def open_regular(path: str | Path, *, follow: bool = True) -> BinaryIO:
    """The file opened for reading. With ``follow=False`` a link is refused even where it leads to a regular file.

    Raises :class:`NotRegularError` for what is no regular file, and :class:`OSError` as ``open`` does otherwise.
    """
    try:
        mode = Path(path).stat(follow_symlinks=follow).st_mode
    except ValueError as error:  # a NUL in the path
        raise OSError(errno.EINVAL, f"no path of a file: {error}", str(path)) from error
    if not stat.S_ISREG(mode):
        raise NotRegularError(path, mode)
    return os.fdopen(open_handle(path, follow=follow), "rb")


def open_handle(path: str | Path, *, follow: bool = False) -> int:
    """A handle of the file, for a caller who has asked for its kind; it is asked for again of what was opened.

    Raises as :func:`open_regular` does. The caller closes the handle.
    """
    handle = os.open(path, _FLAGS | _NO_WAIT | (0 if follow else _NO_LINK))
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise NotRegularError(path, mode)
    except BaseException:
        os.close(handle)
        raise
    return handle


def inside(root: Path, base: str, named: str) -> str:
    """The path of what a file in the folder ``base`` names, relative to ``root`` (POSIX), with all links followed.

    Empty where it leaves the root, or where no path is meant: links that lead to each other, a NUL.
    """
    try:
        target = (root / base / named.replace("\\", "/")).resolve()
        return target.relative_to(root.resolve()).as_posix()
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links that lead to each other, before Python 3.13
        return ""


def is_regular(path: str | Path) -> bool:
    """True for a regular file, links followed. Never raises, as ``Path.is_file`` does for a name that is too long."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 (no Path for each of thousands)
    except (OSError, ValueError):
        return False


def read_bounded(path: str | Path, bound: int, *, follow: bool = True) -> bytes:
    """At most ``bound`` bytes from the beginning; a caller that must know whether that was all asks for one more.

    Memory is taken as bytes arrive, never for a size that the file only claims. Raises as :func:`open_regular` does.
    """
    with open_regular(path, follow=follow) as opened:
        return read_stream(opened, bound, os.fstat(opened.fileno()).st_size + 1)


def read_stream(stream: BinaryIO, bound: int, expected: int = _CHUNK) -> bytes:
    """At most ``bound`` bytes of an open file; ``expected`` is how many are asked for at first."""
    data = stream.read(min(bound, expected, _CHUNK * 16))
    if len(data) >= bound or not data:
        return data
    parts = [data]
    left = bound - len(data)
    while left > 0 and (more := stream.read(min(left, _CHUNK))):
        parts.append(more)
        left -= len(more)
    return b"".join(parts)
