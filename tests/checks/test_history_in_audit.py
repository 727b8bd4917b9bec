"""The same history through ``assay audit``: each stage of a takeover is named in the report, with evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pypi_attestations", reason="the extra attestations is not installed")

from scanner.cli import main
from tests.integrity.sigstore_instance import Instance
from tests.support.builders import sdist, sha256, wheel
from tests.support.index_server import File, Index

OURS = "labeling/taskqueue"
CODE = {"taskqueue/__init__.py": "LABELS = []\n"}
PTH = {**CODE, "taskqueue_hook.pth": "import os; os.environ.get('LABELS')\n"}


@pytest.fixture(scope="module")
def instance() -> Instance:
    return Instance()


@pytest.fixture
def history(index: Index, instance: Instance) -> Index:
    """1.0 and 1.1 attested; 1.2 by another publisher; 1.3 by nobody; 1.4 with a later wheel that holds a hook."""
    publishers = {"1.0": OURS, "1.1": OURS, "1.2": "elsewhere/taskqueue", "1.3": ""}
    for month, (version, repository) in enumerate(publishers.items(), 2):
        for filename, body in (wheel("taskqueue", version, CODE), sdist("taskqueue", version, CODE)):
            attested = instance.provenance(filename, body, repository) if repository else None
            index.add("taskqueue", File(filename, body, f"2026-{month:02}-01T10:00:00Z", provenance=attested))
    name, body = sdist("taskqueue", "1.4", CODE)
    index.add("taskqueue", File(name, body, "2026-06-01T10:00:00Z", provenance=instance.provenance(name, body, OURS)))
    name, body = wheel("taskqueue", "1.4", PTH)
    index.add("taskqueue", File(name, body, "2026-06-09T10:00:00Z"))
    return index


def _audit(folder: Path, instance: Instance, version: str, hashes: tuple[str, ...] = ()) -> tuple[int, Any]:
    project = folder / "vendor"
    project.mkdir()
    pins = "".join(f" --hash=sha256:{one}" for one in hashes)
    (project / "requirements.txt").write_text(f"# tasks\ntaskqueue=={version}{pins}\n")
    (folder / "root.json").write_bytes(instance.root)
    (folder / "policy.toml").write_text(
        "[advisories]\nmax-age-days = 36500\n"
        f'[integrity]\ntrust-root = "{folder / "root.json"}"\nallowed-index-hosts = ["127.0.0.1"]\n'
    )
    given = ["audit", str(project), "--quiet", "--format", "json", "--output", str(folder / "out")]
    code = main([*given, "--policy", str(folder / "policy.toml")])
    return code, json.loads((folder / "out" / "report.json").read_text())


def _found(report: Any, rule: str) -> Any:
    (one,) = [one for one in report["findings"] if one["rule"] == rule]
    assert one["evidence"]
    assert one["paths"]
    return one


def _rules(report: Any) -> set[str]:
    return {one["rule"] for one in report["findings"] if one["check"] in ("attestations", "drift")}


def test_attested_releases_are_quiet(history, instance, tmp_path):
    _, report = _audit(tmp_path, instance, "1.1")
    assert _rules(report) == set()
    checked = {one["subject"]: one["status"] for one in report["coverage"] if one["check"] == "attestations"}
    assert checked == {"taskqueue==1.1": "checked"}


def test_another_publisher(history, instance, tmp_path):
    code, report = _audit(tmp_path, instance, "1.2")
    one = _found(report, "attestations/publisher-changed")
    assert "elsewhere/taskqueue" in one["summary"]
    assert one["evidence"][0]["location"]["path"] == "requirements.txt"
    assert one["evidence"][0]["location"]["line"] == 2
    assert code == 1


def test_no_attestation_any_more(history, instance, tmp_path):
    code, report = _audit(tmp_path, instance, "1.3")
    assert "has no attestation" in _found(report, "attestations/attested-before")["summary"]
    assert code == 1


def test_a_hook_in_the_wheel_that_the_sdist_lacks(history, instance, tmp_path):
    code, report = _audit(tmp_path, instance, "1.4")
    one = _found(report, "drift/pth-only-in-wheel")
    assert one["trigger"] == "interpreter-start"
    assert one["evidence"][0]["location"]["path"] == "taskqueue_hook.pth"
    assert code == 1


def test_a_wheel_uploaded_after_the_lock(history, instance, tmp_path):
    (locked,) = (one.body for one in history.projects["taskqueue"] if one.filename == "taskqueue-1.4.tar.gz")
    _, report = _audit(tmp_path, instance, "1.4", (sha256(locked),))
    one = _found(report, "pins/file-added-after-lock")
    assert "taskqueue-1.4-py3-none-any.whl" in str(one["details"])
    assert _rules(report) == set(), "what the lock does not allow is not what would be installed"


def test_a_baseline_remembers_who_published_when_the_index_forgets(history, instance, tmp_path, monkeypatch):
    monkeypatch.setattr("scanner.index.client.PAGE_AGE", 0.0)
    _, before = _audit(tmp_path, instance, "1.1")
    assert [one["attestation"].split(",")[0] for one in before["packages"]] == [f"GitHub https://github.com/{OURS}"]
    (tmp_path / "out" / "report.json").rename(tmp_path / "before.json")
    history.projects["taskqueue"] = [one for one in history.projects["taskqueue"] if "-1.2" in one.filename]
    (tmp_path / "vendor" / "requirements.txt").write_text("# tasks\ntaskqueue==1.2\n")
    given = ["audit", str(tmp_path / "vendor"), "--quiet", "--format", "json", "--output", str(tmp_path / "out")]
    given += ["--policy", str(tmp_path / "policy.toml")]
    main(given)
    assert "attestations/publisher-changed" not in _rules(json.loads((tmp_path / "out" / "report.json").read_text()))
    main([*given, "--baseline", str(tmp_path / "before.json")])
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert "elsewhere/taskqueue" in _found(report, "attestations/publisher-changed")["summary"]
