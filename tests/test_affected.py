"""``assay affected``: the first hour of an incident, over projects and saved reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main


@pytest.fixture
def vendors(tmp_path: Path) -> Path:
    """Four vendors: a poisoned pin, an open requirement, a pin of a good version, and one whose lock is damaged."""
    for name, body in {
        "poisoned": "litellm==1.82.8\n",
        "open": "litellm>=1.80\n",
        "good": "litellm==1.82.6\n",
        "other": "idna==3.7\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.txt").write_text(body)
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["affected", *arguments, "--format", "json"])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, answer


@pytest.mark.parametrize("question", ["litellm==1.82.8", "litellm>=1.82.7,<1.83", "LiteLLM==1.82.8"])
def test_who_has_it_and_who_may_install_it(vendors: Path, capsys: pytest.CaptureFixture[str], question: str) -> None:
    code, answer = asked(capsys, question, str(vendors))
    assert code == 1
    assert answer["looked_at"] == 4
    told = {Path(one["place"]).name: one["certain"] for one in answer["affected"]}
    assert told == {"poisoned": True, "open": False}
    [sure] = [one for one in answer["affected"] if one["certain"]]
    assert sure["files"] == ["requirements.txt:1"]
    assert sure["paths"]


def test_nobody_has_it(vendors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = asked(capsys, "telnyx==4.87.1", str(vendors))
    assert (code, answer["affected"]) == (0, [])


def test_what_cannot_be_read_is_not_taken_for_clean(vendors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (vendors / "other" / "uv.lock").write_text("version = [")
    code, answer = asked(capsys, "telnyx==4.87.1", str(vendors))
    assert code == 3
    assert [Path(one["place"]).name for one in answer["not_read"]] == ["other"]


def test_a_saved_report_answers_too(vendors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = vendors / "out"
    main(["audit", str(vendors / "poisoned"), "--offline", "--quiet", "--format", "json", "--output", str(out)])
    code, answer = asked(capsys, "litellm==1.82.8", str(out / "report.json"))
    assert code == 1
    [one] = answer["affected"]
    assert "litellm 1.82.8" in one["paths"][0]


@pytest.mark.parametrize("question", ["", "==1", "litellm @ https://x.invalid/a.whl", "a b"])
def test_a_question_that_names_nothing_is_a_usage_error(
    vendors: Path, capsys: pytest.CaptureFixture[str], question: str
) -> None:
    assert main(["affected", question, str(vendors)]) == 2
    assert capsys.readouterr().err.startswith("assay: ")
