"""Aliases: what the names of a module lead to beside what they say.

``run = exec``, ``table = {"go": helper}`` and ``made = Maker()`` let a function reach what its own text does not name.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Set

from scanner.code.catalogue import Catalogue
from scanner.code.values import Class, Value

_LOOKS_UP = frozenset(
    [
        "getattr",
        "vars",
        "globals",
        "locals",
        "__import__",
        "importlib.import_module",
        "object.__getattribute__",
        "operator.attrgetter",
        "operator.attrgetter()",
        "operator.methodcaller",
        "compile",
        "exec",
        "eval",
    ]
)
_DEEPEST = 5
_MOST = 20_000
"""Values that are looked into for all names of a module together; of what lies beyond, anything is assumed."""


class Aliases:
    """``acts``: names that hold what the catalogue knows, or functions without a place in the module's text.
    ``modules``: names that hold a module or its names under another name. ``leads``: a name → the names of functions
    and classes that it holds, all in the module."""

    def __init__(self, names: Mapping[str, Value], catalogue: Catalogue, known: Set[int]) -> None:
        """``known`` holds the identities of the functions (their nodes) that are looked for by their own names."""
        self.acts: set[bytes] = set()
        self.modules: set[bytes] = set()
        self.leads: dict[bytes, set[bytes]] = {}
        self._catalogue = catalogue
        self._known = known
        self._left = _MOST
        self._seen: set[int] = set()
        self._look_at_names(names, 0)

    def _look(self, name: str, value: Value, depth: int, *, inside: bool) -> None:
        """``inside``: the value lies in what the name holds."""
        if value.ref:
            self._refers(name, value.ref, inside=inside)
        if value.func is not None:
            if isinstance(value.func.node, ast.Lambda) or id(value.func.node) not in self._known:
                self.acts.add(_encoded(name))
            elif inside or value.func.name != name:
                self._lead(name, value.func.name)
        if value.cls is not None:
            self._look_at_class(name, value.cls, depth, inside=inside)
        if value.bound is not None and value.bound.cls is not None:
            self._inherits(name, value.bound.cls)
        if value.items is None and value.attrs is None:
            return
        if depth >= _DEEPEST or id(value) in self._seen:
            return
        self._seen.add(id(value))
        items = value.items
        within = [] if not items else list(items.values()) if isinstance(items, dict) else items
        self._left -= len(within)
        if self._left < 0:
            self.acts.add(_encoded(name))
            return
        for one in within:
            if one.ref or one.func is not None or one.cls is not None or one.items is not None:
                self._look(name, one, depth + 1, inside=True)
        for one in (value.attrs or {}).values():
            self._look(name, one, depth + 1, inside=True)

    def _look_at_names(self, names: Mapping[str, Value], depth: int) -> None:
        for name, value in names.items():
            # What is assigned through ``globals()`` under an unknown name has a key of another kind.
            if isinstance(name, str):
                self._look(name, value, depth, inside=False)

    def _refers(self, name: str, ref: str, *, inside: bool) -> None:
        if not inside and ref.rpartition(".")[2].removesuffix("()") == name:
            return
        if ref in self._catalogue.roles or ref in _LOOKS_UP:
            self.acts.add(_encoded(name))
        else:
            self.modules.add(_encoded(name))

    def _look_at_class(self, name: str, cls: Class, depth: int, *, inside: bool) -> None:
        if inside or cls.name != name:
            self._lead(name, cls.name)
        self._inherits(name, cls)
        if id(cls) in self._seen or depth >= _DEEPEST:
            return
        self._seen.add(id(cls))
        self._look_at_names(cls.members, depth + 1)

    def _inherits(self, name: str, cls: Class) -> None:
        """Methods are found by the name of the class that defines them."""
        for one in (cls, *cls.above()):
            if one.name != name:
                self._lead(name, one.name)

    def _lead(self, name: str, target: str) -> None:
        self.leads.setdefault(_encoded(name), set()).add(_encoded(target))


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")
