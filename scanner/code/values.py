"""Abstract values: what the engine knows of the value of an expression."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from scanner.code.scope import Scope


class _Unknown:
    """The constant of a value that could not be evaluated."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Any = _Unknown()
NO_LABELS: frozenset[str] = frozenset()


class Function:
    """A function or lambda of the analysed source, with the scope it closes over, and what is to be added to the line
    numbers of its body."""

    __slots__ = ("dispatched", "getter", "name", "node", "owner", "scope", "shift")

    def __init__(
        self, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope, shift: int = 0
    ) -> None:
        self.name = name
        self.node = node
        self.scope = scope
        self.shift = shift
        self.owner: Value | None = None
        # Looking the attribute up runs it.
        self.getter = False
        # Implementations that are called in its place (``functools.singledispatch``); ``None`` where it has none.
        self.dispatched: list[Value] | None = None


_MOST_CLASSES = 64
"""Classes that one class is looked at to inherit from."""


class Class:
    """A class of the analysed source (or one made by ``type()``): its members and the names of its bases."""

    __slots__ = ("bases", "members", "name")

    def __init__(self, name: str, bases: tuple[Value, ...], members: dict[str, Value]) -> None:
        self.name = name
        self.bases = bases
        self.members = members

    def member(self, name: str) -> Value | None:
        found = self.members.get(name)
        if found is not None:
            return found
        for base in self.bases:
            if base.cls is not None:
                return next((one for cls in self.above() if (one := cls.members.get(name)) is not None), None)
        return None

    def above(self) -> Iterator[Class]:
        """The classes of the source that it inherits from, each once: hostile source names one base many times."""
        seen = {id(self)}
        waiting = list(reversed(self.bases))
        while waiting and len(seen) <= _MOST_CLASSES:
            cls = waiting.pop().cls
            if cls is not None and id(cls) not in seen:
                seen.add(id(cls))
                yield cls
                waiting.extend(reversed(cls.bases))


MAX_INSIDE = 200_000
"""Values within the elements of one that are looked at to know it whole."""
MAX_WALKED = 4096
_MAX_LEVELS = 7
_MAX_WIDTH = 2001


class Value(msgspec.Struct, eq=False):
    """One abstract value.

    ``const`` is the concrete Python value (str, bytes, int, float, bool, None) or ``UNKNOWN``. ``items`` holds the
    elements of a list, tuple or set (``list``) or mapping (``dict`` keyed by constants). ``ref`` is a qualified name
    (``os.system``), with ``()`` for what a call of it gives (``requests.Session()``). ``labels`` say what went into the
    value, ``how`` which decoding steps it went through. ``bound`` is the instance that a method is bound to.
    """

    const: Any = UNKNOWN
    labels: frozenset[str] = NO_LABELS
    ref: str = ""
    items: list[Value] | dict[Any, Value] | None = None
    how: tuple[str, ...] = ()
    func: Function | None = None
    cls: Class | None = None
    attrs: dict[str, Value] | None = None
    bound: Value | None = None

    @property
    def known(self) -> bool:
        return self.const is not UNKNOWN

    def with_labels(self, labels: frozenset[str], how: tuple[str, ...] = ()) -> Value:
        """The same value with further labels and decoding steps."""
        if labels <= self.labels and not how:
            return self
        made = Value(self.const, self.labels | labels, self.ref, self.items, (*self.how, *how)[:12])
        made.func, made.cls, made.attrs, made.bound = self.func, self.cls, self.attrs, self.bound
        return made

    def deep_labels(self) -> frozenset[str]:
        """The labels of the value and of everything in it (bounded: ``MAX_WALKED`` values, each looked at once)."""
        if self.items is None and self.attrs is None:
            return self.labels
        found = self.labels
        seen = {id(self)}
        level = [self]
        for _ in range(_MAX_LEVELS):
            below: list[Value] = []
            for value in level:
                items = value.items
                if items:
                    for one in islice(items.values() if isinstance(items, dict) else items, _MAX_WIDTH):
                        if one.labels and not one.labels <= found:
                            found |= one.labels
                        if (one.items or one.attrs) and id(one) not in seen:
                            seen.add(id(one))
                            below.append(one)
                if value.attrs:
                    for one in value.attrs.values():
                        if one.labels and not one.labels <= found:
                            found |= one.labels
            if not below or len(seen) > MAX_WALKED:
                break
            level = below
        return found

    def deep_how(self) -> tuple[str, ...]:
        """The decoding steps of the value, or of the first thing in it that has some."""
        if self.how or self.items is None:
            return self.how
        inside = list(self.items.values()) if isinstance(self.items, dict) else self.items
        return next((one.how for one in inside[:64] if one.how), ())

    def concrete(self, depth: int = 0, left: list[int] | None = None) -> Any:
        """The Python value with its elements, or ``UNKNOWN`` where any part is unknown, or past ``MAX_INSIDE``.

        ``left`` counts down what lies within the elements: a value may hold another many times, and that the next.
        """
        if self.items is None:
            return self.const
        left = [MAX_INSIDE] if left is None else left
        if depth:
            left[0] -= 1 + len(self.items)
        if depth > 6 or left[0] < 0:
            return UNKNOWN
        if isinstance(self.items, dict):
            made = {}
            for key, one in self.items.items():
                made[key] = one.concrete(depth + 1, left)
                if made[key] is UNKNOWN:
                    return UNKNOWN
            return made
        listed = []
        for one in self.items:
            element = one.concrete(depth + 1, left)
            if element is UNKNOWN:
                return UNKNOWN
            listed.append(element)
        return listed


def constant(const: Any, labels: frozenset[str] = NO_LABELS, how: tuple[str, ...] = ()) -> Value:
    """A value from a concrete Python value; sequences and mappings become values of values (bounded by the caller)."""
    if isinstance(const, list | tuple | set | frozenset):
        return Value(items=[constant(one, labels, how) for one in const], labels=labels, how=how)
    if isinstance(const, dict):
        return Value(items={key: constant(one, labels, how) for key, one in const.items()}, labels=labels, how=how)
    return Value(const, labels, how=how)


def _tells(value: Value) -> bool:
    """``None`` is what a name has where nothing better was to be had: it says nothing of the other branch."""
    return value.known and value.const is not None


def merged(first: Value, second: Value) -> Value:
    """What holds after two branches: the labels of both, and what is known from the one that knows more."""
    if first is second:
        return first
    keep, other = (first, second) if (_tells(first) or first.items or first.func or first.cls) else (second, first)
    if not keep.ref and other.ref and not _tells(keep) and keep.func is None:
        keep, other = other, keep
    return keep.with_labels(other.labels)
