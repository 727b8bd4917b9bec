"""Versions in file names, and equality of versions that PEP 440 refuses to read."""

from __future__ import annotations

import functools
import re

from packaging.version import Version


@functools.lru_cache(maxsize=65536)
def parse_version(text: str) -> Version | None:
    """The PEP 440 version, or ``None`` for legacy versions, and for numbers of more digits than Python reads."""
    try:
        return Version(text)
    except ValueError:  # InvalidVersion is one, and so is what ``int`` says of thousands of digits.
        return None


def same_version(left: str, right: str) -> bool:
    """PEP 440 equality (``1.0`` is ``1.0.0``); legacy versions are equal when their texts are, ignoring case."""
    first, second = parse_version(left), parse_version(right)
    if first is None or second is None:
        return first is second and left.strip().lower() == right.strip().lower()
    return first == second


def pin_allows(pinned: str, version: str) -> bool:
    """True where ``==pinned`` is met by the version: a pin without a local part is met by any local one (PEP 440)."""
    if same_version(pinned, version):
        return True
    first, second = parse_version(pinned), parse_version(version)
    return first is not None and second is not None and first.local is None and Version(second.public) == first


MAX_FILENAME = 512
"""Characters: no file system keeps longer names, and so no release has a file of one."""
# Compiled where they are used: most commands parse versions and no file names.
_SDIST_SUFFIX = r"(?i)\.(tar\.gz|tgz|zip|tar\.bz2|tar\.xz|tar|tbz)$"
_EGG = r"(?i)^(?P<name>.+?)-(?P<version>[^-]+)(-py\d[\d.]*)?(-[^-]+)?\.egg$"


@functools.lru_cache(maxsize=65536)
def _normal(text: str) -> str:
    """The version in its normal form; a legacy version as it is."""
    parsed = parse_version(text)
    return text if parsed is None else str(parsed)


@functools.lru_cache(maxsize=65536)
def artifact_version(filename: str, name: str) -> str:
    """The version that a distribution file's name states, or the empty string where it states none."""
    from scanner.model.artifact import artifact_kind

    if len(filename) > MAX_FILENAME:
        return ""
    kind = artifact_kind(filename)
    if kind == "wheel":
        parts = filename.split("-")
        return _normal(parts[1]) if len(parts) > 1 else ""
    if kind == "egg":
        matched = re.match(_EGG, filename)
        return matched["version"] if matched else ""
    if kind == "sdist":
        stem = re.sub(_SDIST_SUFFIX, "", filename)
        # Old sdists keep dashes in the name: find the split whose left side is the project's name.
        pieces = stem.split("-")
        for cut in range(1, len(pieces)):
            if re.sub(r"[-_.]+", "-", "-".join(pieces[:cut])).lower() == name:
                return "-".join(pieces[cut:])
        return stem.rpartition("-")[2] if "-" in stem else ""
    return ""
