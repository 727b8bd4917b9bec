"""The graph: from lock edges, from the metadata of pins, and by resolution, on a real index on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import from_environment
from scanner.inputs.discover import discover
from scanner.model.known import NotKnown
from scanner.resolver.build import Resolution, ResolveOptions, build_graph
from scanner.resolver.target import target_environment
from tests.support.builders import sdist, wheel
from tests.support.index_server import File, Index

TARGET = target_environment("3.12", "linux-x86_64")


def resolved(
    tmp_path: Path, files: dict[str, str], *, online: bool = True, **options: tuple[str, ...] | bool
) -> Resolution:
    root = tmp_path / "project"
    for name, body in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
    found = discover(root)
    chosen = ResolveOptions(**options)  # type: ignore[arg-type]
    if not online:
        return build_graph(found.files, None, TARGET, chosen, lambda done, total: None)
    with IndexClient(from_environment(), Cache(tmp_path / "cache")) as client:
        return build_graph(found.files, client, TARGET, chosen, lambda done, total: None)


def packages(resolution: Resolution) -> list[str]:
    return [str(one) for one in resolution.graph.packages]


def paths(resolution: Resolution, name: str) -> list[str]:
    [package] = resolution.graph.versions_of(name)
    return [" > ".join(step.name for step in path) for path in resolution.graph.paths_to(package)]


def gaps(resolution: Resolution) -> dict[str, str]:
    return {one.subject: one.reason for one in resolution.coverage if one.status == "not-checked"}


UV = """\
version = 1
[[package]]
name = "app"
version = "0.1"
source = { virtual = "." }
dependencies = [{ name = "a", extra = ["fast"] }, { name = "w", marker = "sys_platform == 'win32'" }]
[package.dev-dependencies]
dev = [{ name = "t" }]
[[package]]
name = "a"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "b" }]
[package.optional-dependencies]
fast = [{ name = "c" }]
slow = [{ name = "d" }]
[[package]]
name = "b"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "a" }]
[[package]]
name = "c"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "d"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "t"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "w"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
"""


def test_a_uv_lock_gives_its_own_edges_for_the_target(tmp_path: Path) -> None:
    found = resolved(tmp_path, {"uv.lock": UV}, online=False)
    assert packages(found) == ["a==1.0", "b==1.0", "c==1.0", "t==1.0"]
    assert paths(found, "b") == ["app > a > b"]
    assert paths(found, "t") == ["app (group dev) > t"]
    assert found.graph.cycles() == (found.graph.versions_of("a") + found.graph.versions_of("b"),)
    left_out = {one.subject: one.reason for one in found.coverage if one.status == "not-applicable"}
    assert set(left_out) == {"d==1.0", "w==1.0"}


POETRY = """\
[[package]]
name = "a"
version = "1.0"
files = []
[package.dependencies]
b = "*"
[[package]]
name = "b"
version = "1.0"
files = []
[metadata]
lock-version = "2.0"
"""


def test_a_poetry_lock_takes_its_roots_from_the_manifest_beside_it(tmp_path: Path) -> None:
    manifest = '[project]\nname = "app"\ndependencies = ["a"]\n'
    found = resolved(tmp_path, {"poetry.lock": POETRY, "pyproject.toml": manifest}, online=False)
    assert paths(found, "b") == ["app > a > b"]


def test_a_poetry_lock_alone_is_asked_for_what_nothing_else_needs(tmp_path: Path) -> None:
    found = resolved(tmp_path, {"poetry.lock": POETRY}, online=False)
    assert paths(found, "b") == ["poetry.lock > a > b"]


def test_a_flat_file_of_pins_gets_its_edges_from_metadata(tmp_path: Path, index: Index) -> None:
    index.add("a", wheel("a", requires=["b>=1", "w ; sys_platform == 'win32'"]))
    index.add("b", wheel("b"))
    found = resolved(tmp_path, {"requirements.txt": "a==1.0\nb==1.0\nw==1.0 ; sys_platform == 'win32'\n"})
    assert paths(found, "b") == ["requirements.txt > a > b"]
    [edge] = found.graph.edges(*found.graph.packages)
    assert (edge.requirement, edge.location.line) == ("b>=1", 2)
    assert packages(found) == ["a==1.0", "b==1.0"]


def test_pins_that_only_need_each_other_are_still_reached(tmp_path: Path, index: Index) -> None:
    index.add("a", wheel("a", requires=["b"]))
    index.add("b", wheel("b", requires=["a"]))
    assert paths(resolved(tmp_path, {"requirements.txt": "a==1.0\nb==1.0\n"}), "b") == ["requirements.txt > a > b"]


def test_an_unlocked_project_is_resolved_as_pip_would(tmp_path: Path, index: Index) -> None:
    index.add("a", wheel("a", "1.0"), wheel("a", "2.0", requires=["b<2", "c[x]"]), wheel("a", "3.0rc1"))
    index.add("b", wheel("b", "1.5"), wheel("b", "2.0"))
    index.add("c", wheel("c", "1.0", requires=["d ; extra == 'x'", "e ; extra == 'y'"], provides_extra="x"))
    index.add("d", sdist("d", "4.0"), wheel("d", "0.1"))
    found = resolved(tmp_path, {"pyproject.toml": '[project]\nname = "app"\ndependencies = ["a"]\n'})
    assert packages(found) == ["a==2.0", "b==1.5", "c==1.0", "d==4.0"]
    assert paths(found, "d") == ["app > a > c > d"]


def test_the_resolver_backtracks_over_versions_that_contradict(tmp_path: Path, index: Index) -> None:
    index.add("a", wheel("a", "2.0", requires=["c>=2"]), wheel("a", "1.0", requires=["c<2"]))
    index.add("b", wheel("b", "1.0", requires=["c<2"]))
    index.add("c", wheel("c", "1.0"), wheel("c", "2.0"))
    found = resolved(tmp_path, {"requirements.txt": "a\nb\n"})
    assert packages(found) == ["a==1.0", "b==1.0", "c==1.0"]


def test_yanked_too_new_and_foreign_files_are_not_candidates(tmp_path: Path, index: Index) -> None:
    index.add("a", wheel("a", "1.0"), File(*wheel("a", "2.0"), yanked="broken"))
    index.add("a", File(*wheel("a", "3.0"), requires_python=">=3.99"), wheel("a", "4.0", tag="cp312-cp312-win_amd64"))
    index.add("a", File(*wheel("a", "5.0"), upload_time="2026-09-01T00:00:00Z"))
    found = resolved(tmp_path, {"requirements.txt": "a>=1\n"}, exclude_newer="2026-08-02T00:00:00Z")  # type: ignore[arg-type]
    assert packages(found) == ["a==1.0"]


def test_a_contradiction_is_explained_and_does_not_stop_the_rest(tmp_path: Path, index: Index) -> None:
    index.add("a", wheel("a", "1.0", requires=["c<1"]))
    index.add("c", wheel("c", "2.0"))
    index.add("z", wheel("z", "1.0"))
    files = {"one/requirements.txt": "a\nc>=2\n", "two/requirements.txt": "z\n"}
    found = resolved(tmp_path, files)
    reason = gaps(found)["one/requirements.txt"]
    assert "a==1.0 requires c<1" in reason
    assert "c>=2" in reason
    assert packages(found) == ["z==1.0"]


def test_a_requirement_that_nobody_has_is_a_gap_with_its_line(tmp_path: Path, index: Index) -> None:
    index.add("a", wheel("a"))
    found = resolved(tmp_path, {"requirements.txt": "a\nmissing>=1\n"})
    assert packages(found) == ["a==1.0"]
    assert "requirements.txt:2" in gaps(found)["requirements.txt"]


def test_a_package_whose_dependencies_are_dynamic_is_a_gap_and_the_resolution_goes_on(
    tmp_path: Path, index: Index
) -> None:
    old = b"Metadata-Version: 1.2\nName: a\nVersion: 1.0\n"
    index.add("a", sdist("a", "1.0", pkg_info=old))
    index.add("b", wheel("b"))
    found = resolved(tmp_path, {"requirements.txt": "a>=0\nb>=0\n"})
    assert packages(found) == ["a==1.0", "b==1.0"]
    assert "not known" in gaps(found)["a==1.0"]


def test_a_removed_release_stays_in_the_graph_and_is_said(tmp_path: Path, index: Index) -> None:
    index.add("a", wheel("a", "1.0"))
    found = resolved(tmp_path, {"requirements.txt": "a==1.1\n"})
    assert packages(found) == ["a==1.1"]
    assert "no file of this version" in gaps(found)["a==1.1"]


def test_a_server_that_only_the_project_names_is_never_contacted(tmp_path: Path, index: Index) -> None:
    lines = f"--extra-index-url {index.url}/elsewhere\nx @ http://other.invalid/x-1.0.tar.gz\ny @ git+https://git.invalid/y\n"
    found = resolved(tmp_path, {"requirements.txt": lines})
    assert not any(path.startswith("/elsewhere") for path in index.requests)
    chosen = {one.package.name: one.chosen for one in found.releases.values()}
    assert isinstance(chosen[canonicalize_name("x")], NotKnown)
    assert "other.invalid" in getattr(chosen[canonicalize_name("x")], "reason", "")


def test_offline_the_files_alone_give_the_graph_and_every_package_is_a_gap(tmp_path: Path) -> None:
    found = resolved(tmp_path, {"requirements.txt": "a==1.0\nb\n"}, online=False)
    assert packages(found) == ["a==1.0"]
    assert set(gaps(found)) == {"a==1.0", "requirements.txt"}


@pytest.mark.parametrize(
    ("version", "platform", "best"),
    [
        ("3.12", "linux-x86_64", "d-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
        ("3.12", "macos-arm64", "d-1.0-cp312-cp312-macosx_11_0_arm64.whl"),
        ("3.11", "windows-amd64", "d-1.0.tar.gz"),
    ],
)
def test_the_file_that_pip_would_install_on_the_target(version: str, platform: str, best: str) -> None:
    from scanner.model.artifact import Artifact
    from scanner.resolver.select import choose

    names = [
        "d-1.0.tar.gz",
        "d-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d-1.0-cp312-cp312-macosx_11_0_arm64.whl",
        "d-1.0-cp312-cp312-musllinux_1_2_x86_64.whl",
    ]
    chosen = choose([Artifact(name, "") for name in names], target_environment(version, platform))
    assert chosen and chosen.filename == best
