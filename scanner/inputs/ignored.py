"""``.gitignore``: which paths a repository does not keep. Source: git's documentation, gitignore(5), pattern format."""

from __future__ import annotations

import re
from pathlib import Path

from scanner.files import read_bounded

MAX_IGNORE_BYTES = 256 * 1024
MAX_PATTERNS = 2000


class IgnoreRules:
    """Patterns of every ``.gitignore`` met on the way down; a later pattern overrides an earlier one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._patterns: list[tuple[str, re.Pattern[str], bool, bool]] = []

    def enter(self, folder: str) -> None:
        """Read the folder's own ``.gitignore``, if it has one."""
        path = self._root / folder / ".gitignore"
        try:
            # Git itself follows no link here either.
            text = read_bounded(path, MAX_IGNORE_BYTES, follow=False).decode("utf-8", "replace")
        except OSError:
            return
        base = "" if folder == "." else folder + "/"
        for line in text.splitlines():
            pattern = line.rstrip()
            if not pattern or pattern.startswith("#") or len(self._patterns) >= MAX_PATTERNS or len(pattern) > 500:
                continue
            if pattern.count("**") > 2:
                continue  # what git would ignore and we do not is looked at: that errs on the right side
            negated = pattern.startswith("!")
            pattern = pattern.removeprefix("!")
            only_folders = pattern.endswith("/")
            self._patterns.append((base, _compile(pattern.rstrip("/")), negated, only_folders))

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        ignored = False
        for base, pattern, negated, only_folders in self._patterns:
            applies = path.startswith(base) and (is_folder or not only_folders)
            if applies and pattern.fullmatch(path[len(base) :]):
                ignored = not negated
        return ignored


def _compile(pattern: str) -> re.Pattern[str]:
    """One pattern as a regular expression over the path below its ``.gitignore``. Without a slash it fits any depth."""
    parts = pattern.removeprefix("/").split("/")
    out = "" if "/" in pattern else "(?:[^/]+/)*"
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        if part == "**":
            out += ".*" if is_last else "(?:[^/]+/)*"
        else:
            out += _segment(part) + ("" if is_last else "/")
    return re.compile(out)


def _segment(text: str) -> str:
    """One part between slashes. Each star takes as little as it can and gives nothing back, so that a hostile pattern
    of many stars costs no more than its length."""
    first, *others = re.sub(r"\*+", "*", text).split("*")
    out = _literal(first)
    for number, part in enumerate(others):
        is_last = number == len(others) - 1
        out += f"[^/]*{_literal(part)}" if is_last else f"(?>[^/]*?{_literal(part)})"
    return out


def _literal(text: str) -> str:
    return "".join("[^/]" if one == "?" else re.escape(one) for one in text)
