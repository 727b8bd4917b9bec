"""Options of a requirements file that decide which file of a release pip takes, and which releases it looks at.

Source: pip's documentation, "Requirements File Format" and ``pip install``: ``--no-binary``, ``--only-binary``,
``--prefer-binary``, ``--pre``, ``--all-releases``, ``--only-final``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from scanner.model.artifact import Artifact
from scanner.model.graph import DependencyGraph
from scanner.model.locked import DependencyFile
from scanner.model.names import canonicalize_name
from scanner.model.package import Package
from scanner.model.requirement import IndexOption

ALL = ":all:"
NONE = ":none:"


class Choice(msgspec.Struct, frozen=True):
    """Each set holds canonical names, or ``:all:``. A name weighs more than ``:all:``."""

    no_binary: frozenset[str] = frozenset()
    only_binary: frozenset[str] = frozenset()
    all_releases: frozenset[str] = frozenset()
    only_final: frozenset[str] = frozenset()
    prefer_binary: bool = False

    def allows(self, name: str, artifact: Artifact) -> bool:
        """Whether the options let this file of the project be installed."""
        return artifact.kind not in self.refused(name)

    def refused(self, name: str) -> frozenset[str]:
        """The kinds of file that the options rule out for the project."""
        if name in self.only_binary or (name not in self.no_binary and ALL in self.only_binary):
            return frozenset({"sdist"})
        if name in self.no_binary or ALL in self.no_binary:
            return frozenset({"wheel", "egg"})
        return frozenset()

    def prereleases(self, name: str) -> bool:
        """Whether pre-releases of the project may be chosen like others."""
        if name in self.only_final or (name not in self.all_releases and ALL in self.only_final):
            return False
        return name in self.all_releases or ALL in self.all_releases


def choice_of(options: Iterable[IndexOption]) -> Choice:
    """The options of one file, in order: a later one overrides an earlier one, as in pip."""
    no_binary: set[str] = set()
    only_binary: set[str] = set()
    every: set[str] = set()
    final: set[str] = set()
    prefer = False
    for option in options:
        if option.kind == "no-binary":
            _exclude(option.value, no_binary, only_binary)
        elif option.kind == "only-binary":
            _exclude(option.value, only_binary, no_binary)
        elif option.kind in ("pre", "all-releases"):
            _exclude(option.value or ALL, every, final)
        elif option.kind == "only-final":
            _exclude(option.value or ALL, final, every)
        elif option.kind == "prefer-binary":
            prefer = True
    return Choice(frozenset(no_binary), frozenset(only_binary), frozenset(every), frozenset(final), prefer)


def _exclude(value: str, target: set[str], other: set[str]) -> None:
    """A comma-separated value that names projects, ``:all:`` or ``:none:``: what it names leaves the other set."""
    names = [one.strip() for one in value.split(",")]
    while ALL in names:
        other.clear()
        target.clear()
        target.add(ALL)
        del names[: names.index(ALL) + 1]
        if NONE not in names:
            return
    for name in names:
        if name == NONE:
            target.clear()
        elif name:
            other.discard(canonicalize_name(name))
            target.add(canonicalize_name(name))


class Refusals(msgspec.Struct, frozen=True):
    """What the files of a project rule out for each package. ``divided`` are packages that two files install and of
    which they choose other files."""

    kinds: dict[Package, frozenset[str]] = {}
    divided: frozenset[Package] = frozenset()


def refusals(files: Sequence[DependencyFile], graph: DependencyGraph) -> Refusals:
    """For each package, the kinds of file that the requirements files which install it rule out."""
    choices = {file.path: choice_of(file.options) for file in files if file.options}
    if not any(one.no_binary or one.only_binary for one in choices.values()):
        return Refusals()
    found: dict[Package, set[frozenset[str]]] = {}
    for root in graph.roots:
        choice = choices.get(root.path, Choice())
        for package in graph.reachable([root]):
            found.setdefault(package, set()).add(choice.refused(package.name))
    kinds = {package: max(sets, key=sorted) for package, sets in found.items() if any(sets)}
    return Refusals(kinds, frozenset(package for package, sets in found.items() if len(sets) > 1))
