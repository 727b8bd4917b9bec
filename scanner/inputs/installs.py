"""Installing commands and gaps that a reader found beside a file's own requirements, in the shape that files keep."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

import msgspec

from scanner.inputs.commands import is_fixed
from scanner.model.locked import DependencyFile, Gap, InstallCommand, NamedFile, RequirementGroup

_WHOLE = re.compile(r"\b(?:install|wheel|uvx|run|add|inject)\s")


def joined_words(words: Sequence[str]) -> str:
    """The words of one command (``[pip, install, x]``) as a line of shell; empty where one of them is a whole command,
    which is to be looked at by itself."""
    return "" if any(_WHOLE.search(one) for one in words) else " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """A word that a shell would take apart, in quotes."""
    return f"'{word}'" if re.search(r"[\s<>;!&|]", word) and "'" not in word else word


def with_installs(file: DependencyFile, found: Iterable[InstallCommand | Gap | NamedFile]) -> DependencyFile:
    """The file with what was found: pinned requirements join the graph as the group ``undeclared``."""
    names: list[NamedFile] = []
    commands: list[InstallCommand] = []
    gaps: list[Gap] = []
    for one in found:
        if isinstance(one, Gap):
            gaps.append(one)
        elif isinstance(one, NamedFile):
            names.append(one)
        else:
            commands.append(one)
    pinned = tuple(dict.fromkeys(one for each in commands for one in each.requirements if is_fixed(one)))
    groups = (RequirementGroup("undeclared", PurePosixPath(file.path).name, pinned),) if pinned else ()
    return msgspec.structs.replace(
        file,
        groups=(*file.groups, *groups),
        gaps=(*file.gaps, *gaps),
        commands=(*file.commands, *commands),
        names=(*file.names, *names),
    )
