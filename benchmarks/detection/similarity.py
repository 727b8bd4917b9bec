"""Which packages are near-identical: one campaign publishes one payload under many names.

Method. All ``.py``, ``.pyw`` and ``.pth`` text of a package is cut into tokens by a tolerant lexer (Python 2 and
broken files included). Comments and layout go; every string becomes ``s``, every number ``0``, every identifier that is
no keyword, builtin or standard-library module becomes ``n``. Five consecutive folded tokens are a shingle. Of all
shingle hashes the 128 smallest are kept (a bottom-k sketch), which estimates the Jaccard similarity of two packages. In
the fixed order of names, a package joins the first campaign whose leader is at least 0.8 similar, else it leads a
campaign of its own.

What this does not see: one payload put into copies of different honest packages counts as different campaigns.
"""

from __future__ import annotations

import builtins
import hashlib
import heapq
import keyword
import re
import sys
from collections.abc import Iterable, Iterator

from benchmarks.detection.archives import Member

SHINGLE = 5
SKETCH = 128
THRESHOLD = 0.8
#: Hashes of a sketch under which a leader is indexed; two sketches this similar share one of them almost surely.
INDEXED = 16
TEXT_LIMIT = 400_000

_TOKEN = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<string>[rRbBuUfF]{0,2}(?:'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|'(?:[^'\\\n]|\\.)*+'?|\"(?:[^\"\\\n]|\\.)*+\"?))"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<operator>[^\s\w])",
    re.DOTALL,
)
_KEPT = (
    frozenset(keyword.kwlist) | frozenset(dir(builtins)) | sys.stdlib_module_names | {"setup", "cmdclass", "requests"}
)

Sketch = frozenset[int]


def folded_tokens(text: str) -> Iterator[str]:
    """The tokens of Python-like text with names, strings and numbers folded."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "string":
            yield "s"
        elif kind == "number":
            yield "0"
        elif kind == "name":
            name = match.group()
            yield name if name in _KEPT else "n"
        elif kind == "operator":
            yield match.group()


def _shingles(text: str) -> set[int]:
    tokens = list(folded_tokens(text))
    count = max(1, len(tokens) - SHINGLE + 1)
    texts = {" ".join(tokens[start : start + SHINGLE]) for start in range(count)}
    return {
        int.from_bytes(hashlib.blake2b(one.encode("utf-8", "replace"), digest_size=8).digest(), "big") for one in texts
    }


def sketch(files: Iterable[Member]) -> Sketch:
    """The bottom-k sketch of a package's code; empty for a package without any."""
    shingles: set[int] = set()
    left = TEXT_LIMIT
    for member in sorted(files, key=lambda one: one.name):
        if member.name.endswith((".py", ".pyw", ".pth")) and left > 0:
            text = member.data[:left].decode("utf-8", "replace")
            left -= len(text)
            shingles |= _shingles(text)
    return frozenset(heapq.nsmallest(SKETCH, shingles))


def similarity(left: Sketch, right: Sketch) -> float:
    """The estimated Jaccard similarity, 0 to 1; two empty sketches are the same."""
    if not left and not right:
        return 1.0
    lowest = heapq.nsmallest(SKETCH, left | right)
    return sum(one in left and one in right for one in lowest) / len(lowest)


class Campaigns:
    """Leaders of campaigns seen so far. ``add`` in a fixed order gives the same clusters every time."""

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        self._leaders: dict[str, Sketch] = {}
        self._index: dict[int, list[str]] = {}
        self._empty: str = ""

    def add(self, name: str, package: Sketch) -> str:
        """The name of the leader of the campaign that this package belongs to; its own name when it is new."""
        if not package:
            self._empty = self._empty or name
            return self._empty
        lowest = heapq.nsmallest(INDEXED, package)
        candidates = {leader: None for one in lowest for leader in self._index.get(one, ())}
        for leader in candidates:
            if similarity(self._leaders[leader], package) >= self._threshold:
                return leader
        self._leaders[name] = package
        for one in lowest:
            self._index.setdefault(one, []).append(name)
        return name
