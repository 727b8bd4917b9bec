"""YAML as the Python that an unsafe loader would run: its tags name modules, classes and functions, and call them."""

from __future__ import annotations

import re

import yaml

from scanner.code.callables import is_dangerous

MAX_TEXT = 1_000_000
"""Characters of a document that are read."""
_TAG = re.compile(r"(?:!!|!<tag:yaml\.org,2002:)python/(?:object/(?:apply|new)|object|name):([\w.]{1,200})")
_PREFIXES = ("tag:yaml.org,2002:python/object/apply:", "tag:yaml.org,2002:python/object/new:")
_NAMED = "tag:yaml.org,2002:python/"
_MOST = 1_000
"""Calls that are written out."""


def as_called(text: str | bytes) -> str:
    """What the tags of a document call, a line each, and ``pickle_call(…)`` where that runs programs or code. Empty
    for a document without tags of Python. What is not YAML is read by its tags alone."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = text[:MAX_TEXT]
    if "python/" not in text:
        return ""
    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError):
        return "\n".join(_called(one[1], "") for one in list(_TAG.finditer(text))[:_MOST])
    lines: list[str] = []
    waiting: list[yaml.Node] = [one for one in documents if one is not None]
    seen: set[int] = set()
    while waiting and len(lines) < _MOST:
        node = waiting.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        tag = node.tag or ""
        if tag.startswith(_PREFIXES):
            lines.append(_called(tag.rpartition(":")[2], _arguments(node)))
        elif tag.startswith(_NAMED) and is_dangerous(tag.rpartition(":")[2]):
            lines.append(f"pickle_call({tag.rpartition(':')[2]!r})")
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            waiting += [one for pair in node.value for one in pair]
    return "\n".join(lines)


def _called(name: str, arguments: str) -> str:
    if not all(part.isidentifier() for part in name.split(".")):
        return f"pickle_call({name!r})"
    module, _, function = name.rpartition(".")
    called = f"__import__({module!r}, fromlist=['*']).{function}({arguments})" if module else f"{name}({arguments})"
    return f"pickle_call({name!r}); {called}" if is_dangerous(name) else called


def _arguments(node: yaml.Node) -> str:
    """The texts that a call is given, as Python writes them."""
    values = node.value if isinstance(node, yaml.SequenceNode) else []
    return ", ".join(repr(one.value) if isinstance(one, yaml.ScalarNode) else "None" for one in values[:50])
