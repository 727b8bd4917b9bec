"""What every test shares: a cache and data directory of its own, and the registry only where it answers."""

from __future__ import annotations

import functools
import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest

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
    """No test reads or writes the user's cache, data or configuration of assay."""
    home = tmp_path_factory.mktemp("xdg")
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    if "SOURCE_DATE_EPOCH" in os.environ:
        monkeypatch.delenv("SOURCE_DATE_EPOCH")
    return home
