"""What a ``setup.py`` may do to its dependencies beside the arguments of ``setup()``: by attributes, and by classes.

A list that is set on the distribution object, and a class that takes the place of the distribution or of a command that
writes metadata, decide the dependencies when they run. Neither is run, so each is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

FIELDS = frozenset({"install_requires", "extras_require", "setup_requires", "tests_require"})
HARMLESS = frozenset({"has_ext_modules", "is_pure", "has_c_libraries", "has_scripts", "has_headers"})
"""Methods that classes of a distribution commonly have, to say that it holds compiled code."""
METADATA_COMMANDS = frozenset({"egg_info", "dist_info", "install_egg_info", "easy_install"})


def decided_elsewhere(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, what is done there) of each."""
    classes = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in FIELDS and _is_changed(node, tree):
            yield node.lineno, f"its {node.attr} are set on an object"
        elif isinstance(node, ast.Call) and _called(node) == "setattr" and len(node.args) > 1:
            named = node.args[1]
            if isinstance(named, ast.Constant) and named.value in FIELDS:
                yield node.lineno, f"its {named.value} are set on an object"
        elif isinstance(node, ast.keyword) and node.arg == "distclass":
            if not _is_harmless(node.value, classes):
                yield node.value.lineno, "its distribution is an object of a class of its own"
        elif isinstance(node, ast.keyword) and node.arg == "cmdclass" and isinstance(node.value, ast.Dict):
            for key in node.value.keys:
                if isinstance(key, ast.Constant) and key.value in METADATA_COMMANDS:
                    yield key.lineno, f"its command {key.value}, which writes its metadata, is a class of its own"


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _is_changed(node: ast.Attribute, tree: ast.Module) -> bool:
    """True where it is assigned to, or where a method of it (``append``, ``extend``) is called."""
    if isinstance(node.ctx, ast.Store):
        return True
    return any(
        isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and one.func.value is node
        and one.func.attr in ("append", "extend", "insert", "update", "setdefault", "__setitem__")
        for one in ast.walk(tree)
    )


def _is_harmless(node: ast.expr, classes: dict[str, ast.ClassDef]) -> bool:
    """True for a class of this file that only says what the distribution holds."""
    found = classes.get(node.id) if isinstance(node, ast.Name) else None
    if found is None or found.decorator_list or found.keywords:
        return False
    return all(
        (isinstance(one, ast.FunctionDef) and one.name in HARMLESS)
        or isinstance(one, ast.Pass)
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in found.body
    )
