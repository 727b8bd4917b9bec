"""What the manifests inside an sdist state, read by the same readers as a project's own, and never run.

Only the few text files that state requirements are looked at; they are laid out in a temporary folder of their own,
because the readers follow ``file:`` directives and ``open()`` from one to the other.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli

from scanner.index.archive import Archive
from scanner.inputs import setup_cfg, setup_py
from scanner.model.errors import InputError
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, RequirementGroup
from scanner.model.requirement import Requirement

MAX_FILE_BYTES = 1024 * 1024
MAX_FILES = 200
MAX_NAME = 120
"""Longer names are no manifest's, and file systems refuse them."""
REMEDY = "Pin it in a lock file that states its dependencies, or ask its author for a wheel."
SETUPTOOLS = ("setuptools.build_meta", "setuptools.build_meta:__legacy__")
STATED_BY_BACKEND = ("poetry.core.masonry.api", "poetry.masonry.api", "flit_core.buildapi", "flit.buildapi")
"""Backends that copy the requirements of their table to PKG-INFO: what it lists is what a build would give."""
COMPUTES = frozenset({"pbr", "d2to1"})
"""Build requirements that replace what setup() states by what they read elsewhere."""
_WANTED = re.compile(r"setup\.(py|cfg)|pyproject\.toml|([\w-]+/)?[\w.-]+\.(txt|in)", re.IGNORECASE)


def build_backend(pyproject: bytes) -> str:
    """The build backend (PEP 517); without one setuptools, as pip assumes."""
    try:
        content: dict[str, Any] = tomli.loads(pyproject.decode("utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return "unreadable"
    system = content.get("build-system", {})
    named = system.get("build-backend") if isinstance(system, dict) else None
    return named if isinstance(named, str) else SETUPTOOLS[0]


def setup_requirements(archive: Archive, top: str) -> tuple[str, ...] | NotKnown:
    """PEP 508 texts from ``setup.cfg`` and ``setup.py`` below ``top`` (with its slash), where both state them fully."""
    with tempfile.TemporaryDirectory(prefix="assay-") as name:
        folder = Path(name)
        for path, body in _manifests(archive, top):
            target = folder / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(body)
        try:
            script = setup_py.read(folder, "setup.py") if (folder / "setup.py").is_file() else None
            config = setup_cfg.read(folder, "setup.cfg") if (folder / "setup.cfg").is_file() else None
        except InputError as error:
            return NotKnown(f"its sdist's {error.what.partition(chr(10))[0]}", REMEDY)
    return _combined(script, config)


def _manifests(archive: Archive, top: str) -> Iterator[tuple[str, bytes]]:
    taken = 0
    for one in archive.members:
        inner = one.path.removeprefix(top)
        if one.kind != "file" or inner == one.path or len(inner) > MAX_NAME or not _WANTED.fullmatch(inner):
            continue
        body = archive.read(one.path, MAX_FILE_BYTES)
        if body is not None and taken < MAX_FILES:
            taken += 1
            yield inner, body


def _combined(script: DependencyFile | None, config: DependencyFile | None) -> tuple[str, ...] | NotKnown:
    files = [one for one in (script, config) if one is not None]
    # A name shows that the setup() call, or the section that stands for it, was really found.
    if not any(one.project for one in files):
        return NotKnown("no setup() call of its sdist states its name, so what it needs was not found either", REMEDY)
    for one in files:
        if one.gaps:
            return NotKnown(f"its build decides its dependencies: {one.gaps[0].reason}", REMEDY)
    build = {each.name for one in files for group in one.groups if group.kind == "build" for each in group.requirements}
    if build & COMPUTES:
        return NotKnown(f"its build decides its dependencies ({', '.join(sorted(build & COMPUTES))})", REMEDY)
    found: dict[str, None] = {}
    stated: set[tuple[str, str]] = set()
    # setuptools lets setup.cfg win where both state the same option.
    for one in reversed(files):
        for group in one.groups:
            key = (group.kind, group.name)
            if group.kind in ("dependencies", "extra") and key not in stated:
                found.update(dict.fromkeys(_text(each, group) for each in group.requirements))
        stated |= {(group.kind, group.name) for group in one.groups}
    return tuple(found)


def _text(requirement: Requirement, group: RequirementGroup) -> str:
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    text = f"{requirement.name}{extras}"
    text += f" @ {requirement.url} " if requirement.url else requirement.specifier
    markers = [f"({requirement.marker})"] if requirement.marker else []
    if group.kind == "extra":
        markers.append(f'extra == "{group.name}"')
    return f"{text} ; {' and '.join(markers)}" if markers else text
