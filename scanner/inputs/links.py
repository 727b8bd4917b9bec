"""Links of a tree that lead to other places of it: under another name, or in another folder, a file runs otherwise."""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

MAX_NESTED = 3
"""Links within linked folders that are followed, so that a ring of them ends."""
MAX_LINKED = 20_000
"""Files that run, and links, up to which links are followed."""


class TooManyLinksError(Exception):
    """More than ``MAX_LINKED``; ``link`` is the first that was not followed."""

    def __init__(self, link: str) -> None:
        self.link = link
        super().__init__(link)


def linked(
    links: Iterable[tuple[str, str]], files: Iterable[str], runs: Callable[[str], bool]
) -> Iterator[tuple[str, bool]]:
    """What runs under another name: each path by way of a link, and whether the link is to a folder.

    ``links`` are (path, target), both POSIX and relative to the root (``"."`` for the root itself); ``files`` every
    file that was met. A link to a file is given though that file is not among them. Raises :class:`TooManyLinksError`.
    """
    known = dict(links)
    named = sorted(known)
    every = sorted(files)
    running = [one for one in every if runs(one)]
    waiting = deque((link, target, 1) for link, target in sorted(known.items()))
    count = 0
    while waiting:
        link, target, depth = waiting.popleft()
        below = "" if target == "." else f"{target}/"
        found = _starting(running, below)
        count += 1 + len(found)
        if count > MAX_LINKED:
            raise TooManyLinksError(link)
        yield from ((f"{link}/{path[len(below) :]}", True) for path in found)
        if not _any_starting(every, below):
            yield link, False
        elif depth < MAX_NESTED and below:
            for path in _starting(named, below):
                if path != link:
                    waiting.append((f"{link}/{path[len(below) :]}", known[path], depth + 1))


def _starting(ordered: Sequence[str], prefix: str) -> Sequence[str]:
    """Those of the sorted texts that start with the prefix."""
    start = bisect.bisect_left(ordered, prefix)
    return ordered[start : bisect.bisect_left(ordered, prefix + chr(0x10FFFF), start)]


def _any_starting(ordered: Sequence[str], prefix: str) -> bool:
    start = bisect.bisect_left(ordered, prefix)
    return start < len(ordered) and ordered[start].startswith(prefix)
