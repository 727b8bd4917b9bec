"""Functions of which others are called in the place, by the type of an argument (``functools.singledispatch``)."""

from __future__ import annotations

import ast

from scanner.code.values import Value

_MOST = 256
"""Implementations of one function that are called."""
_REGISTERS = "functools.singledispatch().register"
_MAKES = ("functools.singledispatch", "functools.singledispatchmethod")
DISPATCHES = frozenset({_REGISTERS, *_MAKES})


def dispatched(flow: object, callee: Value, given: list[Value], named: dict[str, Value], node: ast.AST) -> Value:
    """``singledispatch(function)`` is the function, of which others are called from then on; ``register(…)`` adds one
    of those, or gives what will."""
    function = next((one for one in (*given, *named.values()) if one.func is not None), None)
    if callee.ref != _REGISTERS:
        if function is not None and function.func is not None and function.func.dispatched is None:
            function.func.dispatched = []
        return function or Value()
    if function is None:
        return callee
    known = callee.bound.func.dispatched if callee.bound is not None and callee.bound.func is not None else None
    if known is not None and len(known) < _MOST:
        known.append(function)
    return function
