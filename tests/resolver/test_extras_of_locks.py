"""What only an extra brings stays in the graph, under that extra (regression: locks of poetry 2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.model.graph import Root
from tests.resolver.test_build import packages, resolved

PROJECT = """\
[project]
name = "demo"
version = "1"
dependencies = []
[project.optional-dependencies]
judge = ["brought"]
other = ["forked==2"]
one = ["forked==1"]
"""
ENTRY = """\
[[package]]
name = "{name}"
version = "{version}"
optional = true
python-versions = "*"
groups = ["main"]
markers = {marker}
files = []
{rest}
"""


def entry(name: str, marker: str, version: str = "1", rest: str = "") -> str:
    return ENTRY.format(name=name, version=version, marker=repr(marker), rest=rest)


def under(resolution: object, extra: str) -> list[str]:
    graph = resolution.graph  # type: ignore[attr-defined]
    roots = [one for one in graph.roots if isinstance(one, Root) and one.group == extra]
    return [str(one) for one in sorted(graph.reachable(roots))]


@pytest.mark.parametrize(
    "marker",
    [
        'extra == "judge"',
        'python_version >= "3.9" and extra == "judge"',
        '(sys_platform == "linux" or sys_platform == "win32") and (extra == "judge" or extra == "other")',
        '"judge" == extra',
        'extra == "judge" and extra == "other"',
    ],
)
def test_poetry_2_extras_keep_their_packages_however_deep(tmp_path: Path, marker: str) -> None:
    needs = '[package.dependencies]\nbelow = "*"'
    lock = entry("brought", marker, rest=needs) + entry("below", marker) + '[metadata]\nlock-version = "2.1"\n'
    found = resolved(tmp_path, {"pyproject.toml": PROJECT, "poetry.lock": lock}, online=False)
    assert packages(found) == ["below==1", "brought==1"]
    assert under(found, "judge") == ["below==1", "brought==1"]


def test_a_lock_alone_keeps_them_too(tmp_path: Path) -> None:
    found = resolved(tmp_path, {"poetry.lock": entry("brought", 'extra == "judge"')}, online=False)
    assert packages(found) == ["brought==1"]


def test_another_platform_still_leaves_out_what_an_extra_brings_there(tmp_path: Path) -> None:
    lock = entry("brought", 'sys_platform == "win32" and extra == "judge"') + entry("kept", 'extra == "judge"')
    assert packages(resolved(tmp_path, {"poetry.lock": lock}, online=False)) == ["kept==1"]


def test_forks_by_extra_stay_under_their_own(tmp_path: Path) -> None:
    lock = entry("forked", 'extra == "one"', "1") + entry("forked", 'extra == "other"', "2")
    found = resolved(tmp_path, {"pyproject.toml": PROJECT, "poetry.lock": lock}, online=False)
    assert (under(found, "one"), under(found, "other")) == (["forked==1"], ["forked==2"])
