"""Scopes: names of a function, a module, and the scopes around them."""

from __future__ import annotations

from scanner.code.values import Value


class Scope:
    """Names bound in one module, class body or function. ``module`` is the dotted name of the module it lies in."""

    __slots__ = ("globals", "module", "names", "parent", "returned")

    def __init__(self, module: str, parent: Scope | None = None) -> None:
        self.module = module
        self.parent = parent
        self.names: dict[str, Value] = {}
        self.globals: Scope = parent.globals if parent is not None else self
        self.returned: Value | None = None

    def find(self, name: str) -> Value | None:
        found = self.names.get(name)
        if found is not None:
            return found
        scope = self.parent
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None
