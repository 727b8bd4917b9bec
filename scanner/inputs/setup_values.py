"""The values that a setup script spells out: texts, lists, tables, and lines of a file. Nothing is executed.

A small evaluation over the syntax tree, bounded in steps and depth. It takes the union over branches (both sides of an
``if``) and says where it did: for an audit, one dependency too many is better than one too few.
"""

from __future__ import annotations

import ast
import re

from scanner.inputs.setup_scope import (
    MAX_ITEMS,
    MAX_TEXT,
    Item,
    Lines,
    Scope,
    Text,
    Unknown,
    Value,
    cut,
    is_items,
    text_of,
)

MAX_STEPS = 20_000
MAX_DEPTH = 40
MAX_PATH = 500


_FILTERS = frozenset({"strip", "rstrip", "lstrip", "lower", "decode", "encode", "expandtabs"})
_SPLITS = frozenset({"splitlines", "split", "readlines"})
_WRAPPERS = frozenset({"list", "tuple", "set", "sorted", "str", "reversed", "iter", "dedent"})
_PATHS = frozenset({"join", "abspath", "realpath", "joinpath", "normpath", "Path", "PurePath", "resolve"})


def evaluate(node: ast.expr, scope: Scope, depth: int = 0, seen: frozenset[str] = frozenset()) -> Value:
    """What an expression spells out."""
    scope.steps += 1
    if scope.steps > MAX_STEPS or depth > MAX_DEPTH:
        return Unknown("it is too long to follow", node.lineno)
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return text_of(node.value, node.lineno)
        return [] if node.value is None else Unknown("it is no text", node.lineno)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        listed = [evaluate(one, scope, depth + 1, seen) for one in node.elts[:MAX_ITEMS]]
        more = node.elts[MAX_ITEMS : MAX_ITEMS + 1]
        return _items([*listed, *(Unknown(f"more than {MAX_ITEMS:,} items", one.lineno) for one in more)])
    if isinstance(node, ast.Starred):
        return evaluate(node.value, scope, depth + 1, seen)
    if isinstance(node, ast.Name):
        return _name(node, scope, depth, seen)
    if isinstance(node, ast.Dict):
        return _table(node, scope, depth, seen)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.BitOr):
        return _sum(evaluate(node.left, scope, depth + 1, seen), evaluate(node.right, scope, depth + 1, seen), node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _path([node.left, node.right], node, scope, depth, seen)  # Path(…) / "requirements.txt"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return _filled(evaluate(node.left, scope, depth + 1, seen), _PERCENT, values, {}, node, scope, depth, seen)
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
        return _joined(node, scope, depth, seen)
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
    return cut(found, found[-1].line if found else 0)


def _name(node: ast.Name, scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    if node.id in seen:
        # ``x = x + [...]``: the other parts tell the rest. A table that gathers its own entries has those so far.
        return dict(scope.unfinished.get(node.id, {})) or []
    given = scope.assigned.get(node.id, [])
    if not given:
        return Unknown(f"{node.id[:60]} is not given here", node.lineno)
    below = seen | {node.id}
    values = [evaluate(one, scope, depth + 1, below) for one in given]
    if any(isinstance(one, dict) for one in values):
        return _grown_table(node.id, values, scope, depth, below)
    added = [evaluate(one, scope, depth + 1, below) for one in scope.added.get(node.id, ())]
    if len(values) == 1 and not added:
        return values[0]
    return _items([*values, *added])


def _grown_table(name: str, values: list[Value], scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    """A table with what is added to it later. An entry that gathers the others finds those that came before it."""
    table: dict[str, list[Item]] = {}
    for value in values:
        _merge(table, value)
    later: list[tuple[str | None, ast.expr]] = [(None, node) for node in scope.added.get(name, ())]
    for key, node in (*later, *scope.keyed.get(name, ())):
        size = sum(len(items) for items in table.values())
        scope.steps += 1 + (len(table) + size) // 50
        if scope.steps > MAX_STEPS or size > MAX_ITEMS:
            _merge(table, {"": [Unknown("it is too long to follow", node.lineno)]})
            break
        scope.unfinished[name] = {each: list(items) for each, items in table.items()}
        value = evaluate(node, scope, depth + 1, seen)
        _merge(table, value if key is None else {key: _items([value])})
    scope.unfinished.pop(name, None)
    return table


def _merge(table: dict[str, list[Item]], value: Value) -> None:
    for key, items in (value if isinstance(value, dict) else {"": []}).items():
        table.setdefault(key, []).extend(items)


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
    if len(node.keys) > MAX_ITEMS:
        table.setdefault("", []).append(Unknown(f"more than {MAX_ITEMS:,} entries", node.values[MAX_ITEMS].lineno))
    return table


def _sum(left: Value, right: Value, node: ast.expr) -> Value:
    if isinstance(left, Text) and isinstance(right, Text) and not left.file and not right.file:
        return text_of(left.text + right.text, left.line)
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
    if isinstance(value, dict) and isinstance(key, ast.Constant) and key.value == 1 and _is_pair(node.value, scope):
        return _items([value])  # The second of ``for pair in table.items()``: every value in turn.
    return Unknown("it is picked out of a computed value", node.lineno)


def _is_pair(node: ast.expr, scope: Scope) -> bool:
    """True for a name that loops over the ``items()`` of a table, and only that."""
    return is_items(scope.expression(node))


def _comprehension(
    node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope, depth: int, seen: frozenset[str]
) -> Value:
    """Lines of a file that pass through unchanged (stripped, filtered, as text) are still its lines."""
    first, last = node.generators[0], node.generators[-1]
    if len(node.generators) > 2 or (len(node.generators) == 2 and not _unpacks(first, last)):
        return Unknown("a list is computed from others", node.lineno)
    over = evaluate(first.iter, scope, depth + 1, seen)
    target = last.target.id if isinstance(last.target, ast.Name) else ""
    if not target or not _passes(node.elt, target):
        return Unknown("a list is computed from another", node.lineno)
    if isinstance(over, Text) and over.file:
        return Lines(over.file, over.line)
    if isinstance(over, dict):
        return _items([over])
    return over


def _unpacks(first: ast.comprehension, last: ast.comprehension) -> bool:
    """``for items in table.values() for item in items``: every item of every list."""
    return isinstance(first.target, ast.Name) and isinstance(last.iter, ast.Name) and last.iter.id == first.target.id


def _passes(node: ast.expr, name: str) -> bool:
    """True for the loop variable itself and for it stripped, converted to text, or cut at a comment."""
    while True:
        if isinstance(node, ast.Name):
            return node.id == name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr not in _FILTERS | {"split", "partition"} and not _only_removes_space(node):
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
    if owner is not None and name == "replace" and not _only_removes_space(node):
        return Unknown("a text is changed", node.lineno)
    if owner is not None and name in ("read", "replace", *_FILTERS, *_SPLITS):
        value = evaluate(owner, scope, depth + 1, seen)
        if isinstance(value, Text) and value.file and name in _SPLITS:
            return Lines(value.file, value.line)
        if isinstance(value, Text) and not value.file and name in _SPLITS:
            separator = evaluate(node.args[0], scope, depth + 1, seen) if node.args else None
            parts = value.text.split(separator.text or None) if isinstance(separator, Text) else value.text.split()
            if name == "splitlines":
                parts = value.text.splitlines()
            return cut([Text(one, value.line) for one in parts], value.line)
        if isinstance(value, Text) and not value.file and name in ("replace", "lower"):
            return Unknown("a text is changed", node.lineno)
        return value
    if name == "format" and owner is not None:
        named = {one.arg: one.value for one in node.keywords if one.arg}
        return _filled(evaluate(owner, scope, depth + 1, seen), _BRACES, node.args, named, node, scope, depth, seen)
    if name in _PATHS and node.args:
        first = [owner] if name == "joinpath" and owner is not None else []
        return _path([*first, *node.args], node, scope, depth, seen)
    if name in ("filter", "map") and len(node.args) == 2:
        return _mapped(node, scope, depth, seen)
    if name in _WRAPPERS and node.args:
        return evaluate(node.args[-1], scope, depth + 1, seen)
    if name in ("list", "tuple", "set") and isinstance(function, ast.Name) and not node.args:
        return []
    if name in ("chain", "from_iterable", "union"):
        lists: list[ast.expr] = [owner] if name == "union" and owner is not None else []
        return _items([evaluate(one, scope, depth + 1, seen) for one in (*lists, *node.args)])
    if name == "sum" and node.args:
        return evaluate(node.args[0], scope, depth + 1, seen)
    if name == "items" and owner is not None and not node.args:
        table = evaluate(owner, scope, depth + 1, seen)
        return table if isinstance(table, dict) else Unknown("it is computed", node.lineno)
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
    if isinstance(value, Lines) or (isinstance(value, Text) and value.file):
        return value  # ``parse_requirements(open(…))``
    if isinstance(value, Text) and value.text and not value.file:
        path = value.text.strip().lstrip("/")
        return Text("", node.lineno, file=path) if len(path) <= MAX_PATH else Unknown("a path is too long", node.lineno)
    return Unknown("it reads a file whose name is computed", node.lineno)


def _path(parts: list[ast.expr], node: ast.expr, scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    """The parts of a path from the last that is not spelled out (a folder, taken to be the script's own)."""
    texts: list[str] = []
    for part in parts:
        value = evaluate(part, scope, depth + 1, seen)
        if isinstance(value, Text) and not value.file:
            texts.append(value.text)
        else:
            texts.clear()
            last = value
    if not texts:
        return last if parts else Unknown("a path is put together from parts", node.lineno)
    joined = "/".join(one.strip("/") if number else one.rstrip("/") for number, one in enumerate(texts))
    return text_of(joined, node.lineno)


def _only_removes_space(node: ast.Call) -> bool:
    """``line.replace("\\n", "")`` leaves a requirement what it is; another ``replace`` makes another of it."""
    texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    is_replace = isinstance(node.func, ast.Attribute) and node.func.attr == "replace"
    return is_replace and len(texts) == 2 and not texts[0].strip() and not texts[1].strip()


def _mapped(node: ast.Call, scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    """``filter(…)`` leaves out lines; ``map(str.strip, …)`` and ``map(lambda line: line.strip(), …)`` keep them."""
    changing, over = node.args
    value = evaluate(over, scope, depth + 1, seen)
    function = node.func.id if isinstance(node.func, ast.Name) else ""
    kept = (
        function == "filter"
        or (isinstance(changing, ast.Attribute) and changing.attr in _FILTERS)
        or (isinstance(changing, ast.Name) and changing.id == "str")
        or (
            isinstance(changing, ast.Lambda)
            and len(changing.args.args) == 1
            and _passes(changing.body, changing.args.args[0].arg)
        )
    )
    if not kept:
        return Unknown("a list is computed from another", node.lineno)
    return Lines(value.file, value.line) if isinstance(value, Text) and value.file else value


def _joined(node: ast.JoinedStr, scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    """An f-string whose every part is a text that the script spells out."""
    found = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue) and (part.conversion != -1 or part.format_spec is not None):
            return Unknown("a text is put together from parts", node.lineno)
        value = evaluate(part.value if isinstance(part, ast.FormattedValue) else part, scope, depth + 1, seen)
        if not isinstance(value, Text) or value.file:
            return Unknown("a text is put together from parts", node.lineno)
        found += value.text
        if len(found) > MAX_TEXT:
            break
    return text_of(found, node.lineno)


_PERCENT = re.compile(r"%(?P<name>s)")
_BRACES = re.compile(r"\{(?P<name>\w*)\}")


def _filled(
    template: Value,
    places: re.Pattern[str],
    positional: list[ast.expr],
    named: dict[str, ast.expr],
    node: ast.expr,
    scope: Scope,
    depth: int,
    seen: frozenset[str],
) -> Value:
    """``"x=={}".format(…)`` and ``"x==%s" % …``, where the fields are plain and every value is spelled out."""
    unknown = Unknown("a text is put together from parts", node.lineno)
    if not isinstance(template, Text) or template.file:
        return unknown
    rest = places.sub("", template.text)
    if any(one in rest for one in ("{}" if places is _BRACES else "%")):
        return unknown  # A conversion, an attribute, an escaped brace: not followed.
    found, last = "", 0
    for number, match in enumerate(places.finditer(template.text)):
        key = match["name"] if places is _BRACES else ""
        position = int(key[:9]) if key.isdecimal() else number
        given = named.get(key) if key and not key.isdecimal() else None
        if given is None and not (key and not key.isdecimal()) and position < len(positional):
            given = positional[position]
        value = evaluate(given, scope, depth + 1, seen) if given is not None else unknown
        if not isinstance(value, Text) or value.file:
            return unknown
        found += template.text[last : match.start()] + value.text
        last = match.end()
        if len(found) > MAX_TEXT:
            return unknown
    return Text(found + template.text[last:], node.lineno)


def _own_function(node: ast.Call, function: ast.FunctionDef, scope: Scope, depth: int, seen: frozenset[str]) -> Value:
    """What a function of the script returns, with its parameters bound to the arguments of this call."""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    given = dict(zip(names[len(names) - len(function.args.defaults) :], function.args.defaults, strict=False))
    for keyword, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        given.update({keyword.arg: default} if default is not None else {})
    given.update(zip(names, node.args, strict=False))
    names.extend(one.arg for one in function.args.kwonlyargs)
    given.update({one.arg: one.value for one in node.keywords if one.arg in names and one.arg})
    inner = scope.inside([function])
    own = scope.own_names(function).assigned
    for name, value in given.items():
        # In the caller's words, before the function's own names hide them: both may call it ``path``.
        meant = evaluate(value, scope, depth + 1, seen)
        plain = isinstance(meant, Text) and not meant.file
        bound = [ast.copy_location(ast.Constant(meant.text), value)] if plain and isinstance(meant, Text) else [value]
        if isinstance(value, ast.Name) and value.id == name and not plain:
            bound = list(scope.assigned.get(name, bound))
        inner.assigned[name] = [*bound, *own.get(name, ())]
    returned = [one.value for one in ast.walk(function) if isinstance(one, ast.Return) and one.value is not None]
    values = [evaluate(one, inner, depth + 1, seen) for one in returned]
    scope.steps = inner.steps
    if not values:
        return Unknown(f"{function.name[:60]}() returns nothing that can be followed", node.lineno)
    return values[0] if len(values) == 1 else _items(values)
