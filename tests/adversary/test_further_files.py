"""Further files that bring a dependency in: no audit of such a tree is green.

Only ways whose clean twin is green, or that are named in ``GAPS``, prove that the hidden package itself was seen.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adversary.further_files import GROUPS
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


@pytest.mark.parametrize(("group", "way"), ALL)
def test_with_the_stealer(
    group: str, way: str, tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "vendor"
    package(index, "first")
    for tool, version in (("setuptools", "80.8.0"), ("setuptools", "80.9.0")):
        package(index, tool, {f"{tool}/__init__.py": "VALUE = 1\n"}, version=version)
    line = package(index, "hidden", {"hidden/__init__.py": STEALER})
    made = GROUPS[group][way]("hidden", line)
    filled = {
        path: body if isinstance(body, bytes) else body.replace("{index}", index.url).replace("{name}", "hidden")
        for path, body in made.items()
    }
    has_one = any(path.endswith((".lock", "lock.toml", "requirements.txt")) for path in filled)
    put(root, {"app.py": "print(1)\n", **({} if has_one else {"requirements.txt": "first==1.0\n"}), **filled})
    code, report = run(root, capfd)
    assert code != GREEN, why(report)
