"""``setup.py``, read and never run: what its ``setup()`` call states as literals, names, or the lines of a file.

Anything else (a computed list, a condition) is a gap: its dependencies are decided by running it.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from scanner.inputs.included import included_requirements
from scanner.inputs.pep508 import parse_requirement
from scanner.inputs.setup_classes import decided_elsewhere
from scanner.inputs.setup_scope import Lines, Scope, Text, Unknown, Value, gather_names
from scanner.inputs.setup_values import evaluate
from scanner.inputs.source import read_source
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, RequirementGroup
from scanner.model.requirement import Requirement
from scanner.parsing import TooCostlyError, parse_python

KIND = "setup.py"
MAX_SETUP_CHARACTERS = 1024 * 1024
MAX_CALLS = 10
MAX_TABLES_LOOKED_AT = 500
MAX_TABLES = 4
"""So deep are tables of arguments followed that take in others (``dict(name=…, **common)``)."""
REMEDY = "State the requirements in pyproject.toml, or commit a lock file."
_GROUPS: tuple[tuple[str, Literal["dependencies", "build", "extra"]], ...] = (
    ("install_requires", "dependencies"),
    ("setup_requires", "build"),
    ("tests_require", "extra"),
)
Include = Callable[[str, Location], "IncludedLines"]


class IncludedLines(msgspec.Struct, frozen=True):
    """The requirements of a file that the script reads, and the other files that it in turn includes."""

    requirements: tuple[Requirement, ...] = ()
    includes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


class StaticSetup(msgspec.Struct, frozen=True):
    """What a ``setup()`` call states. ``gaps`` is empty exactly when nothing about its dependencies is computed."""

    name: str = ""
    version: str | NotKnown = NotKnown("the version is computed, or read from another file")
    requires_python: str = ""
    groups: tuple[RequirementGroup, ...] = ()
    includes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    is_setup: bool = False
    """True where a call is certainly setuptools' (or distutils'), by what it is called on or by the name it states."""


def read(root: Path, relative: str) -> DependencyFile:
    """Read a setup.py. Never an error for what it holds: a script that cannot be parsed is a gap."""
    source = read_source(root, relative, python=True)
    setup = setup_of(root, relative, source.text)
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        project=setup.name,
        version=setup.version,
        requires_python=setup.requires_python,
        groups=setup.groups,
        includes=setup.includes,
        gaps=setup.gaps,
    )


def setup_of(root: Path, relative: str, text: str) -> StaticSetup:
    """What the script states, with the files of the tree that it reads."""

    def include(named: str, location: Location) -> IncludedLines:
        found = included_requirements(root, relative, [named], location)
        return IncludedLines(found.requirements, found.includes, found.gaps)

    return static_setup(text, relative, include)


def static_setup(text: str, path: str, include: Include) -> StaticSetup:
    """What the script's ``setup()`` calls state. ``include`` gives the requirements of a file beside the script."""
    tree = _parse(text)
    if isinstance(tree, str):
        return StaticSetup(gaps=(Gap(Location(path), f"{tree}, so its dependencies are not known", REMEDY),))
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and _is_setup(one)]
    if not calls:
        return StaticSetup()
    scope = gather_names(tree.body)
    reading = _Reading(path, scope, include)
    # A second call (in another branch) states what other installations get: all of them count.
    calls.sort(key=lambda one: one.lineno)
    for call in calls[MAX_CALLS : MAX_CALLS + 1]:
        said = f"it calls setup() more than {MAX_CALLS} times: the others are not read"
        reading.gaps.append(Gap(Location(path, call.lineno), said, REMEDY))
    for call in calls[:MAX_CALLS]:
        reading.scope = scope.inside(_functions_around(call, tree))
        reading.read_call(call)
    for line, what in decided_elsewhere(tree):
        reading.gaps.append(Gap(Location(path, line), f"{what}, which only running it would tell", REMEDY))
    return StaticSetup(
        name=reading.single.get("name", ""),
        version=reading.single.get("version") or StaticSetup().version,
        requires_python=reading.single.get("python_requires", ""),
        groups=tuple(reading.merged()),
        includes=tuple(sorted(reading.includes)),
        gaps=tuple(dict.fromkeys(reading.gaps)),
        is_setup=bool(reading.single.get("name")) or any(_is_setuptools(one) for one in calls),
    )


def _functions_around(call: ast.Call, tree: ast.Module) -> list[ast.FunctionDef]:
    """The functions whose bodies hold the call, the outermost first."""
    end = call.end_lineno or call.lineno
    around = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef) and one.lineno <= call.lineno and end <= (one.end_lineno or 0)
    ]
    return sorted(around, key=lambda one: one.lineno)


def _parse(text: str) -> ast.Module | str:
    if len(text) > MAX_SETUP_CHARACTERS:
        return f"it is larger than {MAX_SETUP_CHARACTERS // 1024 // 1024} MiB"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse_python(text)
    except SyntaxError as error:
        return f"it is no Python 3 that can be parsed (line {error.lineno})"
    except TooCostlyError as error:
        return f"it was not read: {error}"
    except (ValueError, RecursionError, MemoryError):
        return "it cannot be parsed"


