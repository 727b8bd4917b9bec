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
from scanner.inputs.dynamic import is_dynamic_gap
from scanner.inputs.pyproject import read as read_pyproject
from scanner.inputs.setup_py import StaticSetup
from scanner.inputs.source import read_source
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


def setup_requirements(archive: Archive, top: str, pyproject: bytes = b"") -> tuple[str, ...] | NotKnown:
    """PEP 508 texts from ``setup.cfg`` and ``setup.py`` below ``top`` (with its slash), where both state them fully.

    Where ``pyproject`` has a ``[project]`` table, that one counts, with what it leaves to the others.
    """
    with tempfile.TemporaryDirectory(prefix="assay-") as name:
        folder = Path(name)
        lay_out(archive, top, folder)
        try:
            is_there = (folder / "setup.py").is_file()
            script = (
                setup_py.setup_of(folder, "setup.py", read_source(folder, "setup.py", python=True).text)
                if is_there
                else None
            )
            config = setup_cfg.read(folder, "setup.cfg") if (folder / "setup.cfg").is_file() else None
            if has_project(pyproject):
                return _with_project(read_pyproject(folder, "pyproject.toml"), script, config)
        except InputError as error:
            return NotKnown(f"its sdist's {error.what.partition(chr(10))[0]}", REMEDY)
    return _combined(script, config)


def lay_out(archive: Archive, top: str, folder: Path) -> None:
    """Write the manifests below ``top`` into an empty folder."""
    for path, body in _manifests(archive, top):
        target = folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(body)


def has_project(pyproject: bytes) -> bool:
    """True where a ``[project]`` table speaks for the package (PEP 621), dynamic or not."""
    try:
        return "project" in tomli.loads(pyproject.decode("utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return False


def _with_project(
    project: DependencyFile, script: StaticSetup | None, config: DependencyFile | None
) -> tuple[str, ...] | NotKnown:
    """What the table states, or leaves to files that it names, or to a ``setup.py`` that states dependencies."""
    others = [one for one in (script, config) if one is not None]
    stated = any(group.kind == "dependencies" for one in others for group in one.groups)
    gaps = [one for one in project.gaps if not (stated and is_dynamic_gap(one))]
    if gaps:
        return NotKnown(f"its build decides its dependencies: {gaps[0].reason}", REMEDY)
    if not project.gaps:
        return tuple(dict.fromkeys(_texts(project)))
    found = _combined(script, config)
    return found if isinstance(found, NotKnown) else tuple(dict.fromkeys((*_texts(project), *found)))


def _texts(file: DependencyFile) -> Iterator[str]:
    for group in file.groups:
        if group.kind in ("dependencies", "extra"):
            yield from (_text(each, group) for each in group.requirements)


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


def _combined(script: StaticSetup | None, config: DependencyFile | None) -> tuple[str, ...] | NotKnown:
    files = [one for one in (script, config) if one is not None]
    if not (script is not None and script.is_setup) and not (config is not None and config.project):
        return NotKnown("no setup() call was found in its sdist, nor what it needs", REMEDY)
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
