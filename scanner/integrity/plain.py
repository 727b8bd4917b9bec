"""Statements that cannot do anything but name values: what a build may write into a module without a review.

Version files, build constants and the import shims of native modules are made of these. A call, a loop or a
function is not: it is left for a reader.
"""

from __future__ import annotations

import ast
import warnings

from scanner.parsing import parse_python

MAX_BYTES = 512 * 1024
_HARMLESS_CALLS = frozenset({"hasattr", "json.loads", "tuple", "frozenset", "TypeVar", "typing.TypeVar"})
_VALUES = (
    ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Subscript, ast.BinOp,
    ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.Starred, ast.Slice,
    ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip


def statements(source: bytes) -> list[ast.stmt] | None:
    """The top-level statements, or ``None`` for what is too large or not Python that this interpreter reads."""
    if len(source) > MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse_python(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def new_statements(before: bytes, after: bytes) -> list[ast.stmt] | None:
    """Top-level statements of ``after`` that ``before`` does not have; comments and blanks do not count.

    ``None`` where either text cannot be read.
    """
    left, right = statements(before), statements(after)
    if left is None or right is None:
        return None
    try:
        known = {ast.dump(one) for one in left}
        return [one for one in right if ast.dump(one) not in known]
    except (RecursionError, MemoryError):
        return None


def all_plain(found: list[ast.stmt] | None) -> bool:
    """True where every statement only imports, or gives names to values without calling anything."""
    try:
        return found is not None and all(_is_plain(one) for one in found)
    except RecursionError:
        return False


def _is_plain(one: ast.stmt) -> bool:
    match one:
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=targets, value=value):
            return all(_is_name(target) for target in targets) and _is_value(value)
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            # Annotations of a module are evaluated: a call in one runs.
            return _is_name(target) and _is_value(annotation) and (value is None or _is_value(value))
        case ast.AugAssign(target=ast.Name(), value=value):
            return _is_value(value)
        case ast.If(test=test, body=body, orelse=orelse):
            return _is_value(test) and all(_is_plain(inner) for inner in (*body, *orelse))
        case ast.FunctionDef(
            body=[*body], decorator_list=[], returns=None, args=ast.arguments(args=[], posonlyargs=[])
        ):
            # ``def get_versions(): return json.loads(version_json)`` of versioneer.
            extra = (one.args.kwonlyargs, one.args.vararg, one.args.kwarg)
            return not any(extra) and all(_is_returning(inner) for inner in body)
        case _:
            return False


def _is_returning(one: ast.stmt) -> bool:
    if isinstance(one, ast.Return):
        return one.value is None or _is_value(one.value)
    return isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)


def _is_name(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) or (
        isinstance(target, ast.Tuple) and all(isinstance(one, ast.Name) for one in target.elts)
    )


def _is_value(value: ast.expr) -> bool:
    """True for literals, names, attributes and operators; calls only of a few functions that do nothing else."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call):
            if ast.unparse(node.func) not in _HARMLESS_CALLS:
                return False
        elif not isinstance(node, (*_VALUES, ast.keyword)):
            return False
    return True