def _is_setup(call: ast.Call) -> bool:
    function = call.func
    name = (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
    return name == "setup" and bool(call.keywords)


def _is_setuptools(call: ast.Call) -> bool:
    function = call.func
    owner = function.value if isinstance(function, ast.Attribute) else None
    named = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return isinstance(function, ast.Name) or named in ("setuptools", "core", "skbuild", "distutils")


class _Reading:
    def __init__(self, path: str, scope: Scope, include: Include) -> None:
        self.path = path
        self.scope = scope
        self.include = include
        self.single: dict[str, str] = {}
        self.found: list[RequirementGroup] = []
        self.gaps: list[Gap] = []
        self.includes: set[str] = set()
        self.tables = 0

    def read_call(self, call: ast.Call) -> None:
        """Each argument may be given in several places (``**`` of a table that grows): all of them count."""
        arguments: dict[str, list[ast.expr]] = {}
        for name, node in self._arguments(call):
            arguments.setdefault(name, []).append(node)
        for key in ("name", "version", "python_requires"):
            for node in arguments.get(key, ()):
                value = evaluate(node, self.scope)
                if isinstance(value, Text) and value.text and not value.file:
                    self.single.setdefault(key, value.text)
        for key, kind in _GROUPS:
            for node in arguments.get(key, ()):
                found = tuple(self._requirements(evaluate(node, self.scope), node, key))
                self.found.append(RequirementGroup(kind, "tests" if kind == "extra" else "", found))
        for node in arguments.get("extras_require", ()):
            self._extras(node)

    def _arguments(self, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
        for keyword in call.keywords:
            if keyword.arg is not None:
                yield keyword.arg, keyword.value
            else:
                yield from self._table(keyword.value, MAX_TABLES)

    def _table(self, node: ast.expr, depth: int) -> Iterator[tuple[str, ast.expr]]:
        """The entries of a table of arguments, wherever they are given; a gap for what is not spelled out."""
        self.tables += 1
        if self.tables > MAX_TABLES_LOOKED_AT:
            self._gap(node, "its setup() call takes too many tables of arguments (**)")
            return
        if isinstance(node, ast.Name) and depth:
            given = self.scope.assigned.get(node.id, [])
            yield from self.scope.keyed.get(node.id, ())
            for one in (*given, *self.scope.added.get(node.id, ())):
                yield from self._table(one, depth - 1)
            if given:
                return
        elif isinstance(node, ast.Dict) and depth:
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
                elif key is None:
                    yield from self._table(value, depth - 1)
                else:
                    self._gap(node, "its setup() call takes computed arguments (**)")
            return
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and depth:
            for keyword in node.keywords:
                if keyword.arg:
                    yield keyword.arg, keyword.value
                else:
                    yield from self._table(keyword.value, depth - 1)
            for one in node.args:
                yield from self._table(one, depth - 1)
            return
        self._gap(node, "its setup() call takes computed arguments (**)")

    def _extras(self, node: ast.expr) -> None:
        value = evaluate(node, self.scope)
        if not isinstance(value, dict):
            self._gap(node, "its extras are computed")
            return
        for extra in sorted(value):
            if extra == "":
                self._gap(node, "some of its extras are computed")
                continue
            # setuptools lets a marker follow the name of the extra: ``"gpu:python_version<'3.9'"``.
            name, _, marker = extra.partition(":")
            texts = value[extra]
            found = tuple(self._requirements(texts, node, f"extras_require.{extra}", marker))
            self.found.append(
                RequirementGroup("extra", name, found) if name else RequirementGroup("dependencies", "", found)
            )

    def _requirements(self, value: Value, node: ast.expr, key: str, marker: str = "") -> Iterator[Requirement]:
        items = value if isinstance(value, list) else [value]
        for item in items:
            if isinstance(item, Lines) or (isinstance(item, Text) and item.file):
                location = Location(self.path, item.line, key_path=key)
                found = self.include(item.file, location)
                self.gaps.extend(found.gaps)
                self.includes.update(found.includes)
                yield from found.requirements
            elif isinstance(item, Text):
                yield from self._texts(item, key, marker)
            else:
                line = item.line if isinstance(item, Unknown) else node.lineno
                why = item.reason if isinstance(item, Unknown) else "it is no list of text"
                reason = f"its {key} is computed ({why}), which only running it would tell"
                self.gaps.append(Gap(Location(self.path, line, key_path=key), reason, REMEDY))

    def _texts(self, item: Text, key: str, marker: str) -> Iterator[Requirement]:
        location = Location(self.path, item.line, key_path=key)
        # One text may hold several requirements, one a line.
        for line in item.text.splitlines():
            line = line.partition(" #")[0].strip()
            if not line or line.startswith("#"):
                continue
            try:
                yield parse_requirement(f"{line} ; {marker}" if marker and ";" not in line else line, location)
            except ValueError as error:
                self.gaps.append(Gap(location, f"a requirement of {key} cannot be read: {error}"))

    def _gap(self, node: ast.expr, reason: str) -> None:
        self.gaps.append(Gap(Location(self.path, node.lineno), f"{reason}, which only running it would tell", REMEDY))

    def merged(self) -> Iterator[RequirementGroup]:
        """Groups of one kind and name as one, in a fixed order."""
        keys = sorted({(one.kind, one.name) for one in self.found})
        for kind, name in keys:
            parts = [
                one for group in self.found if (group.kind, group.name) == (kind, name) for one in group.requirements
            ]
            if parts:
                yield RequirementGroup(kind, name, tuple(dict.fromkeys(parts)))
