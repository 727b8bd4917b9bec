"""Modules of tests that what is installed imports: they run at import like any other, whatever their folder."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from scanner.code.limits import Limits
from scanner.code.source import SourceFile, parse
from scanner.code.triggers import Layout, is_aside, sets_aside

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_FROM = re.compile(rb"\bfrom[ \t.]")
_REACH = 2_000
"""Bytes before a mention that are looked at."""
_MOST_MENTIONS = 10_000
_BY_NAME = re.compile(rb"\b(?:import_module|__import__)\b")


def imported_tests(files: Mapping[str, SourceFile], where: Layout, limits: Limits) -> frozenset[str]:
    """The paths among those set aside (:func:`scanner.code.triggers.is_aside`) that the import of a file which is not,
    or an entry point, runs."""
    modules = {name: path for name, path in where.modules.items() if path in files and is_aside(path, where)}
    if not modules:
        return frozenset()
    found: set[str] = set()
    waiting = [path for path, file in files.items() if file.language == "python" and not is_aside(path, where)]
    # Each of those names has a part for which it is set aside, and an import from elsewhere must write that part.
    parts = {part.encode("utf-8", "surrogatepass") for name in modules for part in name.split(".") if sets_aside(part)}
    mention = re.compile(rb"\b(?:" + b"|".join(sorted(re.escape(one) for one in parts)) + rb")\b")
    names = {path: name for name, path in where.modules.items()}
    targets = [target.partition(":")[0].strip() for _, target in (*where.entry_points, *where.plugins)]
    waiting += _added(targets, modules, found)
    while waiting:
        path = waiting.pop()
        data = files[path].data
        if path not in found and not _names_one(data, mention):
            continue
        tree = parse(data, limits, repair=False).tree
        if tree is not None:
            waiting += _added(_imports(tree, names.get(path, ""), path.endswith("__init__.py"), data), modules, found)
    return frozenset(found)


def _names_one(data: bytes, mention: re.Pattern[bytes]) -> bool:
    """Whether a statement or call that imports may name one: the word stands on the line of it, or in its brackets."""
    for number, one in enumerate(mention.finditer(data)):
        at = one.start()
        line = max(data.rfind(b"\n", 0, at), at - _REACH) + 1
        if number > _MOST_MENTIONS or b"import" in data[line:at] or data[line - 2 : line - 1] == b"\\":
            return True
        opened = data.rfind(b"(", max(at - _REACH, 0), at)
        before = data[max(opened - 20, 0) : max(opened, 0)].rstrip(b" \t\\\n")
        if before.endswith((b"import", b"import_module", b"__import__")):
            return True
        if _FROM.search(data[line:at]) is not None:
            return True
    return False


def _added(names: Iterator[str] | list[str], modules: Mapping[str, str], found: set[str]) -> list[str]:
    """Note the modules of those names and the packages around them; gives those that are new."""
    new: list[str] = []
    for name in names:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            path = modules.get(".".join(parts[:end]))
            if path is not None and path not in found:
                found.add(path)
                new.append(path)
    return new


def _imports(tree: ast.Module, own: str, package: bool, data: bytes) -> Iterator[str]:
    """The absolute names of the modules that the module level of a file may import."""
    by_name = _BY_NAME.search(data) is not None
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _FUNCTIONS):
            continue
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node.module or "", node.level, own, package)
            yield from (f"{base}.{one.name}" for one in node.names)
        elif isinstance(node, ast.If) and _is_guard(node.test):
            waiting += node.orelse
        elif by_name or isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
                yield _absolute(node.value.lstrip("."), len(node.value) - len(node.value.lstrip(".")), own, package)
            waiting += ast.iter_child_nodes(node)


def _absolute(name: str, level: int, own: str, package: bool) -> str:
    if not level:
        return name
    parts = own.split(".")
    kept = parts[: len(parts) - level + package]
    return ".".join([*kept, name] if name else kept)


def _is_guard(test: ast.expr) -> bool:
    """``TYPE_CHECKING``, or a comparison with ``__name__``."""
    named = [one for one in ast.walk(test) if isinstance(one, ast.Name | ast.Attribute)]
    return any((one.id if isinstance(one, ast.Name) else one.attr) in {"TYPE_CHECKING", "__name__"} for one in named)
