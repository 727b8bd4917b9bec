"""Sources of the auditor's configuration that pip takes files from and that are not read: a gap where it matters."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from packaging.utils import NormalizedName, canonicalize_name

from scanner.index.config import IndexConfig
from scanner.inputs.requirement_lines import name_of_archive
from scanner.model.coverage import Coverage
from scanner.model.package import Package
from scanner.model.urls import redact

MAX_FILES = 100_000
REMEDY = "Audit with a configuration without it, e.g. with PIP_CONFIG_FILE=/dev/null and PIP_FIND_LINKS unset."


def other_sources(config: IndexConfig, packages: Iterable[Package], check: str) -> Iterator[Coverage]:
    """A gap for each package that a configured folder has a file of, and one for each source that nobody can list."""
    wanted = {one.name: one for one in packages if one.source.kind == "index"}
    for place in config.ignored if wanted else ():
        folder = _folder(place)
        if folder is None:
            said = f"your configuration names an index that pip asks and that is not asked here: {redact(place)}"
            yield Coverage(check, "configuration", "not-checked", said, REMEDY)
            continue
        for name in sorted(one for one in wanted if (folder / one).is_dir()):
            yield _gap(check, wanted[name], place)
    for place in config.find_links if wanted else ():
        held = _names(place)
        if held is None:
            said = f"your configuration names a page of links for pip, and it is not read: {redact(place)}"
            yield Coverage(check, "configuration", "not-checked", said, REMEDY)
            continue
        for name in sorted(held & wanted.keys()):
            yield _gap(check, wanted[name], place)


def _gap(check: str, package: Package, place: str) -> Coverage:
    said = f"pip takes files of it from {redact(place)} too, which your configuration names: not read"
    return Coverage(check, str(package), "not-checked", said, REMEDY)


def _folder(place: str) -> Path | None:
    """The folder that a path or a ``file:`` URL names, be it there or not; ``None`` for any other URL."""
    if place.startswith("file:"):
        return Path(unquote(place.removeprefix("file:").removeprefix("//")))
    return None if "://" in place else Path(os.path.expanduser(place))  # noqa: PTH111 (a folder may be unknown)


def _names(place: str) -> set[NormalizedName] | None:
    """The projects that a folder has files of; none where there is no such folder, ``None`` for what is no folder."""
    path = _folder(place)
    try:
        if path is None or path.is_file():
            return None
        with os.scandir(path) as listed:
            names = (name_of_archive(one.name) for one in islice(listed, MAX_FILES))
            return {canonicalize_name(one) for one in names if one}
    except (OSError, ValueError):
        return set()
