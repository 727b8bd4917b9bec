"""A layered drawing of the paths that lead to findings: columns by distance, rows by neighbours, all deterministic.

Cycles are collapsed into one node before anything is placed, so what is drawn is always acyclic.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import networkx as nx

from scanner.model.finding import DependencyPath

MAX_NODES = 80
COLUMN_GAP = 56
ROW_HEIGHT = 44
BOX_HEIGHT = 34
CHARACTER = 7.3
PADDING = 10
MAX_LABEL = 26
SWEEPS = 6

Key = tuple[str, str]


class Box(msgspec.Struct, frozen=True):
    """One node as drawn; ``members`` are more than one where a cycle was collapsed. Coordinates in SVG user units."""

    members: tuple[Key, ...]
    label: str
    version: str
    x: float
    y: float
    width: float
    height: float


class Line(msgspec.Struct, frozen=True):
    path: str


class Drawing(msgspec.Struct, frozen=True):
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
    left_out: int


def draw(paths: Iterable[DependencyPath]) -> Drawing:
    """The union of the paths, at most :data:`MAX_NODES` nodes: paths are taken whole, in order, while they fit."""
    nodes: dict[Key, None] = {}
    edges: dict[tuple[Key, Key], None] = {}
    left_out = 0
    for path in paths:
        keys = [(step.name, step.version) for step in path]
        if len({*nodes, *keys}) > MAX_NODES:
            left_out += 1
            continue
        nodes.update(dict.fromkeys(keys))
        edges.update(dict.fromkeys(pair for pair in itertools.pairwise(keys) if pair[0] != pair[1]))
    graph: nx.DiGraph[Any] = nx.DiGraph()
    graph.add_nodes_from(sorted(nodes))
    graph.add_edges_from(sorted(edges))
    return _placed(graph, left_out)


def _placed(graph: nx.DiGraph[Any], left_out: int) -> Drawing:
    components = sorted(tuple(sorted(one)) for one in nx.strongly_connected_components(graph))
    home = {member: component for component in components for member in component}
    acyclic: nx.DiGraph[Any] = nx.DiGraph()
    acyclic.add_nodes_from(components)
    acyclic.add_edges_from(sorted((home[a], home[b]) for a, b in graph.edges if home[a] != home[b]))
    layers = _layers(acyclic)
    widths = [max(_box_width(node) for node in layer) for layer in layers]
    tallest = max((len(layer) for layer in layers), default=0) * ROW_HEIGHT
    boxes: dict[Any, Box] = {}
    x = 1.0
    for layer, width in zip(layers, widths, strict=True):
        y = (tallest - len(layer) * ROW_HEIGHT) / 2 + 1
        for node in layer:
            label, version = _label(node)
            boxes[node] = Box(node, label, version, x, round(y, 1), round(_box_width(node), 1), BOX_HEIGHT)
            y += ROW_HEIGHT
        x += width + COLUMN_GAP
    lines = tuple(Line(_curve(boxes[a], boxes[b])) for a, b in sorted(acyclic.edges))
    ordered = tuple(boxes[node] for layer in layers for node in layer)
    return Drawing(ordered, lines, round(max(x - COLUMN_GAP + 1, 2), 1), round(tallest + 2, 1), left_out)


def _layers(acyclic: nx.DiGraph[Any]) -> list[list[Any]]:
    """Columns by the longest way from a start; inside a column by the mean row of the neighbours (barycentre)."""
    depth: dict[Any, int] = {}
    for node in nx.lexicographical_topological_sort(acyclic):
        depth[node] = max((depth[parent] + 1 for parent in acyclic.predecessors(node)), default=0)
    layers: list[list[Any]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in sorted(depth):
        layers[depth[node]].append(node)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        rows = {node: row for layer in layers for row, node in enumerate(layer)}
        for layer in layers if forward else reversed(layers):
            near = acyclic.pred if forward else acyclic.succ
            layer.sort(key=lambda node: (_mean(near[node], rows, rows[node]), node))
            rows.update({node: row for row, node in enumerate(layer)})
    return layers


def _mean(neighbours: Mapping[Any, Any], rows: Mapping[Any, int], own: int) -> float:
    found = [rows[one] for one in neighbours]
    return sum(found) / len(found) if found else float(own)


def _label(members: Sequence[Key]) -> tuple[str, str]:
    name, version = members[0]
    if len(members) > 1:
        return _cut(f"{name} and {len(members) - 1} more"), "in one cycle"
    return _cut(name), _cut(version)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"


def _box_width(members: Sequence[Key]) -> float:
    return max(len(text) for text in _label(members)) * CHARACTER + 2 * PADDING


def _curve(start: Box, end: Box) -> str:
    x1, y1 = round(start.x + start.width, 1), round(start.y + start.height / 2, 1)
    x2, y2 = round(end.x, 1), round(end.y + end.height / 2, 1)
    middle = round((x1 + x2) / 2, 1)
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
