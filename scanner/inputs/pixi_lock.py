"""``pixi.lock``: see :mod:`scanner.inputs.conda_locks`."""

from __future__ import annotations

from pathlib import Path

from scanner.inputs.conda_locks import read_packages
from scanner.inputs.source import read_source
from scanner.model.locked import DependencyFile

KIND = "pixi.lock"


def read(root: Path, relative: str) -> DependencyFile:
    """Read a pixi lock. What is none is a gap."""
    return read_packages(read_source(root, relative), KIND, "packages")
