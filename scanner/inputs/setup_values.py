"""The values that a setup script spells out: texts, lists, tables, and lines of a file. Nothing is executed.

A small evaluation over the syntax tree, bounded in steps and depth. It takes the union over branches (both sides of an
``if``) and says where it did: for an audit, one dependency too many is better than one too few.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

MAX_STEPS = 20_000
MAX_DEPTH = 40
MAX_ITEMS = 5_000
MAX_TEXT = 256 * 1024


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
_ADDS = frozenset({"append", "extend", "insert"})
_FILTERS = frozenset({"strip", "rstrip", "lstrip", "replace", "lower", "decode", "encode", "expandtabs"})
_SPLITS = frozenset({"splitlines", "split", "readlines"})
_WRAPPERS = frozenset({"list", "tuple", "set", "sorted", "str", "filter", "map", "reversed", "iter", "dedent"})
_PATHS = frozenset({"join", "abspath", "realpath", "joinpath", "normpath", "Path", "PurePath", "resolve"})


class Scope:
    """The expressions that each name is given anywhere in the script, its functions, and the files it opens."""

    def __init__(self) -> None:
        self.assigned: dict[str, list[ast.expr]] = {}
        self.added: dict[str, list[ast.expr]] = {}
        self.keyed: dict[str, list[tuple[str, ast.expr]]] = {}
        self.functions: dict[str, ast.FunctionDef] = {}
        self.steps = 0

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
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            scope.assigned.setdefault(node.target.id, []).append(node.iter)
        elif isinstance(node, ast.FunctionDef):
            scope.functions.setdefault(node.name, node)
    return scope


def _assign(scope: Scope, target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Name):
        scope.assigned.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        key = target.slice
        text = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        scope.keyed.setdefault(target.value.id, []).append((text, value))


def _addition(scope: Scope, call: ast.Call) -> None:
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and call.args:
        if function.attr in _ADDS:
            scope.added.setdefault(function.value.id, []).append(call.args[-1])
        elif function.attr == "update":
            scope.added.setdefault(function.value.id, []).append(call.args[0])


def evaluate(node: ast.expr, scope: Scope, depth: int = 0, seen: frozenset[str] = frozenset()) -> Value:
    """What an expression spells out."""
    scope.steps += 1
    if scope.steps > MAX_STEPS or depth > MAX_DEPTH:
        return Unknown("it is too long to follow", node.lineno)
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return Text(node.value[:MAX_TEXT], node.lineno)
        return [] if node.value is None else Unknown("it is no text", node.lineno)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return _items([evaluate(one, scope, depth + 1, seen) for one in node.elts[:MAX_ITEMS]])
    if isinstance(node, ast.Starred):
        return evaluate(node.value, scope, depth + 1, seen)
    if isinstance(node, ast.Name):
        return _name(node, scope, depth, seen)
    if isinstance(node, ast.Dict):
        return _table(node, scope, depth, seen)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _sum(evaluate(node.left, scope, depth + 1, seen), evaluate(node.right, scope, depth + 1, seen), node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return evaluate(node.right, scope, depth + 1, seen)  # Path(…) / "requirements.txt": the last part names it
    if isinstance(node, ast.IfExp):
        return _items([evaluate(node.body, scope, depth + 1, seen), evaluate(node.orelse, scope, depth + 1, seen)])
    if isinstance(node, ast.BoolOp):
        return _items([evaluate(one, scope, depth + 1, seen) for one in node.values])
    if isinstance(node, ast.Subscript):
        return _subscript(node, scope, depth, seen)
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        return _comprehension(node, scope, depth, seen)
    if isinstance(node, ast.Call):
        return _call(node, scope, depth, seen)
    if isinstance(node, ast.JoinedStr):
        return Unknown("a text is put together from parts", node.lineno)
    return Unknown("it is computed", node.lineno)


def _items(values: list[Value]) -> list[Item]:
    found: list[Item] = []
    for value in values:
        if isinstance(value, list):
            found.extend(value)
        elif isinstance(value, dict):
            found.extend(one for key in sorted(value) for one in value[key])
        else:
            found.append(value)
    return found[:MAX_ITEMS]


def _name(node: ast.Name, scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    if node.id in seen:
        return []  # ``x = x + [...]``: the other parts tell the rest
    given = scope.assigned.get(node.id, [])
    if not given:
        return Unknown(f"{node.id[:60]} is not given here", node.lineno)
    below = seen | {node.id}
    values = [evaluate(one, scope, depth + 1, below) for one in given]
    added = [evaluate(one, scope, depth + 1, below) for one in scope.added.get(node.id, ())]
    if any(isinstance(one, dict) for one in values):
        table: dict[str, list[Item]] = {}
        for one in (*values, *added):
            for key, items in (one if isinstance(one, dict) else {"": []}).items():
                table.setdefault(key, []).extend(items)
        for key, value in scope.keyed.get(node.id, ()):
            table.setdefault(key, []).extend(_items([evaluate(value, scope, depth + 1, below)]))
        return table
    if len(values) == 1 and not added:
        return values[0]
    return _items([*values, *added])


def _table(node: ast.Dict, scope: Scope, depth: int, seen: frozenset[str]) -> dict[str, list[Item]]:
    """A table of lists. The key ``""`` stands for entries whose key is computed."""
    table: dict[str, list[Item]] = {}
    for key, value in zip(node.keys[:MAX_ITEMS], node.values[:MAX_ITEMS], strict=True):
        found = evaluate(value, scope, depth + 1, seen)
        if key is None and isinstance(found, dict):
            for name, items in found.items():
                table.setdefault(name, []).extend(items)
            continue
        named = evaluate(key, scope, depth + 1, seen) if key is not None else None
        table.setdefault(named.text if isinstance(named, Text) else "", []).extend(_items([found]))
    return table


def _sum(left: Value, right: Value, node: ast.expr) -> Value:
    if isinstance(left, Text) and isinstance(right, Text) and not left.file and not right.file:
        return Text((left.text + right.text)[:MAX_TEXT], left.line)
    if isinstance(left, Text) or isinstance(right, Text):
        return Unknown("a text is put together from parts", node.lineno)
    return _items([left, right])


def _subscript(node: ast.Subscript, scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    value = evaluate(node.value, scope, depth + 1, seen)
    key = node.slice
    if isinstance(value, dict) and isinstance(key, ast.Constant) and isinstance(key.value, str):
        return list(value.get(key.value, [Unknown("its key is not in the table", node.lineno)]))
    if isinstance(key, ast.Slice) and isinstance(value, Lines | list):
        return value
    return Unknown("it is picked out of a computed value", node.lineno)


def _comprehension(
    node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope, depth: int, seen: frozenset[str]
) -> Value:
    """Lines of a file that pass through unchanged (stripped, filtered, as text) are still its lines."""
    first = node.generators[0]
    over = evaluate(first.iter, scope, depth + 1, seen)
    target = first.target.id if isinstance(first.target, ast.Name) else ""
    if not target or not _passes(node.elt, target):
        return Unknown("a list is computed from another", node.lineno)
    if isinstance(over, Text) and over.file:
        return Lines(over.file, over.line)
    if isinstance(over, dict):
        return _items([over])
    return over


def _passes(node: ast.expr, name: str) -> bool:
    """True for the loop variable itself and for it stripped, converted to text, or cut at a comment."""
    while True:
        if isinstance(node, ast.Name):
            return node.id == name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr not in _FILTERS | {"split", "partition"}:
                return False
            node = node.func.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str" and node.args:
            node = node.args[0]
        elif isinstance(node, ast.Subscript | ast.Attribute):
            node = node.value  # ``line.split("#")[0]``, ``item.req``, ``item.requirement``
        else:
            return False


def _call(node: ast.Call, scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    function = node.func
    name = (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
    owner = function.value if isinstance(function, ast.Attribute) else None
    if name in ("open", "parse_requirements", "read_text", "read_bytes"):
        return _file(
            node, owner if name.startswith("read_") or (name == "open" and not node.args) else None, scope, depth, seen
        )
    if owner is not None and name in ("read", *_FILTERS, *_SPLITS):
        value = evaluate(owner, scope, depth + 1, seen)
        if isinstance(value, Text) and value.file and name in _SPLITS:
            return Lines(value.file, value.line)
        if isinstance(value, Text) and not value.file and name in _SPLITS:
            separator = evaluate(node.args[0], scope, depth + 1, seen) if node.args else None
            parts = value.text.split(separator.text or None) if isinstance(separator, Text) else value.text.split()
            if name == "splitlines":
                parts = value.text.splitlines()
            return [Text(one, value.line) for one in parts[:MAX_ITEMS]]
        if isinstance(value, Text) and not value.file and name in ("replace", "lower"):
            return Unknown("a text is changed", node.lineno)
        return value
    if name in _PATHS and node.args:
        return evaluate(node.args[-1], scope, depth + 1, seen)
    if name in _WRAPPERS and node.args:
        return evaluate(node.args[-1], scope, depth + 1, seen)
    if name == "sum" and node.args:
        return evaluate(node.args[0], scope, depth + 1, seen)
    if name == "values" and owner is not None:
        table = evaluate(owner, scope, depth + 1, seen)
        return _items([table]) if isinstance(table, dict) else Unknown("it is computed", node.lineno)
    if name == "dict" and not node.args:
        return {one.arg: _items([evaluate(one.value, scope, depth + 1, seen)]) for one in node.keywords if one.arg}
    if isinstance(function, ast.Name) and name in scope.functions and f"{name}()" not in seen:
        return _own_function(node, scope.functions[name], scope, depth, seen | {f"{name}()"})
    return Unknown(f"{name[:60] or 'something'}() is called", node.lineno)


def _file(node: ast.Call, owner: ast.expr | None, scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    """The content of a file whose name is spelled out. Its folder is taken to be the script's own."""
    named = owner if owner is not None else node.args[0] if node.args else None
    value = evaluate(named, scope, depth + 1, seen) if named is not None else None
    if isinstance(value, Text) and value.text and not value.file:
        path = value.text.strip().lstrip("/")
        return Text("", node.lineno, file=path[:500])
    return Unknown("it reads a file whose name is computed", node.lineno)


def _own_function(node: ast.Call, function: ast.FunctionDef, scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    """What a function of the script returns, with its parameters bound to the arguments of this call."""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    defaults = dict(zip(names[len(names) - len(function.args.defaults) :], function.args.defaults, strict=False))
    given = {**defaults, **dict(zip(names, node.args, strict=False))}
    given.update({one.arg: one.value for one in node.keywords if one.arg})
    inner = gather_names(function.body)
    bound = {name: [value] for name, value in given.items() if name in names}
    inner.assigned = {**scope.assigned, **bound, **inner.assigned}
    inner.added, inner.keyed = {**scope.added, **inner.added}, {**scope.keyed, **inner.keyed}
    inner.functions, inner.steps = {**scope.functions, **inner.functions}, scope.steps
    returned = [one.value for one in ast.walk(function) if isinstance(one, ast.Return) and one.value is not None]
    values = [evaluate(one, inner, depth + 1, seen) for one in returned]
    scope.steps = inner.steps
    if not values:
        return Unknown(f"{function.name[:60]}() returns nothing that can be followed", node.lineno)
    return values[0] if len(values) == 1 else _items(values)
