"""What a loop that is given up leaves behind: the names and containers that its body changes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from scanner.code.names import identifier
from scanner.code.scope import Scope
from scanner.code.values import UNKNOWN, Value

BEYOND = frozenset({"beyond-bounds"})
"""Marks a value that could be worked out, had the bounds allowed it."""
_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Changes(msgspec.Struct, frozen=True):
    """What a body changes: ``names`` are bound, of ``containers`` a method is called or an item is set, ``attributes``
    are (name, attribute). ``leaves``: it holds a ``break`` or ``return``."""

    names: frozenset[str]
    containers: frozenset[str]
    attributes: frozenset[tuple[str, str]]
    leaves: bool


def changes(node: ast.AST) -> Changes:
    """The changes of a statement or expression, without those within functions and classes that it defines."""
    names: set[str] = set()
    containers: set[str] = set()
    attributes: set[tuple[str, str]] = set()
    leaves = False
    for one in _inside(node):
        kind = type(one)
        if kind is ast.Name:
            if not isinstance(one.ctx, ast.Load):  # type: ignore[attr-defined]
                names.add(identifier(one.id))  # type: ignore[attr-defined]
        elif kind is ast.Break or kind is ast.Return:
            leaves = True
        elif kind is ast.Attribute or kind is ast.Subscript:
            owner = one.value  # type: ignore[attr-defined]
            if isinstance(owner, ast.Name):
                if kind is ast.Attribute:
                    attributes.add((identifier(owner.id), identifier(one.attr)))  # type: ignore[attr-defined]
                    containers.add(identifier(owner.id))
                elif not isinstance(one.ctx, ast.Load):  # type: ignore[attr-defined]
                    containers.add(identifier(owner.id))
            elif isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Name):
                attributes.add((identifier(owner.value.id), identifier(owner.attr)))
    return Changes(frozenset(names), frozenset(containers), frozenset(attributes), leaves)


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        for child in ast.iter_child_nodes(one):
            if not isinstance(child, _OWN_SCOPE):
                waiting.append(child)


def give_up(changed: Changes, scope: Scope, labels: frozenset[str]) -> None:
    """Make everything that was changed an unknown value that keeps its labels, and gets these ``labels``."""
    for name in sorted(changed.names):
        value = scope.names.get(name)
        made = _unknown(value, labels) if value is not None else Value(labels=labels)
        if value is not None and value.items is not None:
            # Other names may hold the same list.
            value.labels, value.items = made.labels, None
        scope.names[name] = made
        if "global " + name in scope.names:
            scope.globals.names[name] = made
    for name in sorted(changed.containers - changed.names):
        value = scope.find(name)
        if value is not None and value.items is not None:
            value.labels, value.items = value.deep_labels() | labels, None
    for name, attribute in sorted(changed.attributes):
        value = scope.find(name)
        held = value.attrs.get(attribute) if value is not None and value.attrs else None
        if value is not None and value.attrs is not None and held is not None:
            value.attrs[attribute] = _unknown(held, labels)


def _unknown(value: Value, labels: frozenset[str]) -> Value:
    if value.func is not None or value.cls is not None:
        return value
    made = Value(UNKNOWN, value.deep_labels() | labels, value.ref, how=value.how)
    made.attrs, made.bound = value.attrs, value.bound
    return made
