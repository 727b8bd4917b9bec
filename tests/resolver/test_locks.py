"""Locks walked root by root: extras of one root are not seen from another, conflicting ones exclude each other, and
what a project takes from its sibling counts as its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.inputs.discover import discover
from scanner.model.graph import DependencyGraph, Root
from scanner.resolver import locks
from scanner.resolver.build import Resolution, ResolveOptions, build_graph
from scanner.resolver.target import target_environment

TARGET = target_environment("3.12", "linux-x86_64")
REGISTRY = 'source = { registry = "https://pypi.org/simple" }'


def package(name: str, version: str = "1", body: str = "", source: str = REGISTRY) -> str:
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\n{source}\n{body}\n'


def resolve(folder: Path, *packages: str, **others: str) -> Resolution:
    (folder / "uv.lock").write_text("version = 1\n" + "".join(packages))
    return build_graph(discover(folder / "uv.lock").files, None, TARGET, ResolveOptions(), lambda done, total: None)


def installed(graph: DependencyGraph, *roots: str) -> list[str]:
    chosen = [one for one in graph.roots if str(one) in roots]
    assert len(chosen) == len(roots)
    return [str(one) for one in sorted(graph.installation(chosen))]


def reached(graph: DependencyGraph, root: str) -> list[str]:
    [found] = [one for one in graph.roots if str(one) == root]
    return [str(one) for one in sorted(graph.reachable([found]))]


def test_an_extra_that_one_root_asks_for_brings_nothing_into_another(tmp_path: Path) -> None:
    graph = resolve(
        tmp_path,
        package(
            "app",
            source='source = { virtual = "." }',
            body='dependencies = [{ name = "web" }]\n'
            '[package.optional-dependencies]\nfast = [{ name = "web", extra = ["speed"] }]\n'
            '[package.dev-dependencies]\ndev = [{ name = "tool" }]',
        ),
        package("web", body='dependencies = []\n[package.optional-dependencies]\nspeed = [{ name = "loop" }]'),
        package("loop"),
        package("tool", body='dependencies = [{ name = "web" }]'),
    ).graph
    assert reached(graph, "app") == ["web==1"]
    assert reached(graph, "app[fast]") == ["loop==1", "web==1"]
    assert reached(graph, "app (group dev)") == ["tool==1", "web==1"]
    [loop] = graph.versions_of("loop")
    assert [[step.name for step in path] for path in graph.paths_to(loop)] == [["app[fast]", "web", "loop"]]
    [web] = graph.versions_of("web")
    [edge] = graph.edges(web, loop)
    assert [str(one) for one in graph.roots_of(web, loop, edge)] == ["app[fast]"]
    assert graph.dependencies(web, Root("app", "uv.lock")) == ()


CPU, GPU = "extra-3-app-cpu", "extra-3-app-gpu"
CONFLICTING = (
    package(
        "app",
        source='source = { virtual = "." }',
        body='dependencies = [{ name = "model" }]\n[package.optional-dependencies]\n'
        'cpu = [{ name = "torch", version = "2+cpu" }]\ngpu = [{ name = "torch", version = "2+gpu" }]\n'
        '[package.dev-dependencies]\nlint = [{ name = "tool" }]',
    ),
    package(
        "model",
        body=f"""dependencies = [
{{ name = "torch", version = "2", marker = "extra != '{CPU}' and extra != '{GPU}'" }},
{{ name = "torch", version = "2+cpu", marker = "extra == '{CPU}' or (extra == '{CPU}' and extra == '{GPU}')" }},
{{ name = "torch", version = "2+gpu", marker = "extra == '{GPU}' or (extra == '{CPU}' and extra == '{GPU}')" }}]""",
    ),
    package("torch", "2"),
    package("torch", "2+cpu"),
    package("torch", "2+gpu"),
    package("tool"),
)


def test_conflicting_extras_each_have_their_own_plain_dependencies(tmp_path: Path) -> None:
    graph = resolve(tmp_path, *CONFLICTING).graph
    assert installed(graph, "app") == ["model==1", "torch==2"]
    assert installed(graph, "app[cpu]") == ["model==1", "torch==2+cpu"]
    assert installed(graph, "app[gpu]") == ["model==1", "torch==2+gpu"]
    assert installed(graph, "app (group lint)") == ["model==1", "tool==1", "torch==2"]
    # With both, the plain dependencies are those under the extra.
    assert installed(graph, "app[cpu]", "app (group lint)") == ["model==1", "tool==1", "torch==2+cpu"]
    assert reached(graph, "app (group lint)") == ["tool==1"]
    cpu = next(one for one in graph.versions_of("torch") if one.version == "2+cpu")
    assert [[step.name for step in path] for path in graph.paths_to(cpu)] == [["app[cpu]", "torch"]]
    [model] = graph.versions_of("model")
    edges = [edge.marker for edge in graph.edges(model, cpu)]
    assert edges == ["extra == 'app[cpu]' or (extra == 'app[cpu]' and extra == 'app[gpu]')"]


def test_an_edge_that_holds_where_its_own_extra_is_installed_is_followed(tmp_path: Path) -> None:
    own, dev = "extra-4-slim-tasks", "group-3-app-dev"
    graph = resolve(
        tmp_path,
        package(
            "app",
            source='source = { editable = "." }',
            body='[package.optional-dependencies]\ntasks = [{ name = "slim", extra = ["tasks"], '
            f'marker = "extra == \'{own}\'" }}]\n[package.dev-dependencies]\ndev = [{{ name = "slim" }}]',
        ),
        package(
            "slim",
            source='source = { editable = "slim" }',
            body=f'dependencies = [{{ name = "new", marker = "extra != \'{dev}\'" }}]\n'
            f'[package.optional-dependencies]\ntasks = [{{ name = "queue", marker = "extra == \'{own}\'" }}]',
        ),
        package("queue"),
        package("new"),
    ).graph
    assert installed(graph, "app[tasks]") == ["new==1", "queue==1"]
    assert installed(graph, "app (group dev)") == []
    assert installed(graph, "slim") == ["new==1"]


def test_what_a_sibling_needs_is_needed_by_the_project(tmp_path: Path) -> None:
    resolution = resolve(
        tmp_path,
        package(
            "app",
            source='source = { editable = "." }',
            body='dependencies = [{ name = "core", extra = ["x"] }]\n[package.optional-dependencies]\n'
            'all = [{ name = "app", extra = ["one"] }]\none = [{ name = "single" }]',
        ),
        package(
            "core",
            source='source = { editable = "../core" }',
            body='dependencies = [{ name = "base" }, { name = "app" }]\n'
            '[package.optional-dependencies]\nx = [{ name = "extra-one" }]\ny = [{ name = "extra-two" }]',
        ),
        *(package(name) for name in ("base", "single", "extra-one", "extra-two")),
    )
    graph = resolution.graph
    assert reached(graph, "app") == ["base==1", "extra-one==1"]
    assert reached(graph, "core") == ["base==1", "extra-one==1"]  # It needs app, which needs its extra.
    assert reached(graph, "app[all]") == ["single==1"]
    assert installed(graph, "app[all]") == ["base==1", "extra-one==1", "single==1"]
    [base] = graph.versions_of("base")
    assert [[step.name for step in path] for path in graph.paths_to(base)] == [
        ["core", "base"],
        ["app", "core", "base"],
    ]
    assert graph.cycles() == ()


def test_one_version_from_two_indexes_is_told_apart_by_the_source_of_the_edge(tmp_path: Path) -> None:
    other = 'source = { registry = "https://wheels.invalid/cpu" }'
    graph = resolve(
        tmp_path,
        package(
            "app",
            source='source = { virtual = "." }',
            body='dependencies = [{ name = "torch", version = "2", source = { registry = '
            '"https://wheels.invalid/cpu" } }]',
        ),
        package("torch", "2"),
        package("torch", "2", source=other),
    ).graph
    assert [one.source.url for one in graph.packages] == ["https://wheels.invalid/cpu"]


def test_the_groups_of_a_workspace_root_are_roots(tmp_path: Path) -> None:
    manifest = '[manifest]\nmembers = ["one"]\n[manifest.dependency-groups]\ndev = [{ name = "tool" }]\n'
    graph = resolve(
        tmp_path,
        manifest,
        package("one", source='source = { editable = "one" }', body='dependencies = [{ name = "a" }]'),
        package("a"),
        package("tool"),
    ).graph
    assert reached(graph, f"{tmp_path.name} (workspace) (group dev)") == ["tool==1"]
    assert reached(graph, "one") == ["a==1"]


def test_a_lock_that_is_made_to_be_slow_is_walked_once_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "MAX_VISITS_ALONE", 1)
    resolution = resolve(tmp_path, *CONFLICTING)
    said = [one.reason for one in resolution.coverage if one.subject == "uv.lock"]
    assert said == ["its roots have so many edges that they were not all followed one by one"]
    # Nothing is hidden: what one root brings in is then shown for the others too.
    assert {str(one) for one in resolution.graph.packages} >= {"torch==2+cpu", "torch==2+gpu", "tool==1"}


def test_hundreds_of_projects_that_need_each_other_end_soon(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(400)]
    body = [
        package(
            name,
            source=f'source = {{ editable = "{name}" }}',
            body="dependencies = [" + ", ".join(f'{{ name = "{other}" }}' for other in (*names[:40], "leaf")) + "]",
        )
        for name in names
    ]
    graph = resolve(tmp_path, *body, package("leaf")).graph
    assert reached(graph, "p399") == ["leaf==1"]
    assert len(graph.paths_to(graph.versions_of("leaf")[0])) == 32


def test_a_name_with_thousands_of_versions_ends_soon(tmp_path: Path) -> None:
    many = 3_000
    body = package(
        "app",
        source='source = { virtual = "." }',
        body="dependencies = [" + ", ".join(['{ name = "many" }'] * many) + "]",
    )
    resolution = resolve(tmp_path, body, *(package("many", str(number)) for number in range(many)))
    said = [one.reason for one in resolution.coverage if one.subject == "uv.lock"]
    assert said == ["its roots have so many edges that they were not all followed"]
