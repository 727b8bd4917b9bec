"""Hygiene: releases that do not smell right, and honest ones that must stay quiet."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from scanner.checks import hygiene
from scanner.checks.settings import CheckSettings, HygieneSettings
from scanner.integrity.releases import jumps
from scanner.model.known import NotKnown
from scanner.model.release import CoreMetadata
from tests.checks.subjects import (
    artifact,
    coverage,
    findings,
    make_subject,
    package,
    release,
    requirement,
    requirements_file,
)

GOOD = CoreMetadata(
    "taskqueue",
    "1.2",
    "wheel",
    license_expression="Apache-2.0",
    project_urls=(("Source", "https://github.com/labeling/taskqueue"),),
)


def _files(name: str, **when: str):
    """One wheel for each version: ``v1_0="2025-01-01"``."""
    return tuple(
        artifact(f"{name}-{version[1:].replace('_', '.')}-py3-none-any.whl", upload_time=f"{day}T00:00:00Z")
        for version, day in when.items()
    )


OLD = {"v1_0": "2023-01-01", "v1_1": "2024-06-01", "v1_2": "2025-09-01"}


def _subject(version: str = "1.2", name: str = "taskqueue", metadata=GOOD, files=None, **fields):
    node = package(name, version)
    page = {key: fields.pop(key) for key in ("status", "status_reason") if key in fields}
    listed = files if files is not None else _files(name, **OLD)
    file = requirements_file(requirement(f"{name}=={version}", 5))
    found = release(node, *listed, metadata=metadata, **page)
    return make_subject(file, releases=(found,), **fields)


def _rules(subject) -> list[str]:
    return sorted(f"{one.rule.partition('/')[2]}:{one.severity}" for one in findings(hygiene, subject))


def test_an_ordinary_release_is_quiet_and_checked():
    subject = _subject()
    assert _rules(subject) == []
    assert coverage(hygiene, subject)["taskqueue==1.2"].status == "checked"


def test_a_release_younger_than_the_cooldown_is_found_by_line_and_the_policy_sets_the_days():
    files = _files("taskqueue", **OLD, v1_3="2026-11-20")
    (found,) = findings(hygiene, _subject("1.3", files=files))
    assert (found.rule, found.severity) == ("hygiene/new-release", "medium")
    assert str(found.evidence[0].location) == "requirements.txt:5"
    assert "4 days before this audit" in found.summary
    short = CheckSettings(hygiene=HygieneSettings(cooldown_days=3))
    assert _rules(_subject("1.3", files=files, settings=short)) == []


def test_a_release_of_the_future_is_young_too():
    files = _files("taskqueue", **OLD, v1_3="2027-01-01")
    (found,) = findings(hygiene, _subject("1.3", files=files))
    assert "after this audit" in found.summary


def test_the_age_is_that_of_the_first_file_of_the_release():
    late = artifact("taskqueue-1.2.tar.gz", upload_time="2026-11-23T00:00:00Z")
    assert _rules(_subject(files=(*_files("taskqueue", **OLD), late))) == []


def test_a_project_without_a_past():
    assert _rules(_subject("0.1", files=_files("taskqueue", v0_1="2026-11-05"))) == ["new-project:medium"]


def test_the_first_release_after_a_long_silence_while_it_is_still_news():
    files = _files("taskqueue", v1_0="2020-01-01", v1_1="2026-08-01")
    (found,) = findings(hygiene, _subject("1.1", files=files))
    assert (found.rule, found.severity) == ("hygiene/long-silence", "low")
    assert "6 years" in found.summary
    assert _rules(_subject("1.0", files=files)) == []
    years_ago = _files("taskqueue", v1_0="2015-01-01", v1_1="2021-08-01")
    assert _rules(_subject("1.1", files=years_ago)) == []


@pytest.mark.parametrize(
    ("version", "lower", "expected"),
    [
        ("99.0.0", "1.4", True),
        ("100.1", "", True),
        ("90.0", "12.1", True),
        ("2026.1", "3.2", False),
        ("26.1", "4.0", False),
        ("2.0", "1.9", False),
        ("84.0", "83.9", False),
        ("20260101", "1.0", False),
        ("not-a-version", "1.0", False),
    ],
)
def test_a_number_leaps_or_it_is_a_calendar(version, lower, expected):
    assert jumps(version, lower, datetime(2026, 6, 1, tzinfo=UTC)) is expected


def test_the_version_of_dependency_confusion():
    files = _files("taskqueue", v1_0="2023-01-01", v99_0="2026-06-01")
    assert "version-jump:high" in _rules(_subject("99.0", files=files))


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("reqeusts", "one-letter"),
        ("urlib3", "one-letter"),
        ("numpyy", "one-letter"),
        ("tensorfl0w", "look-alike"),
        ("scikit-leam", "look-alike"),
        ("pythondateutil", "separator"),
        ("dateutil-python", "word-order"),
        ("attr", "known-confusion"),
    ],
)
def test_names_that_are_taken_for_popular_ones(name, how):
    files = _files(name.replace("-", "_"), v1_2="2026-01-01")
    found = [one for one in findings(hygiene, _subject(name=name, files=files)) if one.rule == "hygiene/name-squat"]
    assert [dict(one.details)["how"] for one in found] == [how]
    assert found[0].severity == "medium"


@pytest.mark.parametrize("name", ["requests", "attrs", "boto3", "taskqueue", "abcd", "label-studio-sdk", "x" * 200])
def test_names_that_resemble_nobody(name):
    files = _files(name.replace("-", "_"), v1_2="2025-01-01")
    assert "name-squat:medium" not in _rules(_subject(name=name, files=files))


def test_an_established_project_has_its_name_by_right():
    many = {f"v0_{number}": f"2019-01-{number + 1:02}" for number in range(12)}
    files = _files("numpyy", **many, v1_2="2025-01-01")
    assert "name-squat:low" in _rules(_subject(name="numpyy", files=files))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("quarantined", ["quarantined:critical"]),
        ("archived", ["archived:low"]),
        ("deprecated", ["deprecated:low"]),
        ("active", []),
    ],
)
def test_the_status_that_the_index_gives_a_project(status, expected):
    subject = _subject(status=status, status_reason="moved")
    assert _rules(subject) == expected
    assert all("moved" in one.summary for one in findings(hygiene, subject))


def test_an_sdist_is_built_where_it_is_installed():
    files = (artifact("taskqueue-1.2.tar.gz", upload_time="2025-09-01T00:00:00Z"),)
    (found,) = findings(hygiene, _subject(files=files))
    assert (found.rule, found.severity) == ("hygiene/no-wheel", "low")
    assert "the release has no wheel" in found.summary


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"project_urls": ()}, ["no-source-url:low"]),
        ({"project_urls": (), "home_page": "https://gitlab.com/labeling/taskqueue"}, []),
        ({"project_urls": (("Repository", "https://code.labeling.invalid/taskqueue"),)}, []),
        ({"project_urls": (("Documentation", "https://docs.labeling.invalid"),)}, ["no-source-url:low"]),
        ({"project_urls": (("Source", "http://[broken"),)}, ["no-source-url:low"]),
        ({"project_urls": (), "home_page": "http://code.google.com/p/taskqueue"}, ["source-archived:low"]),
        ({"project_urls": (("Source", "https://taskqueue.codeplex.com/"),)}, ["source-archived:low"]),
        (
            {"home_page": "http://code.google.com/p/t", "project_urls": (("Source", "https://github.com/labeling/t"),)},
            [],
        ),
        ({"license_expression": ""}, ["no-licence:low"]),
        ({"license_expression": "", "license": "UNKNOWN"}, ["no-licence:low"]),
        ({"license_expression": "", "license": "MIT License\n\nPermission …"}, []),
        ({"license_expression": "", "classifiers": ("License :: OSI Approved :: MIT License",)}, []),
        ({"license_expression": "Apache 2 or so"}, ["bad-licence-expression:info"]),
        ({"license_expression": "(" * 3000}, ["bad-licence-expression:info"]),
        ({"classifiers": ("Development Status :: 7 - Inactive",)}, ["inactive:low"]),
    ],
)
def test_what_the_metadata_leaves_out(change, expected):
    assert _rules(_subject(metadata=msgspec.structs.replace(GOOD, **change))) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [("MIT", ["licence-changed:low"]), ("Apache-2.0 OR MIT", []), ("Apache Software License", []), ("", [])],
)
def test_a_licence_of_another_family_than_the_release_before(before, expected):
    earlier = msgspec.structs.replace(GOOD, license_expression="", license=before)
    node = package("taskqueue", "1.2")
    assert _rules(_subject(earlier_metadata={node: ("1.1", earlier)})) == expected


def test_what_the_index_did_not_say_is_not_checked(tmp_path):
    node = package("taskqueue", "1.2")
    unknown = make_subject(packages=(node,))
    assert coverage(hygiene, unknown)["taskqueue==1.2"].status == "not-checked"
    undated = _subject(files=(artifact("taskqueue-1.2-py3-none-any.whl"),))
    assert "age is not known" in coverage(hygiene, undated)["taskqueue==1.2"].reason
    unread = coverage(hygiene, _subject(metadata=NotKnown("the run used no network")))["taskqueue==1.2"]
    assert unread.status == "not-checked"
    tree = package("local", "1", kind="path", url="vendored/local")
    (tmp_path / "vendored" / "local").mkdir(parents=True)
    assert coverage(hygiene, make_subject(packages=(tree,), root=str(tmp_path)))["local==1"].status == "not-applicable"
    assert coverage(hygiene, make_subject(packages=(tree,)))["local==1"].status == "not-checked", (
        "no folder of the tree"
    )
