"""Waiting functions: those that nothing has called when a module is imported, and which of them are worth a call.

A function is worth one where its own text holds a word that matters, or where it mentions a function that is: what it
passes on, the other cannot know alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from scanner.code.anchors import words_of
from scanner.code.catalogue import Catalogue
from scanner.code.scope import Scope
from scanner.code.values import Class, Function, Value

_NESTED = 3
"""Classes within classes that are looked into."""


class Waiting(NamedTuple):
    """A function or method, the class it belongs to, and the words of its text."""

    function: Function
    owner: Value | None
    words: set[bytes]

    @property
    def name(self) -> bytes:
        return self.function.name.encode("utf-8", "surrogatepass")


def waiting(body: Iterable[ast.stmt], scope: Scope, text: str) -> Iterator[Waiting]:
    """The functions of a module with that text, and the methods of its classes, in the order of the text."""
    return _among(body, scope, text.encode("utf-8", "surrogatepass").split(b"\n"), None)


def _among(body: Iterable[ast.stmt], scope: Scope, lines: list[bytes], owner: Value | None) -> Iterator[Waiting]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            value = _named(node.name, scope, owner)
            if value is not None and value.func is not None and value.func.node is node:
                yield Waiting(value.func, owner, words_of(b"\n".join(lines[node.lineno - 1 : node.end_lineno])))
        elif isinstance(node, ast.ClassDef):
            value = _named(node.name, scope, owner)
            if value is not None and value.cls is not None:
                yield from _among(node.body, scope, lines, value)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _among(node.body, scope, lines, owner)
            yield from _among(list(getattr(node, "orelse", [])), scope, lines, owner)
            for handler in getattr(node, "handlers", []):
                yield from _among(handler.body, scope, lines, owner)


def _named(name: str, scope: Scope, owner: Value | None) -> Value | None:
    return owner.cls.member(name) if owner is not None and owner.cls is not None else scope.names.get(name)


def other_names(names: Mapping[str, Value], catalogue: Catalogue, depth: int = 0) -> set[bytes]:
    """Names that a module or its classes give to what the catalogue knows (``e = exec``), and to functions without a
    name of their own."""
    found: set[bytes] = set()
    for name, value in names.items():
        if (value.ref in catalogue.roles and value.ref.rpartition(".")[2].removesuffix("()") != name) or (
            value.func is not None and isinstance(value.func.node, ast.Lambda)
        ):
            found.add(name.encode("utf-8", "surrogatepass"))
        elif value.cls is not None and depth < _NESTED:
            found |= other_names(value.cls.members, catalogue, depth + 1)
    return found


def worth_calling(functions: Sequence[Waiting], direct: Set[int], depth: int) -> set[int]:
    """Numbers of the functions that are worth a call: those of ``direct``, and over ``depth`` calls those that mention
    one. A method is mentioned by its name where its class, or one that inherits from it, is at hand."""
    chosen = set(direct)
    newest = set(direct)
    for _ in range(depth):
        plain = {functions[number].name for number in newest if functions[number].owner is None}
        methods: dict[bytes, list[Waiting]] = {}
        for number in newest:
            if functions[number].owner is not None:
                methods.setdefault(functions[number].name, []).append(functions[number])
        newest = {
            number
            for number, one in enumerate(functions)
            if number not in chosen
            and (
                not plain.isdisjoint(one.words)
                or any(_at_hand(one, method) for name in methods.keys() & one.words for method in methods[name])
            )
        }
        if not newest:
            break
        chosen |= newest
    return chosen


def _at_hand(one: Waiting, method: Waiting) -> bool:
    owner = _class(method)
    if owner is not None and owner.name.encode("utf-8", "surrogatepass") in one.words:
        return True
    own = _class(one)
    found = own.member(method.function.name) if own is not None else None
    return found is not None and found.func is method.function


def _class(one: Waiting) -> Class | None:
    return one.owner.cls if one.owner is not None else None
