"""The dependency graph: order, cycles, and every shortest path from each root."""

from __future__ import annotations

from itertools import pairwise

from packaging.utils import canonicalize_name

from scanner.model.graph import MAX_PATHS, DependencyGraph, Edge, GraphBuilder, Root
from scanner.model.package import Package


def package(name: str, version: str = "1.0") -> Package:
    return Package(canonicalize_name(name), version)


def graph_of(*pairs: tuple[Root | Package, Package]) -> DependencyGraph:
    builder = GraphBuilder()
    for parent, child in pairs:
        builder.connect(parent, child, Edge(f"{child.name}=={child.version}"))
    return builder.build()


APP = Root("app", "uv.lock")
A, B, C, D = (package(one) for one in "abcd")


def names(path: tuple[object, ...]) -> list[str]:
    return [step.name for step in path]  # type: ignore[attr-defined]


def test_all_shortest_paths_and_no_longer_ones() -> None:
    graph = graph_of((APP, A), (APP, B), (A, D), (B, D), (A, C), (C, D))
    assert [names(path) for path in graph.paths_to(D)] == [["app", "a", "d"], ["app", "b", "d"]]


def test_a_cycle_neither_hangs_nor_hides_a_path() -> None:
    graph = graph_of((APP, A), (A, B), (B, A), (B, C))
    assert [names(path) for path in graph.paths_to(C)] == [["app", "a", "b", "c"]]
    assert graph.cycles() == ((A, B),)


def test_each_root_has_its_own_path() -> None:
    dev = Root("app", "uv.lock", "group", "dev")
    graph = graph_of((APP, A), (A, C), (dev, C))
    assert [names(path) for path in graph.paths_to(C)] == [["app (group dev)", "c"], ["app", "a", "c"]]
    assert graph.is_direct(C)
    assert not graph_of((APP, A), (A, C)).is_direct(C)


def test_two_versions_of_one_name_are_two_packages() -> None:
    old, new = package("numpy", "1.26.4"), package("numpy", "2.0.0")
    graph = graph_of((APP, old), (APP, new))
    assert graph.versions_of("numpy") == (old, new)


def test_a_lattice_with_exponentially_many_paths_is_bounded() -> None:
    layers = [[package(f"l{depth}n{index}") for index in range(4)] for depth in range(12)]
    pairs: list[tuple[Root | Package, Package]] = [(APP, one) for one in layers[0]]
    for above, below in pairwise(layers):
        pairs += [(parent, child) for parent in above for child in below]
    graph = graph_of(*pairs)
    paths = graph.paths_to(layers[-1][0])
    assert 0 < len(paths) <= MAX_PATHS
    assert all(len(path) == 13 for path in paths)


def test_two_requirements_between_the_same_pair_are_both_kept() -> None:
    builder = GraphBuilder()
    builder.connect(APP, A, Edge("a>=1"))
    builder.connect(APP, A, Edge("a<2", marker="python_version < '3.12'"))
    assert [edge.requirement for edge in builder.build().edges(APP, A)] == ["a<2", "a>=1"]


def test_a_package_out_of_the_graph_has_no_paths() -> None:
    assert graph_of((APP, A)).paths_to(B) == ()
