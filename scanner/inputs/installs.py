"""Installing commands and gaps that a reader found beside a file's own requirements, in the shape that files keep."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

import msgspec

from scanner.inputs.commands import is_fixed
from scanner.model.locked import DependencyFile, Gap, InstallCommand, NamedFile, RequirementGroup

MAX_UNPINNED = 100
"""Commands of one file whose requirements are resolved."""
_WHOLE = re.compile(r"\b(?:install|wheel|uvx|run|add|inject)\s")


def joined_words(words: Sequence[str]) -> str:
    """The words of one command (``[pip, install, x]``) as a line of shell; empty where one of them is a whole command,
    which is to be looked at by itself."""
    return "" if any(_WHOLE.search(one) for one in words) else " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """A word that a shell would take apart, in quotes."""
    return f"'{word}'" if re.search(r"[\s<>;!&|]", word) and "'" not in word else word


def groups_of(commands: Sequence[InstallCommand], path: str) -> tuple[RequirementGroup, ...]:
    """What commands of a file bring into the graph: all that is pinned as one group, and each command that pins not all
    of what it installs as one of its own. Two commands are two runs of pip: what they ask for need not fit together."""
    name = PurePosixPath(path).name
    pinned = tuple(dict.fromkeys(one for each in commands for one in each.requirements if is_fixed(one)))
    groups = [RequirementGroup("undeclared", name, pinned)] if pinned else []
    for command in _unpinned(commands)[:MAX_UNPINNED]:
        groups.append(RequirementGroup("command", f"{name}:{command.location.line}", command.requirements))
    return tuple(groups)


def too_many(commands: Sequence[InstallCommand], path: str) -> tuple[Gap, ...]:
    """A gap where a file has more commands than are resolved, at the first of the others."""
    left = _unpinned(commands)[MAX_UNPINNED:]
    said = f"more than {MAX_UNPINNED} commands install what is not pinned: what this and later ones bring is not known"
    return (Gap(left[0].location, said, "Pin what they install, or put it into a requirements file."),) if left else ()


def _unpinned(commands: Sequence[InstallCommand]) -> list[InstallCommand]:
    """The first command of each set of requirements of which not all are pinned."""
    found: dict[tuple[str, ...], InstallCommand] = {}
    for one in commands:
        if one.requirements and not all(map(is_fixed, one.requirements)):
            found.setdefault(tuple(sorted(each.text for each in one.requirements)), one)
    return list(found.values())


def with_installs(file: DependencyFile, found: Iterable[InstallCommand | Gap | NamedFile]) -> DependencyFile:
    """The file with what was found: what they install joins the graph (:func:`groups_of`)."""
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
    return msgspec.structs.replace(
        file,
        groups=(*file.groups, *groups_of(commands, file.path)),
        gaps=(*file.gaps, *gaps, *too_many(commands, file.path)),
        commands=(*file.commands, *commands),
        names=(*file.names, *names),
    )
