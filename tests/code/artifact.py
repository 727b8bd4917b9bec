"""Artifacts made in memory for the engine's tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from scanner.code.analysis import Analysis, analyse
from scanner.code.artifacts import is_source
from scanner.code.source import SourceFile
from scanner.model.finding import PackageRef


def judged(
    files: Mapping[str, str], kind: Literal["wheel", "sdist", "tree", "file"] = "wheel", heads: Mapping[str, bytes] = {}
) -> Analysis:
    """The analysis of an artifact with these files; ``heads`` are first bytes of members that are not source."""
    sources = [SourceFile(path, text.encode()) for path, text in files.items() if is_source(path)]
    return analyse(sources, kind=kind, package=PackageRef("example", "1.0"), names=(*files, *heads), heads=dict(heads))
