"""What the command line adds to an audit: a baseline, other sources of advisories, a second opinion, environments."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from scanner.advisories.select import select_database
from scanner.advisories.server import serving
from scanner.cli import main
from scanner.report.render import FORMATS, file_name
from tests.support.builders import wheel
from tests.support.index_server import Index

pytestmark = pytest.mark.usefixtures("seed_is_unpacked")


@pytest.fixture
def vendor(tmp_path: Path, index: Index) -> Path:
    root = tmp_path / "vendor"
    root.mkdir()
    index.add("first", wheel("first"))
    index.add("litellm", wheel("litellm", "1.83.7"))
    (root / "requirements.txt").write_text("first==1.0\n")
    return root


def audited(vendor: Path, *arguments: str, output: str = "out") -> dict[str, Any]:
    folder = vendor.parent / output
    code = main(["audit", str(vendor), "--quiet", "--output", str(folder), *arguments])
    assert code in (0, 1, 3)
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return report


def test_a_baseline_tells_what_is_new_and_what_is_gone(vendor: Path) -> None:
    before = audited(vendor, output="before")
    (vendor / "requirements.txt").write_text("litellm==1.82.8\n")
    after = audited(vendor, "--baseline", str(vendor.parent / "before" / "report.json"), "--format", "json,html")
    then, now = ({one["id"] for one in report["findings"]} for report in (before, after))
    assert set(after["baseline"]["new"]) == now - then
    assert set(after["baseline"]["gone"]) == then - now
    malicious = next(one for one in after["findings"] if one["rule"] == "advisories/malicious-release")
    assert malicious["id"] in after["baseline"]["new"]
    assert "New since baseline" in (vendor.parent / "out" / "report.html").read_text()


def test_a_baseline_that_is_no_report_is_one_error(vendor: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(vendor), "--baseline", str(vendor / "requirements.txt")]) == 2
    assert "requirements.txt" in capsys.readouterr().err


def test_every_format_is_written(vendor: Path) -> None:
    audited(vendor, "--format", ",".join(FORMATS))
    assert {one.name for one in (vendor.parent / "out").iterdir()} == {file_name(one) for one in FORMATS}


def test_advisories_of_an_osv_api(vendor: Path) -> None:
    (vendor / "requirements.txt").write_text("first==1.0\nlitellm==1.82.8\n")
    with serving(partial(select_database, "")) as url:
        report = audited(vendor, "--advisories", url)
    assert report["database"]["kind"] == "osv-api"
    assert "advisories/malicious-release" in {one["rule"] for one in report["findings"]}


def test_an_osv_api_that_is_not_there_is_a_gap_and_the_local_database_is_used(vendor: Path) -> None:
    (vendor / "requirements.txt").write_text("litellm==1.82.8\n")
    with serving(partial(select_database, "")) as url:
        pass  # Closed: nothing answers there any more.
    report = audited(vendor, "--advisories", url)
    gaps = {one["subject"] for one in report["coverage"] if one["check"] == "advisories" and one["status"] != "checked"}
    assert "project" in gaps
    assert report["database"]["kind"] != "osv-api"
    assert report["verdict"] == "reject"


def test_a_source_of_advisories_that_is_none_is_a_usage_error(vendor: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(vendor), "--advisories", "elsewhere"]) == 2
    assert "--advisories" in capsys.readouterr().err


def test_a_second_opinion_covers_each_package(vendor: Path) -> None:
    pytest.importorskip("pip_audit")
    (vendor / "requirements.txt").write_text("first==1.0\nlitellm==1.82.8\n")
    report = audited(vendor, "--second-opinion")
    asked = {one["subject"]: one["status"] for one in report["coverage"] if one["check"] == "second-opinion"}
    assert asked == {"first==1.0": "checked", "litellm==1.82.8": "checked"}
    assert "second-opinion" in {one["id"] for one in report["checks"]}


def test_an_environment_joins_the_graph(vendor: Path, tmp_path: Path) -> None:
    installed = tmp_path / "site" / "second-2.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: second\nVersion: 2.0\n")
    (installed / "RECORD").write_text("")
    report = audited(vendor, "--environment", str(tmp_path / "site"))
    assert {one["name"] for one in report["packages"]} == {"first", "second"}
    assert main(["resolve", "--environment", str(tmp_path / "site"), "--offline"]) in (0, 3)
