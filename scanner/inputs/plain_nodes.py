"""Values of JSON and TOML as the nodes of :mod:`scanner.inputs.yaml_nodes`, so that one walk reads all three."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from scanner.inputs.yaml_nodes import MAX_DEPTH, MAX_NODES, Mapping, Node, Scalar, Sequence, YamlError

_TOKEN = re.compile(
    r'(?P<text>"(?:\\.|[^"\\])*+(?:"|\Z))|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)|,(?=\s*+[\]}])', re.DOTALL
)


def strict_json(text: str) -> str:
    """JSON with comments and with commas before closing brackets, as JSON; lines keep their numbers."""
    return _TOKEN.sub(lambda found: found[0] if found["text"] else "\n" * found[0].count("\n"), text)


class PlainNodes:
    """Builds nodes from parsed values. ``line_of`` gives the line of a key path (``a.b[2]``)."""

    def __init__(self, line_of: Callable[[str], int]) -> None:
        self.line_of = line_of
        self.nodes = 0

    def node(self, value: Any, path: str = "", depth: int = 0) -> Node:
        """Raises :class:`YamlError` past the bounds that YAML has too."""
        self.nodes += 1
        line = self.line_of(path)
        if self.nodes > MAX_NODES:
            raise YamlError(line, f"it has more than {MAX_NODES:,} nodes")
        if depth > MAX_DEPTH:
            raise YamlError(line, "it is nested too deeply")
        if isinstance(value, dict):
            entries = ((key, self.node(one, f"{path}.{key}".lstrip("."), depth + 1)) for key, one in value.items())
            return Mapping(line, tuple(entries))
        if isinstance(value, list):
            return Sequence(line, tuple(self.node(one, f"{path}[{n}]", depth + 1) for n, one in enumerate(value)))
        text = value if isinstance(value, str) else ""
        lines = text.split("\n") if "\n" in text else ()
        return Scalar(line, text, tuple((line + number, one.strip()) for number, one in enumerate(lines)))
