"""Names of extras and groups on the command line, held against those that the project has.

A typing error must not make an audit smaller: uv ends with an error, pip with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from packaging.utils import canonicalize_name

from scanner.inputs.dynamic import is_dynamic_gap
from scanner.model.errors import UsageError
from scanner.model.locked import DependencyFile
from scanner.resolver.lockwalk import edges_of

_EXTRA = re.compile(r"""\bextra == ["']([^"']{1,200})["']""")
Kind = Literal["extra", "group"]


def known(files: Iterable[DependencyFile], kind: Kind) -> frozenset[str]:
    """Canonical names of the extras or groups that the files state."""
    return frozenset(canonicalize_name(one) for file in files for one in _stated(file, kind) if one)


def _stated(file: DependencyFile, kind: Kind) -> Iterator[str]:
    yield from (group.name for group in file.groups if group.kind == kind)
    for locked in file.locked:
        if locked.is_project:
            yield from (edge.extra if kind == "extra" else edge.group for edge in edges_of(locked))
        elif kind == "extra":
            yield from _EXTRA.findall(locked.marker)
        if kind == "group":
            yield from locked.groups


def unknown(files: Sequence[DependencyFile], kind: Kind, asked: Iterable[str]) -> tuple[str, ...]:
    """The names asked for that no file states, as they were written."""
    stated = known(files, kind)
    return tuple(one for one in asked if canonicalize_name(one) not in stated)


def may_be_dynamic(files: Iterable[DependencyFile]) -> bool:
    """True where a build decides names that no file states: then an unknown one is a gap and no error."""
    return any(is_dynamic_gap(gap) for file in files for gap in file.gaps) or any(
        file.gaps and file.kind in ("setup.py", "setup.cfg") for file in files
    )


def require_known(files: Sequence[DependencyFile], extras: Iterable[str], groups: Iterable[str]) -> None:
    """Raises :class:`UsageError` for the first name that the project does not have, with those that it has."""
    if may_be_dynamic(files):
        return
    asked: tuple[tuple[Kind, Iterable[str]], ...] = (("extra", extras), ("group", groups))
    for kind, names in asked:
        for name in unknown(files, kind, names):
            stated = ", ".join(sorted(known(files, kind))) or "none"
            raise UsageError(
                f"the project has no {kind} {name[:80]}", where=f"--{kind} {name[:80]}", remedy=f"Known: {stated}."
            )
