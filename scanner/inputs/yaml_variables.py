"""The variables of a YAML file that holds commands: its settings, and what its commands hand on to later ones."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.inputs.variables import Variables
from scanner.inputs.yaml_nodes import Mapping, Node, Scalar, Sequence, walk_nodes

MAX_KEY = 80
MAX_VALUE = 4_000


def variables_of(root: Node) -> Variables:
    """Every setting that may be a variable (``env``, ``matrix``, ``name`` beside ``value``), and every assignment in a
    text of several lines: ``echo "wheel=$x" >> "$GITHUB_OUTPUT"`` is what ``${{ steps.a.outputs.wheel }}`` means later.

    Raises :class:`YamlError` as :func:`walk_nodes` does.
    """
    found = Variables()
    for name, value in _settings(root):
        found.add(name, value)
    for _, node in walk_nodes(root):
        for _, line in node.raw_lines if isinstance(node, Scalar) else ():
            if "=" in line:
                found.gather(line)
    return found


def _settings(root: Node) -> Iterator[tuple[str, str]]:
    for key, node in walk_nodes(root):
        if isinstance(node, Mapping):
            name, value = node.get("name"), node.get("value")
            if isinstance(name, Scalar) and isinstance(value, Scalar):
                yield name.text, value.text
        elif key and len(key) <= MAX_KEY and key.replace("-", "_").isidentifier():
            for one in node.items if isinstance(node, Sequence) else (node,):
                if isinstance(one, Scalar) and not one.raw_lines and len(one.text) <= MAX_VALUE:
                    yield key, one.text
