"""Links in an archive: which of them can make something run that lies elsewhere under another name."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from scanner.index.members import Member, parents


def reaching_links(members: Iterable[Member], is_source: Callable[[str], bool]) -> frozenset[str]:
    """Paths of the links under which source would be found: those that are named as source is, and those that lead to
    a folder, to another link, or out of the archive. One that leads to a file under the name of a text or of a picture
    is not among them, nor is one that leads to nothing."""
    known = tuple(members)
    links = [one for one in known if one.kind == "link"]
    if not links:
        return frozenset()
    files = {one.path for one in known if one.kind == "file"}
    folders = {parent for one in known for parent in parents(one.path)} | {
        one.path for one in known if one.kind == "folder"
    }
    others = {one.path for one in links}
    found: set[str] = set()
    for link in links:
        if is_source(link.path):
            found.add(link.path)
            continue
        # A hard link names its target from the top, a symbolic one from where it stands.
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(link.path), link.target))
        from_top = posixpath.normpath(link.target)
        leaves = link.target.startswith("/") or beside.startswith("..")
        named = "." in posixpath.basename(link.path)[1:]
        for target in (beside, from_top):
            if target in folders or target in others or (leaves and target not in files and not named):
                found.add(link.path)
    return frozenset(found)


def leaving_links(members: Iterable[Member]) -> frozenset[str]:
    """Paths of the links that lead out of the archive. Where it holds no source, only these can bring some in."""
    found = set()
    for link in members:
        if link.kind == "link":
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(link.path), link.target))
            if link.target.startswith("/") or beside.startswith(".."):
                found.add(link.path)
    return frozenset(found)
