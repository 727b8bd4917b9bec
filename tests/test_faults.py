"""Faults that nobody foresaw: one file costs its own result, and what escapes ends with exit code 4 and one line."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.cli import COMMANDS, main
from scanner.index.fetching import gather
from scanner.model.known import NotKnown


@pytest.mark.parametrize("kind", [RecursionError, MemoryError, KeyError, UnicodeEncodeError, OSError])
@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_what_escapes_a_command_ends_with_4_and_one_line(command, kind, monkeypatch, capsys) -> None:
    def fail(_: object) -> int:
        raise kind("ascii", "x", 0, 1, "text") if kind is UnicodeEncodeError else kind("the message is not shown")

    module = importlib.import_module(f"scanner.commands.{command}")
    monkeypatch.setattr(module, "run", fail)
    monkeypatch.setattr(module, "add_arguments", lambda parser: None)
    assert main([command]) == 4
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert command in told
    assert kind.__name__ in told
    assert "the message" not in told


def test_the_line_names_the_stage_and_the_subject_through_the_real_command(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("idna==3.7\n")
    code = (
        "import sys, scanner.audit as audit\n"
        "def fail(*a, **k): raise ZeroDivisionError\n"
        "audit.build_graph = fail\n"
        "from scanner.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    given = [sys.executable, "-c", code, "audit", str(tmp_path), "--offline", "--output", str(tmp_path / "out")]
    done = subprocess.run(given, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(f"assay: building the graph: {tmp_path}: ")
    assert done.stderr.count("\n") == 1


def test_the_traceback_is_there_for_who_asks(monkeypatch, capsys) -> None:
    module = importlib.import_module("scanner.commands.rules")
    monkeypatch.setattr(module, "run", lambda _: 1 // 0)
    monkeypatch.setenv("ASSAY_DEBUG", "1")
    assert main(["rules"]) == 4
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_raises_costs_its_file_and_the_run_goes_on(tmp_path: Path, monkeypatch) -> None:
    from scanner.inputs import setup_cfg

    def fail(root: Path, relative: str) -> None:
        raise RecursionError

    monkeypatch.setattr(setup_cfg, "read", fail)
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "setup.cfg").write_text("[metadata]\nname = x\n")
    (tmp_path / "vendor" / "requirements.txt").write_text("idna==3.7\n")
    assert main(["audit", str(tmp_path / "vendor"), "--offline", "--quiet", "--output", str(tmp_path / "out")]) == 3
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    [row] = [one for one in report["coverage"] if (one["check"], one["subject"]) == ("inputs", "setup.cfg")]
    assert row["status"] == "not-checked"
    assert "RecursionError" in row["reason"]
    assert [one["name"] for one in report["packages"]] == ["idna"]


def test_one_request_that_fails_costs_its_own_result() -> None:
    found = gather(["good", "bad"], {"good": 1}.__getitem__, lambda done, total: None)
    assert found["good"] == 1
    assert isinstance(found["bad"], NotKnown)
    assert "KeyError" in found["bad"].reason


def test_a_renderer_that_raises_costs_its_own_file(tmp_path: Path, monkeypatch, capsys) -> None:
    from scanner.report import html

    def fail(report: object, context: object) -> bytes:
        raise RecursionError

    monkeypatch.setattr(html, "render", fail)
    (tmp_path / "requirements.txt").write_text("idna==3.7\n")
    out = tmp_path / "out"
    assert main(["audit", str(tmp_path), "--offline", "--quiet", "--output", str(out)]) == 4
    assert "writing the report as html" in capsys.readouterr().err
    assert [one.name for one in out.iterdir()] == ["report.json"]


def test_a_file_that_the_graph_cannot_be_made_of_costs_its_own_part(tmp_path: Path, monkeypatch) -> None:
    from scanner.resolver import build

    genuine = build._add_requirements

    def fail(one: object, file: object, progress: object) -> None:
        if file.path == "bad/requirements.txt":  # type: ignore[attr-defined]
            raise RecursionError
        genuine(one, file, progress)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "_add_requirements", fail)
    for folder in ("bad", "good"):
        (tmp_path / "vendor" / folder).mkdir(parents=True)
        (tmp_path / "vendor" / folder / "requirements.txt").write_text("idna==3.7\n")
    assert main(["audit", str(tmp_path / "vendor"), "--offline", "--quiet", "--output", str(tmp_path / "out")]) == 3
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    gaps = {
        one["subject"] for one in report["coverage"] if one["check"] == "resolution" and "Recursion" in one["reason"]
    }
    assert gaps == {"bad/requirements.txt"}
    assert [one["name"] for one in report["packages"]] == ["idna"]
