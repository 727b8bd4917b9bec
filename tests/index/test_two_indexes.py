"""Two configured indexes: pip lets all of them compete, whoever is named first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import IndexConfig
from scanner.index.errors import NotFoundError
from scanner.inputs.discover import discover
from scanner.model.errors import NetworkError
from scanner.model.known import NotKnown
from scanner.resolver.build import ResolveOptions, build_graph
from scanner.resolver.target import target_environment
from tests.support.builders import sha256, wheel
from tests.support.index_server import Fault, Index, serve


@pytest.fixture
def two() -> Iterator[tuple[Index, Index]]:
    with serve() as first, serve() as second:
        yield first, second


def client(two: tuple[Index, Index], folder: Path) -> IndexClient:
    return IndexClient(IndexConfig(urls=tuple(one.simple for one in two), retries=0), Cache(folder / "cache"))


@pytest.mark.parametrize("newer_in", [0, 1])
def test_the_best_version_wins_wherever_it_lies(tmp_path: Path, two: tuple[Index, Index], newer_in: int) -> None:
    two[1 - newer_in].add("private", wheel("private", "1.0"))
    two[newer_in].add("private", wheel("private", "99.0"))
    (tmp_path / "requirements.txt").write_text("private\n")
    with client(two, tmp_path) as asked:
        found = build_graph(
            discover(tmp_path).files, asked, target_environment("3.12"), ResolveOptions(), lambda done, total: None
        )
    [(package, release)] = found.releases.items()
    assert str(package) == "private==99.0"
    assert not isinstance(release.chosen, NotKnown)
    assert release.chosen.url.startswith(two[newer_in].url)


def test_a_hash_says_which_of_two_files_of_one_name_is_meant(tmp_path: Path, two: tuple[Index, Index]) -> None:
    one, other = wheel("x", files={"x.py": "1"}), wheel("x", files={"x.py": "2"})
    two[0].add("x", one)
    two[1].add("x", other)
    for number, (_, body) in enumerate((one, other)):
        (tmp_path / "requirements.txt").write_text(f"x==1.0 --hash=sha256:{sha256(body)}\n")
        with client(two, tmp_path) as asked:
            files = discover(tmp_path / "requirements.txt").files
            found = build_graph(files, asked, target_environment("3.12"), ResolveOptions(), lambda done, total: None)
        [release] = found.releases.values()
        assert not isinstance(release.chosen, NotKnown)
        assert release.chosen.url.startswith(two[number].url)


def test_an_index_that_does_not_answer_is_not_passed_over(tmp_path: Path, two: tuple[Index, Index]) -> None:
    two[0].add("x", wheel("x"))
    two[1].faults["/simple/x/"] = Fault(status=403)
    with client(two, tmp_path) as asked, pytest.raises(NetworkError):
        asked.project(canonicalize_name("x"))
    with client(two, tmp_path) as asked, pytest.raises(NotFoundError):
        asked.project(canonicalize_name("nowhere"))
