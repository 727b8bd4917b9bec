"""Further files that bring a dependency in: no audit of such a tree is green.

Only ways whose clean twin is green, or that are named in ``GAPS``, prove that the hidden package itself was seen.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.adversary.code_ways import Files
from tests.adversary.further_files import GROUPS, Way
from tests.adversary.open_ways import OPEN
from tests.adversary.project import GREEN, STEALER, package, put, run, why
from tests.support.index_server import Index

ALL = [
    pytest.param(
        group, way, marks=pytest.mark.xfail(reason=OPEN[group, way], strict=True) if (group, way) in OPEN else ()
    )
    for group, ways in GROUPS.items()
    for way in ways
]


SHORT = re.compile(r"(hidden)==1\.0|(hidden\S{0,3} = )\"1\.0\"")
UNPINNED = [way for way, make in GROUPS["tools"].items() if "hidden==1.0" in str(make("hidden", "hidden==1.0"))]


@pytest.mark.parametrize(("group", "way"), ALL)
def test_with_the_stealer(
    group: str, way: str, tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    code, report = audited(GROUPS[group][way], tmp_path / "vendor", index, capfd)
    assert code != GREEN, why(report)


@pytest.mark.parametrize("way", [one for one in UNPINNED if ("tools", one) not in OPEN])
def test_with_a_stealer_that_nothing_pins(
    way: str, tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    """``pip install hidden`` installs whatever is newest: that is what is read."""

    def make(name: str, line: str) -> Files:
        made = GROUPS["tools"][way](name, line)
        return {path: body if isinstance(body, bytes) else SHORT.sub(r"\1", body) for path, body in made.items()}

    code, report = audited(make, tmp_path / "vendor", index, capfd)
    assert code != GREEN, why(report)


def audited(way: Way, root: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Exit code and report of a tree to which the way adds the package ``hidden``, which holds the stealer."""
    package(index, "first")
    for tool, version in (("setuptools", "80.8.0"), ("setuptools", "80.9.0")):
        package(index, tool, {f"{tool}/__init__.py": "VALUE = 1\n"}, version=version)
    line = package(index, "hidden", {"hidden/__init__.py": STEALER})
    made = way("hidden", line)
    filled = {
        path: body if isinstance(body, bytes) else body.replace("{index}", index.url).replace("{name}", "hidden")
        for path, body in made.items()
    }
    has_one = any(path.endswith((".lock", "lock.toml", "requirements.txt")) for path in filled)
    put(root, {"app.py": "print(1)\n", **({} if has_one else {"requirements.txt": "first==1.0\n"}), **filled})
    return run(root, capfd)


def test_a_clean_package_that_nothing_pins_is_no_gap(
    tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two commands of one file are two runs of pip: what they ask for need not fit together."""
    root = tmp_path / "vendor"
    package(index, "first")
    package(index, "plain", {"plain/__init__.py": "VALUE = 1\n"}, version="1.0")
    package(index, "plain", {"plain/__init__.py": "VALUE = 1\n"}, version="2.0")
    makefile = "all:\n\tpip install 'plain<2'\n\tpip install 'plain>=2'\n"
    put(root, {"app.py": "print(1)\n", "requirements.txt": "first==1.0\n", "Makefile": makefile})
    code, report = run(root, capfd)
    assert code == GREEN, why(report)
    named = {(one["name"], one["version"]) for one in report["packages"]}
    assert {("plain", "1.0"), ("plain", "2.0")} <= named
    rows = [one for one in report["coverage"] if one["check"] == "declared"]
    assert sorted(one["subject"] for one in rows) == ["Makefile (command Makefile:2)", "Makefile (command Makefile:3)"]


def test_one_command_that_pip_would_refuse_hides_nothing_of_the_others(
    tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "vendor"
    package(index, "first")
    package(index, "plain", {"plain/__init__.py": "VALUE = 1\n"}, version="1.0")
    package(index, "hidden", {"hidden/__init__.py": STEALER})
    makefile = "all:\n\tpip install 'plain<2' 'plain>=2'\n\tpip install 'plain<2' hidden\n"
    put(root, {"app.py": "print(1)\n", "requirements.txt": "first==1.0\n", "Makefile": makefile})
    code, report = run(root, capfd)
    assert code == 1, why(report)
