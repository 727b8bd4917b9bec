"""The check of advisories: what is said of a package whose versions, or whose database, leave a question open."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from scanner.advisories.store import compile_database
from scanner.checks import advisories
from scanner.checks.settings import AdvisorySettings, CheckSettings
from scanner.checks.subject import Subject
from scanner.model.advisory import Advisory, Affected, AffectedRange, RangeEvent, Unreadable
from scanner.model.coverage import Coverage
from scanner.model.package import Package
from tests.checks.subjects import coverage, findings, make_subject, package, rules

INTRODUCED, FIXED, BETWEEN = "1" * 40, "2" * 40, "3" * 40


def ranged(kind: str, *events: tuple[str, str], versions: tuple[str, ...] = (), name: str = "demo") -> Advisory:
    found = AffectedRange(
        kind, tuple(RangeEvent(*one) for one in events), "https://code.invalid/demo" * (kind == "GIT")
    )
    return Advisory("PYSEC-1", affected=(Affected(name, (found,), versions),), label="high")


@pytest.fixture
def against(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A subject of these packages, with a database of these records that is as old as that."""

    def make(packages: tuple[Package, ...], *records: Advisory, as_of: str = "2026-11-23") -> Subject:
        target = tmp_path / "db.sqlite"
        compile_database(records, target, kind="test", source="", as_of=as_of, lacks="")
        settings = CheckSettings(advisories=AdvisorySettings(database=str(target)))
        return make_subject(packages=packages, settings=settings, now=datetime(2026, 11, 24, tzinfo=UTC))

    return make


def vcs(commit: str, version: str = "1.0") -> Package:
    return package("demo", version, kind="vcs", url="git+https://code.invalid/demo", commit=commit)


@pytest.mark.parametrize(
    ("commit", "events", "found", "status"),
    [
        (BETWEEN, [("introduced", INTRODUCED), ("fixed", FIXED)], [], "not-checked"),
        (BETWEEN, [("introduced", "0"), ("fixed", FIXED)], [], "not-checked"),
        (FIXED, [("introduced", "0"), ("fixed", FIXED)], [], "checked"),
        (INTRODUCED.upper(), [("introduced", INTRODUCED), ("fixed", FIXED)], ["advisories/vulnerable"], "checked"),
        (FIXED, [("introduced", "0"), ("last_affected", FIXED)], ["advisories/vulnerable"], "checked"),
        (BETWEEN, [("introduced", "0")], ["advisories/vulnerable"], "checked"),
        (BETWEEN, [("introduced", INTRODUCED)], [], "not-checked"),
        ("", [("introduced", INTRODUCED), ("fixed", FIXED)], [], "not-checked"),
    ],
)
def test_a_commit_is_placed_where_a_range_names_it_and_else_is_a_gap(
    against, commit: str, events: list[tuple[str, str]], found: list[str], status: str
) -> None:
    subject = against((vcs(commit),), ranged("GIT", *events))
    assert rules(advisories, subject) == found
    assert coverage(advisories, subject)["demo==1.0"].status == status


def test_a_commit_with_a_version_is_matched_by_that_too(against) -> None:
    both = ranged("GIT", ("introduced", INTRODUCED), ("fixed", FIXED), versions=("1.0",))
    subject = against((vcs(BETWEEN),), both)
    assert rules(advisories, subject) == ["advisories/vulnerable"]
    assert coverage(advisories, subject)["demo==1.0"].status == "checked"
    assert rules(advisories, against((vcs(BETWEEN, ""),), both)) == []
    assert coverage(advisories, against((vcs(BETWEEN, ""),), both))["demo"].status == "not-checked"


def test_a_release_of_an_index_is_not_asked_for_its_commit(against) -> None:
    subject = against((package("demo", "1.0"),), ranged("GIT", ("introduced", INTRODUCED), ("fixed", FIXED)))
    assert coverage(advisories, subject)["demo==1.0"].status == "checked"


@pytest.mark.parametrize(
    ("version", "status"), [("2004d", "not-checked"), ("1.0", "checked"), ("3.0+cu118", "checked")]
)
def test_a_version_that_cannot_be_ordered_is_said(against, version: str, status: str) -> None:
    subject = against((package("demo", version),), ranged("ECOSYSTEM", ("introduced", "0"), ("fixed", "2.0")))
    told = coverage(advisories, subject)[f"demo=={version}"]
    assert told.status == status
    assert ("PEP 440" in told.reason) is (status == "not-checked")


@pytest.mark.parametrize(
    ("as_of", "status", "old"),
    [
        ("2026-11-24", "checked", False),
        ("2026-11-17", "checked", False),
        ("2026-11-16", "checked", True),
        ("2026-10-25", "checked", True),
        ("2026-10-24", "not-checked", True),
        ("2027-01-01", "not-checked", False),
        ("someday", "not-checked", False),
    ],
)
def test_the_age_of_the_database_warns_after_7_days_and_is_a_gap_after_30(
    against, as_of: str, status: str, old: bool
) -> None:
    subject = against((package("demo", "1.0"),), Advisory("X", affected=(Affected("other"),)), as_of=as_of)
    assert coverage(advisories, subject)["project"].status == status
    assert rules(advisories, subject) == (["advisories/old-database"] if old else [])


