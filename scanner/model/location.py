"""Where something was read: file, line, column, key path."""

from __future__ import annotations

import msgspec


class Location(msgspec.Struct, frozen=True, order=True):
    """A place in a file of the audited project, or in a member of an artifact.

    ``path`` is POSIX and relative to the audited root (or to the archive's root when ``artifact`` names the
    file it lies in). ``line`` and ``end_line`` count from 1, ``column`` from 1; 0 means "the whole file".
    ``key_path`` is the path inside a structured file, as in ``packages[3].wheels[0].url``.
    """

    path: str
    line: int = 0
    end_line: int = 0
    column: int = 0
    key_path: str = ""
    artifact: str = ""

    def __str__(self) -> str:
        text = f"{self.artifact}!/{self.path}" if self.artifact else self.path
        if self.line:
            text += f":{self.line}"
        return f"{text} ({self.key_path})" if self.key_path else text
