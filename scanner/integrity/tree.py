"""The files of the audited tree, for the few that say how packages are installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scanner.files import read_bounded
from scanner.inputs.walk import Walk

MAX_BYTES = 512 * 1024


def walk(root: str, left: list[tuple[str, str]] | None = None) -> Iterator[tuple[str, Path]]:
    """Every file of the tree as (POSIX path relative to it, path), as :class:`scanner.inputs.walk.Walk` finds them.

    What was not looked at is appended to ``left``, as (path, reason).
    """
    found = Walk(Path(root))
    for relative in found.files():
        yield relative, Path(root, relative)
    if left is not None:
        left.extend((gap.location.path, gap.reason) for gap in found.gaps)


def read_text(path: Path) -> str | None:
    """The file's text, or ``None`` where it is too large, not readable, or not text."""
    try:
        raw = read_bounded(path, MAX_BYTES + 1, follow=False)
    except OSError:
        return None
    if len(raw) > MAX_BYTES or b"\0" in raw:
        return None
    return raw.decode("utf-8", "replace")
