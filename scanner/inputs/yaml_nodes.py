"""YAML documents as nodes: text, sequences and mappings, each with the line on which it starts.

PyYAML tokenises and parses; nothing is constructed, so tags have no effect and every scalar stays text. Aliases and
merge keys (``<<``) are resolved, for a tool that reads the same file resolves them too. Source: YAML 1.1, and the merge
key of https://yaml.org/type/merge.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Union

import msgspec

MAX_CHARACTERS = 4 * 1024 * 1024
MAX_NODES = 200_000
MAX_DEPTH = 60


class Scalar(msgspec.Struct, frozen=True):
    """A text; ``raw_lines`` are its (number, text) lines where it is a block (``|``, ``>``)."""

    line: int
    text: str
    raw_lines: tuple[tuple[int, str], ...] = ()


class Sequence(msgspec.Struct, frozen=True):
    """The items of a list, in order."""

    line: int
    items: tuple[Node, ...]


class Mapping(msgspec.Struct, frozen=True):
    """The entries of a map, in order; those of merged maps come last, and never replace the map's own."""

    line: int
    entries: tuple[tuple[str, Node], ...]

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.entries if name == key), None)


Node = Union["Scalar", "Sequence", "Mapping"]


class YamlError(ValueError):
    """What cannot be read, and on which line (0 where no line is known)."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


def parse_yaml(text: str) -> Node:
    """The only document of a YAML text; an empty one is an empty :class:`Scalar`.

    Raises :class:`YamlError` for text that is no YAML, for a key that stands twice in one map, for a second document,
    and past a bound of size, depth or number of nodes (aliases count as often as they are used).
    """
    return _composed(text, most=1)[0]


def parse_documents(text: str) -> tuple[Node, ...]:
    """Every document of a YAML text, in order, at least one. Raises as :func:`parse_yaml`, but for a second one."""
    return _composed(text, most=MAX_NODES)


def _composed(text: str, most: int) -> tuple[Node, ...]:
    import yaml

    if len(text) > MAX_CHARACTERS:
        raise YamlError(0, f"it is larger than {MAX_CHARACTERS // 1024 // 1024} MiB")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Composer(yaml.parse(text, Loader=loader), text.splitlines()).documents(most)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "the text is no YAML"
        raise YamlError(mark.line + 1 if mark else 0, str(problem)) from error
    except (UnicodeError, RecursionError) as error:
        raise YamlError(0, "it holds characters that YAML does not allow") from error


def walk_nodes(root: Node) -> Iterator[tuple[str, Node]]:
    """Every node below and with ``root``, each with the key it stands under (``""`` in a list), in order of the text.

    Raises :class:`YamlError` past ``MAX_NODES``: an alias that is used often makes a short text long.
    """
    waiting: list[tuple[str, Node]] = [("", root)]
    seen = 0
    while waiting:
        key, node = waiting.pop()
        seen += 1
        if seen > MAX_NODES:
            raise YamlError(node.line, f"it has more than {MAX_NODES:,} nodes")
        yield key, node
        if isinstance(node, Mapping):
            waiting.extend(reversed(node.entries))
        elif isinstance(node, Sequence):
            waiting.extend(("", one) for one in reversed(node.items))


class _Open:
    """A collection whose end was not reached yet. A mapping's ``items`` are its keys and values in turn."""

    def __init__(self, line: int, anchor: str | None, *, mapping: bool) -> None:
        self.line = line
        self.anchor = anchor
        self.mapping = mapping
        self.items: list[Node] = []


class _Composer:
    """Builds nodes from parser events without recursion: depth is a bound here, not the interpreter's stack."""

    def __init__(self, events: Iterator[Any], lines: list[str]) -> None:
        self.events = events
        self.lines = lines
        self.anchors: dict[str, Node] = {}
        self.open: list[_Open] = []
        self.nodes = 0

    def documents(self, most: int) -> tuple[Node, ...]:
        import yaml

        roots: list[Node] = []
        documents = 0
        for event in self.events:
            node: Node | None = None
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                self.anchors.clear()
                if documents > most:
                    raise YamlError(line, "it holds more than one document")
            elif isinstance(event, yaml.ScalarEvent):
                node = self._remembered(event.anchor, self._scalar(event, line))
            elif isinstance(event, yaml.AliasEvent):
                node = self.anchors.get(event.anchor or "")
                if node is None:
                    raise YamlError(line, f"the alias {event.anchor} names nothing that is complete")
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                if len(self.open) >= MAX_DEPTH:
                    raise YamlError(line, "it is nested too deeply")
                self.open.append(_Open(line, event.anchor, mapping=isinstance(event, yaml.MappingStartEvent)))
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                done = self.open.pop()
                node = self._remembered(done.anchor, _closed(done))
                # Merging copies entries: a map that merges a large one is as large as that.
                self.nodes += len(node.entries) if isinstance(node, Mapping) else 0
            if node is None:
                continue
            self.nodes += 1
            if self.nodes > MAX_NODES:
                raise YamlError(line, f"it has more than {MAX_NODES:,} nodes")
            if self.open:
                self.open[-1].items.append(node)
            else:
                roots.append(node)
        return tuple(roots) or (Scalar(0, ""),)

    def _scalar(self, event: Any, line: int) -> Scalar:
        if event.style not in ("|", ">"):
            return Scalar(line, event.value)
        # The text of a block starts below its header, and its end mark stands on the first line behind it.
        first, last = event.start_mark.line + 1, event.end_mark.line + (event.end_mark.column > 0)
        raw = [(number + 1, self.lines[number].strip()) for number in range(first, min(last, len(self.lines)))]
        while raw and not raw[-1][1]:
            raw.pop()
        return Scalar(line, event.value, tuple(raw))

    def _remembered(self, anchor: str | None, node: Node) -> Node:
        if anchor is not None:
            self.anchors[anchor] = node
        return node


def _closed(done: _Open) -> Node:
    if not done.mapping:
        return Sequence(done.line, tuple(done.items))
    own: dict[str, Node] = {}
    merged: dict[str, Node] = {}
    for key, value in zip(done.items[::2], done.items[1::2], strict=True):
        # A collection as key is legal YAML, and no name that a reader asks for.
        name = key.text if isinstance(key, Scalar) else f"\0{key.line}"
        if name == "<<":
            for one in value.items if isinstance(value, Sequence) else (value,):
                for inherited, node in one.entries if isinstance(one, Mapping) else ():
                    merged.setdefault(inherited, node)
        elif name in own:
            raise YamlError(key.line, f"the key {name} stands twice in one map")
        else:
            own[name] = value
    return Mapping(done.line, (*own.items(), *((name, node) for name, node in merged.items() if name not in own)))
