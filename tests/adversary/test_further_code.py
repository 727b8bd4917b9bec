"""Further ways to call, to take, to send and to execute: no audit of a package that does so at import is green."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adversary.further_code import GROUPS
from tests.adversary.open_ways import OPEN
from tests.adversary.project import GREEN, package, put, run, why
from tests.support.index_server import Index

ALL = [
    pytest.param(
        group, way, marks=pytest.mark.xfail(reason=OPEN[group, way], strict=True) if (group, way) in OPEN else ()
    )
    for group, ways in GROUPS.items()
    for way in ways
]


@pytest.mark.parametrize(("group", "way"), ALL)
def test_in_a_wheel(group: str, way: str, tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "vendor"
    put(root, {"requirements.txt": package(index, "first", GROUPS[group][way])})
    code, report = run(root, capfd)
    assert code != GREEN, why(report)
