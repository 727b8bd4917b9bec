"""The code check: read in part is not read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from scanner.checks import code
from scanner.checks.subject import Subject
from scanner.cli import main
from scanner.model.coverage import Coverage
from tests.checks.subjects import coverage as coverage_of
from tests.checks.subjects import make_subject

UNREADABLE = "X = " + "(" * 5000 + ")" * 5000 + "\n"


def project(root: Path, name: str, text: str) -> Subject:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    return make_subject(root=str(root))


def coverage(asked: Subject) -> Coverage:
    return coverage_of(code, asked)["project"]


@pytest.mark.parametrize("name", ["setup.py", "package/__init__.py", "sitecustomize.py"])
def test_what_runs_by_itself_and_was_read_in_part_is_a_gap_of_the_check(tmp_path: Path, name: str) -> None:
    answer = coverage(project(tmp_path, name, "import os\nos.system('ls')\n" + UNREADABLE))
    assert answer.status == "not-checked"
    assert name in answer.reason


def test_a_file_that_nothing_runs_is_no_gap_until_something_does(tmp_path: Path) -> None:
    source = "import os\nfrom tests import helper\n"
    (tmp_path / "setup.py").write_text(source)
    answer = coverage(project(tmp_path, "tests/helper.py", "import os\nos.system('ls')\n" + UNREADABLE))
    assert answer.status == "not-checked", "setup.py imports it"
    (tmp_path / "setup.py").write_text("import os\n")
    assert coverage(make_subject(root=str(tmp_path))).status == "checked"


@pytest.mark.parametrize(("text", "word", "status"), [("x = 1\n", "clean", 0), (UNREADABLE, "incomplete", 3)])
def test_scan_says_clean_only_of_what_was_read_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, word: str, status: int
) -> None:
    wheel = tmp_path / "example-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("example/__init__.py", "import subprocess\nsubprocess.run(['ls'])\n" + text)
    assert main(["scan", str(wheel), "--workers", "1"]) == status
    assert f"{wheel}: {word}" in capsys.readouterr().out
    assert main(["capabilities", str(wheel), "--workers", "1"]) == status
