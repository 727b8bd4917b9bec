"""Source drift in an audit: a release against the tree that the auditor names, and a tree against the fixed commit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main
from scanner.integrity.source_tree import head_commit
from tests.support.builders import wheel
from tests.support.index_server import Index

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40
CODE = {"labels/__init__.py": "from labels.score import score\n", "labels/score.py": "def score(x):\n    return x\n"}
ADDED = {"labels/report.py": "import os\n\n\ndef report():\n    return dict(os.environ)\n"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A clone of the dependency at ``COMMIT``."""
    root = tmp_path / "clone"
    for path, text in CODE.items():
        (root / "src" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "src" / path).write_text(text)
    (root / ".git").mkdir()
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (root / ".git" / "packed-refs").write_text(f"# pack-refs with: peeled\n{COMMIT} refs/heads/main\n")
    return root


def lock(commit: str) -> str:
    return f"""\
version = 1
[[package]]
name = "vendor"
version = "1"
source = {{ virtual = "." }}
dependencies = [{{ name = "labels" }}]
[[package]]
name = "labels"
version = "1.0"
source = {{ git = "https://git.invalid/labels?rev={commit}#{commit}" }}
"""


def audited(tmp_path: Path, files: dict[str, str], *arguments: str) -> dict[str, Any]:
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    for name, body in files.items():
        (vendor / name).write_text(body)
    assert main(["audit", str(vendor), "--quiet", "--output", str(tmp_path / "out"), *arguments]) in (0, 1, 3)
    report: dict[str, Any] = json.loads((tmp_path / "out" / "report.json").read_text())
    return report


def found(report: dict[str, Any]) -> dict[str, list[str]]:
    return {
        one["rule"]: [each["location"]["path"] for each in one["evidence"]]
        for one in report["findings"]
        if one["check"] == "source-drift"
    }


def covered(report: dict[str, Any]) -> dict[str, str]:
    return {one["subject"]: one["status"] for one in report["coverage"] if one["check"] == "source-drift"}


def test_a_release_that_is_its_tree_is_quiet(tmp_path: Path, index: Index, tree: Path) -> None:
    index.add("labels", wheel("labels", files=CODE))
    report = audited(tmp_path, {"requirements.txt": "labels==1.0\n"}, "--source", f"labels={tree}")
    assert found(report) == {}
    assert covered(report) == {"labels==1.0": "checked"}


def test_code_that_only_the_release_has(tmp_path: Path, index: Index, tree: Path) -> None:
    changed = {**CODE, "labels/score.py": "import os\n\n\ndef score(x):\n    os.getpid()\n    return x\n"}
    index.add("labels", wheel("labels", files={**changed, **ADDED}))
    report = audited(tmp_path, {"requirements.txt": "labels==1.0\n"}, "--source", f"Labels={tree}")
    assert found(report) == {
        "source-drift/only-in-release": ["labels/report.py"],
        "source-drift/differs": ["labels/score.py"],
    }


def test_a_startup_file_that_only_the_release_has_is_high(tmp_path: Path, index: Index, tree: Path) -> None:
    index.add("labels", wheel("labels", files={**CODE, "labels_init.pth": "import labels\n"}))
    report = audited(tmp_path, {"requirements.txt": "labels==1.0\n"}, "--source", f"labels={tree}")
    [one] = [one for one in report["findings"] if one["rule"] == "source-drift/only-in-release"]
    assert (one["severity"], one["trigger"]) == ("high", "interpreter-start")


def test_a_fixed_commit_whose_tree_is_at_hand(tmp_path: Path, index: Index, tree: Path) -> None:
    index.add("labels", wheel("labels", files={**CODE, **ADDED}))
    report = audited(tmp_path, {"uv.lock": lock(COMMIT)}, "--source", f"labels={tree}")
    assert found(report) == {"source-drift/only-in-release": ["labels/report.py"]}
    assert set(covered(report).values()) == {"checked"}
    assert len(covered(report)) == 2


def test_a_tree_at_another_commit(tmp_path: Path, index: Index, tree: Path) -> None:
    index.add("labels", wheel("labels", files=CODE))
    report = audited(tmp_path, {"uv.lock": lock(OTHER)}, "--source", f"labels={tree}")
    assert found(report) == {"source-drift/other-commit": ["uv.lock"]}


def test_without_a_tree_it_does_not_apply_and_says_how_it_would(tmp_path: Path, index: Index) -> None:
    index.add("labels", wheel("labels", files=CODE))
    report = audited(tmp_path, {"requirements.txt": "labels==1.0\n"})
    [one] = [one for one in report["coverage"] if one["check"] == "source-drift"]
    assert one["status"] == "not-applicable"
    assert "--source labels=DIR" in one["remedy"]


@pytest.mark.parametrize("head", ["", "ref: ../../etc/passwd", "ref: refs/heads/gone", "nonsense", COMMIT[:20]])
def test_a_head_that_tells_no_commit_is_not_known(tree: Path, head: str) -> None:
    (tree / ".git" / "HEAD").write_text(head)
    assert not head_commit(tree)


def test_a_source_that_is_no_folder_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(tmp_path), "--source", "labels"]) == 2
    assert "--source" in capsys.readouterr().err
