"""Whether the files of a tree speak of another file or folder: what nothing names, nothing of the tree starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from scanner.files import read_bounded

MAX_BYTES = 1024 * 1024
MAX_TOTAL = 256 * 1024 * 1024
_TEXTS = re.compile(
    r"(?i)(?:^|/)(?:[^/.]+|\.?[^/]*\.(?:pyw?|pyi|pyx|pth|ipynb|toml|cfg|ini|ya?ml|json|sh|bash|zsh|ps1|bat|cmd|mk|md|rst|txt|in"
    r"|env|envrc|[Dd]ockerfile|code-workspace|iml|lock|conf))$"
)
"""Files that can start something, or tell a person to: sources, settings, recipes, instructions; and what has no
suffix (Makefile, Dockerfile, hooks)."""
_SOURCES = re.compile(r"(?i)\.(?:pyw?|pyi|pyx|pth|ipynb)$|(?:^|/)(?:pyproject\.toml|setup\.cfg)$")
_AS_PATH = re.compile(rb"[/\\]+\w")
_JOINS = re.compile(rb"(?:join|[Pp]ath|insert|append|chdir)\s*\(|/\s*[\"']$")
_BEFORE = re.compile(rb"[\w.-]")
_AFTER = re.compile(rb"[\w-]")
_REACH = 200
"""Bytes before a name, on its own line, in which what makes a path of it is looked for."""


def loosely(root: Path, files: Iterable[str], folders: Iterable[str]) -> frozenset[str]:
    """Those of ``folders`` (POSIX, relative) whose own name stands as a word in one of the files.

    A name that is a plain word is met where nobody means the folder: then it is looked at, which errs on the right
    side. Where not all of the files could be searched, all folders count.
    """
    return _mentioned(root, files, folders, _TEXTS, lambda data, start, end: True)


def strictly(root: Path, files: Iterable[str], folders: Iterable[str]) -> frozenset[str]:
    """Those of ``folders`` of whose name Python sources or its packaging make a path.

    A linter's list of what it leaves out names folders too, and takes nothing from them.
    """
    return _mentioned(root, files, folders, _SOURCES, _makes_a_path)


def named_by(root: Path, files: Iterable[str], wanted: Iterable[str]) -> frozenset[str]:
    """Those of the files ``wanted`` that one of ``files`` names together with the folder that they lie in."""
    by_tail: dict[str, list[str]] = {}
    for one in wanted:
        by_tail.setdefault("/".join(one.split("/")[-2:]), []).append(one)
    found = _search(root, files, by_tail, _TEXTS, lambda data, start, end: True)
    return frozenset(one for tail in found for one in by_tail[tail])


def _makes_a_path(data: bytes, start: int, end: int) -> bool:
    if _AS_PATH.match(data, end):
        return True
    begin = max(data.rfind(b"\n", 0, start) + 1, start - _REACH)
    return _JOINS.search(data[begin:start]) is not None


def _mentioned(
    root: Path,
    files: Iterable[str],
    folders: Iterable[str],
    kinds: re.Pattern[str],
    counts: Callable[[bytes, int, int], bool],
) -> frozenset[str]:
    wanted = list(folders)
    found = _search(root, files, {one.rpartition("/")[2] for one in wanted}, kinds, counts)
    return frozenset(one for one in wanted if one.rpartition("/")[2] in found)


def _search(
    root: Path,
    files: Iterable[str],
    words: Iterable[str],
    kinds: re.Pattern[str],
    counts: Callable[[bytes, int, int], bool],
) -> frozenset[str]:
    """The words that stand in one of the files, in a way that ``counts``."""
    left = {one.encode("utf-8", "surrogateescape"): one for one in words}
    every = frozenset(left.values())
    if not left:
        return every
    from ahocorasick_rs import BytesAhoCorasick

    # The audited party chooses how many words there are: one pass finds any number of them.
    names = sorted(left)
    matcher = BytesAhoCorasick(names)
    for data in _texts(root, files, kinds):
        if data is None:
            return every
        for number, start, end in matcher.find_matches_as_indexes(data, overlapping=True):
            name = names[number]
            if name in left and _stands_alone(data, start, end) and counts(data, start, end):
                del left[name]
        if not left:
            break
    return every - frozenset(left.values())


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    return not _BEFORE.match(data, max(start - 1, 0), start) and not _AFTER.match(data, end)


def _texts(root: Path, files: Iterable[str], kinds: re.Pattern[str]) -> Iterator[bytes | None]:
    """The beginning of each file of these kinds; ``None`` once the bound of them all is reached."""
    total = 0
    for path in files:
        if kinds.search(path) is None:
            continue
        try:
            data = read_bounded(root / path, MAX_BYTES, follow=False)
        except OSError:
            continue
        total += len(data)
        yield data
        if total > MAX_TOTAL:
            yield None
            return
