"""Which names a manifest may hold, how they are spelled, and in which order they stand.

A path of a manifest is relative, in POSIX form, and in Unicode normalization form C. A folder that holds nothing
stands with a ``/`` behind its path, so that it is not lost.
"""

from __future__ import annotations

import re
import unicodedata

MAX_PATH = 4096
"""Bytes of a path in UTF-8."""
MAX_DEPTH = 256
"""Names of a path."""
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\/]")


def normal(name: str) -> str:
    """One name of a path in normalization form C, as it stands in a manifest."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def folded(name: str) -> str:
    """What two names share that a file system without regard to case takes for one."""
    return (
        name.lower() if name.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    )


def name_fault(name: str) -> str:
    """Why no manifest may hold this name of a file or folder; empty where it may."""
    if name in ("", ".", ".."):
        return "it is no name of a file"
    if found := _FORBIDDEN.search(name):
        return f"its name holds the character U+{ord(found[0]):04X}, which not every system can keep in a name"
    if not name.isascii():
        try:
            name.encode()
        except UnicodeEncodeError:
            return "its name is not UTF-8"
    return ""


def path_fault(path: str) -> str:
    """Why this is no path of a manifest (see the module); empty where it is one."""
    names = path.removesuffix("/").split("/")
    if len(names) > MAX_DEPTH:
        return f"it is deeper than {MAX_DEPTH} folders"
    for name in names:
        if fault := name_fault(name):
            return fault
        if normal(name) != name:
            return "it is not in Unicode normalization form C"
    if len(path.encode()) > MAX_PATH:
        return f"it is longer than {MAX_PATH} bytes"
    return ""


def order_key(path: str) -> str:
    """Sorts paths so that each folder's contents stand together: by names, and names by their code points."""
    return path.removesuffix("/").replace("/", "\0")