def test_three_records_of_one_fault_are_one_finding_with_every_fix(against) -> None:
    def record(identifier: str, *aliases: str, vector: str = "", **ends: str) -> Advisory:
        events = tuple(
            RangeEvent(kind, text)
            for at in ends.values()
            for kind, text in zip(("introduced", "fixed"), at.split("-"), strict=True)
        )
        affected = (Affected("demo", (AffectedRange("ECOSYSTEM", events),)),)
        return Advisory(identifier, aliases=aliases, affected=affected, severity=(vector,) if vector else ())

    subject = against(
        (package("demo", "1.0"),),
        record("GHSA-a", "CVE-1", vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", one="0-1.5", two="2.0-2.3"),
        record("PYSEC-b", "CVE-1", one="0-1.5"),
        record("OSV-c", "PYSEC-b", one="0-1.6"),
        record("PYSEC-d", one="2.3-2.4"),
    )
    [one] = findings(advisories, subject)
    assert (one.aliases, one.severity) == (("CVE-1", "GHSA-a", "PYSEC-b", "OSV-c"), "critical")
    told = dict(one.details)
    assert told["fixed in"] == "1.5, 1.6, 2.3"
    assert told["least upgrade free of every known advisory"] == "1.6"
    assert "CVSS 9.8" in told["severity"]


def test_a_record_that_could_not_be_read_is_a_gap_of_the_package_or_of_all(tmp_path: Path) -> None:
    target = tmp_path / "db.sqlite"
    lost = [Unreadable("a.json", "it is cut off", ("demo",)), Unreadable("b.json", "it is no JSON")]
    compile_database((), target, kind="test", source="", as_of="2026-11-23", lacks="", unreadable=lost)
    settings = CheckSettings(advisories=AdvisorySettings(database=str(target)))
    packages = (package("demo", "1.0"), package("other", "1.0"))
    subject = make_subject(packages=packages, settings=settings, now=datetime(2026, 11, 24, tzinfo=UTC))
    told = [one for one in advisories.run(subject) if isinstance(one, Coverage)]
    gaps = {one.subject: one.reason for one in told if one.status == "not-checked"}
    assert sorted(gaps) == ["demo==1.0", "project"]
    assert "a.json" in gaps["demo==1.0"]
    assert "b.json" in gaps["project"]


@pytest.mark.parametrize(
    "name", ["CVE-2099-1", "GHSA-aaaa-bbbb-cccc", "PYSEC-1", "ghsa-AAAA-bbbb-cccc", " cve-2099-1 "]
)
def test_any_name_of_a_vulnerability_ignores_all_of_it_and_it_is_said(against, name: str) -> None:  # type: ignore[no-untyped-def]
    affected = (Affected("demo", versions=("1.0",)),)
    records = (
        Advisory("PYSEC-1", aliases=("CVE-2099-1",), affected=affected, label="high"),
        Advisory("GHSA-aaaa-bbbb-cccc", aliases=("CVE-2099-1",), affected=affected, label="high"),
        Advisory("PYSEC-2", affected=affected, label="high"),
    )
    subject = against((package("demo", "1.0"),), *records)
    ignoring = AdvisorySettings(database=subject.settings.advisories.database, ignore=(name,))
    subject = structs.replace(subject, settings=structs.replace(subject.settings, advisories=ignoring))
    found = {one.rule: one for one in findings(advisories, subject)}
    assert sorted(found) == ["advisories/ignored", "advisories/vulnerable"]
    assert found["advisories/vulnerable"].aliases == ("PYSEC-2",)
    assert "CVE-2099-1" in found["advisories/ignored"].summary
    assert found["advisories/ignored"].severity == "info"


def test_a_name_of_a_record_that_does_not_match_ignores_too(against) -> None:  # type: ignore[no-untyped-def]
    # Two sources of one vulnerability that disagree about its range: the other's name is a name of it all the same.
    records = (
        Advisory("PYSEC-1", aliases=("CVE-2099-1",), affected=(Affected("demo", versions=("1.0",)),), label="high"),
        Advisory("GHSA-x", aliases=("CVE-2099-1",), affected=(Affected("demo", versions=("0.9",)),), label="high"),
    )
    subject = against((package("demo", "1.0"),), *records)
    ignoring = AdvisorySettings(database=subject.settings.advisories.database, ignore=("GHSA-x",))
    subject = structs.replace(subject, settings=structs.replace(subject.settings, advisories=ignoring))
    assert rules(advisories, subject) == ["advisories/ignored"]
