"""What a setup script says of its names: the values they are given, what is added to them, and its functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

MAX_ITEMS = 5_000
MAX_TEXT = 256 * 1024
_ADDS = frozenset({"append", "extend", "insert", "add"})


class Text(msgspec.Struct, frozen=True):
    """A text that the script states; ``file`` is set where it is the content of that file instead."""

    text: str
    line: int
    file: str = ""


class Lines(msgspec.Struct, frozen=True):
    """The lines of a file beside the script."""

    file: str
    line: int


class Unknown(msgspec.Struct, frozen=True):
    """A value that only running the script would tell."""

    reason: str
    line: int


Item = Text | Lines | Unknown
Value = Text | Lines | Unknown | list[Item] | dict[str, list[Item]]


def text_of(text: str, line: int) -> Text | Unknown:
    """A text, or what stands for one of more than ``MAX_TEXT`` characters."""
    if len(text) > MAX_TEXT:
        return Unknown(f"a text of more than {MAX_TEXT:,} characters", line)
    return Text(text, line)


def cut(items: list[Item], line: int) -> list[Item]:
    """The items, or the first ``MAX_ITEMS`` of them and one that stands for the rest."""
    return items if len(items) <= MAX_ITEMS else [*items[:MAX_ITEMS], Unknown(f"more than {MAX_ITEMS:,} items", line)]


class Scope:
    """The expressions that each name is given anywhere in the script, its functions, and the files it opens."""

    def __init__(self) -> None:
        self.assigned: dict[str, list[ast.expr]] = {}
        self.added: dict[str, list[ast.expr]] = {}
        self.keyed: dict[str, list[tuple[str, ast.expr]]] = {}
        self.functions: dict[str, ast.FunctionDef] = {}
        self.steps = 0
        self.unfinished: dict[str, dict[str, list[Item]]] = {}
        """Tables whose later entries are being evaluated: one that gathers the others asks for the table itself."""
        self.gathered: dict[int, Scope] = {}
        """Function → its own names, gathered once."""

    def inside(self, functions: list[ast.FunctionDef]) -> Scope:
        """The scope of the innermost of nested functions: its own names hide those further out."""
        scope = self
        for function in functions:
            own, inner = self.own_names(function), Scope()
            inner.assigned = {**scope.assigned, **own.assigned}
            inner.added = {**scope.added, **own.added}
            inner.keyed = {**scope.keyed, **own.keyed}
            inner.functions = {**scope.functions, **own.functions}
            inner.unfinished, inner.gathered = scope.unfinished, scope.gathered
            # A script of a hundred thousand names whose functions call each other pays for what is copied.
            inner.steps = scope.steps + (len(inner.assigned) + len(inner.added)) // 50
            scope = inner
        return scope

    def own_names(self, function: ast.FunctionDef) -> Scope:
        """What is given inside the function alone."""
        if id(function) not in self.gathered:
            self.gathered[id(function)] = gather_names(function.body)
        return self.gathered[id(function)]

    def expression(self, node: ast.expr) -> ast.expr:
        """The one expression behind a name, or the node itself."""
        if isinstance(node, ast.Name) and len(self.assigned.get(node.id, ())) == 1:
            return self.assigned[node.id][0]
        return node


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement below, branches and loops included, the bodies of functions and classes left out."""
    waiting = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt | ast.ExceptHandler)]
            waiting.extend(
                reversed(
                    [one for each in inner for one in (each.body if isinstance(each, ast.ExceptHandler) else [each])]
                )
            )


def gather_names(body: list[ast.stmt]) -> Scope:
    """Every assignment, ``append``/``extend``/``+=``, table entry, ``with open(...) as`` and function of the script."""
    scope = Scope()
    for node in _statements(body):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _assign(scope, target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            _assign(scope, node.target, node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            scope.added.setdefault(node.target.id, []).append(node.value)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            _addition(scope, node.value)
        elif isinstance(node, ast.With):
            for item in node.items:
                if isinstance(item.optional_vars, ast.Name):
                    scope.assigned.setdefault(item.optional_vars.id, []).append(item.context_expr)
        elif isinstance(node, ast.For):
            _loop(scope, node.target, node.iter)
        elif isinstance(node, ast.FunctionDef):
            scope.functions.setdefault(node.name, node)
    return scope


def is_items(node: ast.expr) -> bool:
    """``table.items()``"""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "items"


def _loop(scope: Scope, target: ast.expr, over: ast.expr) -> None:
    """``for line in …``, and ``for name, lines in table.items()``, whose second name stands for the values."""
    if isinstance(target, ast.Name):
        scope.assigned.setdefault(target.id, []).append(over)
    elif isinstance(target, ast.Tuple) and len(target.elts) == 2 and is_items(over):
        second = target.elts[1]
        if isinstance(second, ast.Name):
            scope.assigned.setdefault(second.id, []).append(over)


def _assign(scope: Scope, target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Name):
        scope.assigned.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, given in zip(target.elts, value.elts, strict=True):
            _assign(scope, one, given)
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        key = target.slice
        text = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        scope.keyed.setdefault(target.value.id, []).append((text, value))


def _addition(scope: Scope, call: ast.Call) -> None:
    function = call.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
        return
    added = scope.added.setdefault(function.value.id, [])
    if function.attr in _ADDS and call.args:
        added.append(call.args[-1])
    elif function.attr == "update":
        added.extend(call.args[:1])
        named = [(one.arg, one.value) for one in call.keywords if one.arg]
        if named:
            table = ast.Dict([ast.Constant(key) for key, _ in named], [value for _, value in named])
            added.append(ast.fix_missing_locations(ast.copy_location(table, call)))
