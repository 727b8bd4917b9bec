"""The drawing and the tree: cycles collapsed, every node once, the same picture each time, bounded nesting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.model.finding import PathStep
from scanner.model.graph import Edge, Root
from scanner.model.report import Graph, GraphEdge, GraphNode
from scanner.report.layout import MAX_NODES, draw
from scanner.report.tree import MAX_DEPTH, tree_marks

NAMES = st.sampled_from("abcdefghij")
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=6).map(lambda names: tuple(PathStep(one, "1") for one in names)))


@given(PATHS)
def test_every_node_is_drawn_once_and_every_line_goes_right(paths: list[tuple[PathStep, ...]]) -> None:
    drawing = draw(paths)
    members = [one for box in drawing.boxes for one in box.members]
    assert sorted(members) == sorted({(step.name, step.version) for path in paths for step in path})
    for line in drawing.lines:
        start, end = line.path[1:].split("C")[0].split()[0], line.path.split()[-2]
        assert float(start) < float(end)
    assert draw(paths) == drawing


@given(PATHS)
def test_no_two_boxes_overlap(paths: list[tuple[PathStep, ...]]) -> None:
    boxes = draw(paths).boxes
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_a_cycle_is_one_box_that_says_so() -> None:
    path = tuple(PathStep(one, "1") for one in ("root", "a", "b", "a"))
    labels = {box.label: box.version for box in draw([path]).boxes}
    assert labels["a and 1 more"] == "in one cycle"


def test_paths_that_do_not_fit_are_counted() -> None:
    paths = [tuple(PathStep(f"{number}-{step}") for step in range(10)) for number in range(20)]
    drawing = draw(paths)
    assert len(drawing.boxes) <= MAX_NODES
    assert drawing.left_out == 20 - MAX_NODES // 10


def graph_of(count: int, pairs: list[tuple[int, int]]) -> Graph:
    nodes = (GraphNode("root", root=Root("root", "x")), *(GraphNode(f"n{one}", "1") for one in range(1, count)))
    return Graph(nodes, tuple(GraphEdge(a, b, Edge("r")) for a, b in pairs))


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=60))
def test_the_tree_opens_every_node_once_and_closes_what_it_opens(pairs: list[tuple[int, int]]) -> None:
    marks = tree_marks(graph_of(12, pairs))
    shown = [one.node for one in marks if one.kind in ("open", "leaf", "deep")]
    assert sorted(shown) == list(range(12))
    depth = 0
    for one in marks:
        depth += {"open": 1, "close": -1}.get(one.kind, 0)
        assert 0 <= depth <= MAX_DEPTH
    assert depth == 0


def test_a_chain_of_a_thousand_is_cut_and_nothing_is_lost() -> None:
    marks = tree_marks(graph_of(1000, [(one, one + 1) for one in range(999)]))
    assert {one.node for one in marks if one.kind in ("open", "leaf", "deep")} == set(range(1000))
    assert any(one.kind == "deep" for one in marks)
