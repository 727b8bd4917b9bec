"""What only another target installs: the verdict holds for one target, says so, and the other target is not green."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.adversary.dependency_ways import PROJECT, digest, uv
from tests.adversary.project import GREEN, STEALER, package, put, run, why
from tests.support.builders import wheel
from tests.support.index_server import Index

HIDDEN = {"hidden/__init__.py": STEALER}
WINDOWS = ("--platform", "windows-amd64")
MARKER = "sys_platform == 'win32'"


def put_lock(root: Path, line: str, index: Index) -> None:
    entry = f'dependencies = [{{ name = "hidden", marker = "{MARKER}" }}]'
    project = PROJECT + f'dependencies = ["hidden ; {MARKER}"]\n'
    put(root, {"pyproject.toml": project, "uv.lock": uv("hidden", line, entry=entry).replace("{index}", index.url)})


def put_pins(root: Path, line: str, index: Index) -> None:
    del index
    pinned = f"hidden==1.0 ; {MARKER} --hash=sha256:{digest(line)}\n"
    put(root, {"requirements.txt": pinned})


def put_range(root: Path, line: str, index: Index) -> None:
    del line, index
    put(root, {"requirements.txt": f"hidden>=1.0 ; {MARKER}\n"})


@pytest.mark.parametrize("stated", [put_lock, put_pins, put_range])
def test_a_package_behind_a_marker(
    stated: Any, tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "vendor"
    for version in ("80.8.0", "80.9.0"):
        package(index, "setuptools", {"setuptools/__init__.py": "VALUE = 1\n"}, version=version)
    put(root, {"app.py": "print(1)\n", "requirements-base.txt": package(index, "first")})
    stated(root, package(index, "hidden", HIDDEN), index)
    code, report = run(root, capfd)
    assert code == GREEN, why(report)
    assert any("on others the project also installs" in one and "hidden" in one for one in why(report)), why(report)
    code, report = run(root, capfd, *WINDOWS)
    assert code == 1, why(report)


def test_a_wheel_of_another_platform(tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "vendor"
    good = wheel("first", "1.0", files={"first/__init__.py": "VALUE = 1\n"})
    bad = wheel("first", "1.0", files={"first/__init__.py": STEALER}, tag="cp311-cp311-win_amd64")
    index.add("first", good, bad)
    put(root, {"app.py": "print(1)\n", "requirements.txt": "first==1.0\n"})
    code, report = run(root, capfd, "--python-version", "3.11")
    rows = [one for one in report["coverage"] if one["check"] == "resolution" and one["subject"] == "first==1.0"]
    assert code == GREEN, why(report)
    assert "the release has 1 other file" in rows[0]["reason"]
    code, report = run(root, capfd, "--python-version", "3.11", *WINDOWS)
    assert code == 1, why(report)


def test_a_bill_of_materials_in_a_form_that_is_not_read(
    tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "vendor"
    put(root, {"app.py": "print(1)\n", "requirements.txt": package(index, "first"), "bom.xml": "<bom/>"})
    code, report = run(root, capfd)
    assert code == GREEN, why(report)
    assert [one["path"] for one in report["seen"]] == ["bom.xml"]
    assert run(root / "bom.xml", capfd)[0] == 2
