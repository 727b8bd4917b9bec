"""Settings that lie in a file of their own beside a manifest: ``uv.toml`` limits what uv installs for it."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

import msgspec

from scanner.model.locked import DependencyFile


def with_settings(files: Sequence[DependencyFile]) -> list[DependencyFile]:
    """The files, each manifest of uv with the constraints and overrides of the nearest ``uv.toml`` at or above it."""
    folders = {posixpath.dirname(one.path): one for one in files if one.kind == "uv.toml"}
    return [_with(one, folders) if one.kind in ("pyproject.toml", "requirements.txt") else one for one in files]


def _with(file: DependencyFile, folders: dict[str, DependencyFile]) -> DependencyFile:
    folder = posixpath.dirname(file.path)
    while folders:
        if folder in folders:
            limits = tuple(one for one in folders[folder].groups if one.kind == "constraint")
            return msgspec.structs.replace(file, groups=(*file.groups, *limits)) if limits else file
        if not folder:
            break
        folder = posixpath.dirname(folder)
    return file
