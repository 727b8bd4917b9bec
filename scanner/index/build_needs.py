"""What the build of a source distribution would install and run (PEP 518, and setuptools' ``setup_requires``)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli

from scanner.index.archive import Archive
from scanner.index.sdist_static import lay_out
from scanner.inputs import setup_cfg, setup_py
from scanner.inputs.pep508 import parse_requirement
from scanner.inputs.source import read_source
from scanner.model.errors import InputError
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.locked import RequirementGroup
from scanner.model.names import NormalizedName, canonicalize_name

REMEDY = "Look at its pyproject.toml, or install a wheel, which needs no build."
LEGACY = (canonicalize_name("setuptools"), canonicalize_name("wheel"))
"""What pip gives to a build where the project states nothing."""
MAX_BYTES = 1024 * 1024


def build_needs(archive: Archive) -> tuple[NormalizedName, ...] | NotKnown:
    """The projects that a build of the sdist needs, as far as its files state them; what a backend asks for beyond
    that, only running it would tell."""
    top = next((one.path.partition("/")[0] + "/" for one in archive.members if "/" in one.path), "")
    body = archive.read(f"{top}pyproject.toml", MAX_BYTES)
    found = set(LEGACY)
    if body is not None:
        stated = _of_pyproject(body)
        if isinstance(stated, NotKnown):
            return stated
        found = set(LEGACY) if stated is None else set(stated)
    with tempfile.TemporaryDirectory(prefix="assay-") as name:
        folder = Path(name)
        lay_out(archive, top, folder)
        found.update(_of_setup(folder))
    return tuple(sorted(found))


def _of_pyproject(body: bytes) -> list[NormalizedName] | NotKnown | None:
    try:
        content: dict[str, Any] = tomli.loads(body.decode("utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return NotKnown("its pyproject.toml cannot be read", REMEDY)
    system = content.get("build-system")
    if not isinstance(system, dict) or "requires" not in system:
        return None
    listed = system["requires"]
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        return NotKnown("its build-system.requires is no list of requirements", REMEDY)
    try:
        return [parse_requirement(one, Location("pyproject.toml")).name for one in listed]
    except ValueError as error:
        return NotKnown(f"its build-system.requires cannot be read: {error}", REMEDY)


def _of_setup(folder: Path) -> Iterator[NormalizedName]:
    groups: list[RequirementGroup] = []
    try:
        if (folder / "setup.cfg").is_file():
            groups += setup_cfg.read(folder, "setup.cfg").groups
        if (folder / "setup.py").is_file():
            groups += setup_py.setup_of(folder, "setup.py", read_source(folder, "setup.py", python=True).text).groups
    except InputError:
        return  # What cannot be read there is told where its code is judged.
    for group in groups:
        if group.kind == "build":
            yield from (one.name for one in group.requirements)
