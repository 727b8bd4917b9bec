"""An installed export and the bundled seed are used together, and both are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner import cli
from scanner.advisories.match import match_all
from scanner.advisories.select import data_folder, select_database
from scanner.advisories.store import compile_database
from scanner.model.advisory import Advisory, Affected


def install(as_of: str, *records: Advisory) -> None:
    data_folder().mkdir(parents=True)
    target = data_folder() / "advisories.sqlite"
    lacks = "records of malicious releases"
    compile_database(records, target, kind="osv-export", source="a mirror", as_of=as_of, lacks=lacks)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def answers(name: str, version: str) -> set[str]:
    with select_database() as database:
        return {one.advisory.id for one in match_all(database, [(name, version)]) if one.answer == "affected"}


@pytest.mark.parametrize("as_of", ["2026-11-24", "2026-07-23"])
def test_what_only_one_of_the_two_has_is_found(as_of: str) -> None:
    install(as_of, Advisory("PYSEC-9", affected=(Affected("litellm", versions=("1.82.8",)),)))
    assert {"PYSEC-9", "MAL-2026-2144"} <= answers("litellm", "1.82.8")


@pytest.mark.parametrize(("as_of", "found"), [("2026-11-24", False), ("2026-07-23", True)])
def test_the_newer_of_two_records_of_one_id_counts(as_of: str, found: bool) -> None:
    withdrawn = Advisory(
        "MAL-2026-2144", affected=(Affected("litellm", versions=("1.82.8",)),), withdrawn="2026-05-01T00:00:00Z"
    )
    install(as_of, withdrawn)
    assert ("MAL-2026-2144" in answers("litellm", "1.82.8")) is found


def test_both_are_named_with_their_dates(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["db", "status", "--format", "json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert "beneath" not in alone
    install("2026-11-24", Advisory("PYSEC-9", affected=(Affected("demo"),)))
    assert cli.main(["db", "status", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["as_of"], told["beneath"]) == ("osv-export", "2026-11-24", alone)
    assert f"beneath it the bundled-seed as of 2026-10-07, from {alone['source']}" in told["source"]
    assert alone["sha256"] in told["source"]
    assert told["lacks"].startswith("records of malicious releases (what the bundled-seed as of 2026-10-07 has")
    assert cli.main(["db", "status"]) == 0
    assert "beneath it" in capsys.readouterr().out
