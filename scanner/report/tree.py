"""The whole graph as a nested list: each package opened once, later places say so. A flat row, no recursion."""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.model.report import Graph, GraphEdge

MAX_DEPTH = 24
"""Nesting past this is not opened here (browsers flatten documents that nest too deep); the table has every package."""


class Mark(msgspec.Struct, frozen=True):
    """``open`` begins a node with children, ``close`` ends it, ``leaf`` has none, ``again`` was shown before."""

    kind: Literal["open", "close", "leaf", "again", "deep"]
    node: int = -1
    requirement: str = ""
    children: int = 0


def tree_marks(graph: Graph) -> list[Mark]:
    """Roots in the graph's order; a package without any way from a root comes last, as a start of its own."""
    children: dict[int, list[GraphEdge]] = {}
    for edge in graph.edges:
        children.setdefault(edge.parent, []).append(edge)
    for edges in children.values():
        edges.sort(key=lambda one: (graph.nodes[one.child].name, graph.nodes[one.child].version, one.edge))
    seen: set[int] = set()
    marks: list[Mark] = []
    starts = [number for number, node in enumerate(graph.nodes) if node.root is not None]
    for start in (*starts, *range(len(graph.nodes))):
        if start not in seen:
            _walk(start, children, seen, marks)
    return marks


def _walk(start: int, children: dict[int, list[GraphEdge]], seen: set[int], marks: list[Mark]) -> None:
    waiting: list[tuple[int, str, int] | None] = [(start, "", 0)]
    while waiting:
        item = waiting.pop()
        if item is None:
            marks.append(Mark("close"))
            continue
        node, requirement, depth = item
        below = list({edge.child: edge for edge in children.get(node, [])}.values())
        if node in seen:
            marks.append(Mark("again", node, requirement))
            continue
        seen.add(node)
        if not below:
            marks.append(Mark("leaf", node, requirement))
        elif depth >= MAX_DEPTH:
            marks.append(Mark("deep", node, requirement, len(below)))
        else:
            marks.append(Mark("open", node, requirement, len(below)))
            waiting.append(None)
            waiting.extend((edge.child, edge.edge.requirement, depth + 1) for edge in reversed(below))
