"""Where output goes: where the user said, never through a link that the audited tree holds.

Whoever audits a vendor's checkout often stands in it. A link of that checkout with the name of the report's folder
would have the report written over files of the user.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from scanner.commands import DEFAULT_OUTPUT
from scanner.model.errors import InputError, UsageError

MAX_LINKS = 40


def output_folder(named: str | None, audited: Iterable[Path]) -> Path:
    """The folder to write into: the one that was named, else the default.

    No link on the way to it may lie in an audited tree, in the repository around one, or, for the default, in the
    working directory. Raises :class:`UsageError` for such a link, :class:`InputError` for a path that leads nowhere.
    """
    try:
        foreign = {one for tree in audited for one in _around(tree)}
        if named is None:
            foreign |= {Path.cwd().resolve()}
        _walk(DEFAULT_OUTPUT if named is None else named, foreign)
    except (OSError, ValueError, RuntimeError) as error:
        what = f"the report cannot be written there: {getattr(error, 'strerror', None) or error}"
        remedy = "Name a folder that can be written with --output."
        raise InputError(what, where=named or DEFAULT_OUTPUT, remedy=remedy) from error
    return Path(DEFAULT_OUTPUT if named is None else named)


def _around(tree: Path) -> list[Path]:
    """The audited folder (of a file, the folder that it lies in), and the top of the Git repository around it."""
    folder = tree.resolve()
    if not folder.is_dir():
        folder = folder.parent
    top = next((one for one in (folder, *folder.parents) if os.path.lexists(one / ".git")), folder)
    return [folder, top]


def _walk(named: str, foreign: set[Path]) -> None:
    """Walk the path as the system walks it (``..`` after a link is the parent of its target) and look at each link."""
    path = Path(named) if Path(named).is_absolute() else Path.cwd() / named
    here, left, links = Path(path.anchor), list(path.parts[1:]), 0
    while left:
        part = left.pop(0)
        if part == "..":
            here = here.parent
            continue
        there = here / part
        if not there.is_symlink():
            here = there
            continue
        links += 1
        if links > MAX_LINKS:
            raise OSError(f"more than {MAX_LINKS} links")
        if any(here == one or one in here.parents for one in foreign):
            raise UsageError(
                f"it leads through a link that lies in the audited tree ({there.name} → {there.readlink()})",
                where=str(there),
                remedy="Look at that link; name a folder outside of the tree with --output.",
            )
        target = there.readlink()
        if target.is_absolute():
            here = Path(target.anchor)
            left[:0] = target.parts[1:]
        else:
            left[:0] = target.parts
