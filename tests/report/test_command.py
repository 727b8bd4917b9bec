"""``assay report``: any format from a saved report, several vendors on one page, and errors that say what to do."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import msgspec
import pytest

from scanner.commands import report as command
from scanner.model.errors import InputError, UsageError
from scanner.report.render import FORMATS, file_name, render
from tests.report.sample import build_report


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_bytes(render(build_report(), "json"))
    return path


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_from_a_saved_report_is_what_the_audit_writes(saved: Path, tmp_path: Path, kind: str) -> None:
    if kind == "cyclonedx":
        pytest.importorskip("cyclonedx", reason="the extra cyclonedx is not installed")
    assert run(str(saved), "--format", kind, "--output", str(tmp_path / "out")) == 0
    assert (tmp_path / "out" / file_name(kind)).read_bytes() == render(build_report(), kind)


def test_standard_output_takes_one_format(saved: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(str(saved), "--format", "json", "--output", "-") == 0
    assert json.loads(capfdbinary.readouterr().out)["schema_version"] == "1.0"
    with pytest.raises(UsageError):
        run(str(saved), "--format", "json,text", "--output", "-")


def test_merge_compares_vendors_and_holds_each_report_whole(saved: Path, tmp_path: Path) -> None:
    other = build_report(20, findings=5)
    run_info = msgspec.structs.replace(other.run, project="second-vendor")
    other = msgspec.structs.replace(other, verdict="inconclusive", run=run_info)
    second = tmp_path / "second.json"
    second.write_bytes(render(other, "json"))
    assert run(str(saved), str(second), "--merge", "--output", str(tmp_path / "out")) == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "2 vendors compared" in page
    assert page.index("2 vendors compared") < page.index('id="v1-verdict"') < page.index('id="v2-verdict"')
    for finding in build_report().findings:
        assert f'id="v1-{finding.id}"' in page
    for finding in other.findings:
        assert f'id="v2-{finding.id}"' in page
    assert "Findings that several vendors share" in page


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["{saved}", "--merge"], "from 2 to 20"),
        (["{saved}", "{saved}"], "several reports"),
        (["{saved}", "--merge", "--format", "json"], "HTML only"),
        (["{saved}", "--format", "pdf"], "no such report format"),
    ],
)
def test_wrong_usage_is_explained(saved: Path, arguments: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        run(*(one.format(saved=saved) for one in arguments))
    assert caught.value.remedy


@pytest.mark.parametrize("body", [None, b"", b"\x00\xff", b"{}"])
def test_what_cannot_be_read_as_a_report_is_an_input_error(tmp_path: Path, body: bytes | None) -> None:
    path = tmp_path / "bad.json"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(InputError) as caught:
        run(str(path))
    assert "bad.json" in caught.value.message
    assert caught.value.remedy


def test_the_summary_can_be_printed_again(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(saved), "--summary") == 0
    assert "REJECT" in capsys.readouterr().out
