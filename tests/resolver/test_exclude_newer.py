"""``--exclude-newer`` is as in uv: a date includes that day, a timestamp is its instant, a duration ends now."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.model.errors import UsageError
from scanner.resolver.cutoff import cutoff
from tests.support.builders import wheel
from tests.support.index_server import File, Index

NOW = datetime(2026, 8, 10, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-08-01", "2026-08-02T00:00:00Z"),
        ("2026-12-31", "2027-01-01T00:00:00Z"),
        ("2026-08-01T10:00:00Z", "2026-08-01T10:00:00Z"),
        ("2026-08-01T10:00:00.250Z", "2026-08-01T10:00:00.250000Z"),
        ("2026-08-01t10:00:00+02:00", "2026-08-01T08:00:00Z"),
        ("7 days", "2026-08-03T12:00:00Z"),
        ("1 week", "2026-08-03T12:00:00Z"),
        ("24 hours ago", "2026-08-09T12:00:00Z"),
        ("1w2d3h", "2026-08-01T09:00:00Z"),
        ("1 day, 12 hours and 30 minutes", "2026-08-08T23:30:00Z"),
        ("P7D", "2026-08-03T12:00:00Z"),
        ("P1W", "2026-08-03T12:00:00Z"),
        ("PT24H", "2026-08-09T12:00:00Z"),
        ("p1dt1h30m5s", "2026-08-09T10:29:55Z"),
    ],
)
def test_the_instant_that_is_meant(text: str, instant: str) -> None:
    assert cutoff(text, NOW) == instant


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "2026-13-01", "2026-02-30", "2026-8-1", "2026-08-01T10:00:00", "1 month", "2 years", "P1M",
        "P1Y", "P", "PT", "7", "7 d 8", "9999-12-31", "999999999 weeks", "-7 days", "0001-01-01T00:00:00+23:00", "P1DT",
    ],
)  # fmt: skip
def test_what_is_no_instant_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="--exclude-newer"):
        cutoff(text, NOW)


@pytest.fixture
def project(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOW.timestamp())))
    index.add("demo", File(*wheel("demo", "1.0"), upload_time="2026-07-31T23:59:59.999999Z"))
    index.add("demo", File(*wheel("demo", "2.0"), upload_time="2026-08-01T23:59:59Z"))
    index.add("demo", File(*wheel("demo", "3.0"), upload_time="2026-08-02T00:00:00+00:00"))
    index.add("demo", File(*wheel("demo", "4.0"), upload_time="2026-08-02T01:00:00+02:00"))
    (tmp_path / "requirements.txt").write_text("demo<4\n")
    return tmp_path


@pytest.mark.parametrize(
    ("date", "version"),
    [
        ("2026-08-01", "2.0"),
        ("2026-08-01T00:00:00Z", "1.0"),
        ("2026-08-02T00:00:00Z", "2.0"),
        ("2026-08-02T02:00:00+02:00", "2.0"),
        ("2026-08-02T00:00:01Z", "3.0"),
        ("8 days", "3.0"),
    ],
)
def test_the_newest_file_of_that_time_is_chosen_and_the_instant_is_said(
    project: Path, capsys: pytest.CaptureFixture[str], date: str, version: str
) -> None:
    assert main(["resolve", str(project), "--exclude-newer", date]) == 0
    shown = capsys.readouterr()
    assert f"demo=={version}" in shown.out
    assert cutoff(date, NOW) in shown.err


def test_an_upload_time_with_another_offset_is_an_instant_too(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "requirements.txt").write_text("demo\n")
    assert main(["resolve", str(project), "--exclude-newer", "2026-08-01"]) == 0
    assert "demo==4.0" in capsys.readouterr().out  # 01:00 at +02:00 is 23:00 of the day before.


def test_a_file_without_upload_time_is_a_gap(project: Path, index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    index.add("demo", File(*wheel("demo", "3.5"), upload_time=None))
    assert main(["resolve", str(project), "--exclude-newer", "2026-08-01"]) == 3
    shown = capsys.readouterr()
    assert "demo==2.0" in shown.out
    assert "the index does not say when demo-3.5-py3-none-any.whl was uploaded" in shown.err


def test_an_index_of_html_alone_states_no_upload_times(
    project: Path, index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    index.html_only = True
    assert main(["resolve", str(project), "--exclude-newer", "2026-08-01"]) == 3
    assert "the index does not say when" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["demo==3.0", "demo==3.0 --hash=sha256:{digest}"])
def test_a_pin_of_a_later_file_is_a_gap(
    project: Path, index: Index, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    import hashlib

    digest = hashlib.sha256(index.projects["demo"][2].body).hexdigest()
    (project / "requirements.txt").write_text(line.format(digest=digest) + "\n")
    assert main(["resolve", str(project), "--exclude-newer", "2026-08-01"]) == 3
    assert "it is fixed, and its file was uploaded on 2026-08-02T00:00:00+00:00" in capsys.readouterr().err


def test_the_report_says_the_instant(project: Path) -> None:
    out = project / "out"
    main(
        [
            "audit",
            str(project),
            "--exclude-newer",
            "2026-08-01",
            "--output",
            str(out),
            "--format",
            "json,text,html",
            "--quiet",
        ]
    )
    assert json.loads((out / "report.json").read_text())["run"]["uploaded_before"] == "2026-08-02T00:00:00Z"
    for name in ("report.txt", "report.html"):
        assert "uploaded at 2026-08-02T00:00:00Z or later" in (out / name).read_text()
