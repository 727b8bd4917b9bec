"""What every test shares: a cache and data directory of its own, and the registry only where it answers."""

from __future__ import annotations

import functools
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.advisories.seed import bundled_database
from scanner.advisories.select import cache_folder
from tests.support.index_server import Index, serve

REGISTRY = "https://pypi.org/simple/packaging/"


@functools.cache
def registry_answers() -> bool:
    request = urllib.request.Request(REGISTRY, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("network") and not registry_answers():
        pytest.skip(f"the registry does not answer: {REGISTRY}")


@pytest.fixture(autouse=True)
def own_directories(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the user's cache, data or configuration of assay, or asks for an advisory update."""
    monkeypatch.setenv("ASSAY_NO_DB_UPDATE", "1")
    home = tmp_path_factory.mktemp("xdg")
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    if "SOURCE_DATE_EPOCH" in os.environ:
        monkeypatch.delenv("SOURCE_DATE_EPOCH")
    return home


@pytest.fixture(scope="session")
def unpacked_seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled database, unpacked once."""
    return bundled_database(tmp_path_factory.mktemp("seed"))


@pytest.fixture
def seed_is_unpacked(own_directories: Path, unpacked_seed: Path) -> None:
    """For the many audits of one file: the seed lies in the cache already, as after a user's first audit.

    It is one file under many names. A test that damages it in place must not use this.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    os.link(unpacked_seed, folder / unpacked_seed.name)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """A package index on loopback that assay is configured to ask, and nothing else."""
    with serve() as running:
        for name in ("PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_INDEX_URL", running.simple)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("HOME", str(Path(os.devnull).parent / "no-home"))
        yield running
