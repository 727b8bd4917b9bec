"""The words that calls of a Python source are given: literals, and names whose values the source spells out.

Nothing is run: :func:`scanner.inputs.setup_values.evaluate` follows names, lists, joins and f-strings, within bounds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from scanner.inputs.setup_scope import Lines, Scope, Text, Unknown, gather_names
from scanner.inputs.setup_values import evaluate

UNKNOWN = "${}"
"""Stands for a word that is computed; it is none that a shell or an installer would take."""
Functions = tuple[ast.FunctionDef, ...]


class PythonWords:
    """Every call of a module, and what its arguments spell out."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._module: Scope | None = None
        self._scopes: dict[int, Scope] = {}

    def nodes(self) -> Iterator[tuple[ast.Call | ast.Dict, Functions]]:
        """Each call and table with the functions that it stands in, outermost first."""
        waiting: list[tuple[ast.AST, Functions]] = [(self._tree, ())]
        while waiting:
            node, inside = waiting.pop()
            if isinstance(node, ast.Call | ast.Dict):
                yield node, inside
            below = (*inside, node) if isinstance(node, ast.FunctionDef) and len(inside) < 8 else inside
            waiting.extend((one, below) for one in reversed(list(ast.iter_child_nodes(node))))

    def words(self, nodes: Iterable[ast.expr], inside: Functions) -> list[Text | Lines]:
        """The texts that the expressions spell out, in order, with ``UNKNOWN`` for each that is computed."""
        found: list[Text | Lines] = []
        for node in nodes:
            if isinstance(node, ast.Constant):
                if isinstance(node.value, str):
                    found.append(Text(node.value, node.lineno))
                continue
            if isinstance(node, ast.Starred) and isinstance(node.value, ast.Attribute) and node.value.attr == "posargs":
                continue  # what a person adds on the command line
            value = evaluate(node, self._scope(inside), 0)
            if isinstance(value, Unknown) and isinstance(node, ast.JoinedStr):
                value = self._in_part(node, inside)
            items = (
                value
                if isinstance(value, list)
                else [one for each in value.values() for one in each]
                if isinstance(value, dict)
                else [value]
            )
            for one in items:
                if isinstance(one, Text) and one.file:
                    found.append(Lines(one.file, one.line))
                else:
                    found.append(one if isinstance(one, Text | Lines) else Text(UNKNOWN, one.line))
        return found

    def _in_part(self, node: ast.JoinedStr, inside: Functions) -> Text:
        """An f-string with ``UNKNOWN`` for what is computed: ``x==${}`` still names a package."""
        parts = []
        for one in node.values:
            value = evaluate(one.value if isinstance(one, ast.FormattedValue) else one, self._scope(inside), 0)
            parts.append(value.text if isinstance(value, Text) and not value.file else UNKNOWN)
        return Text("".join(parts), node.lineno)

    def _scope(self, inside: Functions) -> Scope:
        if self._module is None:
            self._module = gather_names(self._tree.body)
        if not inside:
            return self._module
        scope = self._scopes.get(id(inside[-1]))
        if scope is None:
            scope = self._scopes[id(inside[-1])] = self._module.inside(list(inside))
        return scope
