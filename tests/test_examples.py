"""The two examples as a newcomer runs them: every planted fault by its rule and line, and the clean twin approved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main

EXAMPLES = Path(__file__).parents[1] / "examples"
VENDOR = EXAMPLES / "labeling-vendor"
Report = dict[str, Any]


def line_of(path: str, words: str) -> int:
    """The first line of an example's file that holds the words: the fault's place, read where it was planted."""
    lines = (VENDOR / path).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


def planted(rule: str, path: str, words: str, package: str) -> tuple[str, str, int, str]:
    return rule, path, line_of(path, words), package


def of_the_files() -> Iterator[tuple[str, str, int, str]]:
    """Faults that the files alone show: they are found without any network."""
    helpers = "vendored/annotation_helpers"
    yield planted("advisories/vulnerable", "pyproject.toml", "litellm==1.82.6", "litellm")
    yield planted("advisories/malicious-release", "requirements-prelabel.txt", "litellm==1.82.8", "litellm")
    yield planted("pins/missing-hash", "deploy/requirements.txt", "h11==", "h11")
    yield planted("pins/direct-url", "requirements-prelabel.txt", "jsonlines @", "jsonlines")
    yield planted("indexes/extra-index-url", "requirements-prelabel.txt", "--extra-index-url", "labeling-vendor")
    yield planted("environment-sent", f"{helpers}/setup.py", "urlopen(", "labeling-vendor")
    yield planted("decoded-code-executed", f"{helpers}/annotation_helpers_init.pth", "import", "labeling-vendor")


def found(report: Report) -> set[tuple[str, str, int, str]]:
    return {
        (one["rule"], each["location"]["path"], each["location"]["line"], one["package"]["name"])
        for one in report["findings"]
        for each in one["evidence"]
    }


@contextmanager
def audited(name: str, folder: Path, *arguments: str) -> Iterator[tuple[int, Report]]:
    code = main(["audit", str(EXAMPLES / name), "--quiet", "--output", str(folder), *arguments])
    yield code, json.loads((folder / "report.json").read_text("utf-8"))


def test_the_faults_that_the_files_show_are_found_without_network(tmp_path: Path) -> None:
    with audited("labeling-vendor", tmp_path, "--offline") as (code, report):
        assert (code, report["verdict"]) == (1, "reject")
        assert set(of_the_files()) <= found(report)
        vulnerable = [one for one in report["findings"] if one["rule"] == "advisories/vulnerable"]
        assert "CVE-2026-42208" in {alias for one in vulnerable for alias in one["aliases"]}


@pytest.mark.network
def test_every_planted_fault_is_found_by_rule_and_line(tmp_path: Path) -> None:
    with audited("labeling-vendor", tmp_path) as (code, report):
        assert (code, report["verdict"]) == (1, "reject")
        mismatch = planted("pins/hash-mismatch-index", "deploy/requirements.txt", "gunicorn==", "gunicorn")
        assert {mismatch, *of_the_files()} <= found(report)


@pytest.mark.network
def test_the_clean_twin_is_approved(tmp_path: Path) -> None:
    policy = ("--policy", str(EXAMPLES / "clean-vendor.policy.toml"))
    with audited("clean-vendor", tmp_path, *policy) as (code, report):
        assert (code, report["verdict"]) == (0, "approve")
        assert {one["severity"] for one in report["findings"]} <= {"low", "info"}
        gaps = {one["check"] for one in report["coverage"] if one["status"] == "not-checked"}
        assert not gaps & set(report["policy"]["required_checks"])


def test_the_clean_twin_offline_is_not_green(tmp_path: Path) -> None:
    with audited("clean-vendor", tmp_path, "--offline") as (code, report):
        assert (code, report["verdict"]) == (3, "inconclusive")
