"""Requirements that a manifest reads from another file of the tree (``file:`` directives, ``open()`` in setup.py)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import msgspec

from scanner import files
from scanner.inputs import requirements
from scanner.inputs.source import Fault
from scanner.model.errors import InputError
from scanner.model.location import Location
from scanner.model.locked import Gap
from scanner.model.requirement import Requirement


class Included(msgspec.Struct, frozen=True):
    """What the files gave. ``includes`` are relative to the audited root."""

    requirements: tuple[Requirement, ...] = ()
    includes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    faults: tuple[Fault, ...] = ()


def inside(root: Path, base: str, named: str) -> str:
    """The path of a file named in ``base``, relative to the root; empty where it leaves the root."""
    return files.inside(root, PurePosixPath(base).parent.as_posix(), named)


def included_requirements(root: Path, base: str, named: Sequence[str], location: Location) -> Included:
    """Requirements of the files that ``base`` names, in order. What cannot be read is a gap at the given place."""
    found: list[Requirement] = []
    includes: set[str] = set()
    gaps: list[Gap] = []
    for one in named:
        relative = inside(root, base, one)
        if not relative:
            reason = f"it reads {one[:200]}, which lies outside the audited folder"
            gaps.append(Gap(location, reason, "Audit the folder that holds both files."))
            continue
        try:
            file = requirements.read(root, relative)
        except InputError as error:
            gaps.append(Gap(location, f"it reads {relative}, which cannot be read: {error.what.partition(chr(10))[0]}"))
            continue
        includes.update((relative, *file.includes))
        gaps.extend(file.gaps)
        found.extend(one for group in file.groups if group.kind == "dependencies" for one in group.requirements)
    return Included(tuple(found), tuple(sorted(includes)), tuple(gaps))
