"""Packages: a canonical name, a version, and where that came from."""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.model.names import NormalizedName

SourceKind = Literal["index", "vcs", "url", "path", "unknown"]


class Source(msgspec.Struct, frozen=True, order=True):
    """Where a package comes from. ``url`` never holds credentials; ``commit`` is a full VCS revision or empty.

    ``index``: the index URL (empty: the configured default). ``vcs``: ``git+https://…``. ``url``: a direct archive.
    ``path``: a tree or archive, relative to the audited root.
    """

    kind: SourceKind = "index"
    url: str = ""
    commit: str = ""
    subdirectory: str = ""


class Package(msgspec.Struct, frozen=True, order=True):
    """One node of the graph. Two versions of one name are two packages.

    ``version`` is the text as the lock or index has it (PEP 440 mostly; legacy versions are kept as they are); it is
    empty only for a tree whose version is dynamic, which is then said in the coverage.
    """

    name: NormalizedName
    version: str
    source: Source = Source()

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" if self.version else self.name

    @property
    def purl(self) -> str:
        """The package URL (purl-spec, type ``pypi``)."""
        from urllib.parse import quote

        base = f"pkg:pypi/{quote(self.name, safe='')}"
        return f"{base}@{quote(self.version, safe='')}" if self.version else base
