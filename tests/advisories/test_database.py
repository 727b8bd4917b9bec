"""The compiled database: the bundled seed, grouping by alias, severities, and files that are no database."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.advisories.group import cvss_score, grouped
from scanner.advisories.incidents import incident_of
from scanner.advisories.match import affects
from scanner.advisories.select import select_database
from scanner.advisories.store import AdvisoryDatabase, compile_database
from scanner.model.advisory import Advisory, Affected
from scanner.model.errors import InputError


@pytest.fixture
def bundled() -> AdvisoryDatabase:
    return select_database()


def names_of(database: AdvisoryDatabase, name: str, version: str) -> set[str]:
    matching = [one for one in database.for_name(name) if affects(one, name, version) == "affected"]
    return {name for one in grouped(matching) for name in one.names}


def test_the_bundled_database_says_what_it_is_and_what_it_lacks(bundled: AdvisoryDatabase) -> None:
    assert (bundled.info.kind, bundled.info.as_of) == ("bundled-seed", "2026-10-07")
    assert bundled.info.advisories == 20_471
    assert "moderate" in bundled.info.lacks


@pytest.mark.parametrize(
    ("name", "version", "identifier"),
    [
        ("litellm", "1.82.7", "MAL-2026-2144"),
        ("litellm", "1.82.8", "MAL-2026-2144"),
        ("telnyx", "4.87.1", "MAL-2026-2254"),
        ("ultralytics", "8.3.41", "PYSEC-2024-154"),
        ("ctx", "0.2.2", "PYSEC-2022-199"),
        ("litellm", "1.82.6", "CVE-2026-35030"),
    ],
)
def test_the_releases_that_made_the_news(bundled: AdvisoryDatabase, name: str, version: str, identifier: str) -> None:
    assert identifier in names_of(bundled, name, version)


def test_a_version_before_the_incident_is_not_called_malicious(bundled: AdvisoryDatabase) -> None:
    assert "MAL-2026-2144" not in names_of(bundled, "litellm", "1.82.6")


def test_aliases_are_one_vulnerability_even_through_a_third_name() -> None:
    records = [
        Advisory("GHSA-a", aliases=("CVE-1",), label="high"),
        Advisory("PYSEC-b", aliases=("CVE-1", "CVE-2")),
        Advisory("OSV-c", aliases=("CVE-2",)),
        Advisory("PYSEC-d"),
    ]
    first, second = grouped(records)
    assert (first.id, first.names) == ("CVE-1", ("CVE-1", "CVE-2", "GHSA-a", "PYSEC-b", "OSV-c"))
    assert (first.severity, second.severity) == ("high", "medium")
    assert "unrated" in second.severity_source


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
        ("CVSS:3.1/nonsense", None),
        ("", None),
    ],
)
def test_cvss_vectors_of_every_version(vector: str, score: float | None) -> None:
    assert cvss_score(vector) == score


def test_a_malicious_release_is_critical_whatever_it_is_rated() -> None:
    [found] = grouped([Advisory("MAL-1", aliases=("GHSA-x",), malicious=True), Advisory("GHSA-x", label="low")])
    assert (found.id, found.severity, found.malicious) == ("MAL-1", "critical", True)


def test_the_incident_of_march_2026_is_told() -> None:
    incident = incident_of("litellm", "1.82.8")
    assert incident and incident.trigger == "interpreter-start"
    assert incident_of("litellm", "1.82.6") is None


@pytest.mark.parametrize("body", [b"", b"SQLite format 3\x00" + b"\0" * 200, b"not a database at all"])
def test_a_file_that_is_no_database_is_an_error_of_ours(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "db.sqlite").write_bytes(body)
    with pytest.raises(InputError, match=r"cannot be read|format"):
        select_database(str(tmp_path / "db.sqlite"))


def test_the_same_records_compile_to_the_same_bytes(tmp_path: Path) -> None:
    records = [Advisory(f"X-{number}", affected=(Affected("demo"),)) for number in range(50)]
    for name, order in (("a", records), ("b", records[::-1])):
        compile_database(order, tmp_path / name, kind="test", source="", as_of="2026-01-01", lacks="")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_cache_that_cannot_be_written_does_not_stop_an_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with select_database() as database:
        assert database.for_name("litellm")
