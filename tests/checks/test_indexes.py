"""Indexes: each option that lets another server supply a package, by file and line."""

from __future__ import annotations

import time

import pytest

from scanner.checks import indexes
from scanner.integrity.install_sites import installation
from scanner.model.location import Location
from scanner.model.requirement import IndexOption
from tests.checks.subjects import (
    coverage,
    digest,
    findings,
    lock_file,
    locked,
    make_subject,
    name,
    package,
    requirement,
    requirements_file,
)


def _option(kind: str, value: str, line: int = 2, path: str = "requirements.txt", **fields) -> IndexOption:
    return IndexOption(kind, value, Location(path, line=line), **fields)


PRIVATE = "https://packages.labeling-helpers.invalid/simple"
OPEN = requirement("alpha>=1", 4)
FIXED = requirement("alpha==1", 4)
HASHED = requirement("alpha==1", 4, hashes=(digest("a"),))


@pytest.mark.parametrize(("line", "severity"), [(OPEN, "high"), (FIXED, "medium"), (HASHED, "low")])
def test_a_second_index_weighs_by_what_it_could_supply(line, severity):
    file = requirements_file(line, options=(_option("extra-index-url", PRIVATE),))
    (found,) = findings(indexes, make_subject(file))
    assert (found.rule, found.severity) == ("indexes/extra-index-url", severity)
    assert str(found.evidence[0].location) == "requirements.txt:2"
    assert dict(found.details)["packages it can answer for"] == "alpha"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("trusted-host", "packages.invalid", ["indexes/trusted-host:high"]),
        ("trusted-host", "localhost:8080", ["indexes/trusted-host:low"]),
        ("index-url", "http://packages.invalid/simple", ["indexes/http-url:high", "indexes/other-index:low"]),
        ("index-url", "https://pypi.org/simple", []),
        ("index-url", "http://127.0.0.1:3141/root/pypi", ["indexes/other-index:low"]),
        ("find-links", "https://download.invalid/wheels.html", ["indexes/find-links:medium"]),
        ("find-links", "./wheels", ["indexes/find-links:low"]),
        ("index-strategy", "unsafe-best-match", ["indexes/unsafe-strategy:high"]),
        ("index", PRIVATE, ["indexes/unbound-source:medium"]),
        ("source", PRIVATE, ["indexes/unbound-source:medium"]),
        ("index", "https://pypi.org/simple", []),
        ("pre", "", []),
    ],
)
def test_each_kind_of_option(kind, value, expected):
    found = findings(indexes, make_subject(requirements_file(FIXED, options=(_option(kind, value),))))
    assert sorted(f"{one.rule}:{one.severity}" for one in found) == expected


def test_an_explicit_index_that_packages_are_bound_to_is_not_a_finding():
    file = requirements_file(FIXED, options=(_option("index", PRIVATE, explicit=True),))
    assert findings(indexes, make_subject(file)) == []


def test_an_unbound_index_of_a_project_with_a_hashed_lock_beside_it_is_low():
    from scanner.model.locked import DependencyFile, RequirementGroup

    wants = requirement("alpha>=1", 3, path="pyproject.toml")
    project = DependencyFile(
        "pyproject.toml",
        "pyproject.toml",
        "0" * 64,
        groups=(RequirementGroup("dependencies", "", (wants,)),),
        options=(_option("index", PRIVATE, path="pyproject.toml"),),
    )
    lock = lock_file(locked(package("alpha", "1"), 9, hashes=(digest("a"),)))
    assert [one.severity for one in findings(indexes, make_subject(project))] == ["high"]
    assert [one.severity for one in findings(indexes, make_subject(project, lock))] == ["low"]


def test_a_private_name_that_anyone_can_register_publicly():
    file = requirements_file(OPEN, requirement("beta==1", 5), options=(_option("extra-index-url", PRIVATE),))
    subject = make_subject(file, public_names={name("alpha"): False, name("beta"): True})
    found = {one.rule: one for one in findings(indexes, subject)}
    claim = found["indexes/claimable-name"]
    assert (claim.package.name, claim.severity) == ("alpha", "high")
    assert claim.evidence[0].location.line == 4
    assert dict(found["indexes/extra-index-url"].details)["also on the public index"] == "beta"


def test_settings_of_pip_conf_dockerfile_and_workflow_are_found_by_line(tmp_path):
    (tmp_path / "pip.conf").write_text(
        "[global]\nextra-index-url =\n    https://bot:hunter2@packages.invalid/simple\n    https://two.invalid/simple\n"
        "trusted-host = packages.invalid\n"
    )
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.12\n# pip install --extra-index-url https://comment.invalid x\n"
        "ENV PIP_TRUSTED_HOST=cache.invalid\n"
        "RUN pip install --find-links=http://links.invalid/w x && echo --index-url no\n"
    )
    workflows = tmp_path / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "ci.yml").write_text(
        "jobs:\n  test:\n    env:\n      UV_INDEX_STRATEGY: unsafe-best-match\n    steps:\n"
        "      - run: uv pip install --extra-index-url ${{ secrets.INDEX }} -r requirements.txt\n"
    )
    found = findings(indexes, make_subject(root=str(tmp_path)))
    places = sorted(f"{one.rule} {one.evidence[0].location.path}:{one.evidence[0].location.line}" for one in found)
    assert places == [
        "indexes/credentials-in-file pip.conf:3",
        "indexes/extra-index-url .github/workflows/ci.yml:6",
        "indexes/extra-index-url pip.conf:3",
        "indexes/extra-index-url pip.conf:4",
        "indexes/find-links Dockerfile:4",
        "indexes/http-url Dockerfile:4",
        "indexes/trusted-host Dockerfile:3",
        "indexes/trusted-host pip.conf:5",
        "indexes/unsafe-strategy .github/workflows/ci.yml:4",
    ]
    assert "hunter2" not in repr(found), "a password never leaves the reader"


def test_every_file_that_was_read_has_one_coverage(tmp_path):
    (tmp_path / "pip.conf").write_text("[global]\n")
    told = coverage(indexes, make_subject(requirements_file(FIXED), root=str(tmp_path)))
    assert set(told) == {"requirements.txt", "pip.conf", "project"}
    (tmp_path / "empty").mkdir()
    assert coverage(indexes, make_subject(root=str(tmp_path / "empty")))["project"].status == "checked"
    (tmp_path / "Dockerfile").write_bytes(b"RUN pip install -i http://mirror.invalid x\n\0")
    unread = make_subject(root=str(tmp_path))
    installation.cache_clear()
    assert coverage(indexes, unread)["Dockerfile"].status == "not-checked"


@pytest.mark.parametrize(
    "text",
    [
        "[global]\nindex-url" + " " * 500_000 + "x",
        "".join(f"[s{number}]\nindex-url = https://a.invalid/{number}\n" for number in range(10_000)),
        "[global]\nextra-index-url =" + "\n  ".join(f"https://a.invalid/{number}" for number in range(10_000)),
    ],
    ids=["blanks", "sections", "values"],
)
def test_settings_of_pip_that_a_vendor_makes_long_are_read_in_linear_time(tmp_path, text):
    (tmp_path / "pip.conf").write_text(text)
    before = time.process_time()
    assert "pip.conf" in installation(str(tmp_path)).read
    assert time.process_time() - before < 5
