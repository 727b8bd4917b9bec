"""Waiting functions: those that nothing has called when a module is imported, and which of them are worth a call.

A function is worth one where its own text holds a word that matters, or where it mentions a function that is: what it
passes on, the other cannot know alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import NamedTuple

from scanner.code.aliases import Aliases
from scanner.code.anchors import words_of
from scanner.code.literals import beginnings
from scanner.code.scope import Scope
from scanner.code.values import Class, Function, Value

_GLOBAL = re.compile(rb"\bglobal[ \t\\\n]+(\w+(?:[ \t\\\n]*,[ \t\\\n]*\w+)*)")
_TAKEN = re.compile(rb"\s*(?:\[|\.\s*(?:get|pop|setdefault|__getitem__)\b)")
_MANY_NAMES = 200
_OF_THE_CLASS = frozenset([b"__init__", b"__new__", b"__enter__", b"__exit__", b"__call__", b"run"])
"""Methods that are called where an instance is made, called or entered (and of a thread, started)."""


class Waiting(NamedTuple):
    """A function or method, the class it belongs to, its text and the words of it. ``replaced``: a decorator put it in
    the place of another; ``elsewhere``: its own text stands in another file."""

    function: Function
    owner: Value | None
    text: bytes
    words: set[bytes]
    replaced: bool = False
    elsewhere: bool = False

    @property
    def name(self) -> bytes:
        return self.function.name.encode("utf-8", "surrogatepass")

    @property
    def globals(self) -> set[bytes]:
        """Names of the module that it binds."""
        if b"global" not in self.words:
            return set()
        return {name for found in _GLOBAL.finditer(self.text) for name in words_of(found[1])}


def waiting(body: Iterable[ast.stmt], scope: Scope, text: str) -> Iterator[Waiting]:
    """The functions of a module with that text, and the methods of its classes, in the order of the text. Of a
    function that a decorator replaced, what stands for it."""
    return _among(body, scope, text.encode("utf-8", "surrogatepass").split(b"\n"), None)


def _among(body: Iterable[ast.stmt], scope: Scope, lines: list[bytes], owner: Value | None) -> Iterator[Waiting]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            value = _named(node.name, scope, owner)
            if value is None or value.func is None:
                continue
            function, text = value.func, _text(node, lines, 0)
            if function.node is node:
                yield Waiting(function, owner, text, words_of(text))
            elif node.decorator_list:
                elsewhere = function.scope.module != scope.module
                if not elsewhere:
                    text += b"\n" + _text(function.node, lines, function.shift)
                yield Waiting(function, owner, text, words_of(text), replaced=True, elsewhere=elsewhere)
        elif isinstance(node, ast.ClassDef):
            value = _named(node.name, scope, owner)
            if value is not None and value.cls is not None:
                yield from _among(node.body, scope, lines, value)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _among(node.body, scope, lines, owner)
            yield from _among(list(getattr(node, "orelse", [])), scope, lines, owner)
            for handler in getattr(node, "handlers", []):
                yield from _among(handler.body, scope, lines, owner)


def _text(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, lines: list[bytes], shift: int) -> bytes:
    return b"\n".join(lines[node.lineno - 1 + shift : (node.end_lineno or node.lineno) + shift])


def _named(name: str, scope: Scope, owner: Value | None) -> Value | None:
    return owner.cls.member(name) if owner is not None and owner.cls is not None else scope.names.get(name)


def with_aliases(functions: Sequence[Waiting], aliases: Aliases) -> list[Waiting]:
    """The functions with the words that aliases in their texts stand for."""
    leads = aliases.leads
    return [
        one._replace(words=one.words.union(*(leads[name] for name in leads.keys() & one.words)))
        if not leads.keys().isdisjoint(one.words)
        else one
        for one in functions
    ]


def takes_from(one: Waiting, aliases: Aliases) -> bool:
    """Whether the function looks something up in a module that has become a table (``table = vars(module)``)."""
    names = aliases.modules & one.words
    # Each is looked for in the text by itself.
    return len(names) > _MANY_NAMES or any(
        _TAKEN.match(one.text, at + len(name)) is not None for name in names for at in beginnings(one.text, name)
    )


def worth_calling(functions: Sequence[Waiting], direct: Set[int], depth: int) -> set[int]:
    """Numbers of the functions that are worth a call: those of ``direct``, and over ``depth`` calls those that mention
    one, or a name of the module that one of them binds. A method is mentioned by its name where its class, or one that
    inherits from it, is at hand, or by its class alone where making an instance calls it."""
    chosen = set(direct)
    newest = set(direct)
    for _ in range(depth):
        plain: set[bytes] = set()
        methods: dict[bytes, list[Waiting]] = {}
        for number in newest:
            one = functions[number]
            plain |= one.globals
            cls = _class(one)
            if cls is None:
                plain.add(one.name)
                continue
            methods.setdefault(one.name, []).append(one)
            if one.name in _OF_THE_CLASS:
                plain.add(cls.name.encode("utf-8", "surrogatepass"))
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
